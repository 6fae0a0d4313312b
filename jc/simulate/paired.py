"""Two estimates side by side, over the requests that both answer at a known cost: only there a change means something.

Whole groups where all of their requests are answered on both sides; where a budget or an outage stopped some, row by row.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jc.simulate.book import exact_sum
from jc.simulate.choices import REFUSED
from jc.simulate.estimate import Estimate, Estimator, comparable, rows_of_both
from jc.simulate.uncertainty import row_costs

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Paired:
    """By group: the requests that both sides answer at a known cost, and their pico-dollars before and after."""

    n: Ints
    before: NDArray[Any]
    after: NDArray[Any]
    fees: tuple[Fraction, Fraction]
    """What flat plans cost before and after; of no group's."""

    def sums(self, here: Mask | slice = slice(None)) -> tuple[Fraction, Fraction]:
        """Pico-dollars of some groups before and after, without fees."""
        return exact_sum(self.before[here]), exact_sum(self.after[here])

    @property
    def totals(self) -> tuple[Fraction, Fraction]:
        """Pico-dollars of all groups before and after, with fees."""
        before, after = self.sums()
        return before + self.fees[0], after + self.fees[1]

    @property
    def change(self) -> float | None:
        """The relative change of cost; None when there is nothing to compare."""
        before, after = self.totals
        return float(after / before) - 1 if before and self.n.any() else None


def paired(estimate: Estimate, baseline: Estimate, estimator: Estimator) -> Paired:
    """An estimate beside a baseline."""
    groups = estimator.book.groups
    both = comparable(estimate, baseline)
    n, before, after = (np.where(both, one, 0) for one in (groups["n"], baseline.pico, estimate.pico))
    partly = both & (_stopped(estimate, len(n)) | _stopped(baseline, len(n)))
    sample = estimator.book.cube.sample
    if sample is not None and partly.any():
        here = np.flatnonzero(rows_of_both(estimate, baseline, sample.group) & partly[sample.group])
        group = sample.group[here]
        n[partly] = np.bincount(group, minlength=len(n))[partly]
        before, after = (
            _with_rows(column, partly, group, row_costs(one, estimator, sample)[here])
            for column, one in ((before, baseline), (after, estimate))
        )
    return Paired(n, before, after, (baseline.fees, estimate.fees))


def _stopped(estimate: Estimate, groups: int) -> Mask:
    """The groups of which some requests were not answered."""
    if estimate.walk is None:
        return np.zeros(groups, dtype=bool)
    return np.asarray((estimate.walk.refusals + estimate.walk.losses) > 0)


def _with_rows(column: NDArray[Any], partly: Mask, group: Ints, costs: NDArray[np.float64]) -> NDArray[Any]:
    """A column with the sums of rows in some groups."""
    sums = np.zeros(len(column), dtype=np.int64)
    np.add.at(sums, group, np.rint(costs).astype(np.int64))
    out: NDArray[Any] = np.where(partly, sums, column)
    return out


def timed(estimate: Estimate, estimator: Estimator) -> Mask:
    """The groups whose seconds an estimate tells."""
    if estimate.latency is None:
        return np.zeros(len(estimate.chosen), dtype=bool)
    if estimate.latency_origin == "measured":
        return np.asarray(estimator.book.groups["timed"] > 0)
    if estimate.walk is not None:
        return np.bincount(estimate.walk.timed_group, minlength=len(estimate.chosen)) > 0
    return estimate.chosen >= 0


def latency_known(estimate: Estimate, estimator: Estimator) -> float:
    """The share of the answered requests whose seconds an estimate tells; 0 where it tells none."""
    groups = estimator.book.groups
    if estimate.latency is None:
        return 0.0
    if estimate.latency_origin == "measured":
        told = int(groups["timed"].sum())
    elif estimate.walk is not None:
        told = len(estimate.walk.timed_group)
    else:
        told = int(groups["n"][estimate.chosen >= 0].sum())
    return told / max(1, answered(estimate))


def answered(estimate: Estimate) -> int:
    """The requests that an estimate answers."""
    return estimate.requests - estimate.rejected - (estimate.walk.refused if estimate.walk is not None else 0)


def priced(estimate: Estimate, estimator: Estimator) -> int:
    """The requests that are answered at a known cost."""
    n = estimator.book.groups["n"]
    if estimate.walk is None:
        return int(n[estimate.known & (estimate.chosen != REFUSED)].sum())
    served = estimate.walk.served
    known = int(served.sums["n"][estimate.known[served.group]].sum())
    return known + int(n[estimate.known & (estimate.chosen < REFUSED)].sum())


def mean_change(estimate: Estimate, baseline: Estimate, estimator: Estimator) -> float | None:
    """The relative change of the mean seconds, over the groups whose seconds both sides tell; None when there are none."""
    both = timed(estimate, estimator) & timed(baseline, estimator)
    before, after = (mean_over(one, estimator, both) for one in (baseline, estimate))
    return after / before - 1 if before and after is not None else None


def mean_over(estimate: Estimate, estimator: Estimator, here: Mask) -> float | None:
    """The mean seconds of some groups."""
    if not here.any() or (timed(estimate, estimator) <= here).all():
        return estimate.mean_s if here.any() else None
    groups, walk = estimator.book.groups, estimate.walk
    if estimate.latency_origin == "measured":
        return float(groups["latency_us"][here].sum()) / int(groups["timed"][here].sum()) / 1e6
    if walk is not None:
        rows = here[walk.timed_group]
        return float(walk.seconds[rows].mean()) if walk.seconds is not None and rows.any() else None
    return estimator.mean_of(replace(estimate, chosen=np.where(here, estimate.chosen, REFUSED)))
