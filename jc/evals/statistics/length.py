"""The rating with the length of the answers held equal: how much of a rank is bought with more words.

AlpacaEval's length control (Dubois et al., arXiv 2404.04475, section 3): the log-odds of a win are θ_i − θ_j plus a coefficient
times tanh of the standardised length difference. Setting the length term to zero gives the win rate as if all answers were
equally long. Their third term, difficulty per prompt, needs a fixed set of prompts and is left out.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, stdtr

from jc.evals.statistics.intervals import t_quantile
from jc.evals.statistics.rating import ELO, MEAN_RATING, PSEUDO_TIES, separated
from jc.evals.statistics.units import Bouts, Floats, Ints
from jc.evals.statistics.values import LengthFit

_STEPS = 60
_LONGEST = 1.5
_RUNAWAY = 30.0
"""A coefficient beyond this is no finite maximum: length alone tells every winner."""


@dataclass(frozen=True, slots=True)
class Controlled:
    """Ratings at equal length (Elo scale, mean 1000), their intervals, and win rates against the mean of the others."""

    rating: Floats
    low: Floats | None
    high: Floats | None
    win_rate: Floats
    fit: LengthFit


@dataclass(frozen=True, slots=True)
class _Rows:
    candidates: int
    i: Ints
    j: Ints
    x: Floats
    score: Floats
    cluster: Ints
    pseudo: Floats
    """Pseudo ties per ordered pair of candidates, K × K; zero unless separated."""


def controlled(rows: Bouts, alpha: float = 0.05) -> Controlled | None:
    """The length-controlled fit over the bouts with known lengths.

    None when fewer than two bouts have lengths, when all differences are alike, when the bouts with lengths do not connect all
    candidates, or when length and candidate cannot be told apart. Standard errors are cluster-robust as those of the rating.
    """
    known = ~np.isnan(rows.length)
    sd = float(np.std(rows.length[known], ddof=1)) if known.sum() > 1 else 0.0
    if sd == 0:
        return None
    number = len(rows.names.candidates)
    _, cluster = np.unique(rows.cluster[known], return_inverse=True)
    i, j, score = rows.i[known], rows.j[known], rows.score[known]
    pseudo = _pseudo(i, j, score, number)
    if pseudo is None:
        return None
    data = _Rows(number, i, j, np.tanh(rows.length[known] / sd), score, cluster, pseudo)
    found = _newton(data)
    if found is None:
        return None
    covariance = _covariance(data, found)
    return _told(data, found, covariance, sd, alpha)


def _pseudo(i: Ints, j: Ints, score: Floats, number: int) -> Floats | None:
    """Pseudo ties where the bouts have no finite rating; None when they do not connect all candidates."""
    wins = np.zeros((number, number))
    np.add.at(wins, (i, j), score)
    np.add.at(wins, (j, i), 1 - score)
    played = wins + wins.T > 0
    upper_i, upper_j = np.nonzero(np.triu(played, 1))
    games = (wins + wins.T)[upper_i, upper_j]
    if separated(games[None] / 2, games[None], upper_i, upper_j, number)[0]:
        return None
    split = separated(wins[upper_i, upper_j][None], games[None], upper_i, upper_j, number)[0]
    return np.where(played & bool(split), PSEUDO_TIES, 0.0)


def _information(data: _Rows, weight: Floats, theta: Floats) -> Floats:
    """Fisher information of candidates and coefficient, plus 1/K on the candidates, which only fixes the mean."""
    number = data.candidates
    out = np.zeros((number + 1, number + 1))
    np.add.at(out, (data.i, data.j), -weight)
    np.add.at(out, (data.j, data.i), -weight)
    chance = expit(theta[:, None] - theta[None, :])
    out[:number, :number] -= data.pseudo * chance * (1 - chance)
    out[np.arange(number), np.arange(number)] = -out[:number, :number].sum(axis=1)
    out[:number, :number] += 1 / number
    cross = np.bincount(data.i, weight * data.x, number) - np.bincount(data.j, weight * data.x, number)
    out[number, :number] = out[:number, number] = cross
    out[number, number] = float(weight @ data.x**2)
    return out


def _newton(data: _Rows) -> Floats | None:
    """Candidates' log-odds (mean 0) and the coefficient at the maximum; None when there is no finite or no single one."""
    number = data.candidates
    found = np.zeros(number + 1)
    for _ in range(_STEPS):
        theta = found[:number]
        chance = expit(theta[data.i] - theta[data.j] + found[number] * data.x)
        off = data.score - chance
        gradient = np.append(np.bincount(data.i, off, number) - np.bincount(data.j, off, number), off @ data.x)
        gradient[:number] += (data.pseudo * (0.5 - expit(theta[:, None] - theta[None, :]))).sum(axis=1)
        information = _information(data, chance * (1 - chance), theta)
        if not np.linalg.cond(information) < 1e12:
            return None
        step = np.linalg.solve(information, gradient)
        longest = float(np.abs(step).max())
        found = found + step * min(1.0, _LONGEST / max(longest, 1e-300))
        if np.abs(found).max() > _RUNAWAY:
            return None
        if longest < 1e-9:
            break
    return found


def _covariance(data: _Rows, found: Floats) -> Floats | None:
    number, clusters = data.candidates, int(data.cluster.max()) + 1
    if clusters < 2:
        return None
    theta = found[:number]
    chance = expit(theta[data.i] - theta[data.j] + found[number] * data.x)
    off = data.score - chance
    scores = np.zeros((clusters, number + 1))
    np.add.at(scores, (data.cluster, data.i), off)
    np.add.at(scores, (data.cluster, data.j), -off)
    np.add.at(scores, (data.cluster, np.full(off.size, number)), off * data.x)
    inverse = np.linalg.inv(_information(data, chance * (1 - chance), theta))
    out: Floats = inverse @ (scores.T @ scores) @ inverse * (clusters / (clusters - 1))
    return out


def _told(data: _Rows, found: Floats, covariance: Floats | None, sd: float, alpha: float) -> Controlled:
    number = data.candidates
    theta, coefficient = found[:number] - found[:number].mean(), float(found[number])
    chance = expit(theta[:, None] - theta[None, :])
    win_rate = (chance.sum(axis=1) - 0.5) / max(1, number - 1)
    rating = MEAN_RATING + ELO * theta
    split = bool(data.pseudo.any())
    if covariance is None:
        return Controlled(rating, None, None, win_rate, LengthFit(coefficient, None, None, sd, data.x.size, split))
    clusters = int(data.cluster.max()) + 1
    spread = np.sqrt(np.maximum(0.0, np.diag(covariance)))
    se = float(spread[number])
    p = min(1.0, 2 * float(stdtr(clusters - 1, -abs(coefficient) / se))) if se > 0 else None
    half = t_quantile(alpha, clusters - 1) * ELO * spread[:number]
    fit = LengthFit(coefficient, se, p, sd, data.x.size, split)
    return Controlled(rating, rating - half, rating + half, win_rate, fit)
