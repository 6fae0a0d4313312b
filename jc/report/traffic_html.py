"""The page of a traffic profile: what the requests are, how large, from whom and when, and which rows were not understood."""

from collections.abc import Mapping, Sequence
from typing import Any

from jc.report.chart_parts import Axis, Bar, Chart, scale_for
from jc.report.charts import bars, curves, ranges
from jc.report.conclusion import number
from jc.report.html import Block, Grid, Listing, Page, Prose, Section, render_page
from jc.report.numbers import UNKNOWN, count, percent, usd_total
from jc.report.simulation_parts import MAX_GROUPS, MAX_ROWS, TIMES, Group, groups_of, sorted_times, spoken, titled
from jc.report.table import Column, Table

Fields = Mapping[str, Any]
_MARKS = ("p50", "p90", "p95", "p99")
_TOKENS = ("input_tokens", "cached_input_tokens", "output_tokens")


def traffic_page(payload: Fields, reproduce: Mapping[str, object]) -> str:
    """The profile of a log as one HTML file; every key may be missing and its section then is.

    `payload` has `rows` (`total`, `used`, `rejected`, `by_reason`), `span` (`first`, `last`), `totals` (tokens, `cost_usd`),
    `shares` (name → share of the requests), `distributions` (name → `p50` … `p99`), `by` (class, model, key, org, hour, day →
    rows with `requests`, tokens, `cost_usd`), `sessions` (name → figure) and `notes`.
    """
    by = {name: list(groups_of(name, found)) for name, found in (payload.get("by") or {}).items()}
    sections = [
        _shares(payload.get("shares") or {}),
        _sizes(payload.get("distributions") or {}),
        *(_group(name, found) for name, found in by.items() if name not in TIMES),
        *(_over_time(name, found) for name, found in by.items() if name in TIMES),
        _sessions(payload.get("sessions") or {}),
        _rejected(payload.get("rows") or {}),
    ]
    title = traffic_conclusion(payload)
    kept = [section for section in sections if section]
    return render_page(Page("Traffic profile", title, kept, reproduce, _lead(payload), payload.get("notes") or ()))


def traffic_conclusion(payload: Fields) -> str:
    """How many requests and tokens, when."""
    rows, totals = payload.get("rows") or {}, payload.get("totals") or {}
    parts = [f"{count(number(rows.get('used')))} requests"]
    tokens = [
        f"{_many(value)} {name}"
        for key, name in (("input_tokens", "input"), ("output_tokens", "output"))
        if (value := number(totals.get(key))) is not None
    ]
    if tokens:
        parts.append(f"{' and '.join(tokens)} tokens")
    span = payload.get("span") or {}
    if span.get("first") and span.get("last"):
        first, last = (str(span[name])[:10] for name in ("first", "last"))
        parts.append(first if first == last else f"{first} to {last}")
    return ", ".join(parts)


def _many(tokens: float) -> str:
    return f"{tokens / 1e6:,.1f} M" if tokens >= 1e6 else count(tokens)


def _lead(payload: Fields) -> list[str]:
    totals = payload.get("totals") or {}
    cached, tokens = number(totals.get("cached_input_tokens")), number(totals.get("input_tokens"))
    parts = []
    if (usd := number(totals.get("cost_usd"))) is not None:
        parts.append(f"Cost {usd_total(usd)}")
    if cached is not None and tokens:
        parts.append(f"{percent(cached / tokens)} of the input tokens came from a cache")
    return ["; ".join(parts) + "."] if parts else []


def _shares(shares: Fields) -> Section | None:
    known = {str(name): share for name, value in shares.items() if (share := number(value)) is not None}
    if not known:
        return None
    drawn = [Bar(titled(name), "requests", share, percent(share)) for name, share in known.items()]
    table = Table(
        (Column("Of the requests"), Column("Share", "right")), [[titled(name), percent(share)] for name, share in known.items()]
    )
    chart = Chart("What the requests have", "Share of the requests with each trait.", bars(drawn, Axis("share", ".0%")), table)
    return Section("What the requests are", [chart])


