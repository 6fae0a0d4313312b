"""A route table as the configuration of a LiteLLM proxy, and what LiteLLM cannot say.

LiteLLM's own router classifies by complexity: four tiers by a heuristic, or tiers of one's own by a model. A table with a model
as classifier is said exactly; the local classifier becomes the heuristic, which knows no agents. Each class is a model group of
its own with its own fallbacks, and every model can be asked for by its id, as with explicit routing.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jc.catalog.model import Offer
from jc.catalog.price import Unpriced, rates
from jc.routing.classes import MEANINGS
from jc.routing.export import Chain, Left, Resolved, rule_text

_MTOK = Decimal(1_000_000)
TIERS: Mapping[str, str] = {"SIMPLE": "simple", "MEDIUM": "general", "COMPLEX": "code", "REASONING": "reasoning"}
"""LiteLLM's four tiers and the classes that stand for them, cheapest first."""
COOLDOWN_S = 60
_LONG = {128_000: "128k", 200_000: "200k", 272_000: "272k", 512_000: "512k"}
_CACHED = ("cache_read", "cache_write_5m")
_COSTS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write_5m": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
}


def litellm_config(found: Resolved) -> tuple[dict[str, Any], list[Left]]:
    """The proxy's configuration as plain data (money is Decimal), and everything of the table that it does not say."""
    left = list(found.left)
    fallbacks: list[dict[str, list[str]]] = []
    longer: list[dict[str, list[str]]] = []
    models = [_deployment(offer.id, offer, found, left) for offer in found.offers]
    for chain in _chains(found):
        models.append(_deployment(chain.name, found.catalog.offers[chain.model], found, []))
        if chain.fallbacks:
            fallbacks.append({chain.name: list(chain.fallbacks)})
        larger = _larger(chain, found)
        if larger:
            longer.append({chain.name: larger})
    models.append(_router(found, left))
    _unsaid(found, left)
    settings: dict[str, Any] = {
        "routing_strategy": "simple-shuffle",
        "num_retries": 0,
        "allowed_fails": 0,
        "cooldown_time": COOLDOWN_S,
        "enable_pre_call_checks": True,
        "model_group_alias": {} if found.table.name == "auto" else {"auto": found.table.name},
        "fallbacks": fallbacks,
        "context_window_fallbacks": longer,
    }
    config: dict[str, Any] = {"model_list": models, "router_settings": settings}
    budget = found.table.budget
    if budget is not None:
        hours = f"{budget.window_hours.normalize():f}h"
        config["litellm_settings"] = {"default_key_generate_params": {"max_budget": budget.key_usd, "budget_duration": hours}}
        left.append(Left("budget", "counts for keys made from now on, and needs the proxy's database"))
    config["general_settings"] = {"master_key": "os.environ/LITELLM_MASTER_KEY"}
    return config, left


def _group(found: Resolved, name: str) -> str:
    return f"{found.table.name}-{name.replace(' ', '-')}"


def _chains(found: Resolved) -> list[Chain]:
    """The chains of classes and rules as model groups, under names that no offer has."""
    every = (*found.classes, *(chain for chain in found.rules if chain is not None))
    return [chain._replace(name=_group(found, chain.name)) for chain in every]


def _larger(chain: Chain, found: Resolved) -> list[str]:
    """Those of a chain that hold more than its first model."""
    own = found.catalog.offers[chain.model].context
    return [name for name in chain.fallbacks if own is not None and (found.catalog.offers[name].context or 0) > own]


def _deployment(name: str, offer: Offer, found: Resolved, left: list[Left]) -> dict[str, Any]:
    """One entry of `model_list`; an OpenAI-compatible server with the provider's own name for the model."""
    api = found.catalog.providers[offer.provider].api
    params: dict[str, Any] = {"model": f"openai/{offer.wire_id}"}
    if api is not None and api.base_url:
        params["api_base"] = api.base_url
    else:
        variable = f"{offer.provider.upper().replace('-', '_')}_BASE_URL"
        params["api_base"] = f"os.environ/{variable}"
        left.append(Left(offer.id, f"the catalog has no address for {offer.provider}: set `{variable}`"))
    params["api_key"] = f"os.environ/{api.key_env}" if api is not None and api.key_env else "none"
    limits = {"rpm": offer.rpm, "tpm": offer.tpm, "max_parallel_requests": offer.concurrency}
    params |= {field: limit for field, limit in limits.items() if limit is not None}
    info: dict[str, Any] = {"mode": "chat", "supports_vision": offer.vision}
    known = (
        ("max_input_tokens", offer.context),
        ("max_output_tokens", offer.max_output),
        ("supports_function_calling", offer.tools),
        ("supports_response_schema", offer.structured_output),
        ("supports_reasoning", offer.reasoning),
    )
    info |= {field: value for field, value in known if value is not None}
    info |= _costs(offer, found, left)
    return {"model_name": name, "litellm_params": params, "model_info": info}


