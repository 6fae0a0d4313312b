"""Rules that compare: with the base of a pull request (`--base`), and a price row with the one before it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, cast

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.model import Offer, PriceRow
from jc.catalog.price import row_in_force
from jc.catalog.rules.dates import gone
from jc.catalog.rules.uses import Steps
from jc.errors import Where

_FAR, _TENFOLD = 4, 10
_NEAR = 50
"""So many rows after a deleted one are looked at for one that is still there."""


def _pairs(book: Book) -> Iterator[tuple[Offer, Offer]]:
    """Offers that both versions have: as they were, as they are."""
    if book.base is None:
        return
    for old in book.base.offers:
        new = book.catalog.offers.get(old.id)
        if new is not None:
            yield old, new


@rule(
    "JC951",
    "history-rewritten",
    "error",
    "history",
    "A past price row stays as it was, unless it says `correction: {reason}`.",
    compares=True,
)
def _rewritten(book: Book, at: date) -> Iterator[Remark]:
    for old, new in _pairs(book):
        if old.prices == new.prices:
            continue
        known = {row.valid_from: row for row in new.prices}
        for row in old.prices:
            if row.valid_from > at:
                continue
            now = known.get(row.valid_from)
            if now is None:
                yield _row_removed(book, new, row)
            elif now.correction is None or now.correction == row.correction:
                yield from _row_changed(book, new, row, now)


def _row_removed(book: Book, offer: Offer, row: PriceRow) -> Remark:
    message = f"`{offer.id}`: the price row from {row.valid_from} is gone"
    hint = "past prices are what old traffic is priced with: put it back, and add a row for the new price"
    if not offer.prices:
        return Remark(book.at(offer.where, "prices", key=True), message, hint)
    after = next((index for index, other in enumerate(offer.prices) if other.valid_from > row.valid_from), len(offer.prices) - 1)
    return Remark(book.at(offer.where, "prices", after, "from"), message, hint)


def _row_changed(book: Book, offer: Offer, old: PriceRow, new: PriceRow) -> Iterator[Remark]:
    hint = "add a row with its own `from` for a new price, or `correction: {reason: …}` for a slip"
    for path, before, now in _differences(old, new):
        said = "is gone" if now is None else f"was {before if before is not None else 'unknown'} and is {now}"
        message = f"`{offer.id}`: the price in force since {old.valid_from} was rewritten: {path[-1]} {said}"
        yield Remark(book.at(new.where, *path), message, hint)


def _differences(old: PriceRow, new: PriceRow) -> Iterator[tuple[Steps, object, object]]:
    """What differs between two versions of a row: path, before, after. An announced price may be confirmed."""
    if old.status != new.status and (old.status, new.status) != ("announced", "confirmed"):
        yield ("status",), old.status, new.status
    yield from _mapping_differences(("usd_per_mtok",), old.usd_per_mtok, new.usd_per_mtok)
    units = ({f"usd_per_{key}": value for key, value in row.usd_per_unit.items()} for row in (old, new))
    yield from _mapping_differences((), *units)
    if [_meaning(item) for item in old.overrides] != [_meaning(item) for item in new.overrides]:
        yield ("overrides",), f"{len(old.overrides)} overrides", f"{len(new.overrides)}, not the same"


def _meaning(override: object) -> tuple[object, ...]:
    return tuple(getattr(override, name) for name in ("when", "set", "multiply", "charge"))


def _mapping_differences(
    prefix: Steps, old: Mapping[str, Decimal], new: Mapping[str, Decimal]
) -> Iterator[tuple[Steps, object, object]]:
    for key in dict.fromkeys((*new, *old)):
        if old.get(key) != new.get(key) and key in old:
            yield (*prefix, key), old.get(key), new.get(key)


def _steps(book: Book, at: date) -> Iterator[tuple[Offer, PriceRow, PriceRow]]:
    """Prices that followed one another: rows of one file, and the price in force before and after the change."""
    for offer in book.offers:
        rows = [row for row in offer.prices if row.status != "cancelled"]
        for before, after in pairwise(rows):
            yield offer, before, after
    for old, new in _pairs(book):
        was, is_now = row_in_force(old, at), row_in_force(new, at)
        if was is not None and is_now is not None and was.valid_from == is_now.valid_from:
            yield new, was, is_now


def _moved(book: Book, at: date) -> Iterator[tuple[Decimal, Remark]]:
    """Moves of a price that no new source explains, with how many times it moved."""
    for offer, before, after in _steps(book, at):
        if before.source != after.source:
            continue
        for key, usd in after.usd_per_mtok.items():
            old = before.usd_per_mtok.get(key)
            if old is None or old <= 0 or usd <= 0 or old == usd:
                continue
            times = max(old / usd, usd / old)
            message = f"`{offer.id}`: {key} went from {old} to {usd}, {times:.3g} times, with the same source"
            yield times, Remark(book.at(after.where, "usd_per_mtok", key), message, "name the source of the new price")


@rule("JC952", "price-moved", "warning", "history", "A price that moves more than 4 times has a new source.")
def _far(book: Book, at: date) -> Iterator[Remark]:
    yield from (remark for times, remark in _moved(book, at) if _FAR < times < _TENFOLD)


@rule("JC953", "price-moved-tenfold", "error", "history", "A price that moves 10 times or more has a new source.")
def _tenfold(book: Book, at: date) -> Iterator[Remark]:
    yield from (remark for times, remark in _moved(book, at) if times >= _TENFOLD)


@rule("JC954", "deleted-early", "error", "history", "An offer or model is deleted only after its removal date.", compares=True)
def _deleted(book: Book, at: date) -> Iterator[Remark]:
    if book.base is None:
        return
    aliases = {alias for offer in book.offers for alias in offer.aliases}
    successors = _Successors(book, [offer.where for offer in book.base.offers], book.catalog.offers)
    for old in book.base.offers:
        if old.id in book.catalog.offers or old.id in aliases or old.id in book.lost or gone(old, at):
            continue
        when = f"is to be removed on {old.lifecycle.removal}" if old.lifecycle.removal else "has no removal date"
        message = f"the offer `{old.id}` is gone, but {when}"
        yield Remark(successors.place(old.where), message, "keep it, with `lifecycle: {removal, replacement, source}`")
    yield from _deleted_models(book, at)


def _deleted_models(book: Book, at: date) -> Iterator[Remark]:
    if book.base is None:
        return
    aliases = {alias for model in book.catalog.models.values() for alias in model.aliases}
    successors = _Successors(book, [model.where for model in book.base.catalog.models.values()], book.catalog.models)
    for old in book.base.catalog.models.values():
        if old.id in book.catalog.models or old.id in aliases or old.id in book.lost:
            continue
        left = [offer.id for offer in book.base.by_model.get(old.id, ()) if not gone(offer, at)]
        if left:
            message = f"the model `{old.id}` is gone, but `{left[0]}` is not removed"
            yield Remark(successors.place(old.where), message, "a model stays as long as an offer of it does")


class _Successors:
    """Where something deleted stood: at the row that followed it and is still there, else at the list that it was in."""

    def __init__(self, book: Book, old: Iterable[Where], now: Mapping[str, Any]) -> None:
        self.book = book
        self.now = now
        self.rows = sorted(old)
        self.files = {document.rel: document for document in book.documents}

    def place(self, old: Where) -> Where:
        """The place in today's files."""
        before = self.book.base.documents.find(old) if self.book.base is not None else None
        rel = before.rel if before is not None else ""
        document = self.files.get(rel)
        if before is None or document is None:
            root = self.book.documents.root
            return Where(f"{root}/{rel}" if root else rel)
        for where in self.rows[bisect_right(self.rows, old) :][:_NEAR]:
            node = before.node(where) if where.file == old.file else None
            current = self.now.get(str(node.get("id"))) if node is not None else None
            if current is not None and current.where.file == document.file:
                return cast("Where", current.where)
        return document.where((str(document.kind),), key=True)


