"""How a client behaves, and the two parties it talks to besides endpoints: who pays, and who watches."""

from dataclasses import dataclass
from typing import Literal, Protocol

import jc
from jc.providers.call import Call
from jc.quantities import Usage

Event = Literal["retrying", "waiting", "parked", "stopped", "recovered", "probing"]


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Limits of a client: requests in flight per endpoint, seconds, attempts a call, bytes an answer.

    `timeout_s` bounds one attempt from first byte sent to last byte read; `max_wait_s` bounds what a call may spend waiting
    for retries and pauses; `backoff_s` is the wait before the first retry, doubled each time; `park` waits for the reset of
    an exhausted budget instead of stopping the endpoint; `refused_s` is how long an endpoint that never answered is tried while
    nobody listens there.
    """

    concurrency: int = 32
    timeout_s: float = 120.0
    max_attempts: int = 6
    max_wait_s: float = 600.0
    park: bool = False
    backoff_s: float = 1.0
    refused_s: float = 5.0
    max_bytes: int = 16 * 2**20
    user_agent: str = f"jc/{jc.__version__}"
    seed: int = 0
    """Seed of the jitter; it spreads retries and changes no result."""


class Ledger(Protocol):
    """Who pays: asked before every attempt, told after every attempt. Called on the event loop: it must not block."""

    def open(self, call: Call) -> object | None:
        """A ticket that reserves the money for one attempt, or None: then the call ends with a failure of kind `budget`."""

    def close(self, ticket: object, usage: Usage | None, *, sent: bool) -> None:
        """The attempt is over. `usage` when the server told it; `sent` is False when it cannot have been charged.

        It cannot have been charged when no connection was made or the server refused it with a 4xx status. With `sent` and
        no usage (timeout, cut stream, 5xx) the money may be spent: keep the reservation.
        """


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person who watches wants to know: which endpoint, what happened, why, and for how many seconds."""

    event: Event
    endpoint: str
    reason: str
    wait_s: float | None = None


class Observer(Protocol):
    """Who watches: the progress display. Called on the event loop: it must not block or raise."""

    def notice(self, notice: Notice) -> None:
        """One event of one endpoint; `waiting` and `parked` come once for a shared pause, not once a call."""
