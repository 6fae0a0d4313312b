"""Laws of the imports: what goes in comes out again, or is listed with a reason; and nothing that goes in can do harm."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Context, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jc.catalog.assemble import assemble
from jc.catalog.documents import documents
from jc.catalog.importers.candidate import NOWHERE, Candidate
from jc.catalog.importers.formats import READERS, candidate
from jc.catalog.importers.writing import files
from jc.catalog.model import Catalog, Offer, Override
from jc.errors import InputError

READ_ON = date(2026, 11, 20)
EXACT = Context(prec=200)
Figure = tuple[str, str, Decimal]
"""Entry, field and value: one thing that a list says about money."""

prices = st.decimals(min_value=-1, max_value=Decimal("0.01"), places=12)
dollars = st.decimals(min_value=-1, max_value=500, places=6)
names = st.text("abcdefgxyz0123456789-.", min_size=1, max_size=12).filter(lambda text: text.strip() == text)

KINDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write_5m": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
}
SUFFIX = {"batch": "_batches", "flex": "_flex", "priority": "_priority", None: ""}
ABOVE = ("", "_above_128k_tokens", "_above_272k_tokens")
OTHERS = (
    "output_cost_per_image",
    "input_cost_per_query",
    "input_cost_per_audio_token",
    "search_context_cost",
    "output_cost_per_reasoning_token",
)
LITELLM_KEYS = [f"{key}{above}{mode}" for key in KINDS.values() for above in ABOVE for mode in SUFFIX.values()] + list(OTHERS)

litellm_lists = st.dictionaries(
    names,
    st.fixed_dictionaries(
        {
            "litellm_provider": st.sampled_from(["acme", "bedrock", "azure"]),
            "mode": st.sampled_from(["chat", "embedding", "video"]),
        },
        optional=dict.fromkeys(LITELLM_KEYS, prices),
    ),
    min_size=1,
    max_size=4,
)
OPENROUTER_KEYS = ("prompt", "completion", "input_cache_read", "input_cache_write", "image", "request")
openrouter_override = st.fixed_dictionaries(
    {},
    optional={
        "min_prompt_tokens": st.sampled_from([32_000, 128_000, 0]),
        "utc_start": st.sampled_from([0, 100, 1630, 2400, 2575]),
        "utc_end": st.sampled_from([0, 400, 100, 30]),
        "prompt": prices.map(str),
        "completion": prices.map(str),
        "web_search": prices.map(str),
    },
)
openrouter_lists = st.lists(
    st.fixed_dictionaries(
        {
            "id": names,
            "pricing": st.fixed_dictionaries(
                {},
                optional={
                    **dict.fromkeys(OPENROUTER_KEYS, prices.map(str)),
                    "overrides": st.lists(openrouter_override, max_size=3),
                },
            ),
        }
    ),
    min_size=1,
    max_size=4,
).map(lambda rows: {"data": rows})  # fmt: skip
models_dev_cost = {**dict.fromkeys(["input", "output", "cache_read", "cache_write", "input_audio"], dollars)}
models_dev_lists = st.dictionaries(
    st.sampled_from(["acme", "openai"]),
    st.dictionaries(
        names,
        st.fixed_dictionaries(
            {},
            optional={
                "cost": st.fixed_dictionaries(
                    {},
                    optional={
                        **models_dev_cost,
                        "tiers": st.lists(
                            st.fixed_dictionaries(
                                {"tier": st.fixed_dictionaries({"size": st.sampled_from([200_000, 272_000])})},
                                optional=models_dev_cost,
                            ),
                            max_size=2,
                            unique_by=lambda tier: str(tier["tier"]),
                        ),
                    },
                )
            },
        ),
        min_size=1,
        max_size=3,
    ).map(lambda models: {"models": models}),
    min_size=1,
)
genai_price = st.one_of(
    dollars,
    st.fixed_dictionaries(
        {
            "base": dollars,
            "tiers": st.lists(
                st.fixed_dictionaries({"start": st.sampled_from([1000, 200_000]), "price": dollars}),
                max_size=2,
                unique_by=lambda tier: str(tier["start"]),
            ),
        }
    ),
)
genai_lists = st.lists(
    st.fixed_dictionaries(
        {
            "id": names,
            "prices": st.dictionaries(
                st.sampled_from(["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_1h_mtok", "web_searches_kcount"]),
                genai_price,
                max_size=4,
            ),
        }
    ),
    min_size=1,
    max_size=4,
).map(lambda models: [{"id": "acme", "models": models}])


def scaled(usd: Decimal, power: int) -> Decimal:
    return usd.scaleb(power, EXACT)


def read_back(found: Candidate) -> Catalog:
    """The candidate's files read as any catalog's are."""
    texts = [(name, text.encode()) for name, text in sorted(files(found).items()) if name.endswith(".yaml")]
    assembled = assemble(documents("", texts))
    assert [flaw for _, flaw in assembled.flaws] == []
    return assembled.catalog


def litellm_says(tree: Any) -> Iterator[Figure]:
    for name, node in tree.items():
        for key, value in node.items():
            if isinstance(value, Decimal):
                yield name, key, value


def litellm_export(name: str, offer: Offer) -> Iterator[Figure]:
    for row in offer.prices:
        for kind, usd in row.usd_per_mtok.items():
            yield name, KINDS[kind], scaled(usd, -6)
            if kind == "output":
                yield name, "output_cost_per_reasoning_token", scaled(usd, -6)
        for unit, usd in row.usd_per_unit.items():
            yield name, {"image": "output_cost_per_image", "request": "input_cost_per_query"}[unit], usd
        for override in row.overrides:
            for kind, usd in override.set.items():
                yield name, f"{KINDS[kind]}{_above(override)}{SUFFIX[override.when.mode]}", scaled(usd, -6)


def _above(override: Override) -> str:
    return f"_above_{override.when.prompt_tokens_gt // 1000}k_tokens" if override.when.prompt_tokens_gt else ""


def listed(found: Candidate, figure: Figure) -> bool:
    """Whether a figure, or its whole entry, is named among what was not taken."""
    name, field, _ = figure
    return any(one.id == name for one in found.skipped) or any(
        one.id == name and (one.field == field or one.reason == "there is no price without the condition")
        for one in found.left_out
    )


@settings(max_examples=60, deadline=None)
@given(litellm_lists)
def test_litellm_comes_out_again_or_is_listed(tree: Any) -> None:
    """Every figure of the list stands in the folder, converted back to the last digit, or is listed."""
    found = candidate("litellm", tree, READ_ON)
    catalog = read_back(found)
    held = {figure for offer in catalog.offers.values() for figure in litellm_export(found.origin[offer.id], offer)}

    assert [figure for figure in litellm_says(tree) if figure not in held and not listed(found, figure)] == []


OPENROUTER = {"input": "prompt", "output": "completion", "cache_read": "input_cache_read", "cache_write_5m": "input_cache_write"}


def openrouter_says(tree: Any) -> Iterator[Figure]:
    for node in tree["data"]:
        for key, value in node["pricing"].items():
            if key != "overrides":
                yield node["id"], f"pricing.{key}", Decimal(value)
        for override in node["pricing"].get("overrides", ()):
            for key in override.keys() & {"prompt", "completion", "web_search"}:
                yield node["id"], f"pricing.overrides: {key}", Decimal(override[key])


def openrouter_export(name: str, offer: Offer) -> Iterator[Figure]:
    for row in offer.prices:
        for kind, usd in row.usd_per_mtok.items():
            yield name, f"pricing.{OPENROUTER[kind]}", scaled(usd, -6)
        for usd in row.usd_per_unit.values():
            yield name, "pricing.request", usd
        for override in row.overrides:
            for kind, usd in override.set.items():
                yield name, f"pricing.overrides: {OPENROUTER[kind]}", scaled(usd, -6)


@settings(max_examples=60, deadline=None)
@given(openrouter_lists)
def test_openrouter_comes_out_again_or_is_listed(tree: Any) -> None:
    """As above; an override whose condition cannot be read is listed as a whole, and zeros need no unit."""
    found = candidate("openrouter", tree, READ_ON)
    catalog = read_back(found)
    held = {figure for offer in catalog.offers.values() for figure in openrouter_export(found.origin[offer.id], offer)}
    lost = [
        figure
        for figure in openrouter_says(tree)
        if figure not in held
        and not listed(found, figure)
        and not (figure[1].startswith("pricing.overrides") and listed(found, (figure[0], "pricing.overrides", figure[2])))
        and not (figure[1] in {"pricing.image", "pricing.overrides: web_search"} and not figure[2])
    ]

    assert lost == []


MODELS_DEV = {"input": "input", "output": "output", "cache_read": "cache_read", "cache_write_5m": "cache_write"}


def models_dev_says(tree: Any) -> Iterator[Figure]:
    for provider, node in tree.items():
        for name, model in node["models"].items():
            cost = model.get("cost", {})
            for key, value in cost.items():
                if key != "tiers":
                    yield f"{provider}/{name}", f"cost.{key}", value
            for tier in cost.get("tiers", ()):
                for key in tier.keys() - {"tier"}:
                    yield f"{provider}/{name}", f"cost.tiers above {tier['tier']['size']}: {key}", tier[key]


def models_dev_export(name: str, offer: Offer) -> Iterator[Figure]:
    for row in offer.prices:
        for kind, usd in row.usd_per_mtok.items():
            yield name, f"cost.{MODELS_DEV[kind]}", usd
        for override in row.overrides:
            for kind, usd in override.set.items():
                yield name, f"cost.tiers above {override.when.prompt_tokens_gt}: {MODELS_DEV[kind]}", usd


@settings(max_examples=60, deadline=None)
@given(models_dev_lists)
def test_models_dev_comes_out_again_or_is_listed(tree: Any) -> None:
    """As above."""
    found = candidate("models.dev", tree, READ_ON)
    catalog = read_back(found)
    held = {figure for offer in catalog.offers.values() for figure in models_dev_export(found.origin[offer.id], offer)}

    assert [figure for figure in models_dev_says(tree) if figure not in held and not listed(found, figure)] == []


GENAI = {"input": "input_mtok", "output": "output_mtok", "cache_read": "cache_read_mtok", "cache_write_1h": "cache_write_1h_mtok"}


def genai_says(tree: Any) -> Iterator[Figure]:
    for model in tree[0]["models"]:
        for key, value in model["prices"].items():
            if isinstance(value, Decimal):
                yield f"acme/{model['id']}", key, value
                continue
            yield f"acme/{model['id']}", key, value["base"]
            for tier in value["tiers"]:
                yield f"acme/{model['id']}", f"{key} above {tier['start']}", tier["price"]


def genai_export(name: str, offer: Offer) -> Iterator[Figure]:
    for row in offer.prices:
        for kind, usd in row.usd_per_mtok.items():
            yield name, GENAI[kind], usd
        for override in row.overrides:
            for kind, usd in override.set.items():
                yield name, f"{GENAI[kind]} above {override.when.prompt_tokens_gt}", usd


@settings(max_examples=60, deadline=None)
@given(genai_lists)
def test_genai_prices_comes_out_again_or_is_listed(tree: Any) -> None:
    """As above; a figure without a unit is listed once with its tiers."""
    found = candidate("genai-prices", tree, READ_ON)
    catalog = read_back(found)
    held = {figure for offer in catalog.offers.values() for figure in genai_export(found.origin[offer.id], offer)}
    lost = [
        figure
        for figure in genai_says(tree)
        if figure not in held and not listed(found, figure) and not figure[1].startswith("web_searches_kcount")
    ]

    assert lost == []
    assert {one.id for one in found.left_out if one.field == "web_searches_kcount"} >= {
        f"acme/{model['id']}" for model in tree[0]["models"] if "web_searches_kcount" in model["prices"]
    } - {one.id for one in found.skipped}


KEYS = (
    "data", "models", "id", "pricing", "prices", "cost", "litellm_provider", "mode", "prompt", "tiers", "limit", "overrides",
    "tiered_pricing", "off_peak_pricing", "constraint", "input_mtok", "experimental",
)  # fmt: skip
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.decimals(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=6), st.sampled_from(KEYS)), inner, max_size=4),
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(json_values, st.sampled_from(sorted(READERS)))
def test_any_json_is_imported_or_refused_in_words(tree: Any, name: str) -> None:
    """Whatever the file holds, the outcome is a candidate that can be written and read, or an error for people."""
    try:
        found = candidate(name, tree, READ_ON)
    except InputError:
        return
    catalog = read_back(found)

    assert sorted(catalog.offers) == [offer.id for offer in found.offers]
    assert [replace(offer, where=NOWHERE, prices=(), free=None) for offer in catalog.offers.values()] == [
        replace(offer, prices=(), free=None) for offer in found.offers
    ]
