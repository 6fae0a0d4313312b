"""What a simulation tells beside its main table: rows one by one, plans, an earlier result, how far speeds are off."""

from collections.abc import Mapping, Sequence
from typing import Any

from jc.report.conclusion import number
from jc.report.numbers import MINUS, UNKNOWN, count, percent, seconds, usd_amount
from jc.report.simulation_html import signed_share
from jc.report.simulation_sections import subscribed, told
from jc.report.table import Column, Table

Fields = Mapping[str, Any]
MAX_ROWS = 20


def state_tables(payload: Fields) -> list[Table]:
    """What became of the requests one by one: budgets, outages, waits; and the keys that were stopped."""
    rows = [row for row in payload["tables"] if "over_budget" in row]
    if not rows:
        return []
    least = any(row["smallest_budget_usd"] for row in rows)
    names = {
        "Refused": "over_budget", "Degraded": "degraded", "Parked": "parked", "Fell back": "fell_back", "Lost": "lost_to_outage",
        "Turned away": "turned_away", "Gave up": "given_up",
    }  # fmt: skip
    spare = {"Turned away", "Gave up"}
    names = {head: name for head, name in names.items() if head not in spare or any(row.get(name) for row in rows)}
    heads = [*names, "Mean wait", "p95 wait"]
    cells = []
    for row in rows:
        line = [row["name"], *(count(row[name]) for name in names.values())]
        line += [seconds(row["wait_mean_s"]), seconds(row["wait_p95_s"])]
        line += [usd_amount(number(row["smallest_budget_usd"]))] if least else []
        cells.append(line)
    heads += ["Smallest budget"] if least else []
    out = [Table((Column("Route table"), *(Column(head, "right") for head in heads)), cells, title="Request by request")]
    stopped = [(row["name"], one) for row in rows for one in row["stopped"]]
    if stopped:
        lines = [
            [name, one["key"], _minute(payload, one["first"]), count(one["requests"]), usd_amount(number(one["saved_usd"]))]
            for name, one in stopped[:MAX_ROWS]
        ]
        left = f" (the first {MAX_ROWS} of {len(stopped):,})" if len(stopped) > MAX_ROWS else ""
        columns = (
            Column("Route table"),
            Column("Key"),
            Column("First, UTC"),
            Column("Refused", "right"),
            Column("Saved", "right"),
        )
        out.append(Table(columns, lines, title=f"Keys that met their cap{left}"))
    return out


def subscribed_tables(payload: Fields) -> list[Table]:
    """The keys that are on flat plans: what their answers would cost by the token, and the fee."""
    found = subscribed(payload["tables"])
    return [] if found is None else [found]


def _minute(payload: Fields, moment: str) -> str:
    """The minute of a moment; a log without times has none."""
    timed = payload["traffic"]["first_day"] is not None
    return moment[:16].replace("T", " ") if timed else UNKNOWN


def plan_tables(payload: Fields) -> list[Table]:
    """A month by the token against flat plans."""
    found = payload.get("plans")
    if not found:
        return []
    heads = ("By the token", "Flat", "Mixed", "Break-even, requests")
    cells = [
        [name, row["plan"], usd_amount(number(row["by_token_usd"])) + _star(row), usd_amount(number(row["flat_usd"])),
         usd_amount(number(row["mixed_usd"])) + _star(row), count(row["break_even_requests"])]
        for name, rows in found.items()
        for row in rows
    ]  # fmt: skip
    columns = (Column("Route table"), Column("Plan"), *(Column(head, "right") for head in heads))
    whole = Table(columns, cells, title="A month (30 days) by the token and on flat plans")
    shown = list(found)[-1]
    return [whole, *(table for part in ("org", "key") if (table := _spenders(part, shown, found[shown])) is not None)]


def _spenders(part: str, name: str, rows: Sequence[Fields]) -> Table | None:
    """What each key or organisation would spend a month under one table, and from how many requests on a plan is cheaper."""
    if not rows or not rows[0][f"by_{part}"]:
        return None
    names = [one["name"] for one in rows[0][f"by_{part}"]][:MAX_ROWS]
    cells = []
    for at, value in enumerate(names):
        each = [row[f"by_{part}"][at] for row in rows]
        even = [count(one["break_even_requests"]) + (" ←" if one["better"] == "flat" else "") for one in each]
        cells.append([value, count(each[0]["requests"]), usd_amount(number(each[0]["by_token_usd"])) + _star(each[0]), *even])
    who = "Organisation" if part == "org" else "Key"
    columns = (
        Column(who), Column("Requests", "right"), Column("By the token", "right"),
        *(Column(f"{usd_amount(number(row['usd_per_month']))} flat from", "right") for row in rows),
    )  # fmt: skip
    return Table(columns, cells, title=f"A month under {name} by {part}, and the requests from which a plan is cheaper (← it is)")


