"""How good the latency estimate is on requests it has not seen: fitted on half of the sessions, asked about the other half."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jc.simulate.fit import Timed, fit
from jc.traffic.cube import Cube
from jc.traffic.grid import served_model

QUANTILES = (0.5, 0.9, 0.95, 0.99)
_MOST_TIMED = 50_000
LEAST_TEST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of one way to predict: relative for the total and the quantiles; the typical error of one request."""

    total: float
    quantiles: tuple[float, ...]
    median_error: float
    mean_error: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """The fit against the simplest rival, a mean per model; `coverage` is that of the 90 % interval."""

    rows: int
    sessions: int
    fitted: Score
    constant: Score
    coverage: float
    unfitted_rows: int
    """Requests of models that one half says too little about; they are left out."""


def timed_rows(cube: Cube) -> tuple[Timed, list[str]] | None:
    """The sampled requests of a cube that have a latency, with the names of their models by code; None when there are none.

    Where all rows were kept, those of some sessions are enough.
    """
    sample = cube.sample
    if sample is None:
        return None
    seconds = sample.columns["latency_ms"] / 1000
    known = np.isfinite(seconds) & (seconds > 0)
    if not known.any():
        return None
    known &= sample.columns["cluster"] % np.uint64(max(1, int(known.sum()) // _MOST_TIMED)) == 0
    names: dict[str, int] = {}
    codes = np.array([names.setdefault(served_model(key), len(names)) for key in cube.keys], dtype=np.int64)
    cached = sample.columns["cached"][known].astype(np.float64)
    rows = Timed(
        fresh=sample.columns["input"][known] - cached,
        cached=cached,
        output=sample.columns["output"][known].astype(np.float64),
        seconds=seconds[known],
        model=codes[sample.group[known]],
        cluster=sample.columns["cluster"][known],
    )
    return rows, list(names)


def backtest(rows: Timed) -> Backtest | None:
    """Each half of the sessions predicted by a fit on the other half; None when the data are too thin.

    Sessions are split by the rank of their hash, so the same log is always split alike.
    """
    clusters, index = np.unique(rows.cluster, return_inverse=True)
    halves = [found for half in (0, 1) if (found := _half(rows, index % 2 != half)) is not None]
    if len(halves) < 2 or sum(len(half.test) for half in halves) < LEAST_TEST_ROWS:
        return None
    observed = np.concatenate([half.test.seconds for half in halves])
    predicted = np.concatenate([half.predicted for half in halves])
    means = np.concatenate([half.means for half in halves])
    drawn = np.concatenate([half.drawn for half in halves])
    return Backtest(
        rows=len(observed),
        sessions=len(clusters),
        fitted=_score(observed, predicted, drawn),
        constant=_score(observed, means, means[:, None]),
        coverage=float(np.concatenate([half.inside for half in halves]).mean()),
        unfitted_rows=len(rows) - len(observed),
    )


@dataclass(frozen=True, slots=True)
class _Half:
    """One half as a fit on the other sees it."""

    test: Timed
    predicted: NDArray[np.float64]
    drawn: NDArray[np.float64]
    means: NDArray[np.float64]
    inside: NDArray[np.bool_]


def _half(rows: Timed, trained: NDArray[np.bool_]) -> _Half | None:
    train, test = rows.where(trained), rows.where(~trained)
    fitted = fit(train) if len(train) else None
    if fitted is None or not len(test):
        return None
    predicted = fitted.predict(test)
    known = ~np.isnan(predicted)
    test, predicted = test.where(known), predicted[known]
    bins = np.searchsorted(fitted.spread.edges, predicted)
    constant = {model: float(train.seconds[train.model == model].mean()) for model in fitted.coefficients}
    return _Half(
        test,
        predicted,
        predicted[:, None] * np.asarray(fitted.spread.factors)[bins],
        np.array([constant[model] for model in test.model.tolist()]),
        (test.seconds >= predicted * fitted.low[bins]) & (test.seconds <= predicted * fitted.high[bins]),
    )


def _score(observed: NDArray[np.float64], predicted: NDArray[np.float64], drawn: NDArray[np.float64]) -> Score:
    """The errors of predictions; the total and the quantiles are those of the predicted distribution."""
    off = np.abs(predicted / observed - 1)
    quantiles = tuple(float(np.quantile(drawn, at) / np.quantile(observed, at) - 1) for at in QUANTILES)
    total = float(drawn.mean(axis=1).sum() / observed.sum() - 1)
    return Score(total, quantiles, float(np.median(off)), float(off.mean()))
