"""What follows from a failed attempt."""

from random import Random

import pytest

from jc.providers.call import Failure
from jc.providers.failures import Fault, unconnected
from jc.providers.retries import History, Place, Step, next_step
from jc.providers.settings import ClientSettings

SERVER = Fault(Failure("server", "HTTP 500", 500, retryable=True), down=True)
BUDGET = Fault(Failure("quota", "budget", 429), "endpoint", wait_s=1000, budget=True)
MISSING = Fault(Failure("not_found", "no model", 404), "model")
ALONE = Place(answers=0, model_answered=False, down=False)


def step(fault: Fault, failures: int = 1, place: Place = ALONE, settings: ClientSettings | None = None) -> Step:
    """The step after this many equal failures; `place.answers` came meanwhile."""
    history = History()
    for _ in range(failures):
        history.attempts += 1
        history.failed(fault, 0.0, 0)
    return next_step(fault, history, place, settings or ClientSettings(), Random(0))


def test_a_call_gets_exactly_its_attempts() -> None:
    """The sixth failure of six is the last."""
    assert [step(SERVER, failures).action for failures in (1, 5, 6)] == ["retry", "retry", "give_up"]
    assert step(SERVER, 1, settings=ClientSettings(max_attempts=1)).action == "give_up"


def test_the_same_error_four_times_while_others_succeed_is_permanent() -> None:
    """Not before the fourth, and not when nobody is answered."""
    busy = Place(answers=5, model_answered=True, down=False)
    assert step(SERVER, 3, busy).action == "retry"
    assert step(SERVER, 4, busy).action == "give_up"
    assert "same error 4 times" in step(SERVER, 4, busy).failure.message
    assert step(SERVER, 4).action == "retry"


def test_different_errors_are_not_the_same() -> None:
    """500, 502, 500, 502 is a bad day, not a bad prompt."""
    history = History()
    for status in (500, 502, 500, 502):
        fault = Fault(Failure("server", "x", status, retryable=True))
        history.attempts += 1
        history.failed(fault, 0.0, 0)
    assert next_step(fault, history, Place(9, True, False), ClientSettings(), Random(0)).action == "retry"


def test_a_missing_model_is_closed_unless_it_has_answered() -> None:
    """A 404 for a model that works is about the request."""
    assert step(MISSING).action == "close_model"
    assert step(MISSING, place=Place(3, True, False)).action == "give_up"


def test_an_exhausted_budget_parks_only_when_asked() -> None:
    """Without `--park` the endpoint is given up; with it the wait may be any length."""
    assert step(BUDGET).action == "close_endpoint"
    assert step(BUDGET, settings=ClientSettings(park=True)) == Step("park", BUDGET.failure, 1000)


@pytest.mark.parametrize(("park", "action"), [(False, "close_endpoint"), (True, "pause")])
def test_a_pause_longer_than_the_patience_ends_the_endpoint_at_once(park: bool, action: str) -> None:
    """Nobody waits ten minutes to be told that an hour was asked for."""
    fault = Fault(Failure("rate_limited", "slow", 429, retryable=True), wait_s=3600)
    assert step(fault, settings=ClientSettings(max_wait_s=600, park=park)).action == action


def test_an_endpoint_that_never_answered_is_given_up_with_the_first_call() -> None:
    """A server that is not running does not keep every call waiting."""
    dead = Place(answers=0, model_answered=False, down=True)
    assert step(unconnected("refused", sent=False), 6, dead).action == "close_endpoint"
    assert step(unconnected("refused", sent=False), 6, Place(1, True, True)).action == "give_up"
