"""A simulation for people: one row per route table, where the saving comes from, and what it all rests on."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from textwrap import fill
from typing import Any

from jc.report.conclusion import number
from jc.report.document import Document
from jc.report.numbers import MINUS, UNKNOWN, bar, count, joules, percent, seconds, usd_amount
from jc.report.simulation_html import signed_share, simulation_page
from jc.report.table import Column, Table

SCHEMA = "jc.simulation/1"
Fields = Mapping[str, Any]
MAX_ROWS = 20
WIDTH = 98


def simulation_document(payload: Fields, reproduce: Mapping[str, object]) -> Document:
    """The payload of `jc.simulation/1` in every format; `records` are the rows of the tables."""
    more = [
        *state_tables(payload),
        *plan_tables(payload),
        *compared_tables(payload),
        *backtest_tables(payload),
        *overload_tables(payload),
    ]
    tables = [main_table(payload), *saving_tables(payload), *more]
    delta = [delta_text(payload["delta"])] if payload.get("delta") else []
    text = "\n\n".join([headline(payload), *(table.text() for table in tables), *delta, *_foot(payload)])
    fenced = [f"```text\n{one}\n```" for one in delta]
    markdown = "\n\n".join([headline(payload), *(table.markdown() for table in tables), *fenced, *_foot(payload, markdown=True)])
    records = [_record(row) for row in payload["tables"]]
    pages = {"html": lambda: simulation_page(payload, reproduce)}
    return Document(SCHEMA, payload, records=records, tables=tables, text=text, markdown=markdown, extra=pages)


def headline(payload: Fields) -> str:
    """What was replayed: requests, tokens, days."""
    traffic = payload["traffic"]
    parts = [f"{traffic['requests']:,} request{'s' if traffic['requests'] != 1 else ''}"]
    parts.append(f"{tokens(traffic['input_tokens'])} input and {tokens(traffic['output_tokens'])} output tokens")
    if traffic["first_day"]:
        parts.append(span(date.fromisoformat(traffic["first_day"]), date.fromisoformat(traffic["last_day"])))
    rejected = payload["rows"]["rejected"]
    left = f"; {rejected:,} of {payload['rows']['total']:,} rows rejected" if rejected else ""
    return f"{traffic['source']}: {', '.join(parts)}{left}"


def tokens(value: float) -> str:
    """Tokens, in millions from a hundred thousand on."""
    return f"{value / 1e6:,.1f} M" if value >= 1e5 else f"{value:,.0f}"


def span(first: date, last: date) -> str:
    """Days as people write them: `1 – 31 October 2026`."""
    if first == last:
        return f"{first.day} {first:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {last.day} {last:%B %Y}"
    if first.year == last.year:
        return f"{first.day} {first:%B} – {last.day} {last:%B %Y}"
    return f"{first.day} {first:%B %Y} – {last.day} {last:%B %Y}"


def main_table(payload: Fields) -> Table:
    """The table of the mock-up; columns that would be empty are left out."""
    rows = payload["tables"]
    slo = any(row["over_slo"] is not None for row in rows)
    quality = any(row["quality"] is not None for row in rows)
    energy = any(row["energy_j"] is not None for row in rows)
    rejected = any(row["rejected"] for row in rows)
    stopped = any(row.get("over_budget") for row in rows)
    columns = [
        Column("Route table"),
        Column("Cost", "right"),
        Column("Change", "right"),
        Column("p50", "right"),
        Column("p95", "right"),
    ]
    columns += [Column("Over SLO", "right")] if slo else []
    columns += [Column("Energy", "right")] if energy else []
    columns += [Column("Quality", "right")] if quality else []
    columns += [Column("Moved", "right"), Column("Kept (tools, vision)", "right")]
    columns += [Column("Rejected", "right")] if rejected else []
    columns += [Column("Over budget", "right")] if stopped else []
    cells = []
    for row in rows:
        requests = max(1, row["requests"])
        base = row["name"] == payload["baseline"]
        line = [row["name"], usd_amount(number(row["cost_usd"])), "—" if base else signed_share(row["change"])]
        line += [seconds(row["p50_s"]), seconds(row["p95_s"])]
        line += [percent(row["over_slo"])] if slo else []
        line += [_partly(joules(row["energy_j"]), row["energy_known"])] if energy else []
        line += [_partly(percent(row["quality"]), row["quality_known"])] if quality else []
        kept = row["kept"]["tools"] + row["kept"]["vision"]
        logged = row is rows[0]
        line += ["—" if logged else percent(row["moved"]), "—" if logged else percent(kept / requests)]
        line += [count(row["rejected"])] if rejected else []
        line += [count(row.get("over_budget"))] if stopped else []
        cells.append(line)
    return Table(tuple(columns), cells)


def _partly(text: str, known: float) -> str:
    """A figure that covers only some requests carries a mark; the foot says how many."""
    return text if text == UNKNOWN or known > 0.995 else text + "*"


def saving_tables(payload: Fields) -> list[Table]:
    """Where each dimension's cost goes: as the baseline and the best table, with what is saved."""
    best = _best(payload)
    if best is None:
        return []
    return [
        table for name, rows in payload["by"].items() if (table := _saving(name, rows, payload["baseline"], best)) is not None
    ]