@rule("JC955", "capability-lost", "warning", "history", "An offer that loses a capability says why: `note`.", compares=True)
def _lost(book: Book, _at: date) -> Iterator[Remark]:
    for old, new in _pairs(book):
        if _note(book, new) != (_note(book.base, old) if book.base else None):
            continue
        for key, before, after in (("input", old.input, new.input), ("output", old.output, new.output)):
            lost = [kind for kind in before if kind not in after]
            if lost:
                message = f"`{new.id}` no longer has {', '.join(lost)} as {key}"
                yield Remark(book.at(new.where, "capabilities", key), message, "put it back, or say why: `note`")
        for key in ("tools", "structured_output"):
            if getattr(old, key) and not getattr(new, key):
                yield Remark(
                    book.at(new.where, "capabilities", key), f"`{new.id}` no longer has {key}", "put it back, or say why: `note`"
                )


@rule(
    "JC956",
    "limit-cut",
    "warning",
    "history",
    "An offer whose context or output limit is halved says why: `note`.",
    compares=True,
)
def _cut(book: Book, _at: date) -> Iterator[Remark]:
    for old, new in _pairs(book):
        if _note(book, new) != (_note(book.base, old) if book.base else None):
            continue
        for key, before, after in (("context", old.context, new.context), ("output", old.max_output, new.max_output)):
            if before is not None and after is not None and after * 2 <= before:
                message = f"`{new.id}`: {key} went from {before:,} to {after:,} tokens"
                yield Remark(book.at(new.where, "limits", key), message, "a lost zero? If not, say why: `note`")


def _note(book: Book | None, offer: Offer) -> object:
    """The note of an offer, as it stands in its file."""
    document = book.documents.find(offer.where) if book is not None else None
    node = document.node(offer.where) if document is not None else None
    return node.get("note") if node is not None else None


RULES: tuple[Rule, ...] = (_rewritten, _far, _tenfold, _deleted, _lost, _cut)
