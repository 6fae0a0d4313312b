"""Conditions on which `jc catalog diff` says no: `cost>+5%`, `cost>100`, `price>+10%`, `removed>0`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from jc.catalog.diff import largest_rise
from jc.catalog.diff_values import Change
from jc.errors import InputError

Metric = Literal["cost", "price", "removed"]
_FORM = re.compile(r"\s*(cost|price|removed)\s*(>=|>)\s*\+?\s*(\$?)\s*([0-9]+(?:\.[0-9]+)?)\s*(%?)\s*\Z")
_HINT = "write `cost>+5%`, `cost>100` (USD a month), `price>+10%` or `removed>0`"


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: the rise of the monthly cost (in % or USD), the largest rise of a price (%), or how many offers left."""

    text: str
    metric: Metric
    limit: Decimal
    relative: bool
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Bill:
    """The cost of some traffic for a month, before and after (USD)."""

    before: Decimal
    after: Decimal


def gate(text: str) -> Gate:
    """A condition as written on the command line; InputError when it is none."""
    match = _FORM.match(text)
    metric: Metric = "cost"
    if match is not None:
        metric = "price" if match[1] == "price" else "removed" if match[1] == "removed" else "cost"
    wrong_unit = match is not None and (
        (metric == "price" and not match[5]) or (metric == "removed" and (match[5] or match[3])) or (match[3] and match[5])
    )
    if match is None or wrong_unit:
        raise InputError(f"`--fail-on {text}`: not a condition", hint=_HINT)
    return Gate(text.strip(), metric, Decimal(match[4]), bool(match[5]), match[2] == ">=")


def tripped(condition: Gate, changes: Sequence[Change], bill: Bill | None) -> str:
    """What trips a condition, in words; empty when nothing does. InputError when the cost is asked about and not known."""
    if condition.metric == "removed":
        count = Decimal(sum(change.kind == "removed" for change in changes))
        return f"{count} offer{'' if count == 1 else 's'} removed" if _over(condition, count) else ""
    if condition.metric == "price":
        rise = largest_rise(changes)
        return f"a price rises by {rise * 100:.1f}%" if rise is not None and _over(condition, rise * 100) else ""
    if bill is None:
        raise InputError(f"`--fail-on {condition.text}` needs traffic", hint="name a log with `--traffic LOG`")
    return _cost(condition, bill)


def _cost(condition: Gate, bill: Bill) -> str:
    rise = bill.after - bill.before
    if not condition.relative:
        return f"the cost rises by ${rise:.2f} a month" if _over(condition, rise) else ""
    if not bill.before:
        return "the cost rises from nothing" if rise > 0 else ""
    share = rise / bill.before * 100
    return f"the cost rises by {share:.1f}%" if _over(condition, share) else ""


def _over(condition: Gate, value: Decimal) -> bool:
    return value >= condition.limit if condition.inclusive else value > condition.limit
