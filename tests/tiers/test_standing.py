"""Who is in which tier on a day."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from jc.catalog.model import Lifecycle, Lock, Placement
from jc.tiers.standing import cheapest, ranked, standing
from tests.strategies import AT, DAY, HERE, catalog, hand, offer, score

LOCK = Lock(DAY, {}, HERE)


def _locked(name: str, tier: str = "top") -> dict[str, Placement]:
    return {name: Placement(name, tier, "verified", date(2026, 6, 1), {"by": "scores"}, HERE)}


def test_the_lock_places_who_was_placed_by_scores() -> None:
    """With a lock file the scores are not weighed again: what was reviewed holds."""
    world = catalog([offer("p/a")], placements=_locked("p/a"), lock=LOCK)
    member = standing(world, AT).members["p/a"]

    assert (member.tier, member.state, member.since, member.hand) == ("top", "verified", date(2026, 6, 1), None)


def test_without_a_lock_the_scores_place() -> None:
    """A catalog that was never locked is placed on the spot."""
    rows = [score("p/a", name, 95) for name in ("mmlu-pro", "gpqa-diamond")]

    assert standing(catalog([offer("p/a")], scores=rows), AT).members["p/a"].state == "partial"


def test_a_hand_placement_outranks_the_lock() -> None:
    """What was said by hand holds before the lock is written again."""
    world = catalog([offer("p/a")], placements=_locked("p/a"), lock=LOCK, hands=[hand("p/a", "low")])

    assert standing(world, AT).members["p/a"].tier == "low"


def test_an_offer_kept_out_by_hand_is_out() -> None:
    """`unplaced` by hand holds against the lock."""
    world = catalog([offer("p/a")], placements=_locked("p/a"), lock=LOCK, hands=[hand("p/a", "unplaced")])

    assert standing(world, AT).members == {}


def test_members_leave_on_the_day_of_their_removal() -> None:
    """The same catalog has a member before its removal and not after."""
    leaving = offer("p/a", lifecycle=Lifecycle(removal=date(2026, 7, 24)))
    world = catalog([leaving], placements=_locked("p/a"), lock=LOCK)

    assert "p/a" in standing(world, date(2026, 7, 23)).members
    assert "p/a" not in standing(world, date(2026, 7, 24)).members


def test_members_are_ranked_by_the_cost_key_then_by_id() -> None:
    """Input plus a fifth of output; an unknown price comes last."""
    made = [offer("p/b", "1", "5"), offer("p/a", "2", "0"), offer("p/c", "0.50", "1"), offer("p/d", None, None)]
    view = standing(catalog(made, hands=[hand(one.id, "top") for one in made]), AT)

    assert [(member.offer.id, usd) for member, usd in ranked(view, "top", AT)] == [
        ("p/c", Decimal("0.70")),
        ("p/a", Decimal("2.0")),
        ("p/b", Decimal("2.0")),
        ("p/d", None),
    ]


def test_the_mark_is_within_a_region_and_among_vision_offers() -> None:
    """`any` looks everywhere, a region only at its own, and `vision` only at offers that take images."""
    made = [
        offer("p/in", "1", "1", region="in"),
        offer("p/text", "2", "2"),
        offer("p/see", "3", "3", input=("text", "image")),
    ]
    view = standing(catalog(made, hands=[hand(one.id, "top") for one in made]), AT)

    def mark(region: str, vision: bool = False) -> str | None:
        found = cheapest(view, "top", AT, region=region, vision=vision)
        return found.id if found else None

    assert (mark("any"), mark("global"), mark("global", vision=True), mark("in", vision=True)) == (
        "p/in",
        "p/text",
        "p/see",
        None,
    )


def test_the_mark_passes_over_who_may_not_be_picked() -> None:
    """The cheapest that leaves within thirty days does not carry the mark."""
    leaving = offer("p/a", "0.10", "0.10", lifecycle=Lifecycle(removal=date(2026, 8, 1)))
    made = [leaving, offer("p/b")]
    view = standing(catalog(made, hands=[hand(one.id, "top") for one in made]), AT)
    found = cheapest(view, "top", AT)

    assert found is not None
    assert found.id == "p/b"


def test_the_standing_of_a_catalog_and_day_is_kept() -> None:
    """Asked twice it is the same value; another catalog or day has its own."""
    world = catalog([offer("p/a")], hands=[hand("p/a", "top")])

    assert standing(world, AT) is standing(world, DAY)
    assert standing(world, AT) is not standing(replace(world, root="other"), AT)
    assert standing(world, AT) is not standing(world, date(2026, 7, 16))
