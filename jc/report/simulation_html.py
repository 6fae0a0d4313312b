"""The page of a simulation: what each route table would have cost, how fast and good it would have been, what is assumed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from jc.report.chart_parts import Axis, Bar, Chart, Point, colors, scale_for
from jc.report.charts import bars, curves, plane, ranges
from jc.report.conclusion import bounds, number, simulation_conclusion
from jc.report.html import Block, Folded, Grid, Listing, Page, Prose, Section, render_page
from jc.report.numbers import MINUS, UNKNOWN, count, joules, percent, seconds, usd_total
from jc.report.table import Column, Table

Fields = Mapping[str, Any]
MAX_GROUPS = 15
"""Groups in one chart of bars, the most costly first; the table beside it has `MAX_ROWS`."""
MAX_ROWS = 200
_MARKS = ("p50", "p90", "p95", "p99")
_TIMES = {"day": "%-d %b %Y", "hour": "%-d %b %H:%M"}
"""Dimensions that are times, with the d3 format of their labels."""


class Group(NamedTuple):
    """One cell of `by`: the group's value (a class, a model …), the route table, and its figures."""

    value: str
    table: str
    figures: Fields


def simulation_page(payload: Fields, reproduce: Mapping[str, object]) -> str:
    """The payload of schema `jc.simulation/1` as one HTML file; figures that it lacks are left out, not guessed."""
    tables = payload["tables"]
    by = {name: list(groups_of(name, found)) for name, found in (payload.get("by") or {}).items()}
    rows = payload["rows"]
    sections = [
        _costs(tables),
        *(_by_group(name, by[name], tables) for name in ("class", "route_class") if by.get(name)),
        _quality(tables),
        _latency(tables),
        *(_over_time(name, by[name]) for name in _TIMES if by.get(name)),
        *(
            _by_group(name, found, tables)
            for name, found in by.items()
            if name not in {"class", "route_class", *_TIMES} and found
        ),
        _assumptions(tables, rows),
    ]
    lead = [f"{count(rows['used'])} requests replayed, {count(rows['rejected'])} of {count(rows['total'])} rows rejected."]
    title = simulation_conclusion(payload)
    return render_page(
        Page("Simulation", title, [section for section in sections if section], reproduce, lead, payload.get("warnings") or ())
    )


def groups_of(name: str, found: object) -> Iterable[Group]:
    """The groups of one dimension: a list of rows with `table` and the dimension's name, or value → table → figures."""
    if isinstance(found, Mapping):
        for value, tables in found.items():
            if isinstance(tables, Mapping):
                for table, figures in tables.items():
                    if isinstance(figures, Mapping):
                        yield Group(str(value), str(table), figures)
        return
    for row in found if isinstance(found, Sequence) else ():
        value = next((row[key] for key in (name, "value", "group", "name") if key in row), None)
        yield Group(UNKNOWN if value is None else str(value), str(row.get("table", "")), row)


def _costs(tables: Sequence[Fields]) -> Section:
    names = [str(table["name"]) for table in tables]
    rows = [
        Bar(str(table["name"]), str(table["name"]), usd, usd_total(usd), *bounds(table["cost_usd"]))
        for table in tables
        if (usd := number(table["cost_usd"])) is not None
    ]
    blocks: list[Block] = [Grid(_summary_table(tables), colors(names))]
    if rows:
        caption = "The whole traffic under each route table; lines are intervals where there are any."
        blocks.append(Chart("Cost of each route table", caption, bars(rows, Axis("USD", "$,~r")), _summary_table(tables)))
    return Section("Cost", blocks)


def _summary_table(tables: Sequence[Fields]) -> Table:
    heads = ("Requests", "Cost", "Change", "$/1k", "p50", "p95", "Energy", "Quality", "Moved", "Kept", "Rejected")
    return Table(
        (Column("Route table"), *(Column(name, "right") for name in heads)),
        [_summary_row(table, at == 0) for at, table in enumerate(tables)],
    )


def _summary_row(table: Fields, base: bool) -> list[str]:
    usd, requests = number(table["cost_usd"]), number(table.get("requests"))
    per_k = usd / requests * 1000 if usd is not None and requests else None
    kept = table.get("kept")
    shares = [number(share) for share in kept.values()] if isinstance(kept, Mapping) else [number(kept)]
    known = [share for share in shares if share is not None]
    moved_cost = None if base else number(table.get("change"))
    return [
        str(table["name"]), count(requests), usd_total(usd), signed_share(moved_cost), usd_total(per_k),
        seconds(number(table.get("p50_s"))), seconds(number(table.get("p95_s"))), joules(number(table.get("energy_j"))),
        percent(number(table.get("quality"))), _share_or_count(number(table.get("moved"))),
        _share_or_count(sum(known)) if known else UNKNOWN, count(number(table.get("rejected"))),
    ]  # fmt: skip


