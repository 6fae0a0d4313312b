"""One offer as a decision sees it at a moment: what it can do, what a request costs there, how long it takes, what it burns.

Worked out once per catalog and moment, so that a decision is comparisons and a few multiplications. Money is exact: the rates of
the price in force are Decimal, and whatever the simple tariff does not cover goes through `jc.catalog.price.price`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from jc.catalog.model import Catalog, Energy, Offer
from jc.catalog.price import Unpriced, price, utc
from jc.quantities import Usage
from jc.routing.request import EXPECTED_OUTPUT, Health, Request
from jc.tiers.screen import Tariff, screen

_MTOK = Decimal(1_000_000)
_DEFAULT_OUTPUT = 300


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer with its rates, speed and energy at one moment."""

    offer: Offer
    id: str
    chat: bool
    removed: str
    """Why it no longer answers on this day; empty while it does."""
    tariff: Tariff | None
    ttft_s: float | None
    s_per_output: float | None
    energy: Energy | None
    verbosity: dict[str, Decimal]
    at: datetime
    _usd: dict[tuple[int, int, int, int], Decimal | None] = field(default_factory=dict, compare=False)

    def output_tokens(self, request: Request, route_class: str) -> int:
        """How many tokens it is expected to answer with: as said, else by class and its verbosity, at most what is allowed."""
        if request.output_tokens is not None:
            return request.output_tokens
        expected = EXPECTED_OUTPUT.get(route_class, _DEFAULT_OUTPUT)
        if self.verbosity:
            factor = self.verbosity.get(route_class, self.verbosity.get("default", Decimal(1)))
            expected = int(expected * factor)
        return expected if request.max_output_tokens is None else min(expected, request.max_output_tokens)

    def usd(self, request: Request, output: int) -> Decimal | None:
        """USD of the request, exact; cached tokens count only where they are cached. None when a rate is unknown."""
        cached = request.cached_input_tokens if request.previous == self.id else 0
        tariff = self.tariff
        if tariff is not None and not cached and request.input_tokens <= tariff.most:
            return (tariff.input * request.input_tokens + tariff.output * output) / _MTOK
        key = (request.input_tokens, cached, output, request.images)
        if key not in self._usd:
            if len(self._usd) > 4096:
                self._usd.clear()
            usage = Usage(request.input_tokens, output, min(cached, request.input_tokens), images=request.images)
            try:
                self._usd[key] = price(self.offer, usage, self.at).usd
            except Unpriced:
                self._usd[key] = None
        return self._usd[key]

    def seconds(self, output: int) -> float | None:
        """Seconds to the last token: time to the first one, and writing; None when not known."""
        if self.ttft_s is None or self.s_per_output is None:
            return None
        return self.ttft_s + self.s_per_output * output

    def joules(self, output: int) -> float | None:
        """Joules of the request; None when the catalog says nothing for this kind of request."""
        if self.energy is None:
            return None
        if self.energy.per == "request":
            return float(self.energy.joules)
        return float(self.energy.joules) * output / 1e6 if self.energy.per == "mtok_output" else None

    def unfit(self, request: Request, output: int, *, trusted: bool) -> str:
        """Why it cannot answer the request; empty when it can. `trusted`: the table names it, so what is unknown is allowed."""
        if self.removed:
            return self.removed
        if not self.chat:
            return "does not answer in text"
        if request.images and not self.offer.vision:
            return "is text only, and the request has an image"
        if request.region is not None and request.region not in {"any", self.offer.region}:
            return f"is in region {self.offer.region}, and the request must stay in {request.region}"
        return self._unable(request, trusted=trusted) or self._too_small(request, output)

    def _unable(self, request: Request, *, trusted: bool) -> str:
        tools, structured = self.offer.tools, self.offer.structured_output
        if request.tools and (tools is False or (tools is None and not trusted)):
            return "takes no tools" if tools is False else "is not known to take tools"
        if request.structured_output and (structured is False or (structured is None and not trusted)):
            return "gives no structured output" if structured is False else "is not known to give structured output"
        return ""

    def _too_small(self, request: Request, output: int) -> str:
        need = request.input_tokens + output
        context, most = self.offer.context, self.offer.max_output
        if context is not None and need > context:
            return f"holds {context:,} tokens of context, and the request needs {need:,}"
        if most is not None and output > most:
            return f"gives at most {most:,} tokens of output, and the request needs {output:,}"
        allowed = request.max_output_tokens
        if most is not None and allowed is not None and allowed > most:  # a server refuses such a limit
            return f"gives at most {most:,} tokens of output, and the request allows {allowed:,}"
        return ""

    def too_much(self, request: Request, output: int, overhead_s: float) -> str:
        """Why the limits of the request in USD and seconds forbid it; what is not known cannot be shown to keep a limit."""
        if request.max_usd is not None:
            usd = self.usd(request, output)
            if usd is None:
                return "has no known price, and the request has a limit in USD"
            if usd > request.max_usd:
                return f"would cost ${usd.normalize():f}, more than the limit of ${request.max_usd:f}"
        if request.max_latency_s is not None:
            seconds = self.seconds(output)
            if seconds is None:
                return "has no known speed, and the request has a limit in seconds"
            if seconds + overhead_s > request.max_latency_s:
                return f"would take {seconds + overhead_s:.2f} s, more than the limit of {request.max_latency_s:g} s"
        return ""


def candidate(catalog: Catalog, offer: Offer, at: datetime) -> Candidate:
    """The offer as decisions at a moment see it."""
    on = utc(at).date()
    model = catalog.models.get(offer.model)
    speed = offer.speed
    known = speed is not None and speed.ttft_s is not None and speed.tokens_per_s
    screened = screen(catalog, offer, on)
    return Candidate(
        offer=offer,
        id=offer.id,
        chat="text" in offer.output and "text" in offer.input,
        removed=_removed(offer, on),
        tariff=screened.tariff,
        ttft_s=float(speed.ttft_s) if known and speed is not None and speed.ttft_s is not None else None,
        s_per_output=1 / float(speed.tokens_per_s) if known and speed is not None and speed.tokens_per_s else None,
        energy=model.energy if model else None,
        verbosity=dict(model.verbosity) if model else {},
        at=at,
    )


def _removed(offer: Offer, on: date) -> str:
    removal = offer.lifecycle.removal
    if removal is None or on < removal:
        return ""
    instead = f"; its replacement is `{offer.lifecycle.replacement}`" if offer.lifecycle.replacement else ""
    return f"was removed on {removal}{instead}"


def ailing(candidate: Candidate, health: Health) -> str:
    """Why an offer is out of service; empty when it is not."""
    for name, why in health.down:
        if name in {candidate.id, candidate.offer.provider}:
            return f"is out of service: {why}" if why else "is out of service"
    return ""


def forbidden(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether an offer id matches one of the patterns (`*` and `?` as in file names)."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
