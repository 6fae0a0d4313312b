from decimal import Decimal

import numpy as np
import pytest

from jc.evals.statistics.costs import CostPoint, frontier, spread, usd_per_point


def test_percentiles_are_interpolated() -> None:
    """1 to 100: p50 = 50.5, p95 = 95.05, p99 = 99.01 as NumPy's default; one value is all its percentiles; none have none."""
    found = spread([float(k) for k in np.random.default_rng(1).permutation(100) + 1])
    assert found is not None
    assert (found.n, found.mean, found.p50) == (100, 50.5, 50.5)
    assert (found.p95, found.p99) == pytest.approx((95.05, 99.01))
    single = spread([3.0])
    assert single is not None
    assert (single.p50, single.p99) == (3.0, 3.0)
    assert spread([]) is None


def test_cost_per_quality_point() -> None:
    """$0.50 for 1,000 answers at a score of 0.8: 0.00625 USD for each of 80 points; unknown or worthless has none."""
    assert usd_per_point(Decimal("0.50"), 1000, 0.8) == Decimal("0.00625")
    assert usd_per_point(Decimal("0.05"), 100, 0.8) == Decimal("0.00625")
    assert usd_per_point(None, 1000, 0.8) is None
    assert usd_per_point(Decimal(1), 1000, None) is None
    assert usd_per_point(Decimal(1), 1000, 0.0) is None
    assert usd_per_point(Decimal(1), 0, 0.5) is None


def test_the_frontier_holds_what_nothing_beats() -> None:
    """b and h cost more for nothing, d is better than c at its price; unknown points are out; equals stay together."""
    points = [
        CostPoint("a", Decimal(1), 0.5),
        CostPoint("b", Decimal(2), 0.4),
        CostPoint("c", Decimal(3), 0.6),
        CostPoint("d", Decimal(3), 0.7),
        CostPoint("e", None, 0.9),
        CostPoint("f", Decimal(0), None),
        CostPoint("g", Decimal(1), 0.5),
        CostPoint("h", Decimal(4), 0.7),
    ]
    assert frontier(points) == ("a", "g", "d")
    assert frontier([]) == ()
