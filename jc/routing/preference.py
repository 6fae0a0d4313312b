"""Which member of a pool answers: explicit scores for quality, speed and cost, and the weights that `balanced` gives them.

Each part lies between 0 and 1 and is relative to the best of the pool: quality ÷ the best quality, the shortest time ÷ time, the
lowest cost ÷ cost. A part that is not known counts as the worst of the pool, and is shown as unknown.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from jc.routing.quality import Judged
from jc.routing.request import Excluded, Ranked, Reason

Preference = Literal["balanced", "quality", "speed", "cost", "auto"]

WEIGHTS: Mapping[str, float] = {"quality": 0.5, "cost": 0.3, "speed": 0.2}
"""What `balanced` gives each part; they sum to 1."""


class Preferred(NamedTuple):
    """The members of a pool, best first, who was passed over and why, and the reason for the first."""

    order: Sequence[Ranked]
    passed: Sequence[Excluded]
    reason: Reason


def preferred(rows: Sequence[Ranked], preference: Preference, judged: Judged, band: Decimal) -> Preferred:
    """The candidates that may answer, in the order of a preference; ties go to the cheaper, then by id.

    `band` is what `auto` allows a model to be below the best, in points.
    """
    if preference == "auto":
        return _auto(rows, judged, band)
    if preference == "cost":
        return _by_cost(rows)
    scores = _scores(rows, preference)
    order = sorted((row._replace(score=scores[row.model]) for row in rows), key=_best_first)
    return Preferred(order, (), Reason("preference", _why(preference, order[0], judged)))


def _dear(usd: Decimal | None) -> tuple[bool, Decimal]:
    return usd is None, usd or Decimal(0)


def _best_first(row: Ranked) -> tuple[float, tuple[bool, Decimal], str]:
    return -(row.score or 0.0), _dear(row.usd), row.model


def _by_cost(rows: Sequence[Ranked]) -> Preferred:
    order = sorted(rows, key=lambda row: (_dear(row.usd), row.model))
    passed = [Excluded(row.model, "has no known price") for row in order if row.usd is None]
    why = "the cheapest of the pool" if order[0].usd is not None else "no price in the pool is known"
    return Preferred(order, passed, Reason("preference", f"cost: {why}, {_usd(order[0].usd)}"))


def _auto(rows: Sequence[Ranked], judged: Judged, band: Decimal) -> Preferred:
    """The cheapest whose quality is at most a band below the pool's best; who was not measured cannot be shown to hold it."""
    best = judged.best(row.model for row in rows)
    if best is None:
        found = _by_cost(rows)
        why = "auto: no model of the pool was measured for this class, so the cheapest answers; measure them with `jc evals run`"
        return Preferred(found.order, found.passed, Reason("preference", why))
    floor = judged.points[best] - band
    inside = [row for row in rows if row.model in judged.points and judged.points[row.model] >= floor]
    outside = [row for row in rows if row not in inside]
    order = sorted(inside, key=lambda row: (_dear(row.usd), -(row.quality or 0.0), row.model))
    passed = [Excluded(row.model, _below(row, judged, best, band)) for row in outside]
    first = order[0]
    why = (
        f"auto: the cheapest within {band.normalize():f} points of the pool's best on {judged.measure} "
        f"({first.quality:g} against {float(judged.points[best]):g} of `{best}`), {_usd(first.usd)}"
    )
    return Preferred([*order, *sorted(outside, key=lambda row: (_dear(row.usd), row.model))], passed, Reason("preference", why))


def _below(row: Ranked, judged: Judged, best: str, band: Decimal) -> str:
    if row.model not in judged.points:
        return f"was not measured on {judged.measure}, so nothing shows that quality holds"
    return f"has {row.quality:g} on {judged.measure}, more than {band.normalize():f} below `{best}`"


def _scores(rows: Sequence[Ranked], preference: Preference) -> Mapping[str, float]:
    quality = _shares([row.quality for row in rows], larger=True)
    speed = _shares([row.latency_s for row in rows], larger=False)
    cost = _shares([None if row.usd is None else float(row.usd) for row in rows], larger=False)
    if preference == "quality":
        return {row.model: q for row, q in zip(rows, quality, strict=True)}
    if preference == "speed":
        return {row.model: s for row, s in zip(rows, speed, strict=True)}
    return {
        row.model: WEIGHTS["quality"] * q + WEIGHTS["cost"] * c + WEIGHTS["speed"] * s
        for row, q, c, s in zip(rows, quality, cost, speed, strict=True)
    }


def _shares(values: Sequence[float | None], *, larger: bool) -> list[float]:
    """Each value relative to the best, 0 to 1; an unknown one is as bad as the worst that is known, all unknown are equal."""
    known = [value for value in values if value is not None]
    if not known:
        return [0.0] * len(values)
    best = max(known) if larger else min(known)
    worst = min(known) if larger else max(known)
    filled = [worst if value is None else value for value in values]
    if larger:
        return [value / best if best > 0 else 1.0 for value in filled]
    return [best / value if value > 0 else 1.0 for value in filled]


def _usd(usd: Decimal | None) -> str:
    return "price unknown" if usd is None else f"${usd.normalize():f}"


def _why(preference: Preference, first: Ranked, judged: Judged) -> str:
    measured = f"{first.quality:g} on {judged.measure}" if first.quality is not None else "not measured"
    time = "speed unknown" if first.latency_s is None else f"{first.latency_s:.2f} s"
    if preference == "quality":
        return (
            f"quality: the best of the pool, {measured}"
            if first.quality is not None
            else "quality: nothing was measured; cheapest"
        )
    if preference == "speed":
        return f"speed: the fastest of the pool, {time}" if first.latency_s is not None else "speed: no speed is known; cheapest"
    weights = ", ".join(f"{name} {weight:g}" for name, weight in WEIGHTS.items())
    return f"balanced ({weights}): score {first.score:.2f} from {measured}, {_usd(first.usd)}, {time}"
