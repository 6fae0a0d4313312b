"""Why a model is where it is, and who could answer in its place."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jc.catalog.model import Catalog, Offer, TierRule
from jc.errors import Where
from jc.tiers.assign import assign
from jc.tiers.bands import Measured
from jc.tiers.screen import Objection
from jc.tiers.standing import Equality, Member, ranked, standing


@dataclass(frozen=True, slots=True)
class Equal:
    """One member of the same tier as a stand-in: its cost key, whether the scores allow it, and what a swap would object to."""

    offer: Offer
    usd_per_mtok: Decimal | None
    equality: Equality
    objection: Objection | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where an offer stands, on what evidence, and its equals, cheapest first."""

    offer: Offer
    member: Member | None
    rule: TierRule | None
    where: Where | None
    why: str
    measured: tuple[Measured, ...]
    usd_per_mtok: Decimal | None
    equals: tuple[Equal, ...]
    left_out: Mapping[str, int]
    """Members in other regions than the policy allows, by region."""


def explain(catalog: Catalog, offer: Offer, at: datetime, *, region: str | tuple[str, ...] | None = None) -> Explanation:
    """The place of an offer and its equals; `region` overrides the policy (`same`, `any`, or regions)."""
    view = standing(catalog, at)
    member = view.members.get(offer.id)
    key = view.screened(offer).key(at, catalog.settings.output_weight)
    if member is None:
        placed = next((one for one in assign(catalog, at) if one.offer.id == offer.id), None)
        where = placed.hand.where if placed and placed.hand else None
        why = placed.why if placed else "tiers hold chat models only"
        return Explanation(offer, None, None, where, why, placed.measured if placed else (), key, (), {})
    policy = region if region is not None else catalog.policy.swap.region
    equals, left_out = [], Counter[str]()
    for other, usd in ranked(view, member.tier, at):
        if other.offer.id == offer.id:
            continue
        if _inside(other.offer, offer, policy):
            equals.append(Equal(other.offer, usd, view.equality(member, other), view.screened(other.offer).objection))
        else:
            left_out[other.offer.region] += 1
    locked = catalog.placements.get(offer.id)
    where = member.hand.where if member.hand else locked.where if locked else None
    why = member.hand.reason if member.hand else "placed by its scores"
    return Explanation(
        offer, member, view.rules[member.tier], where, why, member.measured, key, tuple(equals), dict(left_out.most_common())
    )


def _inside(other: Offer, offer: Offer, policy: str | tuple[str, ...]) -> bool:
    if policy == "any":
        return True
    return (
        other.region == offer.region if policy == "same" else other.region in ((policy,) if isinstance(policy, str) else policy)
    )
