"""A judge against labels: chance-corrected agreement, and what its scores are worth when a few of them are checked by people."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import ndtri

from jc.evals.statistics.intervals import clustered_mean, clustered_se, t_quantile
from jc.evals.statistics.units import Bools, Floats, Ints
from jc.evals.statistics.values import Mean

Level = Literal["nominal", "ordinal", "interval"]


class Kappa(NamedTuple):
    """Cohen's kappa with its interval; None when both sides use one and the same category only."""

    value: float | None
    low: float | None
    high: float | None
    se: float | None


def cohen_kappa(
    first: Sequence[float] | Floats, second: Sequence[float] | Floats, alpha: float = 0.05, weights: Floats | None = None
) -> Kappa:
    """Agreement of two raters on independent cases beyond chance, κ = (p_o − p_e)/(1 − p_e) (Cohen, EPM 20, 1960, p. 40).

    The interval is κ ± z·SE with the large-sample standard error of Fleiss, Cohen and Everitt (Psychological Bulletin 72, 1969,
    p. 325), cut at −1 and 1. With `weights` a case counts for so many, and the error is that of Kish's effective number.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if not one.size:
        return Kappa(None, None, None, None)
    values = np.unique(np.concatenate([one, two]))
    table = np.zeros((values.size, values.size))
    each = np.ones(one.size) if weights is None else weights
    np.add.at(table, (np.searchsorted(values, one), np.searchsorted(values, two)), each)
    table /= each.sum()
    size = float(each.sum()) ** 2 / float(np.dot(each, each))
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    agreed, chance = float(np.trace(table)), float(rows @ columns)
    if chance >= 1:
        return Kappa(None, None, None, None)
    kappa = (agreed - chance) / (1 - chance)
    diagonal = np.diag(table)
    on = float(np.sum(diagonal * (1 - (rows + columns) * (1 - kappa)) ** 2))
    weights = (columns[:, None] + rows[None, :]) ** 2
    off = float(np.sum(table * weights) - np.sum(diagonal * np.diag(weights))) * (1 - kappa) ** 2
    variance = (on + off - (kappa - chance * (1 - kappa)) ** 2) / (size * (1 - chance) ** 2)
    se = math.sqrt(max(0.0, variance))
    half = float(ndtri(1 - alpha / 2)) * se
    return Kappa(kappa, max(-1.0, kappa - half), min(1.0, kappa + half), se)


def krippendorff_alpha(ratings: Floats, level: Level = "nominal", weights: Floats | None = None) -> float | None:
    """Krippendorff's α = 1 − D_o/D_e of raters × cases, NaN where a rater said nothing; None when nothing can be compared.

    From the coincidence matrix (Krippendorff, *Computing Krippendorff's Alpha-Reliability*, 2011, section D). Differences:
    nominal 0 or 1; ordinal by the number of values between; interval squared. With `weights` a case counts for so many.
    """
    enough = np.sum(~np.isnan(ratings), axis=0) >= 2
    kept = ratings[:, enough]
    if not kept.size:
        return None
    values = np.unique(kept[~np.isnan(kept)])
    counts = np.stack([np.sum(kept == value, axis=0) for value in values]).astype(np.float64)
    raters = counts.sum(axis=0)
    each = np.ones(raters.size) if weights is None else weights[enough] / weights[enough].mean()
    coincidence = (counts * each / (raters - 1)) @ counts.T - np.diag((counts * each / (raters - 1)).sum(axis=1))
    total = coincidence.sum(axis=1)
    distance = _distance(values, total, level)
    expected = float(total @ distance @ total) / (total.sum() - 1)
    return None if expected == 0 else 1 - float(np.sum(coincidence * distance)) / expected


def _distance(values: Floats, total: Floats, level: Level) -> Floats:
    if level == "nominal":
        return 1.0 - np.eye(values.size)
    if level == "interval":
        return np.square(values[:, None] - values[None, :])
    # All cases from one value to the other, each end counted half.
    upto = np.cumsum(total)
    middle = upto - total / 2
    return np.square(middle[:, None] - middle[None, :])


class Ppi(NamedTuple):
    """A mean from few labels and many judge scores, and the weight the judge got."""

    mean: Mean
    weight: float


def ppi_mean(label: Floats, judged: Floats, others: Floats, clusters: tuple[Ints, Ints], alpha: float = 0.05) -> Ppi | None:
    """The mean that labels would give on all prompts, from `label` and `judged` on the labelled ones and `others` on the rest.

    PPI++ (Angelopoulos, Duchi and Zrnic, arXiv 2311.01453, sections 2 and 6, for a mean):
    θ = mean(y) + λ·(mean(f_rest) − mean(f)),
    λ = cov(y, f)/((1 + n/N)·var(f)), cut to 0..1; SE² = SE(y − λf)² + λ²·SE(f_rest)², both clustered (`clusters`: of the labelled
    and of the rest). With a judge that knows nothing λ is 0 and the labels alone remain. None below two labels; the interval is
    t(labelled clusters − 1).
    """
    n, rest = label.size, others.size
    if n < 2:
        return None
    weight = _weight(label, judged, others)
    residual = label - weight * judged
    shift = weight * float(others.mean()) if rest else weight * float(judged.mean())
    se_labels = clustered_se(residual if rest else label, clusters[0])
    if se_labels is None:
        return None
    se_rest = clustered_se(others, clusters[1]) if rest else 0.0
    se = math.hypot(se_labels, weight * (se_rest or 0.0))
    value = float(residual.mean()) + shift
    number = int(np.unique(clusters[0]).size)
    half = t_quantile(alpha, number - 1) * se
    return Ppi(Mean(value, se, value - half, value + half, n + rest, number, "t"), weight)


def _weight(label: Floats, judged: Floats, others: Floats) -> float:
    if not others.size:
        return 0.0
    variance = float(np.var(np.concatenate([judged, others]), ddof=1))
    if variance == 0:
        return 0.0
    covariance = float(np.cov(label, judged)[0, 1])
    return min(1.0, max(0.0, covariance / ((1 + label.size / others.size) * variance)))


def same_verdict(judged: Floats, label: Floats) -> Bools:
    """Whether two scores of a pair say the same: both above one half, both below, or both a tie."""
    return np.asarray(np.sign(np.round(judged - 0.5, 12)) == np.sign(np.round(label - 0.5, 12)))


def verdicts(score: Floats) -> Floats:
    """Scores of pairs as categories: 1 a win, 0.5 a tie, 0 a loss."""
    return 0.5 + np.sign(np.round(score - 0.5, 12)) / 2


def label_mean(values: Floats, clusters: Ints, alpha: float) -> Mean:
    """The mean of labels, for the row beside the corrected one; the values must not be empty."""
    mean = clustered_mean(values, clusters, alpha)
    assert mean is not None
    return mean
