"""When a run may stop before its last prompt without fooling itself, and which pair is worth the next verdict.

Looking at a running evaluation again and again and stopping at the first p below 0.05 finds a difference where there is none in
far more than 5 % of the runs. Alpha spending pays for each look: the chance of a false finding by the share t of the prompts is
kept at alpha(t), whatever the number and the times of the looks.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
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
    return _p_bounds(tuple(fractions), alpha, spending)


@lru_cache(maxsize=4096)
def _p_bounds(fractions: tuple[float, ...], alpha: float, spending: Spending) -> tuple[float, ...]:
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
    p_bounds: tuple[float, ...]
    """The nominal p that each pair has (or had) to pass; 0: no stop is possible yet."""


def look(
    pairs: Sequence[Pair],
    fractions: Sequence[Sequence[float]],
    before: Sequence[Word] = (),
    alpha: float = 0.05,
    spending: Spending = "obrien_fleming",
) -> Decided:
    """What may be called decided now, all pairs together wrong with at most alpha.

    `fractions` are the looks of each pair so far, as shares of its own planned prompts; `before` are the words of earlier looks,
    which stay. Holm's steps with a bound from alpha spending at each (Maurer and Bretz, Statistics in Biopharmaceutical Research
    5, 2013, p. 311): with m pairs not yet told apart, one whose p passes its bound for alpha/m is told apart, which leaves
    m − 1 for the others. Equivalence within the margin counts as decided when its one-sided p passes half the bound for
    2·alpha; it leaves m as it is.
    """
    words: list[Word] = list(before) or ["undecided"] * len(pairs)
    open_ones = [k for k, pair in enumerate(pairs) if words[k] == "undecided" and pair.p is not None and fractions[k]]
    left = sum(word not in {"better", "worse"} for word in words)
    bounds = [0.0] * len(pairs)
    moved = True
    while moved:
        moved = False
        for k in sorted((k for k in open_ones if words[k] == "undecided"), key=lambda k: (pairs[k].p or 0.0, k)):
            bounds[k] = p_bounds(fractions[k], alpha / left, spending)[-1]
            if (pairs[k].p or 0.0) < bounds[k]:
                mean = pairs[k].difference
                words[k] = "better" if mean is not None and mean.value > 0 else "worse"
                left -= 1
                moved = True
                break
    for k in open_ones:
        equal = p_bounds(fractions[k], min(1.0, 2 * alpha), spending)[-1] / 2
        tost = pairs[k].tost_p
        if words[k] == "undecided" and tost is not None and tost < equal:
            words[k] = "equivalent"
    return Decided(tuple(words), "undecided" not in words, tuple(bounds))


@dataclass(frozen=True, slots=True)
class Contest:
    """How far one pair has come: prompts judged, spread of a prompt's difference, and whether it is settled."""

    a: str
    b: str
    prompts: int
    sd: float | None
    settled: bool = False
    most: int | None = None
    """Prompts planned for the pair; at that number it takes no more."""

    @property
    def open(self) -> bool:
        """Whether another verdict can settle it."""
        return not self.settled and (self.most is None or self.prompts < self.most)


def next_pair(contests: Sequence[Contest], prior_sd: float = 0.75) -> Contest | None:
    """The pair whose next verdict narrows its interval most; None when all are settled.

    The gain of the (n+1)-th prompt is sd/√n − sd/√(n+1) (Chiang et al., Chatbot Arena, arXiv 2403.04132, section 5, whose rule
    draws with this weight; here the largest is taken, so that a run can be repeated). A pair without two prompts comes first;
    equals by name.
    """
    open_ones = [contest for contest in contests if contest.open]
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
        state[place] = replace(chosen, prompts=chosen.prompts + 1)
    return tuple(out)
