"""Prices: signs, units, slips of the finger, and rows that hold on the right days."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from jc.catalog.check import Book, Priced, Remark, Rule, rule
from jc.catalog.model import Offer, PriceRow
from jc.catalog.price import free_on, row_in_force
from jc.catalog.rules.uses import Steps
from jc.quantities import counted

_ZERO = Decimal(0)
_LOW, _HIGH_IN, _HIGH_OUT, _ABSURD = Decimal("0.005"), Decimal(200), Decimal(1000), Decimal(1000)
_DIGITS = 8
_FAR = 10
_PEERS = 5
_WIDEST_OUTPUT = 15
_WIDEST_WRITE = 4
_SIBLINGS, _FAR_ABOVE = 2, 40
_WRITES = ("cache_write_5m", "cache_write_1h")


class Figure(NamedTuple):
    """One number of a price row: its path inside the row, and whether it is a rate (a factor otherwise)."""

    path: Steps
    value: Decimal
    is_rate: bool


def _keyed(prefix: Steps, values: Mapping[str, Decimal], *, is_rate: bool) -> Iterator[Figure]:
    for key, value in values.items():
        yield Figure((*prefix, key), value, is_rate)


def figures(row: PriceRow) -> Iterator[Figure]:
    """Every number of a price row."""
    yield from _keyed(("usd_per_mtok",), row.usd_per_mtok, is_rate=True)
    for unit, value in row.usd_per_unit.items():
        yield Figure((f"usd_per_{unit}",), value, is_rate=True)
    for index, override in enumerate(row.overrides):
        yield from _keyed(("overrides", index, "set"), override.set, is_rate=True)
        yield from _keyed(("overrides", index, "multiply"), override.multiply, is_rate=False)


def _suspects(book: Book, odd: Callable[[Decimal], bool]) -> Iterator[tuple[Priced, Figure]]:
    """Every number of every row that is odd; rows without one, nearly all, are passed over cheaply."""
    for priced in book.rows:
        row = priced.row
        parts = [row.usd_per_mtok, row.usd_per_unit]
        for override in row.overrides:
            parts += [override.set, override.multiply]
        if any(odd(value) for part in parts for value in part.values()):
            yield from ((priced, figure) for figure in figures(row) if odd(figure.value))


def _chat(offer: Offer) -> bool:
    return "text" in offer.output


@rule("JC301", "price-negative", "error", "price", "No price and no factor is negative; a dynamic or unknown price is left out.")
def _negative(book: Book, _at: date) -> Iterator[Remark]:
    for (offer, row), figure in _suspects(book, _ZERO.__gt__):
        message = f"`{offer.id}` has a negative {figure.path[-1]} price: {figure.value}"
        yield Remark(book.at(row.where, *figure.path), message, "leave the key out when the price is unknown")


@rule("JC302", "price-zero", "error", "price", "A price is zero only where the offer says `free: {reason, until}` instead.")
def _zero(book: Book, _at: date) -> Iterator[Remark]:
    for (offer, row), figure in _suspects(book, _ZERO.__eq__):
        message = f"`{offer.id}` costs nothing for {figure.path[-1]}"
        yield Remark(book.at(row.where, *figure.path), message, "say `free: {reason: …, until: …}`, or leave the key out")


@rule("JC303", "price-missing", "error", "price", "A row that prices one direction prices the other, or says `null`: unknown.")
def _missing(book: Book, _at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        if not row.usd_per_mtok:
            continue
        needed = ("input", "output") if _chat(offer) else ("input",)
        for kind in needed:
            if kind not in row.usd_per_mtok and not _said(book, row, kind):
                where = book.at(row.where, "usd_per_mtok")
                yield Remark(where, f"`{offer.id}` has no {kind} price", f"add `{kind}`, or `{kind}: null` when it is unknown")


def _said(book: Book, row: PriceRow, kind: str) -> bool:
    """Whether a rate is written, if only as null."""
    document = book.documents.find(row.where)
    node = document.node(row.where) if document else None
    return node is not None and kind in node["usd_per_mtok"]


@rule("JC304", "price-unit", "warning", "price", "Chat input costs 0.005 to 200, output 0.005 to 1,000 USD per million tokens.")
def _unit(book: Book, _at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        if not _chat(offer):
            continue
        for kind, high in (("input", _HIGH_IN), ("output", _HIGH_OUT)):
            usd = row.usd_per_mtok.get(kind)
            if usd is not None and usd > 0 and not _LOW <= usd <= high and not (kind == "input" and usd > _ABSURD):
                yield Remark(book.at(row.where, "usd_per_mtok", kind), *_unit_slip(offer, kind, usd))


def _unit_slip(offer: Offer, kind: str, usd: Decimal) -> tuple[str, str]:
    message = f"`{offer.id}`: {usd} USD per million {kind} tokens is far from any known price"
    if usd >= _LOW:
        return message, "is it a price per thousand tokens, times 1,000 too much?"
    return message, f"is it a price per token? Per million it is {(usd * 10**6).normalize():f}"


@rule("JC305", "price-absurd", "error", "price", "Chat input costs at most 1,000 USD per million tokens.")
def _absurd(book: Book, _at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        usd = row.usd_per_mtok.get("input")
        if usd is not None and usd > _ABSURD and _chat(offer):
            where = book.at(row.where, "usd_per_mtok", "input")
            hint = f"written per million, the price of a thousand tokens may be meant: {(usd / 1000).normalize():f}"
            yield Remark(where, f"`{offer.id}`: {usd} USD per million input tokens cannot be", hint)


def _long(value: Decimal) -> bool:
    """Whether a number has more significant digits than any price list prints."""
    return len(str(value)) > _DIGITS + 1 and len(value.normalize().as_tuple().digits) > _DIGITS


@rule("JC306", "price-digits", "warning", "price", "A price has at most 8 significant digits; more are the artefact of a float.")
def _digits(book: Book, _at: date) -> Iterator[Remark]:
    for (offer, row), figure in _suspects(book, _long):
        message = f"`{offer.id}` has a {figure.path[-1]} price of more than {_DIGITS} digits: {figure.value}"
        yield Remark(book.at(row.where, *figure.path), message, f"the artefact of a float? Write {figure.value:.6g}")


@rule("JC307", "output-below-input", "warning", "price", "Output does not cost less than input.")
def _swapped(book: Book, _at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        into, out = row.usd_per_mtok.get("input"), row.usd_per_mtok.get("output")
        if into is not None and out is not None and out < into and _chat(offer):
            message = f"`{offer.id}`: output ({out}) costs less than input ({into})"
            yield Remark(book.at(row.where, "usd_per_mtok", "output"), message, "are the two swapped?")


@rule("JC308", "cache-read-above-input", "error", "price", "Cached input does not cost more than input.")
def _cache_read(book: Book, _at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        into, cached = row.usd_per_mtok.get("input"), row.usd_per_mtok.get("cache_read")
        if into is not None and cached is not None and cached > into:
            message = f"`{offer.id}`: cached input ({cached}) costs more than input ({into})"
            yield Remark(book.at(row.where, "usd_per_mtok", "cache_read"), message, "cache_read is the price of a cache hit")


@rule("JC309", "cache-write-below-input", "warning", "price", "Writing to the cache does not cost less than input.")
def _cache_write(book: Book, _at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        into = row.usd_per_mtok.get("input")
        for kind in _WRITES:
            usd = row.usd_per_mtok.get(kind)
            if into is not None and usd is not None and usd < into:
                message = f"`{offer.id}`: writing to the cache ({usd}) costs less than input ({into})"
                yield Remark(book.at(row.where, "usd_per_mtok", kind), message, "is it the price of a cache hit?")


@rule("JC310", "price-ratio", "warning", "price", "Text output costs at most 15 times, a cache write at most 4 times the input.")
def _ratio(book: Book, _at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        into = row.usd_per_mtok.get("input")
        if into is None or into <= 0:
            continue
        limits = [(kind, _WIDEST_WRITE) for kind in _WRITES]
        if offer.output == ("text",):
            limits.append(("output", _WIDEST_OUTPUT))
        for kind, most in limits:
            usd = row.usd_per_mtok.get(kind)
            if usd is not None and usd > most * into:
                message = f"`{offer.id}`: {kind} ({usd}) costs {usd / into:.0f} times its input ({into})"
                yield Remark(book.at(row.where, "usd_per_mtok", "input"), message, "has one of them lost or gained a zero?")


@rule(
    "JC311",
    "price-outlier",
    "warning",
    "price",
    "No price is 10 times off the median of the same model's other offers (5 or more).",
)
def _outlier(book: Book, at: date) -> Iterator[Remark]:
    for offers in book.by_model.values():
        if len(offers) <= _PEERS:
            continue
        in_force = [Priced(offer, row) for offer in offers if (row := row_in_force(offer, at)) is not None]
        for kind in ("input", "output"):
            yield from _outliers(book, in_force, kind)


def _outliers(book: Book, in_force: list[Priced], kind: str) -> Iterator[Remark]:
    known = [(priced, usd) for priced in in_force if (usd := priced.row.usd_per_mtok.get(kind)) is not None and usd > 0]
    if len(known) <= _PEERS:
        return
    for index, (priced, usd) in enumerate(known):
        middle = Decimal(median([other for place, (_, other) in enumerate(known) if place != index]))
        if usd >= _FAR * middle or usd * _FAR <= middle:
            message = f"`{priced.offer.id}`: {kind} at {usd}, the median of {counted(len(known) - 1, 'other offer')} is {middle}"
            yield Remark(book.at(priced.row.where, "usd_per_mtok", kind), message, "a wrong unit, or a lost zero?")


@rule("JC312", "price-rows-unsorted", "error", "price", "The price rows of an offer ascend by `from`, one row for one day.")
def _ascending(book: Book, _at: date) -> Iterator[Remark]:
    for offer in book.offers:
        for before, row in pairwise(offer.prices):
            if row.valid_from < before.valid_from:
                message = f"`{offer.id}`: this row begins on {row.valid_from}, before the one above it ({before.valid_from})"
                yield Remark(book.at(row.where, "from"), message, "put the rows in the order of their days")
            elif row.valid_from == before.valid_from and "cancelled" not in {row.status, before.status}:
                message = f"`{offer.id}`: two rows hold from {row.valid_from}"
                yield Remark(book.at(row.where, "from"), message, "exactly one row is in force on a day: cancel or delete one")


@rule("JC313", "price-not-in-force", "error", "price", "An offer with price rows has one in force today, once it is released.")
def _in_force(book: Book, at: date) -> Iterator[Remark]:
    for offer in book.offers:
        if not offer.prices or row_in_force(offer, at) is not None or free_on(offer.free, at):
            continue
        released, removal = offer.lifecycle.released, offer.lifecycle.removal
        if (released is None or released <= at) and (removal is None or removal > at):
            first = min(row.valid_from for row in offer.prices)
            message = f"`{offer.id}` has no price in force on {at}; its first row begins on {first}"
            yield Remark(book.at(offer.where, "prices", key=True), message, "add the row that holds today")


@rule("JC314", "price-announced-past", "warning", "price", "A row whose day has come is no longer only announced.")
def _announced(book: Book, at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        if row.status == "announced" and row.valid_from <= at:
            message = f"`{offer.id}`: this price was announced for {row.valid_from}, which has come"
            yield Remark(book.at(row.where, "status"), message, "look it up, then say `confirmed` or `cancelled`")


@rule(
    "JC315",
    "price-far-from-siblings",
    "warning",
    "price",
    "No chat input costs 40 times the median of its provider's other chat offers.",
)
def _siblings(book: Book, at: date) -> Iterator[Remark]:
    by_provider: dict[str, list[tuple[Decimal, Priced]]] = {}
    for offer in book.offers:
        row = row_in_force(offer, at)
        usd = row.usd_per_mtok.get("input") if row is not None and _chat(offer) else None
        if row is not None and usd is not None and usd > 0:
            by_provider.setdefault(offer.provider, []).append((usd, Priced(offer, row)))
    for known in by_provider.values():
        if len(known) <= _SIBLINGS:
            continue
        lowest = min(usd for usd, _ in known)
        for usd, (offer, row) in known:
            if usd < _FAR_ABOVE * lowest:
                continue
            middle = Decimal(median([other for other, priced in known if priced.offer is not offer]))
            if usd >= _FAR_ABOVE * middle:
                message = f"`{offer.id}`: input at {usd}, the median of its provider's other chat offers is {middle}"
                yield Remark(book.at(row.where, "usd_per_mtok", "input"), message, "a wrong unit? If it is right, it is rare")


RULES: tuple[Rule, ...] = (
    _negative, _zero, _missing, _unit, _absurd, _digits, _swapped, _cache_read, _cache_write, _ratio, _outlier,
    _ascending, _in_force, _announced, _siblings,
)  # fmt: skip
