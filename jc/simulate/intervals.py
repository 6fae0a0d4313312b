"""How far an estimate could be off had the log been another of the same kind: bootstrap over sessions, keys or requests.

Whole clusters are drawn again with their weights, the same draws for every table, so that a saving is compared pair by pair.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 400
LEAST_CLUSTERS = 10
"""Fewer clusters than this say nothing about the spread between them."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval, relative to the estimate it belongs to for costs, in its own unit for the rest."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Draws:
    """Weights of clusters: one row a draw. `scale` narrows deviations, because the sample is a part of all clusters."""

    index: NDArray[np.int64]
    weights: NDArray[np.float64]
    scale: float

    @classmethod
    def of(cls, cluster: NDArray[np.uint64], share: float, seed: int, draws: int = DRAWS) -> "Draws | None":
        """Draws over the clusters of sampled rows; None when there are too few."""
        _, index = np.unique(cluster, return_inverse=True)
        count = int(index.max(initial=-1)) + 1
        if count < LEAST_CLUSTERS:
            return None
        generator = np.random.default_rng(seed)
        weights = generator.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float64)
        return cls(index.astype(np.int64), weights, float(np.sqrt(share)))

    def totals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The total of row values in every draw."""
        by_cluster = np.bincount(self.index, weights=values, minlength=self.weights.shape[1])
        return np.asarray(self.weights @ by_cluster)

    def relative(self, values: NDArray[np.float64]) -> Interval | None:
        """The interval of a total, as factors of it."""
        total = float(values.sum())
        if total <= 0:
            return None
        return self._interval(1.0, self.totals(values) / total)

    def change(self, values: NDArray[np.float64], baseline: NDArray[np.float64]) -> Interval | None:
        """The interval of the relative change of a total against a baseline, by paired draws."""
        if baseline.sum() <= 0:
            return None
        ratio = self.totals(values) / np.maximum(self.totals(baseline), 1e-300)
        return self._interval(float(values.sum() / baseline.sum()) - 1, ratio - 1)

    def quantile(self, values: NDArray[np.float64], at: float) -> Interval | None:
        """The interval of a quantile of row values, by drawing the order statistics' clusters again."""
        if not len(values):
            return None
        order = np.argsort(values, kind="stable")
        drawn = self.weights[:100, self.index[order]]
        upto = np.cumsum(drawn, axis=1)
        found = np.minimum((upto < at * upto[:, -1:]).sum(axis=1), len(values) - 1)
        return self._interval(float(np.quantile(values, at)), values[order][found])

    def _interval(self, estimate: float, drawn: NDArray[np.float64]) -> Interval:
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Interval(estimate + (float(low) - estimate) * self.scale, estimate + (float(high) - estimate) * self.scale)
