"""Quantiles from an integer histogram of float bits: exact to merge, the same whatever the order, its error bounded.

The upper bits of a positive 32-bit float are a logarithmic scale: with 8 bits of the mantissa a bin is at most 2⁻⁸ = 0.4 % wide,
and a quantile, interpolated inside its bin, is at most that far off.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MANTISSA_BITS = 8
_SHIFT = 23 - MANTISSA_BITS


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts by bin, bins ascending."""

    bins: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[Any], weights: NDArray[Any] | None = None) -> "Histogram":
        """The histogram of positive values (zero and less count as the smallest bin); weights are integers."""
        bits = np.maximum(np.asarray(values, dtype=np.float32), 0).view(np.uint32) >> _SHIFT
        if not len(bits):
            return cls(np.empty(0, np.int64), np.empty(0, np.int64))
        least = int(bits.min())  # values of one kind lie close together: their bins are few
        counts = _counts(bits - np.uint32(least), weights)
        filled = np.flatnonzero(counts)
        return cls(filled + least, counts[filled])

    @classmethod
    def merged(cls, parts: Iterable["Histogram"]) -> "Histogram":
        """Histograms added up."""
        found = list(parts)
        if not found:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64))
        bins, places = np.unique(np.concatenate([part.bins for part in found]), return_inverse=True)
        counts = np.zeros(len(bins), dtype=np.int64)
        np.add.at(counts, places, np.concatenate([part.counts for part in found]))
        return cls(bins, counts)

    @property
    def total(self) -> int:
        """How many values were counted."""
        return int(self.counts.sum())

    def quantiles(self, at: Sequence[float]) -> list[float | None]:
        """The values below which these shares lie; None when nothing was counted."""
        if not len(self.bins):
            return [None] * len(at)
        upto = np.cumsum(self.counts)
        ranks = np.asarray(at) * upto[-1]
        found = np.minimum(np.searchsorted(upto, ranks, side="left"), len(self.bins) - 1)
        low, high = _edge(self.bins[found]), _edge(self.bins[found] + 1)
        inside = np.clip((ranks - (upto[found] - self.counts[found])) / self.counts[found], 0, 1)
        return [float(value) for value in low + (high - low) * inside]

    def share_above(self, limit: float) -> float | None:
        """The share of values above a limit, interpolated inside the limit's bin; None when nothing was counted."""
        if not len(self.bins):
            return None
        low, high = _edge(self.bins), _edge(self.bins + 1)
        above = np.clip((high - limit) / np.maximum(high - low, 1e-30), 0, 1)
        return float((above * self.counts).sum() / self.total)

    def middles(self) -> NDArray[np.float64]:
        """The value in the middle of every bin."""
        return (_edge(self.bins) + _edge(self.bins + 1)) / 2

    @property
    def mean(self) -> float | None:
        """The mean, each bin standing for its middle."""
        if not len(self.bins):
            return None
        return float((self.middles() * self.counts).sum() / self.total)


def _counts(places: NDArray[Any], weights: NDArray[Any] | None) -> NDArray[np.int64]:
    """How much lies at each place; sums of weights are exact integers."""
    if weights is None:
        return np.bincount(places)
    counts = np.zeros(int(places.max()) + 1, dtype=np.int64)
    np.add.at(counts, places, np.asarray(weights, dtype=np.int64))
    return counts


def _edge(bins: NDArray[Any]) -> NDArray[np.float64]:
    """The lower edge of bins."""
    return (np.asarray(bins, dtype=np.uint32) << _SHIFT).view(np.float32).astype(np.float64)
