"""The difference of two catalogs as a document in every format, with every figure unrounded for machines."""

from decimal import Decimal
from typing import Any

from jc.catalog.diff_values import Change, Delta, Figure
from jc.report.catalog_diff_text import HEADS, DiffReport, EffectOnCost, diff_markdown, diff_text
from jc.report.document import Document


def diff_document(report: DiffReport) -> Document:
    """The document in every format; `text` is the same as `table`."""
    text = "\n".join(diff_text(report))
    rows = [_record(report, one, delta) for one in report.changes for delta in one.deltas or (Delta("", None, None),)]
    return Document(
        "jc.catalog-diff/1",
        _payload(report),
        rows,
        text=text,
        markdown="\n".join(diff_markdown(report)),
        extra={"text": lambda: text},
    )


def _payload(report: DiffReport) -> dict[str, Any]:
    kinds = dict.fromkeys(HEADS, 0)
    for one in report.changes:
        kinds[one.kind] += 1
    return {
        "base": report.base,
        "commit": report.commit,
        "head": report.head,
        "as_of": report.as_of,
        "counts": kinds,
        "changes": [_change(report, one) for one in report.changes],
        "swaps": None if report.swaps is None else {"changed": report.swaps[0], "of": report.swaps[1]},
        "cost": None if report.cost is None else _cost(report.cost),
        "failed_on": list(report.tripped),
    }


def _change(report: DiffReport, one: Change) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.subject,
        "tier": report.tiers.get(one.subject),
        "region": one.region or None,
        "effective": one.effective,
        "status": one.status,
        "replacement": one.replacement,
        "used_by": [str(where) for where in one.used_by],
        "where": str(one.where) if one.where else None,
        "note": one.note or None,
        "cost_key_change_usd_per_mtok": f"{one.weight:f}",
        "deltas": [
            {
                "field": delta.field,
                "condition": delta.condition or None,
                "unit": delta.unit or None,
                "before": _plain(delta.before),
                "after": _plain(delta.after),
                "change": None if delta.share is None else float(delta.share),
            }
            for delta in one.deltas
        ],
    }


def _plain(value: Figure) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return list(value) if isinstance(value, tuple) else value


def _cost(cost: EffectOnCost) -> dict[str, Any]:
    return {
        "traffic": cost.name,
        "swaps": cost.swaps,
        "requests": cost.requests,
        "days": cost.days,
        "per": "month",
        "before_usd": f"{cost.before:f}",
        "after_usd": f"{cost.after:f}",
        "change_usd": f"{cost.total:f}",
        "change": float(cost.total / cost.before) if cost.before else None,
        "effects": {
            "price_usd": f"{cost.price:f}",
            "swap_target_usd": f"{cost.swap_target:f}",
            "removal_usd": f"{cost.removal:f}",
        },
        "log": {f"{name}_usd": f"{value:f}" for name, value in cost.exact.items()},
        "left_out": dict(cost.left_out),
        "unknown_models": dict(cost.unknown),
        "by_model": {name: f"{usd:f}" for name, usd in cost.by_model.items()},
    }


def _record(report: DiffReport, one: Change, delta: Delta) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.subject,
        "tier": report.tiers.get(one.subject),
        "region": one.region,
        "field": delta.field,
        "condition": delta.condition,
        "unit": delta.unit,
        "before": _plain(delta.before),
        "after": _plain(delta.after),
        "change": None if delta.share is None else float(delta.share),
        "effective": one.effective,
        "status": one.status,
        "replacement": one.replacement,
        "used_by": " ".join(str(where) for where in one.used_by),
    }
