"""The units of a run, what is remembered of each, and the lane that hands them to the workers of one endpoint."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jc.evals.gold import Probe
from jc.evals.verdict import Parse
from jc.providers.call import Failure, Status


class Slot(NamedTuple):
    """One answer of the plan: which case, which candidate, which epoch (by index)."""

    case: int
    candidate: int
    epoch: int


class Game(NamedTuple):
    """One thing for a judge: a pair in one order, or one answer to rate (`second` is -1)."""

    case: int
    first: int
    second: int
    swapped: bool
    judge: int
    epoch: int


class AnswerNote(NamedTuple):
    """What is remembered of an answer: its status, its number in the journal, and how many characters it has."""

    status: Status
    record: int | None
    failure: Failure | None
    length: int


class GameNote(NamedTuple):
    """What is remembered of a game: the verdict with the pair's names (not the order shown), how it was read, its records."""

    verdict: str | None
    rating: float | None
    parse: Parse
    records: tuple[int, ...]
    failure: Failure | None


Unit = Slot | Game | Probe


class Lane:
    """The work for one endpoint: answers first, then games; a worker that finds none waits for the next."""

    def __init__(self, answers: Iterable[Slot], count: int = 0, workers: int = 1) -> None:
        self._answers: Iterator[Slot] = iter(answers)
        self._left = count
        self._workers = workers
        self._games: deque[Game | Probe] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()

    def next(self) -> Unit | None:
        """The next unit, or None when there is none now.

        Answers go first because games wait for them, but once two games a worker are waiting they have their turn, so that a
        run that is stopped half way has verdicts; near the end answers go first again, or their games would end the run alone.
        """
        if len(self._games) >= 2 * self._workers and self._left > 4 * self._workers:
            return self._games.popleft()
        slot = next(self._answers, None)
        if slot is not None:
            self._left -= 1
            return slot
        return self._games.popleft() if self._games else None

    def put(self, game: Game | Probe) -> None:
        """Add a game and wake one worker."""
        self._games.append(game)
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                break

    async def wait(self) -> None:
        """Sleep until there may be work."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def wake(self) -> None:
        """Wake every worker: the run is over."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
