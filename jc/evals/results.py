"""From notes and journal to rows: one per (prompt, candidate, epoch), one per judge game, and the evidence for the statistics.

Everything here is derived: the same journal gives the same bytes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, overload

from jc.evals.asking import Asked, Asker
from jc.evals.checks import run_checks
from jc.evals.pipeline import Pipeline
from jc.evals.plan import Plan
from jc.evals.statistics.values import Evidence, Mark
from jc.evals.statistics.values import Game as ScoredGame
from jc.evals.verdict import reasons, score_of
from jc.evals.work import Game, GameNote, Slot
from jc.quantities import Usage

RESULT_COLUMNS = (
    "run_id", "prompt_id", "category", "cluster", "epoch", "candidate", "endpoint", "status", "output", "finish_reason",
    "checks_passed", "checks_total", "score", "score_pointwise", "wins", "ties", "losses", "inconsistent", "unparsed", "judge_n",
    "judge_reason", "input_tokens", "cached_input_tokens", "reasoning_tokens", "output_tokens", "cost_usd", "judge_cost_usd",
    "latency_ms", "ttft_ms", "queue_ms", "attempts", "cached", "error_type", "error_message", "started_at",
)  # fmt: skip
GAME_COLUMNS = (
    "prompt_id", "a", "b", "order", "judge", "verdict", "score_a", "parse", "reason", "input_tokens", "output_tokens", "cost_usd",
    "latency_ms", "attempts",
)  # fmt: skip
# A game that was settled without a call weighs like any other in the scores, but says nothing about the judge: no card counts it.
UNASKED = " (not asked)"
_SETTLED = frozenset({"refused", "empty", "filtered", "truncated"})


@dataclass(slots=True)
class Tally:
    """What the games say about one answer; units are pair × judge."""

    wins: int = 0
    ties: int = 0
    losses: int = 0
    inconsistent: int = 0
    unparsed: int = 0
    read: int = 0
    scores: list[float] = field(default_factory=list)
    ratings: list[float] = field(default_factory=list)
    reason: str = ""
    cost_usd: Decimal = Decimal(0)


class Looked(NamedTuple):
    """What the calls of one game used, cost (None: unknown) and took in milliseconds, their attempts and the judge's reasons."""

    usage: Usage
    usd: Decimal | None
    latency_ms: float
    attempts: int
    reason: str


Looks = Mapping[Game, Looked]


