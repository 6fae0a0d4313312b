import math

import numpy as np
import pytest
from scipy import stats

from jc.evals.statistics.intervals import SHARE, clustered_mean, clustered_se, mean_of, pass_rate, wilson, wilson_mean


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    """The four examples of Newcombe, Statistics in Medicine 17, 1998, table I, method 3."""
    found = wilson(successes, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_wilson_never_leaves_zero_to_one() -> None:
    """All right ends exactly at 1, none right starts exactly at 0, no cases say nothing."""
    assert wilson(20, 20).high == 1.0
    assert wilson(0, 20).low == 0.0
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson_mean(0, 0) is None


def test_without_clusters_the_interval_is_students() -> None:
    """Every prompt its own cluster: mean ± t(n−1)·s/√n, as SciPy computes it."""
    values = np.array([0.1, 0.9, 0.4, 0.7, 0.2, 0.6])
    found = mean_of(values.tolist())
    expected = stats.t.interval(0.95, 5, values.mean(), stats.sem(values))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)
    assert found.se == pytest.approx(stats.sem(values), rel=1e-12)


def test_the_clustered_standard_error_by_hand() -> None:
    """Clusters {1, 1}, {0, 0}, {1, 0}: mean ½, cluster sums of deviations 1, −1, 0; SE² = 3/2 · 2/36 = 1/12."""
    values = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    clusters = np.array([0, 0, 1, 1, 2, 2])
    assert clustered_se(values, clusters) == pytest.approx(math.sqrt(1 / 12), rel=1e-12)
    found = clustered_mean(values, clusters)
    assert found is not None
    assert (found.n, found.clusters, found.method) == (6, 3, "t")
    assert found.high == pytest.approx(0.5 + stats.t.ppf(0.975, 2) * math.sqrt(1 / 12), rel=1e-12)


def test_the_pairwise_form_of_the_paper_gives_the_same() -> None:
    """SE² of arXiv 2411.00640: the plain term plus all products of two prompts of one cluster, here times C/(C−1)."""
    rng = np.random.default_rng(3)
    values, clusters = rng.random(40), rng.integers(0, 9, 40)
    off = values - values.mean()
    same = clusters[:, None] == clusters[None, :]
    number = np.unique(clusters).size
    expected = math.sqrt(float((off[:, None] * off[None, :] * same).sum()) / 40**2 * number / (number - 1))
    assert clustered_se(values, clusters) == pytest.approx(expected, rel=1e-12)


def test_one_cluster_has_no_interval() -> None:
    """Nothing can be said about clusters from one of them."""
    found = clustered_mean(np.array([1.0, 0.0]), np.array([4, 4]))
    assert found is not None
    assert (found.value, found.se, found.low, found.high, found.method) == (0.5, None, None, None, "none")
    assert clustered_mean(np.zeros(0), np.zeros(0, dtype=np.int64)) is None


def test_no_variation_is_no_certainty() -> None:
    """Ten wins of ten: the lower bound is that of Clopper and Pearson, (0.025)^(1/10) = 0.6915."""
    found = clustered_mean(np.ones(10), np.arange(10), bounds=SHARE)
    assert found is not None
    assert found.method == "exact"
    assert found.low == pytest.approx(stats.binomtest(10, 10).proportion_ci(0.95, "exact").low, rel=1e-12)
    assert found.high == 1.0
    unbounded = clustered_mean(np.ones(10), np.arange(10))
    assert unbounded is not None
    assert (unbounded.low, unbounded.method) == (None, "none")


def test_ties_everywhere_leave_room_on_both_sides() -> None:
    """All ties: up to 1 − 0.025^(1/10) of the prompts may be elsewhere, all of them wins or all losses."""
    found = clustered_mean(np.full(10, 0.5), np.arange(10), bounds=SHARE)
    share = 1 - 0.025 ** (1 / 10)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.5 - share / 2, 0.5 + share / 2))


def test_a_pass_rate_of_single_prompts_is_wilsons() -> None:
    """No clusters: exactly Wilson's interval of the count."""
    right = np.array([1.0] * 81 + [0.0] * 182)
    found = pass_rate(right, np.arange(263))
    assert found is not None
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.2553, 0.3662)


def test_a_pass_rate_of_copied_prompts_counts_each_family_once() -> None:
    """Every prompt four times under one cluster is worth about the prompts, not four times as many."""
    right = np.array([1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    single = pass_rate(right, np.arange(10))
    copied = pass_rate(np.repeat(right, 4), np.repeat(np.arange(10), 4))
    assert single is not None
    assert copied is not None
    assert copied.low == pytest.approx(single.low, abs=0.03)
    assert copied.high == pytest.approx(single.high, abs=0.03)
    assert pass_rate(np.zeros(0), np.zeros(0, dtype=np.int64)) is None


def test_a_pass_rate_of_clusters_that_are_all_right_is_as_wide_as_their_number() -> None:
    """No variation between five clusters of four: Wilson with five, not with twenty."""
    found = pass_rate(np.ones(20), np.repeat(np.arange(5), 4))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(wilson(5, 5)))


def test_clusters_that_balance_themselves_are_worth_no_more_than_their_prompts() -> None:
    """One right and one wrong in nearly every cluster: a tiny clustered error, and still only as many prompts as there are."""
    right = np.array([1.0, 0.0] * 9 + [1.0, 1.0])
    found = pass_rate(right, np.repeat(np.arange(10), 2))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(wilson(11, 20)))
