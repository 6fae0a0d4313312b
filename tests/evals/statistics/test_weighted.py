"""Labels drawn by strata: with their weights the figures are those of the whole, without them they are not."""

import numpy as np
import pytest

from jc.evals.statistics.agreement import cohen_kappa, krippendorff_alpha
from jc.evals.statistics.intervals import clustered_mean, wilson_mean
from jc.evals.statistics.weighted import hajek, kish, weighted_ppi, weighted_share


def test_equal_weights_are_the_plain_mean() -> None:
    """Whatever the size of the weight: value and clustered standard error of `clustered_mean`, Wilson's interval of the share."""
    values, clusters = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]), np.arange(6)
    plain, share = clustered_mean(values, clusters), wilson_mean(4, 6)
    assert plain is not None
    assert share is not None

    assert hajek(values, np.full(6, 3.0), clusters) == pytest.approx((plain.value, plain.se))
    found = weighted_share(values, np.full(6, 3.0), clusters)
    assert found.value == pytest.approx(share.value)
    # p(1−p)/SE² with SE² = s²/n is n − 1.
    assert (found.low, found.high) == pytest.approx((0.2550, 0.9130), abs=0.03)


def test_kish_counts_what_unequal_labels_are_worth() -> None:
    """Ten equal ones are ten; one of nine and nine of one are 18²/90 = 3.6."""
    assert kish(np.full(10, 0.5)) == pytest.approx(10)
    assert kish(np.array([9.0, *[1.0] * 9])) == pytest.approx(18**2 / 90)


def test_a_weight_counts_a_case_so_often() -> None:
    """κ and α with weights 3 and 1 are those of the cases written three times and once."""
    judged, said = np.array([1.0, 0.0, 0.5, 1.0]), np.array([1.0, 1.0, 0.5, 0.0])
    weights = np.array([3.0, 1.0, 2.0, 1.0])
    times = weights.astype(int)
    twice = np.repeat(judged, times), np.repeat(said, times)

    assert cohen_kappa(judged, said, weights=weights).value == pytest.approx(cohen_kappa(*twice).value)
    # Mean weights keep α's small-sample term: compare at a size where it does not matter.
    many = [np.tile(part, 200) for part in (judged, said, weights)]
    repeated = np.stack([np.repeat(many[0], np.tile(times, 200)), np.repeat(many[1], np.tile(times, 200))])
    for level in ("nominal", "ordinal", "interval"):
        weighed = krippendorff_alpha(np.stack(many[:2]), level, many[2])
        assert weighed == pytest.approx(krippendorff_alpha(repeated, level), abs=2e-3)


def test_labels_by_strata_find_the_truth_that_unweighted_labels_miss() -> None:
    """300 draws of 40 labels from 200 disputed and 40 from 800 agreed cases: unbiased, and the interval holds the truth."""
    rng = np.random.default_rng(4)
    disputed = np.arange(1000) < 200
    truth = (rng.random(1000) < 0.6).astype(float)
    right = rng.random(1000) < np.where(disputed, 0.5, 0.95)
    judge = np.where(right, truth, 1 - truth)
    target, accuracy = truth.mean(), right.mean()
    means, inside, plain, shares = [], 0, [], []
    for _ in range(300):
        chosen = np.concatenate([rng.choice(200, 40, replace=False), 200 + rng.choice(800, 40, replace=False)])
        weights = np.where(disputed[chosen], 200 / 40, 800 / 40)
        found = weighted_ppi(truth[chosen], judge[chosen], weights, judge, (chosen, np.arange(1000)))
        assert found is not None
        assert found.mean.low is not None
        assert found.mean.high is not None
        means.append(found.mean.value)
        inside += found.mean.low <= target <= found.mean.high
        shares.append(weighted_share(right[chosen].astype(float), weights, chosen).value)
        plain.append(right[chosen].mean())

    error = np.std(means) / np.sqrt(300)
    assert np.mean(means) == pytest.approx(target, abs=4 * error + 0.002)
    assert inside >= 0.93 * 300
    assert np.mean(shares) == pytest.approx(accuracy, abs=0.01)
    assert abs(np.mean(plain) - accuracy) > 0.1


def test_a_judge_that_knows_nothing_gets_no_weight() -> None:
    """With a constant judge the labels alone remain; below two labels nothing is said."""
    label, weights, where = np.array([1.0, 0.0, 1.0]), np.array([2.0, 1.0, 1.0]), np.arange(3)
    found = weighted_ppi(label, np.full(3, 0.5), weights, np.full(9, 0.5), (where, np.arange(9)))
    assert found is not None
    assert found.weight == 0
    assert found.mean.value == pytest.approx(0.75)
    assert weighted_ppi(label[:1], label[:1], weights[:1], label, (where[:1], where)) is None
