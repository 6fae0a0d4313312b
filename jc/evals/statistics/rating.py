"""Bradley–Terry ratings on the Elo scale, with intervals that know about clusters.

P(i beats j) = 1 / (1 + exp(θ_j − θ_i)), a tie is half a win for each (Bradley and Terry, Biometrika 39, 1952, p. 324). The
likelihood is concave, so Newton's method finds its only maximum; all bootstrap draws are fitted at once, starting from the fit of
the data. A finite maximum exists if and only if the candidates cannot be split into two groups of which one never scores
against the other (Ford, American Mathematical Monthly 64, 1957, p. 28).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from jc.evals.statistics.intervals import t_quantile
from jc.evals.statistics.matchups import Matchups
from jc.evals.statistics.units import Bools, Floats, Ints
from jc.evals.statistics.values import Rating, RatingFit, Rules

ELO = 400 / math.log(10)
"""Elo points per unit of log-odds: 400 points are odds of ten to one."""
MEAN_RATING = 1000.0
PSEUDO_TIES = 1.0
"""Ties added to each played pair when no finite rating fits: half a win for each side, as in Agresti's half."""
_STEPS = 100
_CHORD_STEPS = 40
_CHORD_PRECISION = 1e-7
_LONGEST = 1.5
"""Longest Newton step in log-odds; keeps a step from a flat part of the likelihood from jumping over the maximum."""


@dataclass(frozen=True, slots=True)
class Strengths:
    """The fit of the data: log-odds per candidate (mean 0), their covariance and whether pseudo ties were needed."""

    theta: Floats
    inverse: Floats
    """Inverse information; the covariance if all games were independent."""
    covariance: Floats | None
    separated: bool


@dataclass(frozen=True, slots=True)
class Draws:
    """Bootstrap: strengths (draws × candidates) and how many draws needed pseudo ties."""

    theta: Floats
    separated: int


def newton(wins: Floats, games: Floats, i: Ints, j: Ints, start: Floats) -> Floats:
    """Maximum-likelihood strengths of a batch of results: `wins` and `games` are batch × pairs, the answer batch × candidates.

    The likelihood must have a finite maximum (see `separated`). Log-odds, mean 0.
    """
    candidates = start.size
    theta = np.tile(start - start.mean(), (wins.shape[0], 1))
    todo = np.arange(wins.shape[0])
    sides = _sides(i, j, candidates)
    for _ in range(_STEPS):
        now = theta[todo]
        chance = expit(now[:, i] - now[:, j])
        gradient = (wins[todo] - games[todo] * chance) @ sides
        step = np.linalg.solve(information(games[todo] * chance * (1 - chance), i, j, candidates), gradient[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1)
        theta[todo] = now + step * np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))[:, None]
        todo = todo[longest > 1e-9]
        if not todo.size:
            break
    centred: Floats = theta - theta.mean(axis=1, keepdims=True)
    return centred


def refit(wins: Floats, games: Floats, i: Ints, j: Ints, fitted: Floats, inverse: Floats) -> Floats:
    """The strengths of many results close to one that is `fitted`, as `newton` finds them, to 1e-6 log-odds.

    Every step uses the `inverse` information of that one fit, scaled by each result's own diagonal: a product instead of a
    factorisation per draw. What has not settled after forty steps goes through `newton`.
    """
    sides = _sides(i, j, fitted.size)
    chance = expit(fitted[i] - fitted[j])
    own = (games * (chance * (1 - chance))) @ np.abs(sides)
    usual = np.diag(np.linalg.inv(inverse)) - 1 / fitted.size
    scale = np.sqrt(usual / np.maximum(own, usual / 10))
    theta = np.tile(fitted, (wins.shape[0], 1))
    todo = np.arange(wins.shape[0])
    # wins − games·p with p = (1 + tanh(d/2))/2, which is several times faster than the logistic function itself.
    lead, half = wins - games / 2, games / 2
    for _ in range(_CHORD_STEPS):
        now = theta[todo]
        gradient = (lead - half * np.tanh((now[:, i] - now[:, j]) / 2)) @ sides
        step = ((gradient * scale) @ inverse) * scale
        longest = np.abs(step).max(axis=1)
        theta[todo] = now + step * np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))[:, None]
        more = longest > _CHORD_PRECISION
        if not more.any():
            break
        if more.sum() * 2 < more.size:
            todo, lead, half, scale = todo[more], lead[more], half[more], scale[more]
    else:
        theta[todo] = newton(wins[todo], games[todo], i, j, fitted)
    centred: Floats = theta - theta.mean(axis=1, keepdims=True)
    return centred


