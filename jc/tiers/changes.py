"""What a change of the catalog means for the tiers: who moved and on which scores, and who is the cheapest equal now."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from jc.catalog.diff_values import Change, Delta, Figure
from jc.catalog.model import Catalog, ForbiddenSwap, Offer, TierPolicy, TierRule
from jc.errors import Where
from jc.tiers.assign import UNPLACED
from jc.tiers.bands import Measured, variant_text
from jc.tiers.standing import Member, Standing, cheapest, ranked, standing
from jc.tiers.swap import SwapRequest, swap

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_MOST_COUNTED = 400


class SwapCount(NamedTuple):
    """Of how many offers in a tier of both catalogs the swap changes."""

    changed: int
    of: int


def tier_changes(before: Catalog, after: Catalog, at: datetime) -> list[Change]:
    """Offers of both catalogs that stand in another tier, with their scores, then each tier whose cheapest member changed."""
    old, new = standing(before, at), standing(after, at)
    return [*_moves(old, new), *_policy_changes(before.policy, after.policy), *_cheapest_changes(old, new, at)]


def _policy_changes(before: TierPolicy, after: TierPolicy) -> Iterator[Change]:
    """Rules of swaps, tiers that came or went, bands and anchors: the written reasons why a tier or a swap changes."""
    swap_rules = (_told(before.swap) | {"hysteresis": before.hysteresis}, _told(after.swap) | {"hysteresis": after.hysteresis})
    yield from _difference("swap rules", *swap_rules, after.where)
    old, new = ({rule.id: rule for rule in policy.tiers} for policy in (before, after))
    for tier in dict.fromkeys([*new, *old]):
        was, now = old.get(tier), new.get(tier)
        yield from _difference(tier, _rule(was), _rule(now), now.where if now is not None else after.where)


def _rule(rule: TierRule | None) -> dict[str, Figure]:
    if rule is None:
        return {}
    out = _told(rule, {"criteria"})
    for criterion in rule.criteria:
        out |= {f"{criterion.name} {name}": value for name, value in _told(criterion, {"name", "anchors"}).items()}
        out |= {f"{criterion.name} anchor of {name}": value for name, value in criterion.anchors.items()}
    return out


def _told(record: "DataclassInstance", without: Collection[str] = ()) -> dict[str, Figure]:
    """The fields of a record as figures, without its id and place."""
    names = (one.name for one in fields(record) if one.name not in {"id", "where", *without})
    return {name: _figure(getattr(record, name)) for name in names}


def _figure(value: object) -> Figure:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items()) or None
    if isinstance(value, tuple):
        return tuple(f"{one.source} → {one.target}" if isinstance(one, ForbiddenSwap) else str(one) for one in value)
    return value if isinstance(value, (bool, int, str, Decimal)) else None


def _difference(subject: str, old: Mapping[str, Figure], new: Mapping[str, Figure], where: Where) -> Iterator[Change]:
    names = dict.fromkeys([*new, *old])
    deltas = tuple(Delta(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))
    if deltas:
        yield Change("policy", subject, deltas, where=where)


def _moves(old: Standing, new: Standing) -> Iterator[Change]:
    for id_ in sorted(old.catalog.offers.keys() & new.catalog.offers.keys()):
        was, now = old.members.get(id_), new.members.get(id_)
        if (was.tier if was else UNPLACED) == (now.tier if now else UNPLACED):
            continue
        offer = new.catalog.offers[id_]
        tier = Delta("tier", was.tier if was else UNPLACED, now.tier if now else UNPLACED)
        deltas = (tier, *_scores(was.measured if was else (), now.measured if now else ()))
        yield Change("tier", id_, deltas, where=_where(now, offer), region=offer.region, note=_why(now))


def _where(member: Member | None, offer: Offer) -> Where:
    return member.hand.where if member is not None and member.hand is not None else offer.where


def _why(member: Member | None) -> str:
    if member is None:
        return ""
    return f"by hand: {member.hand.reason}" if member.hand is not None else f"by scores, {member.state}"


def _scores(before: Sequence[Measured], after: Sequence[Measured]) -> Iterator[Delta]:
    """The scores that the tiers rest on, one line per benchmark, with the floor of the tier that it is measured for."""
    old = {(one.benchmark, one.variant): one for one in before}
    new = {(one.benchmark, one.variant): one for one in after}
    for key in dict.fromkeys([*new, *old]):
        was, now = old.get(key), new.get(key)
        said = now or was
        assert said is not None
        variant = variant_text(said.variant)
        name = f"{said.benchmark} ({variant})" if variant else said.benchmark
        yield Delta(name, was.value if was else None, now.value if now else None, "points", f"floor {said.floor}")


def _cheapest_changes(old: Standing, new: Standing, at: datetime) -> Iterator[Change]:
    for tier in dict.fromkeys([*new.tiers, *old.tiers]):
        for region in _regions(old, new, tier):
            for vision in (False, True):
                was, now = _cheapest(old, tier, at, region, vision=vision), _cheapest(new, tier, at, region, vision=vision)
                if (was.offer.id if was else None) != (now.offer.id if now else None):
                    kind = "vision" if vision else "text"
                    deltas = (
                        Delta("cheapest", was.offer.id if was else None, now.offer.id if now else None),
                        Delta("cost key", was.usd if was else None, now.usd if now else None, "usd_per_mtok"),
                    )
                    weight = (now.usd if now else Decimal(0)) - (was.usd if was else Decimal(0))
                    yield Change("cheapest", f"{tier}, {region}, {kind}", deltas, weight=weight, region=region)


class _Cheapest(NamedTuple):
    offer: Offer
    usd: Decimal


def _cheapest(view: Standing, tier: str, at: datetime, region: str, *, vision: bool) -> _Cheapest | None:
    offer = cheapest(view, tier, at, region=region, vision=vision)
    if offer is None:
        return None
    usd = next(usd for member, usd in ranked(view, tier, at) if member.offer is offer)
    return None if usd is None else _Cheapest(offer, usd)


def _regions(old: Standing, new: Standing, tier: str) -> list[str]:
    """The regions that the tier has members in; `any` where there is more than one."""
    found = {member.offer.region for view in (old, new) for member in view.tiers.get(tier, ())}
    return [*sorted(found), *(["any"] if len(found) > 1 else [])]


def heir(before: Catalog, after: Catalog, offer: Offer, at: datetime, *, vision: bool = False) -> Offer | None:
    """The cheapest of the tier and region that an offer had before, in the catalog after: who answers when it is gone."""
    member = standing(before, at).members.get(offer.id)
    if member is None:
        return None
    return cheapest(standing(after, at), member.tier, at, region=offer.region, vision=vision)


def with_heirs(changes: Iterable[Change], before: Catalog, after: Catalog, at: datetime) -> list[Change]:
    """The changes, with the cheapest equal told for each removed offer that names no replacement."""
    out = []
    for one in changes:
        if one.kind == "removed" and one.replacement is None:
            found = heir(before, after, before.offers[one.subject], at)
            out.append(replace(one, note=f"its cheapest equal is {found.id}") if found is not None else one)
        else:
            out.append(one)
    return out


def swap_count(before: Catalog, after: Catalog, at: datetime) -> SwapCount | None:
    """For how many offers a request that has opted in (no tools, no images) is answered by another offer now.

    None above 400 members: each is weighed against its whole tier, twice.
    """
    members = standing(before, at).members.keys() & standing(after, at).members.keys()
    if len(members) > _MOST_COUNTED:
        return None
    changed = sum(swap(SwapRequest(id_), before, at).model != swap(SwapRequest(id_), after, at).model for id_ in sorted(members))
    return SwapCount(changed, len(members))
