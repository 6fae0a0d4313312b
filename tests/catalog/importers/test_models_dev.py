"""models.dev's list as a candidate."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.importers import models_dev
from jc.catalog.importers.candidate import Candidate
from jc.catalog.importers.reading import read_json
from jc.catalog.model import Offer
from jc.errors import InputError

READ_ON = date(2026, 7, 2)
FIXTURE = Path(__file__).parent.parent / "fixtures" / "models_dev.json"


def candidate() -> Candidate:
    return models_dev.read(read_json(FIXTURE), READ_ON)


def offer(name: str) -> Offer:
    (one,) = [one for one in candidate().offers if one.id == name]
    return one


def one_model(**values: Any) -> Candidate:
    return models_dev.read({"acme": {"models": {"x": {"id": "x", **values}}}}, READ_ON)


def test_prices_are_per_million_already() -> None:
    """Costs are taken as they are; cache writes are those of five minutes."""
    row = offer("anthropic/claude-opus-4-6").prices[0]

    assert row.usd_per_mtok == {
        "input": Decimal(5), "output": Decimal(25), "cache_read": Decimal("0.5"), "cache_write_5m": Decimal("6.25"),
    }  # fmt: skip


def test_a_missing_cost_is_unknown() -> None:
    """A model without `cost` is imported without a price: not free, not skipped."""
    found = offer("groq/whisper-large-v3")

    assert found.prices == ()
    assert found.free is None


def test_the_threshold_is_the_size_of_the_tier() -> None:
    """GPT-5.4 costs more above 272,000 tokens, not above 200,000."""
    override = offer("openai/gpt-5.4").prices[0].overrides[0]

    assert override.when.prompt_tokens_gt == 272_000
    assert override.set == {"input": Decimal(5), "output": Decimal("22.5"), "cache_read": Decimal("0.5")}


@pytest.mark.parametrize("tiers", [None, [{"tier": {"size": 272000}, "input": 5}]])
def test_context_over_200k_is_never_a_threshold(tiers: Any) -> None:
    """It is listed as left out, beside tiers and without them."""
    cost = {"input": 2, "output": 8, "context_over_200k": {"input": 4}, **({"tiers": tiers} if tiers else {})}
    found = one_model(cost=cost)
    thresholds = [one.when.prompt_tokens_gt for one in found.offers[0].prices[0].overrides]

    assert thresholds == ([272_000] if tiers else [])
    assert [one.field for one in found.left_out] == ["cost.context_over_200k"]


def test_a_service_tier_is_a_mode_and_another_mode_is_left_out() -> None:
    """`fast` of OpenAI is service tier priority; `fast` of Anthropic is something the catalog has no word for."""
    modes = [one.when.mode for one in offer("openai/gpt-5.4").prices[0].overrides]
    left = [one.field for one in candidate().left_out if one.id == "anthropic/claude-opus-4-6"]

    assert modes == [None, "priority"]
    assert left == ["experimental.modes.fast.cost"]


def test_a_reasoning_price_of_its_own_is_left_out() -> None:
    """Reasoning is billed as output in the catalog; a dearer one is listed."""
    left = [(one.field, one.value) for one in candidate().left_out if one.id == "alibaba-cn/qwen3-8b"]

    assert ("cost.reasoning", "0.717") in left


def test_zeros_are_no_prices() -> None:
    """Free, flat rate and unknown look alike: the price is unknown, and the zeros are listed."""
    found = candidate()
    left = {one.field for one in found.left_out if one.id == "zhipuai/glm-4.5-flash"}

    assert offer("zhipuai/glm-4.5-flash").prices == ()
    assert left >= {"cost.input", "cost.output", "cost.cache_read", "cost.cache_write"}


def test_an_unknown_price_key_is_named_and_not_guessed() -> None:
    """`cached_input` may be a slip for `cache_read`; nobody here decides that."""
    found = candidate()

    assert ("togetherai/Qwen/Qwen3.7-Max", "cost.cached_input") in [(one.id, one.field) for one in found.left_out]
    assert "cache_read" not in offer("togetherai/Qwen/Qwen3.7-Max").prices[0].usd_per_mtok


def test_sellers_of_china_are_in_region_cn() -> None:
    """By their id or the host of their API."""
    assert offer("alibaba-cn/qwen3-8b").region == "cn"
    assert offer("zhipuai/glm-5").region == "cn"
    assert offer("openai/gpt-5.4").region == "global"


def test_embeddings_are_told_by_their_family() -> None:
    """The list says that they give text."""
    assert offer("openai/text-embedding-3-small").output == ("embedding",)


def test_a_month_is_no_release_date() -> None:
    """`2026-01` is listed as left out."""
    found = one_model(release_date="2026-01")

    assert found.offers[0].lifecycle.released is None
    assert found.left_out[0].field == "release_date"


def test_a_limit_of_zero_is_unknown() -> None:
    """Models that are not billed by tokens have limits of 0."""
    assert offer("groq/whisper-large-v3").context is None


def test_weights_and_names_are_facts_of_the_model() -> None:
    """Open weights, family and name stand with the model."""
    (model,) = [one for one in candidate().models if one.id == "alibaba-cn/qwen3-8b"]

    assert model.open_weights is True
    assert model.name == "Qwen3 8B"


def test_a_list_of_another_shape_is_refused() -> None:
    """An error, not an empty import."""
    with pytest.raises(InputError, match=r"not models\.dev's list"):
        models_dev.read([], READ_ON)
