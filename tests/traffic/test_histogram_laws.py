"""Laws of the histogram: exact to merge, the same in any order, and never further off than it says."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jc.traffic.histogram import MANTISSA_BITS, Histogram

VALUES = st.lists(st.floats(2.0**-20, 2.0**20, width=32), min_size=1, max_size=200)
BOUND = 2.0**-MANTISSA_BITS


@settings(max_examples=100, deadline=None)
@given(values=VALUES, cuts=st.lists(st.integers(0, 200), max_size=4), data=st.data())
def test_any_split_in_any_order_merges_to_the_whole(values: list[float], cuts: list[int], data: st.DataObject) -> None:
    """Equal to the bit, whatever was counted where."""
    shuffled = data.draw(st.permutations(values))
    edges = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    parts = [Histogram.of(np.array(shuffled[a:b], dtype=np.float32)) for a, b in itertools.pairwise(edges)]

    whole, joined = Histogram.of(np.array(values)), Histogram.merged(parts)

    assert (whole.bins == joined.bins).all()
    assert (whole.counts == joined.counts).all()
    assert whole.total == len(values)


@settings(max_examples=100, deadline=None)
@given(values=VALUES, at=st.floats(0.01, 0.99))
def test_a_quantile_lies_within_one_bin_of_a_true_one(values: list[float], at: float) -> None:
    """Within 0.4 % of the value at that rank."""
    found = Histogram.of(np.array(values)).quantiles([at])[0]
    rank = sorted(values)[int(np.ceil(at * len(values))) - 1]
    low = min(rank, float(np.quantile(values, at, method="lower")))
    high = max(rank, float(np.quantile(values, at, method="higher")))

    assert found is not None
    assert low * (1 - BOUND) <= found <= high * (1 + BOUND)


@settings(max_examples=60, deadline=None)
@given(values=VALUES, limit=st.floats(1e-5, 1e5))
def test_the_share_above_a_limit_is_right_up_to_its_bin(values: list[float], limit: float) -> None:
    """What lies more than 0.4 % away from the limit is counted on its side."""
    found = Histogram.of(np.array(values)).share_above(limit)
    array = np.array(values)

    assert found is not None
    assert (array > limit * (1 + BOUND)).mean() - 1e-9 <= found <= (array > limit * (1 - BOUND)).mean() + 1e-9


def test_weights_count_as_often() -> None:
    """Three times the same value is that value with weight three."""
    once = Histogram.of(np.array([1.0, 2.0]), np.array([3, 1]))

    assert (once.counts == Histogram.of(np.array([1.0, 1.0, 1.0, 2.0])).counts).all()
    assert Histogram.of(np.array([])).quantiles([0.5]) == [None]
