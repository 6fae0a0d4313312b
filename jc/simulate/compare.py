"""A result against an earlier one, for continuous integration: what changed, and whether it is more than was allowed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from jc.errors import InputError
from jc.simulate.result import SCHEMA

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """What may not be passed: the relative increase of cost, the seconds of p95. None: no limit."""

    cost_increase: float | None = None
    p95_s: float | None = None


def read_result(path: Path) -> Fields:
    """The payload of an earlier `jc simulate --format json`; InputError when the file is none."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}", hint="write one with `jc simulate … -o FILE.json`") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path}` is no JSON", hint="write one with `jc simulate … -o FILE.json`") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("tables"), list):
        raise InputError(f"`{path}` is no result of `jc simulate`", hint="write one with `jc simulate … -o FILE.json`")
    return found


def compared(now: Fields, earlier: Fields) -> list[dict[str, Any]]:
    """One row for each table that both results have: cost and p95, before and after."""
    before = {row.get("name"): row for row in earlier["tables"] if isinstance(row, dict)}
    rows = []
    for row in now["tables"]:
        old = before.get(row["name"])
        if old is None:
            continue
        rows.append(
            {
                "name": row["name"],
                "before_usd": old.get("cost_usd"),
                "after_usd": row["cost_usd"],
                "change": _relative(old.get("cost_usd"), row["cost_usd"]),
                "before_p95_s": old.get("p95_s"),
                "after_p95_s": row["p95_s"],
            }
        )
    if not rows:
        names = ", ".join(f"`{name}`" for name in before)
        raise InputError("the earlier result has none of these tables", hint=f"it has {names or 'no table'}")
    return rows


def _relative(before: object, after: object) -> float | None:
    """The relative change of two amounts of money; None when one is unknown or there was none before."""
    try:
        old, new = Decimal(str(before)), Decimal(str(after))
    except InvalidOperation:
        return None
    return float(new / old) - 1 if old > 0 and new.is_finite() else None


def broken(now: Fields, rows: list[dict[str, Any]], limits: Limits) -> list[str]:
    """The limits that are passed, in words. Cost is held against the earlier result, or against the baseline without one."""
    said = []
    against = {row["name"]: row["change"] for row in rows} or {row["name"]: row["change"] for row in now["tables"]}
    for row in now["tables"]:
        increase = against.get(row["name"])
        if limits.cost_increase is not None and increase is not None and increase > limits.cost_increase:
            said.append(f"{row['name']} costs {increase:+.1%}, more than {limits.cost_increase:+.1%}")
        logged = row is now["tables"][0]
        p95 = row["p95_s"]
        if limits.p95_s is not None and not logged and p95 is not None and p95 > limits.p95_s:
            said.append(f"{row['name']} has a p95 of {p95:.2f} s, more than {limits.p95_s:g} s")
    return said
