"""litellm's list as a candidate: units, thresholds, modes, windows, and what is left out."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.importers import litellm
from jc.catalog.importers.candidate import Candidate
from jc.catalog.importers.reading import read_json
from jc.catalog.model import WEEKDAYS, Offer
from jc.errors import InputError

READ_ON = date(2026, 11, 20)
FIXTURE = Path(__file__).parent.parent / "fixtures" / "litellm.json"


def candidate() -> Candidate:
    return litellm.read(read_json(FIXTURE), READ_ON)


def offer(name: str, found: Candidate | None = None) -> Offer:
    (one,) = [one for one in (found or candidate()).offers if one.id == name]
    return one


def entry(**values: Any) -> Candidate:
    """One chat entry of the list with these figures."""
    return litellm.read({"acme/x": {"litellm_provider": "acme", "mode": "chat", **values}}, READ_ON)


def test_prices_per_token_become_exact_prices_per_million() -> None:
    """1.4e-06 USD a token is exactly 1.4 USD a million, whatever a float makes of it."""
    (row,) = entry(input_cost_per_token=Decimal("1.4e-06"), output_cost_per_token=Decimal("0.00000560")).offers[0].prices

    assert row.usd_per_mtok == {"input": Decimal("1.4"), "output": Decimal("5.6")}
    assert (row.valid_from, row.checked, row.status) == (READ_ON, READ_ON, "confirmed")


def test_a_float_artefact_is_kept_as_written() -> None:
    """1.0000000000000001e-07 stays what the list says, so that the check can point at it."""
    found = offer("opencode_go/muse-spark-1.3-contributor").prices[0]

    assert found.usd_per_mtok["input"] == Decimal("0.10000000000000001")


def test_the_sample_is_no_model() -> None:
    """`sample_spec` documents the format."""
    assert ("sample_spec", "it documents the format") in candidate().skipped


def test_every_entry_is_imported_or_skipped_with_a_reason() -> None:
    """Nothing of the list goes missing."""
    found = candidate()
    names = {*found.origin.values(), *(one.id for one in found.skipped)}

    assert names == set(read_json(FIXTURE))
    assert found.entries == len(names)
    assert all(one.reason for one in found.skipped)


def test_a_threshold_is_read_from_the_name_of_the_key() -> None:
    """`…_above_272k_tokens` holds above 272,000 prompt tokens, for the whole request."""
    (override,) = offer("bedrock_converse/us.openai.gpt-5.4").prices[0].overrides

    assert override.when.prompt_tokens_gt == 272_000
    assert override.charge == "request"
    assert override.set == {"input": Decimal("5.5"), "output": Decimal("24.75"), "cache_read": Decimal("0.55")}


def test_above_1hr_is_a_kind_of_cache_write_and_no_threshold() -> None:
    """`cache_creation_…_above_1hr` is the rate for an hour, also inside a threshold."""
    row = offer("bedrock_mantle/us-gov-west-1/anthropic.claude-haiku-5-5").prices[0]

    assert row.usd_per_mtok["cache_write_1h"] == Decimal("0.24")
    assert row.overrides[0].when.prompt_tokens_gt == 100_000
    assert row.overrides[0].set["cache_write_1h"] == Decimal("1.2")


def test_modes_are_overrides_and_a_threshold_inside_a_mode_comes_last() -> None:
    """Priority rates hold in mode priority; above the threshold their own ones win."""
    overrides = offer("azure_ai/gpt-5.4-pro-2026-03-05").prices[0].overrides

    assert [(one.when.mode, one.when.prompt_tokens_gt) for one in overrides] == [
        (None, 272_000),
        ("priority", None),
        ("priority", 272_000),
    ]
    assert overrides[2].set["output"] == Decimal(540)


def test_batch_prices_are_a_mode() -> None:
    """`…_batches` is mode batch."""
    overrides = offer("bedrock_converse/anthropic.claude-haiku-4-5-20251001-v1:0").prices[0].overrides

    assert [(one.when.mode, one.set) for one in overrides] == [("batch", {"input": Decimal("0.5"), "output": Decimal("2.5")})]


def test_tiered_pricing_becomes_a_base_and_thresholds() -> None:
    """The first range is the base, each later one a threshold where it begins."""
    row = offer("dashscope/qwen3-coder-flash").prices[0]

    assert row.usd_per_mtok == {"input": Decimal("0.3"), "output": Decimal("1.5"), "cache_read": Decimal("0.08")}
    assert [one.when.prompt_tokens_gt for one in row.overrides] == [32_000, 128_000, 256_000]
    assert row.overrides[-1].set == {"input": Decimal("1.6"), "output": Decimal("9.6"), "cache_read": Decimal("0.4")}


def test_a_reasoning_rate_of_its_own_is_listed_as_left_out() -> None:
    """Thinking tokens that cost more than the answer cannot be held, and are not lost silently."""
    fields = [one.field for one in candidate().left_out if one.id == "dashscope/qwen-plus-latest"]

    assert "tiered_pricing: output_cost_per_reasoning_token" in fields


def test_off_peak_windows_keep_their_days() -> None:
    """Weekday and weekend windows are two overrides; 00:00 at the end of a window is midnight."""
    weekday, weekend = offer("deepseek/deepseek-v4-flash").prices[0].overrides

    assert weekday.when.days == WEEKDAYS[:5]
    assert [(window.start, window.end) for window in weekday.when.utc] == [(0, 60), (240, 360), (600, 1440)]
    assert weekend.when.days == WEEKDAYS[5:]
    assert [(window.start, window.end) for window in weekend.when.utc] == [(0, 1440)]
    assert weekday.set == weekend.set == {"input": Decimal("0.15"), "output": Decimal("0.6"), "cache_read": Decimal("0.003")}


def test_half_a_timetable_is_left_out_as_a_whole() -> None:
    """When one window cannot be read, none is taken."""
    pricing = {"input_cost_per_token": Decimal("1e-7"), "hours_utc": ["01:00-02:00", "whenever"]}
    found = entry(input_cost_per_token=Decimal("2e-7"), output_cost_per_token=Decimal("2e-7"), off_peak_pricing=pricing)

    assert found.offers[0].prices[0].overrides == ()
    assert [one.field for one in found.left_out] == ["off_peak_pricing"]


def test_a_price_of_zero_is_no_price() -> None:
    """0.0 stands for what nobody knows: the offer has no price, and both zeros are listed."""
    found = candidate()
    fields = {one.field for one in found.left_out if one.id == "ollama/codegemma"}

    assert offer("ollama/codegemma", found).prices == ()
    assert fields == {"input_cost_per_token", "output_cost_per_token"}


def test_an_embedding_needs_no_output_price() -> None:
    """Its output of 0.0 is left out, its input is the price."""
    found = offer("bedrock/cohere.embed-english-v3")

    assert found.output == ("embedding",)
    assert found.prices[0].usd_per_mtok == {"input": Decimal("0.1")}


@pytest.mark.parametrize("name", ["elevenlabs/eleven_v3", "gpt-realtime-2.1"])
def test_what_is_billed_in_units_the_catalog_lacks_is_skipped(name: str) -> None:
    """Characters and audio tokens have no unit here; the entry is named with its reason."""
    (reason,) = [one.reason for one in candidate().skipped if one.id == name]

    assert "no unit" in reason


def test_units_other_than_tokens() -> None:
    """Images, seconds of sound and rerank queries are priced by the piece."""
    assert offer("dashscope/qwen-image-3.0").prices[0].usd_per_unit == {"image": Decimal("0.03")}
    assert offer("deepgram/nova-2-drivethru").prices[0].usd_per_unit == {"audio_second": Decimal("0.00007167")}
    assert offer("azure_ai/cohere-rerank-v4.0-pro").prices[0].usd_per_unit == {"request": Decimal("0.0025")}


def test_a_second_way_to_count_is_not_added_to_the_first() -> None:
    """A transcriber that is priced by tokens and, alternatively, by seconds keeps the tokens."""
    found = candidate()
    row = offer("openai/gpt-4o-transcribe-diarize", found).prices[0]

    assert row.usd_per_unit == {}
    assert row.usd_per_mtok == {"input": Decimal("2.5"), "output": Decimal(10)}
    assert ("input_cost_per_second", "0.0001") in [(one.field, one.value) for one in found.left_out]


def test_a_model_without_a_price_is_unknown() -> None:
    """An entry that says nothing of prices is imported without one."""
    assert offer("github_copilot/gpt-4.1").prices == ()


def test_the_deprecation_date_is_the_removal() -> None:
    """The date from which the model no longer answers, with the entry's source."""
    life = offer("azure_ai/gpt-5.4-pro-2026-03-05").lifecycle

    assert life.removal == date(2027, 9, 7)
    assert life.source is not None


