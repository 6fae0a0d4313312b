"""The page of a simulation: what each route table would have cost, how fast and good it would have been, what is assumed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jc.report.chart_parts import Axis, Bar, Chart, Point, colors, scale_for
from jc.report.charts import bars, plane, ranges
from jc.report.conclusion import base_of, bounds, joined, number, simulation_conclusion
from jc.report.html import Block, Folded, Grid, Listing, Page, Prose, Section, render_page
from jc.report.numbers import MINUS, UNKNOWN, count, joules, percent, seconds, usd_total
from jc.report.simulation_parts import MAX_ROWS, TIMES, by_group, groups_of, over_time
from jc.report.simulation_sections import day_curve, distributions, plans, sensitivity, spending
from jc.report.table import Column, Table

Fields = Mapping[str, Any]
_MARKS = ("p50", "p90", "p95", "p99")
_CLASSES = ("class", "route_class")
_WHOLE = 0.995


def simulation_page(payload: Fields, reproduce: Mapping[str, object]) -> str:
    """The payload of schema `jc.simulation/1` as one HTML file; figures that it lacks are left out, not guessed."""
    title, notes = simulation_conclusion(payload), payload.get("warnings") or ()
    return render_page(Page("Simulation", title, simulation_sections(payload), reproduce, _lead(payload), notes))


def simulation_sections(payload: Fields) -> list[Section]:
    """What a page tells of a simulation, section by section."""
    tables, base = payload["tables"], base_of(payload)
    names = [str(table["name"]) for table in tables]
    by = {name: list(groups_of(name, found)) for name, found in (payload.get("by") or {}).items()}
    sections = [
        _costs(tables, base),
        *(by_group(name, by[name], names, base) for name in _CLASSES if by.get(name)),
        _quality(tables),
        _latency(tables),
        _cache(tables),
        spending(tables),
        plans(payload),
        *([] if by.get("hour") else [day_curve(payload)]),
        *(over_time(name, by[name], names) for name in TIMES if by.get(name)),
        *(by_group(name, found, names, base) for name, found in by.items() if found and name not in {*_CLASSES, *TIMES}),
        sensitivity(payload),
        _models(tables),
        _assumptions(payload),
    ]
    return [section for section in sections if section]


def _lead(payload: Fields) -> list[str]:
    rows, traffic = payload["rows"], payload.get("traffic") or {}
    source = f"{traffic['source']}: " if traffic.get("source") else ""
    days = [str(traffic[name]) for name in ("first_day", "last_day") if traffic.get(name)]
    when = f", {' to '.join(dict.fromkeys(days))}" if days else ""
    used, total, rejected = (count(rows[name]) for name in ("used", "total", "rejected"))
    return [f"{source}{used} requests replayed{when}; {rejected} of {total} rows rejected."]


def _models(tables: Sequence[Fields]) -> Section | None:
    """Which models answer under each table; None when the tables do not say."""
    found: dict[str, dict[str, str]] = {}
    for table in tables:
        for row in table.get("models") or ():
            if row.get("requests"):
                told = f"{count(number(row['requests']))} for {usd_total(number(row.get('cost_usd')))}"
                found.setdefault(str(row["model"]), {})[str(table["name"])] = told
    if not found:
        return None
    names = [str(table["name"]) for table in tables]
    rows = [[model, *(by.get(name, UNKNOWN) for name in names)] for model, by in found.items()]
    columns = (Column("Model"), *(Column(name, "right") for name in names))
    return Section("Which models answer", [Grid(Table(columns, rows[:MAX_ROWS], "Requests and their cost"))])


def _costs(tables: Sequence[Fields], base: str) -> Section:
    names = [str(table["name"]) for table in tables]
    rows = [
        Bar(str(table["name"]), str(table["name"]), usd, _partly(usd_total(usd), table.get("cost_known")), *_cost_bounds(table))
        for table in tables
        if (usd := number(table["cost_usd"])) is not None
    ]
    summary = _summary_table(tables, base)
    blocks: list[Block] = [Grid(summary, colors(names))]
    if lines := _uncertain(tables):
        blocks.append(Listing(lines))
    if rows:
        caption = f"{_covered(tables)} under each route table; lines are 95% intervals where they are known."
        blocks.append(Chart("Cost of each route table", caption, bars(rows, Axis("USD", "$,~r")), summary))
    return Section("Cost", blocks)


def _covered(tables: Sequence[Fields]) -> str:
    """What bars of cost stand for: everything, or less where requests are not answered or nobody knows their cost."""
    known = all((share := number(table.get("cost_known"))) is None or share > _WHOLE for table in tables)
    stopped = any(number(table.get(name)) for table in tables for name in ("rejected", "over_budget"))
    if known and not stopped:
        return "The whole traffic"
    return "What is answered" + ("" if known else " at a known cost")


def _cost_bounds(table: Fields) -> tuple[float | None, float | None]:
    found = table.get("cost_interval_usd")
    if isinstance(found, Sequence) and len(found) == 2:
        return number(found[0]), number(found[1])
    return bounds(table["cost_usd"])


def _uncertain(tables: Sequence[Fields]) -> list[str]:
    """How far each change could be off, and what is not priced, in sentences."""
    lines = []
    for table in tables:
        if found := table.get("change_interval"):
            low, high = (signed_share(number(one)) for one in found)
            lines.append(f"{table['name']}: {signed_share(number(table.get('change')))}, 95% interval {low} to {high}")
    for table in tables:
        if why := table.get("unpriced"):
            share = percent(number(table.get("unpriced_tokens")))
            lines.append(f"{table['name']} leaves out {share} of the tokens, as no price is known for {joined(list(why))}")
    return lines


def _summary_table(tables: Sequence[Fields], base: str) -> Table:
    """One row per route table; columns that say nothing are left out."""
    rows = [_summary_row(table, str(table["name"]) == base) for table in tables]
    idle = {name for name in ("Over SLO", "Energy", "Quality") if all(row[name] == UNKNOWN for row in rows)}
    idle |= {"Rejected"} if all(row["Rejected"] in {UNKNOWN, "0"} for row in rows) else set()
    idle |= {"Requests"} if len({row["Requests"] for row in rows}) < 2 else set()
    heads = [name for name in (rows[0] if rows else {}) if name not in idle]
    columns = tuple(Column(name, "right" if at else "left") for at, name in enumerate(heads))
    return Table(columns, [[row[name] for name in heads] for row in rows])


def _summary_row(table: Fields, base: bool) -> dict[str, str]:
    usd, requests, known = number(table["cost_usd"]), number(table.get("requests")), table.get("cost_known")
    timed = table.get("latency_known")
    kept = sum(value for value in map(number, (table.get("kept") or {}).values()) if value is not None)
    return {
        "Route table": str(table["name"]),
        "Requests": count(requests),
        "Cost": _partly(usd_total(usd), known),
        "Change": UNKNOWN if base else signed_share(number(table.get("change"))),
        "$/1k": _partly(usd_total(number(table.get("usd_per_1k"))), known),
        "p50": _partly(seconds(number(table.get("p50_s"))), timed),
        "p95": _partly(seconds(number(table.get("p95_s"))), timed),
        "Over SLO": percent(number(table.get("over_slo"))),
        "Energy": _partly(joules(number(table.get("energy_j"))), table.get("energy_known")),
        "Quality": _partly(percent(number(table.get("quality"))), table.get("quality_known")),
        "Moved": percent(number(table.get("moved"))),
        "Kept": percent(kept / requests) if requests and table["name"] != "as logged" else UNKNOWN,
        "Rejected": count(number(table.get("rejected"))),
    }


def _partly(text: str, known: object) -> str:
    """A figure that covers only some of the requests says how many."""
    share = number(known)
    return text if text == UNKNOWN or share is None or share > _WHOLE else f"{text} (of {percent(share, 0)})"


def signed_share(share: float | None) -> str:
    """A relative change with its sign, `−36.7%`."""
    return UNKNOWN if share is None else f"{share * 100:+.1f}%".replace("-", MINUS)


def _quality(tables: Sequence[Fields]) -> Section | None:
    from jc.evals.statistics.costs import CostPoint, frontier

    points = [
        Point(str(table["name"]), usd, quality, *_quality_bounds(table))
        for table in tables
        if (usd := number(table["cost_usd"])) is not None and (quality := number(table.get("quality"))) is not None
    ]
    if not points:
        return None
    best = frontier([CostPoint(point.name, Decimal(str(point.x)), point.y) for point in points])
    rows = [
        [point.name, usd_total(point.x), percent(point.y), UNKNOWN if point.low is None or point.high is None
         else f"{point.low * 100:.1f} – {point.high * 100:.1f}", "yes" if point.name in best else "no"]
        for point in points
    ]  # fmt: skip
    columns = (
        Column("Route table"),
        Column("Cost", "right"),
        Column("Expected quality", "right"),
        Column("Interval", "right"),
        Column("Frontier"),
    )
    caption = "Up is better, left is cheaper. A table below and left of another is cheaper but worse, not better."
    spec = plane(
        points,
        Axis("USD for the whole traffic", "$,~r", scale_for(point.x for point in points)),
        Axis("expected quality", _ticks([point.y for point in points])),
        best,
    )
    return Section("Quality against cost", [Chart("Expected quality against cost", caption, spec, Table(columns, rows))])


def _ticks(shares: Sequence[float]) -> str:
    """The format of an axis of shares: with a decimal where all lie so close that whole percents would repeat."""
    return ".1%" if max(shares) - min(shares) < 0.05 else ".0%"


def _quality_bounds(table: Fields) -> tuple[float | None, float | None]:
    found = (table.get("intervals") or {}).get("quality")
    return (number(found[0]), number(found[1])) if found else bounds(table.get("quality"))


def _latency(tables: Sequence[Fields]) -> Section | None:
    found = {
        str(table["name"]): [(mark, value) for mark in _MARKS if (value := number(table.get(f"{mark}_s"))) is not None]
        for table in tables
    }
    found = {name: marks for name, marks in found.items() if marks}
    if not found:
        return None
    columns = (Column("Route table"), *(Column(mark, "right") for mark in _MARKS), Column("Mean", "right"))
    rows = [
        [str(table["name"]), *(seconds(number(table.get(f"{mark}_s"))) for mark in _MARKS), seconds(number(table.get("mean_s")))]
        for table in tables
    ]
    axis = Axis("seconds", "~r", scale_for(value for marks in found.values() for _, value in marks))
    caption = "Half of the requests are faster than p50, one in a hundred is slower than p99."
    chart = Chart("How long requests take", caption, ranges(found, axis), Table(columns, rows))
    curve = distributions(tables)
    return Section("Latency", [chart, *([curve] if curve is not None else [])])


def _cache(tables: Sequence[Fields]) -> Section | None:
    """What the bill would be if nobody counted the prompt cache; None when the log has none."""
    drawn, rows = [], []
    for table in tables:
        name, usd, blind = str(table["name"]), number(table["cost_usd"]), number(table.get("cache_blind_usd"))
        if usd is None or blind is None:
            continue
        rows.append([name, usd_total(usd), usd_total(blind), percent(number(table.get("lost_cache")))])
        drawn += [Bar(name, "with the cache", usd, usd_total(usd)), Bar(name, "without it", blind, usd_total(blind))]
    if not rows:
        return None
    columns = (
        Column("Route table"),
        Column("Cost", "right"),
        Column("Cache-blind", "right"),
        Column("Cached tokens lost", "right"),
    )
    caption = "A session that moves to another model leaves its cache behind; cache-blind prices every input token in full."
    chart = Chart("Cost with and without the prompt cache", caption, bars(drawn, Axis("USD", "$,~r")), Table(columns, rows))
    return Section("Prompt cache", [chart])


def _assumptions(payload: Fields) -> Section:
    tables, rows = payload["tables"], payload["rows"]
    shared: dict[str, list[str]] = {}
    for table in tables:
        for text in table.get("assumptions") or ():
            shared.setdefault(str(text), []).append(str(table["name"]))
    # What holds for every table but the log itself holds for all that is estimated.
    lines = [text if len(names) >= max(1, len(tables) - 1) else f"{text} ({', '.join(names)})" for text, names in shared.items()]
    lines += [str(text) for text in payload.get("notes") or ()]
    lines += [f"{name} was passed over: {why}" for name, why in (payload.get("passed_over") or {}).items()]
    nothing = "Costs come from the log's own tokens and the catalog's prices; nothing else was assumed."
    blocks: list[Block] = [Listing(lines) if lines else Prose([nothing])]
    reasons = rows.get("by_reason") or {}
    if reasons:
        columns = (Column("Reason"), Column("Rows", "right"))
        counted = Table(columns, [[str(name), count(number(value))] for name, value in reasons.items()])
        blocks.append(Folded(f"{count(rows['rejected'])} rows were rejected, by reason", [Grid(counted)]))
    return Section("What is assumed, and what was left out", blocks)
