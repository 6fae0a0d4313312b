"""litellm's `model_prices_and_context_window.json`: one mapping of names to entries, prices in USD per token.

Its traps: the entry `sample_spec` is documentation; `…_above_272k_tokens` is a threshold while `…_above_1hr` is a kind of cache
write; `tiered_pricing` is a list of ranges of the prompt, `off_peak_pricing` holds windows in UTC; the same offer is often listed
twice, with and without its provider in front; 0.0 is written for what nobody knows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from jc.catalog.importers.candidate import (
    NO_UNIT,
    NOWHERE,
    Builder,
    Candidate,
    Entry,
    day,
    limits,
    link,
    said,
)
from jc.catalog.importers.reading import number
from jc.catalog.importers.sellers import cloud_region, kind_of_seller
from jc.catalog.model import WEEKDAYS, Lifecycle, Mode, Model, Offer, When, Window
from jc.catalog.windows import span
from jc.errors import InputError

FORMAT = "litellm"
HOME = "https://github.com/BerriAI/litellm"
_KINDS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
}
_RATE = re.compile(
    rf"(?P<name>{'|'.join(_KINDS)})(?P<hour>_above_1hr)?(?:_above_(?P<above>[0-9]+)(?P<k>k?)_tokens)?"
    r"(?:_(?P<mode>batches|flex|priority))?\Z"
)
_MODES: dict[str, Mode] = {"batches": "batch", "flex": "flex", "priority": "priority"}
_MONEY = re.compile(r"cost|pric|multiplier")
_OUTPUTS = {
    "chat": ("text",),
    "completion": ("text",),
    "responses": ("text",),
    "embedding": ("embedding",),
    "rerank": ("scores",),
    "image_generation": ("image",),
    "image_edit": ("image",),
    "audio_transcription": ("text",),
}
_FLAGS = {
    "supports_vision": "image",
    "supports_pdf_input": "pdf",
    "supports_audio_input": "audio",
    "supports_video_input": "video",
}
_MODALITIES = frozenset({"text", "image", "audio", "video", "pdf"})


class Seller(NamedTuple):
    """Who sells an entry, under which wire id, and where."""

    provider: str
    wire_id: str
    region: str


def read(tree: Any, read_on: date) -> Candidate:
    """The candidate of litellm's list as read on a day; InputError when the tree is not such a list."""
    if not isinstance(tree, dict) or not any(isinstance(node, dict) and "litellm_provider" in node for node in tree.values()):
        raise InputError("this is not litellm's list of models", hint="it maps names to entries with `litellm_provider`")
    builder = Builder(FORMAT, read_on)
    for name, node in tree.items():
        reason = _unfit(name, node)
        if reason:
            builder.skip(name, reason)
        else:
            _take(builder, name, node)
    return builder.done()


def _unfit(name: str, node: Any) -> str:
    if name == "sample_spec":
        return "it documents the format"
    if not isinstance(node, dict):
        return "not a mapping"
    if not isinstance(node.get("litellm_provider"), str):
        return "it names no provider"
    mode = node.get("mode", "chat")
    if mode not in _OUTPUTS:
        return f"mode `{said(mode)}`: {NO_UNIT}"
    return ""


def _take(builder: Builder, name: str, node: Mapping[str, Any]) -> None:
    entry = Entry(name, 6)
    seller = _seller(name, node["litellm_provider"])
    mode = node.get("mode", "chat")
    context, output = limits(
        entry, node.get("max_input_tokens"), node.get("max_output_tokens"), ("max_input_tokens", "max_output_tokens")
    )
    _prices(entry, node, mode, context)
    if not entry.base and not entry.per_unit and any(one.reason == NO_UNIT for one in entry.left_out):
        fields = ", ".join(one.field for one in entry.left_out if one.reason == NO_UNIT)
        builder.skip(name, f"priced only by {fields}: {NO_UNIT}")
        return
    removal = day(node.get("deprecation_date"))
    if node.get("deprecation_date") is not None and removal is None:
        entry.leave("deprecation_date", node["deprecation_date"], "not a date")
    source = link(node.get("source")) or HOME
    id_ = f"{seller.provider}/{seller.wire_id}"
    taken = Offer(
        id=id_,
        model=id_,
        provider=seller.provider,
        kind=builder.provider(seller.provider, kind_of_seller(seller.provider)).kind,
        wire_id=seller.wire_id,
        region=seller.region,
        where=NOWHERE,
        input=_inputs(node, mode),
        output=_outputs(node, mode),
        tools=_flag(node, "supports_function_calling"),
        structured_output=_flag(node, "supports_response_schema"),
        reasoning=_flag(node, "supports_reasoning"),
        context=context,
        max_output=output,
        prices=entry.row(builder.read_on, source),
        lifecycle=Lifecycle(removal=removal, source=source if removal else None),
    )
    builder.add(entry, taken, Model(id_, seller.provider, NOWHERE, input=taken.input, output=taken.output))


