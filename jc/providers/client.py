"""The one door to the network: `Client.complete(call)` gives a `Reply` whatever the endpoint does, and never raises for it.

A call waits at the gate of its endpoint, asks the ledger for money, is sent once, and is then answered, retried by the one
rule in `retries.py`, or given up with its reason.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from types import TracebackType
from typing import Self

from jc.providers.answer import Answer
from jc.providers.call import Call, Failure, Reply
from jc.providers.endpoint import Secret, mask
from jc.providers.exchange import Attempt, Outgoing, open_wire
from jc.providers.failures import Fault
from jc.providers.gate import Gate, GateClosed, WaitedTooLong, Waiter
from jc.providers.headers import energy_j, requests_left, tokens_left
from jc.providers.limits import Limits, Pass, Window
from jc.providers.meters import Bucket, Meter
from jc.providers.replay import Recorder, Replayer
from jc.providers.retries import History, Place, Step, next_step
from jc.providers.settings import ClientSettings, Ledger, Notice, Observer
from jc.quantities import Usage

_TYPICAL_OUTPUT_TOKENS = 256
_NEVER_REACHED_S = 45.0
_NOBODY_AFTER = 3
"""Tries over some seconds that nobody took: a wrong port or name is not an outage, and is not waited for like one."""


@dataclass(slots=True)
class _Work:
    """One call on its way."""

    call: Call
    request: Outgoing
    waiter: Waiter
    gate: Gate
    began: float
    history: History = field(default_factory=History)
    step: Step | None = None
    sent_at: float = 0.0
    started_at: str | None = None
    last: Attempt | None = None
    heard: bool = False
    """Whether text of the answer was passed on: it cannot be taken back, and must not come twice."""

    def hear(self, text: str) -> None:
        """Pass a piece of text on."""
        self.heard = True
        assert self.call.on_text is not None
        self.call.on_text(text)

    @property
    def queue_ms(self) -> float:
        """Everything before the last attempt was sent."""
        return round((self.sent_at - self.began) * 1000, 3)


def _asked_to_wait(last: Attempt | None) -> float | None:
    """The wait that the server asked for in its last answer."""
    return last.fault.wait_s if last is not None and last.fault is not None else None


class Client:
    """Calls endpoints within their limits, with one retry layer; use it as `async with Client(settings) as client`."""

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        ledger: Ledger | None = None,
        observer: Observer | None = None,
        recorder: Recorder | None = None,
        replayer: Replayer | None = None,
    ) -> None:
        self.settings = settings or ClientSettings()
        self._ledger = ledger
        self._observer = observer
        self._recorder = recorder
        self._replayer = replayer
        self._clock: Callable[[], float] = time.monotonic
        self._random = Random(self.settings.seed)  # noqa: S311  it spreads retries
        self._gates: dict[tuple[str, Secret | None], Gate] = {}
        self._secrets: set[Secret] = set()
        self._wire = open_wire(self.settings)
        self._order = 0
        self._draining: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._wire.aclose()

    async def complete(self, call: Call) -> Reply:
        """The reply to a call, after waiting, retrying and giving up as the settings say; never raises for an endpoint."""
        if self._replayer is not None:
            return self._replayed(call, self._replayer)
        gate = self._gate(call)
        try:
            request = self._wire.outgoing(call)
        except ValueError as error:
            gate.close(str(error))
            return Reply("error", failure=Failure("auth" if "key" in str(error) else "connection", str(error)))
        now = self._clock()
        work = _Work(call, request, self._waiter(call, request), gate, now, sent_at=now)
        if call.on_text is not None:
            work.request = replace(request, on_text=work.hear)
        reply = await self._worked(work)
        if self._recorder is not None and reply.status != "error":
            self._recorder.record(call, reply)
        return reply

    def drain(self, reason: str) -> None:
        """Start nothing more: attempts in flight finish, calls that wait or come later answer at once with kind `stopped`."""
        self._draining = reason
        for gate in self._gates.values():
            gate.close(reason)

    def stopped(self) -> dict[str, str]:
        """The endpoints (and `endpoint: model` pairs) given up so far, by name, with the reason."""
        out = {}
        for gate in self._gates.values():
            if gate.closed is not None:
                out[gate.name] = gate.closed
            out.update({f"{gate.name}: {model}": reason for model, reason in gate.closed_models.items()})
        return out

    def _replayed(self, call: Call, replayer: Replayer) -> Reply:
        found = replayer.find(call)
        if found is not None:
            return found
        failure = Failure("not_recorded", f"the replay file holds no answer of `{call.model}` to this request")
        return Reply("error", failure=failure)

    def _gate(self, call: Call) -> Gate:
        endpoint = call.endpoint
        gate = self._gates.get(endpoint.identity)
        if gate is None:
            cap = min(self.settings.concurrency, endpoint.concurrency or self.settings.concurrency)
            gate = self._gates[endpoint.identity] = Gate(endpoint.name, Limits(Window(max(1, cap))), self._clock, self._tell)
            if endpoint.key is not None:
                self._secrets.add(endpoint.key)
            if self._draining is not None:
                gate.close(self._draining)
        if call.model not in gate.limits.meters:
            now = self._clock()
            rpm = Bucket(endpoint.rpm, now) if endpoint.rpm else None
            tpm = Bucket(endpoint.tpm, now) if endpoint.tpm else None
            gate.limits.meters[call.model] = Meter(rpm, tpm)
        return gate

    def _waiter(self, call: Call, request: Outgoing) -> Waiter:
        self._order += 1
        limit = call.body.get("max_completion_tokens") or call.body.get("max_tokens")
        tokens = len(request.content) / 4 + (limit if isinstance(limit, int) else _TYPICAL_OUTPUT_TOKENS)
        return Waiter(call.lane, self._order, call.model, tokens)

    def _tell(self, notice: Notice) -> None:
        if self._observer is not None:
            self._observer.notice(replace(notice, reason=self._masked(notice.reason)))

    async def _worked(self, work: _Work) -> Reply:
        """Attempt after attempt until there is an answer or a reason to give up."""
        while True:
            try:
                given = await work.gate.enter(work.waiter)
            except GateClosed as closed:
                return self._failed(work, Failure("stopped", closed.reason, retryable=True))
            except WaitedTooLong:
                assert work.step is not None
                return self._failed(work, self._out_of_time(work.step.failure))
            ticket: object | None = None
            if self._ledger is not None:
                ticket = self._ledger.open(work.call)
                if ticket is None:
                    work.gate.cancel(given)
                    return self._failed(work, Failure("budget", "the cost limit does not allow this call", retryable=True))
            result = await self._send(work, given, ticket)
            if result.answer is not None:
                return self._answered(work, result, result.answer)
            assert result.fault is not None
            assert work.step is not None
            if work.heard and work.step.action in {"retry", "pause", "park"}:
                told = f"{work.step.failure.message} (a part of the answer was passed on already, so it is not asked for again)"
                return self._failed(work, replace(work.step.failure, message=told))
            if work.step.action not in {"retry", "pause", "park"}:
                return self._failed(work, work.step.failure, filtered=result.fault.filtered)
            if work.step.action == "retry":
                await work.gate.sleep(work.step.wait_s)

    async def _send(self, work: _Work, given: Pass, ticket: object | None) -> Attempt:
        """One attempt; whatever happens, the gate and the ledger are told."""
        usage: Usage | None = None
        sent = True
        result: Attempt | None = None
        work.history.attempts += 1
        work.waiter.attempts += 1
        work.sent_at = self._clock()
        work.started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            result = work.last = await self._wire.attempt(work.request)
            if result.answer is not None:
                usage = result.answer.usage
            if result.fault is not None:
                sent = result.fault.sent
            return result
        finally:
            if self._ledger is not None:
                self._ledger.close(ticket, usage, sent=sent)
            self._leave(work, given, result, usage)

    def _leave(self, work: _Work, given: Pass, result: Attempt | None, usage: Usage | None) -> None:
        gate = work.gate
        if result is None:  # cancelled: nothing is known about the endpoint
            gate.cancel(given)
            return
        gate.reached = gate.reached or result.http_status is not None
        self._learn(gate, work.call.model, result)
        fault = result.fault
        if fault is None:
            gate.answers += 1
            gate.answered.add(work.call.model)
            tokens = usage.input_tokens + usage.output_tokens if usage is not None else None
            gate.leave(given, tokens=tokens)
            return
        # Settled before anyone else is let in: a pause counts from now, a closed endpoint gets no further request.
        self._settle(work, fault)
        gate.leave(given, overloaded=fault.overloaded, down=fault.down)
        if fault.down:
            self._close_when_silent(gate, fault)

    def _waits(self, seconds: float) -> bool:
        return seconds <= self.settings.max_wait_s or self.settings.park

    def _learn(self, gate: Gate, model: str, result: Attempt) -> None:
        """Limits that the headers tell; a reset further away than anyone waits is left to the 429 that will follow."""
        if not any("ratelimit" in name for name in result.headers):
            return
        wall = datetime.now(UTC)
        requests, tokens = requests_left(result.headers, wall), tokens_left(result.headers, wall)
        gate.limits.meter(model).learn(
            requests if requests is not None and self._waits(requests.reset_s) else None,
            tokens if tokens is not None and self._waits(tokens.reset_s) else None,
            self._clock(),
        )

    def _settle(self, work: _Work, fault: Fault) -> None:
        """Decide what follows from a failed attempt, and do to the endpoint what has to be done."""
        gate, history, now = work.gate, work.history, self._clock()
        history.failed(fault, now, gate.answers)
        place = Place(gate.answers, work.call.model in gate.answered, gate.limits.breaker.down_since is not None)
        step = work.step = next_step(fault, history, place, self.settings, self._random)
        reason = self._masked(step.failure.message)
        if fault.wait_s is not None and fault.scope == "attempt" and self._waits(fault.wait_s):
            gate.pause(fault.wait_s, reason)
        match step.action:
            case "close_model":
                gate.tell("stopped", f"{work.call.model}: {reason}", None)
                gate.close_model(work.call.model, reason)
            case "close_endpoint":
                self._close(gate, reason)
            case "park":
                gate.pause(step.wait_s, reason, "parked")
                work.waiter.give_up_at = history.failed_at = None
            case "pause" | "retry":
                self._postpone(work, step, now, reason)
            case "give_up":
                pass

    def _postpone(self, work: _Work, step: Step, now: float, reason: str) -> None:
        """Another attempt later, unless the call's time for waiting would be over by then."""
        assert work.history.failed_at is not None
        work.waiter.give_up_at = work.history.failed_at + self.settings.max_wait_s
        if now + step.wait_s > work.waiter.give_up_at and not self.settings.park:
            work.step = Step("give_up", self._out_of_time(step.failure))
        else:
            work.gate.tell("retrying", reason, step.wait_s)

    def _close(self, gate: Gate, reason: str) -> None:
        if gate.closed is None:
            gate.tell("stopped", reason, None)
        gate.close(reason)

    def _close_when_silent(self, gate: Gate, fault: Fault) -> None:
        """Give up an endpoint that has been down too long; one that was never reached is not waited for as long."""
        since, reason = gate.limits.breaker.down_since, fault.failure.message
        if not gate.reached and fault.failure.kind == "connection" and not fault.sent:
            gate.refusals += 1
            gate.refused_at = self._clock() if gate.refused_at is None else gate.refused_at
            patience = min(self.settings.refused_s, self.settings.max_wait_s)
            if gate.refusals >= _NOBODY_AFTER and self._clock() - gate.refused_at >= patience:
                self._close(gate, f"nobody answers there: {self._masked(reason)} ({gate.refusals} tries)")
                return
        patience = self.settings.max_wait_s if gate.reached else min(_NEVER_REACHED_S, self.settings.max_wait_s)
        if since is not None and (down_s := self._clock() - since) > patience:
            self._close(gate, f"no answer for {down_s:.0f} s: {self._masked(reason)}")

    def _out_of_time(self, last: Failure) -> Failure:
        return replace(last, message=f"{last.message} (gave up after waiting {self.settings.max_wait_s:g} s)", retryable=True)

    def _masked(self, message: str) -> str:
        return mask(message, self._secrets)

    def _answered(self, work: _Work, result: Attempt, answer: Answer) -> Reply:
        return Reply(
            answer.status,
            self._without_keys(answer.text),
            answer.finish_reason,
            answer.usage,
            answer.model,
            result.http_status,
            round(result.latency_ms, 3),
            round(result.ttft_ms, 3) if result.ttft_ms is not None else None,
            work.queue_ms,
            work.history.attempts,
            energy_j(result.headers),
            None,
            work.started_at,
            self._without_keys(answer.tool_calls) if answer.tool_calls is not None else None,
            result.headers.get("x-gateway-routed-from"),
        )

    def _without_keys(self, text: str) -> str:
        """A server that echoes the key must not get it into a file; short dummy keys are words and stay."""
        return mask(text, (secret for secret in self._secrets if len(secret.reveal()) >= 8))

    def _failed(self, work: _Work, failure: Failure, *, filtered: bool = False) -> Reply:
        last = work.last
        return Reply(
            "filtered" if filtered else "error",
            http_status=last.http_status if last is not None else None,
            latency_ms=round(last.latency_ms, 3) if last is not None else None,
            queue_ms=work.queue_ms,
            attempts=work.history.attempts,
            failure=replace(failure, message=self._masked(failure.message), retry_after_s=_asked_to_wait(last)),
            started_at=work.started_at,
        )
