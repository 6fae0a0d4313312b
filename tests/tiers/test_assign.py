"""Which tier an offer belongs to, and on what evidence."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from jc.catalog.model import Lifecycle, Model, Placement, Score
from jc.tiers.assign import Placed, assign, in_order
from tests.strategies import DAY, HERE, LOW, TOP, catalog, criterion, hand, offer, score

A = offer("p/a")


def _of(placed: tuple[Placed, ...], name: str = "p/a") -> Placed:
    return next(one for one in placed if one.offer.id == name)


def _scores(**values: int) -> list[Score]:
    return [score("p/a", name.replace("_", "-"), value) for name, value in values.items()]


def test_the_highest_tier_whose_floors_are_reached() -> None:
    """Every measured criterion of the tier reaches its floor, and all of them were measured: verified."""
    found = _of(assign(catalog([A], scores=_scores(mmlu_pro=77, gpqa_diamond=65, livecodebench=55)), DAY))

    assert (found.tier, found.state) == ("top", "verified")


def test_two_measured_criteria_are_partial() -> None:
    """Two of three criteria are enough, and are called partial."""
    found = _of(assign(catalog([A], scores=_scores(mmlu_pro=80, livecodebench=60)), DAY))

    assert (found.tier, found.state) == ("top", "partial")


def test_one_measured_criterion_is_not_enough() -> None:
    """With one criterion measured nobody is placed, however good it is."""
    found = _of(assign(catalog([A], scores=_scores(mmlu_pro=99)), DAY))

    assert (found.tier, found.state, found.why) == ("unplaced", "unplaced", "1 criterion measured, two are needed")


def test_one_criterion_below_its_floor_gives_the_tier_below() -> None:
    """A model that misses one floor of the best tier gets the next one that it reaches."""
    found = _of(assign(catalog([A], scores=_scores(mmlu_pro=90, gpqa_diamond=90, livecodebench=54)), DAY))

    assert (found.tier, found.state) == ("low", "verified")


def test_a_model_below_every_floor_is_unplaced_and_told_why() -> None:
    """The reason names the score and the floor."""
    found = _of(assign(catalog([A], scores=_scores(mmlu_pro=20, livecodebench=10)), DAY))

    assert found.tier == "unplaced"
    assert "mmlu-pro 20 against 77" in found.why


def test_positioning_caps_the_tier() -> None:
    """What its maker sells as a small model does not become a flagship by its scores."""
    world = catalog([A], scores=_scores(mmlu_pro=95, gpqa_diamond=95, livecodebench=95))
    capped = replace(world, models={"p/a": Model("p/a", "lab", HERE, positioning="low")})

    assert _of(assign(world, DAY)).tier == "top"
    assert _of(assign(capped, DAY)).tier == "low"


def test_a_tier_that_needs_a_capability_comes_first_and_takes_only_those_who_have_it() -> None:
    """Reasoning is tried before the general tiers, and only for offers that reason."""
    rule = replace(TOP, id="reasoning", needs={"reasoning": True})
    plain, thinking = offer("p/a", model="m"), offer("q/a", model="m", reasoning=True)
    rows = [score("m", name, 95) for name in ("mmlu-pro", "gpqa-diamond", "livecodebench")]
    world = catalog([plain, thinking], scores=rows, tiers=[TOP, LOW, rule])

    assert [tier.id for tier in in_order(world.policy)] == ["reasoning", "top", "low"]
    assert {one.offer.id: one.tier for one in assign(world, DAY)} == {"p/a": "top", "q/a": "reasoning"}


def test_a_hand_placement_wins_and_is_provisional_without_scores() -> None:
    """Nobody measured it, somebody placed it: provisional, since the day of the placement."""
    found = _of(assign(catalog([A], hands=[hand("p/a", "top")]), DAY))

    assert (found.tier, found.state, found.since, found.why) == ("top", "provisional", date(2026, 7, 1), "by hand")


def test_scores_bear_a_hand_placement_out() -> None:
    """A hand placement whose criteria are all measured and reached is verified."""
    rows = _scores(mmlu_pro=80, gpqa_diamond=70, livecodebench=60)

    assert _of(assign(catalog([A], scores=rows, hands=[hand("p/a", "top")]), DAY)).state == "verified"


def test_a_hand_placement_against_the_scores_stays_and_is_provisional() -> None:
    """The hand wins, and the measurements that contradict it are kept as evidence."""
    found = _of(assign(catalog([A], scores=_scores(mmlu_pro=20, livecodebench=60), hands=[hand("p/a", "top")]), DAY))

    assert (found.tier, found.state) == ("top", "provisional")
    assert [one.within for one in found.measured] == [False, True]


def test_a_hand_placement_can_keep_an_offer_out() -> None:
    """`unplaced` by hand holds although the scores would place it."""
    rows = _scores(mmlu_pro=95, gpqa_diamond=95, livecodebench=95)

    assert _of(assign(catalog([A], scores=rows, hands=[hand("p/a", "unplaced")]), DAY)).tier == "unplaced"


def test_a_placement_ends_on_its_day() -> None:
    """`until` is the first day on which a placement no longer holds."""
    world = catalog([A], hands=[hand("p/a", "top", until=date(2026, 7, 24))])

    assert _of(assign(world, date(2026, 7, 23))).tier == "top"
    assert _of(assign(world, date(2026, 7, 24))).tier == "unplaced"


def test_of_two_placements_in_a_row_each_holds_in_its_time() -> None:
    """A model that was moved by hand is in its old tier before that day, and in its new one from then on."""
    hands = [hand("p/a", "top", until=date(2026, 8, 1)), hand("p/a", "low", on=date(2026, 8, 1))]
    world = catalog([A], hands=hands)

    assert _of(assign(world, date(2026, 7, 31))).tier == "top"
    assert _of(assign(world, date(2026, 8, 1))).tier == "low"


def test_a_removed_offer_has_no_tier() -> None:
    """On the day of its removal an offer is out, whoever placed it."""
    gone = offer("p/a", lifecycle=Lifecycle(removal=date(2026, 7, 24)))
    world = catalog([gone], hands=[hand("p/a", "top")])

    assert _of(assign(world, date(2026, 7, 23))).tier == "top"
    assert _of(assign(world, date(2026, 7, 24))).why == "removed on 2026-07-24"


def test_an_offer_placed_after_its_own_removal_stays_until_the_placement_ends() -> None:
    """A page that lists a retired name is told as it is: the placement holds until somebody ends it."""
    late = offer("p/a", lifecycle=Lifecycle(removal=date(2026, 5, 15)))
    world = catalog([late], hands=[hand("p/a", "top", until=date(2026, 11, 20))])

    assert _of(assign(world, DAY)).tier == "top"
    assert _of(assign(world, date(2026, 11, 20))).tier == "unplaced"


def test_an_offer_that_is_not_released_yet_has_no_tier() -> None:
    """A member joins on the day of its release."""
    world = catalog([offer("p/a", lifecycle=Lifecycle(released=date(2026, 8, 1)))], hands=[hand("p/a", "top")])

    assert _of(assign(world, DAY)).tier == "unplaced"


def test_a_member_leaves_one_point_below_the_floor() -> None:
    """Between the floor and one point below it a member stays and nobody joins."""
    rows = _scores(mmlu_pro=77, gpqa_diamond=65, livecodebench=54)
    locked = {"p/a": Placement("p/a", "top", "verified", date(2026, 6, 1), {}, HERE)}
    member = catalog([A], scores=rows, placements=locked)
    fallen = catalog([A], scores=_scores(mmlu_pro=77, gpqa_diamond=65, livecodebench=53), placements=locked)

    assert _of(assign(catalog([A], scores=rows), DAY)).tier == "low"
    assert (_of(assign(member, DAY)).tier, _of(assign(member, DAY)).since) == ("top", date(2026, 6, 1))
    assert _of(assign(fallen, DAY)).tier == "low"


def test_moves_are_told_against_the_lock() -> None:
    """A member of the lock that stands elsewhere has moved."""
    locked = {"p/a": Placement("p/a", "top", "verified", date(2026, 6, 1), {}, HERE)}
    found = _of(assign(catalog([A], scores=_scores(mmlu_pro=70, livecodebench=40), placements=locked), DAY))

    assert (found.before, found.tier, found.moved) == ("top", "low", True)


def test_only_chat_models_have_tiers() -> None:
    """Embeddings, images and the demo are not placed."""
    others = [
        offer("p/embed", output=("embedding",)),
        offer("p/paint", output=("image",)),
        offer("p/hear", input=("audio",)),
        offer("demo/strong", kind="demo"),
    ]

    assert assign(catalog(others, hands=[hand("p/embed", "top")]), DAY) == ()


def test_own_evals_place_by_the_median_of_the_tier() -> None:
    """A member whose own-eval score is more than the band below the tier's median is contradicted by it."""
    rule = replace(LOW, criteria=(*LOW.criteria, criterion("own", ["own_eval/*"], 5)))
    members = [offer(f"p/{letter}") for letter in "abc"]
    own = [score(f"p/{letter}", "own_eval/s", value, by="own_eval") for letter, value in zip("abc", (60, 62, 40), strict=True)]
    placed = assign(catalog(members, hands=[hand(one.id, "low") for one in members], tiers=[rule]), DAY, scores=own)
    found = {one.offer.id: [measured.within for measured in one.measured] for one in placed}

    assert found == {"p/a": [True], "p/b": [True], "p/c": [False]}


def test_a_tier_is_verified_without_own_evals() -> None:
    """A criterion that only own evals can measure is not asked of anybody."""
    rule = replace(LOW, criteria=(*LOW.criteria, criterion("own", ["own_eval/*"], 5)))
    found = _of(assign(catalog([A], scores=_scores(mmlu_pro=60, livecodebench=30), tiers=[rule]), DAY))

    assert (found.tier, found.state) == ("low", "verified")
    assert Decimal(60) in {one.value for one in found.measured}
