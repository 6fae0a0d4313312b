"""The 95 % intervals of every estimate: of cost, of the change against the baseline, of latency and of quality.

Every draw is the whole estimate again on other sessions: one product of matrices (draws × blocks × sums) serves all tables.
The interval of a quantile comes from the share of requests below it: where that share is p in a draw, the draw's own quantile is
found at the mirrored place of the estimate's distribution.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jc.simulate.estimate import Estimate, Estimator, comparable
from jc.simulate.intervals import Draws, Floats, Interval
from jc.traffic.cube import Sample
from jc.traffic.histogram import Histogram

LOGGED = "as logged"
_QUANTILES = (("p50_s", 0.5), ("p95_s", 0.95))


@dataclass(slots=True)
class _Sums:
    """Columns of row values, each drawn once however often it is asked for."""

    columns: list[Floats] = field(default_factory=list)

    def add(self, values: NDArray[Any]) -> int:
        """The place of a column."""
        self.columns.append(np.asarray(values, dtype=np.float64))
        return len(self.columns) - 1


def fill_intervals(estimates: Sequence[Estimate], baseline: Estimate, estimator: Estimator) -> None:
    """Write into each estimate the intervals that the log's own sessions, keys or requests allow; nothing when there are few."""
    draws, sample = estimator.draws, estimator.book.cube.sample
    if draws is None or sample is None:
        return
    sums = _Sums()
    parts = [_Parts.of(estimate, baseline, estimator, sample, sums) for estimate in estimates]
    if not sums.columns:
        return
    drawn = draws.totals(np.stack(sums.columns, axis=1))
    for estimate, part in zip(estimates, parts, strict=True):
        part.fill(estimate, draws, sums.columns, drawn)


@dataclass(slots=True)
class _Parts:
    """The places of one estimate's columns: pairs whose ratio is a figure."""

    cost: tuple[int, int] | None = None
    saving: tuple[int, int] | None = None
    mean: tuple[int, int] | None = None
    quality: tuple[int, int] | None = None
    below: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, estimate: Estimate, baseline: Estimate, estimator: Estimator, sample: Sample, sums: _Sums) -> "_Parts":
        part = cls()
        if estimate.row_cost is not None and estimate.row_cost.any():
            part.cost = (sums.add(estimate.row_cost), -1)
        if estimate.row_cost is not None and baseline.row_cost is not None and estimate is not baseline:
            here = comparable(estimate, baseline)[sample.group]
            if (baseline.row_cost * here).any():
                part.saving = (sums.add(estimate.row_cost * here), sums.add(baseline.row_cost * here))
        if estimate.points is not None and estimate.judged is not None and estimate.quality is not None:
            share = (estimate.judged / np.maximum(estimator.book.groups["n"], 1))[sample.group]
            points = np.nan_to_num(estimate.points)[sample.group]
            part.quality = (sums.add(points * share), sums.add(share))
        if estimate.latency is not None and estimate.walk is None:
            part._times(estimate, estimator, sample, sums)
        return part

    def _times(self, estimate: Estimate, estimator: Estimator, sample: Sample, sums: _Sums) -> None:
        seconds = row_seconds(estimate, estimator, sample)
        known = np.isfinite(seconds)
        if estimate.latency is None or not known.any():
            return
        rows = sums.add(known)
        self.mean = (sums.add(np.where(known, seconds, 0.0)), rows)
        middle = np.quantile(seconds[known], [at for _, at in _QUANTILES])
        for (name, _), value in zip(_QUANTILES, middle.tolist(), strict=True):
            self.below[name] = (sums.add(known & (seconds <= value)), rows)

    def fill(self, estimate: Estimate, draws: Draws, columns: Sequence[Floats], drawn: Floats) -> None:
        """Turn the draws into intervals."""

        def ratio(pair: tuple[int, int]) -> Interval | None:
            return draws.ratio(columns[pair[0]], columns[pair[1]], (drawn[:, pair[0]], drawn[:, pair[1]]))

        if self.cost is not None:
            total = float(columns[self.cost[0]].sum())
            estimate.interval = draws.interval(1.0, drawn[:, self.cost[0]] / total)
        if self.saving is not None and (found := ratio(self.saving)) is not None:
            estimate.saving = Interval(found.low - 1, found.high - 1)
        if self.quality is not None and (found := ratio(self.quality)) is not None:
            estimate.spreads["quality"] = Interval(max(0.0, found.low), min(1.0, found.high))
        if self.mean is not None and estimate.mean_s and (found := ratio(self.mean)) is not None:
            # The rows' mean is that of a sample with drawn spreads; what counts is how far draws lie from it.
            scale = estimate.mean_s / (float(columns[self.mean[0]].sum()) / float(columns[self.mean[1]].sum()))
            estimate.spreads["mean_s"] = Interval(found.low * scale, found.high * scale)
        for (name, at), pair in zip(_QUANTILES, self.below.values(), strict=False):
            found = ratio(pair)
            if found is not None and estimate.latency is not None:
                estimate.spreads[name] = _mirrored(estimate.latency, at, found)


def _mirrored(latency: Histogram, at: float, share: Interval) -> Interval:
    """The interval of a quantile from that of the share of requests below it."""
    low, high = latency.quantiles([min(1.0, max(0.0, 2 * at - share.high)), min(1.0, max(0.0, 2 * at - share.low))])
    return Interval(float(low or 0.0), float(high or 0.0))


def row_seconds(estimate: Estimate, estimator: Estimator, sample: Sample) -> Floats:
    """The seconds of every sampled row: as measured, or as the speeds say, with a factor of the spread for each; NaN: unknown."""
    if estimate.latency_origin == "measured":
        return np.asarray(sample.columns["latency_ms"] / 1000)
    seconds = np.full(len(sample.group), np.nan)
    chosen = estimate.chosen[sample.group]
    scaled = estimate.name != LOGGED and estimator.assumed.tokens == "scaled"
    for code, offer in enumerate(estimate.offers):
        here = np.flatnonzero(chosen == code)
        speed = estimator.speeds.of(offer)
        if speed is None or not len(here):
            continue
        cached = sample.columns["cached"][here].astype(np.float64)
        output = sample.columns["output"][here].astype(np.float64)
        if scaled:
            output = output * estimator.ratios.factors(offer)[sample.group[here]]
        found = speed.seconds(sample.columns["input"][here] - cached, cached, output) + estimate.overhead_s
        factors = np.asarray(speed.spread.factors)
        turn = _turns(len(here), factors.shape[1])
        seconds[here] = found * factors[np.searchsorted(speed.spread.edges, found), turn]
    return seconds


def _turns(rows: int, count: int) -> NDArray[np.int64]:
    """One of `count` equally likely factors for each row, in turn."""
    return np.arange(rows, dtype=np.int64) * 7919 % count
