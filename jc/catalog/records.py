"""Trees that fit their shapes into values: providers, offers, prices, models, benchmarks, scores."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from jc.catalog.model import (
    UNIT_KINDS,
    Api,
    Benchmark,
    Energy,
    Free,
    Lifecycle,
    Model,
    Observation,
    Offer,
    Override,
    PriceRow,
    Provider,
    Score,
    Speed,
    When,
    Window,
)
from jc.catalog.tree import Map
from jc.catalog.windows import span
from jc.errors import Where

TEXT_ONLY = ("text",)
_UNITS = {f"usd_per_{unit}": unit for unit in UNIT_KINDS}
_EMPTY: Mapping[str, Any] = {}
NO_LIFECYCLE = Lifecycle()
NEVER = When()


def day(text: str | None) -> date | None:
    """An ISO date of a tree that fits its shape."""
    return date.fromisoformat(text) if text else None


def number(value: Any) -> Decimal | None:
    """A number of the tree as Decimal; None stays unknown."""
    return value if value is None or type(value) is Decimal else Decimal(value)


def rates(node: Mapping[str, Any]) -> dict[str, Decimal]:
    """The keys of a mapping of numbers that say something."""
    return {key: value if type(value) is Decimal else Decimal(value) for key, value in node.items() if value is not None}


def place(file: str, node: Map) -> Where:
    """Where a mapping begins."""
    return Where(file, node.line, node.column)


def provider(tree: Map, file: str) -> Provider:
    """The head of an offers file."""
    api = tree.get("api")
    return Provider(
        id=tree["provider"],
        kind=tree["kind"],
        api=None if api is None else Api(api.get("protocol", "openai"), api.get("base_url"), api.get("key_env")),
        where=place(file, tree),
        name=tree.get("name"),
        cache_ttl_s=tree.get("cache_ttl_s"),
    )


def offer(node: Map, seller: Provider, file: str) -> Offer:
    """One offer."""
    can: Mapping[str, Any] = node.get("capabilities") or _EMPTY
    limits: Mapping[str, Any] = node.get("limits") or _EMPTY
    free, life, speed = node.get("free"), node.get("lifecycle"), node.get("speed")
    return Offer(
        node["id"],
        node["model"],
        seller.id,
        seller.kind,
        node["wire_id"],
        node.get("region", "global"),
        Where(file, node.line, node.column),
        tuple(node.get("aliases", ())),
        tuple(can.get("input", TEXT_ONLY)),
        tuple(can.get("output", TEXT_ONLY)),
        can.get("tools"),
        can.get("structured_output"),
        can.get("reasoning"),
        limits.get("context"),
        limits.get("output"),
        limits.get("rpm"),
        limits.get("tpm"),
        limits.get("concurrency"),
        tuple([price_row(row, file) for row in node.get("prices", ())]),
        None if free is None else Free(free["reason"], day(free.get("until")), place(file, free)),
        NO_LIFECYCLE if life is None else lifecycle(life),
        None if speed is None else _speed(speed),
    )


def lifecycle(node: Map) -> Lifecycle:
    """The dates of an offer."""
    get = node.get
    return Lifecycle(
        day(get("released")), day(get("deprecation_announced")), day(get("removal")), get("replacement"), get("source")
    )


def _speed(node: Map) -> Speed:
    get = node.get
    return Speed(number(get("ttft_s")), number(get("tokens_per_s")), get("source"), day(get("checked")))


def price_row(node: Map, file: str) -> PriceRow:
    """One dated row of prices."""
    per_mtok, overrides, correction = node.get("usd_per_mtok"), node.get("overrides"), node.get("correction")
    return PriceRow(
        date.fromisoformat(node["from"]),
        node["status"],
        rates(per_mtok) if per_mtok else _EMPTY,
        {_UNITS[key]: Decimal(value) for key, value in node.items() if key in _UNITS and value is not None},
        tuple([_override(item, file) for item in overrides]) if overrides else (),
        node.get("source"),
        day(node.get("checked")),
        Where(file, node.line, node.column),
        correction["reason"] if correction else None,
    )


def _override(node: Map, file: str) -> Override:
    when: Map = node["when"]
    days = tuple(when.get("days") or ())
    windows = tuple(Window(*span(text), days) for text in when.get("utc") or ())
    return Override(
        When(when.get("prompt_tokens_gt"), windows, when.get("mode"), when.get("region"), days) if when else NEVER,
        rates(node.get("set") or _EMPTY),
        rates(node.get("multiply") or _EMPTY),
        node.get("charge", "request"),
        Where(file, node.line, node.column),
    )


def model(node: Map, lab: str, file: str) -> Model:
    """One model of a lab."""
    modes: Mapping[str, Any] = node.get("modalities") or _EMPTY
    energy = node.get("energy")
    return Model(
        id=node["id"],
        lab=lab,
        where=place(file, node),
        family=node.get("family"),
        positioning=node.get("positioning"),
        open_weights=node.get("open_weights"),
        licence=node.get("licence"),
        input=tuple(modes.get("input", TEXT_ONLY)),
        output=tuple(modes.get("output", TEXT_ONLY)),
        params_b=number(node.get("params_b")),
        active_params_b=number(node.get("active_params_b")),
        energy=None
        if energy is None
        else Energy(Decimal(energy["joules"]), energy["per"], energy.get("method"), energy.get("source")),
        verbosity=rates(node.get("verbosity") or _EMPTY),
        aliases=tuple(node.get("aliases", ())),
        best_at=node.get("best_at"),
        name=node.get("name"),
    )


def benchmark(node: Map, file: str) -> Benchmark:
    """One benchmark of the registry."""
    low, high = node["range"]
    return Benchmark(
        node["id"],
        node["name"],
        node["unit"],
        Decimal(low),
        Decimal(high),
        node.get("direction", "higher") == "higher",
        place(file, node),
        node.get("measures"),
        tuple(node.get("successors", ())),
        tuple(node.get("variant_keys", ())),
    )


def observation(node: Map, file: str) -> Observation:
    """What an own eval saw of a model."""
    get = node.get
    return Observation(
        node["model"],
        node["benchmark"],
        get("route_class"),
        int(node["answers"]),
        Decimal(node["output_tokens"]),
        place(file, node),
        number(get("latency_s")),
        number(get("ttft_s")),
        number(get("usd_per_answer")),
        day(get("date")),
    )


def score(node: Map, file: str) -> Score:
    """One measurement."""
    get = node.get
    return Score(
        node["model"],
        node["benchmark"],
        Decimal(node["value"]),
        tuple(sorted((get("variant") or _EMPTY).items())),
        node["by"],
        place(file, node),
        get("harness"),
        get("source"),
        day(get("date")),
        None if (prompts := get("n")) is None else int(prompts),
        (Decimal(bounds[0]), Decimal(bounds[1])) if (bounds := get("interval")) else None,
    )
