import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from jc.evals.statistics.intervals import clustered_mean
from jc.evals.statistics.sequential import Contest, allocate, look, next_pair, p_bounds, spent, z_bounds
from jc.evals.statistics.values import Pair

FIFTHS = [0.2, 0.4, 0.6, 0.8, 1.0]


def pair(p: float | None, tost_p: float | None = None, sign: float = 1.0) -> Pair:
    mean = clustered_mean(np.array([0.1, 0.2, 0.3]) * sign, np.arange(3))
    return Pair("x", "y", "direct", mean, p, "draws", None, None, tost_p, "undecided", None)


def test_the_published_bounds_of_five_looks() -> None:
    """Lan and DeMets with α = 0.05 two-sided: 4.8769 3.3570 2.6803 2.2898 2.0310 (O'Brien–Fleming), 2.4380 … 2.3859 (Pocock)."""
    assert z_bounds(FIFTHS) == pytest.approx([4.8769, 3.3570, 2.6803, 2.2898, 2.0310], abs=5e-5)
    assert z_bounds(FIFTHS, spending="pocock") == pytest.approx([2.4380, 2.4268, 2.4102, 2.3966, 2.3860], abs=5e-5)


def test_one_look_at_the_end_is_the_plain_test() -> None:
    """All of alpha is there: 1.96."""
    assert z_bounds([1.0]) == pytest.approx([stats.norm.ppf(0.975)])
    assert p_bounds([1.0]) == pytest.approx([0.05])


def test_all_of_alpha_is_spent_at_the_end_and_nothing_before_the_start() -> None:
    """Both functions run from 0 to alpha and rise."""
    for kind in ("obrien_fleming", "pocock"):
        values = [spent(t, 0.05, kind) for t in np.linspace(0, 1, 21)]
        assert values[0] == 0.0
        assert values[-1] == pytest.approx(0.05)
        assert all(b > a for a, b in itertools.pairwise(values[1:]))
    assert spent(1.7) == pytest.approx(0.05)


def test_very_early_looks_cannot_stop() -> None:
    """At 1 % of the prompts O'Brien and Fleming ask for more than 20 standard errors."""
    assert z_bounds([0.01, 1.0])[0] == math.inf
    assert p_bounds([0.01, 1.0])[0] == 0.0
    assert z_bounds([0.01, 1.0])[1] == pytest.approx(1.96, abs=1e-3)


def test_fractions_must_rise() -> None:
    """A look cannot be repeated or lie outside the plan."""
    for fractions in ([0.5, 0.5], [0.5, 0.2], [0.0, 1.0], [0.5, 1.1]):
        with pytest.raises(ValueError, match="rise"):
            z_bounds(fractions)


def test_ten_looks_find_nothing_where_there_is_nothing_in_95_of_100_runs() -> None:
    """20,000 seeded runs without a difference: 5 ± 0.5 % stop; with 1.96 at each look it would be about 19 %."""
    fractions = [k / 10 for k in range(1, 11)]
    steps = np.random.default_rng(3).normal(0, math.sqrt(0.1), (20_000, 10))
    z = np.abs(np.cumsum(steps, axis=1)) / np.sqrt(fractions)
    assert np.mean((z > np.array(z_bounds(fractions))).any(axis=1)) == pytest.approx(0.05, abs=0.005)
    assert np.mean((z > 1.96).any(axis=1)) > 0.15


def test_a_look_decides_by_holms_steps() -> None:
    """Three pairs at the last look: p = 0.01 passes 0.05/3; then 0.02 passes 0.05/2; then 0.2 does not pass 0.05."""
    found = look([pair(0.2), pair(0.01), pair(0.02, sign=-1)], [[1.0]] * 3)
    assert found.words == ("undecided", "better", "worse")
    assert not found.settled
    assert found.p_bounds == pytest.approx((0.05, 0.05 / 3, 0.05 / 2), rel=1e-6)


def test_what_was_decided_stays_and_leaves_its_alpha_to_the_others() -> None:
    """A pair told apart earlier is not asked again; p = 0.04 passes when it is the only one left, not as one of two."""
    later = look([pair(0.9), pair(0.04)], [[0.5], [1.0]], ["better", "undecided"])
    assert later.words == ("better", "better")
    assert look([pair(0.9), pair(0.04)], [[0.5], [1.0]]).words == ("undecided", "undecided")
    assert look([pair(0.9), pair(0.04)], [[0.5], [1.0]], ["equivalent", "undecided"]).words == ("equivalent", "undecided")


def test_each_pair_pays_for_its_own_looks() -> None:
    """The same p is enough for the pair that is through and not for the one that is half way."""
    assert look([pair(0.02), pair(0.02)], [[0.5], [1.0]]).words == ("undecided", "better")


def test_an_early_look_asks_more() -> None:
    """p = 0.01 is enough at the end and not at two fifths."""
    assert look([pair(0.01)], [[1.0]]).settled
    assert look([pair(0.01)], [[0.2, 0.4]]).words == ("undecided",)


def test_equivalence_settles_a_pair() -> None:
    """Shown with a one-sided p below the bound; a pair without data stays open."""
    assert look([pair(0.8, tost_p=0.01)], [[1.0]])[:2] == (("equivalent",), True)
    assert look([pair(0.8, tost_p=0.01)], [[0.3]]).settled is False
    assert look([pair(None)], [[]]).words == ("undecided",)
    assert look([], []).settled


def test_the_next_verdict_goes_where_it_narrows_most() -> None:
    """Unplayed pairs first, then the widest interval; settled pairs never."""
    fresh, wide, narrow = Contest("a", "b", 0, None), Contest("a", "c", 10, 0.9), Contest("b", "c", 10, 0.3)
    assert next_pair([narrow, wide, fresh]) == fresh
    assert next_pair([narrow, wide]) == wide
    assert next_pair([narrow, replace(wide, settled=True)]) == narrow
    assert next_pair([replace(wide, settled=True)]) is None
    assert next_pair([Contest("a", "b", 1, None), wide]) == Contest("a", "b", 1, None)


def test_allocation_evens_out_the_gains() -> None:
    """Spread 0.9 against 0.3: the gain falls with n^1.5, so the wide pair gets about 3^(2/3) = 2.1 times the prompts."""
    chosen = allocate([Contest("a", "c", 2, 0.9), Contest("b", "c", 2, 0.3)], 396)
    wide = sum(contest.a == "a" for contest in chosen) + 2
    assert wide / (400 - wide) == pytest.approx(3 ** (2 / 3), rel=0.02)
    assert allocate([Contest("a", "b", 5, 0.1, settled=True)], 10) == ()
    assert len(allocate([Contest("a", "b", 5, 0.1, most=8), Contest("a", "c", 9, 0.1, most=9)], 10)) == 3