def _best(payload: Fields) -> str | None:
    """The cheapest table other than the baseline."""
    others = [row for row in payload["tables"] if row["name"] != payload["baseline"] and row["cost_usd"] is not None]
    return min(others, key=lambda row: Decimal(row["cost_usd"]))["name"] if others else None


def _saving(name: str, rows: Sequence[Fields], baseline: str, best: str) -> Table | None:
    cost = {(row[name], row["table"]): Decimal(row["cost_usd"]) for row in rows}
    requests = {row[name]: row["requests"] for row in rows}
    saved = {value: cost[value, baseline] - cost[value, best] for value in requests}
    most = max((abs(one) for one in saved.values()), default=Decimal(0))
    order = list(requests) if name in {"day", "hour"} else sorted(requests, key=lambda value: -saved[value])
    lines = [
        [value, f"{requests[value]:,}",
         usd_amount(cost[value, baseline]), usd_amount(cost[value, best]), usd_amount(saved[value]),
         bar(float(abs(saved[value]) / most) if most else 0.0)]
        for value in order[:MAX_ROWS]
    ]  # fmt: skip
    left = f" (the first {MAX_ROWS} of {len(order):,})" if len(order) > MAX_ROWS else ""
    before = baseline.capitalize() if baseline == "as logged" else baseline
    columns = (
        Column(name.capitalize()), Column("Requests", "right"), Column(before, "right"),
        Column(best, "right"), Column("Saved", "right"), Column(""),
    )  # fmt: skip
    return Table(columns, lines, title=f"Where {best} saves{left}")


