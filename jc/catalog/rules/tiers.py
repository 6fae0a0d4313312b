"""Tiers, as far as the files alone can tell; what needs scores to be weighed is added by the tiers package."""

from collections.abc import Iterator
from datetime import date

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.model import OWN_EVAL
from jc.catalog.suggest import suggest


@rule("JC801", "override-expired", "error", "tiers", "A hand placement is reviewed by its day.")
def _expired(book: Book, at: date) -> Iterator[Remark]:
    for override in book.catalog.tier_overrides:
        if override.review_by < at and (override.until is None or override.until > at):
            message = f"the placement of `{override.model}` was to be reviewed by {override.review_by}"
            yield Remark(book.at(override.where, "review_by"), message, "look at it again, then move `review_by` or delete it")


@rule("JC802", "override-twice", "error", "tiers", "At any time an offer has one hand placement.")
def _twice(book: Book, _at: date) -> Iterator[Remark]:
    spans: dict[str, list[tuple[date, date]]] = {}
    for override in book.catalog.tier_overrides:
        mine = (override.on, override.until or date.max)
        if any(mine[0] < end and start < mine[1] for start, end in spans.get(override.model, ())):
            message = f"`{override.model}` is placed twice at the same time"
            yield Remark(book.at(override.where, "model"), message, "end the older placement with `until`")
        spans.setdefault(override.model, []).append(mine)


@rule(
    "JC803",
    "anchor-unknown",
    "error",
    "tiers",
    "Every anchor belongs to a benchmark of its criterion, and every criterion has one.",
)
def _anchor(book: Book, _at: date) -> Iterator[Remark]:
    for tier in book.catalog.policy.tiers:
        for index, criterion in enumerate(tier.criteria):
            for name in criterion.anchors:
                if name not in criterion.benchmarks:
                    where = book.at(tier.where, "criteria", index, "anchors", name, key=True)
                    yield Remark(where, f"`{name}` is no benchmark of `{criterion.name}`", suggest(name, criterion.benchmarks))
            if not criterion.anchors and not all(name.startswith(OWN_EVAL) for name in criterion.benchmarks):
                message = f"`{tier.id}`: no anchor for `{criterion.name}`"
                yield Remark(
                    book.at(tier.where, "criteria", index), message, "the floor of a tier is anchor − band: add `anchors`"
                )


RULES: tuple[Rule, ...] = (_expired, _twice, _anchor)
