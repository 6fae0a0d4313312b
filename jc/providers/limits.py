"""How fast one endpoint may be called: pure arithmetic over a monotonic clock that the caller reads (`now`, seconds).

Five brakes, the tightest counts. A bucket for `rpm` and `tpm`; the remainder that response headers tell; one shared pause
(Retry-After); a breaker that lets one probe a second through while the endpoint is down; and an adaptive window of
requests in flight.

The window does not follow the textbook (halve on every 429), because a provider that turns away one request in ten at random
would hold it near three. It remembers at which level (requests in flight when a call started) answers came: a 429 at a level
that never answered sets the window below it, one at a level that does answer says nothing about the level. A round in which most
requests are turned away halves the window whatever the levels.
"""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from jc.providers.meters import Meter

_FIRST_WINDOW = 128
_AFTER_OUTAGE = 8
_DOWN_AFTER = 6
_PROBE_EVERY_S = 1.0
_PROBE_PATIENCE_S = 10.0
_LONGEST_BACKOFF_S = 30.0

Change = Literal["none", "down", "recovered"]


@dataclass(slots=True)
class Window:
    """How many requests may be in flight: grows while answers come, shrinks when they are turned away, never above `cap`."""

    cap: int
    size: float = 0.0
    _ramping: bool = True
    _top: int = 0
    _top_before: int = 0
    _answers: int = 0
    _overloads: int = 0
    _clean_rounds: int = 0
    _patience: int = 1
    _grown: bool = False

    def __post_init__(self) -> None:
        self.size = self.size or float(min(self.cap, _FIRST_WINDOW))

    def answered(self, level: int) -> None:
        """A call that started as the `level`-th in flight was answered."""
        self._top = max(self._top, level)
        if level > self.size:
            self.size = float(min(self.cap, level))
        if self._ramping:
            self.size = min(float(self.cap), self.size + 1)
        self._count(overloaded=False)

    def overloaded(self, level: int) -> None:
        """A call that started as the `level`-th in flight was turned away (429, 503, 529) or timed out."""
        if max(self._top, self._top_before) < level <= self.size:
            self._shrink(level - 1)
        self._count(overloaded=True)

    def restart(self) -> None:
        """After an outage: begin small and ramp up."""
        self.size = float(min(self.cap, _AFTER_OUTAGE))
        self._ramping = True
        self._top = self._top_before = 0
        self._new_round()

    def _shrink(self, size: float) -> None:
        self.size = max(1.0, size)
        self._ramping = False
        self._patience = min(16, self._patience * 2)
        self._grown = False
        self._clean_rounds = 0

    def _count(self, *, overloaded: bool) -> None:
        self._answers += 1
        self._overloads += overloaded
        if self._answers < max(4, int(self.size)):
            return
        if self._overloads * 2 > self._answers:
            self._shrink(self.size / 2)
        elif not self._overloads and not self._ramping:
            self._grow()
        self._new_round()

    def _grow(self) -> None:
        """One more after `patience` clean rounds; a step that holds halves the patience, one that fails doubles it."""
        self._clean_rounds += 1
        if self._grown:
            self._grown = False
            self._patience = max(1, self._patience // 2)
        if self._clean_rounds >= self._patience:
            self.size = min(float(self.cap), self.size + 1)
            self._grown = True
            self._clean_rounds = 0

    def _new_round(self) -> None:
        self._top_before, self._top = self._top, 0
        self._answers = self._overloads = 0


@dataclass(slots=True)
class Breaker:
    """Closed until several attempts in a row find the endpoint down; then one probe a second until one is answered."""

    down_since: float | None = None
    _failures: int = 0
    _last_probe: float = -math.inf
    _probing: bool = False

    def wait(self, now: float) -> float:
        """Seconds until the next attempt may start."""
        if self.down_since is None:
            return 0.0
        return max(0.0, self._last_probe + (_PROBE_PATIENCE_S if self._probing else _PROBE_EVERY_S) - now)

    def started(self, now: float) -> None:
        """An attempt starts; in an outage it is the probe."""
        if self.down_since is not None:
            self._last_probe = now
            self._probing = True

    def finished(self, now: float, *, down: bool) -> Change:
        """An attempt ended; any answer closes the breaker, even a refusal."""
        self._probing = False
        if not down:
            self._failures = 0
            was_down, self.down_since = self.down_since, None
            return "none" if was_down is None else "recovered"
        self._failures += 1
        if self.down_since is None and self._failures >= _DOWN_AFTER:
            self.down_since = self._last_probe = now
            return "down"
        return "none"


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to send one request: how many were in flight with it, its model, and the tokens it was counted with."""

    level: int
    model: str
    tokens: float


@dataclass(slots=True)
class Limits:
    """All brakes of one endpoint (URL and key)."""

    window: Window
    breaker: Breaker = field(default_factory=Breaker)
    meters: dict[str, Meter] = field(default_factory=dict)
    """By model."""
    in_flight: int = 0
    paused_until: float = -math.inf

    def meter(self, model: str) -> Meter:
        """The model's meter; one without limits when none was set."""
        meter = self.meters.get(model)
        if meter is None:
            meter = self.meters[model] = Meter()
        return meter

    def wait(self, model: str, tokens: float, now: float) -> float:
        """Seconds until a request of about `tokens` may start: 0 is now, infinity is when another one ends."""
        if self.in_flight >= int(self.window.size):
            return math.inf
        return max(0.0, self.paused_until - now, self.breaker.wait(now), self.meter(model).wait(tokens, now))

    def start(self, model: str, tokens: float, now: float) -> Pass:
        """Count a request that starts now."""
        self.in_flight += 1
        self.meter(model).take(1, tokens, now)
        self.breaker.started(now)
        return Pass(self.in_flight, model, tokens)

    def cancel(self, given: Pass, now: float) -> None:
        """The request was not sent after all."""
        self.in_flight -= 1
        self.meter(given.model).take(-1, -given.tokens, now)

    def finish(self, given: Pass, now: float, *, overloaded: bool, down: bool, tokens: float | None = None) -> Change:
        """The request ended: with an answer, turned away, or with the endpoint down; says what that changed.

        `tokens` is what the server says it used.
        """
        self.in_flight -= 1
        self.meter(given.model).finish(given.tokens, tokens, now)
        if overloaded:
            self.window.overloaded(given.level)
        elif not down:
            self.window.answered(given.level)
        change = self.breaker.finished(now, down=down)
        if change == "recovered":
            self.window.restart()
        return change

    def pause(self, seconds: float, now: float) -> bool:
        """Nothing starts for `seconds`; True when that is news (not just a moment more of a running pause)."""
        until = now + seconds
        news = until > self.paused_until + 1.0 or self.paused_until <= now
        self.paused_until = max(self.paused_until, until)
        return news


def backoff_s(attempt: int, first_s: float, random: Random) -> float:
    """Seconds before the next attempt after the `attempt`-th failed: `first_s`, doubled each time up to 30, and some jitter.

    The jitter, up to a quarter, only lengthens, so that six attempts from 1 s on always outlast an outage of 30 s.
    """
    return min(_LONGEST_BACKOFF_S, first_s * 2.0 ** (attempt - 1)) * random.uniform(1.0, 1.25)
