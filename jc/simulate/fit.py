"""Speeds from a log: per model a time to first token, seconds per uncached, cached and output token, and the spread around them.

Seconds are fitted by iteratively reweighted non-negative least squares: weights fall with the predicted time (a slow answer may
be off by more) and with the size of the residual (an outage is no speed). What is left is kept as it is: the quantiles of
observed ÷ predicted, by how long the prediction is, pooled over models. No normal distribution is assumed.
"""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jc.simulate.speeds import Speed, Spread

Floats = NDArray[np.float64]
LEAST_ROWS = 30
LEAST_CLUSTERS = 3
_STEPS = 12
_MOST_ROWS = 4000
_WEIGHT_POWER = 0.75
_SOFT = 0.05
_SCALES = np.array([1.0, 1e3, 1e4, 1e2])
_BIN_SHARES = (0.25, 0.5, 0.75, 0.9, 0.97)
_LEAST_IN_BIN = 40
_NODES = 25
_FOLDS = 4
COVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Timed:
    """Requests with their latency: tokens, seconds, which model, which session."""

    fresh: Floats
    cached: Floats
    output: Floats
    seconds: Floats
    model: NDArray[np.int64]
    cluster: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.seconds)

    def where(self, rows: NDArray[np.bool_]) -> "Timed":
        """Some of the requests."""
        return Timed(*(getattr(self, name)[rows] for name in ("fresh", "cached", "output", "seconds", "model", "cluster")))

    def terms(self) -> NDArray[np.float64]:
        """One column per term of a speed."""
        return np.column_stack([np.ones(len(self)), self.fresh, self.cached, self.output])


@dataclass(frozen=True, slots=True)
class Fitted:
    """Coefficients by model code, the spread around them, and the factors of the interval that covers 90 %."""

    coefficients: Mapping[int, Floats]
    spread: Spread
    low: Floats
    high: Floats

    def predict(self, rows: Timed) -> Floats:
        """The predicted seconds of requests; NaN for a model that was not fitted."""
        out = np.full(len(rows), np.nan)
        terms = rows.terms()
        for model, found in self.coefficients.items():
            here = rows.model == model
            out[here] = terms[here] @ found
        return out


