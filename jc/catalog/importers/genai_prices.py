"""genai-prices' `data.json`: a list of providers with their models, prices in USD per million tokens.

Its traps: `prices` may be a list in which the last entry whose constraint matches wins; a price may be a `base` with `tiers`,
whose rate holds for the whole request above `start` input tokens; an entry without a constraint holds for every earlier day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from jc.catalog.importers.candidate import (
    NO_UNIT,
    NOWHERE,
    Builder,
    Candidate,
    Entry,
    day,
    limits,
    link,
    said,
    text_of,
)
from jc.catalog.importers.reading import whole
from jc.catalog.importers.sellers import kind_of_seller
from jc.catalog.model import WEEKDAYS, Model, Offer, PriceRow, When, Window
from jc.errors import InputError

FORMAT = "genai-prices"
HOME = "https://github.com/pydantic/genai-prices"
ALWAYS = date(1970, 1, 1)
"""From when an entry without a start holds, where a dated one follows it."""
_KINDS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
}


class _Priced(NamedTuple):
    """One entry of a price list: from which day, in which window of the day, and its prices."""

    start: date | None
    window: Window | None
    prices: Mapping[str, Any]


def read(tree: Any, read_on: date) -> Candidate:
    """The candidate of genai-prices' list as read on a day; InputError when the tree is not such a list."""
    if not isinstance(tree, list) or not any(isinstance(node, dict) and "models" in node for node in tree):
        raise InputError("this is not genai-prices' list", hint="it lists providers with their `models`")
    builder = Builder(FORMAT, read_on)
    for index, provider in enumerate(tree):
        models = provider.get("models") if isinstance(provider, dict) else None
        id_ = provider.get("id") if isinstance(provider, dict) else None
        if not isinstance(models, list) or not isinstance(id_, str):
            builder.skip(id_ if isinstance(id_, str) else f"[{index}]", "a provider without models")
            continue
        for place, node in enumerate(models):
            name = node.get("id") if isinstance(node, dict) else None
            if isinstance(name, str):
                _take(builder, provider, name, node)
            else:
                builder.skip(f"{id_}[{place}]", "it has no id")
    return builder.done()


def _take(builder: Builder, provider: Mapping[str, Any], name: str, node: Mapping[str, Any]) -> None:
    seller = provider["id"]
    entry = Entry(f"{seller}/{name}", 0)
    entries = list(_entries(node.get("prices")))
    if any(one is None for one in entries):
        builder.skip(entry.name, f"a constraint that the catalog does not know: {said(node.get('prices'))}")
        return
    context, _ = limits(entry, node.get("context_window"), None, ("context_window", ""))
    urls = provider.get("pricing_urls")
    source = next((found for url in urls if (found := link(url))), HOME) if isinstance(urls, list) else HOME
    rows = _rows(entry, [one for one in entries if one is not None], builder.read_on, context)
    if rows is None:
        builder.skip(entry.name, "a window of the day whose prices leave out some that hold at other times")
        return
    if node.get("deprecated"):
        entry.leave("deprecated", node["deprecated"], "it does not say from when")
    offer = Offer(
        id=entry.name,
        model=entry.name,
        provider=seller,
        kind=builder.provider(seller, kind_of_seller(seller), text_of(provider.get("name"))).kind,
        wire_id=name,
        region="global",
        where=NOWHERE,
        context=context,
        output=("embedding",) if "embed" in name else ("text",),
        prices=tuple(replace(row, source=source) for row in rows),
    )
    model = Model(offer.id, seller, NOWHERE, output=offer.output, name=text_of(node.get("name")))
    builder.add(entry, offer, model)


def _entries(prices: Any) -> Iterator[_Priced | None]:
    """The entries of a price list in order; None for one whose constraint is not known."""
    if isinstance(prices, dict):
        yield _Priced(None, None, prices)
        return
    for one in prices if isinstance(prices, list) else ():
        inner = one.get("prices") if isinstance(one, dict) else None
        yield _priced(one.get("constraint"), inner) if isinstance(inner, dict) else None


