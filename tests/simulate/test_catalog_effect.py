"""What a change of the catalog does to the bill of some traffic."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jc.catalog.model import WEEKDAYS, Catalog, Lifecycle, Offer, Override, When, Window
from jc.simulate.catalog_effect import Effect, Profile, Swaps, effect, frozen, has_windows
from tests.strategies import AT, HERE, catalog, hand, offer, price_row

LARGE: dict[str, Any] = {"context": 4_000_000, "max_output": 2_000_000}
A, B = offer("p/a", "2.00", "4.00", **LARGE), offer("q/b", "1.00", "2.00", **LARGE)
HANDS = (hand("p/a", "top"), hand("q/b", "top"))


def world(*offers: Offer, **more: Any) -> Catalog:
    return catalog(list(offers), hands=[one for one in HANDS if one.model in {offer.id for offer in offers}], **more)


def run(before: Catalog, after: Catalog, *profiles: Profile, swaps: Swaps = "log", at: datetime = AT) -> Effect:
    return effect(profiles, before, after, at, swaps)


def parts(found: Effect) -> tuple[float, ...]:
    """Price, swap-target and removal effect; the figures of these tests are exact in a float."""
    return tuple(float(usd) for usd in (found.price, found.swap_target, found.removal))


def bill(found: Effect) -> tuple[float, ...]:
    """Before and after."""
    return float(found.before), float(found.after)


MILLION = Profile("p/a", 1_000_000, 1_000_000)


def test_equal_catalogs_cost_the_same() -> None:
    """Two million tokens at 2 and 4 USD."""
    found = run(world(A, B), world(A, B), MILLION)

    assert (bill(found), parts(found)) == ((6, 6), (0, 0, 0))


def test_another_price_is_a_price_effect() -> None:
    """Who answers stays the same."""
    found = run(world(A, B), world(replace(A, prices=offer("p/a", "3.00", "4.00").prices), B), MILLION)

    assert (bill(found), parts(found)) == ((6, 7), (1, 0, 0))
    assert found.by_model == {"p/a": 1}


def test_another_target_is_a_swap_effect() -> None:
    """A new equal that is cheaper answers those that have opted in."""
    opted = replace(MILLION, opted_in=True)
    found = run(world(A), world(A, B), opted)

    assert (bill(found), parts(found)) == ((6, 3), (0, -3, 0))


def test_price_and_target_are_told_apart() -> None:
    """The old target got dearer by 6, and the traffic moved to one that costs 3 more than the old price."""
    dear = replace(B, prices=offer("q/b", "5.00", "4.00").prices)
    found = run(world(A, B), world(A, dear), replace(MILLION, opted_in=True))

    assert (bill(found), parts(found)) == ((3, 6), (6, -3, 0))


def test_a_removed_target_is_a_removal_effect() -> None:
    """The whole difference, whatever else changed."""
    dear = replace(A, prices=offer("p/a", "3.00", "4.00").prices)
    found = run(world(A, B), world(dear), replace(MILLION, opted_in=True))

    assert (bill(found), parts(found)) == ((3, 7), (0, 0, 4))


def test_a_removed_model_is_answered_by_its_replacement() -> None:
    """The one that is named, or the cheapest equal of its tier."""
    named = replace(A, lifecycle=Lifecycle(replacement="q/c"))
    other = offer("q/c", "0.50", "0.50", **LARGE)

    assert parts(run(world(named, B, other), world(B, other), MILLION)) == (0, 0, -5)
    assert parts(run(world(A, B), world(B), MILLION)) == (0, 0, -3)


def test_a_model_that_is_gone_by_its_date_is_removed_too() -> None:
    """The offer is still written down, and no longer answers."""
    gone = replace(A, lifecycle=Lifecycle(removal=date(2026, 7, 1), replacement="q/b"))

    assert parts(run(world(A, B), world(gone, B), MILLION)) == (0, 0, -3)


def test_requests_that_cannot_be_priced_are_left_out_on_both_sides() -> None:
    """Counted by reason; what nobody knows is named."""
    unpriced = offer("r/c", None, None)
    found = run(
        world(A, unpriced),
        world(A, unpriced, B),
        replace(MILLION, model="nobody/x", requests=3),
        replace(MILLION, model="q/b", requests=2),
        replace(MILLION, model="r/c"),
        MILLION,
    )

    assert found.left_out == {"unknown model": 3, "not in the catalog before": 2, "no known price": 1}
    assert found.unknown == {"nobody/x": 3}
    assert (found.requests, bill(found)) == (1, (6, 6))


def test_removed_without_any_replacement() -> None:
    """Nothing stands for a model without a tier: it is left out, and said so."""
    found = run(catalog([A]), catalog([B]), MILLION)

    assert found.left_out == {"removed without replacement": 1}
    assert found.before == 0


def test_only_those_that_opted_in_are_swapped() -> None:
    """Unless all are to be counted so, or none; tools and explicit routing are never swapped."""
    before, after = world(A), world(A, B)

    assert run(before, after, MILLION).total == 0
    assert run(before, after, MILLION, swaps="all").total == -3
    assert run(before, after, replace(MILLION, opted_in=True), swaps="off").total == 0
    assert run(before, after, replace(MILLION, tools=True), swaps="all").total == 0
    assert run(before, after, replace(MILLION, explicit=True), swaps="all").total == 0
    assert run(before, after, replace(MILLION, vision=True), swaps="all").total == 0


def test_prices_of_the_moment_hold_for_the_whole_log() -> None:
    """An announced price counts from its day on, whenever the traffic was."""
    later = replace(A, prices=(*A.prices, price_row("8.00", "4.00", valid_from=date(2026, 12, 1))))

    assert run(world(A), world(later), MILLION).total == 0
    assert run(world(A), world(later), MILLION, at=datetime(2026, 12, 1, tzinfo=UTC)).total == 6
    assert frozen(world(later), date(2026, 12, 1)).offers["p/a"].prices[0].valid_from == date.min


def test_windows_of_the_day_keep_their_hours() -> None:
    """A request at night pays the night's price."""
    night = Override(When(utc=(Window(0, 360, WEEKDAYS),)), {"input": Decimal(1)}, {}, "request", HERE)
    owl = replace(A, prices=(price_row("2.00", "4.00", overrides=[night]),))

    assert has_windows(world(owl), world(A))
    assert not has_windows(world(A))
    assert parts(run(world(A), world(owl), replace(MILLION, minute_of_week=60), replace(MILLION, minute_of_week=600))) == (
        -1,
        0,
        0,
    )


def test_cached_tokens_and_modes_are_priced_as_they_are() -> None:
    """Cached tokens at their rate; a mode without a price is left out."""
    cached = replace(A, prices=(replace(A.prices[0], usd_per_mtok={**A.prices[0].usd_per_mtok, "cache_read": Decimal("0.5")}),))
    found = run(world(A), world(cached), replace(MILLION, cached_input_tokens=1_000_000), replace(MILLION, mode="batch"))

    assert found.price == Decimal("-1.5")
    assert found.left_out == {"no known price": 1}
