"""The rules of `jc catalog check` that weigh scores: they know tiers, so they are handed to the engine from here."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.model import Offer, RouteTable, SwapRules, TierRule
from jc.catalog.names import Names
from jc.tiers.assign import Placed, assign
from jc.tiers.lock import stale_inputs
from jc.tiers.standing import Standing, cheapest, standing

_WRITE = "run `jc tiers assign --write`"


@rule(
    "JC811",
    "outside-band",
    "error",
    "tiers",
    "A member of the lock file stands where hand placements and scores put it: inside its band, or placed by hand with a reason.",
)
def _outside(book: Book, at: date) -> Iterator[Remark]:
    if not book.catalog.placements:
        return
    now = {placed.offer.id: placed for placed in assign(book.catalog, at)}
    for locked in book.catalog.placements.values():
        placed = now.get(locked.model)
        if placed is None or placed.tier == locked.tier or _counted_own_evals(locked.evidence):
            continue
        where = book.at(locked.where, "tier")
        if placed.hand is not None:
            yield Remark(where, f"`{locked.model}` is placed in {placed.tier} by hand, and in {locked.tier} here", _WRITE)
        elif not _left(placed, at):
            message = f"`{locked.model}` is outside the band of {locked.tier}: {placed.why}"
            yield Remark(where, message, f"{_WRITE}, or say in tiers/overrides.yaml why it stays")


def _left(placed: Placed, at: date) -> bool:
    """Whether it is out for its dates, which other rules speak of."""
    life = placed.offer.lifecycle
    return (life.removal is not None and life.removal <= at) or (life.released is not None and life.released > at)


def _counted_own_evals(evidence: Mapping[str, Any]) -> bool:
    """Whether a placement rests on own evals, which the catalog does not hold: `jc tiers drift` judges it."""
    return any(isinstance(one, Mapping) and one.get("by") == "own_eval" for one in evidence.get("scores") or ())


@rule(
    "JC812", "lock-outdated", "error", "tiers", "The lock file was written from the policy, scores and hand placements of today."
)
def _outdated(book: Book, _at: date) -> Iterator[Remark]:
    lock = book.catalog.lock
    if lock is not None:
        for name in stale_inputs(book.catalog):
            yield Remark(
                book.at(lock.where, "inputs", name), f"the {name} say something else than when the lock was written", _WRITE
            )


@rule("JC813", "cheapest-wrong", "error", "tiers", "A stated `cheapest` is the one that prices and removals make of it.")
def _cheapest(book: Book, at: date) -> Iterator[Remark]:
    for view, tier, key, stated in _stated(book, at):
        if _unfit(view, tier, key, stated):
            continue
        region, _, vision = key.partition("/")
        found = cheapest(view, tier.id, _moment(at), region=region, vision=vision == "vision")
        if found is None or found.id != stated.id:
            right = f"it is `{found.id}`" if found else "nobody may be picked"
            where = book.at(tier.where, "cheapest", key)
            yield Remark(
                where, f"`{stated.id}` is not the cheapest of {tier.id}, {key}: {right}", "correct it, or delete the line"
            )


@rule(
    "JC814",
    "swap-unsafe",
    "error",
    "tiers",
    "No swap that is stated or configured crosses a tier, loses vision, or leaves the region policy.",
)
def _unsafe(book: Book, at: date) -> Iterator[Remark]:
    for view, tier, key, stated in _stated(book, at):
        reason = _unfit(view, tier, key, stated)
        if reason:
            yield Remark(book.at(tier.where, "cheapest", key), f"`{stated.id}` {reason}", "name another member of the tier")
    policy = book.catalog.policy.swap
    for table in book.catalog.routes.values():
        wider = _wider(table, policy)
        if wider:
            where = book.at(table.where, "swap", "region")
            yield Remark(
                where, f"swaps of `{table.name}` may leave the region policy: {wider}", "use `same`, or change the policy"
            )


def _stated(book: Book, at: date) -> Iterator[tuple[Standing, TierRule, str, Offer]]:
    """The stated cheapest of each tier that can be looked up, with the tiers of the day."""
    tiers = [tier for tier in book.catalog.policy.tiers if tier.cheapest]
    if not tiers:
        return
    view, names = standing(book.catalog, at), Names(book.catalog)
    for tier in tiers:
        for key, name in tier.cheapest.items():
            offer = names.get(name)
            if offer is not None:
                yield view, tier, key, offer


def _unfit(view: Standing, tier: TierRule, key: str, offer: Offer) -> str:
    """Why a stated pick is none at all; empty when it is at least possible."""
    region, _, vision = key.partition("/")
    member = view.members.get(offer.id)
    if member is None or member.tier != tier.id:
        return f"is {f'in {member.tier}' if member else 'in no tier'}, not in {tier.id}: a swap never crosses a tier"
    if region not in {"any", offer.region}:
        return f"is in region {offer.region}, not in {region}: a swap never leaves the region policy"
    if vision == "vision" and not offer.vision:
        return "takes no images: a swap never loses vision"
    return ""


def _wider(table: RouteTable, policy: SwapRules) -> str:
    """How a route table lets swaps go further than the policy; empty when it does not."""
    if table.swap_mode == "off" or policy.region == "any" or table.swap_region in {"same", policy.region}:
        return ""
    allowed = policy.region if isinstance(policy.region, tuple) else ()
    asked = table.swap_region if isinstance(table.swap_region, tuple) else (table.swap_region,)
    extra = [region for region in asked if region not in allowed]
    return f"{', '.join(extra)} where the policy says {', '.join(allowed) or policy.region}" if extra else ""


def _moment(at: date) -> datetime:
    return datetime.combine(at, time(), UTC)


RULES: tuple[Rule, ...] = (_outside, _outdated, _cheapest, _unsafe)
"""Rules to add to those of `jc.catalog.rules`."""
