"""What a result says in one sentence: the heading of its page, the first line of its summary in a pull request."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jc.report.numbers import change, count, percent, usd_total

Fields = Mapping[str, Any]


def evals_conclusion(summary: Fields) -> str:
    """Which candidate is better than which, what is not proven, and how many prompts would settle it."""
    standings = summary["standings"]
    scored = [row for row in standings["standings"] if row["score"]] if standings else []
    if not scored:
        return "Nothing could be scored: no verdict, rating or check came out of this run"
    leader = scored[0]["candidate"]
    score = scored[0]["score"]
    if len(scored) == 1:
        what = "passes" if scored[0].get("pass_rate") else "scores"
        interval = "" if score["low"] is None else f" (95% interval {score['low'] * 100:.1f} – {score['high'] * 100:.1f})"
        return f"{leader} {what} {percent(score['value'])} on {_prompts(score['n'])}{interval}"
    pairs = [pair for pair in standings["pairs"] if leader in (pair["a"], pair["b"])]
    return _against(leader, pairs)


def _against(leader: str, pairs: Sequence[Fields]) -> str:
    words = {_other(pair, leader): (_word(pair, leader), pair) for pair in pairs}
    beaten = [name for name, (word, _) in words.items() if word == "better"]
    equal = [name for name, (word, _) in words.items() if word == "equivalent"]
    stronger = [name for name, (word, _) in words.items() if word == "worse"]
    unsettled = [name for name, (word, _) in words.items() if word == "undecided"]
    if stronger:
        return f"{leader} stands first, but {joined(stronger)} {_is(stronger)} better head to head"
    if len(beaten) == len(words):
        whom = "both others" if len(beaten) == 2 else "all others" if len(beaten) > 2 else beaten[0]
        return f"{leader} is better than {whom} (p {_most([words[name][1] for name in beaten])})"
    rest = [*(["as good as " + joined(equal)] if equal else [])]
    if beaten:
        rest.insert(0, f"better than {joined(beaten)} (p {_most([words[name][1] for name in beaten])})")
    if not unsettled:
        return f"{leader} is {' and '.join(rest)}"
    open_ones = f"{joined(unsettled)}{_needed([words[name][1] for name in unsettled])}"
    if not rest:
        return f"No winner is proven: {leader} leads, but not beyond doubt against {open_ones}"
    return f"{leader} is {' and '.join(rest)}; not proven against {open_ones}"


def _other(pair: Fields, leader: str) -> str:
    return str(pair["b"] if pair["a"] == leader else pair["a"])


def _word(pair: Fields, leader: str) -> str:
    if pair["a"] == leader or pair["word"] not in {"better", "worse"}:
        return str(pair["word"])
    return "worse" if pair["word"] == "better" else "better"


def _most(pairs: Sequence[Fields]) -> str:
    found = [pair["p_holm"] for pair in pairs if pair["p_holm"] is not None]
    if not found:
        return "unknown"
    largest = max(found)
    return "< 0.001" if largest < 0.001 else f"≤ {largest:.3f}" if largest < 0.1 else f"≤ {largest:.2f}"


def _needed(pairs: Sequence[Fields]) -> str:
    more = [pair["more_prompts"] for pair in pairs if pair["more_prompts"]]
    return f" (about {_prompts(max(more), 'more ')} would settle it)" if len(more) == len(pairs) and more else ""


def _prompts(number: int, what: str = "") -> str:
    return f"{number:,} {what}prompt{'' if number == 1 else 's'}"


def joined(names: Sequence[str], most: int = 4) -> str:
    """The names as a list in words; beyond `most` they are counted."""
    shown = list(names[:most]) + ([f"{len(names) - most} others"] if len(names) > most else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def simulation_conclusion(payload: Fields) -> str:
    """The cheapest route table against what was logged, or what the traffic cost when there is no table."""
    tables = payload["tables"]
    rows = payload["rows"]
    if not tables:
        return f"{count(rows['used'])} requests, and no route table to compare"
    name = base_of(payload)
    base = next(table for table in tables if table["name"] == name)
    before = _money(base["cost_usd"])
    others = [table for table in tables if table is not base and _money(table["cost_usd"]) is not None]
    if before is None and others:
        best = min(others, key=lambda table: (_each(table), _money(table["cost_usd"]) or Decimal(0)))
        return f"{best['name']} is cheapest: {usd_total(_money(best['cost_usd']))} for {_answered(best, rows)} requests"
    others = [table for table in others if _compared(table, before) is not None]
    if before is None or not others:
        return f"{count(rows['used'])} requests cost {usd_total(before)}{_of_known(base)} {base['name']}"
    best, (old, new) = min(
        ((table, pair) for table in others if (pair := _compared(table, before)) is not None),
        key=lambda found: (found[1][1] / found[1][0], found[1][1]) if found[1][0] else (Decimal("Infinity"), found[1][1]),
    )
    over = _over(best, rows)
    if new >= old:
        return f"No route table is cheaper than {base['name']} ({usd_total(old)}); {best['name']} costs {usd_total(new)}{over}"
    return f"{best['name']} costs {usd_total(new)} instead of {usd_total(old)} ({change(old, new)}){over}{_worse(base, best)}"


def _compared(table: Fields, before: Decimal | None) -> tuple[Decimal, Decimal] | None:
    """What a table's requests cost before and after, over those that both sides answer at a known cost."""
    if "compared" not in table:
        after = _money(table["cost_usd"])
        return None if before is None or after is None else (before, after)
    found = table["compared"]
    return None if found is None else (Decimal(found["before_usd"]), Decimal(found["after_usd"]))


