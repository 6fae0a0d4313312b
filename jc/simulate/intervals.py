"""How far an estimate could be off had the log been another of the same kind: bootstrap over sessions, keys or requests.

Whole clusters are drawn again with their weights, the same draws for every table, so that a saving is compared pair by pair. Many
clusters are drawn in blocks of several (by the rank of their hash, so at random), which tells the same spread from less memory.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 400
LEAST_CLUSTERS = 10
"""Fewer clusters than this say nothing about the spread between them."""
MOST_BLOCKS = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval, relative to the estimate it belongs to for costs, in its own unit for the rest."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Draws:
    """Weights of clusters: one row a draw. `scale` narrows deviations, because the sample is a part of all clusters."""

    index: NDArray[np.int64]
    weights: Floats
    scale: float

    @classmethod
    def of(cls, cluster: NDArray[np.uint64], share: float, seed: int, draws: int = DRAWS) -> "Draws | None":
        """Draws over the clusters of sampled rows; None when there are too few."""
        _, rank = np.unique(cluster, return_inverse=True)
        if int(rank.max(initial=-1)) + 1 < LEAST_CLUSTERS:
            return None
        index = rank.astype(np.int64) % MOST_BLOCKS
        count = int(index.max()) + 1
        drawn = np.random.default_rng(seed).integers(0, count, (draws, count), dtype=np.int32)
        weights = np.stack([np.bincount(blocks, minlength=count) for blocks in drawn]).astype(np.float64)
        return cls(index, weights, float(np.sqrt(share)))

    def totals(self, columns: Floats) -> Floats:
        """The totals of columns of row values (rows × columns) in every draw (draws × columns)."""
        size = self.weights.shape[1]
        by_block = np.stack([np.bincount(self.index, weights=column, minlength=size) for column in columns.T], axis=1)
        return np.asarray(self.weights @ by_block)

    def interval(self, estimate: float, drawn: Floats) -> Interval:
        """The interval around an estimate that its values in the draws span."""
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Interval(estimate + (float(low) - estimate) * self.scale, estimate + (float(high) - estimate) * self.scale)

    def ratio(self, above: Floats, below: Floats, drawn: tuple[Floats, Floats]) -> Interval | None:
        """The interval of a ratio of two totals, by paired draws; None when there is nothing below."""
        total = float(below.sum())
        if total <= 0:
            return None
        return self.interval(float(above.sum()) / total, drawn[0] / np.maximum(drawn[1], 1e-300))
