"""The door in front of one endpoint: calls wait here until the limits let them through, or until there is nothing to wait for.

One gate per (URL, key). All waiting is done here: for a place in the window, for a pause to end, for the own backoff.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

from jc.providers.call import Lane
from jc.providers.lanes import Lanes
from jc.providers.limits import Limits, Pass
from jc.providers.settings import Event, Notice


class GateClosed(Exception):  # noqa: N818  an outcome, not an error
    """The endpoint (or this model at it) was given up, or the run is ending."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WaitedTooLong(Exception):  # noqa: N818  an outcome, not an error
    """The call's time for retries and pauses is used up."""


@dataclass(slots=True, eq=False)
class Waiter:
    """One call at the gate; `order` is its place in the run, `give_up_at` the end of its patience (monotonic), if any."""

    lane: Lane
    order: int
    model: str
    tokens: float
    attempts: int = 0
    give_up_at: float | None = None
    admitted: asyncio.Future[Pass] | None = None


class Gate:
    """Admits calls to one endpoint; `closed` holds the reason once the endpoint is given up."""

    def __init__(self, name: str, limits: Limits, clock: Callable[[], float], tell: Callable[[Notice], None]) -> None:
        self.name = name
        self.limits = limits
        self.closed: str | None = None
        self.closed_models: dict[str, str] = {}
        self.answered: set[str] = set()
        """Models that have answered here at least once."""
        self.answers = 0
        self.reached = False
        """Whether any HTTP answer ever came, be it an error."""
        self.refusals = 0
        """Attempts that found nobody there, before any answer came."""
        self.refused_at: float | None = None
        """When the first of them did (monotonic)."""
        self.parked = False
        self._clock = clock
        self._tell = tell
        self._lanes: Lanes[Waiter] = Lanes()
        self._timer: asyncio.TimerHandle | None = None
        self._draining: asyncio.Future[None] | None = None

    async def enter(self, waiter: Waiter) -> Pass:
        """Wait for leave to send; GateClosed or WaitedTooLong when it will not come."""
        self._refuse(waiter.model)
        now = self._clock()
        if not len(self._lanes) and self.limits.wait(waiter.model, waiter.tokens, now) <= 0:
            self._lanes.pay(waiter.lane)
            return self.limits.start(waiter.model, waiter.tokens, now)
        waiter.admitted = asyncio.get_running_loop().create_future()
        self._lanes.add(waiter)
        self._admit()
        timer = self._patience(waiter)
        try:
            return await waiter.admitted
        except asyncio.CancelledError:
            if waiter.admitted.done() and not waiter.admitted.cancelled() and waiter.admitted.exception() is None:
                self.limits.cancel(waiter.admitted.result(), self._clock())
                self._admit()
            raise
        finally:
            self._lanes.remove(waiter)
            if timer is not None:
                timer.cancel()

    def _refuse(self, model: str) -> None:
        reason = self.closed or self.closed_models.get(model)
        if reason is not None:
            raise GateClosed(reason)

    def _patience(self, waiter: Waiter) -> asyncio.TimerHandle | None:
        if waiter.give_up_at is None:
            return None
        left = max(0.0, waiter.give_up_at - self._clock())
        return asyncio.get_running_loop().call_later(left, self._give_up, waiter)

    def _give_up(self, waiter: Waiter) -> None:
        """The waiter's patience is over; a parked endpoint is waited for all the same, because its reset is known."""
        if waiter.admitted is not None and not waiter.admitted.done() and not self.parked:
            waiter.admitted.set_exception(WaitedTooLong())

    def _admit(self) -> None:
        """Let in as many as the limits allow now, and come back when they next may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        limits, lanes = self.limits, self._lanes
        while (waiter := lanes.peek(probing=limits.breaker.down_since is not None)) is not None:
            now = self._clock()
            wait = limits.wait(waiter.model, waiter.tokens, now)
            if wait > 0:
                if not math.isinf(wait):
                    self._timer = asyncio.get_running_loop().call_later(wait, self._admit)
                return
            self.parked = False
            lanes.remove(waiter)
            if waiter.admitted is not None and not waiter.admitted.done():
                lanes.pay(waiter.lane)
                waiter.admitted.set_result(limits.start(waiter.model, waiter.tokens, now))

    def cancel(self, given: Pass) -> None:
        """The request was not sent after all."""
        self.limits.cancel(given, self._clock())
        self._admit()

    def leave(self, given: Pass, *, overloaded: bool = False, down: bool = False, tokens: int | None = None) -> None:
        """The request ended: tell the limits how, and let the next ones in."""
        now = self._clock()
        change = self.limits.finish(given, now, overloaded=overloaded, down=down, tokens=tokens)
        if change == "down":
            self.tell("probing", "no answers; one probe a second until it answers", None)
        elif change == "recovered":
            self.tell("recovered", "answers again", None)
        self._admit()

    def pause(self, seconds: float, reason: str, event: Event = "waiting") -> None:
        """Nothing is sent for `seconds`; told once."""
        if self.limits.pause(seconds, self._clock()):
            self.tell(event, reason, seconds)
        self.parked = self.parked or event == "parked"
        self._admit()

    def tell(self, event: Event, reason: str, wait_s: float | None) -> None:
        """Tell the watcher."""
        self._tell(Notice(event, self.name, reason, wait_s))

    def close(self, reason: str) -> None:
        """Give the endpoint up: everyone who waits leaves with the reason, later calls do not enter."""
        if self.closed is None:
            self.closed = reason
            if self._draining is not None and not self._draining.done():
                self._draining.set_result(None)
        self._turn_away(reason, None)

    def close_model(self, model: str, reason: str) -> None:
        """Give one model up."""
        self.closed_models.setdefault(model, reason)
        self._turn_away(reason, model)

    def _turn_away(self, reason: str, model: str | None) -> None:
        for waiter in list(self._lanes):
            if (model is None or waiter.model == model) and waiter.admitted is not None and not waiter.admitted.done():
                waiter.admitted.set_exception(GateClosed(reason))

    async def sleep(self, seconds: float) -> None:
        """Wait out a backoff; the closing of the gate ends it early."""
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_future()
        if self.closed is None:
            await asyncio.wait([self._draining], timeout=seconds)