def test_regions_come_from_the_names_of_clouds() -> None:
    """`azure/eu/…`, `us.…` and `us-gov-west-1/…` say where the model runs; others are global."""
    regions = {one.id: one.region for one in candidate().offers}

    assert regions["azure/eu/gpt-5.1-codex-mini"] == "eu"
    assert regions["bedrock_converse/us.openai.gpt-5.4"] == "us"
    assert regions["bedrock_mantle/us-gov-west-1/anthropic.claude-haiku-5-5"] == "us-gov"
    assert regions["deepseek/deepseek-v4-flash"] == "global"


def test_the_same_offer_under_two_names_is_taken_once() -> None:
    """With and without its provider in front it is one offer; the second entry is skipped and says of which."""
    node = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": Decimal("1e-6")}
    found = litellm.read({"acme/x": node, "x": {**node, "input_cost_per_token": Decimal("2e-6")}}, READ_ON)

    assert [one.id for one in found.offers] == ["acme/x"]
    assert found.skipped[0].id == "x"
    assert "says something else of the same offer" in found.skipped[0].reason


def test_capabilities_that_are_not_said_are_unknown() -> None:
    """A missing flag is not a no."""
    found = entry(input_cost_per_token=Decimal("1e-6"), supports_vision=True, supports_function_calling=False).offers[0]

    assert (found.tools, found.structured_output, found.vision) == (False, None, True)


def test_an_output_limit_above_the_context_is_left_out() -> None:
    """It cannot be, so it is listed instead."""
    found = entry(max_input_tokens=1000, max_output_tokens=2000)

    assert (found.offers[0].context, found.offers[0].max_output) == (1000, None)
    assert found.left_out[0].reason == "above the context of 1,000 tokens"


def test_a_threshold_at_the_context_is_left_out() -> None:
    """No prompt reaches a threshold that is not within the context."""
    found = entry(
        max_input_tokens=200_000,
        input_cost_per_token=Decimal("1e-6"),
        input_cost_per_token_above_200k_tokens=Decimal("2e-6"),
    )

    assert found.offers[0].prices[0].overrides == ()
    assert found.left_out[0].value == "2"


def test_another_list_is_refused() -> None:
    """A tree of another shape is an error that says what was expected."""
    with pytest.raises(InputError, match="not litellm's list"):
        litellm.read({"data": []}, READ_ON)
