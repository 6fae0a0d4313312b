import numpy as np
import pytest
from scipy.optimize import minimize

from jc.evals.statistics.length import controlled
from jc.evals.statistics.rating import ELO
from jc.evals.statistics.units import Bouts, bouts, columns, units
from jc.evals.statistics.values import Game


def verbose(seed: int, prompts: int, pull: float) -> list[Game]:
    """Three candidates of equal strength; c2 writes twice as much and the judge likes length by `pull`."""
    rng = np.random.default_rng(seed)
    games = []
    for prompt in range(prompts):
        lengths = rng.lognormal([5.0, 5.0, 5.7], 0.4)
        for i, j in ((0, 1), (0, 2), (1, 2)):
            chance = 1 / (1 + np.exp(-pull * np.tanh((lengths[i] - lengths[j]) / 120)))
            score = float(rng.random() < chance)
            games.append(Game(f"p{prompt}", f"c{i}", f"c{j}", score, length_a=float(lengths[i]), length_b=float(lengths[j])))
    return games


def rows_of(games: list[Game]) -> Bouts:
    return bouts(units(columns(games)))


def test_length_control_takes_away_what_length_bought() -> None:
    """Equal candidates, one verbose: the raw win rate of the verbose one is far over ½, the controlled one is not."""
    rows = rows_of(verbose(1, 600, 1.5))
    found = controlled(rows)
    assert found is not None
    raw = np.mean(np.concatenate([1 - rows.score[rows.j == 2], rows.score[rows.i == 2]]))
    assert raw > 0.6
    assert found.win_rate[2] == pytest.approx(0.5, abs=0.04)
    assert found.fit.coefficient > 1
    assert found.fit.p is not None
    assert found.fit.p < 1e-6


def test_a_judge_that_does_not_care_about_length_gets_no_coefficient() -> None:
    """No pull: zero lies in the interval and the win rates stay."""
    found = controlled(rows_of(verbose(2, 400, 0.0)))
    assert found is not None
    assert found.fit.se is not None
    assert abs(found.fit.coefficient) < 2 * found.fit.se


def test_the_fit_is_the_maximum_of_its_likelihood() -> None:
    """SciPy's BFGS on the logistic likelihood with the length term finds the same numbers."""
    rows = rows_of(verbose(3, 80, 1.0))
    x = np.tanh(rows.length / np.std(rows.length, ddof=1))

    def loss(beta: np.ndarray) -> float:
        gap = beta[rows.i] - beta[rows.j] + beta[3] * x
        return float(np.sum(np.logaddexp(0, gap) - rows.score * gap))

    best = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-9}).x
    found = controlled(rows)
    assert found is not None
    assert found.fit.coefficient == pytest.approx(best[3], abs=1e-5)
    assert found.rating == pytest.approx(1000 + ELO * (best[:3] - best[:3].mean()), abs=1e-2)


def test_the_error_of_the_coefficient_is_the_sandwich_of_its_design() -> None:
    """H⁻¹ M H⁻¹ of the logistic regression with one candidate left out, 20 clusters of four prompts, times C/(C−1)."""
    games = [game._replace(cluster=f"k{int(game.prompt[1:]) // 4}") for game in verbose(6, 80, 1.0)]
    rows = rows_of(games)
    found = controlled(rows)
    assert found is not None
    x = np.tanh(rows.length / np.std(rows.length, ddof=1))
    design = np.zeros((rows.i.size, 4))
    design[np.arange(rows.i.size), rows.i] = 1
    design[np.arange(rows.i.size), rows.j] = -1
    design = np.column_stack([design[:, 1:3], x])
    strength = (found.rating - found.rating[0]) / ELO
    chance = 1 / (1 + np.exp(-design @ np.array([strength[1], strength[2], found.fit.coefficient])))
    bread = np.linalg.inv(design.T @ (design * (chance * (1 - chance))[:, None]))
    scores = np.stack([(design * (rows.score - chance)[:, None])[rows.cluster == k].sum(axis=0) for k in range(20)])
    expected = bread @ (scores.T @ scores) @ bread * 20 / 19
    assert found.fit.se == pytest.approx(np.sqrt(expected[2, 2]), rel=1e-6)


def test_without_lengths_there_is_no_controlled_fit() -> None:
    """No length known, all differences alike, or one bout only."""
    games = [Game(f"p{k}", "x", "y", float(k % 2)) for k in range(10)]
    assert controlled(rows_of(games)) is None
    assert controlled(rows_of([game._replace(length_a=9.0, length_b=4.0) for game in games])) is None
    assert controlled(rows_of([games[0]._replace(length_a=9.0, length_b=4.0), *games[1:]])) is None


def test_lengths_that_connect_only_some_candidates_give_no_fit() -> None:
    """z has games, but none with lengths."""
    games = [Game(f"p{k}", "x", "y", float(k % 2), length_a=float(k), length_b=1.0) for k in range(10)]
    games += [Game(f"p{k}", "y", "z", float(k % 2)) for k in range(10)]
    assert controlled(rows_of(games)) is None


def test_length_that_tells_every_winner_gives_no_fit() -> None:
    """The longer answer always wins: no finite coefficient exists."""
    games = [Game(f"p{k}", "x", "y", float(k % 2), length_a=100.0 + (50 if k % 2 else -50), length_b=100.0) for k in range(40)]
    assert controlled(rows_of(games)) is None


def test_a_candidate_that_won_everything_is_held_finite() -> None:
    """Pseudo ties as in the raw rating, and said so."""
    rng = np.random.default_rng(4)
    games = [
        Game(f"p{k}", "x", "y", 1.0, length_a=float(rng.normal(100, 9)), length_b=float(rng.normal(100, 9))) for k in range(20)
    ]
    found = controlled(rows_of(games))
    assert found is not None
    assert found.fit.separated
    assert 400 < found.rating[0] - found.rating[1] < 900


def test_one_cluster_has_no_interval() -> None:
    """The coefficient is told without an error."""
    games = [game._replace(cluster="k") for game in verbose(5, 60, 1.0)]
    found = controlled(rows_of(games))
    assert found is not None
    assert (found.low, found.fit.se, found.fit.p) == (None, None, None)
