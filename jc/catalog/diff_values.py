"""The values of a difference between two catalogs: one `Change` per thing that changed, with its figures before and after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from jc.catalog.model import PriceStatus
from jc.errors import Where

ChangeKind = Literal[
    "repriced", "new", "removed", "lifecycle", "capability", "limit", "tier", "policy", "cheapest", "route", "score", "fact"
]
KINDS: tuple[ChangeKind, ...] = (
    "repriced", "new", "removed", "lifecycle", "capability", "limit", "tier", "policy", "cheapest", "route", "score",
    "fact",
)  # fmt: skip
"""In the order in which they are told."""
Figure = Decimal | int | bool | str | date | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Delta:
    """One figure before and after; None is unknown or absent. `condition` says when a price holds, empty for always."""

    field: str
    before: Figure
    after: Figure
    unit: str = ""
    condition: str = ""

    @property
    def share(self) -> Decimal | None:
        """The relative change of a number, 0.05 for +5 %; None when there is nothing to compare with."""
        if isinstance(self.before, Decimal) and isinstance(self.after, Decimal) and self.before:
            return self.after / self.before - 1
        return None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed.

    `subject` is an offer id (a model id for scores and facts, a tier with its region, a route table with its class). `effective`
    and `status` belong to prices; `weight` is by how much the cost key grows (USD per Mtok; the whole key for new and removed
    offers) and orders the list; `used_by` is where a removed offer is still named.
    """

    kind: ChangeKind
    subject: str
    deltas: tuple[Delta, ...] = ()
    effective: date | None = None
    status: PriceStatus | None = None
    weight: Decimal = Decimal(0)
    replacement: str | None = None
    used_by: tuple[Where, ...] = ()
    where: Where | None = None
    region: str = ""
    note: str = field(default="")


def ordered(changes: Iterable[Change], usd: Mapping[str, Decimal] | None = None) -> list[Change]:
    """By kind, and inside a kind the most costly first: by what traffic pays more (`usd` by subject), then by the cost key."""
    paid = usd or {}

    def rank(one: Change) -> tuple[int, Decimal, Decimal, str, date]:
        return KINDS.index(one.kind), -paid.get(one.subject, Decimal(0)), -one.weight, one.subject, one.effective or date.min

    return sorted(changes, key=rank)
