"""A route table as a LiteLLM configuration: what is said, what is named as left out, and that the real package loads it.

The last tests need an interpreter with litellm, which is no dependency: `make litellm` installs one apart and runs them.
"""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from jc.catalog.load import cached_catalog
from jc.catalog.model import Budget, Cascade, Catalog, RouteOverride, RouteTable, Rule, Target
from jc.report.export import litellm_document
from jc.routing.export import Left, listed, payload, resolved
from jc.routing.export_litellm import litellm_config
from jc.routing.table import load_table
from tests.fakes.chain import DEAD, placed
from tests.fakes.script import Script
from tests.strategies import AT, HERE, catalog, long_context, offer, price_row

TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHIPPED = ("five-way", "support", "auto", "tier-swap", "local-first", "mixed-model", "pin:openai/gpt-4o")
SMALL = offer("p/small", "0.10", "0.40", context=8_000)
LARGE = offer(
    "q/large",
    "2.00",
    "8.00",
    input=("text", "image"),
    prices=(price_row("2.00", "8.00", overrides=[long_context(200_000, "4", "9")]),),
)
PLAIN = RouteTable(
    "plain", HERE, routes={"simple": Target(model="p/small"), "general": Target(model="q/large")}, fallback=("q/large",)
)


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    """The catalog of the package."""
    return cached_catalog(None)


def exported(table: RouteTable, known: Catalog | None = None) -> tuple[dict[str, Any], list[Left]]:
    """The configuration and what is left out."""
    return litellm_config(resolved(table, known or catalog([SMALL, LARGE]), AT))


def deployments(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["model_name"]: entry for entry in config["model_list"]}


def parts(left: list[Left]) -> set[str]:
    return {one.part for one in left}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_name_in_a_configuration_leads_somewhere(shipped: Catalog, name: str) -> None:
    """Fallbacks, aliases and tiers name groups of the model list; no key is written, only the names of variables."""
    config, left = litellm_config(resolved(load_table(name, shipped), shipped, TODAY))
    groups = deployments(config)
    settings = config["router_settings"]
    named = {
        one
        for listed_ in (*settings["fallbacks"], *settings["context_window_fallbacks"])
        for pair in listed_.items()
        for one in (pair[0], *pair[1])
    }
    router = next(entry for entry in config["model_list"] if "complexity_router_config" in entry["litellm_params"])
    tiers = router["litellm_params"]["complexity_router_config"]

    assert named | set(tiers["tiers"].values()) | {tiers["default_model"]} <= set(groups)
    assert all(
        str(one["litellm_params"].get("api_key", "none")) == "none" or one["litellm_params"]["api_key"].startswith("os.environ/")
        for one in groups.values()
    )
    assert left


def test_prices_are_exact_and_read_back_as_numbers() -> None:
    """USD a token in full, also above a threshold; what is unknown of cached tokens costs the input rate."""
    found = resolved(PLAIN, catalog([SMALL, LARGE]), AT)
    config, left = litellm_config(found)
    text = litellm_document(found, config, left).text
    info = deployments(yaml.safe_load(str(text)))["q/large"]["model_info"]

    assert info["input_cost_per_token"] == 0.000002
    assert info["output_cost_per_token_above_200k_tokens"] == 0.000009
    assert info["cache_read_input_token_cost"] == 0.000002
    assert "e-0" not in str(text)


def test_who_stands_in_and_who_holds_more() -> None:
    """The chain of each class, and of it those with more context for what is too long."""
    settings = exported(PLAIN)[0]["router_settings"]

    assert settings["fallbacks"] == [{"plain-simple": ["q/large"]}]
    assert settings["context_window_fallbacks"] == [{"plain-simple": ["q/large"]}]


def test_a_pool_is_fixed_to_its_order_of_the_day() -> None:
    """And that is said."""
    pool = replace(PLAIN, routes={"general": Target(pool=("q/large", "p/small"), preference="cost")}, fallback=())
    config, left = exported(pool)

    assert config["router_settings"]["fallbacks"] == [{"plain-general": ["q/large"]}]
    assert any("fixed to its order of this day" in one.why for one in left)


def test_a_model_as_classifier_is_said_exactly() -> None:
    """Its classes are tiers of one's own, with their meanings."""
    table = replace(PLAIN, classifier="p/small", classes={"simple": "greetings", "general": "the rest"})
    config, left = exported(table)
    router = deployments(config)["plain"]["litellm_params"]["complexity_router_config"]

    assert router["classifier_type"] == "llm"
    assert router["tier_definitions"] == [
        {"name": "simple", "description": "greetings"},
        {"name": "general", "description": "the rest"},
    ]
    assert (router["fallback_tier"], router["classifier_llm_config"]) == ("general", {"model": "p/small"})
    assert "classifier" not in parts(left)


