import json
from dataclasses import asdict

import pytest

from jc.evals.statistics.standings import standings
from jc.evals.statistics.values import Evidence, Game, Mark, Rules
from tests.evals.statistics.sample_games import round_robin

MATRIX = {
    "p1": (1, 1, 0), "p2": (1, 0, 0), "p3": (1, 1, 1), "p4": (1, 0, 0), "p5": (0, 0, 0), "p6": (1, 1, 0), "p7": (1, 0, 1),
    "p8": (1, 0, 0), "p9": (1, 1, 0), "p10": (1, 0, 0), "p11": (1, 1, 1), "p12": (1, 0, 0),
}  # fmt: skip


def matrix_marks() -> list[Mark]:
    return [Mark(prompt, name, float(v)) for prompt, row in MATRIX.items() for name, v in zip("xyz", row, strict=True)]


def test_games_give_everything_at_once() -> None:
    """Three candidates, best first, with records, ratings, all pairs, all cells and the judge's card."""
    found = standings(Evidence(round_robin(1, 60, [0.0, 1.5, 0.7])))
    assert [one.candidate for one in found.standings] == ["c1", "c2", "c0"]
    assert (found.basis, found.prompts, found.common_prompts, found.clusters) == ("games", 60, 60, 60)
    assert [(pair.a, pair.b, pair.basis) for pair in found.pairs] == [
        ("c1", "c2", "direct"),
        ("c1", "c0", "direct"),
        ("c2", "c0", "direct"),
    ]
    assert len(found.cells) == 6
    cells = {(cell.a, cell.b): cell.score for cell in found.cells}
    for pair in found.pairs:
        score = cells[pair.a, pair.b]
        assert score is not None
        assert pair.difference is not None
        assert pair.difference.value == pytest.approx(2 * score.value - 1)
    for one in found.standings:
        assert one.wins + one.ties + one.losses == 120
        assert one.coverage == 1.0
        assert one.rating is not None
    assert sum(one.wins for one in found.standings) == sum(one.losses for one in found.standings)
    assert [card.judge for card in found.judges] == ["judge"]
    assert found.judges[0].games == 360
    assert found.notes == ()


def test_the_win_rate_is_the_mean_over_prompts_of_the_mean_over_opponents() -> None:
    """x beats y on both prompts and ties z on the one they share: (1 + ½)/2 and 1, so 0.875."""
    games = [Game("p", "x", "y", 1.0), Game("p", "x", "z", 0.5), Game("q", "x", "y", 1.0)]
    found = standings(Evidence(games))
    assert found.standings[0].candidate == "x"
    assert found.standings[0].score is not None
    assert found.standings[0].score.value == 0.875


def test_right_and_wrong_give_pass_rates_and_mcnemar() -> None:
    """A matrix of 12 prompts: shares with Wilson's interval, differences with exact p."""
    found = standings(Evidence(marks=matrix_marks()))
    assert found.basis == "scores"
    assert [one.candidate for one in found.standings] == ["x", "y", "z"]
    best = found.standings[0]
    assert best.pass_rate is not None
    assert best.pass_rate.method == "wilson"
    assert best.pass_rate.value == pytest.approx(11 / 12)
    pair = next(pair for pair in found.pairs if (pair.a, pair.b) == ("x", "z"))
    assert pair.difference is not None
    assert pair.difference.value == pytest.approx(8 / 12)
    # Eight prompts only x, none only z: both tests are 2/2⁸.
    assert pair.p == 2 / 2**8
    assert pair.mcnemar_p == pytest.approx(2 / 2**8)
    assert pair.p_holm == pytest.approx(3 * 2 / 2**8)
    assert pair.word == "better"
    assert (found.cells, found.fit, found.judges) == ((), None, ())


def test_candidates_without_a_common_opponent_design_are_compared_over_the_baseline() -> None:
    """x and y met only z, or only a: their difference is that of their scores against it, prompt by prompt."""
    _check_indirect("z")
    _check_indirect("a")


