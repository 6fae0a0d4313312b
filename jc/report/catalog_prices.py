"""Offers and prices for people and machines: `jc catalog list`, `show` and `price`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from jc.catalog.model import Catalog, Offer, Override, PriceRow
from jc.catalog.price import Unpriced, blend, free_on, rates, row_in_force
from jc.quantities import Cost, CostLine, Usage
from jc.report.document import Document
from jc.report.narrow import narrow
from jc.report.numbers import UNKNOWN, usd_per_mtok
from jc.report.table import Column, Table

_LABELS = {
    "input": "Input",
    "output": "Output",
    "cache_read": "Cached",
    "cache_write_5m": "Cache write 5m",
    "cache_write_1h": "Cache write 1h",
    "request": "Requests",
    "image": "Images",
    "audio_second": "Audio",
    "free": "Free",
}
_NOUNS = {"request": "requests", "image": "images", "audio_second": "seconds"}
_SINGLE = {"request": "request", "image": "image", "audio_second": "second"}


def in_force(offer: Offer, at: datetime) -> Mapping[str, Decimal]:
    """The rates of an offer at a moment; empty when unknown."""
    try:
        return rates(offer, at)
    except Unpriced:
        return {}


def offer_record(offer: Offer, catalog: Catalog, at: datetime) -> dict[str, Any]:
    """One offer as a row, with the prices in force."""
    now = in_force(offer, at)
    row = row_in_force(offer, at.date())
    return {
        "id": offer.id,
        "model": offer.model,
        "provider": offer.provider,
        "kind": offer.kind,
        "region": offer.region,
        "wire_id": offer.wire_id,
        "aliases": list(offer.aliases),
        "input_usd_per_mtok": now.get("input"),
        "output_usd_per_mtok": now.get("output"),
        "cache_read_usd_per_mtok": now.get("cache_read"),
        "blend_usd_per_mtok": blend(offer, at, catalog.settings.output_weight),
        **{key: value for key, value in now.items() if key.startswith("usd_per_")},
        "price_status": None if row is None else row.status,
        "price_from": None if row is None else row.valid_from,
        "free": free_on(offer.free, at.date()),
        "input": list(offer.input),
        "output": list(offer.output),
        "vision": offer.vision,
        "tools": offer.tools,
        "structured_output": offer.structured_output,
        "reasoning": offer.reasoning,
        "context": offer.context,
        "max_output": offer.max_output,
        "released": offer.lifecycle.released,
        "removal": offer.lifecycle.removal,
        "replacement": offer.lifecycle.replacement,
    }


def list_document(offers: Sequence[Offer], catalog: Catalog, at: datetime, width: int) -> Document:
    """Offers with the prices of a day; as text no wider than `width`, long ids cut in the middle."""
    records = [offer_record(offer, catalog, at) for offer in offers]
    columns = (
        Column("Model"),
        Column("Region"),
        Column("In $/M", "right"),
        Column("Out $/M", "right"),
        Column("Blend", "right"),
        Column("Context", "right"),
        Column("Vision"),
        Column("Tools"),
        Column("Removal"),
    )
    rows = [_list_row(one) for one in records]
    payload = {"as_of": at.date(), "offers": records}
    table = Table(columns, rows)
    return Document("jc.catalog-list/1", payload, records, [table], narrow(table, width, ("Region", "Tools")))


def _list_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(one["id"]),
        str(one["region"]),
        _rate(one["input_usd_per_mtok"]),
        _rate(one["output_usd_per_mtok"]),
        _rate(one["blend_usd_per_mtok"]),
        UNKNOWN if one["context"] is None else f"{one['context']:,}",
        _yes(one["vision"]),
        _yes(one["tools"]),
        str(one["removal"] or ""),
    )


def _rate(usd: Decimal | None) -> str:
    """A rate as a cell: at least three decimals, without the sign."""
    if usd is None:
        return UNKNOWN
    decimals = max(3, -int(usd.normalize().as_tuple().exponent))
    return f"{usd:,.{decimals}f}"


def _yes(value: bool | None) -> str:
    return UNKNOWN if value is None else "yes" if value else "no"


def show_document(offer: Offer, catalog: Catalog, at: datetime) -> Document:
    """Everything about one offer and the model behind it."""
    now = row_in_force(offer, at.date())
    history = [_row_record(row, row is now) for row in offer.prices]
    model = catalog.models.get(offer.model)
    payload = {
        "as_of": at.date(),
        **offer_record(offer, catalog, at),
        "where": str(offer.where),
        "prices": history,
        "lifecycle": asdict(offer.lifecycle),
        "speed": None if offer.speed is None else asdict(offer.speed),
        "limits": {"rpm": offer.rpm, "tpm": offer.tpm, "concurrency": offer.concurrency},
        "model_facts": None if model is None else {**_facts(asdict(model)), "where": str(model.where)},
        "scores": [_facts(asdict(score)) for score in catalog.scores if score.model in {offer.model, offer.id}],
    }
    return Document("jc.catalog-show/1", payload, history, text=_show_text(payload, offer.free.reason if offer.free else ""))


def _facts(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != "where"}


def _row_record(row: PriceRow, is_now: bool) -> dict[str, Any]:
    return {
        "from": row.valid_from,
        "status": row.status,
        "in_force": is_now,
        "usd_per_mtok": dict(row.usd_per_mtok),
        **{f"usd_per_{unit}": usd for unit, usd in row.usd_per_unit.items()},
        "overrides": [_override_record(override) for override in row.overrides],
        "source": row.source,
        "checked": row.checked,
    }


def _override_record(override: Override) -> dict[str, Any]:
    when = {key: value for key, value in asdict(override.when).items() if value not in {None, ()}}
    return {"when": when, "set": dict(override.set), "multiply": dict(override.multiply), "charge": override.charge}


def _show_text(facts: Mapping[str, Any], free_because: str) -> str:
    """Name and value, a line each; unknown ones are an en dash."""
    model = facts["model_facts"] or {}
    pairs = [
        ("Model", facts["model"]),
        ("Provider", f"{facts['provider']} ({facts['kind']}), region {facts['region']}"),
        ("Wire id", facts["wire_id"]),
        ("Aliases", ", ".join(facts["aliases"])),
        ("Takes", f"{', '.join(facts['input'])}; gives {', '.join(facts['output'])}"),
        (
            "Tools",
            f"{_yes(facts['tools'])}; structured output {_yes(facts['structured_output'])}; reasoning {_yes(facts['reasoning'])}",
        ),
        ("Context", f"{_tokens(facts['context'])}, output {_tokens(facts['max_output'])}"),
        ("Weights", {True: "open", False: "closed", None: ""}[model.get("open_weights")]),
        ("Energy", _energy(model.get("energy"))),
        ("Released", facts["lifecycle"]["released"]),
        ("Removal", _removal(facts["lifecycle"])),
        ("Speed", _speed(facts["speed"])),
        ("Free", f"now: {free_because}" if facts["free"] else ""),
        ("Written at", facts["where"]),
    ]
    width = max(len(name) for name, _ in pairs) + 2
    lines = [
        facts["id"],
        "",
        *(f"{name:<{width}}{value or UNKNOWN}" for name, value in pairs if value or name not in {"Aliases", "Free"}),
    ]
    if facts["prices"]:
        lines += ["", _price_table(facts["prices"]).text()]
    elif not facts["free"]:
        lines += ["", "No price is known."]
    return "\n".join(lines)


def _tokens(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,} tokens"


def _energy(energy: Mapping[str, Any] | None) -> str:
    return "" if energy is None else f"{energy['joules']} J per {energy['per']} ({energy['method'] or 'method unknown'})"


def _removal(life: Mapping[str, Any]) -> str:
    if life["removal"] is None:
        return ""
    return f"{life['removal']}" + (f", replaced by {life['replacement']}" if life["replacement"] else "")


def _speed(speed: Mapping[str, Any] | None) -> str:
    if speed is None:
        return ""
    first = f"first token after {speed['ttft_s']} s" if speed["ttft_s"] is not None else ""
    pace = f"{speed['tokens_per_s']} tokens/s" if speed["tokens_per_s"] is not None else ""
    return ", ".join(part for part in (first, pace) if part)


def _price_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = (
        Column("From"),
        Column("Status"),
        Column("In $/M", "right"),
        Column("Out $/M", "right"),
        Column("Cached", "right"),
        Column("More"),
        Column(""),
    )
    cells = [
        (
            str(row["from"]),
            str(row["status"]),
            *(_rate(row["usd_per_mtok"].get(kind)) for kind in ("input", "output", "cache_read")),
            _more(row),
            "in force" if row["in_force"] else "",
        )
        for row in rows
    ]
    return Table(columns, cells)


def _more(row: Mapping[str, Any]) -> str:
    parts = [
        f"{key.removeprefix('usd_per_').replace('_', ' ')} ${usd}"
        for key, usd in row.items()
        if key.startswith("usd_per_") and key != "usd_per_mtok"
    ]
    parts += [f"{kind.replace('_', ' ')} ${usd}" for kind, usd in row["usd_per_mtok"].items() if kind.startswith("cache_write")]
    parts += [_condition(override["when"]) for override in row["overrides"]]
    return "; ".join(parts)


def _condition(when: Mapping[str, Any]) -> str:
    """An override's condition in a few words."""
    parts = []
    if "prompt_tokens_gt" in when:
        parts.append(f"above {when['prompt_tokens_gt']:,} tokens")
    if "mode" in when:
        parts.append(str(when["mode"]))
    if "utc" in when:
        parts.append("at set hours")
    if "region" in when:
        parts.append(f"in {when['region']}")
    return "other " + ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Call:
    """What was priced: the offer, the usage, the moment and the mode."""

    offer: Offer
    usage: Usage
    at: datetime
    mode: str
    region: str | None


