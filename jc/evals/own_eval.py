"""What a run teaches about each model, as evidence for the catalog: scores by class, how much it says, how long it takes.

Quality is measured on the strongest basis that the whole run has: a judge's ratings on their scale, else the share of checks that
passed, else the share of games won (which compares only candidates of one run). The basis stands in the variant of each score,
so that scores on different ones are never compared. Output tokens, seconds and money compare within one set.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, Literal

from jc.catalog.importers.writing import number, text
from jc.catalog.model import OWN_EVAL
from jc.routing.classes import ROUTE_CLASSES

if TYPE_CHECKING:
    from jc.evals.statistics.values import Mean

Row = Mapping[str, Any]
Basis = Literal["rating", "checks", "wins"]
WORDS: Mapping[Basis, str] = {
    "rating": "mean rating by the judge, in percent of its scale",
    "checks": "share of checks passed, mean over prompts",
    "wins": "share of games won against the other candidates of this run",
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One model on the prompts of one class (None: on all): quality in percent, and means and medians of its answers."""

    model: str
    route_class: str | None
    answers: int
    quality: Decimal | None
    interval: tuple[Decimal, Decimal] | None
    """The 95 % interval of the quality, with clusters counted as they are in the run; None when one cluster is all there is."""
    output_tokens: Decimal
    latency_s: Decimal | None
    ttft_s: Decimal | None
    usd_per_answer: Decimal | None
    judged: int = 0
    """Prompts whose answers have a score: what the quality rests on; fewer than the answers when a run was stopped."""


@dataclass(frozen=True, slots=True)
class OwnEval:
    """All lessons of a run on a set, with what quality rests on and the day it was measured."""

    name: str
    run: str
    basis: Basis
    day: date
    lessons: Sequence[Lesson]
    unknown: Sequence[str] = ()
    """Candidates that are in no catalog: nothing can be written about them."""

    @property
    def benchmark(self) -> str:
        """How the scores are called, `own_eval/<set>`."""
        return OWN_EVAL + self.name


def learn(
    summary: Mapping[str, Any], rows: Iterable[Row], class_of: Callable[[str, str], str], scale: tuple[float, float]
) -> OwnEval:
    """What a run teaches; `class_of(prompt id, category)` names the route class of a prompt, `scale` is that of the ratings."""
    offers = {str(one["candidate"]): one.get("offer") for one in summary["candidates"]}
    answered = [row for row in rows if row["status"] == "ok"]
    basis = _basis(answered)
    groups: dict[tuple[str, str | None], list[Row]] = defaultdict(list)
    for row in answered:
        offer = offers.get(row["candidate"])
        if offer:
            groups[str(offer), class_of(row["prompt_id"], row["category"] or "")].append(row)
            groups[str(offer), None].append(row)
    order = {name: number for number, name in enumerate((None, *ROUTE_CLASSES))}
    lessons = [_lesson(model, name, found, basis, scale) for (model, name), found in groups.items()]
    return OwnEval(
        name="".join(char if char.isalnum() or char in "-_." else "-" for char in str(summary["evalset"]["name"])),
        run=str(summary["run_id"]),
        basis=basis,
        day=max((date.fromisoformat(str(row["started_at"])[:10]) for row in answered if row["started_at"]), default=date.min),
        lessons=sorted(lessons, key=lambda one: (one.model, order[one.route_class])),
        unknown=[name for name, offer in offers.items() if not offer],
    )


def class_namer(prompts: Mapping[str, str], classify: Callable[[str], str]) -> Callable[[str, str], str]:
    """Names a prompt's class: its category where that is a route class, else what the classifier takes its text for."""
    named: dict[str, str] = {}

    def class_of(prompt: str, category: str) -> str:
        if category in ROUTE_CLASSES:
            return category
        if prompt not in named:
            named[prompt] = classify(prompts[prompt]) if prompt in prompts else "general"
        return named[prompt]

    return class_of


def _basis(rows: Sequence[Row]) -> Basis:
    if rows and all(row["score_pointwise"] is not None for row in rows):
        return "rating"
    return "checks" if rows and all(row["checks_total"] for row in rows) else "wins"


