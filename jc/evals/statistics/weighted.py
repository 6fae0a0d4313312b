"""Labels that stand for different numbers of cases: shares and corrected means of a stratified sample.

Every estimate is Hájek's, Σ w·x / Σ w, with the clustered standard error of its linear part, w(x − mean)/mean(w). Strata are not
taken out of the variance, so the intervals are a little wide (Särndal, Swensson and Wretman, Model Assisted Survey Sampling,
1992, section 5.7).
"""

import math

import numpy as np

from jc.evals.statistics.agreement import Ppi
from jc.evals.statistics.intervals import clustered_se, t_quantile, wilson
from jc.evals.statistics.units import Floats, Ints
from jc.evals.statistics.values import Mean


def kish(weights: Floats) -> float:
    """How many equal labels these are worth, (Σw)²/Σw² (Kish, Survey Sampling, 1965, section 11.7)."""
    return float(weights.sum()) ** 2 / float(np.dot(weights, weights))


def hajek(values: Floats, weights: Floats, clusters: Ints) -> tuple[float, float | None]:
    """The weighted mean and its standard error; None with fewer than two clusters."""
    mean = float(np.dot(weights, values) / weights.sum())
    return mean, clustered_se(mean + (values - mean) * weights / weights.mean(), clusters)


def weighted_share(right: Floats, weights: Floats, clusters: Ints, alpha: float = 0.05) -> Mean:
    """A share from labels of unequal weight, with Wilson's interval at the effective number p(1−p)/SE², at most Kish's."""
    share, se = hajek(right, weights, clusters)
    effective = kish(weights)
    if se:
        effective = min(effective, share * (1 - share) / se**2)
    low, high = wilson(share * effective, effective, alpha)
    return Mean(share, se, low, high, right.size, int(np.unique(clusters).size), "wilson")


def weighted_ppi(
    label: Floats, judged: Floats, weights: Floats, everything: Floats, clusters: tuple[Ints, Ints], alpha: float = 0.05
) -> Ppi | None:
    """The mean that labels would give on all cases, from labels drawn by strata and the judge on every case.

    θ = λ·mean(f) + Σ w(y − λf)/Σ w, the difference estimator with the weight λ of PPI++ (Angelopoulos, Duchi and Zrnic, arXiv
    2311.01453, section 6), here cov_w(y, f)/((1 + n/N)·var(f)), cut to 0..1. `judged` is f on the labelled cases, `everything` f
    on all; `clusters` are of the labelled and of all. None below two labels or clusters; the interval is t(clusters − 1).
    """
    if label.size < 2 or not everything.size:
        return None
    weight = _weight(label, judged, weights, everything)
    residual, se = hajek(label - weight * judged, weights, clusters[0])
    if se is None:
        return None
    value = weight * float(everything.mean()) + residual
    total = math.hypot(se, weight * (clustered_se(everything, clusters[1]) or 0.0))
    number = int(np.unique(clusters[0]).size)
    half = t_quantile(alpha, number - 1) * total
    return Ppi(Mean(value, total, value - half, value + half, everything.size, number, "t"), weight)


def _weight(label: Floats, judged: Floats, weights: Floats, everything: Floats) -> float:
    variance = float(np.var(everything))
    if variance == 0:
        return 0.0
    of_label, of_judge = (float(np.dot(weights, values) / weights.sum()) for values in (label, judged))
    covariance = float(np.dot(weights, (label - of_label) * (judged - of_judge)) / weights.sum())
    return min(1.0, max(0.0, covariance / ((1 + label.size / everything.size) * variance)))
