"""A made-up eval run with real statistics: rows as `jc evals run` writes them, and the summary that follows from them."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from jc.evals.results import GAME_COLUMNS, RESULT_COLUMNS
from jc.evals.statistics.standings import standings
from jc.evals.statistics.values import Evidence, Game, Rules
from jc.evals.summary import Totals, totalled

SKILLS = {"acme/strong-1": 1.6, "bravo/solid-2": 1.0, "cargo/hasty-mini": 0.2}
USD = {"acme/strong-1": "0.0042", "bravo/solid-2": "0.0009", "cargo/hasty-mini": "0.0001"}


@dataclass(frozen=True, slots=True)
class SampleRun:
    """Everything that the reports read."""

    summary: dict[str, Any]
    answers: list[dict[str, Any]]
    games: list[dict[str, Any]]
    prompts: dict[str, str]


def sample_run(
    *,
    prompts: int = 40,
    skills: Mapping[str, float] | None = None,
    texts: Mapping[str, str] | None = None,
    reason: str = "Answer A names every point; answer B leaves out the date.",
    judges: Sequence[str] = ("judge/one", "judge/two"),
    seed: int = 5,
    cells: Mapping[str, Any] | None = None,
) -> SampleRun:
    """A run with the given candidates; `texts` are their answers, `cells` overwrites cells of every answer row."""
    rng, skills = random.Random(seed), skills or SKILLS
    names, ids = list(skills), [f"case-{number:03}" for number in range(prompts)]
    games = [game for prompt in ids for game in _games(prompt, names, skills, judges, rng, reason)]
    answers = [
        _answer(prompt, at, name, games, texts or {}, rng) | dict(cells or {}) for at, prompt in enumerate(ids) for name in names
    ]
    totals: dict[str, Totals] = defaultdict(Totals)
    for row in answers:
        totals[row["candidate"]].add(row)
    scored = [Game(row["prompt_id"], row["a"], row["b"], row["score_a"], row["order"], row["judge"]) for row in games]
    found = standings(Evidence(scored, prompts=ids), Rules(draws=40)) if scored else None
    order = [row.candidate for row in found.standings] if found else names
    summary = {
        "run_id": "sample", "demo": False, "prompts": prompts, "epochs": 1,
        "evalset": {"name": "sample-set", "sha256": "ab" * 32},
        "judge_mode": "pairwise", "judges": list(judges), "answers": len(answers),
        "missing": sum(total.statuses["error"] for total in totals.values()), "spent_usd": Decimal("1.79"),
        "judge_usd": Decimal("1.61"), "candidates": [totalled(name, None, totals[name]) for name in order],
        "standings": asdict(found) if found else None,
    }  # fmt: skip
    return SampleRun(summary, answers, games, {prompt: f"What is the capital of place {prompt}?" for prompt in ids})


def _games(
    prompt: str, names: Sequence[str], skills: Mapping[str, float], judges: Sequence[str], rng: random.Random, reason: str
) -> list[dict[str, Any]]:
    found = []
    for place, a in enumerate(names):
        for b in names[place + 1 :]:
            edge = skills[a] - skills[b] + rng.gauss(0, 0.9)
            for judge in judges:
                for order in ("ab", "ba"):
                    seen = edge + rng.gauss(0, 0.25)
                    verdict = "A=B" if abs(seen) < 0.15 else "A>B" if seen > 0 else "B>A"
                    score = {"A=B": 0.5, "A>B": 1.0, "B>A": 0.0}[verdict]
                    values = (
                        prompt, a, b, order, judge, verdict, score, "json", reason, 700, 60, Decimal("0.0011"), 900.0, 1,
                    )  # fmt: skip
                    found.append(dict(zip(GAME_COLUMNS, values, strict=True)))
    return found


def _answer(
    prompt: str, at: int, name: str, games: Sequence[Mapping[str, Any]], texts: Mapping[str, str], rng: random.Random
) -> dict[str, Any]:
    scores = [
        row["score_a"] if row["a"] == name else 1 - row["score_a"]
        for row in games
        if row["prompt_id"] == prompt and name in (row["a"], row["b"])
    ]
    mean = sum(scores) / len(scores) if scores else None
    failed = at == 3 and name == "bravo/solid-2"
    row: dict[str, Any] = dict.fromkeys(RESULT_COLUMNS)
    row.update(
        run_id="sample", prompt_id=prompt, category=("chat", "code", "extract")[at % 3], epoch=0, candidate=name,
        endpoint="local",
        status="error" if failed else "ok", output=None if failed else texts.get(name, f"{name} answers case {at}."),
        finish_reason=None if failed else "stop", checks_passed=None if failed else at % 2, checks_total=1,
        score=None if failed else mean, wins=sum(score == 1 for score in scores), ties=sum(score == 0.5 for score in scores),
        losses=sum(score == 0 for score in scores), inconsistent=0, unparsed=0, judge_n=len(scores), input_tokens=120,
        cached_input_tokens=0, reasoning_tokens=0, output_tokens=80 + at,
        cost_usd=None if failed else Decimal(USD.get(name, "0.001")),
        judge_cost_usd=Decimal("0.004"), latency_ms=None if failed else 300 * rng.lognormvariate(0, 0.6) * (1 + len(name) / 10),
        queue_ms=1.0, attempts=4 if failed else 1, cached=False, error_type="server_error" if failed else None,
        error_message="HTTP 503 four times" if failed else None, started_at="2026-11-20T12:00:00Z",
    )  # fmt: skip
    return row
