"""What is known of an offer on a day, whatever is asked of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from jc.catalog.model import Free, Lifecycle, Offer, Override, Settings, Staleness, SwapRules, When, Window
from jc.catalog.price import Unpriced, blend, price
from jc.quantities import Usage
from jc.tiers.screen import screen
from tests.strategies import AT, DAY, HERE, catalog, long_context, offer, offers, price_row


def _objection(made: Offer, on: date = DAY, swap: SwapRules | None = None) -> str | None:
    found = screen(catalog([made], swap=swap), made, on).objection
    return found.why if found else None


def test_a_sound_offer_may_be_picked() -> None:
    """Priced, fresh and here to stay: no objection."""
    assert _objection(offer("p/a")) is None


def test_nobody_is_swapped_to_an_offer_in_its_last_days() -> None:
    """Within thirty days of its removal an offer is passed over, thirty-one days before it is not."""
    leaving = offer("p/a", lifecycle=Lifecycle(removal=date(2026, 8, 14)))

    assert _objection(leaving) == "leaves on 2026-08-14, within 30 days"
    assert _objection(replace(leaving, lifecycle=Lifecycle(removal=date(2026, 8, 15)))) is None


def test_nobody_is_swapped_to_a_removed_offer() -> None:
    """On the day of its removal an offer is gone."""
    assert _objection(offer("p/a", lifecycle=Lifecycle(removal=DAY))) == "was removed on 2026-07-15"


def test_an_unknown_price_is_no_price() -> None:
    """An offer without a price row, with half a price, or whose price begins later is never picked."""
    later = offer("p/a", prices=(price_row(valid_from=date(2026, 8, 1)),))

    assert _objection(offer("p/a", None, None)) == "has no known price"
    assert _objection(offer("p/a", "1.00", None)) == "has no known price"
    assert _objection(later) == "has no known price"


def test_a_free_offer_is_priced() -> None:
    """Free with a reason costs nothing, which is known."""
    made = screen(catalog([offer("p/a")]), offer("p/a", None, None, free=Free("a gift", None, HERE)), DAY)

    assert made.objection is None
    assert made.key(AT, Decimal("0.2")) == 0


def test_a_price_that_nobody_checked_for_too_long_is_stale() -> None:
    """Staleness is by the catalog's policy for the kind of provider, and by the documents' rule without one."""
    old = offer("p/a", prices=(price_row(checked=date(2026, 1, 15)),))
    host = offer("p/a", kind="aggregator", prices=(price_row(checked=date(2026, 5, 1)),))
    strict = catalog([old], settings=Settings(staleness={"first_party": Staleness(5, 10)}))

    assert _objection(old) == "has a price that was last checked 181 days ago"
    assert _objection(host) == "has a price that was last checked 75 days ago"
    assert _objection(replace(old, prices=(price_row(checked=date(2026, 1, 16)),))) is None
    assert screen(strict, offer("p/a"), DAY).objection is not None


def test_the_policy_names_providers() -> None:
    """An allow list admits only its providers, a deny list keeps its providers out."""
    assert _objection(offer("p/a"), swap=SwapRules(providers_deny=("p",))) == "is sold by p, which the policy does not allow"
    assert _objection(offer("p/a"), swap=SwapRules(providers_allow=("q",))) == "is sold by p, which the policy does not allow"
    assert _objection(offer("p/a"), swap=SwapRules(providers_allow=("p",))) is None


def test_a_price_by_the_hour_is_asked_at_the_hour() -> None:
    """Off-peak rates hold inside their window only, so nothing is kept for the day."""
    night = Override(When(utc=(Window(60, 240, ()),)), {"input": Decimal("0.10")}, {}, "request", HERE)
    made = screen(catalog([]), offer("p/a", prices=(price_row(overrides=(night,)),)), DAY)

    assert made.tariff is None
    assert made.objection is None
    assert made.key(datetime(2026, 7, 15, 2, tzinfo=UTC), Decimal(0)) == Decimal("0.10")
    assert made.key(datetime(2026, 7, 15, 5, tzinfo=UTC), Decimal(0)) == Decimal("1.00")


def test_above_the_threshold_of_a_long_context_price_the_tariff_does_not_speak() -> None:
    """The rates of the day hold up to the threshold; a longer prompt costs what its override says."""
    made = screen(catalog([]), offer("p/a", prices=(price_row(overrides=(long_context(1000, "9", "9"),)),)), DAY)

    assert made.request(Usage(1000, 100), AT) == Decimal("0.0015")
    assert made.request(Usage(1001, 100), AT) == Decimal("0.009909")


@given(offers("p/a"), st.integers(0, 2_000_000), st.integers(0, 200_000))
def test_the_quick_cost_is_the_price(made: Offer, prompt: int, answer: int) -> None:
    """What the screen says a request costs is what `price` says, to the last digit, and so is the cost key."""
    screened = screen(catalog([made]), made, DAY)
    try:
        expected = price(made, Usage(prompt, answer), AT).usd
    except Unpriced:
        expected = None
    found = screened.request(Usage(prompt, answer), AT)

    assert found == expected or (expected is not None and found is None)
    assert screened.key(AT, Decimal("0.2")) == blend(made, AT, Decimal("0.2"))
