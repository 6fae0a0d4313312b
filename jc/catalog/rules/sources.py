"""Sources: every figure that came from somewhere says from where, as an https link."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.model import Offer
from jc.catalog.rules.uses import Steps
from jc.errors import Where

_HOME = frozenset({"local", "demo"})


class _Cited(NamedTuple):
    """Something that needs a source: what, its source, the record, and where the source stands or the thing itself."""

    what: str
    source: str | None
    record: Where
    path: Steps
    around: Steps


def _cited(book: Book) -> Iterator[_Cited]:
    for offer in book.offers:
        yield from _of_offer(offer)
    for score in book.catalog.scores:
        if score.by != "own_eval":
            yield _Cited(f"the {score.benchmark} score of `{score.model}`", score.source, score.where, ("source",), ())
    for model in book.catalog.models.values():
        if model.energy is not None:
            yield _Cited(f"the energy of `{model.id}`", model.energy.source, model.where, ("energy", "source"), ("energy",))
    for plan in book.catalog.plans.values():
        yield _Cited(f"the plan `{plan.id}`", plan.source, plan.where, ("source",), ())


def _of_offer(offer: Offer) -> Iterator[_Cited]:
    if offer.kind not in _HOME:
        for row in offer.prices:
            yield _Cited(f"a price of `{offer.id}`", row.source, row.where, ("source",), ())
        if offer.speed is not None:
            yield _Cited(f"the speed of `{offer.id}`", offer.speed.source, offer.where, ("speed", "source"), ("speed",))
    life = offer.lifecycle
    if life.removal or life.deprecation_announced:
        yield _Cited(f"the removal of `{offer.id}`", life.source, offer.where, ("lifecycle", "source"), ("lifecycle",))


@rule("JC601", "source-missing", "warning", "sources", "Prices, speeds, removals, scores, energies and plans have a source.")
def _missing(book: Book, _at: date) -> Iterator[Remark]:
    for cited in _cited(book):
        if cited.source is None:
            where = book.at(cited.record, *cited.around) if cited.around else cited.record
            yield Remark(where, f"{cited.what} has no source", "add `source: https://…`")


@rule("JC602", "source-not-https", "warning", "sources", "A source is an https link.")
def _not_https(book: Book, _at: date) -> Iterator[Remark]:
    for cited in _cited(book):
        if cited.source is not None and not cited.source.startswith("https://"):
            where = book.at(cited.record, *cited.path)
            yield Remark(
                where, f"the source of {cited.what} is `{cited.source[:80]}`", "write the https link that a reader can open"
            )


RULES: tuple[Rule, ...] = (_missing, _not_https)
