"""`jc tiers explain` as a document: why a model is where it is, and who could answer in its place."""

from datetime import date
from decimal import Decimal
from typing import Any

from jc.catalog.model import Criterion, Offer
from jc.report.document import Document
from jc.report.numbers import UNKNOWN, change, usd_total
from jc.report.table import Column, Table
from jc.report.tiers import number
from jc.tiers.assign import UNPLACED
from jc.tiers.bands import Compared, Measured, required, variant_text
from jc.tiers.explain import Equal, Explanation

MOST_EQUALS = 4


def explain_document(told: Explanation, on: date, *, every: bool = False) -> Document:
    """Why a model is where it is, and its equals, cheapest first."""
    member = told.member
    equals = [_equal(one) for one in told.equals]
    payload = {
        "as_of": on.isoformat(),
        "model": told.offer.id,
        "tier": member.tier if member else None,
        "evidence": member.state if member else UNPLACED,
        "since": member.since.isoformat() if member else None,
        "where": str(told.where) if told.where else None,
        "why": told.why,
        "blend_usd_per_mtok": number(told.usd_per_mtok),
        "measured": [measured_record(one) for one in told.measured],
        "equals": equals,
        "left_out": dict(told.left_out),
    }
    table = _measured_table(told)
    return Document("jc.tiers-explain/1", payload, equals, [table], _explain_text(told, table, every=every))


def measured_record(one: Measured) -> dict[str, Any]:
    """One measured criterion for machines."""
    return {
        "criterion": one.criterion,
        "benchmark": one.benchmark,
        "variant": dict(one.variant),
        "score": number(one.value),
        "anchor": number(one.anchor),
        "band": number(one.band),
        "floor": number(one.floor),
        "within": one.within,
        "by": one.by,
    }


def _equal(one: Equal) -> dict[str, Any]:
    return {
        "model": one.offer.id,
        "region": one.offer.region,
        "vision": one.offer.vision,
        "blend_usd_per_mtok": number(one.usd_per_mtok),
        "equal": one.equality.holds,
        "why": one.equality.why,
        "objection": one.objection.why if one.objection else None,
        "compared": [_compared(pair) for pair in one.equality.compared],
    }


def _compared(pair: Compared) -> dict[str, Any]:
    return {
        "criterion": pair.criterion,
        "benchmark": pair.benchmark,
        "variant": dict(pair.variant),
        "asked": number(pair.asked),
        "offered": number(pair.offered),
        "band": number(pair.band),
        "within": pair.within,
    }


def _measured_table(told: Explanation) -> Table:
    found = {one.criterion: one for one in told.measured}
    criteria = required(told.rule) if told.rule else ()
    rows = [_measured_row(found.pop(criterion.name, None), criterion) for criterion in criteria]
    rows += [_measured_row(one, None) for one in found.values()]
    columns = (
        Column("Benchmark"),
        Column("Score", "right"),
        Column("Anchor", "right"),
        Column("Band", "right"),
        Column("Within"),
    )
    return Table(columns, rows)


def _measured_row(one: Measured | None, criterion: Criterion | None) -> tuple[str, ...]:
    if one is None:
        names = ", ".join(criterion.benchmarks) if criterion else ""
        return names, UNKNOWN, UNKNOWN, f"±{criterion.band:f}" if criterion else UNKNOWN, "not measured"
    words = variant_text(one.variant)
    within = "yes" if one.within else "no"
    return f"{one.benchmark}{f' ({words})' if words else ''}", f"{one.value:f}", f"{one.anchor:f}", f"±{one.band:f}", within


def _explain_text(told: Explanation, table: Table, *, every: bool) -> str:
    member = told.member
    place = f" ({told.where.file}:{told.where.line})" if told.where else ""
    if member is None:
        lines = [f"{told.offer.id} is in no tier{place}", told.why]
        return "\n".join([*lines, *(["", table.text()] if table.rows else [])])
    lines = [
        f"{told.offer.id} is {member.tier}, since {member.since}{place}",
        f"{member.state}: {told.why}",
        "",
        table.text(),
        "",
    ]
    return "\n".join([*lines, *_equals_text(told, every=every)])


def _equals_text(told: Explanation, *, every: bool) -> list[str]:
    equals = [one for one in told.equals if one.equality.holds]
    now = UNKNOWN if told.usd_per_mtok is None else usd_total(told.usd_per_mtok)
    lines = [f"Equals in {told.region}, cheapest first (blend = input + {told.output_weight} x output; now {now}):"]
    shown = equals if every else equals[:MOST_EQUALS]
    rows = [_equal_cells(one, told.usd_per_mtok) for one in shown]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    lines += [f"  {row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in rows]
    if len(equals) > len(shown):
        lines.append(f"  and {len(equals) - len(shown)} more (--all)")
    if not equals:
        lines.append("  nobody")
    lines += [f"Not its equal: {one.offer.id} {one.equality.why}" for one in told.equals if not one.equality.holds]
    if told.left_out:
        lines.append("Left out: " + ", ".join(f"{count} in region {region}" for region, count in told.left_out.items()))
    return lines


def _equal_cells(one: Equal, now: Decimal | None) -> tuple[str, str, str, str]:
    usd = one.usd_per_mtok
    moved = change(now, usd, 0) if now and usd is not None else UNKNOWN
    note = "vision" if one.offer.vision else "text only"
    return (
        one.offer.id,
        UNKNOWN if usd is None else usd_total(usd),
        moved,
        note + (f"; {one.objection.why}" if one.objection else ""),
    )


def pair_document(told: Explanation, other: Offer, on: date) -> Document:
    """Whether `other` may answer in place of a model: the scores of both, and what a swap would object to."""
    found = next((one for one in told.equals if one.offer.id == other.id), None)
    tier = told.member.tier if told.member else None
    if found is None:
        why = f"is not in {tier}, and nothing crosses a tier" if tier else f"cannot answer for a model of no tier: {told.why}"
    else:
        why = found.objection.why if found.objection and found.equality.holds else found.equality.why
    may = found is not None and found.equality.holds and found.objection is None
    pairs = found.equality.compared if found else ()
    rows = [
        (
            pair.benchmark,
            variant_text(pair.variant),
            f"{pair.asked:f}",
            f"{pair.offered:f}",
            f"{pair.band:f}",
            "yes" if pair.within else "no",
        )
        for pair in pairs
    ]
    records = [_compared(pair) for pair in pairs]
    names = ("Benchmark", "Variant", told.offer.id, other.id, "Band", "Within")
    table = Table(tuple(Column(name, "right" if 1 < i < 5 else "left") for i, name in enumerate(names)), rows)
    payload = {
        "as_of": on.isoformat(),
        "model": told.offer.id,
        "other": other.id,
        "tier": tier,
        "equal": may,
        "why": why,
        "same_region": told.offer.region == other.region,
        "compared": records,
    }
    verdict = f"{other.id} may {'' if may else 'not '}answer in place of {told.offer.id}: {'' if may else 'it '}{why}"
    if may and told.offer.region != other.region:
        verdict += f"; it is in region {other.region}, so only with a policy that lets swaps leave {told.offer.region}"
    text = "\n".join([verdict, *(["", table.text()] if rows else [])])
    return Document("jc.tiers-explain/1", payload, records, [table], text)
