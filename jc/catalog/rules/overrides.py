"""Overrides of prices: thresholds, windows, and whether they do anything."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from jc.catalog.check import Book, Priced, Remark, Rule, rule
from jc.catalog.model import WEEKDAYS, Override, PriceRow, Window
from jc.catalog.windows import DAY


class _Placed(NamedTuple):
    """An override with what it belongs to."""

    priced: Priced
    number: int
    override: Override


def _overrides(book: Book) -> Iterator[_Placed]:
    for priced in book.rows:
        for index, override in enumerate(priced.row.overrides):
            yield _Placed(priced, index, override)


def _changed(row: PriceRow, override: Override) -> Mapping[str, Decimal]:
    """The rates that an override leaves, by the keys it names."""
    scaled = {key: row.usd_per_mtok[key] * factor for key, factor in override.multiply.items() if key in row.usd_per_mtok}
    return {**scaled, **override.set}


@rule("JC321", "long-context-cheaper", "warning", "price", "Above a threshold of prompt tokens nothing costs less than below it.")
def _cheaper(book: Book, _at: date) -> Iterator[Remark]:
    for placed in _overrides(book):
        override, row = placed.override, placed.priced.row
        if override.when.prompt_tokens_gt is None or override.when.mode or override.when.utc:
            continue
        for key, usd in _changed(row, override).items():
            base = row.usd_per_mtok.get(key)
            if base is not None and usd < base:
                part = "set" if key in override.set else "multiply"
                message = (
                    f"`{placed.priced.offer.id}`: above {override.when.prompt_tokens_gt:,} tokens {key} costs {usd}, below {base}"
                )
                yield Remark(book.at(override.where, part, key), message, "long context costs more, not less")


@rule("JC322", "threshold-order", "error", "price", "Thresholds of one row ascend, and lie within the context of the offer.")
def _thresholds(book: Book, _at: date) -> Iterator[Remark]:
    last: dict[tuple[object, ...], int] = {}
    for placed in _overrides(book):
        offer, when, threshold = placed.priced.offer, placed.override.when, placed.override.when.prompt_tokens_gt
        if threshold is None:
            continue
        if offer.context is not None and threshold >= offer.context:
            message = f"`{offer.id}`: the threshold {threshold:,} is not within its context of {offer.context:,} tokens"
            yield Remark(book.at(placed.override.where, "when", "prompt_tokens_gt"), message, "no prompt can be that long")
        series = (placed.priced.row.where.file, placed.priced.row.where.line, when.mode, when.region, when.utc)
        before = last.get(series, 0)
        if threshold <= before:
            message = f"`{offer.id}`: the threshold {threshold:,} follows {before:,}"
            hint = "later overrides win: put the thresholds in ascending order"
            yield Remark(book.at(placed.override.where, "when", "prompt_tokens_gt"), message, hint)
        last[series] = threshold


@rule("JC323", "window-days", "error", "price", "A window of the day names its days, and days come with a window.")
def _days(book: Book, _at: date) -> Iterator[Remark]:
    for placed in _overrides(book):
        when, offer = placed.override.when, placed.priced.offer
        if when.utc and not when.days:
            message = f"`{offer.id}`: the window does not say on which days it holds"
            yield Remark(book.at(placed.override.where, "when", "utc"), message, f"add `days: [{', '.join(WEEKDAYS)}]`, or fewer")
        elif when.days and not when.utc:
            message = f"`{offer.id}`: days without a window"
            yield Remark(book.at(placed.override.where, "when", "days"), message, 'add `utc: ["00:00-24:00"]`')


@rule(
    "JC324",
    "window-overlap",
    "error",
    "price",
    "Windows of one override do not overlap, nor do those of two that set the same rate.",
)
def _overlap(book: Book, _at: date) -> Iterator[Remark]:
    for offer, row in book.rows:
        seen: list[tuple[Override, Window]] = []
        for override in row.overrides:
            for index, window in enumerate(override.when.utc):
                if any(_clash(override, window, other, earlier) for other, earlier in seen):
                    message = f"`{offer.id}`: this window overlaps another one of the same row"
                    yield Remark(book.at(override.where, "when", "utc", index), message, "one moment, one price")
                seen.append((override, window))


def _clash(override: Override, window: Window, other: Override, earlier: Window) -> bool:
    """Whether two windows overlap while their overrides could hold together and touch the same rate."""
    mine, theirs = override.when, other.when
    apart = (mine.mode, mine.region, mine.prompt_tokens_gt) != (theirs.mode, theirs.region, theirs.prompt_tokens_gt)
    keys = {*override.set, *override.multiply} & {*other.set, *other.multiply}
    return bool(keys) and not apart and _overlapping(_minutes(window), _minutes(earlier))


def _minutes(window: Window) -> list[tuple[int, int]]:
    """A window as spans of minutes of a week; one over midnight goes on into the next day."""
    length = (window.end - window.start) % DAY or DAY
    starts = [WEEKDAYS.index(day) * DAY + window.start for day in window.days or WEEKDAYS]
    spans = [(start, start + length) for start in starts]
    return [*spans, *((start - 7 * DAY, end - 7 * DAY) for start, end in spans if end > 7 * DAY)]


def _overlapping(first: Sequence[tuple[int, int]], second: Sequence[tuple[int, int]]) -> bool:
    return any(a < d and c < b for a, b in first for c, d in second)


@rule(
    "JC325",
    "override-without-effect",
    "error",
    "price",
    "An override has a condition, changes a rate that the row has, and a marginal one has a threshold.",
)
def _without_effect(book: Book, _at: date) -> Iterator[Remark]:
    for placed in _overrides(book):
        override, offer = placed.override, placed.priced.offer
        when = override.when
        if not override.set and not override.multiply:
            yield Remark(override.where, f"`{offer.id}`: this override changes nothing", "add `set` or `multiply`")
        elif when.prompt_tokens_gt is None and not when.utc and when.mode is None and when.region is None:
            yield Remark(
                book.at(override.where, "when"), f"`{offer.id}`: this override always holds", "write it as the price of the row"
            )
        elif override.charge == "marginal" and when.prompt_tokens_gt is None:
            message = f"`{offer.id}`: a marginal charge without `prompt_tokens_gt`"
            yield Remark(book.at(override.where, "charge"), message, "say above which number of tokens it is charged")
        else:
            yield from _unknown_bases(book, placed)


def _unknown_bases(book: Book, placed: _Placed) -> Iterator[Remark]:
    """Factors of rates that are unknown."""
    row = placed.priced.row
    if row.usd_per_mtok.keys() >= placed.override.multiply.keys():
        return
    known = {*row.usd_per_mtok, *(f"usd_per_{unit}" for unit in row.usd_per_unit)}
    for override in row.overrides[: placed.number]:
        known |= set(override.set)
    for key in placed.override.multiply:
        if key not in known:
            message = f"`{placed.priced.offer.id}`: a factor for {key}, whose price is unknown"
            yield Remark(book.at(placed.override.where, "multiply", key), message, f"add `{key}` to the row, or `set` it here")


RULES: tuple[Rule, ...] = (
    _cheaper,
    _thresholds,
    _days,
    _overlap,
    _without_effect,
    Rule(
        "JC326",
        "window",
        "error",
        "price",
        "A window is written 01:00-04:00, in UTC; it may go over midnight.",
        codes=("window",),
    ),
)
