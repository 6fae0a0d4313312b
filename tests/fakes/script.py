"""What a scripted provider does: latency, faults, keys, models, prices. Plain values, read by `provider.py`."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import NormalDist
from typing import Any, Literal

FaultKind = Literal[
    "status",  # an error with `status`, `code`, `message`, `retry_after`, `headers`
    "hang",  # takes the request and never answers
    "reset",  # closes the connection without a word
    "malformed",  # 200 with half a JSON object
    "cut",  # announces more bytes than it sends, then closes; in a stream: closes before the last chunk
    "bomb",  # a gzip bomb: 2 KB on the wire, gigabytes in memory
    "huge",  # a chunked body without end
    "header",  # a header without end
    "drip",  # one byte every `interval_s`
    "redirect",  # 307 to `location`
    "html",  # an HTML page with `status`
    "body",  # 200 with `body` and `content_type` as they are
    "null",  # content: null
    "empty",  # an empty answer text
    "refusal",  # message.refusal
    "filtered",  # finish_reason content_filter
    "truncated",  # finish_reason length
    "no_usage",  # no usage object
    "tools",  # tool_calls instead of text
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail and when: every matching request, a `share` of attempts, the first `times` attempts of each unit.

    `model` and `contains` (in the raw body) choose requests, `start_s` and `end_s` a window since the server started.
    """

    kind: FaultKind
    share: float = 1.0
    times: int | None = None
    model: str | None = None
    contains: str | None = None
    start_s: float = 0.0
    end_s: float = math.inf
    status: int = 500
    code: str | None = None
    message: str = "scripted fault"
    retry_after: float | str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    location: str = ""
    body: bytes = b""
    content_type: str = "application/json"
    interval_s: float = 1.0


def rate_limit(share: float = 1.0, *, retry_after: float | str = 1, times: int | None = None) -> Fault:
    """429 with Retry-After."""
    return Fault("status", share, times, status=429, code="rate_limit_exceeded", message="slow down", retry_after=retry_after)


def storm(*, retry_after: float = 1) -> tuple[Fault, ...]:
    """The mix of spec/reliability.md: 10 % 429 with Retry-After, 5 % 500, 1 % hang, 1 % malformed body."""
    return (
        rate_limit(0.10, retry_after=retry_after),
        Fault("status", 0.05, status=500),
        Fault("hang", 0.01),
        Fault("malformed", 0.01),
    )


@dataclass(frozen=True, slots=True)
class Script:
    """One provider: latency in seconds (lognormal when `sigma` > 0), faults in order, and what it knows."""

    latency_s: float = 0.0
    sigma: float = 0.0
    faults: tuple[Fault, ...] = ()
    keys: frozenset[str] | None = None
    """Keys that are let in; None lets everyone in."""
    models: frozenset[str] | None = None
    """Models it has; others get 404. None has every model."""
    usd_per_mtok: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """Input and output price by model, `*` for the rest: the server's own ledger."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """The answer to a request whose raw body contains the key; else one is made from the request's hash."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers of every answer."""
    most_in_flight: int | None = None
    """More requests than this at a time get 429 without Retry-After."""
    requests_a_minute: int | None = None
    """More requests than this in 60 s get 429 with the seconds until the oldest leaves the window."""
    answer_words: int = 12
    seed: int = 0

    def latency(self, unit: str, attempt: int) -> float:
        """Seconds until this attempt is answered."""
        if not self.sigma:
            return self.latency_s
        draw = min(max(self.draw(unit, attempt, "latency"), 1e-6), 1 - 1e-6)
        return self.latency_s * math.exp(self.sigma * NormalDist().inv_cdf(draw))

    def draw(self, unit: str, attempt: int, purpose: str) -> float:
        """A number in [0, 1) that depends on nothing but seed, request, attempt and purpose."""
        raw = hashlib.sha256(f"{self.seed}:{unit}:{attempt}:{purpose}".encode()).digest()
        return int.from_bytes(raw[:7], "big") / 2**56

    def fault(self, request: "Request", since_start_s: float) -> Fault | None:
        """The fault of this attempt: the first that matches; shares of one list are parts of one draw."""
        draw = None
        lower = 0.0
        for fault in self.faults:
            if not _matches(fault, request, since_start_s):
                continue
            if fault.share >= 1.0:
                return fault
            draw = self.draw(request.unit, request.attempt, "fault") if draw is None else draw
            if lower <= draw < lower + fault.share:
                return fault
            lower += fault.share
        return None


def _matches(fault: Fault, request: "Request", since_start_s: float) -> bool:
    if not fault.start_s <= since_start_s < fault.end_s:
        return False
    if fault.times is not None and request.attempt > fault.times:
        return False
    if fault.model is not None and fault.model != request.model:
        return False
    return fault.contains is None or fault.contains.encode() in request.raw


@dataclass(slots=True)
class Request:
    """One request as the server saw it; `unit` is the hash of the body, `attempt` counts the unit's requests from 1."""

    at: float
    unit: str
    attempt: int
    model: str
    key: str
    headers: Mapping[str, str]
    raw: bytes
    body: Mapping[str, Any]
    outcome: str = "pending"
    input_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal = Decimal(0)
    answered_at: float | None = None


def prompt_text(body: Mapping[str, Any]) -> str:
    """The text of all messages, one after the other."""
    messages = body.get("messages")
    parts = [message.get("content") for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    return "\n".join(part if isinstance(part, str) else json.dumps(part) for part in parts)
