"""What holds of every decision, whatever the catalog, the table and the request."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from jc.catalog.model import Offer, RouteOverride, RouteTable, Target
from jc.routing.candidate import candidate, forbidden
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.decide import Router, decide
from jc.routing.prepared import prepare
from jc.routing.request import Decision, Request
from jc.routing.table import compiled, pinned
from jc.tiers.standing import standing
from tests.routing.strategies import World, requests, worlds
from tests.strategies import AT, HERE

LAWS = settings(max_examples=200, deadline=None)


def decided(world: World, **change: Any) -> Decision:
    request = replace(world.request, **change.pop("request", {}))
    return decide(request, change.get("table", world.table), change.get("catalog", world.catalog), AT, world.health)


def explicit(request: Request) -> bool:
    return request.routing == "explicit" and request.requested not in {None, "auto"}


def pin_of(world: World) -> str | None:
    """The pin that holds: of the first override with one whose conditions hold."""
    found = (one.pin for one in world.table.overrides if one.pin and compiled(one.when)(world.request))
    return next(found, None)


@LAWS
@given(worlds())
def test_the_same_question_gets_the_same_answer(world: World) -> None:
    """In another process or another order nothing changes: values only, no clock, no chance."""
    assert decided(world) == decided(world)


@LAWS
@given(worlds(), st.data())
def test_one_router_for_many_requests_decides_as_a_new_one_for_each(world: World, data: st.DataObject) -> None:
    """What a router remembers is never the answer to another request."""
    router = Router(prepare(world.table, world.catalog, AT))
    for request in data.draw(st.lists(requests(sorted(world.catalog.offers)), min_size=2, max_size=5)):
        assert router.decide(request, world.health) == decide(request, world.table, world.catalog, AT, world.health)


@LAWS
@given(worlds())
def test_a_decision_names_a_model_or_says_why_not(world: World) -> None:
    """And every decision has reasons."""
    decision = decided(world)
    event("refused" if decision.refused else "answered")

    assert (decision.model is None) == bool(decision.refused)
    assert decision.reasons
    assert decision.offer is (None if decision.model is None else world.catalog.offers[decision.model])


@LAWS
@given(worlds())
def test_who_is_left_out_is_never_chosen_and_never_stands_in(world: World) -> None:
    """Chosen, fallbacks and left out have nobody in common, and no fallback is named twice."""
    decision = decided(world)
    chain = [decision.model, *decision.fallbacks]

    assert not {one.model for one in decision.excluded} & set(chain)
    assert len(set(chain)) == len(chain)


@LAWS
@given(worlds(), st.integers(0, 6))
def test_explicit_routing_wins(world: World, number: int) -> None:
    """The asked model answers, alone."""
    names = sorted(world.catalog.offers)
    asked = names[number % len(names)]
    decision = decided(world, request={"routing": "explicit", "requested": asked})

    assert (decision.model, decision.fallbacks, decision.held) == (asked, (), "explicit")


@LAWS
@given(worlds(), st.integers(0, 6), st.integers(0, 2))
def test_a_pin_wins_unless_it_cannot_see_or_is_gone(world: World, number: int, place: int) -> None:
    """Rules, class, preference and swap have no say, wherever in the list it stands; the first pin that holds counts."""
    names = sorted(world.catalog.offers)
    overrides = list(world.table.overrides)
    overrides.insert(place, RouteOverride({"key": "k1"}, HERE, pin=names[number % len(names)], swap=False))
    table = replace(world.table, overrides=tuple(overrides))
    request: dict[str, Any] = {"routing": "auto", "key": "k1"}
    pin = pin_of(replace(world, table=table, request=replace(world.request, **request)))
    assert pin is not None
    offer = world.catalog.offers[pin]
    gone = offer.lifecycle.removal is not None and offer.lifecycle.removal <= AT.date()
    blind = bool(world.request.images) and not offer.vision
    decision = decided(world, table=table, request=request)

    assert decision.model == pin or gone or blind
    assert f"pinned to `{pin}`" in " ".join(reason.why for reason in decision.reasons)


@LAWS
@given(worlds(), st.sampled_from(["p/a", "q/b", "p/c"]))
def test_a_pinned_table_knows_one_model(world: World, name: str) -> None:
    """It answers, or nobody does."""
    assume(not explicit(world.request) and world.request.follow_up is False)
    decision = decided(world, table=pinned(world.catalog, name))

    # Where the pinned model cannot answer, the model that was asked for may keep its own request.
    assert decision.model in {name, None, world.request.requested}
    assert decision.model in {name, None} or "kept" in {reason.step for reason in decision.reasons}


@LAWS
@given(worlds())
def test_an_image_never_goes_to_a_text_only_model(world: World) -> None:
    """Not by a rule, a pin, a swap, a fallback or a budget; only explicit routing asks for it in so many words."""
    assume(not explicit(world.request))
    decision = decided(world, request={"images": 1})

    assert all(world.catalog.offers[name].vision for name in (decision.model, *decision.fallbacks) if name is not None)


@LAWS
@given(worlds())
def test_hard_limits_hold_for_who_answers_and_who_stands_in(world: World) -> None:
    """Modality, tools, context, output, region, removal, money, time and health; pins and explicit routing are orders."""
    assume(not explicit(world.request) and pin_of(world) is None)
    decision, request = decided(world), world.request
    down = {name for name, _ in world.health.down}
    for name in filter(None, (decision.model, *decision.fallbacks)):
        one = candidate(world.catalog, world.catalog.offers[name], AT)
        output = one.output_tokens(request, decision.route_class)
        assert not one.unfit(request, output, trusted=True)
        assert not one.too_much(request, output, 0.0)
        assert not {one.id, one.offer.provider} & down


@LAWS
@given(worlds())
def test_what_is_forbidden_never_answers(world: World) -> None:
    """`never` of every override that holds, also for swaps and fallbacks."""
    assume(not explicit(world.request) and pin_of(world) is None)
    never = tuple(name for one in world.table.overrides if compiled(one.when)(world.request) for name in one.never)
    decision = decided(world)

    assert not any(forbidden(name, never) for name in (decision.model, *decision.fallbacks) if name is not None)


@LAWS
@given(worlds())
def test_a_request_with_tools_is_never_swapped(world: World) -> None:
    """No decision about it has a swap among its steps."""
    assert "swap" not in {reason.step for reason in decided(world, request={"tools": True}).reasons}


@LAWS
@given(worlds(), st.integers(0, 6))
def test_a_swap_never_leaves_tier_or_region_and_is_never_dearer(world: World, number: int) -> None:
    """Same tier always; the same region unless policy and table allow another; the request costs no more than where it was."""
    names = sorted(world.catalog.offers)
    table = replace(world.table, swap_mode="all", rules=(), budget=None, overrides=())
    asked = names[number % len(names)]
    limits: dict[str, Any] = {"max_usd": None, "max_latency_s": None, "region": None, "input_tokens": 500, "output_tokens": None}
    request = {"routing": "auto", "requested": asked, "tools": False, "follow_up": False, **limits}
    decision = decided(world, table=table, request=request)
    if "swap" not in {reason.step for reason in decision.reasons}:
        event("not swapped")
        return
    event("swapped")
    assert decision.model is not None
    old, new = world.catalog.offers[asked], world.catalog.offers[decision.model]
    members, policy = standing(world.catalog, AT).members, world.catalog.policy.swap

    assert old.id != new.id
    assert members[old.id].tier == members[new.id].tier
    assert new.region == old.region or (table.swap_region == "any" or policy.region != "same")
    asked_for = candidate(world.catalog, old, AT).usd(Request(input_tokens=500), decision.estimate.output_tokens)
    assert asked_for is not None
    assert decision.estimate.usd is not None
    assert decision.estimate.usd <= asked_for


def cheaper(offer: Offer, factor: Decimal) -> Offer:
    """The same offer with every rate lower."""
    rows = tuple(
        replace(
            row,
            usd_per_mtok={name: usd * factor for name, usd in row.usd_per_mtok.items()},
            overrides=tuple(replace(one, set={name: usd * factor for name, usd in one.set.items()}) for one in row.overrides),
        )
        for row in offer.prices
    )
    return replace(offer, prices=rows)


@LAWS
@given(worlds(), st.data())
def test_under_preference_cost_a_lower_price_never_makes_the_choice_dearer(world: World, data: st.DataObject) -> None:
    """Nor does one more eligible model in the pool."""
    name = data.draw(st.sampled_from(sorted(world.catalog.offers)))
    factor = data.draw(st.sampled_from([Decimal("0.5"), Decimal("0.01")]))
    table = RouteTable("cost", HERE, routes=dict.fromkeys(ROUTE_CLASSES, Target(pool="any", preference="cost")))
    request = {"routing": "auto", "requested": None, "budget_left_usd": None, "follow_up": False}
    offers = {**world.catalog.offers, name: cheaper(world.catalog.offers[name], factor)}
    before = decided(world, table=table, request=request).estimate.usd
    after = decided(world, table=table, catalog=replace(world.catalog, offers=offers), request=request).estimate.usd
    without = replace(world.catalog, offers={key: one for key, one in world.catalog.offers.items() if key != name})
    fewer = decided(world, table=table, catalog=without, request=request).estimate.usd

    assert before is None or (after is not None and after <= before)
    assert fewer is None or (before is not None and before <= fewer)


@LAWS
@given(worlds(), st.data())
def test_confidence_matters_only_by_the_thresholds_it_passes(world: World, data: st.DataObject) -> None:
    """Two confidences on the same side of every threshold decide alike."""
    names = sorted(world.catalog.offers)
    table = RouteTable("t", HERE, threshold=0.5, routes={name: Target(model=names[0]) for name in ROUTE_CLASSES})
    request = data.draw(requests(names).filter(lambda one: not explicit(one)))
    low, high = data.draw(st.sampled_from([(0.5, 0.99), (0.01, 0.49)]))
    one, other = (decide(replace(request, confidence=value), table, world.catalog, AT) for value in (low, high))

    assert one == other.sure(low)
