"""Further sections of a simulation's page: distributions, spending of keys, the day's curve, plans, what could be otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from jc.report.chart_parts import Axis, Bar, Chart, scale_for
from jc.report.charts import bars, curves
from jc.report.conclusion import number
from jc.report.html import Block, Grid, Prose, Section
from jc.report.numbers import UNKNOWN, count, percent, seconds, usd_amount
from jc.report.simulation_parts import groups_of, over_time
from jc.report.table import Column, Table

Fields = Mapping[str, Any]
MOST_DRAWN = 8


def distributions(tables: Sequence[Fields]) -> Chart | None:
    """The share of requests that are answered within so many seconds, a line per table; None without latencies."""
    found = {
        str(table["name"]): [(value, share) for share, one in table.get("latency_curve") or () if (value := number(one))]
        for table in tables
    }
    found = {name: points for name, points in found.items() if points}
    if not found:
        return None
    shares = [share for share, _ in next(table["latency_curve"] for table in tables if table.get("latency_curve"))]
    rows = [
        [percent(share, 0), *(seconds(points[at][0] if at < len(points) else None) for points in found.values())]
        for at, share in enumerate(shares)
    ]
    beside = Table((Column("Share"), *(Column(name, "right") for name in found)), rows)
    axis = Axis("seconds", "~r", scale_for(value for points in found.values() for value, _ in points))
    spec = curves({name: list(points) for name, points in found.items()}, axis, Axis("share of the requests", ".0%"))
    return Chart("Distribution", "How many of the requests are answered within a time.", spec, beside)


def day_curve(payload: Fields) -> Section | None:
    """What the hours of the day cost; None where the log has no times."""
    rows = payload.get("day_curve") or ()
    groups = [group for group in groups_of("hour", rows) if group.value != UNKNOWN]
    if len({group.value for group in groups}) < 2:
        return None
    return over_time("hour", groups, [str(table["name"]) for table in payload["tables"]])


def spending(tables: Sequence[Fields]) -> Section | None:
    """What each key had spent until when, under every table that was walked row by row."""
    blocks: list[Block] = []
    for table in tables:
        found = table.get("spending") or {}
        lines = {key: [(at, usd) for at, text in points if (usd := number(text)) is not None] for key, points in found.items()}
        if not lines:
            continue
        stopped = {str(one["key"]): one for one in table.get("stopped") or ()}
        rows = [
            [key, usd_amount(points[-1][1]), count(stopped[key]["requests"]) if key in stopped else "–",
             str(stopped[key]["first"])[:16].replace("T", " ") if key in stopped else "–",
             usd_amount(number(stopped[key]["saved_usd"])) if key in stopped else "–"]
            for key, points in lines.items()
        ]  # fmt: skip
        heads = ("Spent", "Refused", "First refusal, UTC", "Not spent")
        beside = Table((Column("Key"), *(Column(head, "right") for head in heads)), rows)
        spec = curves(lines, Axis("time, UTC", "%-d %b %H:%M", "time"), Axis("USD spent", "$,~r", zero=True))
        most = f"The {len(lines)} keys that spend most." if len(lines) > 1 else "The one key that spends."
        caption = f"{most} A line that stays flat before its end has met its cap."
        caption += " Keys on a flat plan stand at what their answers are worth by the token." if table.get("on_plans") else ""
        blocks.append(Chart(f"Spending under {table['name']}", caption, spec, beside))
    found = subscribed(tables)
    return Section("Budgets", [*blocks, *([Grid(found)] if found else [])]) if blocks else None


def subscribed(tables: Sequence[Fields]) -> Table | None:
    """The keys that are on flat plans, table by table; None when no key is."""
    cells = [
        [str(row["name"]), str(one["plan"]), count(one["keys"]), count(one["covered"]), count(one["over_budget"]),
         usd_amount(number(one["by_token_usd"])), usd_amount(number(one["fee_usd"]))]
        for row in tables
        for one in row.get("on_plans") or ()
    ]  # fmt: skip
    if not cells:
        return None
    heads = ("Keys", "Requests", "Refused", "By the token", "Fee")
    columns = (Column("Route table"), Column("Plan"), *(Column(head, "right") for head in heads))
    return Table(columns, cells, "Keys on flat plans, over the time of the log")


def plans(payload: Fields) -> Section | None:
    """A month by the token under every table against flat plans, over the requests of a month."""
    found = {name: rows for name, rows in (payload.get("plans") or {}).items() if rows and number(rows[0]["break_even_requests"])}
    if not found:
        return None
    flat = {str(row["plan"]): number(row["usd_per_month"]) or 0.0 for row in next(iter(found.values()))}
    each = {name: flat[str(rows[0]["plan"])] / (number(rows[0]["break_even_requests"]) or 1.0) for name, rows in found.items()}
    highest = 1.5 * max(flat.values())
    most = max(highest / one for one in each.values())
    lines: dict[str, list[tuple[float | str, float]]] = {
        name: [(0.0, 0.0), (highest / one, highest)] for name, one in each.items()
    }
    lines |= {f"{plan}, flat": [(0.0, usd), (most, usd)] for plan, usd in flat.items()}
    cells = [
        [name, str(row["plan"]), usd_amount(number(row["usd_per_month"])), usd_amount(number(row["by_token_usd"])),
         usd_amount(number(row["mixed_usd"])), count(number(row["break_even_requests"]))]
        for name, rows in found.items()
        for row in rows
    ]  # fmt: skip
    heads = ("A month", "This traffic by the token", "Mixed", "Cheaper from, requests a month")
    beside = Table((Column("Route table"), Column("Plan"), *(Column(head, "right") for head in heads)), cells)
    axes = Axis("requests a month", ",~r", zero=True), Axis("USD a month", "$,~r", zero=True)
    caption = "Where the rising line of a table crosses a flat one, the plan becomes cheaper."
    return Section("Plans", [Chart("Break-even of plans", caption, curves(lines, *axes), beside)])


def sensitivity(payload: Fields) -> Section | None:
    """What the cost would be if an assumption were wrong."""
    rows = payload.get("sensitivity") or ()
    if not rows:
        return None
    cells = [
        [str(row["table"]), told(row), usd_amount(number(row["cost_usd"])), _signed(number(row["change"])),
         percent(number(row["quality"]))]
        for row in rows
    ]  # fmt: skip
    heads = ("Cost", "Change", "Quality")
    table = Table((Column("Route table"), Column("If"), *(Column(head, "right") for head in heads)), cells)
    drawn = [
        Bar(str(row["table"]), told(row), usd, usd_amount(usd))
        for row in rows
        if row["what"] != "classifier accuracy" and (usd := number(row["cost_usd"])) is not None
    ][: MOST_DRAWN * 5]
    caption = "Prices and output tokens of the table alone; what the log itself cost stays as it is."
    blocks: list[Block] = [Chart("Cost if prices or answers were otherwise", caption, bars(drawn, Axis("USD", "$,~r")), table)]
    wrong = [row for row in rows if row["what"] == "classifier accuracy"]
    if wrong:
        blocks.append(
            Prose(["A classifier that is right less often sends requests to the models of other classes: its rows are below."])
        )
        blocks.append(Grid(Table(table.columns, [cell for cell, row in zip(cells, rows, strict=True) if row in wrong])))
    return Section("What could be otherwise", blocks)


def told(row: Fields) -> str:
    """One assumption in words."""
    value = float(row["value"])
    if row["what"] == "classifier accuracy":
        return f"classifier {value:.0%} right"
    return f"{row['what']} × {value:g}"


def _signed(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share * 100:+.1f}%".replace("-", "−")
