import numpy as np
import pytest

from jc.evals.statistics.units import bouts, columns, scores_of_bouts, scores_of_marks, unit_list, units
from jc.evals.statistics.values import Game, Mark


def test_the_two_orders_of_a_pair_are_averaged() -> None:
    """A win in one order and a tie in the other are three quarters of a win."""
    found = unit_list([Game("p", "x", "y", 1.0, "ab", "j"), Game("p", "x", "y", 0.5, "ba", "j")])
    assert [(unit.a, unit.b, unit.score_a, unit.consistent) for unit in found] == [("x", "y", 0.75, False)]


def test_a_disagreement_of_the_orders_is_a_tie() -> None:
    """The judge took the first place twice: half a win for each, and not consistent."""
    found = unit_list([Game("p", "x", "y", 1.0, "ab", "j"), Game("p", "x", "y", 0.0, "ba", "j")])
    assert (found[0].score_a, found[0].consistent) == (0.5, False)


def test_names_are_put_in_order_and_scores_turned_with_them() -> None:
    """A game written as y against x counts for x against y with the score and the order turned round."""
    found = unit_list([Game("p", "y", "x", 1.0, "ab", "j"), Game("p", "x", "y", 0.0, "ab", "j")])
    assert [(unit.a, unit.b, unit.score_a, unit.consistent) for unit in found] == [("x", "y", 0.0, True)]


def test_a_unit_with_one_unreadable_order_is_left_out() -> None:
    """One readable order alone would let the lean to a place through."""
    rows = units(columns([Game("p", "x", "y", 1.0, "ab", "j"), Game("p", "x", "y", None, "ba", "j")]))
    assert np.isnan(rows.score[0])
    assert rows.half.tolist() == [True]
    assert bouts(rows).score.size == 0


def test_an_unreadable_verdict_is_never_a_loss() -> None:
    """A unit nobody could read has no score; the other prompts keep theirs."""
    games = [
        Game("p", "x", "y", None, "ab"),
        Game("p", "x", "y", None, "ba"),
        Game("q", "x", "y", 1.0, "ab"),
        Game("q", "x", "y", 1.0, "ba"),
    ]
    assert [unit.score_a for unit in unit_list(games)] == [None, 1.0]
    assert scores_of_bouts(bouts(units(columns(games)))).of(0)[1].tolist() == [1.0]


def test_a_single_order_that_was_never_played_twice_counts() -> None:
    """Verdicts of other tools often have one order only."""
    assert [unit.score_a for unit in unit_list([Game("p", "x", "y", 1.0, "ab"), Game("q", "x", "y", 0.0)])] == [1.0, 0.0]


def test_judges_and_epochs_are_averaged_per_prompt_and_pair() -> None:
    """Three units of one prompt and pair make one bout."""
    games = [
        Game("p", "x", "y", 1.0, "ab", "j"),
        Game("p", "x", "y", 0.0, "ab", "k"),
        Game("p", "x", "y", 0.5, "ab", "k", epoch=1),
    ]
    assert len(unit_list(games)) == 3
    assert bouts(units(columns(games))).score.tolist() == [0.5]


def test_repeated_games_of_one_order_do_not_outweigh_the_other_order() -> None:
    """Three games with x first and one with y first: the orders weigh the same."""
    games = [Game("p", "x", "y", 1.0, "ab")] * 3 + [Game("p", "x", "y", 0.0, "ba")]
    assert unit_list(games)[0].score_a == 0.5


def test_lengths_become_differences_of_the_first_name_minus_the_second() -> None:
    """The difference follows the turned pair; an unknown length stays unknown."""
    games = [Game("p", "y", "x", 1.0, length_a=10, length_b=30), Game("q", "x", "y", 1.0, length_a=5)]
    rows = bouts(units(columns(games)))
    assert rows.length[0] == 20
    assert np.isnan(rows.length[1])


def test_a_cluster_and_a_prompt_of_the_same_name_stay_apart() -> None:
    """Cluster `p` holds q and r; prompt p stands for itself."""
    marks = [Mark("p", "x", 1.0), Mark("q", "x", 1.0, cluster="p"), Mark("r", "x", 1.0, cluster="p")]
    assert scores_of_marks(marks).names.cluster_of.tolist() == [1, 0, 0]


def test_a_prompt_in_two_clusters_is_refused() -> None:
    """Clusters are families of prompts, so a prompt has one."""
    with pytest.raises(ValueError, match="'p' belongs to two clusters"):
        columns([Game("p", "x", "y", 1.0, cluster="k"), Game("p", "x", "y", 1.0, cluster="l")])


def test_a_candidate_cannot_play_itself() -> None:
    """Such a game says nothing and would always be a tie."""
    with pytest.raises(ValueError, match="'x'"):
        columns([Game("p", "x", "x", 1.0)])


def test_no_games_are_no_units() -> None:
    """Nothing in, nothing out."""
    assert unit_list([]) == []
    assert scores_of_marks([]).score.size == 0