def _check_indirect(baseline: str) -> None:
    games = []
    for k in range(12):
        games += [Game(f"p{k}", "x", baseline, 1.0), Game(f"p{k}", "y", baseline, 0.0 if k % 2 else 1.0)]
    found = standings(Evidence(games))
    pair = next(pair for pair in found.pairs if {pair.a, pair.b} == {"x", "y"})
    assert (pair.basis, pair.a) == ("indirect", "x")
    assert pair.difference is not None
    assert pair.difference.value == 0.5
    assert pair.p == 2 / 2**6


def test_candidates_that_nothing_connects_are_left_undecided() -> None:
    """Two separate groups: no rating, no difference, and a note says why."""
    games = [Game(f"p{k}", *pair, float(k % 2)) for k in range(12) for pair in (("a", "b"), ("x", "y"))]
    found = standings(Evidence(games))
    assert all(one.rating is None for one in found.standings)
    assert found.notes[0] == "No ratings: no game connects these groups: a, b; x, y."
    across = next(pair for pair in found.pairs if {pair.a, pair.b} == {"a", "x"})
    assert (across.difference, across.p, across.word) == (None, None, "undecided")


def test_coverage_counts_prompts_of_the_set() -> None:
    """Half of the planned prompts have a verdict; a candidate with nothing at all is told too."""
    evidence = Evidence([Game("p", "x", "y", 1.0)], prompts=("p", "q"), candidates=("x", "y", "gone"))
    found = standings(evidence)
    assert [(one.candidate, one.prompts, one.coverage) for one in found.standings] == [
        ("x", 1, 0.5),
        ("y", 1, 0.5),
        ("gone", 0, 0.0),
    ]
    assert found.standings[2].score is None


def test_an_unread_verdict_is_a_gap_not_a_loss() -> None:
    """x has a win and an unread game: win rate 100 %, coverage half."""
    found = standings(Evidence([Game("p", "x", "y", 1.0, "ab"), Game("q", "x", "y", None, "ab")]))
    assert found.standings[0].score is not None
    assert (found.standings[0].score.value, found.standings[0].coverage, found.judges[0].unparsed) == (1.0, 0.5, 1)


def test_half_read_units_are_counted_and_told() -> None:
    """One unit lost an order."""
    extra = [Game("extra", "c0", "c1", 1.0, "ab", "judge"), Game("extra", "c0", "c1", None, "ba", "judge")]
    games = [*round_robin(2, 20, [0.0, 0.3]), *extra]
    found = standings(Evidence(games))
    assert found.half_read == 1
    assert "1 comparison left out because only one of two orders could be read." in found.notes


def test_notes_tell_what_rests_on_little() -> None:
    """Few prompts, a candidate that only won, and different prompts per candidate."""
    found = standings(Evidence([Game("p", "x", "y", 1.0), Game("q", "x", "y", 1.0), Game("r", "x", "z", 1.0)]))
    assert any(note.startswith("Only 3 independent prompts") for note in found.notes)
    assert any("only won or only lost" in note for note in found.notes)
    assert any(note.startswith("The means rest on different prompts") for note in found.notes)
    assert found.fit is not None
    assert found.fit.pseudo_ties == 1.0


def test_marks_stand_beside_games() -> None:
    """Games decide the order, the pointwise means are told in the same row, and the judge's card counts both."""
    games = [Game(f"p{k}", "x", "y", 1.0 if k % 3 else 0.0, judge="j") for k in range(12)]
    marks = [Mark(f"p{k}", name, score, "j") for k in range(12) for name, score in (("x", 0.6), ("y", 0.9))]
    found = standings(Evidence(games, [*marks, Mark("p0", "x", None, "j")]))
    assert [one.candidate for one in found.standings] == ["x", "y"]
    assert [one.marks.value for one in found.standings if one.marks] == pytest.approx([0.6, 0.9])
    assert (found.judges[0].games, found.judges[0].marks, found.judges[0].unparsed_marks) == (12, 25, 1)


def test_epochs_of_right_and_wrong_give_pass_k() -> None:
    """Two tries at each prompt: pass@1 and pass@2 stand with the candidate."""
    marks = [Mark(f"p{k}", "x", float((k + epoch) % 2), epoch=epoch) for k in range(10) for epoch in range(2)]
    found = standings(Evidence(marks=marks)).standings[0]
    assert [one.k for one in found.pass_k] == [1, 2]
    assert found.pass_k[1].at is not None
    assert found.pass_k[1].at.value == 1.0


