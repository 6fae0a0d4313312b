"""Who may answer in place of the model asked for: the swap rule of the tiers, pure and with a reason for everyone passed over.

Hard rules first (opt-in, tools, pins, tier, region, what the request needs, removal, price), then the bands, then the cheapest at
the request's own tokens, or by the catalog's cost key when these are not known. A swap never costs more than what was asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from jc.catalog.model import Catalog, Offer
from jc.quantities import Usage
from jc.tiers.screen import Objection, Screened, Why
from jc.tiers.standing import Member, Standing, standing

UNKNOWN_CONTEXT = 8_192
UNKNOWN_OUTPUT = 4_096
"""What an offer with an unknown limit is trusted with, in tokens: what the smallest chat models of the documents hold."""


@dataclass(frozen=True, slots=True)
class SwapRequest:
    """What is known of a request when the answering model is chosen.

    `region` overrides the catalog's policy: `same`, `any`, or a list of regions. `swaps_off` is an organisation's or a route
    table's switch, `never` holds targets (with `*`) that this organisation or key forbids.
    """

    model: str
    tools: bool = False
    vision: bool = False
    structured_output: bool = False
    input_tokens: int | None = None
    output_tokens: int | None = None
    region: str | tuple[str, ...] | None = None
    opted_in: bool = True
    explicit: bool = False
    swaps_off: str = ""
    never: tuple[str, ...] = ()


class PassedOver(NamedTuple):
    """An offer of the tier that does not answer: the rule that says so, and the reason in words that follow its name."""

    model: str
    rule: Why
    why: str
    usd: Decimal | None
    """Its cost by the same key as the swap's, None when unknown."""


class Cost(NamedTuple):
    """What is compared: dollars of this request, or dollars per million tokens by the cost key."""

    usd: Decimal
    per: Literal["request", "mtok"]


@dataclass(frozen=True, slots=True)
class Swap:
    """Another offer answers."""

    model: str
    offer: Offer
    asked: Offer
    tier: str
    before: Cost
    after: Cost
    reasons: tuple[str, ...]
    passed_over: tuple[PassedOver, ...]

    @property
    def saving(self) -> float:
        """The share saved, between 0 and 1."""
        return float(1 - self.after.usd / self.before.usd) if self.before.usd else 0.0


@dataclass(frozen=True, slots=True)
class Kept:
    """The offer asked for answers, and why."""

    model: str
    offer: Offer
    reason: str
    tier: str | None = None
    passed_over: tuple[PassedOver, ...] = ()


def swap(request: SwapRequest, catalog: Catalog, at: datetime) -> Swap | Kept:
    """The offer that answers a request for `request.model` (an offer id) at a moment; KeyError when there is no such offer."""
    asked = catalog.offers[request.model]
    refused = _refused(request, asked, catalog)
    if refused:
        return Kept(asked.id, asked, refused)
    view = standing(catalog, at)
    mine = view.members.get(asked.id)
    if mine is None:
        return Kept(asked.id, asked, _no_tier(asked, view.on))
    choice = _Choice(request, catalog, view, mine, at, _usage(request, catalog.settings.output_weight))
    before = choice.cost(view.screened(asked))
    if before is None:
        return Kept(asked.id, asked, f"the price of `{asked.id}` is not known, so nothing can be shown to be cheaper", mine.tier)
    return choice.made(before)


def _refused(request: SwapRequest, asked: Offer, catalog: Catalog) -> str:
    """Why there is no swap whatever the alternatives are; empty when there may be one."""
    rules = catalog.policy.swap
    refusals = (
        (request.explicit, "the request asks for explicit routing"),
        (not request.opted_in, "swaps are opt-in, and this request has not opted in"),
        (bool(request.swaps_off), request.swaps_off),
        (not rules.enabled, "the policy has switched swaps off"),
        (request.tools, "requests with tools are never swapped"),
        (any(fnmatchcase(asked.id, pin) for pin in rules.pins), "the policy pins it"),
    )
    return next((why for holds, why in refusals if holds), "")


