"""Who has fallen out of its band since the lock was written."""

from datetime import date
from typing import Any

from jc.catalog.model import Catalog, Lifecycle, Lock, Placement
from jc.tiers.drift import Drift, drift
from tests.strategies import DAY, HERE, LOW, TOP, catalog, criterion, hand, offer, score


def _world(*values: tuple[str, int], evidence: dict[str, Any] | None = None, **more: Any) -> Catalog:
    locked = Placement("p/a", "top", "verified", date(2026, 6, 1), evidence or {}, HERE)
    rows = [score("p/a", name, value) for name, value in values]
    return catalog([offer("p/a")], scores=rows, placements={"p/a": locked}, lock=Lock(DAY, {}, HERE), **more)


def _kinds(found: tuple[Drift, ...]) -> list[tuple[str, str]]:
    return [(one.model, one.kind) for one in found]


def test_nothing_drifts_when_nothing_changed() -> None:
    """A member that reaches its floors stands where it stood."""
    assert drift(_world(("mmlu-pro", 80), ("livecodebench", 60)), DAY) == ()


def test_a_member_below_its_floor_has_fallen() -> None:
    """More than one point below the floor, by the catalog's own scores."""
    (found,) = drift(_world(("mmlu-pro", 70), ("livecodebench", 60)), DAY)

    assert (found.model, found.tier, found.kind) == ("p/a", "top", "fallen")


def test_one_point_below_the_floor_is_no_fall() -> None:
    """Hysteresis: a re-run does not raise the alarm."""
    assert drift(_world(("mmlu-pro", 76), ("livecodebench", 60)), DAY) == ()


def test_a_member_whose_evidence_went_away_has_fallen() -> None:
    """With one criterion measured nobody could have joined."""
    assert _kinds(drift(_world(("mmlu-pro", 90)), DAY)) == [("p/a", "fallen")]


def test_a_hand_placement_that_was_below_already_does_not_fall_again() -> None:
    """What somebody accepted when the lock was written is no news; another criterion is."""
    known = {"scores": [{"criterion": "knowledge", "within": False}]}
    hands = [hand("p/a", "top")]

    assert drift(_world(("mmlu-pro", 20), ("livecodebench", 60), evidence=known, hands=hands), DAY) == ()
    assert _kinds(drift(_world(("mmlu-pro", 20), ("livecodebench", 10), evidence=known, hands=hands), DAY)) == [("p/a", "fallen")]


def test_a_removed_member_is_told_and_does_not_fail() -> None:
    """Removals are dates, not drift."""
    locked = {"p/a": Placement("p/a", "top", "verified", date(2026, 6, 1), {}, HERE)}
    gone = offer("p/a", lifecycle=Lifecycle(removal=date(2026, 7, 1)))

    assert _kinds(drift(catalog([gone], placements=locked), DAY)) == [("p/a", "removed")]
    assert _kinds(drift(catalog([], placements=locked), DAY)) == [("p/a", "removed")]


def test_a_member_that_was_moved_by_hand_has_moved() -> None:
    """Another tier by hand is a decision, not a fall."""
    found = drift(_world(hands=[hand("p/a", "low")]), DAY)

    assert _kinds(found) == [("p/a", "moved")]


def test_a_better_member_has_moved() -> None:
    """A member of the lower tier that reaches the higher one is told."""
    locked = {"p/a": Placement("p/a", "low", "verified", date(2026, 6, 1), {}, HERE)}
    rows = [score("p/a", name, 95) for name in ("mmlu-pro", "gpqa-diamond", "livecodebench")]

    assert _kinds(drift(catalog([offer("p/a")], scores=rows, placements=locked), DAY)) == [("p/a", "moved")]


def test_own_evals_raise_the_alarm() -> None:
    """A nightly run in which a member scores more than the band below its tier's median."""
    made = [offer(f"p/{letter}") for letter in "abc"]
    tier = type(TOP)("top", "", (*TOP.criteria, criterion("own", ["own_eval/*"], 5)), HERE)
    locked = {one.id: Placement(one.id, "top", "provisional", date(2026, 6, 1), {}, HERE) for one in made}
    world = catalog(made, hands=[hand(one.id, "top") for one in made], placements=locked, tiers=(tier, LOW))
    night = [
        score(f"p/{letter}", "own_eval/night", value, by="own_eval") for letter, value in zip("abc", (60, 58, 41), strict=True)
    ]

    assert drift(world, DAY) == ()
    assert _kinds(drift(world, DAY, scores=night)) == [("p/c", "fallen")]