def _star(row: Fields) -> str:
    """The mark of a cost that is known for a part of the requests only."""
    return "*" if row.get("cost_known", 1.0) <= 0.995 else ""


def sensitivity_tables(payload: Fields) -> list[Table]:
    """What the cost would be if an assumption were wrong."""
    rows = payload.get("sensitivity") or ()
    if not rows:
        return []
    cells = [
        [row["table"], told(row), usd_amount(number(row["cost_usd"])), signed_share(row["change"]), percent(row["quality"])]
        for row in rows
    ]
    heads = ("Cost", "Change", "Quality")
    columns = (Column("Route table"), Column("If"), *(Column(head, "right") for head in heads))
    return [Table(columns, cells, title="What could be otherwise")]


def compared_tables(payload: Fields) -> list[Table]:
    """The result against an earlier one."""
    rows = payload.get("compared")
    if not rows:
        return []
    fewer = any(row["before_answered"] != row["after_answered"] for row in rows)
    cells = [
        [
            row["name"],
            f"{usd_amount(number(row['before_usd']))} → {usd_amount(number(row['after_usd']))}",
            *([f"{percent(row['before_answered'])} → {percent(row['after_answered'])}"] if fewer else []),
            signed_share(row["change"]),
            f"{seconds(number(row['before_p95_s']))} → {seconds(number(row['after_p95_s']))}",
        ]
        for row in rows
    ]
    heads = ("Cost", *(("Answered",) if fewer else ()), "Change", "p95")
    each = ", with the change of cost an answered request" if fewer else ""
    columns = (Column("Route table"), *(Column(head, "right") for head in heads))
    return [Table(columns, cells, title=f"Against {payload['compared_to']}{each}")]


def delta_text(delta: Fields) -> str:
    """The difference of two estimates as a tree of amounts; what makes no difference is left out."""
    return "\n".join([f"Where the difference comes from: {delta['name']}", "", _amounts(delta), *_branches(delta, "")])


def _amounts(branch: Fields) -> str:
    """`+$561 ($743 → $1,303)`."""
    usd = number(branch["usd"]) or 0.0
    sign = "+" if usd > 0 else MINUS if usd < 0 else ""
    return (
        f"{sign}{usd_amount(abs(usd))} ({usd_amount(number(branch['before_usd']))} → {usd_amount(number(branch['after_usd']))})"
    )


def _branches(branch: Fields, indent: str) -> list[str]:
    telling = [child for child in branch["children"] if number(child["usd"])]
    lines = []
    for child in telling:
        last = child is telling[-1]
        lines.append(f"{indent}{'└─' if last else '├─'} {child['name']}  {_amounts(child)}")
        lines += _branches(child, indent + ("   " if last else "│  "))
    return lines


def backtest_tables(payload: Fields) -> list[Table]:
    """How far the latency estimate is off on sessions that the fit had not seen."""
    found = payload.get("backtest")
    if not found:
        return []
    heads = ("Total", "p50", "p90", "p95", "p99", "Median error", "MAPE")
    lines = []
    for name, key in (("fitted", "fit"), ("a mean per model", "mean_per_model")):
        score = found[key]
        signed = [signed_share(score[what]) for what in ("total", "p50", "p90", "p95", "p99")]
        lines.append([name, *signed, percent(score["median_error"]), percent(score["mape"])])
    covered = percent(found["coverage_90"])
    title = (
        f"Latency on {found['rows']:,} requests of {found['sessions']:,} sessions, each half predicted by the other;"
        f" the 90% interval covers {covered}"
    )
    return [Table((Column("Prediction"), *(Column(head, "right") for head in heads)), lines, title=title)]


def overload_tables(payload: Fields) -> list[Table]:
    """The batching server of a log: how far its fit is off, and what it would make of other rates of arrival."""
    found = payload.get("overload")
    if not found:
        return []
    server = found["server"]
    step, each = server["step_s"] * 1000, server["step_s_per_running"] * 1000
    off = ", ".join(f"{signed_share(found[key])} {what}" for key, what in (("mean", "mean"), ("p50", "p50"), ("p95", "p95")))
    title = (
        f"A batching server of {server['places']} places: {step:.1f} ms a step + {each:.2f} ms for each running request\n"
        f"Fitted on the first half; on the second ({found['rows']:,} requests, mean {found['measured_mean_s']:.1f} s)"
        f" it is off by {off}"
    )
    cells = [[f"{row['rate']:g} ×", seconds(row["mean_s"]), seconds(row["p95_s"])] for row in found["loads"]]
    return [Table((Column("Rate of arrival"), Column("Mean", "right"), Column("p95", "right")), cells, title=title)]
