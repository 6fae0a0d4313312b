"""OpenRouter's list as a candidate; the fixture is made up in its shape."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.importers import openrouter
from jc.catalog.importers.candidate import Candidate
from jc.catalog.importers.reading import read_json
from jc.catalog.model import WEEKDAYS, Offer
from jc.errors import InputError

READ_ON = date(2026, 8, 22)
FIXTURE = Path(__file__).parent.parent / "fixtures" / "openrouter.json"


def candidate() -> Candidate:
    return openrouter.read(read_json(FIXTURE), READ_ON)


def offer(name: str) -> Offer:
    (one,) = [one for one in candidate().offers if one.id == f"openrouter/{name}"]
    return one


def priced(**pricing: Any) -> Candidate:
    return openrouter.read({"data": [{"id": "acme/x", "context_length": 100_000, "pricing": pricing}]}, READ_ON)


def test_text_prices_per_token_become_prices_per_million() -> None:
    """ "0.0000025" is 2.50 USD a million; an hour's cache write has its own key."""
    assert offer("acme/large").prices[0].usd_per_mtok == {
        "input": Decimal("2.5"), "output": Decimal(10), "cache_read": Decimal("0.25"), "cache_write_5m": Decimal("3.125"),
        "cache_write_1h": Decimal(5),
    }  # fmt: skip


def test_minus_one_is_a_dynamic_price_and_skipped() -> None:
    """The price of a router depends on where it sends the request."""
    (skipped,) = candidate().skipped

    assert skipped.id == "gateway/auto"
    assert "dynamic" in skipped.reason


def test_thresholds_are_strictly_greater_and_stay_in_their_order() -> None:
    """`min_prompt_tokens: 128000` holds above 128,000; a later entry wins key by key and inherits the rest."""
    overrides = offer("acme/large").prices[0].overrides

    assert [one.when.prompt_tokens_gt for one in overrides] == [128_000, 256_000]
    assert "cache_read" not in overrides[0].set
    assert overrides[1].set["cache_read"] == Decimal(1)


def test_windows_are_clock_numbers_in_utc_on_every_day() -> None:
    """1630 to 30 is 16:30-00:30, over midnight."""
    first, second = offer("acme/night").prices[0].overrides

    assert [(one.start, one.end, one.days) for one in first.when.utc] == [(990, 30, WEEKDAYS)]
    assert [(one.start, one.end) for one in second.when.utc] == [(30, 90)]


def test_the_context_is_not_that_of_the_top_provider() -> None:
    """`context_length` counts; the top provider is one host of several."""
    assert offer("acme/large").context == 400_000
    assert offer("acme/large").max_output == 64_000


def test_an_output_limit_above_the_context_is_listed() -> None:
    """65,536 tokens do not fit into 32,768."""
    assert offer("acme/small:free").max_output is None
    assert ("acme/small:free", "top_provider.max_completion_tokens") in [(one.id, one.field) for one in candidate().left_out]


def test_only_the_suffix_free_makes_a_model_free() -> None:
    """Zeros alone are unknown prices."""
    assert offer("acme/small:free").free is not None
    assert offer("acme/zero").free is None
    assert offer("acme/zero").prices == ()


def test_a_reasoning_price_equal_to_the_output_is_not_lost() -> None:
    """The catalog bills reasoning as output, so nothing is left out."""
    fields = [one.field for one in candidate().left_out if one.id == "acme/large"]

    assert fields == ["pricing.web_search"]


def test_parameters_say_what_a_model_can() -> None:
    """Tools, structured output and reasoning are parameters; a file is a PDF."""
    found = offer("acme/large")

    assert (found.tools, found.structured_output, found.reasoning) == (True, True, True)
    assert found.input == ("text", "image", "pdf")
    assert offer("acme/night").tools is False


def test_dates_are_those_of_the_offer() -> None:
    """When it was listed, and when it expires."""
    life = offer("acme/large").lifecycle

    assert (life.released, life.removal) == (date(2026, 6, 1), date(2027, 3, 31))


@pytest.mark.parametrize(
    "override",
    [
        {"prompt": "0.1"},
        {"min_prompt_tokens": "many", "prompt": "0.1"},
        {"utc_start": 100, "prompt": "0.1"},
        {"utc_start": 2575, "utc_end": 100, "prompt": "0.1"},
        {"utc_start": 100, "utc_end": 100, "prompt": "0.1"},
        {"utc_start": 2400, "utc_end": 0, "prompt": "0.1"},
        "nonsense",
    ],
)
def test_an_override_whose_condition_cannot_be_read_is_left_out(override: Any) -> None:
    """It would hold always, or never: neither is what the list says."""
    found = priced(prompt="0.000001", completion="0.000002", overrides=[override])

    assert found.offers[0].prices[0].overrides == ()
    assert [one.field for one in found.left_out] == ["pricing.overrides"]


def test_a_list_without_data_is_refused() -> None:
    """An error, not an empty import."""
    with pytest.raises(InputError, match="not OpenRouter's list"):
        openrouter.read({"models": []}, READ_ON)
