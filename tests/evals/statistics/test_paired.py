import numpy as np
import pytest
from scipy import stats

from jc.evals.statistics.intervals import DIFFERENCE, Bounds, clustered_mean
from jc.evals.statistics.paired import Sample, holm, mcnemar, pairs, sign_flip, tost, word
from jc.evals.statistics.units import Floats
from jc.evals.statistics.values import Rules

DARWIN = np.array([49.0, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])


def generator() -> np.random.Generator:
    return np.random.default_rng(7)


def sample(values: Floats, a: str = "x", b: str = "y") -> Sample:
    return Sample(a, b, "scores", values, np.arange(values.size))


def test_the_permutation_test_reproduces_fisher_on_darwins_maize() -> None:
    """Fisher, The Design of Experiments, §21: 863 of 32,768 sign assignments reach the observed 314 on each side."""
    found = sign_flip(DARWIN, generator())
    assert found == (2 * 863 / 32768, "exact")


def test_drawn_signs_agree_with_all_assignments() -> None:
    """Twenty more zero-mean pairs push the number of clusters over 16; the drawn p is close to the exact one by convolution."""
    values = np.array([1.0] * 13 + [-1.0] * 7)
    found = sign_flip(values, generator(), 100_000)
    assert found.method == "draws"
    assert found.p == pytest.approx(stats.binomtest(13, 20).pvalue, abs=0.005)


def test_drawn_signs_of_distinct_sizes_agree_with_scipy() -> None:
    """Continuous differences, eighteen clusters: SciPy's own permutation test on the same differences."""
    values = np.random.default_rng(5).normal(0.4, 1, 18)
    expected = stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=2**18, alternative="two-sided", vectorized=True, axis=-1
    )
    assert sign_flip(values, generator(), 100_000).p == pytest.approx(float(expected.pvalue), abs=0.006)


def test_sixteen_clusters_are_exact_and_seventeen_are_drawn() -> None:
    """2^16 assignments are the limit; clusters without a difference do not count."""
    assert sign_flip(np.ones(16), generator()) == (2 / 2**16, "exact")
    assert sign_flip(np.append(np.ones(16), np.zeros(50)), generator()).method == "exact"
    assert sign_flip(np.ones(17), generator(), 1000) == (1 / 1001, "draws")


def test_no_difference_anywhere_has_p_one() -> None:
    """Nothing to flip."""
    assert sign_flip(np.zeros(30), generator()) == (1.0, "exact")
    assert sign_flip(np.zeros(0), generator()) == (1.0, "exact")


def test_mcnemar_is_the_binomial_test() -> None:
    """SciPy's exact binomial test on the discordant prompts."""
    for only_a, only_b in ((6, 16), (0, 5), (9, 9), (1, 0)):
        assert mcnemar(only_a, only_b) == pytest.approx(stats.binomtest(only_a, only_a + only_b).pvalue, rel=1e-12)
    assert mcnemar(0, 0) == 1.0


def test_holm_as_p_adjust_of_r() -> None:
    """p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") is 0.05 0.08 0.09 0.09 0.09, in any order of the input."""
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.05, 0.01, 0.04, 0.02, 0.03]) == pytest.approx([0.09, 0.05, 0.09, 0.08, 0.09])
    assert holm([0.4, 0.9]) == [0.8, 0.9]
    assert holm([]) == []


def test_equivalence_is_the_worse_of_two_one_sided_t_tests() -> None:
    """Against SciPy's one-sided t tests at both margins."""
    values = np.random.default_rng(2).normal(0.01, 0.1, 50)
    mean = clustered_mean(values, np.arange(50))
    assert mean is not None
    expected = max(
        stats.ttest_1samp(values, -0.05, alternative="greater").pvalue, stats.ttest_1samp(values, 0.05, alternative="less").pvalue
    )
    assert tost(mean, 0.05) == pytest.approx(expected, rel=1e-9)


def test_equal_results_are_equivalent_only_on_enough_prompts() -> None:
    """With no difference on n prompts the chance to have missed a share of 2 % is 0.98^n: 0.0488 at 150, 0.1326 at 100."""
    for n, expected in ((100, 0.98**100), (150, 0.98**150)):
        mean = clustered_mean(np.zeros(n), np.arange(n), bounds=DIFFERENCE)
        assert mean is not None
        assert tost(mean, 0.02) == pytest.approx(expected)
        assert word(mean, 1.0, tost(mean, 0.02), 0.05) == ("undecided" if n == 100 else "equivalent")


def test_equivalence_at_the_ends() -> None:
    """A margin as wide as everything possible is always met; a constant difference beyond the margin never."""
    ones = clustered_mean(np.ones(5), np.arange(5), bounds=DIFFERENCE)
    zeros = clustered_mean(np.zeros(5), np.arange(5), bounds=DIFFERENCE)
    one = clustered_mean(np.ones(1), np.arange(1), bounds=DIFFERENCE)
    assert ones is not None
    assert zeros is not None
    assert one is not None
    assert tost(ones, 0.5) == 1.0
    assert tost(zeros, 1.5) == 0.0
    assert tost(one, 0.5) is None


