"""The 95 % intervals of every estimate: of cost, of the change against the baseline, of latency and of quality.

Every draw is the whole estimate again on other sessions: one product of matrices (draws × blocks × sums) serves all tables.
The interval of a quantile comes from the share of requests below it: where that share is p in a draw, the draw's own quantile is
found at the mirrored place of the estimate's distribution.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jc.catalog.price import Unpriced
from jc.simulate.choices import REFUSED, UNKNOWN
from jc.simulate.estimate import Estimate, Estimator, rows_of_both
from jc.simulate.intervals import Draws, Floats, Interval
from jc.simulate.rowcost import Tokens, row_pico, stated_pico
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
    costs = [row_costs(estimate, estimator, sample) for estimate in estimates]
    against = next((cost for estimate, cost in zip(estimates, costs, strict=True) if estimate is baseline), None)
    against = row_costs(baseline, estimator, sample) if against is None else against
    parts = [_Parts.of(estimate, estimator, sample, sums) for estimate in estimates]
    for part, estimate, cost in zip(parts, estimates, costs, strict=True):
        part.money(cost, None if estimate is baseline else (rows_of_both(estimate, baseline, sample.group), against), sums)
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
    def of(cls, estimate: Estimate, estimator: Estimator, sample: Sample, sums: _Sums) -> "_Parts":
        part = cls()
        if estimate.points is not None and estimate.judged is not None and estimate.quality is not None:
            share = (estimate.judged / np.maximum(estimator.book.groups["n"], 1))[sample.group]
            points = np.nan_to_num(estimate.points)[sample.group]
            part.quality = (sums.add(points * share), sums.add(share))
        if estimate.latency is not None and estimate.walk is None:
            part._times(estimate, estimator, sample, sums)
        return part

    def money(self, cost: Floats, against: tuple[NDArray[np.bool_], Floats] | None, sums: _Sums) -> None:
        """The columns of cost, and of the change over the rows that both sides answer at a known cost."""
        if cost.any():
            self.cost = (sums.add(cost), -1)
        if against is not None and (before := np.where(against[0], against[1], 0.0)).any():
            self.saving = (sums.add(np.where(against[0], cost, 0.0)), sums.add(before))

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


def row_costs(estimate: Estimate, estimator: Estimator, sample: Sample) -> Floats:
    """What every sampled row costs, in pico-dollars, by its own tokens, so that no breakdown of the log plays a part.

    Zero where the cost is not known and where nobody answers.
    """
    book, walk = estimator.book, estimate.walk
    out = np.zeros(len(sample.group)) if walk is None else walk.row_cost.copy()
    chosen = np.where(estimate.known, estimate.chosen, REFUSED)[sample.group]
    unknown = chosen == UNKNOWN
    if unknown.any():
        out[unknown] = stated_pico(book, sample)[unknown]
    if walk is not None:
        return out
    tokens = Tokens(*(sample.columns[name].astype(np.int64) for name in Tokens._fields))
    counterfactual = estimate.name != LOGGED
    scaled = counterfactual and estimator.assumed.tokens == "scaled"
    kept = estimator.kept_of_rows(estimate.offers, estimate.chosen[sample.group]) if counterfactual else None
    tokens = tokens if kept is None else tokens.keeping(kept)
    for code, offer in enumerate(estimate.offers):
        here = np.flatnonzero(chosen == code)
        ratio = estimator.ratios.factors(offer)[sample.group[here]] if scaled else None
        if len(here):
            out[here] = row_pico(book, offer, sample.group[here], tokens.at(here), ratio)
    if estimate.classifier is not None:
        place, tariffs = book.tariffs(estimate.classifier)
        priced = np.array([one is not None for one in tariffs.rates], dtype=bool)[place]
        here = np.flatnonzero((chosen >= 0) & priced[sample.group])
        asked = tokens.at(here).classified(estimator.assumed.classifier_prompt_tokens, estimator.assumed.classifier_answer_tokens)
        with suppress(Unpriced):  # the estimate leaves out what it costs, too
            out[here] += row_pico(book, estimate.classifier, sample.group[here], asked)
    return out


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
        turn = _turns(sample, here, factors.shape[1])
        seconds[here] = found * factors[np.searchsorted(speed.spread.edges, found), turn]
    return seconds


def _turns(sample: Sample, here: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """One of `count` equally likely factors for each row, by what the row is and not by where it stands."""
    rows = sample.columns
    mixed = rows["cluster"][here] + rows["us"][here].astype(np.uint64) * np.uint64(7919)
    mixed = mixed + rows["input"][here].astype(np.uint64) * np.uint64(31) + rows["output"][here].astype(np.uint64)
    return np.asarray(mixed % np.uint64(count), dtype=np.int64)
