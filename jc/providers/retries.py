"""After a failed attempt: try again, and after how long, or give up, and what. The one retry layer, as a pure function."""

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from jc.providers.call import Failure
from jc.providers.failures import Fault
from jc.providers.limits import backoff_s
from jc.providers.settings import ClientSettings

_SAME_ERRORS = 4

Action = Literal["retry", "pause", "park", "give_up", "close_model", "close_endpoint"]


@dataclass(slots=True)
class History:
    """What one call has been through: attempts so far, when the first failed, and the run of equal server errors."""

    attempts: int = 0
    failed_at: float | None = None
    answers_then: int = 0
    """Answers of the endpoint when the run of equal errors began."""
    status: int | None = None
    same: int = 0

    def failed(self, fault: Fault, now: float, answers: int) -> None:
        """Note a failed attempt; `answers` counts what the endpoint has answered so far."""
        if self.failed_at is None:
            self.failed_at = now
        status = fault.failure.http_status
        if status is not None and status >= 500 and status == self.status:
            self.same += 1
        else:
            self.status, self.same, self.answers_then = status, 1, answers


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next; `wait_s` is how long before the next attempt, `failure` what to report when there is none."""

    action: Action
    failure: Failure
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """What the call's endpoint has shown so far: answers in all, whether this model ever answered, whether it is down."""

    answers: int
    model_answered: bool
    down: bool


def next_step(fault: Fault, history: History, place: Place, settings: ClientSettings, random: Random) -> Step:
    """The step after a failed attempt that `history` already holds."""
    if fault.budget and fault.wait_s is not None and settings.park:
        return _again("park", fault, history, settings, fault.wait_s)
    step = _by_scope(fault, place) or _too_long(fault, settings) or _hopeless(fault, history, place, settings)
    if step is not None:
        return step
    if fault.wait_s is not None:
        return _again("pause", fault, history, settings, fault.wait_s)
    return _again("retry", fault, history, settings, backoff_s(history.attempts, settings.backoff_s, random))


def _by_scope(fault: Fault, place: Place) -> Step | None:
    """What can never succeed is given up at once: the endpoint, the model unless it has answered before, or the unit."""
    if fault.scope == "endpoint":
        failure = fault.failure
        if fault.wait_s is not None:
            failure = replace(failure, message=f"{failure.message}; it resets in {fault.wait_s:.0f} s")
        return Step("close_endpoint", failure)
    if fault.scope == "model" and not place.model_answered:
        return Step("close_model", fault.failure)
    return None if fault.scope == "attempt" else Step("give_up", fault.failure)


def _too_long(fault: Fault, settings: ClientSettings) -> Step | None:
    """A pause longer than any call may wait ends the endpoint now, not after that time."""
    if fault.wait_s is None or fault.wait_s <= settings.max_wait_s or settings.park:
        return None
    failure = fault.failure
    long = f"{failure.message}; it asks to wait {fault.wait_s:.0f} s, longer than the {settings.max_wait_s:g} s allowed"
    return Step("close_endpoint", Failure(failure.kind, long, failure.http_status, retryable=True))


def _hopeless(fault: Fault, history: History, place: Place, settings: ClientSettings) -> Step | None:
    """The attempts are used up, or the same server error keeps coming back to this call alone."""
    failure = fault.failure
    if history.attempts >= settings.max_attempts:
        never = place.down and not place.answers
        return Step("close_endpoint" if never else "give_up", failure)
    if history.same >= _SAME_ERRORS and place.answers > history.answers_then:
        steady = f"{failure.message} (the same error {history.same} times while other calls were answered)"
        return Step("give_up", Failure(failure.kind, steady, failure.http_status))
    return None


def _again(action: Action, fault: Fault, history: History, settings: ClientSettings, wait_s: float) -> Step:
    if history.attempts >= settings.max_attempts:
        return Step("give_up", fault.failure)
    return Step(action, fault.failure, wait_s)
