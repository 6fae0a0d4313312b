"""Two candidates on the prompts that both answered: what is proven about them.

The test flips signs of whole clusters, so it needs no distribution and no sample size; Holm pays for looking at all pairs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import bdtr, stdtr

from jc.evals.statistics.intervals import DIFFERENCE, Bounds, cluster_sums, clustered_mean
from jc.evals.statistics.power import least_for_flips, more_prompts
from jc.evals.statistics.units import Floats, Ints
from jc.evals.statistics.values import Basis, Mean, Pair, Rules, Word

_EXACT_UP_TO = 16
"""2^16 assignments are gone through; beyond it signs are drawn."""
_ROWS_AT_ONCE = 4_000_000


class Flip(NamedTuple):
    """A permutation p and how it was come by."""

    p: float
    method: Literal["exact", "draws"]


@dataclass(frozen=True, slots=True)
class Sample:
    """The differences of two candidates, one per common prompt: score of `a` minus score of `b`."""

    a: str
    b: str
    basis: Basis
    difference: Floats
    cluster: Ints
    right_a: Floats | None = None
    """Right (1) or wrong (0) of each, when the scores are that; for McNemar."""
    right_b: Floats | None = None
    bounds: Bounds = DIFFERENCE


def sign_flip(sums: Floats, rng: np.random.Generator, flips: int = 10_000) -> Flip:
    """Two-sided p of the sum of `sums` when each sign is as likely plus as minus (Fisher, The Design of Experiments, 1935, §21).

    `sums` has one entry per cluster, so a cluster is flipped as a whole. Up to 16 clusters that are not zero all assignments are
    gone through and p is exact; beyond it p = (1 + hits)/(1 + draws) of seeded draws (Phipson and Smyth, SAGMB 9, 2010, article
    39), never 0.
    """
    sizes = np.sort(np.round(np.abs(sums[sums != 0]), 12))
    observed = abs(float(np.sum(np.sort(sums)))) - 1e-9 * float(sizes.sum())
    if sizes.size <= _EXACT_UP_TO:
        totals = np.zeros(1)
        for size in sizes:
            totals = np.concatenate([totals + size, totals - size])
        return Flip(float(np.mean(np.abs(totals) >= observed)), "exact")
    hits = int(np.count_nonzero(np.abs(_drawn_totals(sizes, rng, flips)) >= observed))
    return Flip((1 + hits) / (1 + flips), "draws")


def _drawn_totals(sizes: Floats, rng: np.random.Generator, flips: int) -> Floats:
    """Sums with random signs. Equal sizes share one binomial draw, because only the number of plus signs among them matters."""
    values, counts = np.unique(sizes, return_counts=True)
    totals = np.zeros(flips)
    for value, count in zip(values[counts > 1], counts[counts > 1], strict=True):
        totals += value * (2 * rng.binomial(count, 0.5, flips) - count)
    single = values[counts == 1]
    if single.size:
        step = max(1, _ROWS_AT_ONCE // single.size)
        for start in range(0, flips, step):
            rows = min(step, flips - start)
            signs = rng.integers(0, 2, (rows, single.size), dtype=np.int8)
            totals[start : start + rows] += 2 * (signs @ single) - single.sum()
    return totals


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p that a and b are right equally often, from the prompts where just one is right.

    Twice the smaller tail of Binomial(only_a + only_b, 1/2), at most 1 (McNemar, Psychometrika 12, 1947, p. 153, made exact).
    """
    total = only_a + only_b
    return 1.0 if total == 0 else min(1.0, 2 * float(bdtr(min(only_a, only_b), total, 0.5)))


def holm(ps: Sequence[float]) -> list[float]:
    """The p values after Holm (Scand. J. Statist. 6, 1979, p. 67): the k-th smallest of m times m − k + 1, never falling."""
    order = sorted(range(len(ps)), key=lambda k: ps[k])
    out = [1.0] * len(ps)
    running = 0.0
    for rank, k in enumerate(order):
        running = max(running, min(1.0, (len(ps) - rank) * ps[k]))
        out[k] = running
    return out


def tost(mean: Mean, margin: float, bounds: Bounds = DIFFERENCE) -> float | None:
    """The p of a difference beyond ± margin: the larger of two one-sided t tests (Schuirmann, J. Pharmacokin. Biopharm. 15,
    1987, p. 657).

    When no two clusters differ (`method` "exact"), the p at which the bound of Clopper and Pearson touches the margin. None when
    there is no standard error.
    """
    if mean.se is None or mean.method == "none":
        return None
    if mean.method == "exact":
        return max(
            _far_share(margin - mean.value, bounds.high - mean.value, mean.clusters),
            _far_share(margin + mean.value, mean.value - bounds.low, mean.clusters),
        )
    return _t_tail((margin - abs(mean.value)) / mean.se, mean.clusters)


