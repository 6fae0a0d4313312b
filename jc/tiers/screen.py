"""What is known of an offer on a day before any request comes: may it be picked at all, and what does it cost by the token.

Both are the same for every request of a day, so they are worked out once; that leaves a swap some tens of microseconds.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from jc.catalog.model import Catalog, Offer, PriceRow, Staleness
from jc.catalog.price import Unpriced, blend, free_on, price, row_in_force
from jc.quantities import Usage

Why = Literal[
    "forbidden", "region", "provider", "kind", "vision", "structured", "context", "output", "removal", "unpriced", "stale",
    "quality", "dearer", "chosen",
]  # fmt: skip
_DEFAULT_STALENESS = Staleness(60, 180)
_HOST_STALENESS = Staleness(14, 60)
_MTOK = Decimal(10**6)
_ZERO = Decimal(0)


class Objection(NamedTuple):
    """A rule that keeps an offer from being picked, and the reason in words that follow the offer's name."""

    rule: Why
    why: str


class Tariff(NamedTuple):
    """Rates of a day in USD per Mtok that hold at every hour for prompts up to `most` tokens; above, `price` decides."""

    input: Decimal
    output: Decimal
    most: int


class Screened(NamedTuple):
    """One offer on one day."""

    offer: Offer
    objection: Objection | None
    tariff: Tariff | None
    """None when the rates change within the day, or are not known."""

    def key(self, at: datetime, weight: Decimal) -> Decimal | None:
        """The cost key at a moment: input + weight × output, USD per Mtok; None when a rate is unknown."""
        if self.tariff is not None:
            return self.tariff.input + weight * self.tariff.output
        return blend(self.offer, at, weight)

    def request(self, usage: Usage, at: datetime) -> Decimal | None:
        """USD of one request at a moment, exactly as `jc.catalog.price.price` says; None when a rate is unknown."""
        if self.tariff is not None and usage.input_tokens <= self.tariff.most:
            return (self.tariff.input * usage.input_tokens + self.tariff.output * usage.output_tokens) / _MTOK
        try:
            return price(self.offer, usage, at).usd
        except Unpriced:
            return None


def screen(catalog: Catalog, offer: Offer, on: date) -> Screened:
    """What is known of an offer on a day."""
    row = row_in_force(offer, on)
    tariff = Tariff(_ZERO, _ZERO, 2**63) if free_on(offer.free, on) else _tariff(row)
    return Screened(offer, _objection(catalog, offer, on, row, tariff), tariff)


def _objection(catalog: Catalog, offer: Offer, on: date, row: PriceRow | None, tariff: Tariff | None) -> Objection | None:
    rules = catalog.policy.swap
    if offer.provider in rules.providers_deny or (rules.providers_allow and offer.provider not in rules.providers_allow):
        return Objection("provider", f"is sold by {offer.provider}, which the policy does not allow")
    removal = offer.lifecycle.removal
    if removal is not None and removal <= on:
        return Objection("removal", f"was removed on {removal}")
    if removal is not None and removal <= on + timedelta(days=rules.removal_within_days):
        return Objection("removal", f"leaves on {removal}, within {rules.removal_within_days} days")
    if free_on(offer.free, on):
        return None
    if row is None or (tariff is None and not {"input", "output"} <= row.usd_per_mtok.keys()):
        return Objection("unpriced", "has no known price")
    return _stale(catalog, offer, on, row)


def _stale(catalog: Catalog, offer: Offer, on: date, row: PriceRow) -> Objection | None:
    """A price that nobody checked for so long that it is an error; a row that says no day is taken as checked."""
    limit = catalog.settings.staleness.get(offer.kind) or (_HOST_STALENESS if offer.kind == "aggregator" else _DEFAULT_STALENESS)
    age = (on - row.checked).days if row.checked else 0
    return Objection("stale", f"has a price that was last checked {age} days ago") if age > limit.error_days else None


def _tariff(row: PriceRow | None) -> Tariff | None:
    if row is None or row.usd_per_unit or not {"input", "output"} <= row.usd_per_mtok.keys():
        return None
    most = 2**63
    for override in row.overrides:
        if override.when.mode not in {None, "standard"}:
            continue
        if override.when.prompt_tokens_gt is None:
            return None
        most = min(most, override.when.prompt_tokens_gt)
    return Tariff(row.usd_per_mtok["input"], row.usd_per_mtok["output"], most)