def signed_share(share: float | None) -> str:
    """A relative change with its sign, `−36.7%`."""
    return UNKNOWN if share is None else f"{share * 100:+.1f}%".replace("-", MINUS)


def _share_or_count(value: float | None) -> str:
    return UNKNOWN if value is None else percent(value) if value <= 1 else count(value)


def _by_group(name: str, groups: Sequence[Group], tables: Sequence[Fields]) -> Section | None:
    names = [str(table["name"]) for table in tables]
    cost = {(group.value, group.table): number(group.figures.get("cost_usd")) for group in groups}
    requests = {group.value: number(group.figures.get("requests")) for group in reversed(groups)}
    values = list(dict.fromkeys(group.value for group in groups))
    base = names[0] if names else ""
    values.sort(key=lambda value: -max((cost.get((value, table)) or 0.0 for table in names), default=0.0))
    rows = []
    for value in values[:MAX_ROWS]:
        found = [cost.get((value, table)) for table in names]
        saved = [None if one is None or found[0] is None else found[0] - one for one in found[1:]]
        rows.append([value, count(requests[value]), *(usd_total(one) for one in found), *(usd_total(one) for one in saved)])
    columns = (
        Column(name.replace("_", " ").capitalize()), Column("Requests", "right"), *(Column(table, "right") for table in names),
        *(Column(f"Saved by {table}", "right") for table in names[1:]),
    )  # fmt: skip
    table = Table(columns, rows)
    drawn = [
        Bar(value, table_name, usd, usd_total(usd))
        for value in values[:MAX_GROUPS]
        for table_name in names
        if (usd := cost.get((value, table_name))) is not None
    ]
    if not drawn:
        return None
    left = f" The {MAX_GROUPS} most costly of {len(values):,} are drawn." if len(values) > MAX_GROUPS else ""
    title = f"Cost by {name.replace('_', ' ')}"
    chart = Chart(title, f"What is saved is told against {base}.{left}", bars(drawn, Axis("USD", "$,~r")), table)
    return Section(f"By {name.replace('_', ' ')}", [chart])


def _quality(tables: Sequence[Fields]) -> Section | None:
    from decimal import Decimal

    from jc.evals.statistics.costs import CostPoint, frontier

    points = [
        Point(str(table["name"]), usd, quality, *bounds(table.get("quality")))
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
        Axis("expected quality", ".0%"),
        best,
    )
    return Section("Quality against cost", [Chart("Expected quality against cost", caption, spec, Table(columns, rows))])


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
    return Section("Latency", [Chart("How long requests take", caption, ranges(found, axis), Table(columns, rows))])


def _over_time(name: str, groups: Sequence[Group]) -> Section | None:
    points = [(group, usd) for group in groups if (usd := number(group.figures.get("cost_usd"))) is not None]
    if not points:
        return None
    whole = all(group.value.isdigit() for group, _ in points)
    series: dict[str, list[tuple[float | str, float]]] = {}
    for group, usd in sorted(points, key=lambda point: int(point[0].value) if whole else point[0].value):
        series.setdefault(group.table, []).append((float(group.value) if whole else group.value, usd))
    tables = list(series)
    cost = {(group.value, group.table): usd for group, usd in points}
    values = sorted({group.value for group, _ in points}, key=lambda value: int(value) if whole else value)
    rows = [[value, *(usd_total(cost.get((value, table))) for table in tables)] for value in values]
    x = Axis(f"{name}, UTC", "~r") if whole else Axis(f"{name}, UTC", _TIMES[name], "time")
    table = Table((Column(name.capitalize()), *(Column(table, "right") for table in tables)), rows[: MAX_ROWS * 5])
    title = f"Cost over the {name}s"
    return Section(
        f"Over the {name}s",
        [
            Chart(
                title,
                "What the requests of each span cost under each table.",
                curves(series, x, Axis("USD", "$,~r", zero=True)),
                table,
            )
        ],
    )


def _assumptions(tables: Sequence[Fields], rows: Fields) -> Section:
    blocks: list[Block] = []
    shared: dict[str, list[str]] = {}
    for table in tables:
        for text in table.get("assumptions") or ():
            shared.setdefault(str(text), []).append(str(table["name"]))
    if shared:
        lines = [text if len(names) == len(tables) else f"{text} ({', '.join(names)})" for text, names in shared.items()]
        blocks.append(Listing(lines))
    else:
        blocks.append(Prose(["Costs come from the log's own tokens and the catalog's prices; nothing else was assumed."]))
    reasons = rows.get("by_reason") or {}
    if reasons:
        counted = Table(
            (Column("Reason"), Column("Rows", "right")), [[str(name), count(number(value))] for name, value in reasons.items()]
        )
        blocks.append(Folded(f"{count(rows['rejected'])} rows were rejected, by reason", [Grid(counted)]))
    return Section("What is assumed, and what was left out", blocks)
