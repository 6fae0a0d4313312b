import numpy as np
import pytest
from scipy import stats

from jc.evals.statistics.judge_card import (
    agreement_of_games,
    agreement_of_marks,
    binomial_p,
    judge_card,
    mark_card,
    one_judge,
    own_family,
)
from jc.evals.statistics.units import bouts, columns, names_of_marks, scores_of_marks, units
from jc.evals.statistics.values import Game, JudgeCard, Mark


def unit(prompt: str, first: float | None, second: float | None, judge: str = "j", pair: str = "xy") -> list[Game]:
    """The two games of a unit: score of the first name when it stands first and when it stands second."""
    a, b = pair[0], pair[1]
    return [Game(prompt, a, b, first, "ab", judge), Game(prompt, a, b, second, "ba", judge)]


def card(games: list[Game]) -> JudgeCard:
    table = columns(games)
    return judge_card(0, table, units(table), {})


def test_the_card_counts_games_and_units() -> None:
    """One consistent win, one flip to the first place, one flip to the second, one double tie, one unread."""
    found = card([*unit("p", 1, 1), *unit("q", 1, 0), *unit("r", 0, 1), *unit("s", 0.5, 0.5), *unit("t", None, 1)])
    assert (found.games, found.unparsed, found.ties) == (10, 1, 2)
    assert (found.both_orders, found.consistent) == (4, 2)
    assert (found.flips_first, found.flips_second, found.flips_p) == (1, 1, 1.0)
    # Decisive: two of p, two of q, two of r, one of t. First place won p once, q twice, t never (y stood first and lost).
    assert (found.decisive, found.first_wins) == (7, 3)
    assert found.first_share == pytest.approx(3 / 7)
    assert found.consistency is not None
    assert found.consistency.value == 0.5


def test_a_judge_that_always_takes_the_first_place_is_found_out() -> None:
    """Ten flips to the first place: share 1, p of 20 games and of 10 flips."""
    found = card([game for k in range(10) for game in unit(f"p{k}", 1, 0)])
    assert found.first_share == 1.0
    assert found.first_p == pytest.approx(stats.binomtest(20, 20).pvalue)
    assert found.flips_p == pytest.approx(stats.binomtest(10, 10).pvalue)
    assert found.consistent == 0


def test_a_consistent_judge_wins_half_with_the_first_place() -> None:
    """Whoever wins, wins once from each place."""
    found = card([game for k in range(8) for game in unit(f"p{k}", float(k % 2), float(k % 2))])
    assert (found.first_share, found.first_p, found.flips_p) == (0.5, 1.0, None)


def test_games_without_an_order_say_nothing_about_places() -> None:
    """Verdicts of other tools may not tell who stood first."""
    found = card([Game("p", "x", "y", 1.0), Game("q", "x", "y", 0.0)])
    assert (found.games, found.decisive, found.first_share, found.first_p, found.consistency) == (2, 0, None, None, None)


def test_the_binomial_p_is_scipys() -> None:
    """Two-sided against one half."""
    for successes, n in ((3, 10), (5, 10), (0, 4), (61, 100)):
        assert binomial_p(successes, n) == pytest.approx(stats.binomtest(successes, n).pvalue)
    assert binomial_p(0, 0) is None


def test_marks_have_a_card_of_their_own() -> None:
    """Pointwise scores: how many, how many unread."""
    found = mark_card("j", [Mark("p", "x", 7.0), Mark("q", "x", None)])
    assert (found.marks, found.unparsed_marks, found.games) == (2, 1, 0)


FAMILIES = {"j": "red", "k": "blue", "x": "red", "y": "green", "z": "green"}


def test_the_own_family_gap_against_other_judges() -> None:
    """The red judge gives red x a full win where the blue judge sees a tie: a gap of ½ on each prompt."""
    games = [game for k in range(6) for game in (*unit(f"p{k}", 1, 1, "j"), *unit(f"p{k}", 0.5, 0.5, "k"))]
    rows = units(columns(games))
    found = own_family(0, rows, FAMILIES)
    assert found is not None
    assert (found.family, found.candidates, found.against) == ("red", ("x",), "other judges")
    assert found.gap.value == 0.5
    assert own_family(1, rows, FAMILIES) is None


