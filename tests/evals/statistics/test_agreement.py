import numpy as np
import pytest

from jc.evals.statistics.agreement import Level, cohen_kappa, krippendorff_alpha, ppi_mean, same_verdict, verdicts

NAN = float("nan")
# Four observers, twelve units, five values: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section C.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)


def from_table(table: list[list[int]]) -> tuple[list[float], list[float]]:
    """Two raters' values whose cross table is the one given."""
    cells = [(float(i), float(j)) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in cells], [j for _, j in cells]


def test_kappa_and_its_error_as_fleiss_prints_them() -> None:
    """Diagnoses of 100 subjects: κ = 0.68 with standard error 0.087 (Fleiss, Statistical Methods for Rates, 13.1)."""
    found = cohen_kappa(*from_table([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert found.value == pytest.approx(0.676, abs=5e-4)
    assert found.se == pytest.approx(0.0877, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.5046, 0.8484), abs=5e-5)


def test_kappa_of_a_well_known_table() -> None:
    """20 and 15 agreements, 5 and 10 disagreements: κ = 0.4."""
    assert cohen_kappa(*from_table([[20, 5], [10, 15]])).value == pytest.approx(0.4)


def test_kappa_at_its_ends() -> None:
    """Full agreement on two values is 1, always the opposite −1, one single value says nothing."""
    assert cohen_kappa([0, 1, 0], [0, 1, 0])[:3] == (1.0, 1.0, 1.0)
    assert cohen_kappa([0, 1], [1, 0]).value == -1.0
    assert cohen_kappa([1, 1], [1, 1]).value is None
    assert cohen_kappa([], []).value is None


@pytest.mark.parametrize(("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorffs_alpha_of_his_own_example(level: Level, expected: float) -> None:
    """The three values that the paper prints, with missing data."""
    assert krippendorff_alpha(PUBLISHED, level) == pytest.approx(expected, abs=5e-4)


def test_alpha_at_its_ends() -> None:
    """Agreement is 1; a single value everywhere, or nobody to compare with, says nothing."""
    assert krippendorff_alpha(np.array([[1.0, 2.0], [1.0, 2.0]])) == 1.0
    assert krippendorff_alpha(np.array([[1.0, 1.0], [1.0, 1.0]])) is None
    assert krippendorff_alpha(np.array([[1.0, NAN], [NAN, 1.0]])) is None


def test_verdicts_are_compared_by_who_won() -> None:
    """Three quarters of a win and a full win are the same verdict; a tie is only a tie."""
    judged, label = np.array([0.75, 0.5, 0.25, 0.5]), np.array([1.0, 0.5, 1.0, 0.0])
    assert same_verdict(judged, label).tolist() == [True, True, False, False]
    assert verdicts(judged).tolist() == [1.0, 0.5, 0.0, 0.5]


def test_ppi_by_hand() -> None:
    """Four labels, four more prompts: λ = cov/((1 + n/N)·var) = (1/3)/(2·(2/7)) = 7/12, θ = ½ + 7/12·(½ − ½)."""
    label, judged = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])
    others = np.array([1.0, 1.0, 0.0, 0.0])
    found = ppi_mean(label, judged, others, (np.arange(4), np.arange(4)))
    assert found is not None
    assert found.weight == pytest.approx(7 / 12)
    assert found.mean.value == pytest.approx(0.5)
    # s² of y and of f is 1/3: SE² = ((1 − λ)² + λ²)·(1/3)/4.
    assert found.mean.se == pytest.approx(np.sqrt(((5 / 12) ** 2 + (7 / 12) ** 2) / 12))


def test_ppi_with_a_blind_judge_is_the_labels_alone() -> None:
    """A judge that always says the same gets no weight."""
    label = np.array([1.0, 0.0, 1.0, 1.0])
    found = ppi_mean(label, np.full(4, 0.5), np.full(50, 0.5), (np.arange(4), np.arange(50)))
    assert found is not None
    assert (found.weight, found.mean.value) == (0.0, 0.75)


def test_ppi_without_unlabelled_prompts_is_the_labels_alone() -> None:
    """Everything is labelled: the judge adds nothing."""
    label = np.array([1.0, 0.0, 1.0, 1.0])
    found = ppi_mean(label, np.zeros(4), np.zeros(0), (np.arange(4), np.arange(0)))
    assert found is not None
    assert (found.weight, found.mean.value) == (0.0, 0.75)


def test_ppi_needs_two_labelled_clusters() -> None:
    """One label, or labels of one family, give no interval and so no corrected score."""
    assert ppi_mean(np.ones(1), np.ones(1), np.ones(5), (np.arange(1), np.arange(5))) is None
    assert ppi_mean(np.ones(3), np.ones(3), np.ones(5), (np.zeros(3, dtype=np.int64), np.arange(5))) is None


def test_ppi_takes_a_biased_judge_back_to_the_truth() -> None:
    """The judge says 0.15 too much; 100 labels of 1,000 bring it back, and tighter than the labels alone."""
    rng = np.random.default_rng(1)
    quality = rng.random(1000)
    label = np.clip(quality + rng.normal(0, 0.05, 1000), 0, 1)
    judge = np.clip(quality + 0.15 + rng.normal(0, 0.05, 1000), 0, 1.2)
    found = ppi_mean(label[:100], judge[:100], judge[100:], (np.arange(100), np.arange(900)))
    assert found is not None
    assert found.mean.se is not None
    assert abs(found.mean.value - label.mean()) < 2 * found.mean.se
    assert found.mean.se < 0.6 * label[:100].std(ddof=1) / 10
    assert judge.mean() - label.mean() > 0.1