def _seller(name: str, said_provider: str) -> Seller:
    """`vertex_ai-anthropic_models` is vertex_ai; the provider, and a region after it, stand in front of some names."""
    provider = "vertex_ai" if said_provider.startswith("vertex_ai-") else said_provider
    wire = name.removeprefix(f"{provider}/")
    head, slash, rest = wire.partition("/")
    region = cloud_region(head) if slash and provider.startswith(("azure", "bedrock", "vertex")) else None
    if region is None and provider.startswith("bedrock"):
        region = cloud_region(wire.partition(".")[0])
        if region is None and rest and head == "bedrock":
            region = cloud_region(rest.partition("/")[0])
    return Seller(provider, wire, region or "global")


def _prices(entry: Entry, node: Mapping[str, Any], mode: str, context: int | None) -> None:
    conditions: dict[tuple[int, str], dict[str, Decimal]] = {}
    for key, value in node.items():
        match = _RATE.match(key)
        if match is None:
            continue
        kind = "cache_write_1h" if match["hour"] else _KINDS[match["name"]]
        if match["hour"] and kind != "cache_write_1h":
            continue
        above = int(match["above"]) * (1000 if match["k"] else 1) if match["above"] else 0
        if not above and not match["mode"]:
            entry.rate(kind, key, value)
            continue
        usd = entry.usd(key, value)
        if usd is not None:
            conditions.setdefault((above, match["mode"] or ""), {})[kind] = usd
    for (above, suffix), rates in sorted(conditions.items()):
        entry.override(When(prompt_tokens_gt=above or None, mode=_MODES.get(suffix)), rates, context)
    _tiered(entry, node.get("tiered_pricing"), context)
    _off_peak(entry, node.get("off_peak_pricing"))
    _units(entry, node, mode)
    _rest(entry, node)


def _tiered(entry: Entry, tiers: Any, context: int | None) -> None:
    """Ranges of prompt tokens, the first of which is the base; a request is charged whole at its range."""
    if not isinstance(tiers, list) or not tiers:
        return
    parsed = [(_start(tier), tier) for tier in tiers]
    if entry.base or any(start is None for start, _ in parsed) or parsed[0][0] != 0:
        entry.leave("tiered_pricing", tiers, "not ranges that begin at 0, in place of a flat price")
        return
    for start, tier in sorted(parsed, key=lambda pair: pair[0] or 0):
        rates = _tier_rates(entry, tier, start or 0)
        if start:
            entry.override(When(prompt_tokens_gt=start), rates, context)
        else:
            entry.base.update(rates)


def _start(tier: Any) -> int | None:
    bounds = tier.get("range") if isinstance(tier, dict) else None
    first = number(bounds[0]) if isinstance(bounds, list) and len(bounds) == 2 else None
    if first is None or first != first.to_integral_value() or first < 0:
        return None
    return int(first)


def _tier_rates(entry: Entry, tier: Mapping[str, Any], start: int) -> dict[str, Decimal]:
    out: dict[str, Decimal] = {}
    for key, value in tier.items():
        what = f"tiered_pricing above {start}: {key}" if start else f"tiered_pricing: {key}"
        if key in _KINDS:
            usd = entry.usd(what, value)
            if usd is not None:
                out[_KINDS[key]] = usd
        elif key == "output_cost_per_reasoning_token" and value == tier.get("output_cost_per_token"):
            continue
        elif key != "range":
            entry.leave(what, value, NO_UNIT)
    return out


