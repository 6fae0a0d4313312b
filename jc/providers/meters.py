"""What one model at one endpoint may use a minute, by the catalog and by response headers: pure arithmetic on `now`."""

import math
from dataclasses import dataclass, field

from jc.providers.headers import Told

_MINUTE = 60.0
_BURST = 0.1


class Bucket:
    """At most `per_minute` units in any minute, a tenth of them in one burst; a unit larger than the burst leaves a debt."""

    def __init__(self, per_minute: int, now: float) -> None:
        self.burst = max(1.0, per_minute * _BURST)
        self.rate = max(per_minute - self.burst, 1.0) / _MINUTE
        self._level = self.burst
        self._at = now

    def _fill(self, now: float) -> None:
        self._level = min(self.burst, self._level + max(0.0, now - self._at) * self.rate)
        self._at = now

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken."""
        self._fill(now)
        short = min(amount, self.burst) - self._level
        return short / self.rate if short > 1e-9 else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take `amount`; a negative one gives back what was estimated too high."""
        self._fill(now)
        self._level = min(self.burst, self._level - amount)


class Remainder:
    """What the server said is left, and until when.

    Headers are as old as the answer: of the requests in flight the server may have counted none or all. So the estimate is
    our own count, held between the two extremes.
    """

    def __init__(self) -> None:
        self._left = math.inf
        self._whole_at = -math.inf

    def learn(self, told: Told, in_flight: float, now: float) -> None:
        """Take what a header says; `in_flight` is the amount of the calls not yet answered."""
        own = self._left if now < self._whole_at else math.inf
        self._left = max(min(told.remaining, own), told.remaining - in_flight)
        self._whole_at = now + told.reset_s

    def wait(self, amount: float, now: float) -> float:
        """Seconds until the limit is whole again, when less than `amount` is left."""
        if now >= self._whole_at:
            self._left = math.inf
        return 0.0 if self._left >= amount else self._whole_at - now

    def take(self, amount: float) -> None:
        """Count a call that starts."""
        self._left -= amount


@dataclass(slots=True)
class Meter:
    """What one model at one endpoint may use: providers count requests and tokens by model."""

    rpm: Bucket | None = None
    tpm: Bucket | None = None
    requests_left: Remainder = field(default_factory=Remainder)
    tokens_left: Remainder = field(default_factory=Remainder)
    in_flight: int = 0
    tokens_in_flight: float = 0.0

    def wait(self, tokens: float, now: float) -> float:
        """Seconds until a request of about `tokens` may start."""
        wait = max(self.requests_left.wait(1, now), self.tokens_left.wait(tokens, now))
        if self.rpm is not None:
            wait = max(wait, self.rpm.wait(1, now))
        if self.tpm is not None:
            wait = max(wait, self.tpm.wait(tokens, now))
        return wait

    def take(self, requests: int, tokens: float, now: float) -> None:
        """Count a request that starts; negative numbers take it back."""
        self.in_flight += requests
        self.tokens_in_flight += tokens
        self.requests_left.take(requests)
        self.tokens_left.take(tokens)
        if self.rpm is not None:
            self.rpm.take(requests, now)
        if self.tpm is not None:
            self.tpm.take(tokens, now)

    def finish(self, tokens: float, told: float | None, now: float) -> None:
        """A request of about `tokens` ended; the server may have told how many they were."""
        self.in_flight -= 1
        self.tokens_in_flight -= tokens
        if self.tpm is not None and told is not None:
            self.tpm.take(told - tokens, now)

    def learn(self, requests: Told | None, tokens: Told | None, now: float) -> None:
        """Take what headers say; the call that brought them is still counted as in flight."""
        if requests is not None:
            self.requests_left.learn(requests, self.in_flight - 1, now)
        if tokens is not None:
            self.tokens_left.learn(tokens, self.tokens_in_flight, now)
