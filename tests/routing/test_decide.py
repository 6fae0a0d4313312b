"""`decide`, guard by guard: who answers, who is left out and in which words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jc.catalog.model import (
    Budget,
    Cascade,
    Catalog,
    Lifecycle,
    Offer,
    RouteOverride,
    RouteTable,
    Rule,
    Speed,
    Target,
)
from jc.errors import InputError
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.decide import decide
from jc.routing.request import Decision, Health, Request
from jc.routing.table import pinned
from tests.strategies import AT, HERE, catalog, hand, offer, score

SEEING = ("text", "image")
FAST, SLOW = Speed(Decimal("0.2"), Decimal(200)), Speed(Decimal(2), Decimal(20))
SMALL = offer("p/small", "0.10", "0.40", tools=None, structured_output=None, context=8_000, max_output=2_000, speed=FAST)
LARGE = offer("q/large", "2.00", "8.00", input=SEEING, speed=SLOW)
HOME = offer("r/home", "1.00", "4.00", region="eu")
EVERYONE = (SMALL, LARGE, HOME)
POOL = Target(pool=("p/small", "q/large", "r/home"), preference="cost")


def world(*offers: Offer, **more: Any) -> Catalog:
    return catalog(offers or EVERYONE, **more)


def table(target: Target = POOL, **more: Any) -> RouteTable:
    """A table that sends every class to one target."""
    return RouteTable("test", HERE, routes=more.pop("routes", dict.fromkeys(ROUTE_CLASSES, target)), **more)


def decided(request: Request, made: RouteTable | None = None, known: Catalog | None = None, **more: Any) -> Decision:
    return decide(request, made or table(), known or world(), AT, **more)


def left_out(decision: Decision) -> Mapping[str, str]:
    return {one.model: one.why for one in decision.excluded}


def steps(decision: Decision) -> list[str]:
    return [reason.step for reason in decision.reasons]


ASK = Request(route_class="general", input_tokens=100)


@pytest.mark.parametrize(
    ("change", "who", "why"),
    [
        ({"images": 1}, "p/small", "is text only, and the request has an image"),
        ({"tools": True}, "p/small", "is not known to take tools"),
        ({"structured_output": True}, "p/small", "is not known to give structured output"),
        ({"input_tokens": 7_800}, "p/small", "holds 8,000 tokens of context, and the request needs 8,100"),
        ({"output_tokens": 2_500}, "p/small", "gives at most 2,000 tokens of output, and the request needs 2,500"),
        ({"max_output_tokens": 4_000}, "p/small", "gives at most 2,000 tokens of output, and the request allows 4,000"),
        ({"region": "global"}, "r/home", "is in region eu, and the request must stay in global"),
        ({"max_usd": Decimal("0.001")}, "q/large", "would cost $0.0026, more than the limit of $0.001"),
        ({"max_latency_s": 3.0}, "q/large", "would take 17.00 s, more than the limit of 3 s"),
        ({"max_latency_s": 3.0}, "r/home", "has no known speed, and the request has a limit in seconds"),
    ],
)
def test_every_guard_names_whom_it_leaves_out(change: dict[str, Any], who: str, why: str) -> None:
    """Modality, tools, schema, context, output, region, money and time: each is said, and who is left out never answers."""
    decision = decided(replace(ASK, **change))

    assert left_out(decision)[who] == why
    assert who not in {decision.model, *decision.fallbacks}


def test_a_removed_model_is_left_out_with_its_day_and_replacement() -> None:
    """From its removal date on it answers nothing, and what replaces it is said."""
    gone = replace(SMALL, lifecycle=Lifecycle(removal=date(2026, 7, 1), replacement="q/large"))
    decision = decided(ASK, known=world(gone, LARGE, HOME))

    assert left_out(decision) == {"p/small": "was removed on 2026-07-01; its replacement is `q/large`"}
    assert (
        decided(ASK, known=world(replace(gone, lifecycle=Lifecycle(removal=date(2026, 7, 16))), LARGE, HOME)).model == "p/small"
    )


def test_a_price_that_is_unknown_keeps_no_limit() -> None:
    """Unknown is not zero: with a limit in USD, an unpriced model is left out."""
    known = world(replace(SMALL, prices=()), LARGE, HOME)

    assert "no known price" in left_out(decided(replace(ASK, max_usd=Decimal(1)), known=known))["p/small"]
    assert decided(ASK, table(Target(model="p/small")), known).estimate.usd is None


@pytest.mark.parametrize("down", ["p/small", "p"])
def test_who_is_out_of_service_is_left_out(down: str) -> None:
    """By offer or by provider."""
    decision = decided(ASK, health=Health.of([(down, "rate limited, cooling down")]))

    assert left_out(decision)["p/small"] == "is out of service: rate limited, cooling down"
    assert decision.model == "r/home"


def test_a_model_that_the_table_names_is_trusted_with_what_is_unknown() -> None:
    """`tools: null` keeps a model out of a pool, and not out of a route that names it; `tools: false` keeps it out of both."""
    asks = replace(ASK, tools=True)

    assert decided(asks, table(Target(model="p/small"))).model == "p/small"
    never = world(replace(SMALL, tools=False), LARGE, HOME)
    assert decided(asks, table(Target(model="p/small"), fallback=("q/large",)), never).model == "q/large"


def test_who_was_left_out_of_a_pool_does_not_come_back_as_its_fallback() -> None:
    """What a pool may not use cannot stand in either."""
    decision = decided(replace(ASK, tools=True), table(POOL, fallback=("p/small", "q/large")))

    assert "p/small" in left_out(decision)
    assert decision.fallbacks == ("q/large",)


def test_who_was_passed_over_by_the_preference_may_stand_in() -> None:
    """Not good enough for `auto` is good enough when all else fails, if the table says so; it is told once."""
    known = world(SMALL, LARGE, scores=[score("p/small", "mmlu-pro", 50), score("q/large", "mmlu-pro", 80)])
    made = table(Target(pool=("p/small", "q/large"), preference="auto", fallback=("p/small",)))
    decision = decided(ASK, made, known)

    assert (decision.model, decision.fallbacks, left_out(decision)) == ("q/large", ("p/small",), {})


def test_explicit_routing_wins_over_everything() -> None:
    """The asked model answers, without a fallback, and what speaks against it is said."""
    made = table(Target(model="q/large"), overrides=(RouteOverride({"key": "k"}, HERE, pin="r/home"),))
    decision = decided(replace(ASK, requested="small", routing="explicit", images=1, key="k"), made)

    assert (decision.model, decision.fallbacks, decision.held) == ("p/small", (), "explicit")
    assert "answers all the same" in decision.reasons[-1].why


def test_an_explicit_request_for_an_unknown_model_is_an_error() -> None:
    """No guess is made."""
    with pytest.raises(InputError) as raised:
        decided(replace(ASK, requested="smal", routing="explicit"))

    assert "no model `smal`" in raised.value.problems[0].message


def test_a_model_that_nobody_knows_is_said_to_be_unknown() -> None:
    """Without explicit routing it is routed by class."""
    decision = decided(replace(ASK, requested="nosuch"))

    assert "no model of the catalog" in decision.reasons[0].why
    assert decision.model == "p/small"


def test_a_pin_wins_over_rules_and_class() -> None:
    """Per key, organisation or requested model; the first that holds counts."""
    made = table(
        overrides=(RouteOverride({"key": "agent-*"}, HERE, pin="q/large"), RouteOverride({"org": "acme"}, HERE, pin="r/home")),
        rules=(Rule({"tools": True}, Target(model="r/home"), HERE),),
    )

    assert decided(replace(ASK, key="agent-7", org="acme", tools=True), made).model == "q/large"
    assert decided(replace(ASK, org="acme"), made).model == "r/home"
    assert steps(decided(replace(ASK, org="acme"), made)) == ["override"]


def test_a_pin_to_a_text_model_is_set_aside_for_an_image() -> None:
    """A request with an image never goes to a text-only model."""
    made = table(overrides=(RouteOverride({"key": "k"}, HERE, pin="p/small"),))
    decision = decided(replace(ASK, key="k", images=1), made)

    assert decision.model == "q/large"
    assert "the pin is set aside" in decision.reasons[1].why


def test_never_forbids_by_pattern() -> None:
    """The forbidden pair of a requested model and a target."""
    made = table(overrides=(RouteOverride({"model": "q/large"}, HERE, never=("p/*",)),))

    assert left_out(decided(replace(ASK, requested="q/large"), made))["p/small"] == "is forbidden here"
    assert decided(replace(ASK, requested="r/home"), made).model == "p/small"


def test_rules_come_before_the_class_and_the_first_match_wins() -> None:
    """Facts outrank the text."""
    made = table(
        Target(model="p/small"),
        rules=(
            Rule({"vision": True}, Target(model="q/large"), HERE),
            Rule({"language": ("zh", "ja")}, Target(model="r/home"), HERE),
            Rule({"input_tokens_gt": 5_000}, Target(model="q/large"), HERE),
        ),
    )

    assert decided(replace(ASK, language="ja", input_tokens=6_000), made).model == "r/home"
    assert decided(replace(ASK, input_tokens=6_000), made).reasons[0].why == "input tokens above 5,000: `q/large`"
    assert decided(ASK, made).model == "p/small"


def test_below_the_threshold_the_default_answers_and_it_is_said() -> None:
    """The table's threshold, or the route's own."""
    routes = {"general": Target(model="p/small"), "reasoning": Target(model="q/large", min_confidence=0.6)}
    made = table(routes=routes, threshold=0.5)
    unsure = decided(Request(route_class="reasoning", confidence=0.55), made)

    assert (unsure.model, unsure.route_class) == ("p/small", "general")
    assert "less sure than the threshold 0.6" in unsure.reasons[0].why
    assert decided(Request(route_class="reasoning", confidence=0.6), made).model == "q/large"


def test_tools_are_told_as_the_reason_for_the_class() -> None:
    """What a request carries outranks what it says."""
    assert decided(Request(route_class="agent", tools=True)).reasons[0].why == "class agent: the request carries tools"


SWAPS = table(Target(model="q/large"), swap_mode="all")


def tiers(**more: Any) -> Catalog:
    """Four equals by hand, one of them in another region."""
    offers = (
        offer("p/cheap", "0.10", "0.40", input=SEEING),
        offer("q/asked", "2.00", "8.00", input=SEEING),
        offer("r/abroad", "0.05", "0.20", input=SEEING, region="eu"),
        offer("q/large", "3.00", "9.00"),
    )
    return catalog(offers, hands=[hand(one.id, "top") for one in offers], **more)


def test_a_swap_stays_in_tier_and_region() -> None:
    """The cheapest equal of the same region answers; the asked model stands in."""
    decision = decided(replace(ASK, requested="q/asked"), SWAPS, tiers())

    assert (decision.model, decision.fallbacks[0]) == ("p/cheap", "q/asked")
    assert left_out(decision)["r/abroad"] == "is in region eu, not in global"
    assert steps(decision) == ["requested", "swap"]


@pytest.mark.parametrize(
    ("change", "mode", "held"),
    [({"tools": True}, "all", "tools"), ({"key": "k"}, "all", "swap_off"), ({}, "opt_in", "")],
)
def test_what_keeps_a_request_at_its_model(change: dict[str, Any], mode: Any, held: str) -> None:
    """Tools, an override that switches swaps off, and nobody having opted in."""
    made = replace(SWAPS, swap_mode=mode, overrides=(RouteOverride({"key": "k"}, HERE, swap=False),))
    decision = decided(replace(ASK, requested="q/asked", **change), made, tiers())

    assert (decision.model, decision.held, decision.reasons[-1].step) == ("q/asked", held, "kept")


def test_a_request_opts_in_to_swaps() -> None:
    """`mode: opt_in` swaps those that ask for it."""
    made = replace(SWAPS, swap_mode="opt_in")

    assert decided(replace(ASK, requested="q/asked", swap_opt_in=True), made, tiers()).model == "p/cheap"


def test_a_cascade_asks_the_first_model_and_escalates() -> None:
    """By class and by confidence; the model behind it stands in."""
    made = table(Target(model="q/large"), cascade=Cascade("p/small", ("code",), 0.8, 0.7))

    first = decided(replace(ASK, confidence=0.9), made)
    assert (first.model, first.fallbacks) == ("p/small", ("q/large",))
    assert decided(replace(ASK, confidence=0.7), made).model == "q/large"
    assert decided(replace(ASK, route_class="code", confidence=0.9), made).model == "q/large"


@pytest.mark.parametrize(
    ("left", "model", "refused"),
    [("1.00", "q/large", ""), ("0.019", "p/small", ""), ("0", None, "budget"), ("-1", None, "budget")],
)
def test_a_budget_degrades_before_the_cap_and_refuses_at_it(left: str, model: str | None, refused: str) -> None:
    """A cheaper model answers below `below_usd`; at the cap it is a 429."""
    made = table(Target(model="q/large"), budget=Budget(Decimal(5), Decimal(5), Decimal("0.02"), "p/small"))
    decision = decided(replace(ASK, budget_left_usd=Decimal(left)), made)

    assert (decision.model, decision.refused) == (model, refused)


def test_a_budget_that_no_table_sets_changes_nothing_and_says_so() -> None:
    """`--budget-left` without a budget."""
    assert "sets no budget" in decided(replace(ASK, budget_left_usd=Decimal(0))).reasons[-1].why


def test_nobody_can_answer() -> None:
    """The decision names no model, and everybody who was left out."""
    decision = decided(replace(ASK, images=1, region="eu"))

    assert (decision.model, decision.refused) == (None, "constraints")
    assert set(left_out(decision)) == {"p/small", "q/large", "r/home"}


def test_a_follow_up_stays_with_its_session() -> None:
    """A "yes" is answered by who answered last."""
    decision = decided(replace(ASK, follow_up=True, previous="q/large"), table(Target(model="p/small")))

    assert (decision.model, decision.reasons[0].step) == ("q/large", "follow_up")


def test_a_warm_cache_is_counted_when_it_is_left() -> None:
    """The cached tokens are cheap where they are, and billed in full elsewhere; both are compared."""
    warm = replace(
        LARGE, prices=(replace(LARGE.prices[0], usd_per_mtok={**LARGE.prices[0].usd_per_mtok, "cache_read": Decimal("0.02")}),)
    )
    other = offer("p/other", "1.00", "8.00")
    request = Request(route_class="general", input_tokens=20_000, output_tokens=10, cached_input_tokens=19_000)
    made = table(Target(pool=("q/large", "p/other"), preference="cost"))

    stays = decided(replace(request, previous="q/large"), made, world(warm, other))
    leaves = decided(replace(request, previous="p/gone"), made, world(warm, other))
    assert (stays.model, leaves.model) == ("q/large", "p/other")
    assert stays.reasons[-1].step == "affinity"


@pytest.mark.parametrize(
    ("preference", "model"), [("cost", "p/small"), ("speed", "p/small"), ("quality", "q/large"), ("balanced", "p/small")]
)
def test_a_preference_shows_its_scores(preference: Any, model: str) -> None:
    """Each candidate carries what it was judged by."""
    known = world(SMALL, LARGE, scores=[score("p/small", "mmlu-pro", 70), score("q/large", "mmlu-pro", 80)])
    decision = decided(ASK, table(Target(pool=("p/small", "q/large"), preference=preference)), known)

    assert decision.model == model
    assert {one.model: one.quality for one in decision.ranked} == {"p/small": 70.0, "q/large": 80.0}


def test_auto_takes_the_cheapest_within_the_band_of_the_best() -> None:
    """And says who was too far below, or not measured."""
    offers = (
        offer("p/far", "0.10", "0.10"),
        offer("p/near", "0.20", "0.20"),
        offer("p/best", "9", "9"),
        offer("p/new", "0.01", "0.01"),
    )
    known = world(
        *offers, scores=[score(f"p/{name}", "mmlu-pro", value) for name, value in (("far", 70), ("near", 78), ("best", 80))]
    )
    decision = decided(ASK, table(Target(pool="any", preference="auto")), known)

    assert decision.model == "p/near"
    assert "more than" in left_out(decision)["p/far"]
    assert "was not measured" in left_out(decision)["p/new"]


def test_a_pinned_table_sends_everything_to_one_model() -> None:
    """`pin:MODEL`, by any name that means one model."""
    made = pinned(world(), "large")

    assert {decided(Request(route_class=name), made).model for name in ROUTE_CLASSES} == {"q/large"}
    assert decided(replace(ASK, images=1), pinned(world(), "small")).refused == "constraints"
