"""Which tier each offer belongs to, and on what evidence.

A hand placement in force wins and says why. Without one, an offer gets the highest tier whose floor it reaches on every measured
criterion, with at least two measured; what its maker positions it for caps the tier. It joins at the floor and leaves one point
(the policy's `hysteresis`) below it, so that a re-run of a benchmark does not move it to and fro.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from jc.catalog.model import Catalog, Offer, Placement, Score, TierOverride, TierPolicy, TierRule
from jc.catalog.price import utc
from jc.tiers.bands import Evidence, Measured, own_medians, required

State = Literal["verified", "partial", "provisional", "unplaced"]
UNPLACED = "unplaced"
_NONE: Mapping[str, Decimal] = {}


class Placed(NamedTuple):
    """Where one offer stands on a day: its tier (`unplaced` for none), the state of the evidence, and the evidence."""

    offer: Offer
    tier: str
    state: State
    since: date
    measured: tuple[Measured, ...]
    hand: TierOverride | None
    before: str
    """The tier in the lock file, `unplaced` when it has none."""
    why: str

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere than in the lock file."""
        return self.tier != self.before


def on_day(at: datetime | date) -> date:
    """The day (UTC) of a moment; a day is itself."""
    return utc(at).date() if isinstance(at, datetime) else at


def in_order(policy: TierPolicy) -> tuple[TierRule, ...]:
    """The tiers best first: those that need a capability (reasoning) before the general ones, else as the policy lists them."""
    return tuple(sorted(policy.tiers, key=lambda rule: not rule.needs))


def is_chat(offer: Offer) -> bool:
    """Whether tiers speak of it at all: text in, text out, and no demo."""
    return offer.kind != "demo" and "text" in offer.input and "text" in offer.output


def hands_on(catalog: Catalog, on: date) -> tuple[Mapping[str, TierOverride], frozenset[str]]:
    """The hand placements in force on a day, by offer, and the offers whose hand placement has ended.

    One that was written after the day holds for it too: it says what the offer is, as far back as nothing else was said.
    """
    open_ = [hand for hand in catalog.tier_overrides if hand.until is None or on < hand.until]
    holding = {hand.model: hand for hand in sorted(open_, key=lambda hand: hand.on, reverse=True)}
    ended = frozenset(hand.model for hand in catalog.tier_overrides if hand.model not in holding)
    return holding, ended


def gone(offer: Offer, on: date, hand: TierOverride | None = None) -> bool:
    """Whether an offer has left by a day. One that was placed by hand after its own removal date stays until its `until`."""
    removal = offer.lifecycle.removal
    return removal is not None and removal <= on and (hand is None or hand.on < removal)


def unborn(offer: Offer, on: date) -> bool:
    """Whether an offer is not released yet on a day."""
    return offer.lifecycle.released is not None and offer.lifecycle.released > on


def assign(catalog: Catalog, at: datetime | date, *, scores: Sequence[Score] = ()) -> tuple[Placed, ...]:
    """Every chat offer with its place, sorted by id; `scores` are own evals on top of the catalog's."""
    on = on_day(at)
    evidence = Evidence(catalog, scores)
    work = _Work(catalog, on, evidence, {})
    first = work.all()
    medians = {
        rule.id: own_medians(evidence, [placed.offer for placed in first if placed.tier == rule.id])
        for rule in catalog.policy.tiers
    }
    return _Work(catalog, on, evidence, medians).all() if any(medians.values()) else first


def place_by_hand(
    offer: Offer, hand: TierOverride, rule: TierRule | None, evidence: Evidence
) -> tuple[State, tuple[Measured, ...]]:
    """The evidence state of a hand placement, without own evals: `provisional` unless scores bear it out."""
    return _hand_state(offer, hand, rule, evidence, _NONE)


def _hand_state(
    offer: Offer, hand: TierOverride, rule: TierRule | None, evidence: Evidence, medians: Mapping[str, Decimal]
) -> tuple[State, tuple[Measured, ...]]:
    if rule is None:
        return ("unplaced" if hand.tier == UNPLACED else "provisional"), ()
    measured = _measure(offer, rule, evidence, medians)
    return _state(rule, measured) or "provisional", measured


