"""What a change of the catalog means for the tiers."""

from dataclasses import replace
from decimal import Decimal

from jc.catalog.diff import diff
from jc.catalog.diff_values import Delta
from jc.catalog.model import SwapRules
from jc.tiers.changes import SwapCount, heir, swap_count, tier_changes, with_heirs
from tests.strategies import AT, LOW, TOP, catalog, criterion, hand, offer, score

A, B = offer("p/a", "2.00", "2.00"), offer("q/b", "1.00", "1.00")
BOTH = (hand("p/a", "top"), hand("q/b", "top"))


def test_nothing_moves_by_itself() -> None:
    """A catalog against itself changes no tier."""
    world = catalog([A, B], hands=BOTH)

    assert tier_changes(world, world, AT) == []
    assert swap_count(world, world, AT) == SwapCount(0, 2)


def test_a_move_is_told_with_the_scores_behind_it() -> None:
    """A model whose score fell below the floor of its tier moves, and the score stands beside the floor."""
    before = catalog(
        [A], scores=[score("p/a", "mmlu-pro", 79), score("p/a", "gpqa-diamond", 70), score("p/a", "livecodebench", 60)]
    )
    after = catalog(
        [A], scores=[score("p/a", "mmlu-pro", 70), score("p/a", "gpqa-diamond", 70), score("p/a", "livecodebench", 60)]
    )
    (move,) = [one for one in tier_changes(before, after, AT) if one.kind == "tier"]

    assert move.subject == "p/a"
    assert move.deltas[0] == Delta("tier", "top", "low")
    assert Delta("mmlu-pro", Decimal(79), Decimal(70), "points", "floor 55") in move.deltas
    assert move.note == "by scores, verified"


def test_a_hand_placement_says_why() -> None:
    """Its reason is the note, its line the place."""
    (move,) = [one for one in tier_changes(catalog([A]), catalog([A], hands=[BOTH[0]]), AT) if one.kind == "tier"]

    assert move.deltas[0] == Delta("tier", "unplaced", "top")
    assert move.note == "by hand: by hand"


def test_a_change_of_the_policy_is_told() -> None:
    """A band, an anchor and a rule of swaps move tiers without any price or score: they are changes themselves."""
    wide = replace(TOP, criteria=(criterion("knowledge", ["mmlu"], 7, mmlu="85"), *TOP.criteria[1:]))
    before, after = catalog([A]), catalog([A], tiers=(wide, LOW), swap=SwapRules(region="any", pins=("p/a",)))
    found = {
        one.subject: {delta.field: (delta.before, delta.after) for delta in one.deltas} for one in tier_changes(before, after, AT)
    }

    assert found["swap rules"] == {"region": ("same", "any"), "pins": ((), ("p/a",))}
    assert found["top"] == {
        "knowledge benchmarks": (("mmlu-pro", "mmlu"), ("mmlu",)),
        "knowledge band": (Decimal(3), Decimal(7)),
        "knowledge anchor of mmlu": (Decimal(88), Decimal(85)),
        "knowledge anchor of mmlu-pro": (Decimal(80), None),
    }
    assert "low" not in found


def test_a_cheaper_equal_changes_the_mark() -> None:
    """For each region and for vision; the cost key before and after stands beside it."""
    dear = offer("q/b", "9.00", "9.00")
    before, after = catalog([A, dear], hands=BOTH), catalog([A, B], hands=BOTH)
    found = [one for one in tier_changes(before, after, AT) if one.kind == "cheapest"]

    assert [one.subject for one in found] == ["top, global, text"]
    assert found[0].deltas[0] == Delta("cheapest", "p/a", "q/b")
    assert found[0].weight == Decimal("-1.20")


def test_swaps_that_change_are_counted() -> None:
    """Of the members of a tier on both sides."""
    dear = offer("q/b", "9.00", "9.00")

    assert swap_count(catalog([A, dear], hands=BOTH), catalog([A, B], hands=BOTH), AT) == SwapCount(2, 2)


def test_the_cheapest_equal_is_the_heir_of_a_removed_offer() -> None:
    """Of the same tier and region; an offer without a tier has none."""
    elsewhere = offer("r/c", "0.10", "0.10", region="in")
    before = catalog([A, B, elsewhere], hands=(*BOTH, hand("r/c", "top")))
    after = catalog([B, elsewhere], hands=(BOTH[1], hand("r/c", "top")))
    found = with_heirs(diff(before, after, AT), before, after, AT)

    assert heir(before, after, A, AT) == B
    assert [one.note for one in found if one.kind == "removed"] == ["its cheapest equal is q/b"]
    assert heir(catalog([A]), after, A, AT) is None