def _priced(constraint: Any, prices: Mapping[str, Any]) -> _Priced | None:
    if constraint is None:
        return _Priced(None, None, prices)
    keys = set(constraint) - {"type"} if isinstance(constraint, dict) else set()
    if keys == {"start_date"}:
        start = day(constraint["start_date"])
        return _Priced(start, None, prices) if start else None
    if keys == {"start_time", "end_time"}:
        begin, end = _minutes(constraint["start_time"]), _minutes(constraint["end_time"])
        if begin is not None and end is not None and begin != end:
            return _Priced(None, Window(begin, end or 1440, WEEKDAYS), prices)
    return None


def _minutes(text: Any) -> int | None:
    """A time of day in any zone as minutes since midnight UTC; None when it is no whole minute, or in no zone."""
    try:
        clock = time.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if clock is None or clock.tzinfo is None or clock.second or clock.microsecond:
        return None
    moment = datetime.combine(date(2000, 1, 2), clock).astimezone(UTC)
    return moment.hour * 60 + moment.minute


def _rows(entry: Entry, entries: Sequence[_Priced], read_on: date, context: int | None) -> list[PriceRow] | None:
    """One row per day on which a dated entry begins; None when windows cannot be told as overrides."""
    starts = sorted({one.start for one in entries if one.start is not None})
    undated = any(one.start is None and one.window is None for one in entries)
    days = [*([None] if undated else []), *starts]
    rows: list[PriceRow] = []
    for start in days:
        active = [one for one in entries if one.start is None or (start is not None and one.start <= start)]
        base = max((index for index, one in enumerate(active) if one.window is None), default=None)
        if base is None:
            continue
        later = [one for one in active[base + 1 :] if one.window is not None]
        if any(not set(active[base].prices) <= set(one.prices) for one in later):
            return None
        rows += _row(entry, active[base].prices, later, context, _from(start, starts, read_on), read_on)
    return rows


def _from(start: date | None, starts: Sequence[date], read_on: date) -> date:
    if start is not None:
        return start
    return ALWAYS if starts and starts[0] <= read_on else read_on


def _row(
    entry: Entry, prices: Mapping[str, Any], later: Sequence[_Priced], context: int | None, start: date, read_on: date
) -> list[PriceRow]:
    part = Entry(entry.name, 0)
    _rates(part, prices, None, context)
    for one in later:
        _rates(part, one.prices, one.window, context)
    rows = part.row(read_on, None, start)
    entry.left_out += [one for one in part.left_out if one not in entry.left_out]
    return [replace(row, status="announced" if start > read_on else "confirmed") for row in rows]


def _rates(part: Entry, prices: Mapping[str, Any], window: Window | None, context: int | None) -> None:
    """The prices of one entry: into the base of the row, or into an override for its window."""
    base: dict[str, Decimal] = {}
    tiers: dict[int, dict[str, Decimal]] = {}
    for key, value in prices.items():
        flat, steps = (value.get("base"), value.get("tiers")) if isinstance(value, dict) else (value, None)
        if key == "requests_kcount" and window is None:
            part.unit("request", key, flat, -3)
        elif key in _KINDS:
            usd = part.usd(key, flat)
            if usd is not None:
                base[_KINDS[key]] = usd
            _steps(part, key, steps, tiers)
        elif value is not None:
            part.leave(key, value, NO_UNIT)
    windows = (window,) if window is not None else ()
    if window is None:
        part.base.update(base)
    else:
        part.override(When(utc=windows), base)
    for start, rates in sorted(tiers.items()):
        part.override(When(prompt_tokens_gt=start, utc=windows), rates, context)


def _steps(part: Entry, key: str, steps: Any, tiers: dict[int, dict[str, Decimal]]) -> None:
    for step in steps if isinstance(steps, list) else ():
        start = whole(step.get("start")) if isinstance(step, dict) else None
        usd = part.usd(f"{key} above {start}", step.get("price")) if start is not None else None
        if start is None:
            part.leave(f"{key}.tiers", step, "not a tier with a start above zero")
        elif usd is not None:
            tiers.setdefault(start, {})[_KINDS[key]] = usd