def test_a_budget_counts_for_each_key() -> None:
    """Five dollars for five hours; nothing degrades before the cap."""
    config, left = exported(replace(PLAIN, budget=Budget(Decimal("5.00"), Decimal(5), Decimal("0.02"), "p/small")))

    assert config["litellm_settings"] == {"default_key_generate_params": {"max_budget": Decimal("5.00"), "budget_duration": "5h"}}
    assert {"budget", "budget when_low"} <= parts(left)


def test_everything_that_cannot_be_said_is_named() -> None:
    """Thresholds, swaps, cascades, overrides and rules that are no settings."""
    table = replace(
        PLAIN,
        threshold=0.5,
        swap_mode="all",
        cascade=Cascade("p/small", ("general",), 0.8, 0.7),
        rules=(Rule({"language": ("zh", "ja")}, Target(model="q/large"), HERE),),
        overrides=(RouteOverride({"key": "k"}, HERE, pin="q/large"), RouteOverride({"org": "acme"}, HERE, never=("p/*",))),
    )
    found = parts(exported(table)[1])

    assert {"threshold", "swap", "cascade", "rule 1", "override on key k", "override on org acme", "classifier"} <= found


def test_the_same_said_of_several_parts_is_said_once() -> None:
    """One line with all of them."""
    assert listed([Left("a", "no"), Left("b", "yes"), Left("c", "no")]) == ["a, c: no", "b: yes"]


def test_the_plain_export_names_chains_addresses_and_prices() -> None:
    """For a gateway that is not LiteLLM."""
    body = payload(resolved(PLAIN, catalog([SMALL, LARGE]), AT))

    assert body["routes"]["simple"] == {"model": "p/small", "fallbacks": ["q/large"], "why": "class simple"}
    assert body["models"]["p/small"]["usd_per_mtok"]["input"] == Decimal("0.10")


LITELLM = os.environ.get("JC_LITELLM_PYTHON") or (sys.executable if importlib.util.find_spec("litellm") else "")
real = pytest.mark.skipif(not LITELLM, reason="litellm is not installed: `make litellm` installs it apart and runs this")


def in_litellm(config: Path, *arguments: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """What the real package makes of a configuration."""
    script = Path(__file__).with_name("in_litellm.py")
    names = {part.split()[0] for part in config.read_text("utf-8").split("os.environ/")[1:]}
    keys = {name: "http://127.0.0.1:9" if name.endswith("_URL") else "a-key" for name in names}
    known = {**os.environ, **keys, "LITELLM_LOCAL_MODEL_COST_MAP": "True", **(environment or {})}
    done = subprocess.run([LITELLM, str(script), str(config), *arguments], env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def written(place: Path, name: str, known: Catalog) -> Path:
    """The configuration of a table as a file."""
    found = resolved(load_table(name, known), known, TODAY)
    path = place / "config.yaml"
    path.write_text(str(litellm_document(found, *litellm_config(found)).text), "utf-8")
    return path


@real
@pytest.mark.parametrize("name", SHIPPED)
def test_litellm_loads_it(tmp_path: Path, shipped: Catalog, name: str) -> None:
    """`litellm.Router` takes the configuration of each shipped table, and knows every group that is named."""
    found = in_litellm(written(tmp_path, name, shipped), "none")

    assert found["lost"] == []
    assert load_table(name, shipped).name in found["groups"]


@real
def test_litellm_falls_back_routes_and_charges_as_said(tmp_path: Path) -> None:
    """A dead first model is stood in for, the table's name routes by LiteLLM's tiers, and the cost is that of the catalog."""
    with placed(tmp_path, DEAD, Script(answers={"haiku": "rain on the roof"}), Script()) as place:
        config = written(tmp_path, str(tmp_path / "catalogs/routes/chain.yaml"), cached_catalog(tmp_path / "catalogs"))
        found = in_litellm(config, "chain", "haiku", environment=place.environment)
        (answer,) = found["answers"]
        served = [request.model for request in place.servers[1].requests] if place.servers[1] else []

    into, out = answer["tokens"]
    assert answer["text"] == "rain on the roof"
    assert served == ["wire-two"]
    assert answer["usd"] == pytest.approx((into * 1.0 + out * 2.0) / 1e6)