def _quality(row: Row, basis: Basis, scale: tuple[float, float]) -> float | None:
    """The quality of one answer, 0 to 1; None when nobody scored it."""
    if basis == "rating":
        low, high = scale
        return (float(row["score_pointwise"]) - low) / (high - low)
    if basis == "checks":
        return int(row["checks_passed"]) / int(row["checks_total"])
    return None if row["score"] is None else float(row["score"])


def _lesson(model: str, route_class: str | None, rows: Sequence[Row], basis: Basis, scale: tuple[float, float]) -> Lesson:
    scored = [
        (quality, row["cluster"] or row["prompt_id"]) for row in rows if (quality := _quality(row, basis, scale)) is not None
    ]
    mean = _mean(scored)
    costs = [row["cost_usd"] for row in rows]
    priced = costs and all(cost is not None for cost in costs)
    return Lesson(
        model,
        route_class,
        len(rows),
        _rounded(100 * mean.value, 2) if mean else None,
        _percent(mean),
        _rounded(fmean(int(row["output_tokens"] or 0) for row in rows), 1),
        _median_s(rows, "latency_ms"),
        _median_s(rows, "ttft_ms"),
        (sum(costs, Decimal(0)) / len(costs)).quantize(Decimal("1e-9")) if priced else None,
        len({row["prompt_id"] for row in rows if _quality(row, basis, scale) is not None}),
    )


def _mean(scored: Sequence[tuple[float, str]]) -> "Mean | None":
    import numpy as np

    from jc.evals.statistics.intervals import SHARE, clustered_mean

    _, clusters = np.unique([cluster for _, cluster in scored], return_inverse=True) if scored else (None, np.zeros(0, np.int64))
    return clustered_mean(np.array([quality for quality, _ in scored], dtype=np.float64), clusters, bounds=SHARE)


def _percent(mean: "Mean | None") -> tuple[Decimal, Decimal] | None:
    if mean is None or mean.low is None or mean.high is None:
        return None
    return _rounded(100 * max(0.0, mean.low), 2), _rounded(100 * min(1.0, mean.high), 2)


def _median_s(rows: Sequence[Row], name: str) -> Decimal | None:
    known = [float(row[name]) / 1000 for row in rows if row[name] is not None]
    return _rounded(median(known), 3) if known else None


def _rounded(value: float, digits: int) -> Decimal:
    return Decimal(f"{value:.{digits}f}")


def scores_file(found: OwnEval) -> str:
    """The lessons as a file of `benchmarks/`, to be committed with the catalog and reviewed like any other."""
    made = f"# Made by `jc catalog import evals {found.run}`; importing a newer run of the set replaces it."
    head = [
        "# yaml-language-server: $schema=../.schema/scores.json",
        made,
        f"# Quality: {WORDS[found.basis]}.",
        "schema_version: 1",
    ]
    scores = [_flow(_score(one, found)) for one in found.lessons if one.quality is not None]
    seen = [_flow(_observed(one, found)) for one in found.lessons]
    return (
        "\n".join([*head, "scores:", *scores, "observed:", *seen] if scores else [*head, "scores: []", "observed:", *seen]) + "\n"
    )


def _flow(pairs: Mapping[str, str | None]) -> str:
    return f"  - {{{', '.join(f'{key}: {value}' for key, value in pairs.items() if value is not None)}}}"


def _score(one: Lesson, found: OwnEval) -> dict[str, str | None]:
    variant = {"class": one.route_class, "basis": found.basis}
    return {
        "model": text(one.model),
        "benchmark": found.benchmark,
        "value": None if one.quality is None else number(one.quality),
        "variant": f"{{{', '.join(f'{key}: {value}' for key, value in variant.items() if value is not None)}}}",
        "n": str(one.judged),
        "interval": None if one.interval is None else f"[{number(one.interval[0])}, {number(one.interval[1])}]",
        "harness": "jc",
        "by": "own_eval",
        "date": str(found.day),
        "note": text(f"run {found.run}"),
    }


def _observed(one: Lesson, found: OwnEval) -> dict[str, str | None]:
    return {
        "model": text(one.model),
        "benchmark": found.benchmark,
        "route_class": one.route_class,
        "answers": str(one.answers),
        "output_tokens": number(one.output_tokens),
        "latency_s": None if one.latency_s is None else number(one.latency_s),
        "ttft_s": None if one.ttft_s is None else number(one.ttft_s),
        "usd_per_answer": None if one.usd_per_answer is None else number(one.usd_per_answer),
        "date": str(found.day),
    }
