"""A simulation for people: one row per route table, where the saving comes from, and what it all rests on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from textwrap import fill
from typing import Any

from jc.report.conclusion import number
from jc.report.document import Document
from jc.report.numbers import MINUS, UNKNOWN, bar, count, grams, joules, percent, seconds, usd_amount, usd_request
from jc.report.simulation_html import signed_share, simulation_page
from jc.report.simulation_more import (
    backtest_tables,
    compared_tables,
    delta_text,
    overload_tables,
    plan_tables,
    sensitivity_tables,
    state_tables,
    subscribed_tables,
)
from jc.report.table import Column, Table
from jc.sanitise import display_width

SCHEMA = "jc.simulation/1"
Fields = Mapping[str, Any]
MAX_ROWS = 20
WIDTH = 98


def simulation_document(payload: Fields, reproduce: Mapping[str, object], width: int = WIDTH, *, parts: bool = True) -> Document:
    """The payload of `jc.simulation/1` in every format; `records` are the rows of the tables, then (`parts`) of breakdowns."""
    more = [
        *interval_tables(payload),
        *state_tables(payload),
        *subscribed_tables(payload),
        *plan_tables(payload),
        *sensitivity_tables(payload),
        *compared_tables(payload),
        *backtest_tables(payload),
        *overload_tables(payload),
    ]
    tables = [main_table(payload), *saving_tables(payload), *more]
    delta = [delta_text(payload["delta"])] if payload.get("delta") else []
    shown = [fitted(main_table(payload), width), *(fitted(table, width) for table in tables[1:])]
    text = "\n\n".join([wrapped(headline(payload), min(width, WIDTH)), *shown, *delta, *_foot(payload, min(width, WIDTH))])
    fenced = [f"```text\n{one}\n```" for one in delta]
    pieces = [headline(payload), *(table.markdown() for table in tables), *fenced, *_foot(payload, WIDTH, markdown=True)]
    pages = {"html": lambda: simulation_page(payload, reproduce)}
    records = records_of(payload, parts=parts)
    return Document(SCHEMA, payload, records=records, tables=tables, text=text, markdown="\n\n".join(pieces), extra=pages)


def records_of(payload: Fields, *, parts: bool) -> list[dict[str, Any]]:
    """The rows of the machine formats: `by` and `value` are empty for a whole table, else the dimension and the part."""
    if not parts or not payload["by"]:
        return _alike([_record(row) for row in payload["tables"]])
    rows = [{"by": "", "value": "", **_record(row)} for row in payload["tables"]]
    own = {row["name"]: row.get("table_name") for row in payload["tables"]}
    for name, found in payload["by"].items():
        rows += [
            {"by": name, "value": row[name], "name": row["table"], **_amounts(row, {name, "table"}),
             "table_name": own.get(row["table"])}
            for row in found
        ]  # fmt: skip
    return _alike(rows)


def _alike(rows: Sequence[Fields]) -> list[dict[str, Any]]:
    """The rows with the same names in the same order; what one does not have is None."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [{name: row.get(name) for name in names} for row in rows]


def _amounts(row: Fields, without: set[str]) -> dict[str, Any]:
    """A row with its money as numbers, so that a negative amount is no formula to a spreadsheet."""
    money = {name for name, value in row.items() if name.endswith("_usd") and value is not None}
    return {name: Decimal(value) if name in money else value for name, value in row.items() if name not in without}


_LONG = "Kept (tools, vision)"
_SPARE = ("Mean", "$/1k", _LONG)
"""What a narrow terminal goes without, one after the other: two columns, and a long heading."""


def fitted(table: Table, width: int) -> str:
    """A table as text that is no wider than the terminal: short headings first, then the last columns in a table of their own.

    A long title is wrapped; it makes no table narrower.
    """
    table = replace(table, title="\n".join(wrapped(line, width) for line in table.title.splitlines()))
    for upto in range(len(_SPARE) + 1):
        found = _shortened(table, _SPARE[:upto])
        if _widest(found) <= width:
            return found.text()
    return _in_parts(_shortened(table, _SPARE), width)


def _shortened(table: Table, names: Sequence[str]) -> Table:
    """Without what a narrow terminal can do without, and with a short heading for what is kept, as far as they are named."""
    dropped = [name for name in names if name != _LONG]
    keep = [at for at, column in enumerate(table.columns) if column.name not in dropped]
    columns = tuple(
        Column("Kept", table.columns[at].align) if table.columns[at].name in names else table.columns[at] for at in keep
    )
    return Table(columns, [[row[at] for at in keep] for row in table.rows], title=table.title)


def _widest(table: Table) -> int:
    return max(display_width(line) for line in table.text().splitlines())


def _in_parts(table: Table, width: int) -> str:
    """The table as several, each with the first column, one under the other."""
    parts, at = [], 1
    while at < len(table.columns):
        upto = len(table.columns)
        while upto > at + 1 and _widest(_columns(table, at, upto)) > width:
            upto -= 1
        parts.append(_columns(table, at, upto, titled=at == 1).text())
        at = upto
    return "\n\n".join(parts)


