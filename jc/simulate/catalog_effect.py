"""What a change of the catalog does to the bill of some traffic, split exactly into prices, swap targets and removals.

Every request is priced three times: with the old prices at the old target, with the new prices at the old target, with the new
prices at the new target. The first step is the price effect, the second the swap-target effect. Where the old target cannot be
had any more, the whole difference is the removal effect. So the three always sum to the total, in exact decimals.

Both catalogs are looked at as of one moment: the question is what this traffic costs from then on, not what it did cost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Literal, NamedTuple

from jc.catalog.model import Catalog, Mode, Offer
from jc.catalog.names import Names
from jc.catalog.price import Unpriced, free_on, price, row_in_force, utc
from jc.quantities import Usage
from jc.tiers.changes import heir
from jc.tiers.swap import SwapRequest, swap

Swaps = Literal["log", "all", "off"]
LeftOut = Literal["unknown model", "not in the catalog before", "removed without replacement", "no known price"]
_EXACT = Context(prec=200)
_ZERO = Decimal(0)
_MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
_MODES: Mapping[str, Mode] = {"batch": "batch", "flex": "flex", "priority": "priority"}


@dataclass(frozen=True, slots=True)
class Profile:
    """Requests that are alike in everything that their target or their price can depend on; tokens are those of one request.

    `minute_of_week` counts from Monday 00:00 UTC; None where no price has windows of the day.
    """

    model: str
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    images: int = 0
    tools: bool = False
    vision: bool = False
    structured_output: bool = False
    explicit: bool = False
    opted_in: bool = False
    region: str | None = None
    mode: str | None = None
    minute_of_week: int | None = None
    requests: int = 1

    @property
    def usage(self) -> Usage:
        """What one request consumed; written cache tokens are taken at the five-minute rate."""
        return Usage(self.input_tokens, self.output_tokens, self.cached_input_tokens, self.cache_write_tokens, images=self.images)


@dataclass(slots=True)
class Effect:
    """USD of the traffic before and after, and the three effects, exact; `left_out` counts requests that could not be priced."""

    before: Decimal = _ZERO
    after: Decimal = _ZERO
    price: Decimal = _ZERO
    swap_target: Decimal = _ZERO
    removal: Decimal = _ZERO
    requests: int = 0
    by_model: dict[str, Decimal] = field(default_factory=dict)
    """The change by the offer that was asked for."""
    left_out: dict[LeftOut, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    """Names that neither catalog knows, with their requests."""

    @property
    def total(self) -> Decimal:
        """After minus before; the sum of the three effects."""
        return _EXACT.subtract(self.after, self.before)


class _Steps(NamedTuple):
    """USD of one request: before, and what each effect adds."""

    before: Decimal
    price: Decimal
    swap_target: Decimal
    removal: Decimal


def effect(profiles: Iterable[Profile], before: Catalog, after: Catalog, at: datetime, swaps: Swaps = "log") -> Effect:
    """The effect of a change on some traffic as of a moment.

    `swaps`: which requests the cheapest equal of their tier answers: those that opted in (`log`), `all`, or none (`off`).
    """
    moment = utc(at)
    replay = _Replay(_Side(frozen(before, moment.date()), moment, swaps), _Side(frozen(after, moment.date()), moment, swaps))
    out = Effect()
    for profile in profiles:
        replay.add(profile, out)
    return out


def frozen(catalog: Catalog, on: date) -> Catalog:
    """The catalog with each offer's prices of one day for all days, so that requests of any day are priced by them."""
    return replace(catalog, offers={id_: _frozen(offer, on) for id_, offer in catalog.offers.items()})


def _frozen(offer: Offer, on: date) -> Offer:
    row = row_in_force(offer, on)
    rows = () if row is None else (replace(row, valid_from=date.min, status="confirmed"),)
    free = replace(offer.free, until=None) if offer.free is not None and free_on(offer.free, on) else None
    return replace(offer, prices=rows, free=free)


def has_windows(*catalogs: Catalog) -> bool:
    """Whether any price depends on the time of the day, so that profiles have to tell it."""
    return any(
        override.when.utc
        for catalog in catalogs
        for offer in catalog.offers.values()
        for row in offer.prices
        for override in row.overrides
    )


