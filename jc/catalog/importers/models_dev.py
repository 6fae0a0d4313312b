"""models.dev's `api.json`: providers with their models, prices in USD per million tokens.

Its traps: a model without `cost` has an unknown price, not none; the threshold of a long-context price is `tiers[].tier.size`
(`context_over_200k` names 200,000 whatever the threshold is); a date may be a month.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from jc.catalog.importers.candidate import (
    NO_UNIT,
    NOWHERE,
    Builder,
    Candidate,
    Entry,
    day,
    limits,
    link,
    modalities,
    text_of,
)
from jc.catalog.importers.reading import number, whole
from jc.catalog.importers.sellers import kind_of_seller
from jc.catalog.model import Kind, Lifecycle, Mode, Model, Offer, When
from jc.errors import InputError

FORMAT = "models.dev"
HOME = "https://models.dev"
_KINDS = {"input": "input", "output": "output", "cache_read": "cache_read", "cache_write": "cache_write_5m"}
_MODALITIES = {kind: kind for kind in ("text", "image", "audio", "video", "pdf")}
_SERVICE: dict[str, Mode] = {"priority": "priority", "flex": "flex", "batch": "batch"}


def read(tree: Any, read_on: date) -> Candidate:
    """The candidate of models.dev's list as read on a day; InputError when the tree is not such a list."""
    if not isinstance(tree, dict) or not any(isinstance(node, dict) and "models" in node for node in tree.values()):
        raise InputError("this is not models.dev's list", hint="it maps providers to their `models`")
    builder = Builder(FORMAT, read_on)
    for id_, provider in tree.items():
        models = provider.get("models") if isinstance(provider, dict) else None
        if not isinstance(models, dict):
            builder.skip(id_, "a provider without models")
            continue
        kind = kind_of_seller(id_)
        for name, node in models.items():
            if isinstance(node, dict):
                _take(builder, _Shop(id_, provider, kind), name, node)
            else:
                builder.skip(f"{id_}/{name}", "not a mapping")
    return builder.done()


class _Shop:
    """One provider of the list."""

    def __init__(self, id_: str, node: Mapping[str, Any], kind: Kind) -> None:
        self.id = id_
        self.node = node
        self.kind = kind
        api = node.get("api")
        host = api.split("/")[2] if isinstance(api, str) and api.count("/") >= 2 else ""
        self.region = "cn" if id_.endswith("-cn") or host.endswith(".cn") or host == "dashscope.aliyuncs.com" else "global"
        self.source = link(node.get("doc")) or HOME


def _take(builder: Builder, shop: _Shop, name: str, node: Mapping[str, Any]) -> None:
    entry = Entry(f"{shop.id}/{name}", 0)
    bounds = node.get("limit") if isinstance(node.get("limit"), dict) else {}
    context, output = _limits(entry, bounds or {})
    cost = node.get("cost")
    if isinstance(cost, dict):
        _prices(entry, cost, context)
    elif cost is not None:
        entry.leave("cost", cost, "not a mapping")
    _modes(entry, node.get("experimental"), context)
    modes = node.get("modalities") if isinstance(node.get("modalities"), dict) else {}
    inputs = modalities((modes or {}).get("input") or ["text"], _MODALITIES) or ("text",)
    id_ = entry.name
    offer = Offer(
        id=id_,
        model=id_,
        provider=shop.id,
        kind=builder.provider(shop.id, shop.kind, text_of(shop.node.get("name"))).kind,
        wire_id=name,
        region=shop.region,
        where=NOWHERE,
        input=inputs,
        output=_outputs(node, modes or {}),
        tools=_flag(node, "tool_call"),
        structured_output=_flag(node, "structured_output"),
        reasoning=_flag(node, "reasoning"),
        context=context,
        max_output=output,
        prices=entry.row(builder.read_on, shop.source),
        lifecycle=_lifecycle(entry, node, builder.read_on),
    )
    weights = _flag(node, "open_weights")
    model = Model(
        id_, shop.id, NOWHERE, text_of(node.get("family")), open_weights=weights, input=offer.input, output=offer.output,
        name=text_of(node.get("name")),
    )  # fmt: skip
    builder.add(entry, offer, model)