def _sizes(distributions: Fields) -> Section | None:
    found = {
        titled(str(name)): [(mark, value) for mark in _MARKS if (value := number(figures.get(mark))) is not None]
        for name, figures in distributions.items()
    }
    found = {name: marks for name, marks in found.items() if marks}
    if not found:
        return None
    rows = [[name, *(count(dict(marks).get(mark)) for mark in _MARKS)] for name, marks in found.items()]
    # A logarithmic axis has no zero, so a quantile of zero is told in the table only when the others need the logarithm.
    above = [value for marks in found.values() for _, value in marks if value > 0]
    axis = Axis("per request", "~s", scale_for(above))
    drawn = {name: [(mark, value) for mark, value in marks if value > 0 or axis.kind != "log"] for name, marks in found.items()}
    caption = "Half of the requests have fewer than p50, one in a hundred has more than p99."
    table = Table((Column("Figure"), *(Column(mark, "right") for mark in _MARKS)), rows)
    chart = Chart("How large requests are", caption, ranges({name: marks for name, marks in drawn.items() if marks}, axis), table)
    return Section("Sizes", [chart])


def _group(name: str, groups: Sequence[Group]) -> Section | None:
    ranked = sorted(groups, key=lambda group: -(number(group.figures.get("requests")) or 0))
    if not ranked:
        return None
    total = sum(number(group.figures.get("requests")) or 0 for group in ranked)
    kinds = [key for key in _TOKENS if any(key in group.figures for group in ranked)]
    priced = any("cost_usd" in group.figures for group in ranked)
    heads = ["Requests", "Share", *(titled(key) for key in kinds), *(["Cost"] if priced else [])]
    rows = [_cells(group, kinds, total, priced) for group in ranked[:MAX_ROWS]]
    table = Table((Column(titled(name)), *(Column(head, "right") for head in heads)), rows)
    drawn = [
        Bar(group.value, "requests", requests, count(requests))
        for group in ranked[:MAX_GROUPS]
        if (requests := number(group.figures.get("requests"))) is not None
    ]
    left = f" The {MAX_GROUPS} largest of {len(ranked):,} are drawn." if len(ranked) > MAX_GROUPS else ""
    title = f"Requests by {spoken(name)}"
    chart = Chart(title, f"Tokens and shares are in the table.{left}", bars(drawn, Axis("requests", ",~r")), table)
    return Section(f"By {spoken(name)}", [chart])


def _cells(group: Group, kinds: Sequence[str], total: float, priced: bool) -> list[str]:
    requests = number(group.figures.get("requests"))
    share = requests / total if requests is not None and total else None
    tokens = [count(number(group.figures.get(key))) for key in kinds]
    return [
        group.value,
        count(requests),
        percent(share),
        *tokens,
        *([usd_total(number(group.figures.get("cost_usd")))] if priced else []),
    ]


def _over_time(name: str, groups: Sequence[Group]) -> Section | None:
    requests = {group.value: value for group in groups if (value := number(group.figures.get("requests"))) is not None}
    known = sorted_times(value for value in requests if value != UNKNOWN)
    if not known:
        return None
    line = [(at, requests[value]) for value, at in known]
    whole = isinstance(line[0][0], float)
    x = Axis(f"{name}, UTC", "~r") if whole else Axis(f"{name}, UTC", TIMES[name], "time")
    table = Table(
        (Column(titled(name)), Column("Requests", "right")), [[value, count(found)] for value, found in requests.items()]
    )
    spec = curves({"requests": line}, x, Axis("requests", ",~r", zero=True))
    return Section(f"Over the {name}s", [Chart(f"Requests over the {name}s", "When the requests came.", spec, table)])


def _sessions(sessions: Fields) -> Section | None:
    rows = [[titled(str(name)), _figure(str(name), value)] for name, value in sessions.items() if value is not None]
    return Section("Sessions", [Grid(Table((Column("Figure"), Column("Value", "right")), rows))]) if rows else None


def _figure(name: str, value: object) -> str:
    found = number(value)
    if found is None:
        return str(value)
    return percent(found) if "share" in name else count(found) if found >= 100 or found == int(found) else f"{found:.2f}"


def _rejected(rows: Fields) -> Section | None:
    if not rows:
        return None
    used, total = (count(number(rows.get(name))) for name in ("used", "total"))
    blocks: list[Block] = [Prose([f"{used} of {total} rows were used, {_rejects(rows)} rejected."])]
    reasons = rows.get("by_reason") or {}
    if reasons:
        blocks.append(Listing([f"{name}: {count(number(value))}" for name, value in reasons.items()]))
    return Section("Rows", blocks)


def _rejects(rows: Fields) -> str:
    rejected = number(rows.get("rejected"))
    return UNKNOWN if rejected is None else "none" if rejected == 0 else count(rejected)
