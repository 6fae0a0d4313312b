"""What is remembered of every unit of a plan, in arrays: about ten bytes a unit, all there from the start.

A dict of tuples takes 350 bytes a unit, and a long run must not grow. The units of a plan can be counted through, so each has its
place in the arrays. Failures are rare and lie beside; those that say the same are one.
"""

from array import array
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple, get_args

from jc.evals.plan import Plan
from jc.evals.verdict import MENU, Parse
from jc.evals.work import AnswerNote, Game, GameNote, Slot
from jc.providers.call import Failure, Status

_STATUSES: tuple[Status, ...] = get_args(Status)
_PARSES: tuple[Parse, ...] = get_args(Parse)
_UNKNOWN = float("nan")


class _Failures:
    """The failures of some units; equal ones are kept once."""

    def __init__(self) -> None:
        self._of: dict[int, Failure] = {}
        self._one: dict[Failure, Failure] = {}

    def __len__(self) -> int:
        return len(self._of)

    def keep(self, place: int, failure: Failure | None) -> None:
        """Remember a failure, or that there is none any more."""
        if failure is not None:
            self._of[place] = self._one.setdefault(failure, failure)
        elif self._of:
            self._of.pop(place, None)

    def at(self, place: int) -> Failure | None:
        """The failure of a unit."""
        return self._of.get(place)


class AnswerNotes(Mapping[Slot, AnswerNote]):
    """The answers that are there, in the order of the plan."""

    def __init__(self, plan: Plan) -> None:
        self._candidates, self._epochs = len(plan.candidates), plan.settings.epochs
        self._status = bytearray(plan.answers)
        """Number of the status plus one, 0 where there is no answer yet."""
        self._record = array("i", [-1]) * plan.answers
        self._length = array("I", [0]) * plan.answers
        self._failures = _Failures()
        self._count = 0

    def _place(self, slot: Slot) -> int:
        return (slot.case * self._candidates + slot.candidate) * self._epochs + slot.epoch

    def __setitem__(self, slot: Slot, note: AnswerNote) -> None:
        place = self._place(slot)
        self._count += not self._status[place]
        self._status[place] = _STATUSES.index(note.status) + 1
        self._record[place] = -1 if note.record is None else note.record
        self._length[place] = note.length
        self._failures.keep(place, note.failure)

    def __getitem__(self, slot: Slot) -> AnswerNote:
        place = self._place(slot)
        status = self._status[place]
        if not status:
            raise KeyError(slot)
        record = self._record[place]
        return AnswerNote(
            _STATUSES[status - 1], None if record < 0 else record, self._failures.at(place), self._length[place]
        )  # fmt: skip

    def status(self, slot: Slot) -> Status | None:
        """The status of an answer; None when there is no answer yet."""
        status = self._status[self._place(slot)]
        return _STATUSES[status - 1] if status else None

    def __iter__(self) -> Iterator[Slot]:
        for place, status in enumerate(self._status):
            if status:
                row, epoch = divmod(place, self._epochs)
                yield Slot(*divmod(row, self._candidates), epoch)

    def __len__(self) -> int:
        return self._count


class _Layout(NamedTuple):
    """The games of one case in their order, and where those of a pair (or of one answer) begin."""

    games: tuple[tuple[int, int, bool, int, int], ...]
    starts: Mapping[tuple[int, int], int]


@cache
def _layout(candidates: int, pairs: tuple[tuple[int, int], ...], judges: int, epochs: int, *, rated: bool) -> _Layout:
    """`candidates` are rated when `rated`, and `pairs` are played in both orders."""
    games: list[tuple[int, int, bool, int, int]] = []
    starts = {}
    for first, second in sorted([*((number, -1) for number in range(candidates) if rated), *pairs]):
        starts[first, second] = len(games)
        orders = (False,) if second < 0 else (False, True)
        games.extend(
            (first, second, swapped, judge, epoch) for swapped in orders for judge in range(judges) for epoch in range(epochs)
        )
    return _Layout(tuple(games), starts)


class GameNotes(Mapping[Game, GameNote]):
    """The games that are over, in the order of the plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._judges, self._epochs = len(plan.judges), plan.settings.epochs
        self._cases = len(plan.evalset.cases)
        every = len(plan.candidates) * (len(plan.candidates) - 1) // 2
        pairs = len(plan.pairs(0)) if plan.pairwise else 0
        self._only: _Layout | None = None
        """The layout of every case, when no design gives them pairs of their own."""
        self._only = self._layout(0) if pairs in {0, every} or plan.settings.baseline else None
        self._a_case = len(self._layout(0).games)
        places = self._cases * self._a_case
        self._parse = bytearray(places)
        """Number of how it was read plus one, 0 where the game is not over."""
        self._verdict = bytearray(places)
        """Number of the verdict plus one, 0 for none."""
        self._record = array("i", [-1]) * places
        self._rating = array("d", [_UNKNOWN]) * (places if plan.pointwise else 0)
        self._more: dict[int, tuple[int, ...]] = {}
        """The records of games with a repair turn."""
        self._failures = _Failures()
        self._count = 0

    @property
    def failed(self) -> int:
        """How many games failed."""
        return len(self._failures)

    def _layout(self, case: int) -> _Layout:
        if self._only is not None:
            return self._only
        plan = self._plan
        pairs = plan.pairs(case) if plan.pairwise else ()
        return _layout(len(plan.candidates), pairs, self._judges, self._epochs, rated=plan.pointwise)

    def _place(self, game: Game) -> int:
        start = self._layout(game.case).starts[game.first, game.second]
        return game.case * self._a_case + start + (game.swapped * self._judges + game.judge) * self._epochs + game.epoch

    def __setitem__(self, game: Game, note: GameNote) -> None:
        place = self._place(game)
        self._count += not self._parse[place]
        self._parse[place] = _PARSES.index(note.parse) + 1
        self._verdict[place] = 0 if note.verdict is None else MENU.index(note.verdict) + 1
        self._record[place] = note.records[0] if note.records else -1
        if self._rating:
            self._rating[place] = _UNKNOWN if note.rating is None else note.rating
        if len(note.records) > 1:
            self._more[place] = note.records
        elif self._more:
            self._more.pop(place, None)
        self._failures.keep(place, note.failure)

    def __getitem__(self, game: Game) -> GameNote:
        try:
            return self._note(self._place(game))
        except LookupError:
            raise KeyError(game) from None

    def _note(self, place: int) -> GameNote:
        parse, verdict, record = self._parse[place], self._verdict[place], self._record[place]
        if not parse:
            raise LookupError
        rating = self._rating[place] if self._rating else _UNKNOWN
        records = self._more.get(place) or (() if record < 0 else (record,))
        return GameNote(
            MENU[verdict - 1] if verdict else None,
            None if rating != rating else rating,  # noqa: PLR0124  not a number
            _PARSES[parse - 1],
            records,
            self._failures.at(place),
        )

    def __iter__(self) -> Iterator[Game]:
        return (game for game, _ in self.each())

    def each(self) -> Iterator[tuple[Game, GameNote]]:
        """Every game that is over with its note, in the order of the plan."""
        for case in range(self._cases):
            yield from self.of_case(case)

    def of_case(self, case: int) -> Iterator[tuple[Game, GameNote]]:
        """The games of one case that are over with their notes, in the order of the plan."""
        for place, game in enumerate(self._layout(case).games, case * self._a_case):
            if self._parse[place]:
                yield Game(case, *game), self._note(place)

    def __len__(self) -> int:
        return self._count
