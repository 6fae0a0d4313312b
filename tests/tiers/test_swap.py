"""Who may answer in place of the model asked for."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from jc.catalog.model import Catalog, ForbiddenSwap, Lifecycle, Offer, SwapRules
from jc.tiers.swap import Kept, PassedOver, Swap, SwapRequest, swap
from tests.strategies import AT, HERE, TOP, catalog, hand, offer, score

DEAR = offer("p/dear", "10.00", "50.00")
CHEAP = offer("q/cheap", "1.00", "5.00")


def _world(*others: Offer, rules: SwapRules | None = None, **more: Any) -> Catalog:
    made = (DEAR, *others)
    return catalog(made, hands=[hand(one.id, "top") for one in made], swap=rules, **more)


def _swap(world: Catalog, **request: Any) -> Swap | Kept:
    return swap(SwapRequest(**({"model": "p/dear"} | request)), world, AT)


def _why(found: Swap | Kept, name: str) -> PassedOver:
    return next(one for one in found.passed_over if one.model == name)


def test_the_cheapest_equal_answers() -> None:
    """Of three cheaper members of the tier the cheapest answers, and the others are told why not."""
    found = _swap(_world(CHEAP, offer("q/mid", "3", "6"), offer("q/cheapest", "0.50", "2")))

    assert isinstance(found, Swap)
    assert (found.model, found.tier) == ("q/cheapest", "top")
    assert {one.model: one.rule for one in found.passed_over} == {"q/cheap": "chosen", "q/mid": "chosen"}


def test_without_tokens_the_cost_key_decides() -> None:
    """Input plus a fifth of output, in USD per million tokens."""
    found = _swap(_world(CHEAP))

    assert isinstance(found, Swap)
    assert (found.before.usd, found.after.usd, found.after.per) == (Decimal("20.000"), Decimal("2.000"), "mtok")
    assert found.saving == pytest.approx(0.9)


def test_the_request_s_own_tokens_decide_when_they_are_given() -> None:
    """A model that is cheap to read and dear to write is not the cheapest for a long answer."""
    reader, writer = offer("q/reader", "0.10", "20"), offer("q/writer", "5", "5")
    world = _world(reader, writer)
    short, long = _swap(world, input_tokens=10_000, output_tokens=10), _swap(world, input_tokens=10, output_tokens=10_000)

    assert (short.model, long.model) == ("q/reader", "q/writer")
    assert isinstance(short, Swap)
    assert short.after.usd == Decimal("0.0012")


def test_a_token_count_that_is_missing_is_taken_in_the_proportion_of_the_cost_key() -> None:
    """With 1,000 tokens in and nothing said of the answer, 200 tokens out are assumed."""
    found = _swap(_world(CHEAP), input_tokens=1000)

    assert isinstance(found, Swap)
    assert found.after.usd == Decimal("0.002")


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"tools": True}, "requests with tools are never swapped"),
        ({"explicit": True}, "the request asks for explicit routing"),
        ({"opted_in": False}, "swaps are opt-in, and this request has not opted in"),
        ({"swaps_off": "org acme has switched swaps off"}, "org acme has switched swaps off"),
    ],
)
def test_some_requests_are_never_swapped(request_: dict[str, Any], reason: str) -> None:
    """Tools, explicit routing, no opt-in, an organisation's switch: the model asked for answers."""
    found = _swap(_world(CHEAP), **request_)

    assert isinstance(found, Kept)
    assert (found.model, found.reason) == ("p/dear", reason)


def test_the_policy_may_switch_swaps_off() -> None:
    """`enabled: false` keeps everything."""
    assert isinstance(_swap(_world(CHEAP, rules=SwapRules(enabled=False))), Kept)


def test_a_pinned_model_is_never_swapped_away_from() -> None:
    """Pins take wildcards."""
    found = _swap(_world(CHEAP, rules=SwapRules(pins=("p/*",))))

    assert isinstance(found, Kept)
    assert found.reason == "the policy pins it"


def test_a_forbidden_pair_is_passed_over_with_its_reason() -> None:
    """`never: [{from: p/dear, to: q/*}]` keeps the provider q away from this model only."""
    rules = SwapRules(never=(ForbiddenSwap("p/dear", "q/*", "our contract", HERE),))
    found = _swap(_world(CHEAP, offer("r/other", "2", "5"), rules=rules))

    assert found.model == "r/other"
    assert _why(found, "q/cheap").why == "must never answer for `p/dear`: our contract"