def _over(table: Fields, rows: Fields) -> str:
    """Over which requests a change is told, where these are not all."""
    found = table.get("compared")
    if not found or found["requests"] >= rows["used"]:
        return ""
    return f" for the {count(found['requests'])} of {count(rows['used'])} requests that both answer at a known cost"


def _each(table: Fields) -> Decimal:
    """What an answered request costs, for tables that do not answer the same ones."""
    return _money(table.get("usd_per_1k")) or Decimal(0)


def _answered(table: Fields, rows: Fields) -> str:
    """How many requests a cost is for."""
    rejected = (number(table.get("rejected")) or 0.0) + (number(table.get("over_budget")) or 0.0)
    known = number(table.get("cost_known"))
    return count(round((rows["used"] - rejected) * (1.0 if known is None else known)))


def _of_known(table: Fields) -> str:
    """Of how many answered requests a cost is known, where not of all."""
    known = number(table.get("cost_known"))
    return "" if known is None or known > 0.995 else f" (of {percent(known, 0)})"


def base_of(payload: Fields) -> str:
    """The table that the others are compared with: the named baseline, else the first."""
    names = [str(table["name"]) for table in payload["tables"]]
    baseline = payload.get("baseline")
    return str(baseline) if baseline in names else names[0] if names else ""


def _worse(base: Fields, best: Fields) -> str:
    """What the saving takes, so that cheaper but worse is never told as a saving alone."""
    before, after = number(base.get("quality")), number(best.get("quality"))
    if before is None or after is None:
        return "; what that does to quality is not known"
    points = (after - before) * 100
    if points <= -0.05:
        return f", and loses {abs(points):.1f} points of expected quality"
    return " at the same expected quality" if points < 0.05 else f", with {points:.1f} points more expected quality"


def number(value: object) -> float | None:
    """A figure that stands alone or with its interval (`{"value": …, "low": …, "high": …}`); None when unknown."""
    if isinstance(value, Mapping):
        value = value.get("value", value.get("mean"))
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def bounds(value: object) -> tuple[float | None, float | None]:
    """The interval of such a figure; two times None when it has none."""
    if not isinstance(value, Mapping):
        return None, None
    return number(value.get("low")), number(value.get("high"))


def _money(value: object) -> Decimal | None:
    if isinstance(value, Mapping):
        value = value.get("value")
    return None if value is None else Decimal(str(value))