def _columns(table: Table, start: int, stop: int, *, titled: bool = False) -> Table:
    rows = [[row[0], *row[start:stop]] for row in table.rows]
    return Table((table.columns[0], *table.columns[start:stop]), rows, title=table.title if titled else "")


def wrapped(line: str, width: int) -> str:
    """A line of prose that is no wider than the terminal."""
    return fill(line, width, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


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
    cells = [_cells(row, payload, first=row is rows[0]) for row in rows]
    idle = {name for name in _OPTIONAL if all(line[name] in _OPTIONAL[name] for line in cells)}
    heads = [name for name in cells[0] if name not in idle]
    columns = tuple(Column(name, "right" if at else "left") for at, name in enumerate(heads))
    return Table(columns, [[line[name] for name in heads] for line in cells])


_NONE = frozenset({UNKNOWN})
_OPTIONAL: Mapping[str, frozenset[str]] = {
    "Mean": _NONE, "Over SLO": _NONE, "Energy": _NONE, "CO₂e": _NONE, "Quality": _NONE, "Rejected": frozenset({UNKNOWN, "0"}),
    "Over budget": frozenset({UNKNOWN, "0"}),
}  # fmt: skip
"""Columns that are left out where every row says one of these."""


def _cells(row: Fields, payload: Fields, *, first: bool) -> dict[str, str]:
    requests = max(1, row["requests"])
    base = row["name"] == payload["baseline"]
    kept = row["kept"]["tools"] + row["kept"]["vision"]
    logged = first and row["name"] == "as logged"
    timed = row.get("latency_known", 1.0)
    return {
        "Route table": row["name"],
        "Cost": _partly(usd_amount(number(row["cost_usd"])), row["cost_known"]),
        "Change": "—" if base else signed_share(row["change"]),
        "$/1k": _partly(usd_request(number(row["usd_per_1k"])), row["cost_known"]),
        "p50": _partly(seconds(row["p50_s"]), timed),
        "p95": _partly(seconds(row["p95_s"]), timed),
        "Mean": _partly(seconds(row["mean_s"]), timed),
        "Over SLO": _partly(percent(row["over_slo"]), timed),
        "Energy": _partly(joules(row["energy_j"]), row["energy_known"]),
        "CO₂e": _partly(grams(row.get("co2e_g")), row["energy_known"]),
        "Quality": _partly(percent(row["quality"]), row["quality_known"]),
        "Moved": "—" if logged else percent(row["moved"]),
        _LONG: "—" if logged else percent(kept / requests),
        "Rejected": count(row["rejected"]),
        "Over budget": count(row.get("over_budget")),
    }


def _partly(text: str, known: float) -> str:
    """A figure that covers only some requests carries a mark; the foot says how many."""
    return text if text == UNKNOWN or known > 0.995 else text + "*"


def saving_tables(payload: Fields) -> list[Table]:
    """Where each dimension's cost goes: as the baseline and under one table, with what is saved."""
    shown = _shown(payload)
    if shown is None:
        return []
    found = (_saving(name, rows, payload["baseline"], shown) for name, rows in payload["by"].items())
    return [table for table in found if table is not None]


def _shown(payload: Fields) -> str | None:
    """The table whose saving is told: the first that was named, the cheapest where none was."""
    others = [row for row in payload["tables"] if row["name"] != payload["baseline"] and row["cost_usd"] is not None]
    named = [row for row in others if row is not payload["tables"][0]] or others
    if not named:
        return None
    if not payload["shipped"]:
        return str(named[0]["name"])
    return str(min(named, key=lambda row: Decimal(row["cost_usd"]))["name"])


def _saving(name: str, rows: Sequence[Fields], baseline: str, shown: str) -> Table | None:
    """The parts of one dimension; None where there is only one, which the main table tells."""
    before = {row[name]: row for row in rows if row["table"] == baseline}
    after = {row[name]: row for row in rows if row["table"] == shown}
    if len(after) < 2:
        return None
    saved = {value: number(row["saved_usd"]) for value, row in after.items()}
    most = max((abs(one) for one in saved.values() if one is not None), default=0.0)
    order = list(after) if name in {"day", "hour"} else sorted(after, key=lambda value: -(saved[value] or 0.0))
    lines = [
        [value, f"{after[value]['requests']:,}",
         _partly(usd_amount(number(before[value]["cost_usd"])), before[value]["cost_known"]),
         usd_amount(number(after[value]["cost_usd"])), usd_amount(saved[value]),
         _gain(saved[value] or 0.0, most)]
        for value in order[:MAX_ROWS]
    ]  # fmt: skip
    left = f" (the first {MAX_ROWS} of {len(order):,})" if len(order) > MAX_ROWS else ""
    said = "saves" if sum(one or 0.0 for one in saved.values()) >= 0 else "costs more"
    first = "As logged" if baseline == "as logged" else baseline
    columns = (
        Column(name.capitalize()), Column("Requests", "right"), Column(first, "right"),
        Column(shown, "right"), Column("Saved", "right"), Column(""),
    )  # fmt: skip
    return Table(columns, lines, title=f"Where {shown} {said}{left}")


def _gain(saved: float, most: float) -> str:
    """What is saved as a bar; what is lost as one after a minus."""
    return (MINUS if saved < 0 else "") + bar(abs(saved) / most if most else 0.0)


def interval_tables(payload: Fields) -> list[Table]:
    """How far each figure could be off, were the log another of its kind."""
    cells = []
    for row in payload["tables"]:
        spreads = row["intervals"]
        line = {
            "Cost": between(row["cost_interval_usd"], usd_amount),
            "Change": between(row["change_interval"], signed_share),
            "p50": between(spreads.get("p50_s"), seconds),
            "p95": between(spreads.get("p95_s"), seconds),
            "Quality": between(spreads.get("quality"), percent, same=UNKNOWN),
        }
        cells.append({"Route table": row["name"], **line})
    heads = [name for name in cells[0] if any(line[name] != UNKNOWN for line in cells)] if cells else []
    if len(heads) < 2:
        return []
    columns = tuple(Column(name, "right" if at else "left") for at, name in enumerate(heads))
    rows = [[line[name] for name in heads] for line in cells]
    return [Table(columns, rows, title="95% intervals, were the log another of its kind")]


def between(pair: Sequence[object] | None, told: Callable[[float | None], str], same: str | None = None) -> str:
    """An interval in words; where both ends read alike one figure, or what is said instead.

    (A quality whose ends are alike is that of one model: how well it was measured is not known, so there is no interval to tell.)
    """
    if not pair:
        return UNKNOWN
    low, high = (told(number(one)) for one in pair)
    if low == high:
        return low if same is None else same
    return f"{low} to {high}" if low.startswith(MINUS) else f"{low} – {high}"


def _foot(payload: Fields, width: int, *, markdown: bool = False) -> list[str]:
    """What the figures rest on, each sentence once with the tables it is about."""
    lines: dict[str, list[str]] = {}
    tables = payload["tables"]
    for row in tables:
        for text in row["assumptions"]:
            lines.setdefault(text, []).append(row["name"])
    said = [text if len(names) >= len(tables) - 1 else f"{text} ({', '.join(names)})" for text, names in lines.items()]
    said += [*_marks(payload), *_worse(payload)]
    blind = [(row["name"], row["cost_usd"], row["cache_blind_usd"]) for row in tables if row["cache_blind_usd"] is not None]
    if blind:
        parts = ", ".join(f"{name} {usd_amount(number(cost))} against {usd_amount(number(bare))}" for name, cost, bare in blind)
        said.append(f"with the prompt cache against without it (cache-blind): {parts}")
    said += [f"{name} was passed over: {why}" for name, why in payload["passed_over"].items()]
    if not said:
        return []
    if markdown:
        return ["\n".join(["What this rests on", "", *(f"- {line}" for line in said)])]
    told = (fill(line, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False) for line in said)
    return ["\n".join(["What this rests on", *told])]


def _marks(payload: Fields) -> list[str]:
    """What the star at a figure means: the share of requests that it covers."""
    out = []
    for name, known, what in (
        ("cost_usd", "cost_known", "cost"), ("mean_s", "latency_known", "latency"), ("energy_j", "energy_known", "energy"),
        ("quality", "quality_known", "quality"),
    ):  # fmt: skip
        partly = [
            f"{row['name']} {percent(row[known], 0)}"
            for row in payload["tables"]
            if row[name] is not None and row.get(known, 1.0) <= 0.995
        ]
        if partly:
            also = "; changes are told over what both sides know" if what == "cost" else ""
            out.append(f"* {what} is known for a part of the requests: {', '.join(partly)}{also}")
    return out


def _worse(payload: Fields) -> list[str]:
    """Tables that are cheaper but worse than the baseline, so that no saving is told alone."""
    base = next((row for row in payload["tables"] if row["name"] == payload["baseline"]), None)
    if base is None or base["quality"] is None:
        return []
    return [
        f"{row['name']} is cheaper but worse: {signed_share(row['change'])} for {MINUS}{points:.1f} points of quality"
        for row in payload["tables"]
        if row["quality"] is not None
        and (row["change"] or 0.0) < 0
        and (points := (base["quality"] - row["quality"]) * 100) >= 0.05
    ]


def _record(row: Fields) -> dict[str, Any]:
    """A row of the tables with all that it holds under the names of the JSON; a list stays one (text in a CSV cell).

    What is kept and the intervals get a column each, whether there are any or not.
    """
    flat = {name: value for name, value in row.items() if name not in {"kept", "intervals"}}
    kept = {f"kept_{name}": value for name, value in row["kept"].items()}
    return {**flat, **{name: row["intervals"].get(of) for of, name in _INTERVALS.items()}, **kept}


_INTERVALS = {"p50_s": "p50_interval_s", "p95_s": "p95_interval_s", "mean_s": "mean_interval_s", "quality": "quality_interval"}
"""The intervals of a table beside those of cost and change, with their columns."""
