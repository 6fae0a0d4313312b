import numpy as np
import pytest

from jc.evals.statistics.matchups import Matchups, matchups
from jc.evals.statistics.units import bouts, columns, units
from jc.evals.statistics.values import Game
from tests.evals.statistics.sample_games import round_robin


def table(games: list[Game]) -> Matchups:
    return matchups(bouts(units(columns(games))))


def test_alike_clusters_are_one_pattern() -> None:
    """Three prompts won by x, one tied: two patterns with counts 1 and 3."""
    found = table([Game(f"p{k}", "x", "y", score) for k, score in enumerate([1.0, 1.0, 0.5, 1.0])])
    assert sorted(found.count.tolist()) == [1, 3]
    assert found.clusters == 4
    wins, games = found.totals()
    assert (wins.tolist(), games.tolist()) == ([3.5], [4.0])


def test_a_cluster_adds_up_its_prompts() -> None:
    """Two prompts of one cluster are one pattern with two games."""
    found = table([Game("p", "x", "y", 1.0, cluster="k"), Game("q", "x", "y", 0.5, cluster="k")])
    assert found.count.tolist() == [1]
    assert found.totals()[0].tolist() == [1.5]


@pytest.mark.parametrize("alike", [True, False])
def test_a_draw_holds_as_many_clusters_as_the_data(alike: bool) -> None:
    """Whole clusters are drawn: every draw has the games of as many prompts, on average the wins of the data."""
    games = round_robin(1, 80, [0.0, 1.0, 0.5, 0.2] if not alike else [0.0, 1.0])
    data = table(games)
    assert (data.count.size * 8 > data.clusters) is not alike
    wins, played = (np.concatenate(parts) for parts in zip(*data.resampled(np.random.default_rng(2), 3000), strict=True))
    assert wins.shape == (3000, data.i.size)
    assert (played == 80).all()
    spread = data.totals()[0]
    assert wins.mean(axis=0) == pytest.approx(spread, abs=0.5)


def test_the_names_of_prompts_do_not_change_a_draw() -> None:
    """Patterns are sorted by what they hold."""
    games = round_robin(3, 40, [0.0, 0.5, 1.0])
    renamed = [game._replace(prompt=f"x{99 - int(game.prompt[1:])}") for game in games]
    first = next(table(games).resampled(np.random.default_rng(5), 10))
    second = next(table(renamed).resampled(np.random.default_rng(5), 10))
    assert (first[0] == second[0]).all()


def test_groups_of_candidates_that_met() -> None:
    """a–b–c hang together through b; x and y apart."""
    games = [Game("p", "a", "b", 1.0), Game("p", "b", "c", 1.0), Game("p", "x", "y", 1.0)]
    assert table(games).components() == [[0, 1, 2], [3, 4]]


def test_no_games_are_no_patterns() -> None:
    """Only unread verdicts leave two candidates alone."""
    found = table([Game("p", "x", "y", None)])
    assert (found.clusters, found.components()) == (0, [[0], [1]])