def _costs(offer: Offer, found: Resolved, left: list[Left]) -> dict[str, Decimal]:
    """USD a token by LiteLLM's names for the price in force."""
    try:
        base = rates(offer, found.at)
    except Unpriced as error:
        left.append(
            Left(offer.id, f"has no price ({error.message or 'unknown'}): LiteLLM counts what it knows by itself, or nothing")
        )
        return {}
    # What is not known of cached tokens costs the input rate, as in `jc`; LiteLLM would count nothing for it.
    known = {kind: base.get(kind, base.get("input") if kind in _CACHED else None) for kind in _COSTS}
    out = {_COSTS[kind]: usd / _MTOK for kind, usd in known.items() if usd is not None}
    row = max((one for one in offer.prices if one.valid_from <= found.at.date()), key=lambda one: one.valid_from, default=None)
    for override in row.overrides if row else ():
        above = override.when.prompt_tokens_gt
        if override.when.utc or override.when.mode or override.when.region:
            left.append(Left(offer.id, "prices by time of day, mode or region are left out"))
        elif above in _LONG and override.charge == "request":
            long = rates(offer, found.at, prompt_tokens=above + 1)
            out |= {
                f"{_COSTS[kind]}_above_{_LONG[above]}_tokens": long[kind] / _MTOK for kind in ("input", "output") if kind in long
            }
        else:
            left.append(Left(offer.id, f"its price above {above:,} tokens is left out: LiteLLM has no field for that threshold"))
    return out


def _router(found: Resolved, left: list[Left]) -> dict[str, Any]:
    """LiteLLM's complexity router under the table's name."""
    table = found.table
    groups = {chain.name: _group(found, chain.name) for chain in found.classes}
    default = groups.get(table.default) or next(iter(groups.values()))
    config: dict[str, Any] = {"default_model": default}
    if table.classifier == "local":
        config |= {"classifier_type": "heuristic", "tiers": {tier: groups.get(name, default) for tier, name in TIERS.items()}}
        left.append(
            Left("classifier", "LiteLLM's heuristic stands for the local classifier: it has four tiers and decides otherwise")
        )
        missing = [name for name in groups if name not in TIERS.values()]
        if missing:
            said = ", ".join(f"`{groups[name]}`" for name in missing)
            left.append(Left(f"class {', '.join(missing)}", f"no tier of the heuristic stands for it: ask for {said} by name"))
    else:
        meanings = {name: table.classes.get(name) or MEANINGS.get(name) or name for name in groups}
        config |= {
            "classifier_type": "llm",
            "classifier_llm_config": {"model": _classifier(found)},
            "tier_definitions": [{"name": name, "description": meaning} for name, meaning in meanings.items()],
            "fallback_tier": table.default if table.default in groups else next(iter(groups)),
            "tiers": groups,
        }
    seeing = _seeing(found)
    if seeing is not None:
        config["modality_routing"] = True
        config["default_model"] = seeing
        left.append(
            Left("rule for images", "a model of a higher tier that takes images comes first; the rule's target is the default")
        )
    params = {"model": "auto_router/complexity_router", "complexity_router_config": config}
    return {"model_name": table.name, "litellm_params": {**params, "complexity_router_default_model": config["default_model"]}}


def _classifier(found: Resolved) -> str:
    from jc.catalog.names import resolve

    return resolve(found.catalog, found.table.classifier).id


def _seeing(found: Resolved) -> str | None:
    """The group of the rule that takes all requests with images."""
    for rule, chain in zip(found.table.rules, found.rules, strict=True):
        if dict(rule.when) == {"vision": True} and chain is not None:
            return _group(found, chain.name)
    return None


def _unsaid(found: Resolved, left: list[Left]) -> None:
    """The parts of a table that no setting of LiteLLM says."""
    table, seeing = found.table, _seeing(found)
    for rule, chain in zip(table.rules, found.rules, strict=True):
        if chain is not None and _group(found, chain.name) != seeing:
            why = f"rules on {rule_text(rule.when)} are no setting; its models are the group `{_group(found, chain.name)}`"
            left.append(Left(chain.name, why))
    for override in table.overrides:
        what = rule_text(override.when)
        if override.pin:
            left.append(Left(f"override on {what}", "give the key or team an alias when you make it: `aliases: {auto: MODEL}`"))
        if override.never or override.swap is not None:
            left.append(Left(f"override on {what}", "`never` and `swap` are no settings; limit the `models` of the key instead"))
    if table.threshold is not None or any(target.min_confidence is not None for target in table.routes.values()):
        left.append(Left("threshold", "LiteLLM's router has no confidence: the class counts however unsure it is"))
    if table.swap_mode != "off":
        left.append(Left("swap", "an alias would swap requests with tools and images too, so a named model answers itself"))
    if table.cascade is not None:
        left.append(Left("cascade", "the first model is the first of its classes; confidence and judge escalate nothing"))
    if table.budget is not None and table.budget.low_model is not None:
        left.append(Left("budget when_low", "nothing degrades before the cap; at the cap LiteLLM refuses, as `jc` does"))
    left.append(Left("limits of a request", "region, `max_usd`, `max_latency_s` and prompt-cache affinity are not looked at"))
