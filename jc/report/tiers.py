"""`jc tiers show` as a document: the published tables, with the cheapest of the region first and marked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from jc.catalog.model import Benchmark, Offer, TierRule
from jc.catalog.price import Unpriced, rates
from jc.report.document import Document
from jc.report.numbers import UNKNOWN
from jc.report.table import Column, Table
from jc.sanitise import clip, display_width
from jc.tiers.bands import required
from jc.tiers.standing import Member, Standing, cheapest, ranked

SCHEMA = "jc.tiers/1"
WIDTH = 100
_NAME_WIDTH = 34
_FIXED = (
    Column("Model"),
    Column("Region"),
    Column("In $/M", "right"),
    Column("Out $/M", "right"),
    Column("Blend", "right"),
)


class Row(NamedTuple):
    """One member as it is shown; prices in USD per million tokens, None when unknown."""

    member: Member
    input: Decimal | None
    output: Decimal | None
    blend: Decimal | None
    cheapest: bool

    @property
    def offer(self) -> Offer:
        """The offer behind it."""
        return self.member.offer


class Shown(NamedTuple):
    """One tier as it is shown."""

    rule: TierRule
    rows: tuple[Row, ...]
    hidden: int
    """Members that the filters left out."""


def shown(view: Standing, at: datetime, tiers: Sequence[str], region: str | None, *, vision: bool = False) -> tuple[Shown, ...]:
    """The tiers in the order of the policy: the cheapest of the region first, the others by cost key, then by id.

    `region` None marks the cheapest of the catalog's default region and lists all; `any` marks the cheapest of all.
    """
    return tuple(_shown(view, at, view.rules[tier], region, vision=vision) for tier in tiers)


def _shown(view: Standing, at: datetime, rule: TierRule, region: str | None, *, vision: bool) -> Shown:
    where = region or view.catalog.settings.default_region
    mark = cheapest(view, rule.id, at, region=where, vision=vision)
    rows = [
        Row(member, *_prices(member.offer, at), blend, mark is not None and member.offer.id == mark.id)
        for member, blend in ranked(view, rule.id, at)
        if _asked_for(member.offer, region, vision=vision)
    ]
    total = len(view.tiers.get(rule.id, ()))
    return Shown(rule, tuple(sorted(rows, key=lambda row: not row.cheapest)), total - len(rows))


def _asked_for(offer: Offer, region: str | None, *, vision: bool) -> bool:
    return (region in {None, "any"} or offer.region == region) and (offer.vision or not vision)


def _prices(offer: Offer, at: datetime) -> tuple[Decimal | None, Decimal | None]:
    try:
        in_force = rates(offer, at)
    except Unpriced:
        return None, None
    return in_force.get("input"), in_force.get("output")


def show_document(view: Standing, tiers: Sequence[Shown], region: str | None) -> Document:
    """The tiers in every format."""
    payload = {
        "as_of": view.on.isoformat(),
        "region": region or view.catalog.settings.default_region,
        "output_weight": float(view.catalog.settings.output_weight),
        "tiers": [
            {"tier": tier.rule.id, "purpose": tier.rule.purpose, "members": [_record(row) for row in tier.rows]} for tier in tiers
        ],
    }
    records = [{"tier": tier.rule.id, **_record(row)} for tier in tiers for row in tier.rows]
    tables = [_table(view, tier) for tier in tiers]
    texts = [_text(view, tier, table, region) for tier, table in zip(tiers, tables, strict=True)]
    return Document(SCHEMA, payload, records, tables, "\n\n".join(texts))


def _record(row: Row) -> dict[str, Any]:
    offer = row.offer
    return {
        "id": offer.id,
        "provider": offer.provider,
        "region": offer.region,
        "input_usd_per_mtok": number(row.input),
        "output_usd_per_mtok": number(row.output),
        "blend_usd_per_mtok": number(row.blend),
        "vision": offer.vision,
        "evidence": row.member.state,
        "cheapest": row.cheapest,
        "removal": offer.lifecycle.removal.isoformat() if offer.lifecycle.removal else None,
        "since": row.member.since.isoformat(),
        "by_hand": row.member.hand is not None,
    }


def number(value: Decimal | None) -> float | None:
    """A price for machines: the shortest number that reads back as the same decimal."""
    return None if value is None else float(value)


def _text(view: Standing, tier: Shown, table: Table, region: str | None) -> str:
    if not tier.rows:
        return f"{_heading(view, tier)}\n\nNobody: {tier.hidden} members are left out by --region or --vision."
    return "\n".join([_heading(view, tier), "", table.text(), "", *_foot(view, tier, region)])


def _heading(view: Standing, tier: Shown) -> str:
    by_band: dict[Decimal, list[str]] = {}
    for criterion in required(tier.rule):
        by_band.setdefault(criterion.band, []).append(_benchmark_name(view, criterion.benchmarks[-1]))
    bands = [f"{band:f} points on {_listed(names)}" for band, names in by_band.items()]
    count = f"{len(tier.rows)} model{'s' if len(tier.rows) != 1 else ''}"
    return f"{tier.rule.id}: {count} within {_listed(bands)}" if bands else f"{tier.rule.id}: {count}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _benchmark_name(view: Standing, name: str) -> str:
    known: Mapping[str, Benchmark] = view.catalog.benchmarks
    return known[name].name if name in known else name


def _table(view: Standing, tier: Shown) -> Table:
    rows = [_cells(row) for row in tier.rows]
    names = [criterion.benchmarks[-1] for criterion in required(tier.rule)]
    scores = [
        (Column(_benchmark_name(view, name), "right"), [_score(view, row.offer, name) for row in tier.rows]) for name in names
    ]
    used = sum(
        max([len(column.name), *(display_width(row[i]) for row in rows)]) + 2
        for i, column in enumerate((*_FIXED, Column("Vision")))
    )
    while scores and used - 2 + sum(len(column.name) + 2 for column, _ in scores) > WIDTH:
        scores.remove(max(scores, key=lambda pair: len(pair[0].name)))
    columns = (*_FIXED, *(column for column, _ in scores), Column("Vision"))
    cells = [(*row[:5], *(values[i] for _, values in scores), row[5]) for i, row in enumerate(rows)]
    return Table(columns, cells)


def _score(view: Standing, offer: Offer, name: str) -> str:
    found = view.evidence.plainest(offer, name)
    return UNKNOWN if found is None else f"{found.value:.1f}"


def _cells(row: Row) -> tuple[str, ...]:
    mark = "* " if row.cheapest else "  "
    return (
        mark + short(row.offer.id),
        row.offer.region,
        three(row.input),
        three(row.output),
        three(row.blend),
        "yes" if row.offer.vision else "no",
    )


def short(name: str, width: int = _NAME_WIDTH) -> str:
    """A name that fits a column: the middle of a three-part id goes first."""
    if len(name) <= width:
        return name
    first, _, rest = name.partition("/")
    last = rest.rpartition("/")[2]
    return clip(f"{first}/.../{last}" if "/" in rest else name, width)


def three(usd: Decimal | None) -> str:
    """A price per million tokens with three decimals."""
    return UNKNOWN if usd is None else f"{usd:.3f}"


def _foot(view: Standing, tier: Shown, region: str | None) -> list[str]:
    where = region or view.catalog.settings.default_region
    mark = next((row.offer.id for row in tier.rows if row.cheapest), None)
    place = "of all regions" if where == "any" else f"in region {where}"
    states = Counter(row.member.state for row in tier.rows)
    words = [f"{states[state]} {state}" for state in ("verified", "partial", "provisional") if states[state]]
    lines = [f"* cheapest {place}: {mark}" if mark else f"no member {place} may be picked"]
    lines.append(f"Evidence: {', '.join(words)}. Blend = input + {view.catalog.settings.output_weight} x output.")
    days = view.catalog.policy.swap.removal_within_days
    for row in tier.rows:
        removal = row.offer.lifecycle.removal
        if removal is not None and removal <= view.on:
            lines.append(f"Gone: {row.offer.id} since {removal}, never picked")
        elif removal is not None and removal <= view.on + timedelta(days=days):
            lines.append(f"Leaving: {row.offer.id} on {removal}, not picked in its last {days} days")
    if tier.hidden:
        lines.append(f"Left out: {tier.hidden}")
    return lines
