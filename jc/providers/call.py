"""One call and what came of it: a `Reply` is a value for every outcome, so that nothing an endpoint does is an exception."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from jc.providers.endpoint import Endpoint
from jc.quantities import Usage

Lane = Literal["candidate", "judge"]
Status = Literal["ok", "refused", "truncated", "empty", "filtered", "error"]
FailureKind = Literal[
    "auth",
    "quota",
    "budget",
    "not_found",
    "bad_request",
    "rate_limited",
    "overloaded",
    "server",
    "timeout",
    "connection",
    "malformed",
    "too_large",
    "redirect",
    "stopped",
    "not_recorded",
]


@dataclass(frozen=True, slots=True)
class Call:
    """One chat completion: `body` is the OpenAI request (`model`, `messages`, …) and is sent as it is.

    `lane` keeps judge traffic and candidate traffic from starving one another. With `stream` the answer is read as
    server-sent events and the reply carries the time to first token; `on_text` is then given each piece of the answer's text as
    it comes (on the event loop: it must not block), once: when a stream breaks after its first piece it is not asked for again.
    """

    endpoint: Endpoint
    body: Mapping[str, Any]
    lane: Lane = "candidate"
    stream: bool = False
    on_text: Callable[[str], None] | None = field(default=None, compare=False)

    @property
    def model(self) -> str:
        """The model's name on the wire."""
        return str(self.body.get("model", ""))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: a kind, one sentence without keys, and whether the same call may succeed later.

    `stopped` is a call that was not sent because its endpoint had been given up or the run is ending; `budget` one that the
    ledger did not allow; `not_recorded` one that a replay file does not hold.
    """

    kind: FailureKind
    message: str
    http_status: int | None = None
    retryable: bool = False
    retry_after_s: float | None = None
    """How long the server asked to be left alone, in seconds; None when it did not say."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call came to. Times are milliseconds on the monotonic clock, `started_at` is the wall clock (ISO 8601, UTC).

    `latency_ms` is the last attempt's, request sent to last byte read; `ttft_ms` the time to the first token (streams only);
    `queue_ms` everything before the last attempt: waiting for a place, pauses, retries. `usage` is None when the server told
    none. `tool_calls` is the JSON text of the calls when the model answered with tools. `energy_j` is joules as told by the
    gateway, `routed_from` the model that was asked for when the gateway says that it swapped. The statuses `truncated`,
    `filtered` and `refused` keep the text that came.
    """

    status: Status
    text: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    http_status: int | None = None
    latency_ms: float | None = None
    ttft_ms: float | None = None
    queue_ms: float = 0.0
    attempts: int = 0
    energy_j: float | None = None
    failure: Failure | None = None
    started_at: str | None = None
    tool_calls: str | None = None
    routed_from: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; fields that say nothing are left out."""
        # Not `asdict` over the whole: it copies deeply, 60 µs a reply, and most fields are plain.
        data = {name: value for name in self.__slots__ if (value := getattr(self, name)) not in (None, "")}
        for name in ("usage", "failure"):
            if name in data:
                data[name] = {key: getattr(data[name], key) for key in data[name].__slots__}
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Reply":
        """The reply that `to_json` wrote; unknown fields are ignored, KeyError or TypeError when it is not one."""
        known = {name: value for name, value in data.items() if name in _REPLY_FIELDS}
        known["status"] = data["status"]
        if (usage := data.get("usage")) is not None:
            known["usage"] = Usage(**usage)
        if (failure := data.get("failure")) is not None:
            known["failure"] = Failure(**failure)
        return cls(**known)


_REPLY_FIELDS = frozenset(Reply.__slots__)


def call_key(call: Call) -> str:
    """sha256 of the canonical request: address and body, never the key; the same request has the same key in every run."""
    return _digest({"address": call.endpoint.address, "body": call.body})


def body_key(call: Call) -> str:
    """sha256 of the body alone: the same request to whichever server."""
    return _digest(call.body)


def _digest(value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=dict)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