def _no_tier(asked: Offer, on: date) -> str:
    removal = asked.lifecycle.removal
    if removal is not None and removal <= on:
        replaced = f"; its replacement is `{asked.lifecycle.replacement}`" if asked.lifecycle.replacement else ""
        return f"it is in no tier: it was removed on {removal}{replaced}"
    return "it is in no tier"


class _Other(NamedTuple):
    """Another member of the tier, and what speaks against it: what is said before its limits, and what after."""

    offer: Offer
    screened: Screened
    first: Objection | None
    last: Objection | None


@dataclass(frozen=True, slots=True)
class _Choice:
    """One request against the members of its tier."""

    request: SwapRequest
    catalog: Catalog
    view: Standing
    asked: Member
    at: datetime
    usage: Usage | None

    def made(self, before: Cost) -> Swap | Kept:
        """The cheapest permitted equal, when it is cheaper; ties keep the model asked for, then go by id."""
        allowed: list[tuple[Decimal, str, Offer]] = []
        passed: list[PassedOver] = []
        for offer, screened, first, last in self._others():
            cost = self.cost(screened)
            usd = cost.usd if cost else None
            objection = first or self._too_small(offer) or last
            if objection is not None:
                passed.append(PassedOver(offer.id, objection.rule, objection.why, usd))
            elif usd is not None and usd < before.usd:
                allowed.append((usd, offer.id, offer))
            else:
                passed.append(PassedOver(offer.id, "dearer", "costs the same" if usd == before.usd else "costs more", usd))
        return self._answer(before, sorted(allowed, key=lambda found: found[:2]), passed)

    def _answer(self, before: Cost, allowed: Sequence[tuple[Decimal, str, Offer]], passed: list[PassedOver]) -> Swap | Kept:
        asked, tier = self.asked.offer, self.asked.tier
        for usd, name, _ in allowed[1:]:
            passed.append(PassedOver(name, "chosen", "costs more than the one chosen", usd))
        over = tuple(sorted(passed, key=lambda one: (one.usd is None, one.usd or Decimal(0), one.model)))
        if not allowed:
            return Kept(asked.id, asked, f"nothing in {tier} that may answer in its place is cheaper", tier, over)
        usd, name, offer = allowed[0]
        return Swap(name, offer, asked, tier, before, Cost(usd, before.per), self._reasons(offer), over)

    def _reasons(self, offer: Offer) -> tuple[str, ...]:
        equality = self.view.equality(self.asked, self.view.members[offer.id])
        asked = self.asked.offer
        reasons = [
            f"same tier, {self.asked.tier}",
            f"region {offer.region} is within `{_region_text(self._region())}`",
            equality.why,
        ]
        if offer.region != asked.region:
            reasons.append(f"it answers from region {offer.region}, and `{asked.id}` from {asked.region}")
        smaller = _smaller(asked, offer)
        if smaller and self.usage is None:
            reasons.append(f"it holds {smaller}, which is checked when the request's tokens are given")
        return tuple(reasons)

    def _others(self) -> Sequence[_Other]:
        """The other members of the tier, with what speaks against them whatever the request's size; worked out once a day."""
        request = self.request
        key = (self.asked.offer.id, self._region(), request.vision, request.structured_output, request.never)
        found: tuple[_Other, ...] | None = self.view.remembered.get(key)
        if found is None:
            members = [one for one in self.view.tiers[self.asked.tier] if one.offer is not self.asked.offer]
            found = self.view.remembered[key] = tuple(self._other(member) for member in members)
        return found

    def _other(self, member: Member) -> _Other:
        offer, screened = member.offer, self.view.screened(member.offer)
        first = self._forbidden(offer) or self._elsewhere(offer) or self._unfit(offer)
        return _Other(offer, screened, first, None if first else screened.objection or self._unequal(member))

    def _forbidden(self, offer: Offer) -> Objection | None:
        for pair in self.catalog.policy.swap.never:
            if fnmatchcase(self.asked.offer.id, pair.source) and fnmatchcase(offer.id, pair.target):
                return Objection(
                    "forbidden", f"must never answer for `{self.asked.offer.id}`{f': {pair.reason}' if pair.reason else ''}"
                )
        if any(fnmatchcase(offer.id, target) for target in self.request.never):
            return Objection("forbidden", f"must never answer for `{self.asked.offer.id}` here")
        return None

    def _region(self) -> str | tuple[str, ...]:
        return self.request.region if self.request.region is not None else self.catalog.policy.swap.region

    def _elsewhere(self, offer: Offer) -> Objection | None:
        region = self._region()
        if region == "any":
            return None
        allowed = (self.asked.offer.region,) if region == "same" else (region,) if isinstance(region, str) else region
        if offer.region in allowed:
            return None
        return Objection("region", f"is in region {offer.region}, not in {' or '.join(allowed)}")

    def _unfit(self, offer: Offer) -> Objection | None:
        missing = [kind for kind in self.asked.offer.output if kind not in offer.output]
        if missing:
            return Objection("kind", f"gives no {missing[0]}")
        if self.request.vision and not offer.vision:
            return Objection("vision", "is text only")
        if self.request.structured_output and offer.structured_output is not True:
            return Objection("structured", "is not known to give structured output")
        return None

    def _too_small(self, offer: Offer) -> Objection | None:
        prompt, answer = self.request.input_tokens or 0, self.request.output_tokens or 0
        context = offer.context if offer.context is not None else UNKNOWN_CONTEXT
        if prompt + answer > context:
            return Objection("context", _short("holds", offer.context, context, "of context", prompt + answer))
        most = offer.max_output if offer.max_output is not None else min(UNKNOWN_OUTPUT, context)
        if answer > most:
            return Objection("output", _short("gives at most", offer.max_output, most, "of output", answer))
        return None

    def _unequal(self, member: Member) -> Objection | None:
        equality = self.view.equality(self.asked, member)
        return None if equality.holds else Objection("quality", equality.why)

    def cost(self, screened: Screened) -> Cost | None:
        """By the request's own tokens when they are given, else by the cost key; None when a rate is unknown."""
        usage = self.usage
        if usage is None:
            key = screened.key(self.at, self.catalog.settings.output_weight)
            return None if key is None else Cost(key, "mtok")
        usd = screened.request(usage, self.at)
        return None if usd is None else Cost(usd, "request")