class _Side:
    """One of the two catalogs: names, targets and prices, each worked out once per profile."""

    def __init__(self, catalog: Catalog, at: datetime, swaps: Swaps) -> None:
        self.catalog = catalog
        self.at = at
        self.swaps = swaps
        self.names = Names(catalog)
        self._known: dict[str, Offer | None] = {}

    def offer(self, name: str) -> Offer | None:
        """The offer that a logged name means."""
        if name not in self._known:
            self._known[name] = self.names.get(name)
        return self._known[name]

    def gone(self, offer: Offer) -> bool:
        """Whether an offer has been removed by now."""
        removal = offer.lifecycle.removal
        return removal is not None and removal <= self.at.date()

    def target(self, offer: Offer, profile: Profile) -> Offer:
        """Who answers: the offer asked for, or its swap."""
        opted = self.swaps == "all" or (self.swaps == "log" and profile.opted_in)
        if not opted or profile.explicit:
            return offer
        request = SwapRequest(
            offer.id,
            tools=profile.tools,
            vision=profile.vision or profile.images > 0,
            structured_output=profile.structured_output,
            input_tokens=profile.input_tokens,
            output_tokens=profile.output_tokens,
            region=None if profile.region is None else (profile.region,),
        )
        return swap(request, self.catalog, _clock(self.at, profile.minute_of_week)).offer

    def usd(self, id_: str, profile: Profile) -> Decimal | None:
        """What one request costs at an offer; None when a rate is unknown."""
        offer = self.catalog.offers.get(id_)
        if offer is None:
            return None
        mode = _MODES.get(profile.mode or "", "standard")
        try:
            return price(offer, profile.usage, _week(profile.minute_of_week), mode=mode, region=profile.region).usd
        except Unpriced:
            return None


def _clock(at: datetime, minute: int | None) -> datetime:
    """The moment `at`, at the time of the day that a profile tells."""
    if minute is None:
        return at
    return datetime.combine(at.date(), time(minute // 60 % 24, minute % 60), UTC)


def _week(minute: int | None) -> datetime:
    return _MONDAY + timedelta(minutes=minute or 0)


@dataclass(frozen=True, slots=True)
class _Replay:
    """Old and new side by side."""

    old: _Side
    new: _Side

    def add(self, profile: Profile, out: Effect) -> None:
        """Add the requests of one profile to the effect."""
        was, now = self.old.offer(profile.model), self.new.offer(profile.model)
        if was is None:
            reason: LeftOut = "unknown model" if now is None else "not in the catalog before"
            _leave(out, reason, profile)
            return
        steps = self._steps(was, profile)
        if not isinstance(steps, _Steps):
            _leave(out, steps, profile)
            return
        many = Decimal(profile.requests)
        parts = [_EXACT.multiply(usd, many) for usd in steps]
        start, *effects = parts
        change = sum_exact(effects)
        out.requests += profile.requests
        out.before = _EXACT.add(out.before, start)
        out.after = sum_exact([out.after, start, change])
        out.price, out.swap_target, out.removal = (
            _EXACT.add(held, new) for held, new in zip((out.price, out.swap_target, out.removal), effects, strict=True)
        )
        out.by_model[was.id] = _EXACT.add(out.by_model.get(was.id, _ZERO), change)

    def _steps(self, was: Offer, profile: Profile) -> _Steps | LeftOut:
        target = self.old.target(was, profile)
        start = self.old.usd(target.id, profile)
        if start is None:
            return "no known price"
        asked = self._asked_now(was, profile)
        if asked is None:
            return "removed without replacement"
        answers = self.new.target(asked, profile)
        end = self.new.usd(answers.id, profile)
        if end is None:
            return "no known price"
        same = self.new.catalog.offers.get(target.id)
        kept = None if same is None or self._lost(same) or self._lost(was) else self.new.usd(target.id, profile)
        if kept is None:
            return _Steps(start, _ZERO, _ZERO, _EXACT.subtract(end, start))
        return _Steps(start, _EXACT.subtract(kept, start), _EXACT.subtract(end, kept), _ZERO)

    def _lost(self, offer: Offer) -> bool:
        """Whether an offer could be had before and cannot be had now."""
        now, was = self.new.catalog.offers.get(offer.id), self.old.catalog.offers.get(offer.id)
        if now is None:
            return True
        return self.new.gone(now) and not (was is not None and self.old.gone(was))

    def _asked_now(self, was: Offer, profile: Profile) -> Offer | None:
        """Who stands for the offer asked for in the new catalog: itself, the replacement that is named, its cheapest equal."""
        now = self.new.catalog.offers.get(was.id)
        if now is not None and not self._lost(was):
            return now
        for life in (now.lifecycle if now else None, was.lifecycle):
            named = self.new.offer(life.replacement) if life is not None and life.replacement else None
            if named is not None and not self.new.gone(named):
                return named
        renamed = self.new.offer(was.id) if now is None else None
        if renamed is not None and not self.new.gone(renamed):
            return renamed
        return heir(self.old.catalog, self.new.catalog, was, self.new.at, vision=profile.vision or profile.images > 0)


def sum_exact(values: Iterable[Decimal]) -> Decimal:
    """The sum without rounding."""
    total = _ZERO
    for value in values:
        total = _EXACT.add(total, value)
    return total


def _leave(out: Effect, reason: LeftOut, profile: Profile) -> None:
    out.left_out[reason] = out.left_out.get(reason, 0) + profile.requests
    if reason == "unknown model":
        out.unknown[profile.model] = out.unknown.get(profile.model, 0) + profile.requests
