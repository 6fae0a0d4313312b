"""The parts of a page that go by group: what each class, model, key, day or hour costs under each route table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from jc.report.chart_parts import Axis, Bar, Chart
from jc.report.charts import bars, curves
from jc.report.conclusion import number
from jc.report.html import Section
from jc.report.numbers import UNKNOWN, count, usd_total
from jc.report.table import Column, Table

Fields = Mapping[str, Any]
MAX_GROUPS = 15
"""Groups in one chart of bars, the most costly first; the table beside it has `MAX_ROWS`."""
MAX_ROWS = 200
TIMES = {"day": "%-d %b %Y", "hour": "%-d %b %H:%M"}
"""Dimensions that are times, with the d3 format of their labels."""


class Group(NamedTuple):
    """One cell of `by`: the group's value (a class, a model …), the route table, and its figures."""

    value: str
    table: str
    figures: Fields


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


def by_group(name: str, groups: Sequence[Group], tables: Sequence[str], base: str) -> Section | None:
    """Bars of cost by value and table, the most costly first, and what each table saves against `base`; None without costs."""
    cost = {(group.value, group.table): number(group.figures.get("cost_usd")) for group in groups}
    requests = {group.value: number(group.figures.get("requests")) for group in reversed(groups)}
    values = sorted(requests, key=lambda value: (-max((cost.get((value, table)) or 0.0 for table in tables), default=0.0), value))
    others = [table for table in tables if table != base]
    rows = []
    for value in values[:MAX_ROWS]:
        before = cost.get((value, base))
        found = [cost.get((value, table)) for table in others]
        saved = [None if one is None or before is None else before - one for one in found]
        rows.append([value, count(requests[value]), usd_total(before), *map(usd_total, found), *map(usd_total, saved)])
    heads = ("Requests", base, *others, *(f"Saved by {table}" for table in others))
    table = Table((Column(titled(name)), *(Column(head, "right") for head in heads)), rows)
    drawn = [
        Bar(value, one, usd, usd_total(usd))
        for value in values[:MAX_GROUPS]
        for one in tables
        if (usd := cost.get((value, one))) is not None
    ]
    if not drawn:
        return None
    left = f" The {MAX_GROUPS} most costly of {len(values):,} are drawn." if len(values) > MAX_GROUPS else ""
    caption = f"What is saved is told against {base}.{left}"
    chart = Chart(f"Cost by {spoken(name)}", caption, bars(drawn, Axis("USD", "$,~r"), tables), table)
    return Section(f"By {spoken(name)}", [chart])


def over_time(name: str, groups: Sequence[Group], tables: Sequence[str]) -> Section | None:
    """Cost over days or hours, a line per table; spans that are unknown are in the table only. None without costs."""
    cost = {(group.value, group.table): usd for group in groups if (usd := number(group.figures.get("cost_usd"))) is not None}
    values = {value for value, _ in cost}
    known = sorted_times(value for value in values if value != UNKNOWN)
    if not known:
        return None
    lines = {table: [(at, cost[value, table]) for value, at in known if (value, table) in cost] for table in tables}
    whole = isinstance(known[0][1], float)
    x = Axis(f"{name}, UTC", "~r") if whole else Axis(f"{name}, UTC", TIMES[name], "time")
    order = [*(value for value, _ in known), *(values & {UNKNOWN})]
    rows = [[value, *(usd_total(cost.get((value, table))) for table in tables)] for value in order[: MAX_ROWS * 5]]
    beside = Table((Column(titled(name)), *(Column(table, "right") for table in tables)), rows)
    spec = curves({table: line for table, line in lines.items() if line}, x, Axis("USD", "$,~r", zero=True))
    chart = Chart(f"Cost over the {name}s", "What the requests of each span cost under each table.", spec, beside)
    return Section(f"Over the {name}s", [chart])


def sorted_times(values: Iterable[str]) -> list[tuple[str, float | str]]:
    """Texts of times in order with their place on the axis: numbers (hours of the day) when all are, else ISO texts."""
    found = list(values)
    if all(value.isdigit() for value in found):
        return [(value, float(value)) for value in sorted(found, key=int)]
    return [(value, value) for value in sorted(found)]


def spoken(name: str) -> str:
    """A dimension in words."""
    return name.replace("_", " ")


def titled(name: str) -> str:
    """A dimension as the heading of a column."""
    return spoken(name).capitalize()
