"""Exact money for sums of tokens: what `jc.catalog.price.price` would charge row by row, added up without the rows.

Inside a group every row lies between the same edges, so its cost is linear in its tokens (with marginal charges, in its tokens
and the boundaries between them). Rates are integer pico-dollars a token wherever they are that coarse, else exact fractions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from jc.catalog.model import TOKEN_KINDS, Mode, Offer
from jc.catalog.price import Call, Segment, Unpriced, segments
from jc.quantities import PICO_PER_USD

Exact = int | Fraction
_USD_DIGITS = len(str(PICO_PER_USD)) - 1
_MTOK_DIGITS = _USD_DIGITS - 6


@dataclass(frozen=True, slots=True)
class Sums:
    """Added-up usage of rows: requests, tokens (input includes cached and written ones), images."""

    n: int
    input: int
    cached: int
    written: int
    output: int
    images: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group lies, as a price sees it: a moment, a prompt size, the mode, the region, and its marginal bins.

    `bins` are the bins of cached, cached + written and all input tokens over `starts`, the marginal thresholds of the catalog.
    """

    at: datetime
    input_tokens: int
    mode: Mode = "standard"
    region: str | None = None
    starts: tuple[int, ...] = ()
    bins: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Rates:
    """Pico-dollars by kind of token and by unit at one place; one of these for each segment of a marginal price."""

    start: int
    by_kind: Mapping[str, Exact]
    by_unit: Mapping[str, Exact]
    bills_tokens: bool


@dataclass(frozen=True, slots=True)
class Tariff:
    """An offer's rates at one place, ready to price sums."""

    offer: str
    rates: tuple[Rates, ...]

    @property
    def simple(self) -> bool:
        """Whether one set of integer rates prices everything."""
        first = self.rates[0]
        return len(self.rates) == 1 and all(isinstance(rate, int) for rate in (*first.by_kind.values(), *first.by_unit.values()))


def tariff(offer: Offer, place: Place) -> Tariff:
    """The rates of an offer for the rows of a place; Unpriced when none is in force or the mode has no price."""
    call = Call(place.at, place.input_tokens, place.mode, place.region or offer.region)
    return Tariff(offer.id, tuple(_rates(segment) for segment in segments(offer, call)))


def _rates(segment: Segment) -> Rates:
    kinds: dict[str, Exact] = {kind: exact(segment.rates[kind], _MTOK_DIGITS) for kind in TOKEN_KINDS if kind in segment.rates}
    units = {
        unit: exact(segment.rates[f"usd_per_{unit}"], _USD_DIGITS)
        for unit in ("request", "image")
        if f"usd_per_{unit}" in segment.rates
    }
    return Rates(segment.start, kinds, units, bool(kinds) or not segment.rates)


def exact(rate: Decimal, digits: int) -> Exact:
    """A rate in a unit that is 10^digits times smaller, as an integer when it is one."""
    sign, figures, exponent = rate.as_tuple()
    value = int("".join(map(str, figures)))
    power = int(exponent) + digits
    if power >= 0:
        return int((-value if sign else value) * 10**power)
    whole = Fraction(-value if sign else value, 10**-power)
    return whole.numerator if whole.denominator == 1 else whole


def rate_of(rates: Rates, kind: str, offer: str) -> Exact:
    """The rate of a kind of token by the rules of `price`: cached ones fall back to input, written ones where none is billed."""
    found = rates.by_kind.get(kind)
    if found is None and (kind == "cache_read" or (kind.startswith("cache_write") and not _bills_writing(rates))):
        found = rates.by_kind.get("input")
    if found is None:
        raise Unpriced(f"`{offer}` has no {kind.replace('_', ' ')} price", hint=f"add `{kind}` under `usd_per_mtok`")
    return found


def scaled(rate: Exact, ratio: float) -> Exact:
    """The rate of a logged output token where a model says `ratio` tokens for each: whole pico-dollars (a millionth of one for a
    rate that is finer), so that a cost does not depend on how requests are grouped.
    """
    if ratio == 1:
        return rate
    return round(rate * ratio) if isinstance(rate, int) else Fraction(round(rate * Fraction(ratio) * 10**6), 10**6)


def _bills_writing(rates: Rates) -> bool:
    return "cache_write_5m" in rates.by_kind or "cache_write_1h" in rates.by_kind


def cost(found: Tariff, sums: Sums, place: Place, ratio: float = 1.0) -> Exact:
    """The pico-dollars of all rows of a group, equal to the sum over its rows; Unpriced when a needed rate is unknown.

    `ratio` is how many output tokens the offer's model says for each logged one.
    """
    last = found.rates[-1]
    total: Exact = 0
    if last.bills_tokens:
        for kind, rates, tokens in _split(found.rates, sums, place):
            if tokens:
                total += rate_of(rates, kind, found.offer) * tokens
        if sums.output:
            total += scaled(rate_of(last, "output", found.offer), ratio) * sums.output
    total += last.by_unit.get("request", 0) * sums.n
    if sums.images:
        if "image" in last.by_unit:
            total += last.by_unit["image"] * sums.images
        elif not last.bills_tokens:
            raise Unpriced(f"`{found.offer}` has no price per image", hint="add `usd_per_image` to its price row")
    return total


def _split(rates: Sequence[Rates], sums: Sums, place: Place) -> list[tuple[str, Rates, int]]:
    """Tokens by kind and segment. The prompt is read in order: the cached beginning, what is written to the cache, the rest."""
    if len(rates) == 1:
        fresh = sums.input - sums.cached - sums.written
        one = rates[0]
        return [("cache_read", one, sums.cached), ("cache_write_5m", one, sums.written), ("input", one, fresh)]
    borders = (0, sums.cached, sums.cached + sums.written, sums.input)
    bins = (-1, *place.bins)
    out = []
    for number, segment in enumerate(rates):
        end = rates[number + 1].start if number + 1 < len(rates) else None
        inside = [_clipped(border, bin_, segment.start, end, place, sums.n) for border, bin_ in zip(borders, bins, strict=True)]
        for kind, low, high in zip(("cache_read", "cache_write_5m", "input"), inside, inside[1:], strict=False):
            out.append((kind, segment, high - low))
    return out


def _clipped(border: int, bin_: int, start: int, end: int | None, place: Place, n: int) -> int:
    """The sum over rows of a border of the prompt, clipped to a segment; all rows' borders lie in one bin of the thresholds."""
    lower = place.starts.index(start) + 1 if start else 0
    upper = place.starts.index(end) + 1 if end is not None else len(place.starts) + 1
    if bin_ < lower:
        return n * start
    return n * end if end is not None and bin_ >= upper else border
