"""Why a model is where it is, and who could answer in its place."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jc.catalog.model import Catalog, Offer, TierRule
from jc.errors import Where
from jc.tiers.assign import UNPLACED, Placed, assign
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
    region: str
    """Where the equals are looked for, in words."""
    output_weight: Decimal


def explain(catalog: Catalog, offer: Offer, at: datetime, *, region: str | tuple[str, ...] | None = None) -> Explanation:
    """The place of an offer and its equals; `region` overrides the policy (`same`, `any`, or regions)."""
    view = standing(catalog, at)
    member = view.members.get(offer.id)
    weight = catalog.settings.output_weight
    regions = _regions(offer, region if region is not None else catalog.policy.swap.region)
    words = f"region {' or '.join(regions)}" if regions else "any region"
    key = view.screened(offer).key(at, weight)
    if member is None:
        placed = next((one for one in assign(catalog, at) if one.offer.id == offer.id), None)
        where = placed.hand.where if placed and placed.hand else None
        why = _why_not(offer, placed)
        measured = placed.measured if placed else ()
        return Explanation(offer, None, None, where, why, measured, key, (), {}, words, weight)
    equals, left_out = [], Counter[str]()
    for other, usd in ranked(view, member.tier, at):
        if other.offer.id == offer.id:
            continue
        if not regions or other.offer.region in regions:
            equals.append(Equal(other.offer, usd, view.equality(member, other), view.screened(other.offer).objection))
        else:
            left_out[other.offer.region] += 1
    return Explanation(
        offer=offer,
        member=member,
        rule=view.rules[member.tier],
        where=_where(catalog, member),
        why=member.hand.reason if member.hand else "placed by its scores",
        measured=member.measured,
        usd_per_mtok=key,
        equals=tuple(equals),
        left_out=dict(left_out.most_common()),
        region=words,
        output_weight=weight,
    )


def _why_not(offer: Offer, placed: Placed | None) -> str:
    """Why an offer is in no tier; one that was added after the lock file waits for the next lock."""
    if placed is None:
        return f"tiers hold {'no demo models' if offer.kind == 'demo' else 'chat models only'}"
    if placed.tier == UNPLACED:
        return placed.why
    return f"it would be {placed.tier} ({placed.why}), but the lock file does not have it yet: `jc tiers assign --write`"


def _regions(offer: Offer, policy: str | tuple[str, ...]) -> tuple[str, ...]:
    """The regions that a policy allows for an offer; none means all."""
    if isinstance(policy, tuple):
        return policy
    return () if policy == "any" else (offer.region if policy == "same" else policy,)


def _where(catalog: Catalog, member: Member) -> Where | None:
    if member.hand is not None:
        return member.hand.where
    locked = catalog.placements.get(member.offer.id)
    return locked.where if locked else None