def _limits(entry: Entry, bounds: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Models that are not billed by tokens have limits of 0: unknown here, and no loss."""
    known = {key: None if number(value) == 0 else value for key, value in bounds.items()}
    return limits(entry, known.get("context"), known.get("output"), ("limit.context", "limit.output"))


def _prices(entry: Entry, cost: Mapping[str, Any], context: int | None) -> None:
    for key, value in cost.items():
        if key in _KINDS:
            entry.rate(_KINDS[key], f"cost.{key}", value)
        elif key == "reasoning":
            if number(value) != number(cost.get("output")):
                entry.leave("cost.reasoning", value, "reasoning is billed as output in the catalog")
        elif key == "context_over_200k":
            told = "the threshold is that of `tiers`" if cost.get("tiers") else "it does not say at which threshold"
            entry.leave("cost.context_over_200k", value, told)
        elif key != "tiers" and value is not None:
            entry.leave(f"cost.{key}", value, NO_UNIT)
    tiers = cost.get("tiers")
    for tier in tiers if isinstance(tiers, list) else ():
        _tier(entry, tier, context)


def _tier(entry: Entry, tier: Any, context: int | None) -> None:
    head = tier.get("tier") if isinstance(tier, dict) else None
    size = whole(head.get("size")) if isinstance(head, dict) and head.get("type", "context") == "context" else None
    if size is None:
        entry.leave("cost.tiers", tier, "not a tier of the prompt's size")
        return
    entry.override(When(prompt_tokens_gt=size), _rates(entry, tier, f"cost.tiers above {size}", {"tier"}), context)


def _rates(entry: Entry, node: Mapping[str, Any], what: str, known: set[str]) -> dict[str, Decimal]:
    out: dict[str, Decimal] = {}
    for key, value in node.items():
        if key in _KINDS:
            usd = entry.usd(f"{what}: {key}", value)
            if usd is not None:
                out[_KINDS[key]] = usd
        elif key not in known and value is not None and not (key == "reasoning" and value == node.get("output")):
            entry.leave(f"{what}: {key}", value, NO_UNIT)
    return out


def _modes(entry: Entry, experimental: Any, context: int | None) -> None:
    """Other modes with a price of their own are taken where they are one of the catalog's (a service tier)."""
    modes = experimental.get("modes") if isinstance(experimental, dict) else None
    for name, node in modes.items() if isinstance(modes, dict) else ():
        cost = node.get("cost") if isinstance(node, dict) else None
        if not isinstance(cost, dict):
            continue
        provider = node.get("provider")
        body = provider.get("body") if isinstance(provider, dict) else None
        service = body.get("service_tier") if isinstance(body, dict) else None
        if isinstance(service, str) and service in _SERVICE and entry.base:
            entry.override(When(mode=_SERVICE[service]), _rates(entry, cost, f"mode {name}", set()), context)
        else:
            entry.leave(f"experimental.modes.{name}.cost", cost, "a mode that the catalog does not know")


def _lifecycle(entry: Entry, node: Mapping[str, Any], read_on: date) -> Lifecycle:
    released = day(node.get("release_date"))
    if released is None and node.get("release_date") is not None:
        entry.leave("release_date", node["release_date"], "not a whole date")
    if released is not None and released > read_on:
        entry.leave("release_date", released, "after the day on which the list was read")
        released = None
    if node.get("status") == "deprecated":
        entry.leave("status", "deprecated", "it does not say from when")
    return Lifecycle(released=released)


def _outputs(node: Mapping[str, Any], modes: Mapping[str, Any]) -> tuple[str, ...]:
    """The list calls an embedding text; only its family and name say what it is."""
    listed = modalities(modes.get("output") or ["text"], _MODALITIES) or ("text",)
    family = node.get("family")
    embeds = isinstance(family, str) and "embed" in family and listed == ("text",)
    return ("embedding",) if embeds else listed


def _flag(node: Mapping[str, Any], key: str) -> bool | None:
    value = node.get(key)
    return value if isinstance(value, bool) else None
