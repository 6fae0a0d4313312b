"""A mean with an interval that knows about clusters, and Wilson's interval for shares."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from jc.evals.statistics.units import Floats, Ints
from jc.evals.statistics.values import Mean


class Bounds(NamedTuple):
    """Between what and what a value can lie at all."""

    low: float
    high: float


SHARE = Bounds(0.0, 1.0)
DIFFERENCE = Bounds(-1.0, 1.0)


class Interval(NamedTuple):
    """From low to high."""

    low: float
    high: float


def t_quantile(alpha: float, df: int) -> float:
    """The two-sided critical value of Student's t: t(1 − alpha/2; df)."""
    return float(stdtrit(df, 1 - alpha / 2))


def cluster_sums(values: Floats, clusters: Ints) -> Floats:
    """Sum of the values in each cluster that occurs, by cluster number."""
    _, code = np.unique(clusters, return_inverse=True)
    return np.bincount(code, weights=values).astype(np.float64)


def clustered_se(values: Floats, clusters: Ints) -> float | None:
    """Standard error of the mean of `values` when those of one cluster hang together; None with fewer than two clusters.

    SE² = C/(C−1) · (1/n²) · Σ_c (Σ_i (x_ic − x̄))². The sum over all pairs within a cluster is the clustered standard error of
    Miller, *Adding Error Bars to Evals*, arXiv 2411.00640, section 2.2; C/(C−1) is the small-sample correction. With clusters of
    one it is s²/n. Unit: that of the values.
    """
    sums = cluster_sums(values - values.mean(), clusters)
    number = sums.size
    if number < 2:
        return None
    return math.sqrt(number / (number - 1) * float(np.dot(sums, sums))) / values.size


def clustered_mean(values: Floats, clusters: Ints, alpha: float = 0.05, bounds: Bounds | None = None) -> Mean | None:
    """Mean ± t(C−1)·SE with the clustered standard error; None for no values. The interval is not cut at the bounds.

    When no two clusters differ the formula gives an interval without width, which would claim certainty. Then, with known
    `bounds`, at most the share q = 1 − (alpha/2)^(1/C) of all clusters can be elsewhere (Clopper and Pearson, Biometrika 26,
    1934, p. 404, for no event in C), so the mean lies between v − q(v − low) and v + q(high − v).
    """
    if not values.size:
        return None
    value = float(values.mean())
    number = int(np.unique(clusters).size)
    se = clustered_se(values, clusters)
    if se is None:
        return Mean(value, None, None, None, values.size, number, "none")
    if se <= 1e-12 * max(1.0, abs(value)):
        if bounds is None:
            return Mean(value, 0.0, None, None, values.size, number, "none")
        share = 1 - (alpha / 2) ** (1 / number)
        low, high = value - share * (value - bounds.low), value + share * (bounds.high - value)
        return Mean(value, 0.0, low, high, values.size, number, "exact")
    half = t_quantile(alpha, number - 1) * se
    return Mean(value, se, value - half, value + half, values.size, number, "t")


def wilson(successes: float, n: float, alpha: float = 0.05) -> Interval:
    """Wilson's score interval for a share (JASA 22, 1927, p. 209); `n` may be an effective number. (0, 1) for n = 0.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n).
    """
    if n <= 0:
        return Interval(0.0, 1.0)
    z = float(ndtri(1 - alpha / 2))
    p = successes / n
    scale = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    return Interval(max(0.0, centre - half) if successes > 0 else 0.0, min(1.0, centre + half) if successes < n else 1.0)


def wilson_mean(successes: int, n: int, alpha: float = 0.05) -> Mean | None:
    """A share of independent cases with Wilson's interval; None for no cases."""
    if not n:
        return None
    low, high = wilson(successes, n, alpha)
    p = successes / n
    return Mean(p, math.sqrt(p * (1 - p) / n), low, high, n, n, "wilson")


def pass_rate(right: Floats, clusters: Ints, alpha: float = 0.05) -> Mean | None:
    """Share right with Wilson's interval; for clusters of several prompts at the effective number p(1−p)/SE².

    The effective number keeps the width of the clustered standard error and the shape of Wilson's interval near 0 and 1 (Dean and
    Pagano, Survey Research Methods 9, 2015, p. 117). None for no values.
    """
    if not right.size:
        return None
    n, number = right.size, int(np.unique(clusters).size)
    if number == n:
        return wilson_mean(int(right.sum()), n, alpha)
    p = float(right.mean())
    se = clustered_se(right, clusters)
    effective = p * (1 - p) / se**2 if se else float(number)
    effective = min(effective, float(n))
    low, high = wilson(p * effective, effective, alpha)
    return Mean(p, se, low, high, n, number, "wilson")


def mean_of(values: Sequence[float], alpha: float = 0.05) -> Mean | None:
    """The mean of independent values (no clusters) with Student's t."""
    return clustered_mean(np.asarray(values, dtype=np.float64), np.arange(len(values)), alpha)
