"""Who is in which tier on a day: the view that `show`, `swap`, `explain` and the router share.

Hand placements in force come first, then the lock file; a catalog without a lock is placed by its scores on the spot. Building a
standing takes milliseconds and asking it microseconds, so it is kept for the catalogs and days asked about last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from jc.catalog.model import Catalog, Offer, TierOverride, TierRule
from jc.tiers.assign import UNPLACED, State, assign, gone, hands_on, is_chat, on_day, place_by_hand, unborn
from jc.tiers.bands import Compared, Evidence, Measured
from jc.tiers.screen import Screened, screen


class Member(NamedTuple):
    """One offer in one tier."""

    offer: Offer
    tier: str
    state: State
    since: date
    measured: tuple[Measured, ...]
    hand: TierOverride | None


class Equality(NamedTuple):
    """Whether one offer may stand in for another as far as scores go, and why not."""

    holds: bool
    why: str
    compared: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The tiers of a catalog on one day."""

    catalog: Catalog
    on: date
    members: Mapping[str, Member]
    """By offer id."""
    tiers: Mapping[str, tuple[Member, ...]]
    """By tier in the order of the policy, members sorted by id."""
    rules: Mapping[str, TierRule]
    evidence: Evidence
    _equal: dict[tuple[str, str], Equality] = field(default_factory=dict, compare=False)
    _screened: dict[str, Screened] = field(default_factory=dict, compare=False)
    remembered: dict[tuple[object, ...], Any] = field(default_factory=dict, compare=False)
    """What swaps worked out on this day for requests that differ in their tokens only."""

    def screened(self, offer: Offer) -> Screened:
        """What is known of an offer on this day, whatever is asked of it."""
        found = self._screened.get(offer.id)
        if found is None:
            found = self._screened[offer.id] = screen(self.catalog, offer, self.on)
        return found

    def equality(self, asked: Member, offered: Member) -> Equality:
        """Whether `offered` is at most one band below `asked` wherever both were measured alike (never the other way round)."""
        key = (asked.offer.id, offered.offer.id)
        found = self._equal.get(key)
        if found is None:
            rule = self.rules[asked.tier]
            found = _equality(asked, offered, rule, self.evidence.compare(asked.offer, offered.offer, rule))
            self._equal[key] = found
        return found


def _equality(asked: Member, offered: Member, rule: TierRule, compared: tuple[Compared, ...]) -> Equality:
    below = [pair for pair in compared if not pair.within]
    if below:
        first = below[0]
        return Equality(False, f"has {first.offered} on {first.benchmark}, more than {first.band} from {first.asked}", compared)
    if rule.vouched and asked.hand is not None and offered.hand is not None:
        return Equality(True, "both were placed in the tier by hand, and no score contradicts it", compared)
    if len(compared) >= 2:
        return Equality(True, f"within the band on {len(compared)} criteria that both were measured on", compared)
    count = "on one criterion only" if compared else "on no criterion"
    return Equality(False, f"was measured alike {count}; two are needed", compared)


class _Same:
    """A catalog compared by identity, so that it can be the key of a cache."""

    __slots__ = ("catalog",)

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def __hash__(self) -> int:
        return id(self.catalog)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.catalog is self.catalog


def standing(catalog: Catalog, at: datetime | date) -> Standing:
    """The tiers of a catalog on the day (UTC) of `at`."""
    return _standing(_Same(catalog), on_day(at))


@lru_cache(maxsize=16)
def _standing(same: _Same, on: date) -> Standing:
    catalog = same.catalog
    rules = {rule.id: rule for rule in catalog.policy.tiers}
    evidence = Evidence(catalog)
    members = _from_scores(catalog, on) if catalog.lock is None else _from_lock(catalog, on, rules, evidence)
    tiers = {rule: tuple(member for member in members.values() if member.tier == rule) for rule in rules}
    return Standing(catalog, on, members, tiers, rules, evidence)


def _from_scores(catalog: Catalog, on: date) -> dict[str, Member]:
    return {
        placed.offer.id: Member(placed.offer, placed.tier, placed.state, placed.since, placed.measured, placed.hand)
        for placed in assign(catalog, on)
        if placed.tier != UNPLACED
    }


def _from_lock(catalog: Catalog, on: date, rules: Mapping[str, TierRule], evidence: Evidence) -> dict[str, Member]:
    hands, ended = hands_on(catalog, on)
    out: dict[str, Member] = {}
    for offer in sorted(catalog.offers.values(), key=lambda offer: offer.id):
        hand = hands.get(offer.id)
        if not is_chat(offer) or gone(offer, on, hand) or unborn(offer, on):
            continue
        locked = catalog.placements.get(offer.id)
        if hand is not None and hand.tier in rules:
            state, measured = place_by_hand(offer, hand, rules[hand.tier], evidence)
            if locked is not None and locked.tier == hand.tier:
                state = locked.state
            out[offer.id] = Member(offer, hand.tier, state, hand.on, measured, hand)
        elif hand is None and offer.id not in ended and locked is not None and locked.tier in rules:
            measured = _measured(offer, rules[locked.tier], evidence)
            out[offer.id] = Member(offer, locked.tier, locked.state, locked.since, measured, None)
    return out


def _measured(offer: Offer, rule: TierRule, evidence: Evidence) -> tuple[Measured, ...]:
    found = (evidence.measure(offer, criterion, {}) for criterion in rule.criteria)
    return tuple(measured for measured in found if measured is not None)


def ranked(standing: Standing, tier: str, at: datetime) -> list[tuple[Member, Decimal | None]]:
    """The members of a tier with their cost key at a moment (USD per Mtok, None when unknown), cheapest first, then by id."""
    weight = standing.catalog.settings.output_weight
    priced = [(member, standing.screened(member.offer).key(at, weight)) for member in standing.tiers.get(tier, ())]
    return sorted(priced, key=lambda pair: (pair[1] is None, pair[1] or Decimal(0), pair[0].offer.id))


def cheapest(view: Standing, tier: str, at: datetime, *, region: str = "any", vision: bool = False) -> Offer | None:
    """The offer that carries the `cheapest` mark of a tier: the first by cost key in a region (`any`: everywhere) that a swap
    may pick, among vision offers when `vision` is set; None when there is none.
    """
    for member, usd in ranked(view, tier, at):
        offer = member.offer
        if usd is None or region not in {"any", offer.region} or (vision and not offer.vision):
            continue
        if view.screened(offer).objection is None:
            return offer
    return None