def test_a_route_table_may_forbid_targets() -> None:
    """What a key or an organisation forbids comes with the request."""
    assert isinstance(_swap(_world(CHEAP), never=("q/*",)), Kept)


def test_a_swap_stays_in_its_region() -> None:
    """`same` is the default; `any` and a list of regions widen it."""
    world = _world(offer("q/in", "1", "1", region="in"), offer("q/eu", "2", "2", region="eu"))

    assert isinstance(_swap(world), Kept)
    assert _why(_swap(world), "q/in").why == "is in region in, not in global"
    assert _swap(world, region="any").model == "q/in"
    assert _swap(world, region=("global", "eu")).model == "q/eu"


def test_a_request_with_an_image_goes_to_nobody_who_reads_only_text() -> None:
    """Vision is kept."""
    seeing = offer("q/seeing", "5", "5", input=("text", "image"))
    found = _swap(_world(CHEAP, seeing), vision=True)

    assert found.model == "q/seeing"
    assert _why(found, "q/cheap") == PassedOver("q/cheap", "vision", "is text only", Decimal("2.000"))


def test_structured_output_must_be_known() -> None:
    """An offer that is not known to give structured output does not get a request for it."""
    unsure = offer("q/unsure", "0.10", "0.10", structured_output=None)
    found = _swap(_world(CHEAP, unsure), structured_output=True)

    assert found.model == "q/cheap"
    assert _why(found, "q/unsure").why == "is not known to give structured output"


def test_the_kind_of_output_is_kept() -> None:
    """A model that speaks is not replaced by one that only writes."""
    speaking = replace(DEAR, output=("text", "audio"))
    world = catalog([speaking, CHEAP], hands=[hand("p/dear", "top"), hand("q/cheap", "top")])

    assert _why(_swap(world), "q/cheap").why == "gives no audio"


def test_context_and_output_must_hold_the_request() -> None:
    """A context or an output limit that is too small for the request's tokens is passed over."""
    small = offer("q/small", "0.10", "0.10", context=8_000, max_output=1_000)
    world = _world(CHEAP, small)

    assert _swap(world, input_tokens=6_000, output_tokens=900).model == "q/small"
    assert _why(_swap(world, input_tokens=8_000, output_tokens=900), "q/small").rule == "context"
    assert _why(_swap(world, input_tokens=100, output_tokens=2_000), "q/small").rule == "output"


def test_an_unknown_limit_is_trusted_with_little() -> None:
    """An offer whose context nobody knows answers a short request and not a long one."""
    unknown = offer("q/unknown", "0.10", "0.10", context=None, max_output=None)
    world = _world(CHEAP, unknown)

    assert _swap(world, input_tokens=4_000, output_tokens=4_000).model == "q/unknown"
    assert "trusted with 8,192 tokens" in _why(_swap(world, input_tokens=9_000, output_tokens=10), "q/unknown").why


def test_smaller_limits_are_told_when_the_tokens_are_not_known() -> None:
    """Without token counts a swap to a smaller context is made, and said."""
    found = _swap(_world(offer("q/small", "0.10", "0.10", context=8_000)))

    assert isinstance(found, Swap)
    assert found.reasons[-1].startswith("it holds 8,000 tokens of context instead of 128,000")


def test_a_removal_within_thirty_days_is_passed_over() -> None:
    """The reason names the day."""
    leaving = replace(CHEAP, lifecycle=Lifecycle(removal=date(2026, 8, 1)))
    found = _swap(_world(leaving, offer("q/mid", "3", "6")))

    assert found.model == "q/mid"
    assert _why(found, "q/cheap").why == "leaves on 2026-08-01, within 30 days"


def test_an_unpriced_candidate_is_passed_over() -> None:
    """Unknown is never cheap."""
    found = _swap(_world(offer("q/unknown", None, None)))

    assert isinstance(found, Kept)
    assert _why(found, "q/unknown") == PassedOver("q/unknown", "unpriced", "has no known price", None)


def test_an_unpriced_model_is_kept() -> None:
    """What is asked for has no known price, so nothing can be shown to be cheaper."""
    world = catalog([offer("p/dear", None, None), CHEAP], hands=[hand("p/dear", "top"), hand("q/cheap", "top")])
    found = _swap(world)

    assert isinstance(found, Kept)
    assert "is not known" in found.reason


def test_a_tie_keeps_the_model_asked_for_and_then_goes_by_id() -> None:
    """Nobody is moved for nothing; of two equally cheap ones the first by id answers."""
    same = _swap(_world(offer("q/same", "10.00", "50.00")))
    first = _swap(_world(offer("q/b"), offer("q/a")))

    assert isinstance(same, Kept)
    assert _why(same, "q/same").why == "costs the same"
    assert first.model == "q/a"


