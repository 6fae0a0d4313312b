"""One pipeline without a barrier: a game starts as soon as the answers that it needs exist.

Each endpoint has a lane with its own workers, so a slow or paused one holds nobody up. In a lane answers go first and games fill
up what is left: answers make work for others, games only end it (measured: separate stages cost 19 % at lognormal latencies).
What is kept in memory is one small note a unit; texts are read back from the journal when a judge needs them.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from jc.errors import JcError
from jc.evals.asking import Asked, Asker
from jc.evals.evalset import Case
from jc.evals.judge import Question, nonce, read_reply, repair_body, request_body
from jc.evals.parties import Party
from jc.evals.plan import Plan
from jc.evals.verdict import Parse, Ruling, mirrored
from jc.providers.call import Call, Failure, Status

# After this many journal hits in a row a worker lets the others, and signals, have a turn.
_BREATH = 256


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
    """What is remembered of an answer: its status and where the journal has it."""

    status: Status
    key: str
    failure: Failure | None


class GameNote(NamedTuple):
    """What is remembered of a game: the verdict with the pair's names (not the order shown), how it was read, its calls."""

    verdict: str | None
    rating: float | None
    parse: Parse
    keys: tuple[str, ...]
    failure: Failure | None


class Watcher(Protocol):
    """Who watches a run; called on the event loop for each finished unit."""

    def answered(self, who: str, asked: Asked, /) -> None:
        """An answer came, or failed."""

    def judged(self, who: str, asked: Asked, /) -> None:
        """A judge's call came, or failed."""

    def tied(self) -> None:
        """Two answers are identical: a game less."""


class Lane:
    """The work for one endpoint: answers first, then games; a worker that finds none waits for the next."""

    def __init__(self, answers: Iterator[Slot], count: int = 0, workers: int = 1) -> None:
        self._answers = answers
        self._left = count
        self._workers = workers
        self._games: deque[Game] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()

    def next(self) -> Slot | Game | None:
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

    def put(self, game: Game) -> None:
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