def state_tables(payload: Fields) -> list[Table]:
    """What became of the requests one by one: budgets, outages, waits; and the keys that were stopped."""
    rows = [row for row in payload["tables"] if "over_budget" in row]
    if not rows:
        return []
    least = any(row["smallest_budget_usd"] for row in rows)
    heads = ["Refused (429)", "Degraded", "Parked", "Fell back", "Lost", "Mean wait", "p95 wait"]
    cells = []
    for row in rows:
        line = [row["name"], *(count(row[name]) for name in ("over_budget", "degraded", "parked", "fell_back", "lost_to_outage"))]
        line += [seconds(row["wait_mean_s"]), seconds(row["wait_p95_s"])]
        line += [usd_amount(number(row["smallest_budget_usd"]))] if least else []
        cells.append(line)
    heads += ["Smallest budget"] if least else []
    out = [Table((Column("Route table"), *(Column(head, "right") for head in heads)), cells, title="Request by request")]
    stopped = [(row["name"], one) for row in rows for one in row["stopped"]]
    if stopped:
        lines = [
            [name, one["key"], one["first"][:16].replace("T", " "), count(one["requests"]), usd_amount(number(one["saved_usd"]))]
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


def plan_tables(payload: Fields) -> list[Table]:
    """A month by the token against flat plans."""
    found = payload.get("plans")
    if not found:
        return []
    heads = ("By the token", "Flat", "Mixed", "Break-even, requests")
    cells = [
        [name, row["plan"], usd_amount(number(row["by_token_usd"])), usd_amount(number(row["flat_usd"])),
         usd_amount(number(row["mixed_usd"])), count(row["break_even_requests"])]
        for name, rows in found.items()
        for row in rows
    ]  # fmt: skip
    columns = (Column("Route table"), Column("Plan"), *(Column(head, "right") for head in heads))
    return [Table(columns, cells, title="A month (30 days) by the token and on flat plans")]


def compared_tables(payload: Fields) -> list[Table]:
    """The result against an earlier one."""
    rows = payload.get("compared")
    if not rows:
        return []
    cells = [
        [
            row["name"],
            f"{usd_amount(number(row['before_usd']))} → {usd_amount(number(row['after_usd']))}",
            signed_share(row["change"]),
            f"{seconds(number(row['before_p95_s']))} → {seconds(number(row['after_p95_s']))}",
        ]
        for row in rows
    ]
    columns = (Column("Route table"), Column("Cost", "right"), Column("Change", "right"), Column("p95", "right"))
    return [Table(columns, cells, title=f"Against {payload['compared_to']}")]


def delta_text(delta: Fields) -> str:
    """The difference of two estimates as a tree of amounts."""
    return "\n".join(["Where the difference comes from", "", *_branch_lines(delta, 0)])


def _branch_lines(branch: Fields, depth: int) -> list[str]:
    usd = number(branch["usd"]) or 0.0
    sign = "+" if usd > 0 else MINUS if usd < 0 else ""
    amounts = f"{usd_amount(number(branch['before_usd']))} → {usd_amount(number(branch['after_usd']))}"
    line = f"{'  ' * depth}{branch['name']}  {sign}{usd_amount(abs(usd))} ({amounts})"
    telling = [child for child in branch["children"] if number(child["usd"])]
    return [line, *(one for child in telling for one in _branch_lines(child, depth + 1))]


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


def _foot(payload: Fields, *, markdown: bool = False) -> list[str]:
    """What the figures rest on, each sentence once with the tables it is about."""
    lines: dict[str, list[str]] = {}
    tables = payload["tables"]
    for row in tables:
        for text in row["assumptions"]:
            lines.setdefault(text, []).append(row["name"])
    said = [text if len(names) >= len(tables) - 1 else f"{text} ({', '.join(names)})" for text, names in lines.items()]
    said += _marks(payload)
    blind = [(row["name"], row["cost_usd"], row["cache_blind_usd"]) for row in tables if row["cache_blind_usd"] is not None]
    if blind:
        parts = ", ".join(f"{name} {usd_amount(number(cost))} against {usd_amount(number(bare))}" for name, cost, bare in blind)
        said.append(f"with the prompt cache against without it: {parts}")
    intervals = [(row["name"], row["change_interval"]) for row in tables if row["change_interval"]]
    if intervals:
        parts = ", ".join(f"{name} {signed_share(low)} to {signed_share(high)}" for name, (low, high) in intervals)
        said.append(f"95% intervals of the change, were the log another of its kind: {parts}")
    said += [f"{name} was passed over: {why}" for name, why in payload["passed_over"].items()]
    if not said:
        return []
    if markdown:
        return ["\n".join(["What this rests on", "", *(f"- {line}" for line in said)])]
    return [
        "\n".join(["What this rests on", *(fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in said)])
    ]


def _marks(payload: Fields) -> list[str]:
    out = []
    for name, what in (("energy", "energy"), ("quality", "quality")):
        partly = [
            f"{row['name']} {percent(row[f'{name}_known'], 0)}"
            for row in payload["tables"]
            if row["energy_j" if name == "energy" else "quality"] is not None and row[f"{name}_known"] <= 0.995
        ]
        if partly:
            out.append(f"* {what} is known for a part of the requests: {', '.join(partly)}")
    return out


def _record(row: Fields) -> dict[str, Any]:
    """A row of the tables without what is nested."""
    flat = {name: value for name, value in row.items() if not isinstance(value, (list, Mapping))}
    return {**flat, **{f"kept_{name}": value for name, value in row["kept"].items()}}
