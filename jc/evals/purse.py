"""The hard cap of a run: money is reserved before an attempt is sent and settled after it.

A reservation is an upper bound. A token is at least one byte, so the request's bytes bound its input tokens (plus a few a message
for the chat's own marks); `max_tokens` bounds the output. What a failed attempt may have cost stays reserved: the server's own
ledger never exceeds the cap, retries included.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jc.catalog.model import Offer
from jc.catalog.price import Unpriced, price
from jc.providers.call import Call
from jc.quantities import Usage

MARKS_PER_MESSAGE = 16
TOKENS_PER_IMAGE = 10_000
ZERO = Decimal(0)

Offers = Mapping[tuple[str, str], Offer | None]


@dataclass(slots=True)
class Ticket:
    """One reservation: for which call and how much."""

    call: int
    usd: Decimal
    offer: Offer | None


class Purse:
    """The run's money: `cap` in USD or None, `spent` so far with what earlier starts of the run spent."""

    def __init__(self, offers: Offers, now: Callable[[], datetime], cap: Decimal | None = None, spent: Decimal = ZERO) -> None:
        self.cap = cap
        self.spent = spent
        self.reserved = ZERO
        self.in_flight = 0
        self._offers = offers
        self._now = now
        self._lost: dict[int, Decimal] = {}
        self._settled = asyncio.Event()

    def open(self, call: Call) -> Ticket | None:
        """Reserve the most that one attempt can cost; None when that is more than what is left."""
        if self.cap is None:
            return Ticket(id(call), ZERO, None)
        offer = self._offers.get((call.endpoint.address, call.model))
        bound = self._usd(offer, most(call)) if offer else ZERO
        if self.spent + self.reserved + bound > self.cap:
            return None
        self.reserved += bound
        self.in_flight += 1
        return Ticket(id(call), bound, offer)

    def close(self, ticket: object, usage: Usage | None, *, sent: bool) -> None:
        """Settle an attempt: what it cost, or all that was reserved when it may have been charged and nobody said how much."""
        assert isinstance(ticket, Ticket)
        if self.cap is None:
            return
        self.reserved -= ticket.usd
        self.in_flight -= 1
        if usage is not None and ticket.offer is not None:
            self.spent += self._usd(ticket.offer, usage)
        elif sent and ticket.usd:
            self.spent += ticket.usd
            self._lost[ticket.call] = self._lost.get(ticket.call, ZERO) + ticket.usd
        self._settled.set()
        self._settled = asyncio.Event()

    async def room(self) -> bool:
        """Wait until some reservation was settled; False at once when there is none to wait for."""
        if not self.in_flight:
            return False
        await self._settled.wait()
        return True

    def lost(self, call: Call) -> Decimal:
        """What failed attempts of a call may have cost; asked once."""
        return self._lost.pop(id(call), ZERO)

    def cost(self, call: Call, usage: Usage | None) -> Decimal | None:
        """What a reply cost in USD; None when the price or the usage is unknown."""
        offer = self._offers.get((call.endpoint.address, call.model))
        if offer is None or usage is None:
            return None
        try:
            return price(offer, usage, self._now()).usd
        except Unpriced:
            return None

    def _usd(self, offer: Offer, usage: Usage) -> Decimal:
        try:
            return price(offer, usage, self._now()).usd
        except Unpriced:  # allowed by --allow-unpriced, else refused before the run
            return ZERO


def most(call: Call) -> Usage:
    """The most that a call can use."""
    messages = call.body.get("messages", ())
    size = len(json.dumps(call.body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    images = sum(
        1
        for message in messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
        if isinstance(part, Mapping) and part.get("type") not in {"text", None}
    )
    tokens = size + MARKS_PER_MESSAGE * len(messages) + TOKENS_PER_IMAGE * images
    return Usage(input_tokens=tokens, output_tokens=int(call.body.get("max_tokens") or 0))
