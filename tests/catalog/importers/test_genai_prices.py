"""genai-prices' list as a candidate."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.importers import genai_prices
from jc.catalog.importers.candidate import Candidate
from jc.catalog.importers.reading import read_json
from jc.catalog.model import WEEKDAYS, Offer
from jc.catalog.price import rates
from jc.errors import InputError

READ_ON = date(2026, 8, 21)
FIXTURE = Path(__file__).parent.parent / "fixtures" / "genai_prices.json"


def candidate() -> Candidate:
    return genai_prices.read(read_json(FIXTURE), READ_ON)


def offer(name: str) -> Offer:
    (one,) = [one for one in candidate().offers if one.id == name]
    return one


def priced(prices: Any, **values: Any) -> Candidate:
    return genai_prices.read([{"id": "acme", "models": [{"id": "x", "prices": prices, **values}]}], READ_ON)


def entry(constraint: Any, **prices: Any) -> dict[str, Any]:
    return {"prices": prices, **({"constraint": constraint} if constraint else {})}


def test_the_last_price_that_matches_wins() -> None:
    """Opus 4.6 has long-context prices until 2026-03-13 and flat ones from then on."""
    before, after = offer("anthropic/claude-opus-4-6").prices

    assert (before.valid_from, after.valid_from) == (genai_prices.ALWAYS, date(2026, 3, 13))
    assert after.overrides == ()
    assert after.usd_per_mtok["input"] == Decimal(5)


def test_a_start_that_lies_ahead_is_announced() -> None:
    """The introductory price of Sonnet 5 holds when the list is read; the next one is announced."""
    now, later = offer("anthropic/claude-sonnet-5").prices

    assert (now.valid_from, now.status, now.usd_per_mtok["input"]) == (READ_ON, "confirmed", Decimal(2))
    assert (later.valid_from, later.status, later.usd_per_mtok["input"]) == (date(2026, 9, 1), "announced", Decimal(3))


def test_base_and_tiers_become_a_threshold() -> None:
    """Above the start the tier's rate holds for the whole request."""
    row = offer("google/gemini-2.5-pro").prices[0]

    assert row.usd_per_mtok == {"input": Decimal("1.25"), "output": Decimal(10), "cache_read": Decimal("0.125")}
    assert [(one.when.prompt_tokens_gt, one.charge) for one in row.overrides] == [(200_000, "request")]
    assert row.overrides[0].set["output"] == Decimal(15)


def test_tiers_of_several_starts_are_joined_by_their_start() -> None:
    """Each start is one override with every rate that begins there."""
    prices = {
        "input_mtok": {"base": 1, "tiers": [{"start": 1000, "price": 2}, {"start": 5000, "price": 3}]},
        "output_mtok": {"base": 4, "tiers": [{"start": 5000, "price": 6}]},
    }
    overrides = priced(prices).offers[0].prices[0].overrides

    assert [(one.when.prompt_tokens_gt, dict(one.set)) for one in overrides] == [
        (1000, {"input": Decimal(2)}),
        (5000, {"input": Decimal(3), "output": Decimal(6)}),
    ]


def test_a_window_of_the_day_becomes_an_override() -> None:
    """DeepSeek's peak price held from 00:30 to 16:30 UTC; the rest of the day is the base."""
    row = offer("deepseek/deepseek-chat").prices[0]

    assert row.usd_per_mtok["input"] == Decimal("0.135")
    assert [(one.start, one.end, one.days) for one in row.overrides[0].when.utc] == [(30, 990, WEEKDAYS)]
    assert rates(offer("deepseek/deepseek-chat"), datetime(2026, 8, 21, 12, tzinfo=UTC))["input"] == Decimal("0.27")
    assert rates(offer("deepseek/deepseek-chat"), datetime(2026, 8, 21, 17, tzinfo=UTC))["input"] == Decimal("0.135")


def test_times_in_other_zones_are_turned_into_utc() -> None:
    """08:00 at +08:00 is midnight in UTC."""
    window = {"start_time": "08:00:00+08:00", "end_time": "10:00:00+08:00"}
    found = priced([entry(None, input_mtok=2, output_mtok=2), entry(window, input_mtok=1, output_mtok=1)])

    assert [(one.start, one.end) for one in found.offers[0].prices[0].overrides[0].when.utc] == [(0, 120)]


def test_a_later_entry_without_a_window_hides_an_earlier_window() -> None:
    """The last match wins: nothing of the window is left."""
    window = {"start_time": "01:00:00Z", "end_time": "02:00:00Z"}
    found = priced([entry(window, input_mtok=1, output_mtok=1), entry(None, input_mtok=2, output_mtok=2)])

    assert found.offers[0].prices[0].overrides == ()


def test_a_window_that_lacks_a_price_is_skipped() -> None:
    """An override would inherit the missing rate, where the list says that there is none."""
    window = {"start_time": "01:00:00Z", "end_time": "02:00:00Z"}
    found = priced([entry(None, input_mtok=2, output_mtok=2), entry(window, input_mtok=1)])

    assert found.offers == ()
    assert "window" in found.skipped[0].reason


@pytest.mark.parametrize(
    "constraint", [{"weekday": 1}, {"start_date": "soon"}, {"start_time": "01:00:00", "end_time": "02:00:00"}]
)
def test_a_constraint_that_is_not_known_skips_the_entry(constraint: Any) -> None:
    """A price under a condition that cannot be held would be wrong on some day."""
    found = priced([entry(None, input_mtok=2, output_mtok=2), entry(constraint, input_mtok=1, output_mtok=1)])

    assert found.offers == ()
    assert "constraint" in found.skipped[0].reason


def test_figures_without_a_unit_are_listed() -> None:
    """Web searches and audio tokens are left out by name."""
    fields = {one.field for one in candidate().left_out}

    assert {"web_searches_kcount", "input_audio_mtok"} <= fields


def test_requests_are_priced_by_the_thousand_there() -> None:
    """5 USD a thousand requests are 0.005 USD each."""
    assert priced({"requests_kcount": 5}).offers[0].prices[0].usd_per_unit == {"request": Decimal("0.005")}


def test_deprecated_without_a_day_is_listed() -> None:
    """The catalog wants a date."""
    assert ("google/gemini-2.5-flash-preview", "deprecated") in [(one.id, one.field) for one in candidate().left_out]


def test_another_shape_is_refused() -> None:
    """An error, not an empty import."""
    with pytest.raises(InputError, match="not genai-prices' list"):
        genai_prices.read({}, READ_ON)