def _usage(request: SwapRequest, weight: Decimal) -> Usage | None:
    """The request's tokens; one that is not given is taken in the proportion of the cost key (0.2 output to 1 input)."""
    prompt, answer = request.input_tokens, request.output_tokens
    if prompt is None and answer is None:
        return None
    if answer is None:
        answer = round((prompt or 0) * weight)
    if prompt is None:
        prompt = round(answer / weight) if weight else 0
    return Usage(prompt, answer)


def _short(verb: str, known: int | None, limit: int, what: str, need: int) -> str:
    if known is None:
        return f"has an unknown limit {what}, trusted with {limit:,} tokens and not with {need:,}"
    return f"{verb} {limit:,} tokens {what}, and the request needs {need:,}"


def _smaller(asked: Offer, offer: Offer) -> str:
    """What the answering offer may hold less of, in words; empty when its limits are known to be as large."""
    parts = []
    for what, mine, theirs in (("context", asked.context, offer.context), ("output", asked.max_output, offer.max_output)):
        if mine is not None and (theirs is None or theirs < mine):
            parts.append(f"{'an unknown number of' if theirs is None else f'{theirs:,}'} tokens of {what} instead of {mine:,}")
    return " and ".join(parts)


def _region_text(region: str | Iterable[str]) -> str:
    return region if isinstance(region, str) else ",".join(region)