def test_nothing_crosses_a_tier() -> None:
    """A cheaper model of another tier is not even looked at."""
    world = catalog([DEAR, CHEAP], hands=[hand("p/dear", "top"), hand("q/cheap", "low")])
    found = _swap(world)

    assert isinstance(found, Kept)
    assert found.passed_over == ()


def test_a_model_of_no_tier_is_kept() -> None:
    """Without a tier there are no equals."""
    found = swap(SwapRequest("q/cheap"), catalog([DEAR, CHEAP]), AT)

    assert isinstance(found, Kept)
    assert found.reason == "it is in no tier"


def test_a_removed_model_is_told_its_replacement() -> None:
    """Asking for what is gone names what replaces it."""
    gone = replace(DEAR, lifecycle=Lifecycle(removal=date(2026, 7, 1), replacement="q/cheap"))
    found = _swap(catalog([gone, CHEAP], hands=[hand("p/dear", "top", on=date(2026, 1, 1)), hand("q/cheap", "top")]))

    assert isinstance(found, Kept)
    assert found.reason == "it is in no tier: it was removed on 2026-07-01; its replacement is `q/cheap`"


def test_a_score_contradicts_a_hand_placement() -> None:
    """Two hand-placed members are equals until a shared score says otherwise."""
    rows = [score("p/dear", "mmlu-pro", 90), score("q/cheap", "mmlu-pro", 80)]
    found = _swap(_world(CHEAP, scores=rows))

    assert isinstance(found, Kept)
    assert _why(found, "q/cheap") == PassedOver("q/cheap", "quality", "has 80 on mmlu-pro, more than 3 from 90", Decimal("2.000"))


def test_bands_are_not_chained() -> None:
    """a may be replaced by b and b by c, and still not a by c."""
    made = [offer("p/a", "10", "10"), offer("p/b", "5", "5"), offer("p/c", "1", "1")]
    rows = [score(one.id, "mmlu-pro", value) for one, value in zip(made, (90, 88, 86), strict=True)]
    world = catalog(made, scores=rows, hands=[hand(one.id, "top") for one in made])

    assert swap(SwapRequest("p/a"), world, AT).model == "p/b"
    assert swap(SwapRequest("p/b"), world, AT).model == "p/c"


def test_members_placed_by_scores_need_two_shared_measurements() -> None:
    """Two criteria measured alike make two members equals; one does not."""
    one = [score(name, "mmlu-pro", 90) for name in ("p/dear", "q/cheap")]
    two = [*one, *(score(name, "livecodebench", 70) for name in ("p/dear", "q/cheap"))]
    apart = [*one, score("p/dear", "livecodebench", 70), score("q/cheap", "livecodebench", 70, variant=(("shots", 0),))]

    assert _swap(catalog([DEAR, CHEAP], scores=two)).model == "q/cheap"
    assert (
        _why(_swap(catalog([DEAR, CHEAP], scores=apart)), "q/cheap").why
        == "was measured alike on one criterion only; two are needed"
    )


def test_a_tier_that_nobody_vouches_for_needs_scores() -> None:
    """With `vouched: false` two hand-placed members are equals only by shared scores."""
    tier = replace(TOP, vouched=False)
    bare = _world(CHEAP, tiers=[tier])
    rows = [score(name, bench, 90) for name in ("p/dear", "q/cheap") for bench in ("mmlu-pro", "livecodebench")]

    assert _why(_swap(bare), "q/cheap").why == "was measured alike on no criterion; two are needed"
    assert _swap(_world(CHEAP, tiers=[tier], scores=rows)).model == "q/cheap"


def test_a_price_that_changes_within_the_day_is_asked_at_the_moment() -> None:
    """The same day, another row: prices are those of the moment of the request."""
    world = _world(CHEAP)
    before = swap(SwapRequest("p/dear"), world, datetime(2026, 6, 30, 23, tzinfo=UTC))
    after = swap(SwapRequest("p/dear"), world, datetime(2026, 7, 1, tzinfo=UTC))

    assert isinstance(before, Kept)
    assert isinstance(after, Swap)


def test_an_offer_that_is_not_in_the_catalog_is_a_slip_of_the_caller() -> None:
    """Names are resolved before; an unknown id is a KeyError."""
    with pytest.raises(KeyError):
        swap(SwapRequest("nobody"), _world(), AT)
