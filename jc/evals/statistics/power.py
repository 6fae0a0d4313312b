"""How many prompts a difference takes, and how small a difference a set of prompts can show.

Everything is for a two-sided paired t test on one difference per prompt. A set of clusters counts as fewer prompts: multiply by
the design effect before, or give the clusters.
"""

import math
from typing import Literal

from scipy.special import nctdtr, nctdtrinc, ndtri, stdtrit

Kind = Literal["games", "right_wrong", "scores"]

PRIOR_SD: dict[Kind, float] = {"games": 0.75, "right_wrong": 0.6, "scores": 0.3}
"""Standard deviation of a prompt's difference that is assumed before there are data, in score points of 1.

games: the difference 2s − 1 of two candidates lies between −1 and 1; 0.75 leaves 44 % of the prompts tied. right_wrong: two
candidates that disagree on 36 % of the prompts. scores: ratings of 1 to 10, as a share of the scale. Real sets differ: see
`docs/statistics.md`; after the run the prompts needed are computed from the data.
"""

_MOST = 1_000_000


def smallest_difference(prompts: int, sd: float, alpha: float = 0.05, power: float = 0.8, comparisons: int = 1) -> float | None:
    """The smallest true mean difference that a paired t test on `prompts` finds with `power`; None below two prompts.

    δ = λ·sd/√n, where λ is the non-centrality of Student's t at which the critical value t(1 − alpha/2m; n−1) is passed with
    `power` (Cohen, Statistical Power Analysis, 1988, chapter 2); m = `comparisons` is the first step of Holm. Unit: that of `sd`.
    """
    if prompts < 2:
        return None
    critical = float(stdtrit(prompts - 1, 1 - alpha / (2 * comparisons)))
    noncentral = float(nctdtrinc(prompts - 1, 1 - power, critical))
    return noncentral * sd / math.sqrt(prompts)


def power_of(difference: float, prompts: int, sd: float, alpha: float = 0.05) -> float:
    """The probability that a paired t test on `prompts` finds `difference` (two-sided); 0 below two prompts."""
    if prompts < 2:
        return 0.0
    critical = float(stdtrit(prompts - 1, 1 - alpha / 2))
    noncentral = abs(difference) / sd * math.sqrt(prompts)
    return float(1 - nctdtr(prompts - 1, noncentral, critical) + nctdtr(prompts - 1, noncentral, -critical))


def prompts_for(difference: float, sd: float, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """The fewest prompts on which a paired t test finds `difference` with `power`; None when more than a million."""
    if difference == 0 or sd <= 0:
        return None
    size = ((ndtri(1 - alpha / 2) + ndtri(power)) * sd / abs(difference)) ** 2
    if size > _MOST:
        return None
    n = max(2, math.floor(float(size)))
    while power_of(difference, n, sd, alpha) < power:
        n += 1
    return n


def more_prompts(difference: float, se: float, prompts: int, margin: float | None, alpha: float, power: float) -> int | None:
    """About how many prompts more would settle an undecided pair, if mean and spread stay as they are.

    Either the difference becomes significant (`prompts_for` with the spread SE·√n), or equivalence within the margin is shown,
    n·((z(1−alpha) + z((1+power)/2))·SE/(margin − |d|))² (Chow, Shao and Wang, Sample Size Calculations, 2008, p. 56); the
    smaller one counts. None when neither is in reach of a million prompts. SE is clustered, so a design effect is inside.
    """
    if se <= 0:
        return None
    found = prompts_for(difference, se * math.sqrt(prompts), alpha, power)
    needed = math.inf if found is None else found
    if margin is not None and abs(difference) < margin:
        equal = (ndtri(1 - alpha) + ndtri((1 + power) / 2)) * se / (margin - abs(difference))
        needed = min(needed, prompts * float(equal) ** 2)
    if needed > _MOST:
        return None
    return max(1, math.ceil(needed) - prompts)


def least_for_flips(prompts: int, nonzero: int, alpha: float) -> int | None:
    """The fewest prompts on which flipping signs can reach p < alpha at all, when `nonzero` clusters of `prompts` differ.

    All k signs alike have p = 2/2^k, so k must exceed log2(2/alpha). None when no cluster differs.
    """
    if not nonzero:
        return None
    return math.ceil(prompts * (math.floor(math.log2(2 / alpha)) + 1) / nonzero)
