import numpy as np
import pytest

from jc.evals.statistics.power import least_for_flips, more_prompts, power_of, prompts_for, smallest_difference


@pytest.mark.parametrize(("difference", "prompts"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_prompts_as_in_the_tables(difference: float, prompts: int) -> None:
    """Small, medium and large effects of a paired t test at 80 % power: 199, 34 and 15 pairs (G*Power, pwr.t.test of R)."""
    assert prompts_for(difference, 1.0) == prompts
    assert power_of(difference, prompts, 1.0) >= 0.8 > power_of(difference, prompts - 1, 1.0)


def test_power_as_g_power_computes_it() -> None:
    """dz = 0.5 with 34 pairs has the power 0.8078."""
    assert power_of(0.5, 34, 1.0) == pytest.approx(0.8078, abs=5e-5)
    assert power_of(0.0, 34, 1.0) == pytest.approx(0.05, abs=1e-9)
    assert power_of(0.5, 1, 1.0) == 0.0


def test_the_smallest_difference_is_found_with_just_that_power() -> None:
    """smallest_difference is the inverse of power_of, but for the far tail."""
    for prompts in (5, 34, 120, 2000):
        found = smallest_difference(prompts, 0.75)
        assert found is not None
        assert power_of(found, prompts, 0.75) == pytest.approx(0.8, abs=1e-5)


def test_the_smallest_difference_holds_in_simulation() -> None:
    """Normal differences with that mean are found in 80 ± 3 % of 2,000 seeded runs."""
    delta = smallest_difference(40, 1.0)
    assert delta is not None
    draws = np.random.default_rng(11).normal(delta, 1, (2000, 40))
    t = draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / np.sqrt(40))
    assert np.mean(np.abs(t) > 2.0227) == pytest.approx(0.8, abs=0.03)


def test_more_pairs_need_a_larger_difference() -> None:
    """Holm's first step divides alpha."""
    one, three = smallest_difference(100, 1.0), smallest_difference(100, 1.0, comparisons=3)
    assert one is not None
    assert three is not None
    assert one < three
    assert smallest_difference(1, 1.0) is None


def test_what_no_number_of_prompts_can_show() -> None:
    """No difference, or one that needs more than a million prompts, has no number."""
    assert prompts_for(0.0, 1.0) is None
    assert prompts_for(0.001, 1.0) is None
    assert more_prompts(0.0, 0.1, 100, None, 0.05, 0.8) is None
    assert more_prompts(0.2, 0.0, 100, None, 0.05, 0.8) is None


def test_equivalence_may_be_nearer_than_a_difference() -> None:
    """No difference with a margin of two standard errors: (1.645 + 1.2816)²/4 times the prompts; else the t test's number."""
    assert more_prompts(0.0, 0.05, 100, 0.1, 0.05, 0.8) == pytest.approx(100 * (1.6449 + 1.2816) ** 2 / 4 - 100, abs=1)
    assert more_prompts(0.2, 0.15, 100, 0.1, 0.05, 0.8) == pytest.approx(100 * (2.8016 * 0.75) ** 2 - 100, abs=4)


def test_few_prompts_cannot_reach_a_small_p_by_flipping_signs() -> None:
    """p = 2/2^k of k alike signs: 0.05 needs 6, and 9 of the present kind when two of three prompts differ."""
    assert least_for_flips(6, 6, 0.05) == 6
    assert least_for_flips(6, 4, 0.05) == 9
    assert least_for_flips(10, 10, 0.05 / 3) == 7
    assert least_for_flips(5, 0, 0.05) is None
