"""Conditions on which a difference is a no."""

from datetime import date
from decimal import Decimal

import pytest

from jc.catalog.diff_gate import Bill, gate, tripped
from jc.catalog.diff_values import Change, Delta
from jc.errors import InputError

RISE = Change("repriced", "a/b", (Delta("input", Decimal(2), Decimal("2.2"), "usd_per_mtok"),), date(2026, 1, 1))
GONE = Change("removed", "a/c")


@pytest.mark.parametrize(
    ("text", "before", "after", "trips"),
    [
        ("cost>+5%", "100", "105", False),
        ("cost>+5%", "100", "105.01", True),
        ("cost>=5%", "100", "105", True),
        ("cost > 5 %", "100", "94", False),
        ("cost>100", "1000", "1101", True),
        ("cost>$100", "1000", "1100", False),
        ("cost>0%", "0", "0.000001", True),
        ("cost>0%", "0", "0", False),
    ],
)
def test_the_monthly_cost(text: str, before: str, after: str, trips: bool) -> None:
    """In percent of what it was, or in dollars a month; a fall never trips."""
    assert bool(tripped(gate(text), [], Bill(Decimal(before), Decimal(after)))) is trips


def test_the_largest_rise_of_a_price() -> None:
    """10 % is not more than 10 %, but at least 10 %."""
    assert tripped(gate("price>+10%"), [RISE], None) == ""
    assert tripped(gate("price>=10%"), [RISE, GONE], None) == "a price rises by 10.0%"
    assert tripped(gate("price>0%"), [GONE], None) == ""


def test_removed_offers() -> None:
    """Counted."""
    assert tripped(gate("removed>0"), [RISE, GONE], None) == "1 offer removed"
    assert tripped(gate("removed>1"), [RISE, GONE], None) == ""


@pytest.mark.parametrize(
    "text", ["", "cost", "cost<5%", "cost>", "cost>5%%", "cost>$5%", "price>5", "removed>5%", "cash>5%", "cost>nan"]
)
def test_what_is_no_condition(text: str) -> None:
    """Refused, with the forms that there are."""
    with pytest.raises(InputError) as caught:
        gate(text)

    assert "cost>+5%" in caught.value.hint


def test_a_condition_on_the_cost_needs_traffic() -> None:
    """Without it nothing is known, and nothing known is not a yes."""
    with pytest.raises(InputError, match="needs traffic"):
        tripped(gate("cost>+5%"), [], None)