def _measure(
    offer: Offer, rule: TierRule, evidence: Evidence, medians: Mapping[str, Decimal], slack: Decimal = Decimal(0)
) -> tuple[Measured, ...]:
    found = (evidence.measure(offer, criterion, medians, slack) for criterion in rule.criteria)
    return tuple(measured for measured in found if measured is not None)


def _state(rule: TierRule, measured: Sequence[Measured]) -> State | None:
    """`verified` when every criterion was measured and reached, `partial` from two on; None when scores do not carry it."""
    if len(measured) < 2 or not all(one.within for one in measured):
        return None
    names = {one.criterion for one in measured}
    return "verified" if all(criterion.name in names for criterion in required(rule)) else "partial"


@dataclass(frozen=True, slots=True)
class _Work:
    """One pass over a catalog on one day."""

    catalog: Catalog
    on: date
    evidence: Evidence
    medians: Mapping[str, Mapping[str, Decimal]]

    def all(self) -> tuple[Placed, ...]:
        hands, ended = hands_on(self.catalog, self.on)
        offers = sorted((offer for offer in self.catalog.offers.values() if is_chat(offer)), key=lambda offer: offer.id)
        return tuple(self._place(offer, hands.get(offer.id), offer.id in ended) for offer in offers)

    def _place(self, offer: Offer, hand: TierOverride | None, ended: bool) -> Placed:
        before = self.catalog.placements.get(offer.id)
        was = before.tier if before else UNPLACED
        if gone(offer, self.on, hand):
            return Placed(offer, UNPLACED, "unplaced", self.on, (), None, was, f"removed on {offer.lifecycle.removal}")
        if unborn(offer, self.on):
            return Placed(offer, UNPLACED, "unplaced", self.on, (), None, was, f"released on {offer.lifecycle.released}")
        if hand is not None:
            rule = next((rule for rule in self.catalog.policy.tiers if rule.id == hand.tier), None)
            state, measured = _hand_state(offer, hand, rule, self.evidence, self._own(hand.tier))
            return Placed(offer, hand.tier, state, hand.on, measured, hand, was, hand.reason)
        if ended:
            return Placed(offer, UNPLACED, "unplaced", self.on, (), None, was, "its hand placement has ended")
        return self._by_scores(offer, before, was)

    def _by_scores(self, offer: Offer, before: Placement | None, was: str) -> Placed:
        most: tuple[Measured, ...] = ()
        for rule in self._allowed(offer):
            slack = self.catalog.policy.hysteresis if was == rule.id else Decimal(0)
            measured = _measure(offer, rule, self.evidence, self._own(rule.id), slack)
            state = _state(rule, measured)
            if state is not None:
                since = before.since if before and was == rule.id else self.on
                return Placed(offer, rule.id, state, since, measured, None, was, _reached(measured))
            most = max(most, measured, key=len)
        return Placed(offer, UNPLACED, "unplaced", self.on, most, None, was, _missed(most))

    def _allowed(self, offer: Offer) -> Sequence[TierRule]:
        """The tiers that scores may give: from the one its maker positions it for downwards, where it has what they need."""
        rules = in_order(self.catalog.policy)
        model = self.catalog.models.get(offer.model)
        cap = next((n for n, rule in enumerate(rules) if model is not None and rule.id == model.positioning), 0)
        return [rule for rule in rules[cap:] if all(getattr(offer, need, None) is value for need, value in rule.needs.items())]

    def _own(self, tier: str) -> Mapping[str, Decimal]:
        return self.medians.get(tier, _NONE)


def _reached(measured: Sequence[Measured]) -> str:
    return "reaches " + ", ".join(f"{one.benchmark} {one.value}" for one in measured)


def _missed(measured: Sequence[Measured]) -> str:
    below = [one for one in measured if not one.within]
    if below:
        return "below the floor: " + ", ".join(f"{one.benchmark} {one.value} against {one.floor}" for one in below)
    return f"{len(measured)} criterion measured, two are needed" if len(measured) == 1 else "not measured"
