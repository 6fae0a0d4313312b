"""A result by class, model, key, organisation, day or hour: what each part costs under each table, how fast and how good it is.

Parts of a cost are sums of the same exact numbers, so they add up to the whole. A part whose cost nobody knows has none.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jc.simulate.book import exact_sum
from jc.simulate.choices import REFUSED, Choice
from jc.simulate.estimate import Estimate
from jc.simulate.simulation import Simulation
from jc.traffic.grid import served_model
from jc.traffic.histogram import Histogram

_PARTS: Mapping[str, str] = {
    "class": "route_class", "key": "key", "org": "org", "day": "day", "hour": "hour", "model": "model"
}  # fmt: skip
MOST_TIMED = 64
"""Beyond so many parts latencies are not told apart: each is a distribution of its own."""


def usd(pico: Fraction | int) -> Decimal:
    """Pico-dollars as dollars: exact when they are whole, else to a thousandth of one."""
    value = Fraction(pico)
    if value.denominator == 1:
        return Decimal(value.numerator).scaleb(-12)
    return Decimal(round(value * 1000)).scaleb(-15)


def money_text(pico: Fraction | int) -> str:
    """Dollars as decimal text without trailing zeros."""
    text = format(usd(pico), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def sum_pico(estimate: Estimate, here: NDArray[np.bool_]) -> Fraction:
    """The cost of some groups."""
    return exact_sum(estimate.pico[here & estimate.known])


def values_by(simulation: Simulation, name: str) -> list[str]:
    """The value of a dimension for every group, as text."""
    if name == "model":
        return [served_model(key) or "–" for key in simulation.cube.keys]
    found = simulation.book.part(_PARTS[name])
    if name == "day":
        return [str(np.datetime64(int(day), "D")) if int(day) >= 0 else "–" for day in found]
    if name == "hour":
        return [f"{int(hour):02d}" if int(hour) >= 0 else "–" for hour in found]
    return [str(value) or "–" for value in found]


def by_rows(simulation: Simulation, name: str) -> list[dict[str, Any]]:
    """One row for each value of a dimension and each estimate: times in order, else the dearest value first."""
    values = np.array(values_by(simulation, name), dtype=object)
    distinct, index = np.unique(values, return_inverse=True)
    parts = [index == at for at in range(len(distinct))]
    timed = len(distinct) <= MOST_TIMED
    rows = [[part_row(simulation, estimate, here, timed=timed) for estimate in simulation.estimates] for here in parts]
    largest = [max((float(row["cost_usd"] or 0) for row in of), default=0.0) for of in rows]
    order = range(len(distinct)) if name in {"day", "hour"} else sorted(range(len(distinct)), key=lambda at: -largest[at])
    return [{name: str(distinct[at]), **row} for at in order for row in rows[at]]


def part_row(simulation: Simulation, estimate: Estimate, here: NDArray[np.bool_], *, timed: bool) -> dict[str, Any]:
    """The figures of some groups under one estimate; `timed` also tells their latency."""
    groups = simulation.book.groups
    known = estimate.known & (estimate.chosen != REFUSED) & here
    pair = simulation.pair_of(estimate)
    before, after = pair.sums(here)
    latency = _latency(simulation, estimate, here) if timed else None
    p50, p95 = latency.quantiles([0.5, 0.95]) if latency is not None else (None, None)
    n, walk = groups["n"], estimate.walk
    return {
        "table": estimate.name,
        "requests": int(n[here].sum()),
        "input_tokens": int(groups["input"][here].sum()),
        "output_tokens": int(groups["output"][here].sum()),
        "cost_usd": money_text(exact_sum(estimate.pico[known])) if known.any() else None,
        "cost_known": int(n[known].sum()) / max(1, int(n[here & (estimate.chosen != REFUSED)].sum())),
        "change": None if estimate is simulation.baseline or not before else float(after / before) - 1,
        "saved_usd": money_text(before - after) if pair.n[here].any() else None,
        "p50_s": p50,
        "p95_s": p95,
        "quality": _quality(simulation, estimate, here),
        "rejected": int(n[here & (estimate.chosen == REFUSED)].sum()) + (int(walk.losses[here].sum()) if walk else 0),
        "over_budget": int(walk.refusals[here].sum()) if walk else None,
    }


def _quality(simulation: Simulation, estimate: Estimate, here: NDArray[np.bool_]) -> float | None:
    """The mean quality of the answers to some groups, None where less than half of the requests have one."""
    if estimate.points is None or estimate.judged is None:
        return None
    asked = int(simulation.book.groups["n"][here].sum())
    if estimate.walk is not None:
        asked -= int((estimate.walk.refusals + estimate.walk.losses)[here].sum())
    known = here & (estimate.judged > 0)
    judged = int(estimate.judged[known].sum())
    if 2 * judged < asked or not judged:
        return None
    return float((estimate.points[known] * estimate.judged[known]).sum() / judged)


def _latency(simulation: Simulation, estimate: Estimate, here: NDArray[np.bool_]) -> Histogram | None:
    """The distribution of seconds of some groups: as measured in the sampled rows, or as the speeds say."""
    if estimate.walk is not None:
        seconds = estimate.walk.seconds
        found = seconds[here[estimate.walk.timed_group]] if seconds is not None else ()
        return Histogram.of(np.asarray(found)) if len(found) else None
    if estimate.latency_origin == "measured":
        sample = simulation.cube.sample
        if sample is None:
            return None
        rows = sample.columns["latency_ms"][here[sample.group]]
        rows = rows[np.isfinite(rows)]
        return Histogram.of(rows / 1000) if len(rows) else None
    if estimate.latency is None:
        return None
    alone = Choice(
        estimate.offers, np.where(here, estimate.chosen, REFUSED), estimate.chosen * 0 - 1, estimate.overhead_s, None, 0
    )
    estimator = simulation.estimator
    if estimate is simulation.estimates[0]:
        estimator = replace(estimator, assumed=replace(estimator.assumed, tokens="as-logged"))
    return estimator.latency_of(alone)