def test_words() -> None:
    """Better and worse need p below alpha; within the margin is equivalent, whatever the sign says; else undecided."""
    up = clustered_mean(np.array([0.1, 0.3, 0.2]), np.arange(3))
    down = clustered_mean(np.array([-0.1, -0.3, -0.2]), np.arange(3))
    assert word(up, 0.01, 0.9, 0.05) == "better"
    assert word(down, 0.01, 0.9, 0.05) == "worse"
    assert word(up, 0.01, 0.01, 0.05) == "equivalent"
    assert word(up, 0.2, None, 0.05) == "undecided"
    assert word(None, None, None, 0.05) == "undecided"


def test_holm_counts_only_pairs_that_could_be_tested() -> None:
    """A pair without a common prompt has no p and does not make the others pay."""
    found = pairs([sample(np.ones(10)), sample(np.zeros(0), "x", "z")], Rules())
    assert found[0].p == found[0].p_holm == 2 / 2**10
    assert (found[1].p, found[1].p_holm, found[1].p_method, found[1].word) == (None, None, "none", "undecided")


def test_a_p_does_not_depend_on_the_other_pairs() -> None:
    """Each pair starts from the seed of the rules."""
    values = np.random.default_rng(1).normal(0.1, 1, 60)
    alone = pairs([sample(values)], Rules(seed=4))[0]
    among = pairs([sample(np.ones(20)), sample(values)], Rules(seed=4))[1]
    assert alone.p == among.p
    assert alone.p != pairs([sample(values)], Rules(seed=5))[0].p


def test_undecided_pairs_say_how_many_prompts_would_settle_them() -> None:
    """A difference of half a standard error away asks for about 31 times the prompts, less those there are."""
    values = np.tile([1.0, -1.0, 1.0, -1.0, 1.0], 8)
    found = pairs([sample(values)], Rules(margin=None))[0]
    assert found.word == "undecided"
    assert found.difference is not None
    assert found.difference.se is not None
    expected = 40 * (2.8015852 * found.difference.se / 0.2) ** 2 - 40
    assert found.more_prompts == pytest.approx(expected, abs=4)
    three = pairs([sample(np.ones(3))], Rules(margin=None))[0]
    assert (three.word, three.more_prompts) == ("undecided", 3)
    equal = pairs([sample(np.zeros(100))], Rules(margin=0.02))[0]
    # 0.98^149 is the first power below 0.05.
    assert (equal.word, equal.more_prompts) == ("undecided", 49)
    assert pairs([sample(np.zeros(100))], Rules(margin=None))[0].more_prompts is None
    nearly = pairs([sample(np.array([1.0, 1.0, 0.9]))], Rules(margin=None))[0]
    assert (nearly.p, nearly.more_prompts) == (0.25, 3)
    tied = pairs([sample(np.tile([1.0, -1.0], 20))], Rules(margin=None))[0]
    assert tied.more_prompts is None


def test_mcnemar_is_told_for_right_and_wrong_without_clusters() -> None:
    """Ten prompts, five for x alone and one for y alone; with clusters of two the exact test does not hold and is left out."""
    a, b = np.array([1.0] * 7 + [0.0] * 3), np.array([0.0] * 5 + [1.0] * 3 + [0.0] * 2)
    right = Sample("x", "y", "scores", a - b, np.arange(10), right_a=a, right_b=b)
    clustered = Sample("x", "y", "scores", a - b, np.arange(10) // 2, right_a=a, right_b=b)
    assert pairs([right], Rules())[0].mcnemar_p == mcnemar(5, 1)
    assert pairs([clustered], Rules())[0].mcnemar_p is None
    assert pairs([sample(a - b)], Rules())[0].mcnemar_p is None


def test_clusters_are_flipped_as_a_whole() -> None:
    """Ten prompts in two clusters: p can be no smaller than 2/2² although each prompt says the same."""
    found = pairs([Sample("x", "y", "scores", np.ones(10), np.arange(10) // 5)], Rules())[0]
    assert found.p == 0.5


def test_words_of_a_sequential_run_use_what_is_left_of_alpha() -> None:
    """p = 0.031 proves something at 0.05 and not at 0.03."""
    values = np.array([1.0] * 6)
    assert pairs([sample(values)], Rules(margin=None))[0].word == "better"
    assert pairs([sample(values)], Rules(margin=None, word_alpha=0.03))[0].word == "undecided"


def test_ratings_use_the_width_of_their_scale() -> None:
    """All differences equal on a scale of 1 to 10: the bound reaches 9 points, not 1."""
    found = pairs([Sample("x", "y", "scores", np.full(20, 2.0), np.arange(20), bounds=Bounds(-9, 9))], Rules())[0]
    assert found.difference is not None
    assert found.difference.low == pytest.approx(2 - (1 - 0.025 ** (1 / 20)) * 11)
