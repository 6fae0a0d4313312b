"""One pipeline without a barrier: a game starts as soon as the answers that it needs exist.

Each endpoint has a lane with its own workers, so a slow or paused one holds nobody up. In a lane answers go first and games fill
up what is left: answers make work for others, games only end it (measured: separate stages cost 19 % at lognormal latencies).
What is kept in memory is a few bytes a unit; texts are read back from the journal when a judge needs them.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from jc.errors import JcError
from jc.evals.asking import Asked, Asker
from jc.evals.evalset import Case
from jc.evals.gold import Probe
from jc.evals.judge import Question, nonce, read_reply, repair_body, request_body
from jc.evals.notes import AnswerNotes, GameNotes
from jc.evals.parties import Party
from jc.evals.plan import Plan
from jc.evals.verdict import Ruling, mirrored
from jc.evals.work import AnswerNote, Game, GameNote, Lane, Slot, Unit
from jc.providers.call import Call

# After this many journal hits in a row a worker lets the others, and signals, have a turn.
_BREATH = 256


class Watcher(Protocol):
    """Who watches a run; called on the event loop for each finished unit."""

    def answered(self, who: str, asked: Asked, /) -> None:
        """An answer came, or failed."""

    def judged(self, who: str, asked: Asked, /) -> None:
        """A judge's call came, or failed."""

    def tied(self) -> None:
        """Two answers are identical: a game less."""


Bout = tuple[int, int, int]
"""A case and two candidates of it, the smaller first."""


class Step(NamedTuple):
    """A part of the plan that is carried out before anything else is decided: answers to ask for, pairs to be judged."""

    slots: Sequence[Slot]
    bouts: frozenset[Bout]


class Stages(Protocol):
    """Who decides, after each step, what comes next."""

    def next(self, pipeline: "Pipeline", /) -> Step | None:
        """The next step; None when enough is known. Its answer follows from the finished units alone."""


