"""Laws that hold for every set of verdicts."""

import itertools
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jc.evals.statistics.paired import holm
from jc.evals.statistics.standings import standings
from jc.evals.statistics.units import unit_list
from jc.evals.statistics.values import Evidence, Game, Mark, Order, Rules, Standings

RULES = Rules(draws=30, flips=200)
SCORES = st.sampled_from([0.0, 0.5, 1.0, None])
ORDERS: st.SearchStrategy[Order] = st.sampled_from(["ab", "ba", ""])


@st.composite
def games(draw: st.DrawFn) -> list[Game]:
    """A few dozen games of up to four candidates on up to eight prompts, in clusters of two or none."""
    clustered = draw(st.booleans())
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 3), SCORES, ORDERS, st.sampled_from("jk")),
            min_size=1,
            max_size=40,
        )
    )
    return [
        Game(f"p{p}", f"c{a}", f"c{b}", score, order, judge, f"k{p // 2}" if clustered else "")
        for p, a, b, score, order, judge in rows
        if a != b
    ]


def mirrored(game: Game) -> Game:
    """The same game with the names of its two sides exchanged."""
    orders: dict[Order, Order] = {"ab": "ba", "ba": "ab", "": ""}
    score = None if game.score_a is None else 1 - game.score_a
    return game._replace(a=game.b, b=game.a, score_a=score, order=orders[game.order])


def figures(found: Standings) -> dict[str, tuple[float | None, ...]]:
    """The main figures by candidate."""
    return {
        one.candidate: (
            one.score.value if one.score else None,
            one.wins,
            one.ties,
            one.losses,
            one.rating.value if one.rating else None,
        )
        for one in found.standings
    }


@settings(max_examples=60, deadline=None)
@given(games(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[Game], random: object) -> None:
    """Any order of the same rows gives the same result to the last bit."""
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert repr(asdict(standings(Evidence(rows), RULES))) == repr(asdict(standings(Evidence(shuffled), RULES)))


@settings(max_examples=60, deadline=None)
@given(games(), st.lists(st.booleans(), min_size=40, max_size=40))
def test_writing_a_game_the_other_way_round_changes_nothing(rows: list[Game], flips: list[bool]) -> None:
    """a against b with score s is b against a with score 1 − s."""
    turned = [mirrored(row) if flip else row for row, flip in zip(rows, flips, strict=False)]
    assert repr(asdict(standings(Evidence(rows), RULES))) == repr(asdict(standings(Evidence(turned), RULES)))


@settings(max_examples=60, deadline=None)
@given(games())
def test_turning_every_verdict_turns_every_difference(rows: list[Game]) -> None:
    """If every winner had lost, win rates, ratings, differences and flips of the judge mirror, and p stays."""
    turned = [row._replace(score_a=None if row.score_a is None else 1 - row.score_a) for row in rows]
    here, there = standings(Evidence(rows), RULES), standings(Evidence(turned), RULES)
    before, after = figures(here), figures(there)
    for name, (score, wins, ties, losses, rating) in before.items():
        other = after[name]
        assert (wins, ties, losses) == (other[3], other[2], other[1])
        if score is not None:
            assert other[0] == pytest.approx(1 - score, abs=1e-12)
        if rating is not None:
            assert other[4] == pytest.approx(2000 - rating, abs=1e-6)
    p_of = {frozenset((pair.a, pair.b)): pair.p for pair in there.pairs}
    for pair in here.pairs:
        assert p_of[frozenset((pair.a, pair.b))] == pair.p


@settings(max_examples=40, deadline=None)
@given(games())
def test_one_cluster_per_prompt_is_no_cluster(rows: list[Game]) -> None:
    """Naming each prompt its own cluster says nothing new."""
    plain = [row._replace(cluster="") for row in rows]
    named = [row._replace(cluster=f"of {row.prompt}") for row in rows]
    assert repr(asdict(standings(Evidence(plain), RULES))) == repr(asdict(standings(Evidence(named), RULES)))


@settings(max_examples=40, deadline=None)
@given(games())
def test_unread_games_of_new_prompts_change_no_score(rows: list[Game]) -> None:
    """Verdicts that cannot be read never become wins or losses."""
    more = [*rows, *(Game(f"new{k}", "c0", "c1", None, "ab", "j") for k in range(5))]
    here, there = standings(Evidence(rows), RULES), standings(Evidence(more), RULES)
    after = figures(there)
    for name, values in figures(here).items():
        assert after[name][:4] == values[:4]


@settings(max_examples=60, deadline=None)
@given(games())
def test_records_and_scores_add_up(rows: list[Game]) -> None:
    """Wins equal losses, cells mirror, scores lie between 0 and 1, p between 0 and 1, Holm never lowers a p."""
    found = standings(Evidence(rows), RULES)
    assert sum(one.wins for one in found.standings) == sum(one.losses for one in found.standings)
    read = [unit for unit in unit_list(rows) if unit.score_a is not None]
    assert sum(one.wins + one.ties + one.losses for one in found.standings) == 2 * len(read)
    cells = {(cell.a, cell.b): cell for cell in found.cells}
    for (a, b), cell in cells.items():
        assert (cell.wins, cell.ties, cell.losses) == (cells[b, a].losses, cells[b, a].ties, cells[b, a].wins)
    for one in found.standings:
        assert one.score is None or 0 <= one.score.value <= 1
    for pair in found.pairs:
        assert pair.p is None or (pair.p_holm is not None and 0 < pair.p <= pair.p_holm <= 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), st.sampled_from([0.0, 1.0, None])), min_size=1, max_size=40))
def test_marks_obey_the_same_laws(rows: list[tuple[int, int, float | None]]) -> None:
    """Any order, same bytes; shifting every mark by a constant shifts means and keeps differences and p."""
    marks = [Mark(f"p{p}", f"c{c}", score) for p, c, score in rows]
    here = standings(Evidence(marks=marks), RULES)
    assert repr(here) == repr(standings(Evidence(marks=marks[::-1]), RULES))
    moved = standings(Evidence(marks=[m._replace(score=None if m.score is None else m.score + 3) for m in marks]), RULES)
    for one, other in zip(here.standings, moved.standings, strict=True):
        assert one.candidate == other.candidate
        if one.score is not None:
            assert other.score is not None
            assert other.score.value == pytest.approx(one.score.value + 3)
    assert [pair.p for pair in here.pairs] == [pair.p for pair in moved.pairs]


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_the_order_and_never_lowers(ps: list[float]) -> None:
    """Adjusted values are at least the raw ones, at most 1, and in the same order."""
    adjusted = holm(ps)
    assert all(raw <= new <= 1 for raw, new in zip(ps, adjusted, strict=True))
    pairs = sorted(zip(ps, adjusted, strict=True))
    assert all(first[1] <= second[1] for first, second in itertools.pairwise(pairs) if first[0] < second[0])