def information(weights: Floats, i: Ints, j: Ints, candidates: int) -> Floats:
    """The Fisher information, a weighted Laplacian (batch × K × K), plus 1/K everywhere, which only fixes the mean."""
    out = np.full((weights.shape[0], candidates, candidates), 1 / candidates)
    out[:, i, j] -= weights
    out[:, j, i] -= weights
    diagonal = np.arange(candidates)
    out[:, diagonal, diagonal] += weights @ np.abs(_sides(i, j, candidates))
    return out


def _sides(i: Ints, j: Ints, candidates: int) -> Floats:
    """Pairs × candidates: +1 for `i`, −1 for `j`."""
    out = np.zeros((i.size, candidates))
    out[np.arange(i.size), i] = 1.0
    out[np.arange(i.size), j] = -1.0
    return out


def separated(wins: Floats, games: Floats, i: Ints, j: Ints, candidates: int) -> Bools:
    """Which results of a batch have no finite rating: the graph "scored against" is not strongly connected (Ford's condition)."""
    scored = np.zeros((wins.shape[0], candidates, candidates), dtype=np.float32)
    scored[:, i, j] = wins > 1e-12
    scored[:, j, i] = games - wins > 1e-12
    return np.logical_not(_all_reached(scored) & _all_reached(scored.transpose(0, 2, 1)))


def _all_reached(edges: NDArray[np.float32]) -> Bools:
    """Whether everyone can be reached from candidate 0."""
    reached = np.zeros(edges.shape[:2], dtype=np.float32)
    reached[:, 0] = 1.0
    for _ in range(edges.shape[1]):
        wider = np.minimum(1.0, reached + (reached[:, None, :] @ edges)[:, 0, :])
        if (wider == reached).all():
            break
        reached = wider
    return np.asarray((reached > 0).all(axis=1))


def strengths(table: Matchups) -> Strengths:
    """The rating of the data and its cluster-robust covariance V = H⁻¹ M H⁻¹, M = C/(C−1) Σ_c g_c g_cᵀ.

    H is the Fisher information, g_c the score of cluster c (Liang and Zeger, Biometrika 73, 1986, p. 15; MacKinnon and White for
    the factor). The games must connect all candidates; ValueError else. No covariance with fewer than two clusters.
    """
    if len(table.components()) != 1:
        raise ValueError("the games do not connect all candidates")
    wins, games = table.totals()
    split = bool(separated(wins[None], games[None], table.i, table.j, table.candidates)[0])
    pseudo = PSEUDO_TIES if split else 0.0
    start = np.zeros(table.candidates)
    theta = newton((wins + pseudo / 2)[None], (games + pseudo)[None], table.i, table.j, start)[0]
    chance = expit(theta[table.i] - theta[table.j])
    weights = (games + pseudo) * chance * (1 - chance)
    inverse = np.linalg.inv(information(weights[None], table.i, table.j, table.candidates)[0])
    return Strengths(theta, inverse, _covariance(table, chance, inverse), split)


def _covariance(table: Matchups, chance: Floats, inverse: Floats) -> Floats | None:
    number = table.clusters
    if number < 2:
        return None
    scores = (table.wins - table.games.multiply(chance).tocsr()) @ _sides(table.i, table.j, table.candidates)
    middle = (scores * table.count[:, None]).T @ scores * number / (number - 1)
    out: Floats = inverse @ middle @ inverse
    return out


