"""A result against an earlier one, for continuous integration: what changed, and whether it is more than was allowed.

A limit never holds by default. What cannot be told (another log, a table that the earlier result does not have, an unknown cost)
is a limit that could not be checked, and refusing requests is no saving: cost is told per answered request, and the share of
requests that are answered at a known cost is held against the limit too.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path, PurePath
from typing import Any

from jc.errors import InputError, Problem
from jc.simulate.result import SCHEMA
from jc.simulate.simulation import LOGGED

Fields = Mapping[str, Any]
_MOST_USD = Decimal(10) ** 15
_SAME_LOG = ("requests", "input_tokens", "cached_input_tokens", "output_tokens", "first_day", "last_day")
_ANOTHER_LOG = "replay the log of the earlier result, or write a new one with `jc simulate … -o FILE.json`"
_WRITE_ONE = "write one with `jc simulate … -o FILE.json`"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may not be passed: the relative increase of cost, the seconds of p95. None: no limit."""

    cost_increase: float | None = None
    p95_s: float | None = None

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.cost_increase is not None or self.p95_s is not None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What limits say of a result: those that are passed, in words, and those that could not be checked, with what to do."""

    passed: tuple[str, ...] = ()
    unchecked: tuple[Problem, ...] = ()


def read_result(path: Path) -> Fields:
    """The payload of an earlier `jc simulate --format json`; InputError when the file is none, or its figures are no figures."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}", hint=_WRITE_ONE) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path}` is no JSON", hint=_WRITE_ONE) from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("tables"), list):
        raise InputError(f"`{path}` is no result of `jc simulate`", hint=_WRITE_ONE)
    slips = [Problem(slip, hint=_WRITE_ONE) for row in found["tables"] for slip in _slips(row)]
    if slips:
        raise InputError.of(slips, f"`{path}` cannot be compared with")
    return found


def _slips(row: object) -> Iterator[str]:
    """What is wrong with one row of an earlier result."""
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        yield "a table has no name"
        return
    if row.get("cost_usd") is not None and _usd(row["cost_usd"]) is None:
        yield f"{row['name']}: `cost_usd` is {str(row['cost_usd'])[:40]!r}, which is no amount"
    for name in ("p95_s", "requests", "rejected", "over_budget", "cost_known"):
        value = row.get(name)
        if value is not None and not _is_amount(value):
            yield f"{row['name']}: `{name}` is {str(value)[:40]!r}, which is no such number"


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15


def _usd(value: object) -> Decimal | None:
    """An amount of money; None for what is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= _MOST_USD else None


def compared(now: Fields, earlier: Fields) -> list[dict[str, Any]]:
    """One row for each table that both results have: cost and p95, before and after, and the change per answered request."""
    rows = []
    for row in now["tables"]:
        old = earlier_table(row, now, earlier)
        if old is None:
            continue
        rows.append(
            {
                "name": row["name"],
                "earlier_name": old["name"],
                "before_usd": old.get("cost_usd"),
                "after_usd": row["cost_usd"],
                "change": _relative(_each(old), _each(row)),
                "before_answered": answered(old),
                "after_answered": answered(row),
                "before_p95_s": old.get("p95_s"),
                "after_p95_s": row["p95_s"],
            }
        )
    return rows


def earlier_table(row: Fields, now: Fields, earlier: Fields) -> Fields | None:
    """The same table in the earlier result: as it was typed, else by its own name or its file's; None if not just one is."""
    for told in (_typed, _own, _file):
        here = [one for one in now["tables"] if told(one) == told(row)]
        there = [one for one in earlier["tables"] if told(one) == told(row)]
        if told(row) and len(here) == len(there) == 1:
            return there[0]  # type: ignore[no-any-return]
    return None


def _typed(row: Fields) -> str:
    return str(row["name"])


def _own(row: Fields) -> str:
    return str(row.get("table_name") or "")


def _file(row: Fields) -> str:
    """The file that a table was read from, wherever it lay; empty for tables that are no files."""
    name = PurePath(str(row["name"]))
    return name.name if name.suffix in {".yaml", ".yml"} else ""


def answered(row: Fields) -> float | None:
    """The share of the requests that a table answers at a known cost; None for no requests."""
    requests = row.get("requests") or 0
    left = requests - (row.get("rejected") or 0) - (row.get("over_budget") or 0)
    known = row.get("cost_known")
    return max(0, left) / requests * (1.0 if known is None else known) if requests else None


def _each(row: Fields) -> Decimal | None:
    """What an answered request costs on average, in USD; None when nobody knows."""
    cost, share = row.get("cost_usd"), answered(row)
    usd = None if cost is None else _usd(cost)
    return usd / (row["requests"] * Decimal(share)) if usd is not None and share else None


def _relative(before: Decimal | None, after: Decimal | None) -> float | None:
    """The relative change of two amounts of money; None when one is unknown, or when what was free is not any more."""
    if before is None or after is None:
        return None
    if not before:
        return None if after else 0.0
    found = float(after / before) - 1
    return found if math.isfinite(found) else None


def other_log(now: Fields, earlier: Fields) -> str:
    """How the log of the earlier result differs, in words; empty when it is clearly the same (its requests, tokens and days)."""
    here, there = now["traffic"], earlier.get("traffic")
    there = there if isinstance(there, Mapping) else {}
    differ = [name for name in _SAME_LOG if here.get(name) != there.get(name)]
    if not differ:
        return ""
    if "requests" in there and "requests" in differ:
        return f"the earlier result is of another log: {_number(there['requests'])} requests, now {_number(here['requests'])}"
    told = " and ".join(name.replace("_", " ") for name in differ[:2])
    return f"the earlier result is of another log: its {told} differ"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)[:40]


def judged(now: Fields, earlier: Fields | None, limits: Limits) -> Verdict:
    """What the limits say. Cost is held against the earlier result, or against the baseline without one."""
    passed: list[str] = []
    unchecked: list[Problem] = []
    if limits.cost_increase is not None:
        said, open_ = (
            _against_baseline(now, limits.cost_increase) if earlier is None else _cost(now, earlier, limits.cost_increase)
        )
        passed += said
        unchecked += open_
    if limits.p95_s is not None:
        said, open_ = _time(now["tables"][1:], limits.p95_s)
        passed += said
        unchecked += open_
    return Verdict(tuple(passed), tuple(unchecked))


def _cost(now: Fields, earlier: Fields, limit: float) -> tuple[list[str], list[Problem]]:
    """Every table against itself in the earlier result."""
    passed: list[str] = []
    unchecked = (
        [Problem(f"{why}; --max-cost-increase cannot hold", hint=_ANOTHER_LOG)] if (why := other_log(now, earlier)) else []
    )
    known = ", ".join(f"`{one['name']}`" for one in earlier["tables"]) or "no table"
    gone = [name for name in now.get("passed_over") or {} if any(one["name"] == name for one in earlier["tables"])]
    missing = [row["name"] for row in now["tables"] if earlier_table(row, now, earlier) is None]
    unchecked += [
        Problem(f"the earlier result has no table `{name}`, so --max-cost-increase cannot hold", hint=f"it has {known}")
        for name in missing
    ]
    unchecked += [
        Problem(f"{name} was passed over, so --max-cost-increase cannot hold", hint="name it with --routes to see why")
        for name in gone
    ]
    for row in compared(now, earlier):
        unknown = _silent(row)
        if row["name"] == LOGGED:  # no table, so it may be unknown; over other requests its cost says nothing
            passed += [] if unknown or row["before_answered"] != row["after_answered"] else _dearer(row, limit)
        elif unknown:
            unchecked.append(_unknown(f"the cost of {row['name']} is not known {unknown}"))
        else:
            passed += _fewer(row["name"], row["before_answered"], row["after_answered"], limit, "in the earlier result")
            passed += _dearer(row, limit)
    return passed, unchecked


def _silent(row: Fields) -> str:
    """When the cost was not known; empty when it is on both sides."""
    for when, side in (("now", "after"), ("in the earlier result", "before")):
        if row[f"{side}_usd"] is None or row[f"{side}_answered"] is None:
            return when
    return ""


def _dearer(row: Fields, limit: float) -> list[str]:
    """More money for an answered request than was allowed."""
    if row["change"] is None:
        free = not _usd(row["before_usd"])
        return [f"{row['name']} costs ${row['after_usd']}, it was free"] if free and _usd(row["after_usd"]) else []
    if row["change"] <= limit:
        return []
    each = " an answered request" if row["before_answered"] != row["after_answered"] else ""
    return [_more(f"{row['name']} costs", row["change"], limit, each)]


def _against_baseline(now: Fields, limit: float) -> tuple[list[str], list[Problem]]:
    """Every table against the baseline of the same result; its change is over what both answer."""
    base = next((row for row in now["tables"] if row["name"] == now.get("baseline", LOGGED)), now["tables"][0])
    passed: list[str] = []
    unchecked: list[Problem] = []
    whole = _served(base)
    for row in now["tables"][1:]:
        if row is base:
            continue
        if row["change"] is None:
            unchecked.append(_unknown(f"{row['name']} answers nothing at a cost that is known beside that of {base['name']}"))
            continue
        passed += _fewer(row["name"], whole, _served(row), limit, f"{base['name']}")
        if row["change"] > limit:
            passed.append(_more(f"{row['name']} costs", row["change"], limit, ""))
    return passed, unchecked


def _served(row: Fields) -> float:
    """The share of the requests that are answered, whether anybody knows what it costs or not."""
    return answered({**row, "cost_known": None}) or 0.0


def _fewer(name: str, before: float, after: float, limit: float, whose: str) -> list[str]:
    """Answering fewer requests than before (at a known cost) is no saving."""
    if not before or 1 - after / before <= max(0.0, limit) + 1e-12:
        return []
    one, other = _apart(after, before, "{:.{}%}")
    return [f"{name} answers only {one} of the requests at a known cost, {whose} {other}"]


def _time(tables: Sequence[Fields], limit_s: float) -> tuple[list[str], list[Problem]]:
    """The p95 of every table."""
    passed = [
        f"{row['name']} has a p95 of {_apart(row['p95_s'], limit_s, '{:.{}f}')[0]} s, more than {limit_s:g} s"
        for row in tables
        if row["p95_s"] is not None and row["p95_s"] > limit_s
    ]
    silent = [row["name"] for row in tables if row["p95_s"] is None]
    hint = "measure its models, or give their speeds with --speeds"
    return passed, [Problem(f"the p95 of {name} is not known, so --max-p95 cannot hold", hint=hint) for name in silent]


def _unknown(what: str) -> Problem:
    return Problem(f"{what}, so --max-cost-increase cannot hold", hint="see `cost_usd` and `cost_known` with --format json")


def _more(what: str, value: float, limit: float, each: str) -> str:
    one, other = _apart(value, limit, "{:+.{}%}")
    return f"{what} {one}{each}, more than {other}"


def _apart(value: float, limit: float, form: str) -> tuple[str, str]:
    """Two numbers with as many decimals as tell them apart."""
    for decimals in range(1 if "%" in form else 2, 9):
        told = form.format(value, decimals), form.format(limit, decimals)
        if told[0] != told[1]:
            break
    return told