def test_the_own_family_gap_without_another_judge_may_be_quality() -> None:
    """Alone, the red judge's gap is the win rate of red minus that of the others."""
    games = [game for k in range(4) for game in unit(f"p{k}", 1.0, float(k % 2), "j")]
    found = own_family(0, units(columns(games)), FAMILIES)
    assert found is not None
    assert (found.against, found.gap.value) == ("other candidates", 0.5)


def test_the_own_family_may_stand_second_and_play_among_itself() -> None:
    """w is no red candidate and comes before x by name; games of two red candidates are left out of the gap."""
    families = {**FAMILIES, "w": "green", "xx": "red"}
    mixed = [game for k in range(4) for game in unit(f"p{k}", 0.0, float(k % 2), "j", "wx")]
    inside = [Game(f"p{k}", "x", "xx", 1.0, "ab", "j") for k in range(4)]
    found = own_family(0, units(columns([*mixed, *inside])), families)
    assert found is not None
    # x beats w outright on two prompts and ties on two.
    assert (found.candidates, found.gap.value, found.gap.n) == (("x", "xx"), 0.5, 4)


def test_games_inside_a_family_say_nothing_about_it() -> None:
    """Green against green does not count for a red judge, and an unknown judge has no family."""
    rows = units(columns([*unit("p", 1, 1, "j", "yz")]))
    assert own_family(0, rows, FAMILIES) is None
    assert own_family(0, rows, {}) is None


def test_agreement_with_labels_of_games() -> None:
    """Three right, one wrong (a tie where people saw a winner); labels may be written the other way round."""
    games = [*unit("p", 1, 1), *unit("q", 0, 0), *unit("r", 1, 1), *unit("s", 1, 0), *unit("t", 1, 1)]
    labels = [Game("p", "x", "y", 1.0), Game("q", "y", "x", 1.0), Game("r", "x", "y", 1.0), Game("s", "x", "y", 0.0)]
    rows = bouts(units(columns(games)))
    found = agreement_of_games(rows, [*labels, Game("zz", "x", "y", 1.0), Game("t", "x", "y", None)])
    assert found is not None
    assert found.units == 4
    assert found.accuracy.value == 0.75
    assert found.kappa == pytest.approx((0.75 - (0.5 * 0.5 + 0.25 * 0.5)) / (1 - 0.375))
    assert found.alpha_nominal is not None
    assert [one.candidate for one in found.corrected] == ["x", "y"]
    assert found.corrected[0].labelled == 4
    assert found.corrected[0].labels.value == 0.5
    assert found.corrected[0].judge.value == pytest.approx((1 + 0 + 1 + 0.5 + 1) / 5)
    # y: labels 0, 1, 0, 1 with the judge at 0, 1, 0, ½, and 0 on the one prompt without a label, which alone is the rest.
    weight = found.corrected[1].weight
    assert 0 < weight < 1
    assert found.corrected[1].corrected.value == pytest.approx(0.5 + weight * (0 - 1.5 / 4))
    assert found.corrected[1].corrected.n == 5


def test_no_common_case_is_no_agreement() -> None:
    """Labels of other prompts or pairs."""
    rows = bouts(units(columns(unit("p", 1, 1))))
    assert agreement_of_games(rows, [Game("q", "x", "y", 1.0)]) is None
    assert agreement_of_games(rows, []) is None


def test_agreement_with_labels_of_marks() -> None:
    """Equal ratings on two of three answers; ordinal alpha forgives a near miss more than nominal does."""
    marks = [Mark(f"p{k}", "x", score, "j") for k, score in enumerate([7.0, 3.0, 9.0, 5.0])]
    people = [Mark(f"p{k}", "x", score) for k, score in enumerate([7.0, 3.0, 8.0])]
    names = names_of_marks([*marks, *people])
    found = agreement_of_marks(scores_of_marks(marks, names), scores_of_marks(people, names))
    assert found is not None
    assert found.units == 3
    assert found.accuracy.value == pytest.approx(2 / 3)
    assert found.alpha_interval is not None
    assert found.alpha_nominal is not None
    assert found.alpha_interval > 0.9 > found.alpha_nominal
    assert found.corrected[0].judge.value == 6.0


def test_one_judge_alone() -> None:
    """The bouts of one judge are its own units only."""
    rows = units(columns([*unit("p", 1, 1, "j"), *unit("p", 0, 0, "k")]))
    assert one_judge(rows, 0).score.tolist() == [1.0]
    assert one_judge(rows, 1).score.tolist() == [0.0]
    assert np.isclose(bouts(rows).score[0], 0.5)
