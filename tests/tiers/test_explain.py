"""Why a model is where it is, and who could answer in its place."""

from datetime import date

from jc.catalog.model import Lifecycle, Lock
from jc.tiers.explain import explain
from tests.strategies import AT, DAY, HERE, catalog, hand, offer, score


def test_equals_come_cheapest_first_with_what_a_swap_would_object_to() -> None:
    """Members of the same region; the others are counted by region."""
    made = [
        offer("p/a", "10", "10"),
        offer("p/b", "2", "2"),
        offer("p/c", "1", "1", lifecycle=Lifecycle(removal=date(2026, 8, 1))),
        offer("p/d", "1", "1", region="in"),
    ]
    told = explain(catalog(made, hands=[hand(one.id, "top") for one in made]), made[0], AT)

    assert told.member is not None
    assert (told.member.tier, told.where) == ("top", HERE)
    assert [(one.offer.id, one.equality.holds, one.objection is None) for one in told.equals] == [
        ("p/c", True, False),
        ("p/b", True, True),
    ]
    assert told.left_out == {"in": 1}


def test_a_wider_region_leaves_nobody_out() -> None:
    """`any` and lists of regions."""
    made = [offer("p/a", "10", "10"), offer("p/d", "1", "1", region="in"), offer("p/e", "1", "1", region="eu")]
    world = catalog(made, hands=[hand(one.id, "top") for one in made])

    assert [one.offer.id for one in explain(world, made[0], AT, region="any").equals] == ["p/d", "p/e"]
    assert explain(world, made[0], AT, region=("global", "eu")).left_out == {"in": 1}


def test_a_member_below_the_band_is_told_as_no_equal() -> None:
    """A score contradicts the hand placement, and the explanation says which."""
    made = [offer("p/a"), offer("p/b")]
    rows = [score("p/a", "mmlu-pro", 90), score("p/b", "mmlu-pro", 80)]
    (other,) = explain(catalog(made, scores=rows, hands=[hand(one.id, "top") for one in made]), made[0], AT).equals

    assert not other.equality.holds
    assert "mmlu-pro" in other.equality.why


def test_a_model_of_no_tier_is_told_why() -> None:
    """The reason is that of the placement: not measured, removed, kept out by hand."""
    told = explain(catalog([offer("p/a")]), offer("p/a"), AT)

    assert (told.member, told.why, told.equals) == (None, "not measured", ())


def test_what_is_no_chat_model_is_told_so() -> None:
    """Tiers hold chat models only."""
    embedding = offer("p/a", output=("embedding",))

    assert explain(catalog([embedding]), embedding, AT).why == "tiers hold chat models only"


def test_a_demo_model_is_told_so() -> None:
    """Demo models have no tier, however well their recorded answers do."""
    demo = offer("p/a", kind="demo")

    assert explain(catalog([demo]), demo, AT).why == "tiers hold no demo models"


def test_a_model_that_the_lock_does_not_have_yet_is_told_where_it_would_be() -> None:
    """An offer that was added after the lock was written reaches a tier, and is in it when the lock is written again."""
    rows = [score("p/a", "mmlu-pro", 99), score("p/a", "gpqa-diamond", 99)]
    told = explain(catalog([offer("p/a")], scores=rows, lock=Lock(DAY, {}, HERE)), offer("p/a"), AT)

    assert told.member is None
    assert told.why.startswith("it would be top (reaches ")
    assert told.why.endswith("but the lock file does not have it yet: `jc tiers assign --write`")
