"""What rows meet on their way, as it was asked: budgets per key, flat plans, outages and slowdowns, limits, a timeout."""

from dataclasses import dataclass
from typing import Literal

from jc.catalog.model import Offer, Plan
from jc.simulate.events import Event

NO_CAP = 2**61
"""The cap of a budget that refuses nobody, in pico-dollars."""
FOREVER = 2**61
"""A window that never ends, in microseconds."""
OnLimit = Literal["retry", "fallback", "reject"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """A budget per key: pico-dollars a window, what happens below a threshold and at the cap."""

    cap: int
    window_us: int
    fixed: bool = False
    below: int = -1
    low: Offer | None = None
    park: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """A flat plan and the keys that are on it (names, or patterns with `*`)."""

    plan: Plan
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What rows meet on their way: budgets, outages and slowdowns, limits; `None` and empty: nothing of the kind."""

    allowance: Allowance | None = None
    events: tuple[Event, ...] = ()
    limits: bool = False
    on_limit: OnLimit = "retry"
    """What a 429 of an offer's rate limits leads to: another try in the next minute, the table's fallback, or nothing."""
    timeout_s: float | None = None
    """After so many seconds a request is given up and the table's fallback answers instead."""
    fast: bool | None = None
    """Compiled scans: None where numba is installed."""
    subscriptions: tuple[Subscription, ...] = ()
    """Flat plans; a key that two of them name is on the first."""

    @property
    def any(self) -> bool:
        """Whether anything depends on the order of rows."""
        asked = self.allowance is not None or self.timeout_s is not None
        return asked or bool(self.events) or self.limits or bool(self.subscriptions)
