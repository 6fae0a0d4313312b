"""Seeded simulations: an interval that promises 95 % holds the truth in about 95 % of the runs; a test at 5 % errs in about 5 %.

The bands are three standard errors of the simulation wide, so a wrong formula fails and the seed does not matter much.
"""

import numpy as np
import pytest

from jc.evals.statistics.agreement import ppi_mean
from jc.evals.statistics.intervals import clustered_mean, wilson
from jc.evals.statistics.length import controlled
from jc.evals.statistics.matchups import matchups
from jc.evals.statistics.paired import Sample, pairs
from jc.evals.statistics.rating import ELO, rate
from jc.evals.statistics.units import bouts, columns, units
from jc.evals.statistics.values import Rules
from tests.evals.statistics.sample_games import round_robin
from tests.evals.statistics.test_length import verbose

RUNS = 1000


def band(runs: int, share: float = 0.95) -> float:
    return 3 * float(np.sqrt(share * (1 - share) / runs))


def test_clustered_intervals_cover() -> None:
    """Twelve clusters of five prompts that share half their variance: 95 ± 2 %; the plain interval would hold about 75 %."""
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(12), 5)
    inside = plain = 0
    for _ in range(RUNS):
        values = rng.normal(0, 1, 12)[clusters] + rng.normal(0, 1, 60)
        found = clustered_mean(values, clusters)
        loose = clustered_mean(values, np.arange(60))
        assert found is not None
        assert loose is not None
        assert found.low is not None
        assert found.high is not None
        assert loose.low is not None
        assert loose.high is not None
        inside += found.low <= 0 <= found.high
        plain += loose.low <= 0 <= loose.high
    assert inside / RUNS == pytest.approx(0.95, abs=band(RUNS))
    assert plain / RUNS < 0.85


def test_wilson_intervals_cover() -> None:
    """Averaged over shares of 5 to 95 % of 40 prompts, from the exact binomial probabilities: between 94 and 96 %."""
    from scipy.stats import binom

    intervals = [wilson(k, 40) for k in range(41)]
    shares = np.linspace(0.05, 0.95, 181)
    cover = [sum(binom.pmf(k, 40, p) for k, (low, high) in enumerate(intervals) if low <= p <= high) for p in shares]
    assert 0.94 < np.mean(cover) < 0.96


def test_the_permutation_test_keeps_its_level() -> None:
    """No difference, skewed and clustered: p below 0.05 in 5 ± 2 % of the runs, exact and drawn."""
    rng = np.random.default_rng(2)
    for clusters in (12, 30):
        of = np.repeat(np.arange(clusters), 3)
        hits = 0
        for run in range(RUNS):
            values = (rng.exponential(1, clusters) * rng.choice([-1, 1], clusters))[of] + rng.choice([-1.0, 0.0, 1.0], of.size)
            p = pairs([Sample("x", "y", "scores", values, of)], Rules(flips=999, seed=run))[0].p
            assert p is not None
            hits += p < 0.05
        assert hits / RUNS == pytest.approx(0.05, abs=band(RUNS, 0.05))


def test_equivalence_is_rarely_claimed_for_a_difference_at_the_margin() -> None:
    """The true difference equals the margin: equivalence in at most about 5 % of the runs."""
    rng = np.random.default_rng(3)
    claims = 0
    for run in range(RUNS):
        sample = Sample("x", "y", "scores", rng.normal(0.1, 0.2, 40), np.arange(40))
        claims += pairs([sample], Rules(margin=0.1, flips=199, seed=run))[0].word == "equivalent"
    assert claims / RUNS < 0.05 + band(RUNS, 0.05)


def test_rating_intervals_cover_with_clusters() -> None:
    """Three candidates, 30 clusters of two prompts: both intervals hold the long-run rating in 95 % of 300 runs."""
    strengths = [0.0, 0.5, 1.0]
    truth, _ = rate(
        matchups(bouts(units(columns(round_robin(10**6, 12_000, strengths, per_cluster=2))))), ("c0", "c1", "c2"), Rules(draws=0)
    )
    assert truth is not None
    runs, robust, boot = 300, 0, 0
    for run in range(runs):
        rows = bouts(units(columns(round_robin(run, 60, strengths, per_cluster=2))))
        found, _ = rate(matchups(rows), rows.names.candidates, Rules(draws=200, seed=run))
        assert found is not None
        assert found[0].low is not None
        assert found[0].high is not None
        assert found[0].boot_low is not None
        assert found[0].boot_high is not None
        robust += found[0].low <= truth[0].value <= found[0].high
        boot += found[0].boot_low <= truth[0].value <= found[0].boot_high
    assert robust / runs == pytest.approx(0.95, abs=band(runs))
    assert boot / runs == pytest.approx(0.95, abs=band(runs))


def test_length_controlled_intervals_cover() -> None:
    """Equal candidates, one verbose, a judge that likes length: the interval of the verbose one holds 1000 in 95 % of runs."""
    runs, inside = 300, 0
    for run in range(runs):
        found = controlled(bouts(units(columns(verbose(run, 80, 1.0)))))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        inside += found.low[2] <= 1000 <= found.high[2]
    assert inside / runs == pytest.approx(0.95, abs=band(runs))
    assert pytest.approx(173.7178, abs=1e-4) == ELO


def test_corrected_scores_cover() -> None:
    """PPI++ with 60 labels of 600 and a judge 0.2 too kind: the interval holds the mean of the labels' population."""
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(RUNS):
        quality = rng.normal(0.5, 0.2, 600)
        label = quality[:60] + rng.normal(0, 0.1, 60)
        judge = quality + 0.2 + rng.normal(0, 0.1, 600)
        found = ppi_mean(label, judge[:60], judge[60:], (np.arange(60), np.arange(540)))
        assert found is not None
        assert found.mean.low is not None
        assert found.mean.high is not None
        inside += found.mean.low <= 0.5 <= found.mean.high
    assert inside / RUNS == pytest.approx(0.95, abs=band(RUNS))