@dataclass(frozen=True, slots=True)
class Results:
    """The rows of a run, made one by one as they are read."""

    run_id: str
    plan: Plan
    pipeline: Pipeline
    asker: Asker

    def games(self) -> Iterator[dict[str, Any]]:
        """One row per judge game, in the order of the plan; `verdict` and `score_a` are about columns `a` and `b`."""
        for case in range(len(self.plan.evalset.cases)):
            yield from self.games_of(case, self.looks(case))

    def looks(self, case: int) -> dict[Game, Looked]:
        """What the judges' calls on one case came to; read from the journal."""
        return {game: self.looked(note) for game, note in self.pipeline.games.of_case(case)}

    def games_of(self, case: int, looks: Looks) -> Iterator[dict[str, Any]]:
        """The rows of the games of one case."""
        names = [party.name for party in self.plan.candidates]
        for game, looked in looks.items():
            note = self.pipeline.games[game]
            yield {
                "prompt_id": self.plan.evalset.cases[case].id,
                "a": names[game.first],
                "b": names[game.second] if game.second >= 0 else "",
                "order": ("ba" if game.swapped else "ab") if game.second >= 0 else "",
                "judge": self.plan.judges[game.judge].name,
                "verdict": note.verdict if note.rating is None else f"{note.rating:g}",
                "score_a": game_score(note),
                **reading(note, looked),
            }

    def looked(self, note: GameNote) -> Looked:
        """What the calls of one game used, cost and said; a repair turn counts with the call that it repairs."""
        usage, cost, latency, attempts, reason = Usage(requests=0), Decimal(0), 0.0, 0, ""
        priced = True
        for record in note.records:
            asked = self.asker.read(record)
            if asked is None:
                continue
            usage = usage + (asked.reply.usage or Usage(requests=0))
            priced = priced and asked.cost_usd is not None
            cost += asked.cost_usd or 0
            latency += asked.reply.latency_ms or 0.0
            attempts += asked.reply.attempts
            reason = reason or reasons(asked.reply.text)
        return Looked(usage, cost if priced else None, latency, attempts, reason)

    def tallies(self, case: int, looks: Looks) -> dict[Slot, Tally]:
        """What the games of one case say about each of its answers."""
        tallies: dict[Slot, Tally] = defaultdict(Tally)
        units: dict[tuple[int, int, int, int], list[float | None]] = defaultdict(list)
        for game, looked in looks.items():
            note = self.pipeline.games[game]
            players = (game.first,) if game.second < 0 else (game.first, game.second)
            for player in players:
                tally = tallies[Slot(case, player, game.epoch)]
                tally.cost_usd += (looked.usd or Decimal(0)) / len(players)
                tally.reason = tally.reason or looked.reason
                tally.read += note.parse not in _UNREAD
                tally.unparsed += note.parse in _UNREAD and note.parse != "error"
                if note.rating is not None:
                    tally.ratings.append(note.rating)
            if game.second >= 0:
                units[(game.first, game.second, game.judge, game.epoch)].append(game_score(note))
        for first, second, epoch, score in self._settled(case):
            for judge in range(len(self.plan.judges)):
                units[(first, second, judge, epoch)] = [score, score]
        for (first, second, _judge, epoch), scores in units.items():
            _count(tallies[Slot(case, first, epoch)], tallies[Slot(case, second, epoch)], scores)
        return tallies

    def settled(self) -> Iterator[tuple[int, int, int, int, float]]:
        """Pairs that no judge saw, as an answer was refused, cut or empty: case, a, b, epoch, score of a by `--on-refusal`."""
        for case in range(len(self.plan.evalset.cases)):
            for settled in self._settled(case):
                yield (case, *settled)

    def _settled(self, case: int) -> Iterator[tuple[int, int, int, float]]:
        policy = self.plan.settings.on_refusal
        if policy == "exclude" or not self.plan.pairwise:
            return
        for first, second in self.plan.pairs(case):
            if not self.pipeline.plays(case, first, second):
                continue
            for epoch in range(self.plan.settings.epochs):
                states = [self._status(Slot(case, player, epoch)) for player in (first, second)]
                bad = [state in _SETTLED for state in states]
                if any(bad) and all(state == "ok" or state in _SETTLED for state in states):
                    score = 0.5 if policy == "tie" or all(bad) else float(bad[1])
                    yield first, second, epoch, score

    def _status(self, slot: Slot) -> str:
        return self.pipeline.answers.status(slot) or "error"

    def answers(self) -> Iterator[dict[str, Any]]:
        """One row per prompt, candidate and epoch, in the order of the plan; what was not run is an `error` row.

        What a run did not ask because all was decided has no row.
        """
        for case in range(len(self.plan.evalset.cases)):
            yield from self.answers_of(case, self.looks(case))

    def answers_of(self, number: int, looks: Looks) -> Iterator[dict[str, Any]]:
        """The rows of the answers to one case."""
        tallies = self.tallies(number, looks)
        case = self.plan.evalset.cases[number]
        for candidate, party in enumerate(self.plan.candidates):
            for epoch in range(self.plan.settings.epochs):
                slot = Slot(number, candidate, epoch)
                if not self.pipeline.asks(slot):
                    continue
                row: dict[str, Any] = {
                    "run_id": self.run_id,
                    "prompt_id": case.id,
                    "category": case.category,
                    "cluster": case.cluster,
                    "epoch": epoch,
                    "candidate": party.name,
                    "endpoint": party.endpoint.address,
                }
                yield {**row, **self._answer(slot, tallies.get(slot, Tally()))}

    def _answer(self, slot: Slot, tally: Tally) -> dict[str, Any]:
        note = self.pipeline.answers.get(slot)
        asked = self.asker.read(note.record) if note else None
        reply = asked.reply if asked else None
        case = self.plan.evalset.cases[slot.case]
        failure = note.failure if note else None
        ok = reply is not None and reply.status == "ok"
        passed, total = run_checks(case.checks, reply.text) if reply and ok else (0, len(case.checks))
        usage = reply.usage if reply else None
        rating = sum(tally.ratings) / len(tally.ratings) if tally.ratings else None
        score = sum(tally.scores) / len(tally.scores) if tally.scores else rating
        if score is None and total and ok:
            score = passed / total
        return {
            "status": note.status if note else "error",
            "output": _said(asked),
            "finish_reason": reply.finish_reason if reply else None,
            "checks_passed": passed if ok else None,
            "checks_total": total,
            "score": score,
            "score_pointwise": rating,
            "wins": tally.wins,
            "ties": tally.ties,
            "losses": tally.losses,
            "inconsistent": tally.inconsistent,
            "unparsed": tally.unparsed,
            "judge_n": tally.read,
            "judge_reason": tally.reason or None,
            "input_tokens": usage.input_tokens if usage else None,
            "cached_input_tokens": usage.cached_input_tokens if usage else None,
            "reasoning_tokens": usage.reasoning_tokens if usage else None,
            "output_tokens": usage.output_tokens if usage else None,
            "cost_usd": asked.cost_usd if asked else None,
            "judge_cost_usd": tally.cost_usd,
            "latency_ms": reply.latency_ms if reply else None,
            "ttft_ms": reply.ttft_ms if reply else None,
            "queue_ms": reply.queue_ms if reply else None,
            "attempts": reply.attempts if reply else 0,
            "cached": bool(reply and reply.attempts == 0 and ok),
            "error_type": failure.kind if failure else None if note else "not_run",
            "error_message": failure.message if failure else None,
            "started_at": reply.started_at if reply else None,
        }

    def evidence(self, *, lengths: bool = True) -> Evidence:
        """The games and marks for the statistics; with games the marks are told beside."""
        plan = self.plan
        cases = plan.evalset.cases
        names = [party.name for party in plan.candidates]
        families = {party.name: party.lab for party in (*plan.candidates, *plan.judges) if party.lab}
        asked = {slot.case for slot in self.pipeline.scheduled} if self.pipeline.scheduled is not None else range(len(cases))
        prompts = [cases[case].id for case in sorted(asked)]
        games = Scored(self, names, lengths=lengths) if plan.pairwise else ()
        return Evidence(games, list(self._marks(names)), families=families, prompts=prompts, candidates=names)

    def scored(self, names: list[str], *, lengths: bool) -> Iterator[ScoredGame]:
        """The games of pairs with what came of them, judged or settled; `names` are the candidates'."""
        cases, judges = self.plan.evalset.cases, [judge.name for judge in self.plan.judges]
        unasked = [name + UNASKED for name in judges]
        for game, note in self.pipeline.games.each():
            if game.second < 0:
                continue
            case, both = cases[game.case], (game.first, game.second)
            judge = (unasked if note.parse == "identical" else judges)[game.judge]
            sizes = [self._length(Slot(game.case, player, game.epoch)) if lengths else None for player in both]
            yield ScoredGame(
                case.id, names[game.first], names[game.second], game_score(note), "ba" if game.swapped else "ab", judge,
                case.cluster or "", game.epoch, sizes[0], sizes[1],
            )  # fmt: skip
        for number, first, second, epoch, score in self.settled():
            case = cases[number]
            for judge in unasked:
                yield ScoredGame(case.id, names[first], names[second], score, "", judge, case.cluster or "", epoch)

    def _length(self, slot: Slot) -> float | None:
        note = self.pipeline.answers[slot]
        if note.record is None:
            return None
        if not self.asker.journal.replaced(note.record):
            return float(note.length)
        asked = self.asker.read(note.record)
        return float(len(asked.reply.text)) if asked else None

    def _marks(self, names: list[str]) -> Iterator[Mark]:
        plan = self.plan
        low, high = plan.protocol.low, plan.protocol.high
        for game, note in self.pipeline.games.each():
            if game.second < 0 and note.parse != "error":
                case = plan.evalset.cases[game.case]
                score = None if note.rating is None else (note.rating - low) / (high - low)
                yield Mark(case.id, names[game.first], score, plan.judges[game.judge].name, case.cluster or "", game.epoch)
        if plan.pointwise:
            return
        if not any(case.checks for case in plan.evalset.cases):
            return
        for slot, answer in self.pipeline.answers.items():
            case = plan.evalset.cases[slot.case]
            if case.checks and answer.status == "ok":
                asked = self.asker.read(answer.record)
                passed, total = run_checks(case.checks, asked.reply.text if asked else "")
                yield Mark(case.id, names[slot.candidate], passed / total, "", case.cluster or "", slot.epoch)