def bootstrap(table: Matchups, fitted: Strengths, rng: np.random.Generator, draws: int) -> Draws:
    """Strengths of `draws` sets of clusters drawn with replacement; draws without a finite rating get pseudo ties, counted."""
    blocks, count = [], 0
    for wins, games in table.resampled(rng, draws):
        split = separated(wins, games, table.i, table.j, table.candidates)
        wins[split] += PSEUDO_TIES / 2
        games[split] += PSEUDO_TIES
        count += int(split.sum())
        blocks.append(refit(wins, games, table.i, table.j, fitted.theta, fitted.inverse))
    return Draws(np.concatenate(blocks) if blocks else np.zeros((0, table.candidates)), count)


def ranks(theta: Floats) -> Ints:
    """Rank of each candidate in each row: one more than the number of clearly stronger ones; equals share the better rank."""
    stronger = theta[:, None, :] > theta[:, :, None] + 1e-9
    out: Ints = 1 + stronger.sum(axis=2)
    return out


def rate(table: Matchups, candidates: tuple[str, ...], rules: Rules) -> tuple[tuple[Rating, ...] | None, RatingFit]:
    """Ratings of the candidates in their order and how they were come by; no ratings when games do not connect them all.

    `low`, `high`: rating ± t(C−1)·SE, cluster-robust; `boot_*`: the middle 1 − alpha of the bootstrap; both of the rating with
    mean 1000 over these candidates, so a rating has meaning only relative to the others.
    """
    groups = table.components()
    named = tuple(tuple(candidates[k] for k in group) for group in groups)
    if len(groups) != 1 or table.candidates < 2:
        return None, RatingFit(len(groups) == 1, named, False, 0.0, table.clusters, 0, 0)
    fitted = strengths(table)
    draws = None
    if rules.draws and table.clusters > 1:
        draws = bootstrap(table, fitted, np.random.default_rng([rules.seed, 2]), rules.draws)
    fit = RatingFit(
        connected=True,
        components=named,
        separated=fitted.separated,
        pseudo_ties=PSEUDO_TIES if fitted.separated else 0.0,
        clusters=table.clusters,
        draws=rules.draws if draws else 0,
        separated_draws=draws.separated if draws else 0,
    )
    return _ratings(fitted, draws, table.clusters, rules.alpha), fit


def _ratings(fitted: Strengths, draws: Draws | None, clusters: int, alpha: float) -> tuple[Rating, ...]:
    rank = ranks(fitted.theta[None])[0]
    spread = np.sqrt(np.maximum(0.0, np.diag(fitted.covariance))) if fitted.covariance is not None else None
    half = t_quantile(alpha, clusters - 1) if spread is not None else 0.0
    tails = np.quantile(draws.theta, [alpha / 2, 1 - alpha / 2], axis=0) if draws else None
    places = rank_ranges(draws.theta, alpha) if draws else None
    out = []
    for k, theta in enumerate(fitted.theta):
        se = float(spread[k]) * ELO if spread is not None else None
        value = MEAN_RATING + ELO * float(theta)
        out.append(
            Rating(
                value=value,
                se=se,
                low=value - half * se if se is not None else None,
                high=value + half * se if se is not None else None,
                boot_low=MEAN_RATING + ELO * float(tails[0, k]) if tails is not None else None,
                boot_high=MEAN_RATING + ELO * float(tails[1, k]) if tails is not None else None,
                rank=int(rank[k]),
                rank_low=int(places[0, k]) if places is not None else None,
                rank_high=int(places[1, k]) if places is not None else None,
            )
        )
    return tuple(out)


def rank_ranges(theta: Floats, alpha: float) -> Ints:
    """Best and worst rank of each candidate in the middle 1 − alpha of the draws, rounded outwards: 2 × candidates."""
    step = max(1, 2_000_000 // theta.shape[1] ** 2)
    placed = np.concatenate([ranks(theta[start : start + step]) for start in range(0, theta.shape[0], step)])
    low = np.quantile(placed, alpha / 2, axis=0, method="lower")
    high = np.quantile(placed, 1 - alpha / 2, axis=0, method="higher")
    return np.stack([low, high]).astype(np.int64)
