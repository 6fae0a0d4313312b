"""Send a request to the model that was chosen, and to the next of the chain when it fails before its first token.

Fallback is for failures that another provider may not have: 402, 429, 5xx, timeouts, connections, keys and models that a server
does not know. A request that is wrong in itself is wrong everywhere and stops. Once a token was shown nothing is started over.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from jc.catalog.model import Catalog, Offer
from jc.providers.call import Call, Failure, FailureKind, Reply
from jc.providers.client import Client
from jc.providers.endpoint import Endpoint
from jc.providers.settings import ClientSettings
from jc.routing.cool_down import note_failure, note_success
from jc.routing.reach import DEMO, Gateway, reach
from jc.routing.request import Decision, Request

FALLS_BACK: frozenset[FailureKind] = frozenset(
    {
        "auth",
        "quota",
        "budget",
        "not_found",
        "rate_limited",
        "overloaded",
        "server",
        "timeout",
        "connection",
        "malformed",
        "stopped",
    }
)  # fmt: skip


class Tried(NamedTuple):
    """A model of the chain that did not answer, and why."""

    model: str
    why: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending: who answered (None: nobody), its reply, who failed before, and when the first token came.

    `failure` is that of the last model when nobody answered. `latency_s` counts from the start, failed models included.
    """

    offer: Offer | None
    reply: Reply | None
    tried: tuple[Tried, ...]
    failure: Failure | None
    latency_s: float
    ttft_s: float | None


@dataclass(slots=True)
class Sender:
    """How requests are sent: the catalog, where to, the file that remembers failures, and who sees the text."""

    catalog: Catalog
    gateway: Gateway
    environment: Mapping[str, str]
    health: Path | None
    on_text: Callable[[str], None]
    settings: ClientSettings = field(default_factory=lambda: ClientSettings(max_attempts=1, max_wait_s=0.0))
    clock: Callable[[], float] = time.time

    async def send(self, body: Mapping[str, Any], chain: Sequence[Offer]) -> Sent:
        """The first answer of the chain, streamed to `on_text` as it comes."""
        started = time.monotonic()
        first: list[float] = []
        tried: list[Tried] = []
        failure: Failure | None = None

        def seen(text: str) -> None:
            if not first:
                first.append(time.monotonic())
            self.on_text(text)

        def sent(offer: Offer | None, reply: Reply | None) -> Sent:
            ttft_s = first[0] - started if first else None
            return Sent(offer, reply, tuple(tried), None if offer else failure, time.monotonic() - started, ttft_s)

        async with AsyncExitStack() as stack:
            # One attempt a model: the chain is the retry, and a second layer would multiply the calls.
            client = await stack.enter_async_context(Client(replace(self.settings, max_attempts=1)))
            for offer in chain:
                found = reach(offer, self.catalog, self.gateway, self.environment)
                if found.endpoint is None:
                    tried.append(Tried(offer.id, found.why))
                    continue
                endpoint = await running(found.endpoint, stack)
                reply = await client.complete(Call(endpoint, {**body, "model": found.wire_id}, stream=True, on_text=seen))
                if reply.failure is None:
                    if self.health is not None:
                        note_success(self.health, offer.id)
                    return sent(offer, reply)
                failure = reply.failure
                tried.append(Tried(offer.id, failure.message))
                if first or failure.kind not in FALLS_BACK:
                    return sent(None, reply)
                if self.health is not None:
                    note_failure(self.health, offer.id, failure, self.clock())
        return sent(None, None)


async def running(endpoint: Endpoint, stack: AsyncExitStack) -> Endpoint:
    """The endpoint itself, or the embedded demo server, started for as long as the stack is open."""
    if endpoint.alias != DEMO.alias:
        return endpoint
    from jc.providers.demo import demo_server

    return await stack.enter_async_context(demo_server())


_OURS = """prompt routing org key session region previous swap_opt_in model_routing_config images vision id
    model stream stream_options"""
_OUR_FIELDS = frozenset(_OURS.split())


def body_of(incoming: Mapping[str, Any], max_output_tokens: int | None) -> dict[str, Any]:
    """What is sent: the caller's OpenAI body without the router's own fields, or one user message."""
    body = {name: value for name, value in incoming.items() if name not in _OUR_FIELDS}
    if not isinstance(body.get("messages"), list):
        body["messages"] = [{"role": "user", "content": str(incoming.get("prompt") or "")}]
    if max_output_tokens is not None and not {"max_tokens", "max_completion_tokens"} & body.keys():
        body["max_tokens"] = max_output_tokens
    return body


def log_row(request: Request, decision: Decision, sent: Sent, usd: Decimal | None, at: str) -> dict[str, Any]:
    """The request as a line of a traffic log (canonical columns): what was asked for, what answered, and what it took.

    The text of prompt and answer is left out: class and tokens are what a replay needs.
    """
    reply, usage = sent.reply, sent.reply.usage if sent.reply else None
    row: dict[str, Any] = {
        "ts": at,
        "session": request.session,
        "key": request.key,
        "org": request.org,
        "model": request.requested or "auto",
        "served_model": sent.offer.id if sent.offer else None,
        "route_class": decision.route_class,
        "input_tokens": usage.input_tokens if usage else request.input_tokens,
        "cached_input_tokens": usage.cached_input_tokens if usage else 0,
        "output_tokens": usage.output_tokens if usage else None,
        "reasoning_tokens": usage.reasoning_tokens if usage else None,
        "images": request.images,
        "tools": request.tools,
        "vision": request.vision,
        "structured_output": request.structured_output,
        "stream": True,
        "routing": request.routing,
        "swap_opt_in": request.swap_opt_in,
        "region": request.region,
        "status": str(reply.http_status or "ok") if reply and sent.offer else "error",
        "latency_ms": round(sent.latency_s * 1000, 3),
        "ttft_ms": None if sent.ttft_s is None else round(sent.ttft_s * 1000, 3),
        "cost_usd": None if usd is None else format(usd, "f"),
        "energy_j": (reply.energy_j if reply and reply.energy_j is not None else decision.estimate.joules),
    }
    return {name: value for name, value in row.items() if value is not None}
