"""Who has fallen out of its band since the lock was written: the question of a nightly job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from jc.catalog.model import Catalog, Placement, Score
from jc.tiers.assign import UNPLACED, Placed, assign, in_order, on_day
from jc.tiers.bands import Measured


@dataclass(frozen=True, slots=True)
class Drift:
    """One member of the lock that does not stand where it stood."""

    model: str
    tier: str
    kind: Literal["fallen", "removed", "moved"]
    """`fallen` fails the command; the others are for the reader."""
    why: str
    measured: tuple[Measured, ...] = ()


def drift(catalog: Catalog, at: datetime | date, *, scores: Sequence[Score] = ()) -> tuple[Drift, ...]:
    """Every member of the lock that changed, sorted by id; `scores` are own evals on top of the catalog's."""
    now = {placed.offer.id: placed for placed in assign(catalog, at, scores=scores)}
    ranks = {rule.id: rank for rank, rule in enumerate(in_order(catalog.policy))}
    found = (_drift(locked, now.get(locked.model), on_day(at), ranks) for locked in catalog.placements.values())
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.model))


def _drift(locked: Placement, now: Placed | None, on: date, ranks: Mapping[str, int]) -> Drift | None:
    if locked.tier == UNPLACED:
        return None
    if now is None:
        return Drift(locked.model, locked.tier, "removed", "is not in the catalog any more")
    removal = now.offer.lifecycle.removal
    if now.tier == UNPLACED and removal is not None and removal <= on:
        return Drift(locked.model, locked.tier, "removed", now.why)
    fallen = _fallen(locked, now, ranks)
    if fallen:
        return Drift(locked.model, locked.tier, "fallen", fallen, now.measured)
    if now.tier == locked.tier:
        return None
    return Drift(locked.model, locked.tier, "moved", f"now {now.tier}: {now.why}", now.measured)


def _fallen(locked: Placement, now: Placed, ranks: Mapping[str, int]) -> str:
    """Which scores put a member below its floor that were not there when it was locked; empty when none does."""
    if now.hand is not None and now.tier != locked.tier:
        return ""
    new = [one for one in now.measured if not one.within and one.criterion not in _failing(locked.evidence)]
    if now.tier == locked.tier:
        return ", ".join(f"{one.benchmark} {one.value}, floor {one.floor}" for one in new)
    lower = ranks.get(now.tier, len(ranks)) > ranks.get(locked.tier, len(ranks))
    return f"{now.tier} by its scores: {now.why}" if lower else ""


def _failing(evidence: Mapping[str, Any]) -> frozenset[str]:
    """The criteria that were below their floor already when the lock was written: placed by hand in spite of them."""
    scores = evidence.get("scores") or ()
    return frozenset(str(one.get("criterion")) for one in scores if isinstance(one, Mapping) and one.get("within") is False)
