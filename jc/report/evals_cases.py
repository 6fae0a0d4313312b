"""The single prompts of an eval run for its page: which ones are shown, with which answers and games, and how many are left out.

Rows are read once and in order, so a run of any size fits: what is kept is bounded, everything else is only counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from jc.report.html import ShownAnswer, ShownCase, ShownGame, cut
from jc.report.numbers import percent, seconds, usd_request

Row = Mapping[str, Any]
MAX_DISPUTED = 30
MAX_CASES = 40
MAX_ANSWERS = 240
"""Answers in one section, all cases together; runs with many candidates show fewer cases."""
MAX_FAILURES = 40
MAX_TEXT = 3_000
MAX_REASON = 700


@dataclass(slots=True)
class Dispute:
    """On one prompt, the pairs on which the two orders of one judge, or two judges, do not agree."""

    orders: list[str] = field(default_factory=list)
    judges: list[str] = field(default_factory=list)

    @property
    def badges(self) -> list[str]:
        """The dispute in a few words."""
        out = [f"orders disagree on {text}" for text in self.orders[:2]]
        out += [f"judges disagree on {text}" for text in self.judges[:2]]
        more = len(self.orders) + len(self.judges) - len(out)
        return [*out, f"and {more} more"] if more else out


@dataclass(slots=True)
class Reading:
    """What one pass over games and answers keeps."""

    colors: Mapping[str, int]
    """Colour of each candidate, 1 to 8."""
    disputes: dict[str, Dispute] = field(default_factory=dict)
    disputed: int = 0
    judged: int = 0
    games: dict[str, list[Row]] = field(default_factory=dict)
    answers: dict[str, list[Row]] = field(default_factory=dict)
    prompts: int = 0
    plain: list[str] = field(default_factory=list)
    """Prompts shown without a dispute, the first ones of the set."""
    latencies_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[Row] = field(default_factory=list)
    failed: int = 0

    def _room(self, limit: int) -> int:
        """How many cases a section has, at most `limit`."""
        return min(limit, max(4, MAX_ANSWERS // max(1, len(self.colors))))

    def read_games(self, rows: Iterable[Row]) -> None:
        """Find the disputes; keep the games of the prompts that may be shown."""
        for prompt, found in groupby(rows, key=lambda row: str(row["prompt_id"])):
            group = list(found)
            self.judged += 1
            dispute = find_dispute(group)
            if dispute:
                self.disputed += 1
            if dispute and len(self.disputes) < self._room(MAX_DISPUTED):
                self.disputes[prompt] = dispute
            if prompt in self.disputes or self.judged <= MAX_CASES + MAX_DISPUTED:
                self.games[prompt] = [_short_game(row) for row in group]

    def read_answers(self, rows: Iterable[Row]) -> None:
        """Count latencies and failures; keep the answers of disputed prompts and of the first others."""
        for prompt, found in groupby(rows, key=lambda row: str(row["prompt_id"])):
            group = list(found)
            self.prompts += 1
            for row in group:
                self._count(row)
            if prompt not in self.disputes and len(self.plain) < self._room(MAX_CASES):
                self.plain.append(prompt)
            if prompt in self.disputes or (self.plain and self.plain[-1] == prompt):
                self.answers[prompt] = [{**row, "output": _short(row["output"], MAX_TEXT)} for row in group[:MAX_ANSWERS]]

    def _count(self, row: Row) -> None:
        if row["status"] == "error":
            self.failed += 1
            if len(self.failures) < MAX_FAILURES:
                self.failures.append({**row, "output": None})
        elif row["latency_ms"] is not None:
            self.latencies_ms[row["candidate"]].append(float(row["latency_ms"]))

    def cases(self, prompts: Mapping[str, str], *, disputed: bool) -> list[ShownCase]:
        """The cases of one section, in the order of the set."""
        chosen = list(self.disputes) if disputed else self.plain
        return [self._case(prompt, prompts.get(prompt)) for prompt in chosen if prompt in self.answers]

    def _case(self, prompt: str, text: str | None) -> ShownCase:
        rows = self.answers[prompt]
        dispute = self.disputes.get(prompt)
        epochs = len({row["epoch"] for row in rows}) > 1
        shown = [
            ShownAnswer(
                f"{row['candidate']}, epoch {int(row['epoch']) + 1}" if epochs else str(row["candidate"]),
                _facts(row),
                row["output"],
                _short(row["judge_reason"], MAX_REASON) if not self.games.get(prompt) else None,
                self.colors.get(row["candidate"], 0),
            )
            for row in rows
        ]
        games = self.games.get(prompt)
        badges = dispute.badges if dispute else _badges(rows)
        return ShownCase(prompt, badges, _short(text, MAX_TEXT), shown, [_game(row) for row in games or ()])


def find_dispute(games: Sequence[Row]) -> Dispute | None:
    """Where the games of one prompt contradict each other; None when they do not."""
    said: dict[tuple[str, str], dict[str, dict[str, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in games:
        if row["b"] and row["score_a"] is not None:
            said[(str(row["a"]), str(row["b"]))][str(row["judge"])][str(row["order"])].append(float(row["score_a"]))
    dispute = Dispute()
    for (a, b), judges in said.items():
        means = {judge: [_mean(scores) for scores in orders.values()] for judge, orders in judges.items()}
        if any(len(set(found)) > 1 for found in means.values()):
            dispute.orders.append(f"{a} : {b}")
        sides = {(_mean(found) > 0.5) - (_mean(found) < 0.5) for found in means.values()}
        if {1, -1} <= sides:
            dispute.judges.append(f"{a} : {b}")
    return dispute if dispute.orders or dispute.judges else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _short(text: object, limit: int) -> str | None:
    return None if text is None else cut(str(text), limit)


def _short_game(row: Row) -> Row:
    kept = ("a", "b", "order", "judge", "verdict", "parse")
    return {**{name: row[name] for name in kept}, "reason": _short(row["reason"], MAX_REASON)}


def _badges(rows: Sequence[Row]) -> list[str]:
    bad = sum(1 for row in rows if row["status"] != "ok")
    return [f"{bad} of {len(rows)} without an answer"] if bad else []


_RECORD = (("win", "wins"), ("tie", "ties"), ("loss", "losses"))


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _facts(row: Row) -> str:
    if row["status"] != "ok":
        why = row["error_message"] or row["error_type"] or row["finish_reason"] or ""
        return f"{row['status']}{f': {why}' if why else ''}"
    parts = (
        []
        if row["score"] is None
        else [f"score {percent(_share(row), 0)}" if _share(row) is not None else f"score {row['score']:g}"]
    )
    if record := [_counted(row[many], one, many) for one, many in _RECORD if row[many]]:
        parts.append(", ".join(record))
    if row["checks_total"]:
        parts.append(f"{row['checks_passed'] or 0} of {row['checks_total']} checks")
    if row["latency_ms"] is not None:
        parts.append(seconds(float(row["latency_ms"]) / 1e3))
    if row["output_tokens"] is not None:
        parts.append(_counted(row["output_tokens"], "token", "tokens"))
    if row["cost_usd"] is not None:
        parts.append(usd_request(row["cost_usd"]))
    return " · ".join(parts)


def _share(row: Row) -> float | None:
    """The score as a share, when it is one; ratings on a scale are told as they are."""
    return float(row["score"]) if row["score_pointwise"] is None and 0 <= row["score"] <= 1 else None


def _game(row: Row) -> ShownGame:
    verdict = str(row["verdict"]) if row["verdict"] not in (None, "") else f"not read ({row['parse']})"
    if not row["b"]:
        return ShownGame(f"rated {verdict}", f"{row['a']}, by {row['judge']}", row["reason"])
    first, second = (row["b"], row["a"]) if row["order"] == "ba" else (row["a"], row["b"])
    return ShownGame(_winner(verdict, row), f"A was {first}, B was {second}; judged by {row['judge']}", row["reason"])


def _winner(verdict: str, row: Row) -> str:
    """The verdict with names: its letters stand for columns `a` and `b` of the row, whatever order was shown."""
    words = {"A>>B": f"{row['a']} much better", "A>B": f"{row['a']} better", "A=B": "tie", "B>A": f"{row['b']} better",
             "B>>A": f"{row['b']} much better"}  # fmt: skip
    return words.get(verdict, verdict)