def _far_share(room: float, reach: float, clusters: int) -> float:
    """The chance to see no other value in `clusters` when the share elsewhere, at `reach`, is large enough to use up `room`."""
    if room <= 0:
        return 1.0
    return (1 - room / reach) ** clusters if reach > room else 0.0


def _t_tail(t: float, clusters: int) -> float:
    return float(stdtr(clusters - 1, -t))


def word(mean: Mean | None, p: float | None, tost_p: float | None, alpha: float) -> Word:
    """What is proven: equivalence first, because the margin says which differences matter; then the sign, after Holm."""
    if mean is None or p is None:
        return "undecided"
    if tost_p is not None and tost_p < alpha:
        return "equivalent"
    if p < alpha:
        return "better" if mean.value > 0 else "worse"
    return "undecided"


def pairs(samples: Sequence[Sample], rules: Rules) -> tuple[Pair, ...]:
    """Every pair tested, Holm over those that could be tested, and the words; in the order given.

    Each pair gets a fresh generator of the same seed: its p does not depend on which other pairs there are.
    """
    tested = [_tested(sample, rules) for sample in samples]
    known = [k for k, pair in enumerate(tested) if pair.p is not None]
    adjusted: dict[int, float] = dict(zip(known, holm([tested[k].p or 0.0 for k in known]), strict=True))
    return tuple(_worded(pair, samples[k], adjusted.get(k), rules) for k, pair in enumerate(tested))


def _tested(sample: Sample, rules: Rules) -> Pair:
    mean = clustered_mean(sample.difference, sample.cluster, rules.alpha, sample.bounds)
    flip: Flip | None = None
    if mean is not None:
        sums = cluster_sums(sample.difference, sample.cluster)
        flip = sign_flip(sums, np.random.default_rng([rules.seed, 1]), rules.flips)
    return Pair(
        a=sample.a,
        b=sample.b,
        basis=sample.basis,
        difference=mean,
        p=flip.p if flip else None,
        p_method=flip.method if flip else "none",
        p_holm=None,
        mcnemar_p=_mcnemar_of(sample),
        tost_p=tost(mean, rules.margin, sample.bounds) if mean and rules.margin is not None else None,
        word="undecided",
        more_prompts=None,
    )


def _mcnemar_of(sample: Sample) -> float | None:
    if sample.right_a is None or sample.right_b is None or not sample.right_a.size:
        return None
    if np.unique(sample.cluster).size != sample.cluster.size:
        return None
    return mcnemar(int(np.sum(sample.right_a > sample.right_b)), int(np.sum(sample.right_b > sample.right_a)))


def _worded(pair: Pair, sample: Sample, p_holm: float | None, rules: Rules) -> Pair:
    level = rules.alpha if rules.word_alpha is None else rules.word_alpha
    found = word(pair.difference, p_holm, pair.tost_p, level)
    more = None
    if found == "undecided" and p_holm and pair.p:
        # Holm asks a smaller alpha of this pair; the prompts needed are for that one.
        more = _more(pair, sample, rules, level * pair.p / p_holm)
    return replace(pair, p_holm=p_holm, word=found, more_prompts=more)


def _more(pair: Pair, sample: Sample, rules: Rules, alpha: float) -> int | None:
    mean = pair.difference
    if mean is None or mean.se is None:
        return None
    nonzero = int(np.count_nonzero(cluster_sums(sample.difference, sample.cluster)))
    least = least_for_flips(mean.n, nonzero, alpha)
    if mean.method == "exact":
        return _more_of_the_same(mean, least, rules.margin, sample.bounds, alpha)
    more = more_prompts(mean.value, mean.se, mean.n, rules.margin, alpha, rules.power)
    return None if more is None or least is None else max(more, least - mean.n)


def _more_of_the_same(mean: Mean, least: int | None, margin: float | None, bounds: Bounds, alpha: float) -> int | None:
    """When all clusters say the same: enough of them for the signs, or for the bound on what was not seen."""
    if least is not None:
        return max(1, least - mean.n)
    if not margin or margin >= bounds.high:
        return None
    clusters = math.log(alpha) / math.log(1 - margin / bounds.high)
    return max(1, math.ceil(mean.n / mean.clusters * clusters) - mean.n)