def fit(rows: Timed, *, calibrated: bool = True) -> Fitted | None:
    """The speeds of every model that the rows say enough about; None when there is none.

    `calibrated` widens the 90 % interval until it covers as much on sessions that a fit has not seen.
    """
    coefficients: dict[int, Floats] = {}
    for model in np.unique(rows.model).tolist():
        mine = rows.where(rows.model == model)
        if len(mine) >= LEAST_ROWS and len(np.unique(mine.cluster)) >= LEAST_CLUSTERS:
            step = -(-len(mine) // _MOST_ROWS)
            coefficients[model] = robust(mine.terms()[::step], mine.seconds[::step])
    if not coefficients:
        return None
    known = np.isin(rows.model, list(coefficients))
    used = rows.where(known)
    bare = Fitted(coefficients, Spread((), ((1.0,),)), np.ones(1), np.ones(1))
    predicted = bare.predict(used)
    spread, residuals = _spread(predicted, used.seconds)
    tail = (1 - COVERAGE) / 2
    if calibrated:
        tail = _calibrated_tail(used, tail)
    low = np.array([np.quantile(one, tail) for one in residuals])
    high = np.array([np.quantile(one, 1 - tail) for one in residuals])
    return Fitted(coefficients, spread, low, high)


def robust(terms: Floats, seconds: Floats) -> Floats:
    """Non-negative coefficients that few outliers cannot move."""
    scaled = terms / _SCALES
    predicted, found = np.maximum(seconds, 0.2), None
    for _ in range(_STEPS):
        weights = predicted**-_WEIGHT_POWER
        if found is not None:
            off = np.abs(seconds - scaled @ found) / predicted
            weights = weights / np.sqrt(np.maximum(off, _SOFT))
        found = least_squares(scaled * weights[:, None], seconds * weights)
        predicted = np.maximum(scaled @ found, 0.2)
    return np.asarray((found if found is not None else np.zeros(terms.shape[1])) / _SCALES)


def least_squares(matrix: Floats, target: Floats) -> Floats:
    """The non-negative least-squares solution for a few columns, by trying every set of columns that may be above zero."""
    size = matrix.shape[1]
    gram, moment = matrix.T @ matrix, matrix.T @ target
    with suppress(np.linalg.LinAlgError):
        whole = np.asarray(np.linalg.solve(gram, moment))
        if (whole >= 0).all():  # the best without any limit keeps the limit
            return whole
    best, least = np.zeros(size), 0.0
    for count in range(1, size):
        for columns in itertools.combinations(range(size), count):
            chosen = np.array(columns)
            try:
                part = np.linalg.solve(gram[np.ix_(chosen, chosen)], moment[chosen])
            except np.linalg.LinAlgError:
                continue
            objective = -float(part @ moment[chosen])
            if (part >= 0).all() and objective < least:
                least = objective
                best = np.zeros(size)
                best[chosen] = part
    return best


def _spread(predicted: Floats, seconds: Floats) -> tuple[Spread, list[Floats]]:
    """Observed ÷ predicted by the length of the prediction, as equally likely factors, and the ratios themselves."""
    ratio = seconds / np.maximum(predicted, 1e-9)
    edges: list[float] = []
    for share in _BIN_SHARES:
        edge = float(np.quantile(predicted, share))
        above = int((predicted > edge).sum())
        since = int(((predicted > edges[-1]) if edges else np.ones(len(predicted), bool)).sum()) - above
        if above >= _LEAST_IN_BIN and since >= _LEAST_IN_BIN:
            edges.append(edge)
    bins = np.searchsorted(edges, predicted)
    residuals = [ratio[bins == number] for number in range(len(edges) + 1)]
    return Spread(tuple(edges), tuple(_slices(part) for part in residuals)), residuals


def _slices(ratios: Floats) -> tuple[float, ...]:
    """The mean of each of equally many ratios in a row: their mean is the mean of all, as quantiles' would not be."""
    return tuple(float(part.mean()) for part in np.array_split(np.sort(ratios), min(_NODES, len(ratios))))


def _calibrated_tail(rows: Timed, tail: float) -> float:
    """The tail on each side whose interval covers 90 % of sessions left out of the fit."""
    clusters = np.unique(rows.cluster)
    if len(clusters) < 2 * _FOLDS:
        return tail / 2
    fold = np.searchsorted(clusters, rows.cluster) % _FOLDS
    ranks: list[Floats] = []
    for number in range(_FOLDS):
        made = fit(rows.where(fold != number), calibrated=False)
        left = rows.where(fold == number)
        if made is None:
            continue
        predicted = made.predict(left)
        known = ~np.isnan(predicted)
        ranks.append(_ranks(made.spread, predicted[known], left.seconds[known]))
    if not ranks:
        return tail / 2
    rank = np.concatenate(ranks)
    depth = np.minimum(rank, 1 - rank)
    return float(np.clip(np.quantile(depth, 1 - COVERAGE), 0.002, tail))


def _ranks(spread: Spread, predicted: Floats, seconds: Floats) -> Floats:
    """Where each observation lies in the predicted distribution, 0 to 1."""
    ratio = seconds / np.maximum(predicted, 1e-9)
    bins = np.searchsorted(spread.edges, predicted)
    out = np.empty(len(ratio))
    for number, factors in enumerate(spread.factors):
        here = bins == number
        nodes = (np.arange(len(factors)) + 0.5) / len(factors)
        out[here] = np.interp(ratio[here], factors, nodes, left=0.0, right=1.0)
    return out


def speeds_of(fitted: Fitted, names: Sequence[str]) -> dict[str, Speed]:
    """The speeds by model name; `names` by code."""
    out = {}
    for model, found in fitted.coefficients.items():
        ttft, fresh, cached, output = (float(one) for one in found)
        out[names[model]] = Speed(ttft, fresh, cached, output, fitted.spread, "log")
    return out
