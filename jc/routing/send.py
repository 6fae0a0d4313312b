"""Send a request to the model that was chosen, and to the next of the chain when it fails before its first token.

Fallback is for failures that another provider may not have: 402, 429, 5xx, timeouts, connections, keys and models that a server
does not know. A request that is wrong in itself is wrong everywhere and stops. Once a token was shown nothing is started over.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
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


ONE_ATTEMPT = ClientSettings(max_attempts=1, max_wait_s=86_400.0)
"""A client that asks once and never waits; how long a server wants to be left alone is the chain's business."""


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


PATIENCE_S = 10.0
"""When the whole chain has failed and a server asked for no longer wait than this, it is waited for, once."""


@dataclass(slots=True)
class Sender:
    """How requests are sent: the catalog, where to, the file that remembers failures, and who sees the text."""

    catalog: Catalog
    gateway: Gateway
    environment: Mapping[str, str]
    health: Path | None
    on_text: Callable[[str], None]
    settings: ClientSettings = ONE_ATTEMPT
    clock: Callable[[], float] = time.time

    async def send(self, body: Mapping[str, Any], chain: Sequence[Offer]) -> Sent:
        """The first answer of the chain, streamed to `on_text` as it comes."""
        async with AsyncExitStack() as stack:
            sending = _Sending(self, body, stack)
            done = await sending.along(chain)
            if done is None and sending.soonest is not None:
                wait_s, offer = sending.soonest
                await asyncio.sleep(wait_s)
                done = await sending.along([offer])
            return done or sending.sent(None, None)


class _Sending:
    """One request on its way along the chain."""

    def __init__(self, sender: Sender, body: Mapping[str, Any], stack: AsyncExitStack) -> None:
        self.sender, self.body, self.stack = sender, body, stack
        self.started = time.monotonic()
        self.first: float | None = None
        self.tried: list[Tried] = []
        self.failure: Failure | None = None
        self.soonest: tuple[float, Offer] | None = None
        """The shortest wait that a server asked for, if it is worth it, and the model that will answer then."""

    async def along(self, chain: Sequence[Offer]) -> Sent | None:
        """Ask one after the other; None when all have failed before their first token."""
        for offer in chain:
            reply = await self._asked(offer)
            if reply is None:
                continue
            if reply.failure is None:
                self._remember(offer, None)
                return self.sent(offer, reply)
            self._failed(offer, reply.failure)
            if self.first is not None or reply.failure.kind not in FALLS_BACK:
                return self.sent(None, reply)
        return None

    async def _asked(self, offer: Offer) -> Reply | None:
        sender = self.sender
        found = reach(offer, sender.catalog, sender.gateway, sender.environment)
        if found.endpoint is None:
            self.tried.append(Tried(offer.id, found.why))
            return None
        endpoint = await running(found.endpoint, self.stack)
        body = {**self.body, "model": found.wire_id}
        # One attempt and one client a model: the chain is the retry, and the pause of one server is not the next one's.
        async with Client(sender.settings) as client:
            return await client.complete(Call(endpoint, body, stream=True, on_text=self._seen))

    def _seen(self, text: str) -> None:
        if self.first is None:
            self.first = time.monotonic()
        self.sender.on_text(text)

    def _failed(self, offer: Offer, failure: Failure) -> None:
        self.failure = failure
        self.tried.append(Tried(offer.id, _told(failure)))
        if failure.kind in FALLS_BACK:
            self._remember(offer, failure)
        wait_s = failure.retry_after_s
        if wait_s is not None and wait_s <= PATIENCE_S and (self.soonest is None or wait_s < self.soonest[0]):
            self.soonest = (wait_s, offer)

    def _remember(self, offer: Offer, failure: Failure | None) -> None:
        health, via = self.sender.health, self.sender.gateway.base_url or ""
        if health is None:
            return
        if failure is None:
            note_success(health, offer.id, via)
        else:
            note_failure(health, offer.id, failure, self.sender.clock(), via)

    def sent(self, offer: Offer | None, reply: Reply | None) -> Sent:
        """What came of it, up to now."""
        ttft_s = None if self.first is None else self.first - self.started
        failure = None if offer else self.failure
        return Sent(offer, reply, tuple(self.tried), failure, time.monotonic() - self.started, ttft_s)


def _told(failure: Failure) -> str:
    """A failure in words: its status or kind, what was said, and how long the server wants to be left alone."""
    head = f"HTTP {failure.http_status}" if (failure.http_status or 0) >= 400 else failure.kind.replace("_", " ")
    wait = "" if failure.retry_after_s is None else f" (try again in {failure.retry_after_s:.3g} s)"
    return f"{head}, {failure.message}{wait}"


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
