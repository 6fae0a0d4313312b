"""Quality beside what it costs: percentiles, money per point of quality, and the candidates that nothing beats in both."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of a duration or a rate, in the unit of the values."""

    n: int
    mean: float
    p50: float
    p95: float
    p99: float


class CostPoint(NamedTuple):
    """One point of the quality–cost plane; a cost of None is unknown."""

    name: str
    usd: Decimal | None
    quality: float | None


def spread(values: Sequence[float]) -> Spread | None:
    """Mean, p50, p95 and p99 by linear interpolation between order statistics (Hyndman and Fan, 1996, type 7); None for none."""
    if not len(values):
        return None
    data = np.sort(np.asarray(values, dtype=np.float64))
    p50, p95, p99 = np.quantile(data, [0.5, 0.95, 0.99])
    return Spread(data.size, float(data.mean()), float(p50), float(p95), float(p99))


def usd_per_point(usd: Decimal | None, answers: int, quality: float | None) -> Decimal | None:
    """USD for 1,000 answers per point of quality, a point being 0.01 of the score.

    None when the cost or the quality is unknown, or there is nothing to divide by: a quality of zero has no price.
    """
    if usd is None or quality is None or answers <= 0 or quality <= 0:
        return None
    return usd * 1000 / answers / (Decimal(repr(quality)) * 100)


def frontier(points: Sequence[CostPoint]) -> tuple[str, ...]:
    """Names of the points that no other matches in both cost and quality and beats in one, cheapest first.

    Points with an unknown cost or quality are never on it.
    """
    known = [(point.usd, -point.quality, point.name) for point in points if point.usd is not None and point.quality is not None]
    out: list[str] = []
    best: tuple[Decimal, float] | None = None
    for usd, worse, name in sorted(known):
        if best is None or worse < best[1] or (usd, worse) == best:
            out.append(name)
            best = (usd, worse)
    return tuple(out)
