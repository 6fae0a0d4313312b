"""When a run may stop before its last prompt without fooling itself, and which pair is worth the next verdict.

Looking at a running evaluation again and again and stopping at the first p below 0.05 finds a difference where there is none in
far more than 5 % of the runs. Alpha spending pays for each look: the chance of a false finding by the share t of the prompts is
kept at alpha(t), whatever the number and the times of the looks.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from jc.evals.statistics.units import Floats
from jc.evals.statistics.values import Pair, Word

Spending = Literal["obrien_fleming", "pocock"]

_NODES = 160
_FAR = 8.0
"""A z beyond this is never reached: the first looks of O'Brien and Fleming."""


def spent(fraction: float, alpha: float = 0.05, spending: Spending = "obrien_fleming") -> float:
    """How much of alpha may be spent by this share of the prompts, two-sided (Lan and DeMets, Biometrika 70, 1983, p. 661).

    Half of it on each side. obrien_fleming: 4 − 4Φ(z(1 − alpha/4)/√t), almost nothing early; pocock: alpha·ln(1 + (e − 1)t),
    evenly.
    """
    share = min(1.0, max(0.0, fraction))
    if share == 0:
        return 0.0
    if spending == "pocock":
        return alpha * math.log(1 + (math.e - 1) * share)
    return 4 * float(ndtr(ndtri(alpha / 4) / math.sqrt(share)))


def z_bounds(fractions: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien_fleming") -> tuple[float, ...]:
    """The |z| that must be passed at each look; `fractions` are the shares of the planned prompts, rising, in (0, 1].

    The joint distribution of the looks is that of Brownian motion; its density inside the earlier bounds is carried from look to
    look by Gauss–Legendre quadrature (Armitage, McPherson and Rowe, JRSS A 132, 1969, p. 235). Infinity where alpha allows no
    stop yet. ValueError when the fractions do not rise. Sensible for up to some fifty looks.
    """
    if any(not 0 < t <= 1 for t in fractions) or any(b <= a for a, b in itertools.pairwise(fractions)):
        raise ValueError(f"fractions must rise within (0, 1]: {list(fractions)}")
    bounds: list[float] = []
    points, density = np.zeros(1), np.ones(1)
    before, used = 0.0, 0.0
    for fraction in fractions:
        target = spent(fraction, alpha, spending)
        deviation = math.sqrt(fraction - before)
        edge = _edge(points, density, deviation, target - used, _FAR * math.sqrt(fraction))
        bounds.append(math.inf if edge >= _FAR * math.sqrt(fraction) else edge / math.sqrt(fraction))
        used += _outside(points, density, deviation, edge)
        points, density = _carried(points, density, deviation, edge)
        before = fraction
    return tuple(bounds)


def p_bounds(fractions: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien_fleming") -> tuple[float, ...]:
    """The same as nominal two-sided p values: a look may stop when its p is below."""
    return tuple(0.0 if math.isinf(z) else 2 * float(ndtr(-z)) for z in z_bounds(fractions, alpha, spending))


def _outside(points: Floats, density: Floats, deviation: float, edge: float) -> float:
    """The chance to be beyond ± edge after one more step, in Brownian units."""
    return float(density @ (ndtr((points - edge) / deviation) + ndtr((-edge - points) / deviation)))


def _edge(points: Floats, density: Floats, deviation: float, chance: float, far: float) -> float:
    """Where exactly `chance` lies outside, by bisection: the function falls."""
    low, high = 0.0, far
    if _outside(points, density, deviation, far) >= chance:
        return far
    for _ in range(60):
        middle = (low + high) / 2
        if _outside(points, density, deviation, middle) > chance:
            low = middle
        else:
            high = middle
    return high


def _carried(points: Floats, density: Floats, deviation: float, edge: float) -> tuple[Floats, Floats]:
    """Nodes inside ± edge and the mass at each (density times quadrature weight) after one more step."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    where = nodes * edge
    kernel = np.exp(-np.square((where[:, None] - points[None, :]) / deviation) / 2) / (deviation * math.sqrt(2 * math.pi))
    return where, weights * edge * (kernel @ density)


class Decided(NamedTuple):
    """What one look settled."""

    words: tuple[Word, ...]
    """One per pair, in the order given."""
    settled: bool
    """Nothing is undecided: the run may stop."""
    p_bound: float
    """The nominal p that the next undecided pair has to pass at this look; 0: no stop is possible yet."""


def look(
    pairs: Sequence[Pair], fractions: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien_fleming"
) -> Decided:
    """What may be called decided at the last of the looks at `fractions`, all pairs together wrong with at most alpha.

    Holm's steps with a bound from alpha spending at each (Maurer and Bretz, Statistics in Biopharmaceutical Research 5, 2013,
    p. 311): the smallest p must pass the bound for alpha/m, the next that for alpha/(m − 1), and so on. Equivalence within the
    margin counts as decided when its one-sided p passes half the bound for 2·alpha.
    """
    words: list[Word] = ["undecided"] * len(pairs)
    equal = p_bounds(fractions, min(1.0, 2 * alpha), spending)[-1] / 2
    order = sorted((pair.p, k) for k, pair in enumerate(pairs) if pair.p is not None)
    left = len(pairs)
    bound = p_bounds(fractions, alpha / max(1, left), spending)[-1]
    for p, k in order:
        if p >= bound:
            break
        mean = pairs[k].difference
        words[k] = "better" if mean is not None and mean.value > 0 else "worse"
        left -= 1
        bound = p_bounds(fractions, alpha / max(1, left), spending)[-1]
    for k, pair in enumerate(pairs):
        if pair.tost_p is not None and pair.tost_p < equal:
            words[k] = "equivalent"
    return Decided(tuple(words), "undecided" not in words, bound)


@dataclass(frozen=True, slots=True)
class Contest:
    """How far one pair has come: prompts judged, spread of a prompt's difference, and whether it is settled."""

    a: str
    b: str
    prompts: int
    sd: float | None
    settled: bool = False


def next_pair(contests: Sequence[Contest], prior_sd: float = 0.75) -> Contest | None:
    """The pair whose next verdict narrows its interval most; None when all are settled.

    The gain of the (n+1)-th prompt is sd/√n − sd/√(n+1) (Chiang et al., Chatbot Arena, arXiv 2403.04132, section 5, whose rule
    draws with this weight; here the largest is taken, so that a run can be repeated). A pair without two prompts comes first;
    equals by name.
    """
    open_ones = [contest for contest in contests if not contest.settled]
    if not open_ones:
        return None

    def key(contest: Contest) -> tuple[float, str, str]:
        if contest.prompts < 2:
            return (-math.inf if contest.prompts == 0 else -1e300, contest.a, contest.b)
        sd = prior_sd if contest.sd is None else contest.sd
        return (sd / math.sqrt(contest.prompts + 1) - sd / math.sqrt(contest.prompts), contest.a, contest.b)

    return min(open_ones, key=key)


def allocate(contests: Sequence[Contest], prompts: int, prior_sd: float = 0.75) -> tuple[Contest, ...]:
    """The pairs for the next `prompts` verdict units, one after the other as `next_pair` chooses; fewer when all are settled."""
    state = list(contests)
    out = []
    for _ in range(prompts):
        chosen = next_pair(state, prior_sd)
        if chosen is None:
            break
        out.append(chosen)
        place = state.index(chosen)
        state[place] = Contest(chosen.a, chosen.b, chosen.prompts + 1, chosen.sd, chosen.settled)
    return tuple(out)
