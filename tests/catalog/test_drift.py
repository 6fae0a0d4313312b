"""How far a catalog's prices are from another list's."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from jc.catalog.drift import drift
from jc.catalog.model import Catalog, Free, Offer
from tests.strategies import HERE, catalog, long_context, offer, price_row

DAY = date(2026, 7, 15)


def theirs(*offers: Offer) -> Catalog:
    return catalog(list(offers))


def mine(*offers: Offer) -> Catalog:
    return catalog(list(offers))


def wired(id_: str, wire: str, usd: str = "1.00", **more: Any) -> Offer:
    return offer(id_, usd, "5.00", wire_id=wire, **more)


def test_equal_prices_do_not_differ() -> None:
    """Nothing is told, and what was compared is counted."""
    found = drift(mine(offer("p/a")), theirs(offer("p/a")), DAY)

    assert (found.drifts, found.compared, found.figures) == ((), ("p/a",), 2)


def test_the_furthest_comes_first() -> None:
    """By the relative difference, up or down."""
    ours = mine(offer("p/a", "1.00"), offer("p/b", "1.00"))
    found = drift(ours, theirs(offer("p/a", "1.10"), offer("p/b", "0.50")), DAY)

    assert [(one.offer.id, one.share) for one in found.drifts] == [("p/b", Decimal("-0.5")), ("p/a", Decimal("0.1"))]


def test_offers_are_matched_by_id_alias_or_wire_id() -> None:
    """Three ways to be the same offer, none of them likeness."""
    ours = mine(wired("p/one", "wire-one"), wired("p/two", "x", aliases=("other/two",)), wired("p/tree", "three"))
    found = drift(ours, theirs(wired("p/wire-one", "wire-one"), wired("other/two", "two"), wired("p/three", "zzz")), DAY)

    assert found.compared == ("p/one", "p/tree", "p/two")
    assert found.missing == ()


def test_names_that_are_only_alike_are_not_matched() -> None:
    """`p/model-1` and `p/model-1.0` may be two models."""
    found = drift(mine(wired("p/model-1", "model-1")), theirs(wired("p/model-1.0", "model-1.0")), DAY)

    assert found.missing == ("p/model-1",)


def test_sellers_may_go_by_another_name_there() -> None:
    """As told; the price of another seller of the same wire id is not taken."""
    ours = mine(wired("kimi/k2", "kimi-k2"))
    list_ = theirs(
        wired("moonshotai/kimi-k2", "kimi-k2", "2.00", provider="moonshotai"), wired("groq/kimi-k2", "kimi-k2", "9.00")
    )

    assert [one.theirs for one in drift(ours, list_, DAY).drifts] == ["moonshotai/kimi-k2"]
    assert drift(ours, list_, DAY, {}).missing == ("kimi/k2",)


def test_two_namesakes_are_ambiguous() -> None:
    """Which of them is meant is not guessed."""
    ours = mine(wired("kimi/k2", "k2"))
    list_ = theirs(wired("moonshot/k2", "k2", provider="moonshot"), wired("moonshotai/k2", "k2", provider="moonshotai"))

    assert drift(ours, list_, DAY).ambiguous == ("kimi/k2",)


def test_conditions_are_compared_with_their_like() -> None:
    """A long-context price only with the price above the same threshold."""
    ours = offer("p/a", prices=(price_row(overrides=[long_context(200_000, "2.00", "8.00")]),))
    other = offer("p/a", prices=(price_row(overrides=[long_context(200_000, "3.00", "8.00")]),))
    third = offer("p/a", prices=(price_row(overrides=[long_context(128_000, "9.00", "9.00")]),))

    assert [(one.field, one.condition) for one in drift(mine(ours), theirs(other), DAY).drifts] == [
        ("input", "above 200,000 prompt tokens")
    ]
    assert drift(mine(ours), theirs(third), DAY).drifts == ()


def test_an_unknown_price_on_either_side_is_no_difference() -> None:
    """It is counted as unpriced."""
    found = drift(mine(offer("p/a", None, None), offer("p/b")), theirs(offer("p/a"), offer("p/b", None, None)), DAY)

    assert (found.drifts, found.unpriced) == ((), ("p/a", "p/b"))


def test_a_list_that_was_read_later_has_its_first_prices() -> None:
    """An import dates its rows by the day of reading; an earlier day asks for the same."""
    other = offer("p/a", prices=(price_row("2.00", valid_from=date(2026, 12, 1)),))

    assert [one.theirs_usd for one in drift(mine(offer("p/a")), theirs(other), DAY).drifts] == [Decimal("2.00")]


def test_free_demo_and_local_offers_are_not_compared() -> None:
    """They have no list price."""
    free = replace(offer("p/free"), free=Free("x", None, HERE))
    found = drift(mine(free, offer("demo/a", kind="demo"), offer("local/a", kind="local")), theirs(offer("p/free")), DAY)

    assert (found.unpriced, found.missing, found.compared) == (("p/free",), (), ())
