"""OpenRouter's answer to `GET /api/v1/models`: a list of models, prices in USD per token, written as text.

Its traps: −1 means that the price depends on where the request goes; `overrides` hold thresholds (`min_prompt_tokens`, strictly
greater) and daily windows in UTC as clock numbers (`1000` is 10:00); the context is `context_length`, while `top_provider` speaks
of one host only.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
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
    modalities,
    text_of,
)
from jc.catalog.importers.reading import number, whole
from jc.catalog.model import WEEKDAYS, Free, Lifecycle, Model, Offer, When, Window
from jc.catalog.windows import DAY
from jc.errors import InputError

FORMAT = "openrouter"
SOURCE = "https://openrouter.ai/api/v1/models"
_KINDS = {
    "prompt": "input",
    "completion": "output",
    "input_cache_read": "cache_read",
    "input_cache_write": "cache_write_5m",
    "input_cache_write_1h": "cache_write_1h",
}
_CONDITIONS = {"min_prompt_tokens", "utc_start", "utc_end"}
_MODALITIES = {
    "text": "text",
    "image": "image",
    "audio": "audio",
    "video": "video",
    "file": "pdf",
    "embeddings": "embedding",
    "rerank": "scores",
}


def read(tree: Any, read_on: date) -> Candidate:
    """The candidate of OpenRouter's list as read on a day; InputError when the tree is not such a list."""
    nodes = tree.get("data") if isinstance(tree, dict) else None
    if not isinstance(nodes, list):
        raise InputError("this is not OpenRouter's list of models", hint="it is a mapping whose `data` lists the models")
    builder = Builder(FORMAT, read_on)
    provider = builder.provider("openrouter", "aggregator", "OpenRouter")
    for index, node in enumerate(nodes):
        name = node.get("id") if isinstance(node, dict) else None
        pricing = node.get("pricing") if isinstance(node, dict) else None
        if not isinstance(name, str):
            builder.skip(f"data[{index}]", "it has no id")
        elif not isinstance(pricing, dict):
            builder.skip(name, "it has no prices")
        elif any((number(pricing.get(key)) or Decimal(0)) < 0 for key in ("prompt", "completion")):
            builder.skip(name, "its price is dynamic (−1): it depends on the model that a request is sent on to")
        else:
            _take(builder, provider.id, name, node)
    return builder.done()


def _take(builder: Builder, provider: str, name: str, node: Mapping[str, Any]) -> None:
    entry = Entry(name, 6, as_listed=True)
    top = node.get("top_provider") if isinstance(node.get("top_provider"), dict) else {}
    context, output = limits(
        entry,
        node.get("context_length"),
        (top or {}).get("max_completion_tokens"),
        ("context_length", "top_provider.max_completion_tokens"),
    )
    free = _free(name, node["pricing"])
    if free is None:
        _prices(entry, node["pricing"], context)
    architecture = node.get("architecture") if isinstance(node.get("architecture"), dict) else {}
    parameters = node.get("supported_parameters") if isinstance(node.get("supported_parameters"), list) else None
    id_ = f"{provider}/{name}"
    taken = Offer(
        id=id_,
        model=id_,
        provider=provider,
        kind="aggregator",
        wire_id=name,
        region="global",
        where=NOWHERE,
        input=modalities((architecture or {}).get("input_modalities") or ["text"], _MODALITIES) or ("text",),
        output=modalities((architecture or {}).get("output_modalities") or ["text"], _MODALITIES) or ("text",),
        tools=_supports(parameters, "tools"),
        structured_output=_supports(parameters, "structured_outputs"),
        reasoning=_supports(parameters, "reasoning"),
        context=context,
        max_output=output,
        prices=() if free else entry.row(builder.read_on, SOURCE),
        free=free,
        lifecycle=_lifecycle(entry, node, builder.read_on),
    )
    builder.add(
        entry, taken, Model(id_, provider, NOWHERE, input=taken.input, output=taken.output, name=text_of(node.get("name")))
    )


def _free(name: str, pricing: Mapping[str, Any]) -> Free | None:
    """Only an id that ends in `:free` says that nothing is charged."""
    zero = all(number(pricing.get(key)) == 0 for key in ("prompt", "completion"))
    return Free("OpenRouter lists it as `:free`", None, NOWHERE) if zero and name.endswith(":free") else None


def _prices(entry: Entry, pricing: Mapping[str, Any], context: int | None) -> None:
    for key, value in pricing.items():
        if key in _KINDS:
            entry.rate(_KINDS[key], f"pricing.{key}", value)
        elif key == "request":
            entry.unit("request", "pricing.request", value)
        elif key == "internal_reasoning" and number(value) == number(pricing.get("completion")):
            continue
        elif key != "overrides" and value is not None and number(value) != 0:
            entry.leave(f"pricing.{key}", value, NO_UNIT)
    overrides = pricing.get("overrides")
    for node in overrides if isinstance(overrides, list) else ():
        _override(entry, node, context)


def _override(entry: Entry, node: Any, context: int | None) -> None:
    when = _when(node) if isinstance(node, dict) else None
    if when is None:
        entry.leave("pricing.overrides", node, "its conditions cannot be read")
        return
    rates: dict[str, Decimal] = {}
    for key, value in node.items():
        if key in _KINDS:
            usd = entry.usd(f"pricing.overrides: {key}", value)
            if usd is not None:
                rates[_KINDS[key]] = usd
        elif key not in _CONDITIONS and value is not None:
            entry.leave(f"pricing.overrides: {key}", value, NO_UNIT)
    entry.override(when, rates, context)


def _when(node: Mapping[str, Any]) -> When | None:
    """The condition of an override; None when there is none that can be read."""
    threshold = whole(node.get("min_prompt_tokens"))
    if "min_prompt_tokens" in node and threshold is None:
        return None
    if ("utc_start" in node) != ("utc_end" in node):
        return None
    windows: tuple[Window, ...] = ()
    if "utc_start" in node:
        start, end = _minutes(node["utc_start"]), _minutes(node["utc_end"])
        if start is None or end is None or start % DAY == end % DAY:
            return None
        windows = (Window(start % DAY, end % DAY or DAY, WEEKDAYS),)
    return When(prompt_tokens_gt=threshold, utc=windows) if threshold or windows else None


def _minutes(clock: Any) -> int | None:
    """A clock number as minutes since midnight: 130 is 01:30."""
    found = number(clock) if not isinstance(clock, str) else None
    if found is None or found != found.to_integral_value() or not 0 <= found <= 2400:
        return None
    hours, minutes = divmod(int(found), 100)
    return hours * 60 + minutes if minutes < 60 and hours * 60 + minutes <= 1440 else None


def _lifecycle(entry: Entry, node: Mapping[str, Any], read_on: date) -> Lifecycle:
    created = node.get("created")
    released = None
    if isinstance(created, int) and not isinstance(created, bool) and 0 < created < 4_102_444_800:
        released = datetime.fromtimestamp(created, UTC).date()
    if created is not None and (released is None or released > read_on):
        entry.leave("created", created, "not a moment before the day on which the list was read")
        released = None
    expires = node.get("expiration_date")
    removal = day(expires[:10]) if isinstance(expires, str) else None
    if expires is not None and removal is None:
        entry.leave("expiration_date", expires, "not a date")
    return Lifecycle(released=released, removal=removal, source=SOURCE if removal else None)


def _supports(parameters: list[Any] | None, name: str) -> bool | None:
    return None if parameters is None else name in parameters