class Pipeline:
    """Carries out a plan. `answers`, `games` and `probes` hold what came of it, also when it was stopped.

    With `stages` the plan is carried out step by step, and `scheduled` and `bouts` hold what was asked for so far.
    """

    def __init__(
        self, plan: Plan, asker: Asker, watcher: Watcher | None = None, *, workers: int = 32, stages: Stages | None = None
    ) -> None:
        self.plan = plan
        self.answers = AnswerNotes(plan)
        self.games = GameNotes(plan)
        self.probes: dict[Probe, GameNote] = {}
        self.scheduled: set[Slot] | None = None if stages is None else set()
        self.bouts: set[Bout] | None = None if stages is None else set()
        self._stages = stages
        self._probing = plan.looks()
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
        self._parties = {party.endpoint.identity for party in (*plan.candidates, *plan.judges)}
        self._lanes: dict[object, Lane] = {}

    def asks(self, slot: Slot) -> bool:
        """Whether an answer is asked for, as far as is decided."""
        return self.scheduled is None or slot in self.scheduled

    def plays(self, case: int, first: int, second: int) -> bool:
        """Whether a pair of the plan is judged on a case, as far as is decided."""
        return self.bouts is None or (case, first, second) in self.bouts

    @property
    def expected(self) -> int:
        """How many answers are asked for, as far as is decided."""
        return self.plan.answers if self.scheduled is None else len(self.scheduled)

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
        if self._stages is None:
            await self._carry_out(None)
            return
        while self.stopped is None and (step := self._stages.next(self)) is not None:
            await self._carry_out(step)

    async def _carry_out(self, step: Step | None) -> None:
        """One step, or the whole plan: every unit of it is finished when this returns, unless the run was stopped."""
        self._done = False
        self._lanes = {identity: self._lane(identity, step) for identity in self._parties}
        if step is not None:
            self._open(step)
        probing, self._probing = self._probing, []
        self._queue(probing)
        workers = [asyncio.create_task(self._work(lane)) for lane in self._lanes.values() for _ in range(self._workers)]
        await asyncio.gather(*workers)

    def _lane(self, identity: object, step: Step | None) -> Lane:
        if step is None:
            mine = sum(party.endpoint.identity == identity for party in self.plan.candidates)
            return Lane(self._slots(identity), mine * len(self.plan.evalset.cases) * self.plan.settings.epochs, self._workers)
        slots = [slot for slot in step.slots if self.plan.candidates[slot.candidate].endpoint.identity == identity]
        return Lane(slots, len(slots), self._workers)

    def _open(self, step: Step) -> None:
        """Take a step into the plan; pairs whose answers are all here already can be judged at once."""
        assert self.scheduled is not None
        assert self.bouts is not None
        self.scheduled.update(step.slots)
        self.bouts.update(step.bouts)
        for case, first, second in sorted(step.bouts):
            for epoch in range(self.plan.settings.epochs):
                if all(self._good(Slot(case, player, epoch)) for player in (first, second)):
                    self._queue(self._both_orders(case, first, second, epoch))

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
        if len(self.answers) >= self.expected:
            self._done = True
            for lane in self._lanes.values():
                lane.wake()

    async def _do(self, unit: Unit) -> bool:
        if isinstance(unit, Slot):
            return await self._answer(unit)
        try:
            return await (self._judge(unit) if isinstance(unit, Game) else self._probe(unit))
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
        reply = asked.reply
        self.answers[slot] = AnswerNote(reply.status, asked.record, reply.failure, len(reply.text))
        self._after(asked)
        if self._watcher:
            self._watcher.answered(party.name, asked)
        if reply.status == "ok":
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
            if slot.candidate in (first, second) and self.plays(slot.case, first, second):
                other = Slot(slot.case, second if slot.candidate == first else first, slot.epoch)
                if self._good(other):
                    self._queue(self._both_orders(slot.case, first, second, slot.epoch))

    def _good(self, slot: Slot) -> bool:
        return self.answers.status(slot) == "ok"

    def _both_orders(self, case: int, first: int, second: int, epoch: int) -> Iterator[Game]:
        for judge in range(len(self.plan.judges)):
            for swapped in (False, True):
                yield Game(case, first, second, swapped, judge, epoch)

    def _queue(self, games: Iterable[Game | Probe]) -> None:
        for game in games:
            self._pending += 1
            self._lanes[self.plan.judges[game.judge].endpoint.identity].put(game)

    async def _judge(self, game: Game) -> bool:
        question = self._question(game)
        if len(question.answers) == 2 and len(set(question.answers.values())) == 1:
            self.games[game] = GameNote("A=B", None, "identical", (), None)
            if self._watcher:
                self._watcher.tied()
            return True
        note, asked = await self._ruled(question, game.judge, game.epoch)
        verdict = mirrored(note.verdict) if note.verdict and game.swapped else note.verdict
        if not self._unsent(note):
            self.games[game] = note._replace(verdict=verdict)
        return self._told(game.judge, asked)

    async def _probe(self, probe: Probe) -> bool:
        """A look at a gold pair; its verdict is about the pair's first and second answer, whatever order was shown."""
        pair = self.plan.probes.pair(probe)
        first, second = reversed(pair.answers) if probe.swapped else pair.answers
        answers = {"A": first, "B": second} if self.plan.pairwise else {"A": first}
        code = nonce(self.plan.protocol.secret, pair.prompt, *answers.values())
        note, asked = await self._ruled(Question(pair.case, answers, code), probe.judge, 0)
        verdict = mirrored(note.verdict) if note.verdict and probe.swapped else note.verdict
        if not self._unsent(note):
            self.probes[probe] = note._replace(verdict=verdict)
        return self._told(probe.judge, asked)

    def _unsent(self, note: GameNote) -> bool:
        """Whether the end of the run came before the call: then nobody was asked, and nothing failed."""
        kind = note.failure.kind if note.failure is not None else ""
        return kind == "budget" or (kind == "stopped" and self.stopped is not None)

    def _told(self, judge: int, asked: Asked) -> bool:
        self._after(asked)
        if self._watcher:
            self._watcher.judged(self.plan.judges[judge].name, asked)
        return asked.known

    async def _ruled(self, question: Question, judge: int, repeat: int) -> tuple[GameNote, Asked]:
        """What a judge says to a question, with one repair turn for a reply that cannot be read."""
        party = self.plan.judges[judge]
        asked, body = await self._ask_judge(judge, party, question, repeat)
        records = [asked.record]
        ruling = self._read(asked, question)
        if asked.reply.failure is None and not ruling.readable:
            repaired = await self._ask(party, repair_body(body, asked.reply.text, question, self.plan.protocol), repeat)
            records.append(repaired.record)
            second = self._read(repaired, question)
            ruling = replace(second, parse="repaired") if second.readable else ruling
            asked = repaired if repaired.reply.failure is not None else asked
        kept = tuple(record for record in records if record is not None)
        return GameNote(ruling.verdict, ruling.rating, ruling.parse, kept, asked.reply.failure), asked

    async def _ask(self, party: Party, body: dict[str, Any], repeat: int) -> Asked:
        call = Call(party.endpoint, body, "judge")
        return self._asker.known(call, repeat) or await self._asker.ask(call, party.name, repeat)

    async def _ask_judge(self, judge: int, party: Party, question: Question, repeat: int) -> tuple[Asked, dict[str, Any]]:
        """Ask by schema where the offer takes one; a server that refuses the schema is asked in words from then on."""
        structured = party.structured and judge not in self._plain_judges
        body = request_body(question, party.wire_id, self.plan.protocol, structured=structured)
        asked = await self._ask(party, body, repeat)
        failure = asked.reply.failure
        if failure is not None and failure.kind == "bad_request" and "response_format" in body:
            self._plain_judges.add(judge)
            body = request_body(question, party.wire_id, self.plan.protocol, structured=False)
            asked = await self._ask(party, body, repeat)
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
        asked = self._asker.read(self.answers[slot].record)
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
    # Digests, not the texts: a set of long prompts would stand in memory twice.
    seen: dict[bytes, int] = {}
    out = []
    for case in cases:
        digest = hashlib.sha256(repr((case.messages, case.tools)).encode("utf-8", "surrogatepass")).digest()
        out.append(seen.get(digest, 0))
        seen[digest] = out[-1] + 1
    return out
