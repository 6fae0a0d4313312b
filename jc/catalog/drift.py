"""How far the catalog's prices are from another list's, offer by offer: a report for a scheduled job, never a gate.

Offers are matched by name and nothing else: the full id, an alias, or provider and wire id. The same seller goes by several
names in the public lists; which those are is written down here, and can be added to. What is in one list only is counted, not
guessed at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from jc.catalog.diff_prices import Figures, labelled
from jc.catalog.model import Catalog, Offer
from jc.catalog.price import free_on, row_in_force

SAME_SELLER: Mapping[str, str] = {
    "alibaba-cn": "qwen",
    "bigmodel": "glm",
    "dashscope": "qwen",
    "gemini": "google",
    "moonshot": "kimi",
    "moonshotai": "kimi",
    "volcengine": "doubao",
    "x-ai": "xai",
    "zhipuai": "glm",
}
"""Names of sellers in the public lists, and in a catalog that follows the documents."""


class Drift(NamedTuple):
    """One price that two lists tell differently; `share` is how much theirs is above ours, 0.05 for 5 %."""

    offer: Offer
    theirs: str
    field: str
    condition: str
    unit: str
    ours_usd: Decimal
    theirs_usd: Decimal

    @property
    def share(self) -> Decimal:
        return self.theirs_usd / self.ours_usd - 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome: what differs (the furthest first), what was compared, and what could not be."""

    drifts: tuple[Drift, ...]
    compared: tuple[str, ...]
    figures: int
    """How many prices both know."""
    unpriced: tuple[str, ...]
    """Offers that both have and one of them has no price for."""
    missing: tuple[str, ...]
    """Offers of the catalog that the other list does not have."""
    ambiguous: tuple[str, ...]
    """Offers that more than one of theirs could be."""


def drift(catalog: Catalog, other: Catalog, on: date, sellers: Mapping[str, str] = SAME_SELLER) -> Comparison:
    """The prices in force on a day, compared with another catalog's on the same day (theirs: the last known row)."""
    index = _index(other, sellers)
    drifts: list[Drift] = []
    compared: list[str] = []
    unpriced: list[str] = []
    missing: list[str] = []
    ambiguous: list[str] = []
    figures = 0
    for offer in sorted(catalog.offers.values(), key=lambda one: one.id):
        if offer.kind in {"demo", "local"}:
            continue
        found = {match.id: match for name in _names(offer) for match in index.get(name, ())}
        if len(found) > 1:
            ambiguous.append(offer.id)
        elif not found:
            missing.append(offer.id)
        else:
            match = next(iter(found.values()))
            ours, theirs = _figures(offer, on), _figures(match, on)
            both = [label for label in ours if label in theirs]
            figures += len(both)
            (compared if both else unpriced).append(offer.id)
            drifts += _drifts(offer, match, ours, theirs)
    ranked = sorted(drifts, key=lambda one: (-abs(one.share), one.offer.id, one.field, one.condition))
    return Comparison(tuple(ranked), tuple(compared), figures, tuple(unpriced), tuple(missing), tuple(ambiguous))


def _index(other: Catalog, sellers: Mapping[str, str]) -> dict[str, list[Offer]]:
    out: dict[str, list[Offer]] = {}
    for offer in other.offers.values():
        seller = sellers.get(offer.provider, offer.provider)
        for name in {*_names(offer), f"{seller}/{offer.wire_id}"}:
            out.setdefault(name, []).append(offer)
    return out


def _names(offer: Offer) -> Sequence[str]:
    return tuple(dict.fromkeys((offer.id, f"{offer.provider}/{offer.wire_id}", *offer.aliases)))


def _figures(offer: Offer, on: date) -> Figures:
    """The prices of a day; of a list that begins later, its first ones."""
    if free_on(offer.free, on):
        return {}
    row = row_in_force(offer, on)
    if row is None:
        later = [one for one in offer.prices if one.status != "cancelled"]
        row = min(later, key=lambda one: one.valid_from) if later else None
    return {} if row is None else labelled(row)


def _drifts(offer: Offer, match: Offer, ours: Figures, theirs: Figures) -> Iterator[Drift]:
    for label, usd in ours.items():
        said = theirs.get(label)
        if said is not None and said != usd and usd:
            yield Drift(offer, match.id, label.field, label.condition, label.unit, usd, said)
