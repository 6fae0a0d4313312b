"""Limits and capabilities: what fits together inside an offer, and with the same model's other offers."""

from collections.abc import Iterator
from datetime import date
from statistics import median

from jc.catalog.check import Book, Remark, Rule, rule
from jc.quantities import counted


@rule("JC401", "output-above-context", "error", "limits", "The output limit is not above the context.")
def _output(book: Book, _at: date) -> Iterator[Remark]:
    for offer in book.offers:
        if offer.context is not None and offer.max_output is not None and offer.max_output > offer.context:
            message = f"`{offer.id}`: the output limit of {offer.max_output:,} tokens is above the context of {offer.context:,}"
            yield Remark(book.at(offer.where, "limits", "output"), message, "has one of them lost or gained a zero?")


@rule("JC402", "context-outlier", "warning", "limits", "No context is half the median of the same model's other offers, or less.")
def _context(book: Book, _at: date) -> Iterator[Remark]:
    for offers in book.by_model.values():
        known = [(offer, offer.context) for offer in offers if offer.context is not None]
        if len(known) < 2:
            continue
        for offer, context in known:
            middle = median([other for peer, other in known if peer is not offer])
            if context * 2 <= middle:
                others = counted(len(known) - 1, "other offer")
                message = f"`{offer.id}`: a context of {context:,} tokens, the median of {others} is {middle:,.0f}"
                yield Remark(book.at(offer.where, "limits", "context"), message, "a lost zero, or a fact of this host?")


@rule(
    "JC403",
    "modality-differs",
    "note",
    "limits",
    "An offer takes and gives what its model does; where it does not, a reader should know.",
)
def _modality(book: Book, _at: date) -> Iterator[Remark]:
    for offer in book.offers:
        model = book.model_of(offer)
        if model is None:
            continue
        for key, mine, whole in (("input", offer.input, model.input), ("output", offer.output, model.output)):
            lost = [kind for kind in whole if kind not in mine]
            more = [kind for kind in mine if kind not in whole]
            if lost or more:
                message = f"`{offer.id}`: {_said(lost, more)} `{model.id}`"
                yield Remark(book.at(offer.where, "capabilities", key), message, "dropped by mistake, or a fact of this host?")


def _said(lost: list[str], more: list[str]) -> str:
    parts = [f"without {', '.join(lost)}, unlike"] if lost else []
    parts += [f"with {', '.join(more)}, unlike"] if more else []
    return " and ".join(parts)


RULES: tuple[Rule, ...] = (_output, _context, _modality)