def price_document(call: Call, cost: Cost) -> Document:
    """The cost of one call, line by line."""
    lines = [
        {"name": line.name, "quantity": line.quantity, "usd_per_unit": line.usd_per_unit, "per": line.per, "usd": line.usd}
        for line in cost.lines
    ]
    payload = {
        "offer": call.offer.id,
        "at": call.at,
        "mode": call.mode,
        "region": call.region or call.offer.region,
        "usage": asdict(call.usage),
        "lines": lines,
        "total_usd": cost.usd,
    }
    cells = [_price_cells(line, _places(cost.usd)) for line in cost.lines]
    cells.append(("Total", "", "", _usd(cost.usd, _places(cost.usd))))
    columns = (Column("Part"), Column("Quantity", "right"), Column("Rate"), Column("USD", "right"))
    return Document("jc.catalog-price/1", payload, lines, [Table(columns, cells)], _sum(cells))


def _sum(cells: Sequence[tuple[str, str, str, str]]) -> str:
    """The lines of a sum, as one writes them on paper."""
    label, quantity, rate, usd = (max(len(row[column]) for row in cells) for column in range(4))
    return "\n".join(f"{row[0]:<{label + 4}}{row[1]:>{quantity}} {row[2]:<{rate + 3}}{row[3]:>{usd}}" for row in cells)


def _places(total: Decimal) -> int:
    """Decimals that give the total four significant figures, and at least two."""
    return 2 if total == 0 else max(2, 3 - total.adjusted())


def _usd(usd: Decimal, places: int) -> str:
    return f"${usd.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):,}"


def _price_cells(line: CostLine, places: int) -> tuple[str, str, str, str]:
    if line.name == "free":
        return "Free", "", "", _usd(line.usd, places)
    if line.per == "mtok":
        return (
            _LABELS[line.name],
            f"{line.quantity:,} tokens",
            f"× {usd_per_mtok(line.usd_per_unit.normalize())} per 1M",
            _usd(line.usd, places),
        )
    noun = _SINGLE[line.per] if line.quantity == 1 else _NOUNS[line.per]
    rate = f"× ${line.usd_per_unit} per {_SINGLE[line.per]}"
    return _LABELS[line.name], f"{line.quantity:,} {noun}", rate, _usd(line.usd, places)
