"""What holds for every swap, in any catalog."""

from datetime import timedelta
from decimal import Decimal
from fnmatch import fnmatchcase

from hypothesis import event, given, settings
from hypothesis import strategies as st

from jc.catalog.model import Catalog, Offer
from jc.catalog.price import Unpriced, blend, price
from jc.quantities import Usage
from jc.tiers.standing import standing
from jc.tiers.swap import UNKNOWN_CONTEXT, UNKNOWN_OUTPUT, Kept, Swap, SwapRequest, swap
from tests.strategies import AT, DAY, RARELY, catalogs


@st.composite
def requests(draw: st.DrawFn, world: Catalog) -> SwapRequest:
    """A request for one of the offers, often for the dearest."""
    names = list(world.offers)
    dearest = max(names, key=lambda name: blend(world.offers[name], AT, Decimal("0.2")) or Decimal(0))
    regions: list[str | tuple[str, ...] | None] = [None, None, "same", "any", ("eu", "in")]
    return SwapRequest(
        model=draw(st.sampled_from([dearest, *names])) if draw(st.booleans()) else dearest,
        tools=draw(RARELY),
        vision=draw(st.booleans()) and draw(st.booleans()),
        structured_output=draw(RARELY),
        input_tokens=draw(st.one_of(st.none(), st.integers(0, 20_000), st.integers(0, 300_000))),
        output_tokens=draw(st.one_of(st.none(), st.integers(0, 4_000), st.integers(0, 20_000))),
        region=draw(st.sampled_from(regions)),
        opted_in=not draw(RARELY),
        explicit=draw(RARELY),
        never=draw(st.sampled_from([(), (), ("q/*",)])),
    )


WORLDS = catalogs().flatmap(lambda world: st.tuples(st.just(world), requests(world)))


def _cost(world: Catalog, request: SwapRequest, offer: Offer) -> object:
    """Dollars of the request, worked out from the price alone."""
    weight = world.settings.output_weight
    if request.input_tokens is None and request.output_tokens is None:
        return blend(offer, AT, weight)
    prompt = request.input_tokens if request.input_tokens is not None else round((request.output_tokens or 0) / weight)
    answer = request.output_tokens if request.output_tokens is not None else round((request.input_tokens or 0) * weight)
    try:
        return price(offer, Usage(prompt, answer), AT).usd
    except Unpriced:
        return None


def _may(world: Catalog, request: SwapRequest, asked: Offer, offer: Offer) -> bool:
    """The rules of the documents, written once more and plainly."""
    rules, region = world.policy.swap, request.region if request.region is not None else world.policy.swap.region
    view = standing(world, AT)
    need_in, need_out = request.input_tokens or 0, request.output_tokens or 0
    context = offer.context if offer.context is not None else UNKNOWN_CONTEXT
    most = offer.max_output if offer.max_output is not None else min(UNKNOWN_OUTPUT, context)
    removal = offer.lifecycle.removal
    checked = offer.prices[0].checked if offer.prices else None
    return all(
        (
            rules.enabled and request.opted_in and not request.explicit and not request.tools,
            not any(fnmatchcase(asked.id, pin) for pin in rules.pins),
            offer.id in view.members and view.members[offer.id].tier == view.members[asked.id].tier,
            region == "any" or offer.region in ((asked.region,) if region == "same" else region),
            not any(fnmatchcase(asked.id, pair.source) and fnmatchcase(offer.id, pair.target) for pair in rules.never),
            not any(fnmatchcase(offer.id, target) for target in request.never),
            offer.provider not in rules.providers_deny,
            not rules.providers_allow or offer.provider in rules.providers_allow,
            set(asked.output) <= set(offer.output),
            offer.vision or not request.vision,
            offer.structured_output is True or not request.structured_output,
            need_in + need_out <= context and need_out <= most,
            removal is None or removal > DAY + timedelta(days=30),
            blend(offer, AT, world.settings.output_weight) is not None,  # priced: both rates are known, whatever is asked
            offer.free is not None or checked is None or (DAY - checked).days <= 180,
            view.equality(view.members[asked.id], view.members[offer.id]).holds if offer.id in view.members else False,
        )
    )


@settings(max_examples=300)
@given(WORLDS)
def test_the_cheapest_permitted_equal_answers(drawn: tuple[Catalog, SwapRequest]) -> None:
    """The answer is the cheapest of those whom the rules permit and who cost less than the model asked for, the first by id of
    equals; when there is nobody, the model asked for."""
    world, request = drawn
    asked = world.offers[request.model]
    found = swap(request, world, AT)
    view = standing(world, AT)
    before = _cost(world, request, asked)
    expected = asked.id
    if asked.id in view.members and before is not None:
        costs = {
            offer.id: cost
            for offer in world.offers.values()
            if offer.id != asked.id and offer.id in view.members and _may(world, request, asked, offer)
            for cost in [_cost(world, request, offer)]
            if cost is not None and cost < before  # type: ignore[operator]
        }
        expected = min(costs, key=lambda name: (costs[name], name), default=asked.id)
    event("swapped" if isinstance(found, Swap) else "kept")

    assert found.model == expected


@settings(max_examples=200)
@given(WORLDS)
def test_a_swap_loses_nothing(drawn: tuple[Catalog, SwapRequest]) -> None:
    """It never leaves its tier or its region policy, never happens with tools, never loses vision, context, output size or
    structured output, and never costs more at the request's own tokens."""
    world, request = drawn
    found = swap(request, world, AT)
    if isinstance(found, Kept):
        return
    view, offer, asked = standing(world, AT), found.offer, world.offers[request.model]
    region = request.region if request.region is not None else world.policy.swap.region
    need = (request.input_tokens or 0) + (request.output_tokens or 0)

    assert view.members[offer.id].tier == view.members[asked.id].tier
    assert region == "any" or offer.region in ((asked.region,) if region == "same" else region)
    assert not request.tools
    assert offer.vision or not request.vision
    assert offer.structured_output is True or not request.structured_output
    assert (offer.context or UNKNOWN_CONTEXT) >= need
    assert _cost(world, request, offer) == found.after.usd < found.before.usd == _cost(world, request, asked)


@settings(max_examples=200)
@given(WORLDS)
def test_everyone_passed_over_has_a_reason(drawn: tuple[Catalog, SwapRequest]) -> None:
    """Once alternatives were looked at, every other member of the tier is the answer or has exactly one reason."""
    world, request = drawn
    found = swap(request, world, AT)
    view = standing(world, AT)
    if found.passed_over or isinstance(found, Swap):
        tier = view.members[request.model].tier
        others = {member.offer.id for member in view.tiers[tier]} - {request.model, found.model}

        assert sorted(one.model for one in found.passed_over) == sorted(others)
        assert all(one.why for one in found.passed_over)
    else:
        assert isinstance(found, Kept)
        assert found.reason


@given(WORLDS)
def test_a_swap_is_exact(drawn: tuple[Catalog, SwapRequest]) -> None:
    """The same request, catalog and moment give the same answer."""
    world, request = drawn

    assert swap(request, world, AT) == swap(request, world, AT)