class Pipeline:
    """Carries out a plan. `answers` and `games` hold what came of it, also when it was stopped."""

    def __init__(self, plan: Plan, asker: Asker, watcher: Watcher | None = None, *, workers: int = 32) -> None:
        self.plan = plan
        self.answers: dict[Slot, AnswerNote] = {}
        self.games: dict[Game, GameNote] = {}
        self.stopped: str | None = None
        self.error: JcError | None = None
        self._asker = asker
        self._watcher = watcher
        self._workers = workers
        self._running = 0
        self._pending = 0
        self._done = False
        self._plain_judges: set[int] = set()
        self._repeats = _repeats(plan.evalset.cases)
        self._lanes = {party.endpoint.identity: Lane(iter(())) for party in (*plan.candidates, *plan.judges)}
        for identity in self._lanes:
            mine = sum(party.endpoint.identity == identity for party in plan.candidates)
            count = mine * len(plan.evalset.cases) * plan.settings.epochs
            self._lanes[identity] = Lane(self._slots(identity), count, workers)

    def _slots(self, identity: object) -> Iterator[Slot]:
        mine = [number for number, party in enumerate(self.plan.candidates) if party.endpoint.identity == identity]
        for case in range(len(self.plan.evalset.cases)):
            for candidate in mine:
                for epoch in range(self.plan.settings.epochs):
                    yield Slot(case, candidate, epoch)

    def stop(self, reason: str) -> None:
        """Start nothing more; what is in flight finishes."""
        if self.stopped is None:
            self.stopped = reason
            if self._asker.client is not None:
                self._asker.client.drain(reason)
        for lane in self._lanes.values():
            lane.wake()

    async def run(self) -> None:
        """Work until everything is answered and judged, or until stopped; an error of ours is kept in `error`."""
        workers = [asyncio.create_task(self._work(lane)) for lane in self._lanes.values() for _ in range(self._workers)]
        await asyncio.gather(*workers)

    async def _work(self, lane: Lane) -> None:
        hits = 0
        while self.stopped is None:
            unit = lane.next()
            if unit is None:
                self._finish_if_idle()
                if self._done:
                    return
                await lane.wait()
                continue
            self._running += 1
            try:
                hits = hits + 1 if await self._do(unit) else 0
                if hits % _BREATH == _BREATH - 1:
                    await asyncio.sleep(0)
            except JcError as error:
                self.error = self.error or error
                self.stop(error.message)
            finally:
                self._running -= 1
                self._finish_if_idle()

    def _finish_if_idle(self) -> None:
        """When nothing runs and nothing is queued, nothing more can come: send every worker home."""
        if self._running or self._pending or self._done:
            return
        if len(self.answers) >= self.plan.answers:
            self._done = True
            for lane in self._lanes.values():
                lane.wake()

    async def _do(self, unit: Slot | Game) -> bool:
        if isinstance(unit, Slot):
            return await self._answer(unit)
        try:
            return await self._judge(unit)
        finally:
            self._pending -= 1

    def answer_call(self, slot: Slot) -> tuple[Call, int]:
        """The call that asks for an answer, and how many equal ones stand before it in the plan."""
        party = self.plan.candidates[slot.candidate]
        call = Call(party.endpoint, answer_body(self.plan, slot), "candidate", self.plan.settings.stream)
        return call, self._repeats[slot.case] * self.plan.settings.epochs + slot.epoch

    async def _answer(self, slot: Slot) -> bool:
        party = self.plan.candidates[slot.candidate]
        call, repeat = self.answer_call(slot)
        asked = self._asker.known(call, repeat) or await self._asker.ask(call, party.name, repeat)
        self.answers[slot] = AnswerNote(asked.reply.status, asked.key, asked.reply.failure)
        self._after(asked)
        if self._watcher:
            self._watcher.answered(party.name, asked)
        if asked.reply.status == "ok":
            self._queue_games(slot)
        return asked.known

    def _after(self, asked: Asked) -> None:
        failure = asked.reply.failure
        if failure is not None and failure.kind == "budget":
            self.stop("the cap of --max-cost is reached")

    def _queue_games(self, slot: Slot) -> None:
        plan = self.plan
        if plan.pointwise:
            self._queue(Game(slot.case, slot.candidate, -1, False, judge, slot.epoch) for judge in range(len(plan.judges)))
        if not plan.pairwise:
            return
        for first, second in plan.pairs(slot.case):
            if slot.candidate not in (first, second):
                continue
            other = self.answers.get(Slot(slot.case, second if slot.candidate == first else first, slot.epoch))
            if other is not None and other.status == "ok":
                self._queue(
                    Game(slot.case, first, second, swapped, judge, slot.epoch)
                    for judge in range(len(plan.judges))
                    for swapped in (False, True)
                )

    def _queue(self, games: Iterator[Game]) -> None:
        for game in games:
            self._pending += 1
            self._lanes[self.plan.judges[game.judge].endpoint.identity].put(game)

    async def _judge(self, game: Game) -> bool:
        party = self.plan.judges[game.judge]
        question = self._question(game)
        if len(question.answers) == 2 and len(set(question.answers.values())) == 1:
            self.games[game] = GameNote("A=B", None, "identical", (), None)
            if self._watcher:
                self._watcher.tied()
            return True
        asked, body = await self._ask_judge(game, party, question)
        keys = [asked.key]
        ruling = self._read(asked, question)
        if asked.reply.failure is None and not ruling.readable:
            repaired = await self._ask(party, repair_body(body, asked.reply.text, question, self.plan.protocol), game.epoch)
            keys.append(repaired.key)
            second = self._read(repaired, question)
            ruling = replace(second, parse="repaired") if second.readable else ruling
            asked = repaired if repaired.reply.failure is not None else asked
        verdict = mirrored(ruling.verdict) if ruling.verdict and game.swapped else ruling.verdict
        self.games[game] = GameNote(verdict, ruling.rating, ruling.parse, tuple(keys), asked.reply.failure)
        self._after(asked)
        if self._watcher:
            self._watcher.judged(party.name, asked)
        return asked.known

    async def _ask(self, party: Party, body: dict[str, Any], repeat: int) -> Asked:
        call = Call(party.endpoint, body, "judge")
        return self._asker.known(call, repeat) or await self._asker.ask(call, party.name, repeat)

    async def _ask_judge(self, game: Game, party: Party, question: Question) -> tuple[Asked, dict[str, Any]]:
        """Ask by schema where the offer takes one; a server that refuses the schema is asked in words from then on."""
        structured = party.structured and game.judge not in self._plain_judges
        body = request_body(question, party.wire_id, self.plan.protocol, structured=structured)
        asked = await self._ask(party, body, game.epoch)
        failure = asked.reply.failure
        if failure is not None and failure.kind == "bad_request" and "response_format" in body:
            self._plain_judges.add(game.judge)
            body = request_body(question, party.wire_id, self.plan.protocol, structured=False)
            asked = await self._ask(party, body, game.epoch)
        return asked, body

    def _question(self, game: Game) -> Question:
        case = self.plan.evalset.cases[game.case]
        first = self.text(Slot(game.case, game.first, game.epoch))
        secret = self.plan.protocol.secret
        if game.second < 0:
            return Question(case, {"A": first}, nonce(secret, case.question, first))
        second = self.text(Slot(game.case, game.second, game.epoch))
        shown = (second, first) if game.swapped else (first, second)
        return Question(case, {"A": shown[0], "B": shown[1]}, nonce(secret, case.question, *shown))

    def text(self, slot: Slot) -> str:
        """The text of an answer as a judge reads it: what was said, and the tools that were called."""
        asked = self._asker.read(self.answers[slot].key)
        if asked is None:
            return ""
        reply = asked.reply
        return f"{reply.text}\n{reply.tool_calls}".strip() if reply.tool_calls else reply.text

    def _read(self, asked: Asked, question: Question) -> Ruling:
        if asked.reply.failure is not None:
            return Ruling(None, None, "error", "")
        return read_reply(asked.reply.text, question, self.plan.protocol)


def answer_body(plan: Plan, slot: Slot) -> dict[str, Any]:
    """The OpenAI chat body that asks a candidate."""
    case = plan.evalset.cases[slot.case]
    body: dict[str, Any] = {
        "model": plan.candidates[slot.candidate].wire_id,
        "messages": list(case.messages),
        "max_tokens": plan.settings.max_tokens,
    }
    if plan.settings.temperature is not None:
        body["temperature"] = plan.settings.temperature
    if case.tools:
        body["tools"] = list(case.tools)
    return body


def _repeats(cases: tuple[Case, ...]) -> list[int]:
    """For each case, how many cases before it ask the very same: each of them gets an answer of its own."""
    seen: dict[str, int] = {}
    out = []
    for case in cases:
        text = repr((case.messages, case.tools))
        out.append(seen.get(text, 0))
        seen[text] = out[-1] + 1
    return out