def test_lengths_give_a_controlled_rating_beside_the_raw_one() -> None:
    """Lengths known: both ratings, a coefficient, a controlled win rate."""
    plain = round_robin(3, 40, [0.0, 0.5])
    games = [game._replace(length_a=100.0 + 7 * (k % 5), length_b=90.0 + 11 * (k % 7)) for k, game in enumerate(plain)]
    found = standings(Evidence(games))
    assert found.length is not None
    top = found.standings[0]
    assert top.rating is not None
    assert top.rating.controlled is not None
    assert top.controlled_win_rate is not None
    assert standings(Evidence(round_robin(3, 40, [0.0, 0.5]))).length is None


def test_labels_reach_the_judges_card() -> None:
    """Verdicts of people on ten of the prompts."""
    games = round_robin(4, 40, [0.0, 1.0])
    labels = [Game(f"p{k}", "c1", "c0", 1.0) for k in range(10)]
    found = standings(Evidence(games, label_games=labels)).judges[0].agreement
    assert found is not None
    assert found.units == 10
    marks = [Mark(f"p{k}", "x", float(k % 3), "j") for k in range(12)]
    people = [Mark(f"p{k}", "x", float(k % 3)) for k in range(6)] + [Mark("p0", "unknown", 1.0), Mark("elsewhere", "x", 1.0)]
    card = standings(Evidence(marks=marks, label_marks=people)).judges[0]
    assert card.agreement is not None
    assert (card.agreement.units, card.agreement.accuracy.value) == (6, 1.0)
    unnamed = standings(Evidence(marks=[mark._replace(judge="") for mark in marks], label_marks=people)).judges
    assert [card.judge for card in unnamed] == [""]


def test_nothing_gives_empty_standings() -> None:
    """No rows are no candidates, not an error."""
    found = standings(Evidence())
    assert (found.standings, found.pairs, found.prompts) == ((), (), 0)


def test_everything_can_be_written_as_json() -> None:
    """Plain numbers, text and None: no NaN, no NumPy type."""
    found = standings(Evidence(round_robin(5, 15, [0.0, 0.4]), [Mark("p1", "c0", None, "j")]), Rules(draws=20))
    text = json.dumps(asdict(found), allow_nan=False)
    assert json.loads(text)["standings"][0]["candidate"] in {"c0", "c1"}


@pytest.mark.parametrize(
    ("wins", "losses", "ties", "win_rate", "error"),
    [
        (761, 32, 12, 95.27950310559004, 0.716281440286153),
        (756, 35, 14, 94.78260869565216, 0.7489957601246771),
        (783, 16, 5, 97.69900497512438, 0.5104849118311993),
        (764, 39, 2, 95.03105590062113, 0.7613100978662208),
    ],
)
def test_the_published_leaderboard_of_alpaca_eval(wins: int, losses: int, ties: int, win_rate: float, error: float) -> None:
    """gpt4, gpt4_0314, gpt4_1106_preview and tulu-2-dpo-70b against text_davinci_003: win rate and standard error to all digits.

    From alpaca_eval_gpt4_leaderboard.csv of tatsu-lab/alpaca_eval: n_wins, n_wins_base, n_draws, win_rate, standard_error.
    """
    scores = [1.0] * wins + [0.0] * losses + [0.5] * ties
    found = standings(Evidence([Game(f"p{k}", "model", "baseline", score) for k, score in enumerate(scores)]), Rules(draws=0))
    best = found.standings[0]
    assert best.score is not None
    assert best.score.se is not None
    assert best.score.value * 100 == pytest.approx(win_rate, rel=1e-12)
    assert best.score.se * 100 == pytest.approx(error, rel=1e-9)


def test_too_many_pairs_for_the_draws_are_told() -> None:
    """Three pairs and 20 draws: the smallest adjusted p is 3/21, so nothing can be proven, and a note says so."""
    found = standings(Evidence(round_robin(1, 40, [0.0, 1.0, 2.0])), Rules(flips=20))
    assert any("smallest p (Holm) is 0.143" in note for note in found.notes)
    assert not any("smallest p" in note for note in standings(Evidence(round_robin(1, 40, [0.0, 1.0, 2.0]))).notes)