def _off_peak(entry: Entry, node: Any) -> None:
    """Rates within windows of the week; weekdays count from 1, Monday, and 00:00 at the end is midnight."""
    if not isinstance(node, dict) or not node:
        return
    windows = tuple(_windows(node))
    if not windows:
        entry.leave("off_peak_pricing", node, "its windows cannot be read")
        return
    rates: dict[str, Decimal] = {}
    for key, value in node.items():
        if key in _KINDS:
            usd = entry.usd(f"off_peak_pricing: {key}", value)
            if usd is not None:
                rates[_KINDS[key]] = usd
        elif key not in {"windows", "hours_utc", "weekdays"}:
            entry.leave(f"off_peak_pricing: {key}", value, NO_UNIT)
    for timetable in dict.fromkeys(window.days for window in windows):
        entry.override(When(utc=tuple(window for window in windows if window.days == timetable)), rates)


def _windows(node: Mapping[str, Any]) -> Iterator[Window]:
    """Every window, or none when one of them cannot be read: half of a timetable is a wrong one."""
    spans = node.get("windows", [node])
    found: list[Window] = []
    for one in spans if isinstance(spans, list) else ():
        hours = one.get("hours_utc") if isinstance(one, dict) else None
        days = _days(one.get("weekdays")) if isinstance(one, dict) else None
        for text in [hours] if isinstance(hours, str) else hours if isinstance(hours, list) else [""]:
            window = _window(text, days)
            if window is None:
                return
            found.append(window)
    yield from found


def _window(text: object, days: tuple[str, ...] | None) -> Window | None:
    if not isinstance(text, str) or days is None:
        return None
    start, _, end = text.partition("-")
    try:
        return Window(*span(f"{start}-24:00" if end == "00:00" else text), days)
    except ValueError:
        return None


def _days(numbers: Any) -> tuple[str, ...] | None:
    if numbers is None:
        return WEEKDAYS
    if not isinstance(numbers, list) or not numbers or not all(isinstance(one, int) and 1 <= one <= 7 for one in numbers):
        return None
    return tuple(WEEKDAYS[one - 1] for one in sorted(set(numbers)))


def _units(entry: Entry, node: Mapping[str, Any], mode: str) -> None:
    """Prices per image, second and request, where the kind of model makes clear what is counted."""
    for unit, key, modes in (
        ("image", "output_cost_per_image", {"image_generation", "image_edit"}),
        ("audio_second", "input_cost_per_second", {"audio_transcription"}),
        ("request", "input_cost_per_query", {"rerank"}),
        ("request", "input_cost_per_request", set(_OUTPUTS)),
    ):
        if key not in node:
            continue
        if mode not in modes:
            entry.leave(key, node[key], NO_UNIT)
        elif unit != "request" and entry.base:
            entry.leave(key, node[key], "another way to count what its token prices count already")
        else:
            entry.unit(unit, key, node[key])


_READ = {
    "tiered_pricing",
    "off_peak_pricing",
    "output_cost_per_image",
    "input_cost_per_second",
    "input_cost_per_query",
    "input_cost_per_request",
}


def _rest(entry: Entry, node: Mapping[str, Any]) -> None:
    """Every other figure of money is noted; those that repeat what is held already are not lost."""
    for key, value in node.items():
        if key in _READ or _RATE.match(key) or not _MONEY.search(key) or value is None:
            continue
        repeats = {
            "output_cost_per_reasoning_token": "output_cost_per_token",
            "input_cost_per_token_cache_hit": "cache_read_input_token_cost",
        }
        if key in repeats and number(value) == number(node.get(repeats[key])):
            continue
        entry.leave(key, value, "the price in DBU, given beside the one in dollars" if "dbu" in key else NO_UNIT)


def _flag(node: Mapping[str, Any], key: str) -> bool | None:
    value = node.get(key)
    return value if isinstance(value, bool) else None


def _inputs(node: Mapping[str, Any], mode: str) -> tuple[str, ...]:
    if mode == "audio_transcription":
        return ("audio",)
    listed = [one for one in _list(node, "supported_modalities") if one in _MODALITIES]
    flagged = [kind for key, kind in _FLAGS.items() if node.get(key) is True]
    return tuple(dict.fromkeys(["text", *listed, *flagged]))


def _outputs(node: Mapping[str, Any], mode: str) -> tuple[str, ...]:
    listed = [one for one in _list(node, "supported_output_modalities") if one in _MODALITIES]
    if mode in {"chat", "responses", "completion"} and listed:
        return tuple(dict.fromkeys(listed))
    return _OUTPUTS[mode]


def _list(node: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = node.get(key)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
