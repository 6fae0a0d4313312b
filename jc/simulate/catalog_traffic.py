"""A traffic log as the profiles that a change of the catalog is priced with, and what a month of it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from jc.simulate.catalog_effect import Effect, Profile
from jc.traffic.read import Arrays, Log

_MINUTE_US, _DAY_US, _WEEK_MINUTES = 60_000_000, 86_400_000_000, 10_080
_THURSDAY = 3 * 1440
"""1 January 1970 was a Thursday: minutes between Monday 00:00 and it."""
_COLUMNS = (
    "model", "input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens", "images", "tools", "vision",
    "structured_output", "routing", "swap_opt_in", "region", "mode",
)  # fmt: skip
_PICO = Decimal(1).scaleb(-12)
_EXACT = Context(prec=200)
MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Traffic:
    """The profiles of a log, how many days it covers (None: it has no times), and whether it says who opted in to swaps."""

    profiles: tuple[Profile, ...]
    days: int | None
    says_opt_in: bool
    unnamed: int
    """Requests that name no model."""


@dataclass(frozen=True, slots=True)
class Monthly:
    """An effect for a month: in pico-dollars, so that the three parts sum to the total to the last digit."""

    before: Decimal
    price: Decimal
    swap_target: Decimal
    removal: Decimal

    @property
    def total(self) -> Decimal:
        return self.price + self.swap_target + self.removal

    @property
    def after(self) -> Decimal:
        return self.before + self.total


def traffic(log: Log, *, windows: bool) -> Traffic:
    """The profiles of an open log; `windows` keeps the minute of the week apart, for prices that depend on it."""
    minute = f"CASE WHEN us IS NULL THEN -1 ELSE (us // {_MINUTE_US} + {_THURSDAY}) % {_WEEK_MINUTES} END" if windows else "-1"

    def query(relation: str) -> str:
        listed = ", ".join(_COLUMNS)
        counted = "count(*)::BIGINT AS requests, coalesce(min(us), -1) AS first_us, coalesce(max(us), -1) AS last_us"
        return f"SELECT {listed}, {minute} AS minute, {counted} /*checks*/ FROM {relation} GROUP BY {listed}, minute ORDER BY ALL"

    found = log.group(_COLUMNS, query)
    profiles = tuple(_profiles(found))
    named = tuple(profile for profile in profiles if profile.model)
    unnamed = sum(profile.requests for profile in profiles if not profile.model)
    return Traffic(named, _days(found), log.holds("swap_opt_in"), unnamed)


def _profiles(found: Arrays) -> Iterator[Profile]:
    columns = [found[name].tolist() for name in (*_COLUMNS, "minute", "requests")]
    for row in zip(*columns, strict=True):
        model, read, gave, cached, written, images, tools, vision, structured, routing, opted, region, mode, minute, count = row
        yield Profile(
            model=str(model or ""),
            input_tokens=int(read),
            output_tokens=int(gave),
            cached_input_tokens=int(cached or 0),
            cache_write_tokens=int(written or 0),
            images=int(images or 0),
            tools=bool(tools),
            vision=bool(vision),
            structured_output=bool(structured),
            explicit=routing == "explicit",
            opted_in=bool(opted),
            region=str(region) if region else None,
            mode=str(mode) if mode else None,
            minute_of_week=int(minute) if minute >= 0 else None,
            requests=int(count),
        )


def _days(found: Arrays) -> int | None:
    """Calendar days (UTC) from the first request to the last; None when no request has a time."""
    first = [value for value in found["first_us"].tolist() if value >= 0]
    if not first:
        return None
    return int(found["last_us"].max()) // _DAY_US - int(min(first)) // _DAY_US + 1


def monthly(effect: Effect, days: int | None) -> Monthly:
    """The effect of 30 days of such traffic; a log of 28 to 31 days is a month as it is, and so is one without times."""
    factor = Decimal(1) if days is None or 28 <= days <= 31 else _EXACT.divide(Decimal(MONTH_DAYS), Decimal(days))
    parts = (effect.before, effect.price, effect.swap_target, effect.removal)
    return Monthly(*(_pico(_EXACT.multiply(part, factor)) for part in parts))


def _pico(usd: Decimal) -> Decimal:
    return usd.quantize(_PICO, rounding=ROUND_HALF_EVEN, context=_EXACT)
