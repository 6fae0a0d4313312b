import itertools
from math import comb

import numpy as np
import pytest

from jc.evals.statistics.passk import pass_all_k, pass_at_k, pass_k, pass_k_by_candidate
from jc.evals.statistics.values import Mark


def test_pass_at_k_is_the_closed_formula() -> None:
    """1 − C(n−c, k)/C(n, k) and C(c, k)/C(n, k) with exact integers."""
    for n, c in itertools.product(range(1, 12), range(12)):
        for k in range(1, n + 1):
            if c <= n:
                assert pass_at_k(n, c, k) == pytest.approx(1 - comb(n - c, k) / comb(n, k))
                assert pass_all_k(n, c, k) == pytest.approx(comb(c, k) / comb(n, k))


def test_pass_at_k_is_the_share_of_subsets() -> None:
    """Every choice of 3 of 7 tries, counted."""
    tries = [1, 0, 1, 0, 0, 0, 1]
    subsets = list(itertools.combinations(tries, 3))
    assert pass_at_k(7, 3, 3) == pytest.approx(np.mean([any(one) for one in subsets]))
    assert pass_all_k(7, 3, 3) == pytest.approx(np.mean([all(one) for one in subsets]))


def test_large_numbers_do_not_overflow() -> None:
    """10,000 tries: the binomial coefficients have thousands of digits, the product does not."""
    assert pass_at_k(10_000, 10, 100) == pytest.approx(float(1 - comb(9990, 100) / comb(10000, 100)))


def test_impossible_counts_are_refused() -> None:
    """More right than tried, or more tries asked for than made."""
    for tries, right, k in ((3, 4, 1), (3, -1, 1), (3, 1, 4), (3, 1, 0)):
        with pytest.raises(ValueError, match="need 0"):
            pass_at_k(tries, right, k)
        with pytest.raises(ValueError, match="need 0"):
            pass_all_k(tries, right, k)


def test_means_over_prompts_leave_out_those_with_too_few_tries() -> None:
    """Prompts with 2 of 4, 4 of 4 and 1 of 1 right; for k = 2 the last cannot be used."""
    found = pass_k([(4, 2), (4, 4), (1, 1)], np.arange(3), 2)
    assert found.left_out == 1
    assert found.at is not None
    assert found.all is not None
    assert found.at.value == pytest.approx((5 / 6 + 1) / 2)
    assert found.all.value == pytest.approx((1 / 6 + 1) / 2)
    assert pass_k([(1, 1)], np.arange(1), 2).at is None


def test_marks_of_several_epochs() -> None:
    """k runs to the number of epochs; an unread try is none; one epoch or ratings give nothing."""
    marks = [Mark("p", "x", score, epoch=k) for k, score in enumerate([1.0, 0.0, 1.0, None])]
    found = pass_k_by_candidate(marks, {"p": 0})
    assert [one.k for one in found["x"]] == [1, 2, 3]
    assert [one.at.value for one in found["x"] if one.at] == pytest.approx([2 / 3, 1.0, 1.0])
    assert [one.all.value for one in found["x"] if one.all] == pytest.approx([2 / 3, 1 / 3, 0.0])
    assert pass_k_by_candidate(marks[:1], {"p": 0}) == {}
    assert pass_k_by_candidate([*marks, Mark("p", "x", 0.5)], {"p": 0}) == {}
