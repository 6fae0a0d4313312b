import pytest

from jc.evals.statistics.units import bouts, columns, units
from jc.evals.statistics.values import Game
from jc.evals.statistics.winmatrix import win_matrix


def test_a_cell_counts_units_and_averages_prompts() -> None:
    """Two wins, one tie of orders and one loss on four prompts."""
    games = []
    for prompt, (first, second) in {"p": (1.0, 1.0), "q": (1.0, 1.0), "r": (1.0, 0.0), "s": (0.0, 0.0)}.items():
        games += [Game(prompt, "x", "y", first, "ab"), Game(prompt, "x", "y", second, "ba")]
    rows = units(columns(games))
    here, there = win_matrix(rows, bouts(rows))
    assert (here.a, here.b, here.units, here.wins, here.ties, here.losses) == ("x", "y", 4, 2, 1, 1)
    assert (there.a, there.b, there.wins, there.ties, there.losses) == ("y", "x", 1, 1, 2)
    assert here.score is not None
    assert there.score is not None
    assert here.score.value == 0.625
    assert there.score.low == pytest.approx(1 - (here.score.high or 0))


def test_pairs_that_never_met_have_no_cell() -> None:
    """Only played pairs are told."""
    rows = units(columns([Game("p", "x", "y", 1.0), Game("p", "y", "z", 1.0)]))
    assert [(cell.a, cell.b) for cell in win_matrix(rows, bouts(rows))] == [("x", "y"), ("y", "x"), ("y", "z"), ("z", "y")]
