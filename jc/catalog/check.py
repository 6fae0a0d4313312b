"""The engine of `jc catalog check`: rules are pure functions over what was read, and give remarks with a place.

A rule sees a `Book`: the catalog as values, the documents they were read from (for exact places), and, when two versions are
compared, the book of the base. Rules are handed in as a list, so packages above this one add theirs without being known here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from jc.catalog.assemble import Assembled, Found
from jc.catalog.documents import Documents
from jc.catalog.garbage import no_collection
from jc.catalog.model import Catalog, Model, Offer, PriceRow
from jc.errors import Where

Severity = Literal["error", "warning", "note"]
GROUPS = (
    "syntax",
    "identity",
    "price",
    "limits",
    "dates",
    "sources",
    "scores",
    "tiers",
    "routes and plans",
    "history",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a catalog: which rule, how bad, where, what, and what to do."""

    rule: str
    severity: Severity
    where: Where
    message: str
    hint: str
    name: str


class Remark(NamedTuple):
    """What a rule says: a place, what is wrong there, and a hint."""

    where: Where
    message: str
    hint: str = ""


class Priced(NamedTuple):
    """A price row and the offer that it belongs to."""

    offer: Offer
    row: PriceRow


@dataclass(slots=True)
class Book:
    """What rules look at."""

    catalog: Catalog
    documents: Documents
    flaws: Sequence[Found] = ()
    lost: frozenset[str] = frozenset()
    """Names that stand in parts which could not be read; nobody is blamed for naming them."""
    base: "Book | None" = None
    offers: Sequence[Offer] = ()
    rows: Sequence[Priced] = ()
    by_model: Mapping[str, Sequence[Offer]] = field(default_factory=dict)

    @classmethod
    def of(cls, assembled: Assembled, base: "Book | None" = None) -> "Book":
        """The book of one reading."""
        catalog = assembled.catalog
        offers = list(catalog.offers.values())
        rows = [Priced(offer, row) for offer in offers for row in offer.prices]
        by_model: dict[str, list[Offer]] = {}
        for offer in offers:
            by_model.setdefault(offer.model, []).append(offer)
        return cls(catalog, assembled.documents, assembled.flaws, assembled.lost, base, offers, rows, by_model)

    def at(self, record: Where, *path: str | int, key: bool = False) -> Where:
        """Where the value at `path` stands inside the record that begins at `record`; the nearest place around it otherwise."""
        document = self.documents.find(record)
        if document is None:
            return record
        return document.where((*document.path_of(record.line, record.column), *path), key=key)

    def model_of(self, offer: Offer) -> Model | None:
        """The model behind an offer."""
        return self.catalog.models.get(offer.model)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable id, a name, how bad a finding is, its group, one sentence on what must hold, and the function.

    A rule without a function is kept while files are read: its findings are the flaws with these codes.
    """

    id: str
    name: str
    severity: Severity
    group: str
    what: str
    run: Callable[[Book, date], Iterable[Remark]] | None = None
    codes: tuple[str, ...] = ()
    compares: bool = False

    def finding(self, remark: Remark) -> Finding:
        """The remark as a finding of this rule."""
        return Finding(self.id, self.severity, remark.where, remark.message, remark.hint, self.name)


def rule(
    id_: str, name: str, severity: Severity, group: str, what: str, *, compares: bool = False
) -> Callable[[Callable[[Book, date], Iterable[Remark]]], Rule]:
    """Make a rule of a function."""

    def make(function: Callable[[Book, date], Iterable[Remark]]) -> Rule:
        return Rule(id_, name, severity, group, what, function, compares=compares)

    return make


def check(book: Book, at: date, rules: Iterable[Rule]) -> list[Finding]:
    """Every finding of the rules as of a day, in the order of files and places; the order of the rules does not matter."""
    with no_collection():
        findings = {finding for one in rules for finding in _findings(one, book, at)}
    return sorted(findings, key=lambda item: (item.where, item.rule, item.message))


def _findings(one: Rule, book: Book, at: date) -> Iterator[Finding]:
    if one.run is not None and (book.base is not None or not one.compares):
        yield from map(one.finding, one.run(book, at))
    if one.codes:
        for document, flaw in book.flaws:
            if flaw.code in one.codes:
                yield one.finding(Remark(Where(document.file, flaw.line, flaw.column), flaw.message, flaw.hint))


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many errors, warnings and notes."""
    out: dict[str, int] = {"error": 0, "warning": 0, "note": 0}
    for finding in findings:
        out[finding.severity] += 1
    return {"errors": out["error"], "warnings": out["warning"], "notes": out["note"]}