class Scored(Sequence[ScoredGame]):
    """The games for the statistics, made one by one whenever they are gone through: a list would be most of the memory."""

    def __init__(self, results: Results, names: list[str], *, lengths: bool) -> None:
        self._results, self._names, self._lengths = results, names, lengths

    def __iter__(self) -> Iterator[ScoredGame]:
        return self._results.scored(self._names, lengths=self._lengths)

    def __len__(self) -> int:
        return sum(1 for _ in self._results.scored(self._names, lengths=False))

    def __bool__(self) -> bool:
        return any(True for _ in self._results.scored(self._names, lengths=False))

    @overload
    def __getitem__(self, place: int) -> ScoredGame: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[ScoredGame]: ...
    def __getitem__(self, place: int | slice) -> ScoredGame | Sequence[ScoredGame]:
        return list(self)[place]


def reading(note: GameNote, looked: Looked) -> dict[str, Any]:
    """The columns of every look of a judge: how it was read, why, and what its calls took."""
    return {
        "parse": note.parse,
        "reason": looked.reason,
        "input_tokens": looked.usage.input_tokens,
        "output_tokens": looked.usage.output_tokens,
        "cost_usd": looked.usd,
        "latency_ms": looked.latency_ms,
        "attempts": looked.attempts,
    }


_UNREAD = frozenset({"unparsed", "conflict", "off_menu", "error"})


def game_score(note: GameNote) -> float | None:
    """1, ½ or 0 for the pair's first name; None when the verdict could not be read, or when it is a rating."""
    return None if note.verdict is None else score_of(note.verdict)


def _count(first: Tally, second: Tally, scores: list[float | None]) -> None:
    """Both orders of one pair by one judge: their mean is the score; a unit with an unread order does not count."""
    if len(scores) != 2 or scores[0] is None or scores[1] is None:
        return
    mean = (scores[0] + scores[1]) / 2
    for tally, score in ((first, mean), (second, 1 - mean)):
        tally.scores.append(score)
        tally.wins += score > 0.5
        tally.ties += score == 0.5
        tally.losses += score < 0.5
        tally.inconsistent += scores[0] != scores[1]


def _said(asked: Asked | None) -> str | None:
    if asked is None:
        return None
    reply = asked.reply
    return f"{reply.text}\n{reply.tool_calls}".strip() if reply.tool_calls else reply.text
