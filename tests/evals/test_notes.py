"""The notes of a run: mappings of units in the order of the plan, in a few bytes a unit."""

import sys
from array import array
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.evals.evalset import Case, EvalSet
from jc.evals.judge import Protocol
from jc.evals.notes import AnswerNotes, GameNotes
from jc.evals.parties import Party
from jc.evals.plan import JudgeMode, Plan, Settings
from jc.evals.verdict import MENU
from jc.evals.work import AnswerNote, Game, GameNote, Slot
from jc.providers.call import Failure
from jc.providers.endpoint import Endpoint

GONE = Failure("server", "HTTP 500", 500)


def plan(mode: JudgeMode = "both", candidates: int = 3, cases: int = 4, pairs: int | None = None) -> Plan:
    """A plan with two judges and two epochs."""
    names = [f"c{number}" for number in range(candidates)]
    parties = tuple(Party(name, name, Endpoint("http://localhost/v1")) for name in (*names, "j", "k"))
    asked = tuple(Case(f"p{number}", ({"role": "user", "content": "?"},), "?") for number in range(cases))
    rules = Settings(mode, epochs=2, pairs_per_prompt=pairs)
    return Plan(EvalSet("set", asked, ""), parties[:candidates], parties[candidates:], rules, Protocol(b"secret"))


def games(made: Plan) -> list[Game]:
    """Every game and rating of a plan."""
    settings = made.settings
    found = []
    for case in range(len(made.evalset.cases)):
        rows = (
            [(first, second, swapped) for first, second in made.pairs(case) for swapped in (False, True)] if made.pairwise else []
        )
        rows += [(number, -1, False) for number in range(len(made.candidates))] if made.pointwise else []
        for first, second, swapped in rows:
            found += [
                Game(case, first, second, swapped, judge, epoch)
                for judge in range(len(made.judges))
                for epoch in range(settings.epochs)
            ]
    return found


@pytest.mark.parametrize("made", [plan(), plan("pairwise"), plan("pointwise"), plan(candidates=6, pairs=4)])
@given(data=st.data())
def test_games_come_back_as_they_were_kept_and_in_order(made: Plan, data: st.DataObject) -> None:
    """Whatever games are over, in whatever order they ended: the mapping is the sorted dict of them."""
    ended = data.draw(st.lists(st.sampled_from(games(made)), max_size=30))
    notes, model = GameNotes(made), dict[Game, GameNote]()
    for number, game in enumerate(ended):
        failure = data.draw(st.sampled_from([None, GONE]))
        verdict = data.draw(st.sampled_from([*MENU, None])) if game.second >= 0 else None
        rating = data.draw(st.sampled_from([None, 1.0, 7.5])) if game.second < 0 else None
        records = data.draw(st.sampled_from([(), (number,), (number, number + 7)]))
        note = GameNote(verdict, rating, "error" if failure else "repaired", records, failure)
        notes[game] = model[game] = note

    assert dict(notes) == model
    assert list(notes) == sorted(model)
    assert len(notes) == len(model)
    assert notes.failed == sum(note.failure is not None for note in model.values())
    assert all(notes.get(game) == model.get(game) for game in games(made))
    assert [one for case in range(4) for one in notes.of_case(case)] == list(notes.each()) == sorted(model.items())


def test_answers_come_back_as_they_were_kept_and_in_order() -> None:
    """The mapping holds the answers that came, by slot; one that has not come is not there."""
    made = plan()
    notes, model = AnswerNotes(made), dict[Slot, AnswerNote]()
    for number, slot in enumerate([Slot(3, 2, 1), Slot(0, 1, 0), Slot(2, 0, 1)]):
        notes[slot] = model[slot] = AnswerNote("ok", number, None, 10 * number)
    notes[Slot(2, 0, 1)] = model[Slot(2, 0, 1)] = AnswerNote("error", None, GONE, 0)

    assert dict(notes) == model
    assert list(notes) == sorted(model)
    assert (len(notes), notes.status(Slot(2, 0, 1)), notes.status(Slot(0, 0, 0))) == (3, "error", None)
    assert Slot(0, 0, 0) not in notes


def test_a_later_success_takes_a_failure_away() -> None:
    """A unit that failed and then came through is no failure any more."""
    made = plan()
    answers, played = AnswerNotes(made), GameNotes(made)
    game = Game(0, 0, 1, False, 0, 0)
    for failure in (GONE, None):
        answers[Slot(0, 0, 0)] = AnswerNote("error" if failure else "ok", 1, failure, 3)
        played[game] = GameNote(None if failure else "A>B", None, "error" if failure else "line", (1,), failure)

    assert answers[Slot(0, 0, 0)].failure is None
    assert (played[game].failure, played.failed, len(played)) == (None, 0, 1)


def test_ten_thousand_units_take_less_than_a_fifth_of_a_mebibyte() -> None:
    """At most 20 bytes a unit, ratings included; equal failures are kept once."""
    made = replace(plan("both"), evalset=EvalSet("set", plan(cases=1).evalset.cases * 500, ""))
    answers, played = AnswerNotes(made), GameNotes(made)
    size = sum(
        sys.getsizeof(value)
        for kept in (answers, played)
        for value in vars(kept).values()
        if isinstance(value, (array, bytearray))
    )

    assert size < 20 * (made.answers + made.games + made.ratings)
