"""The frontier of route tables for people: what each costs, how good and fast it is, and which models it names."""

from collections.abc import Callable, Mapping
from textwrap import fill
from typing import Any

from jc.quantities import counted
from jc.report.chart_parts import Axis, Chart, Point, scale_for
from jc.report.charts import plane
from jc.report.conclusion import number
from jc.report.document import Document
from jc.report.html import Block, Grid, Listing, Page, Section, render_page
from jc.report.numbers import UNKNOWN, percent, seconds, usd_amount
from jc.report.simulation import between, fitted
from jc.report.simulation_html import signed_share
from jc.report.table import Column, Table
from jc.simulate.optimum_result import same_quality

SCHEMA = "jc.optimum/1"
Fields = Mapping[str, Any]
WIDTH = 98
WHOLE = 0.995
"""A quality that covers a smaller share of the requests carries a mark."""
MOST_MODELS = 4


def optimum_document(payload: Fields, yaml: str | None, reproduce: Mapping[str, object], width: int = WIDTH) -> Document:
    """The frontier in every format; `yaml` is the chosen table.

    What is read elsewhere carries the notes on thin evidence itself; a terminal has them beside the result.
    """
    tables = [frontier_table(payload), *nearest_tables(payload), *model_tables(payload)]
    tables = [table for table in tables if table.rows]
    lines = _foot(payload)
    notes = [*map(thin_note, payload["thin"]), *lines]
    wrapped = [fill(line, min(width, WIDTH), subsequent_indent="  ", break_on_hyphens=False) for line in lines]
    text = "\n\n".join([_head(payload), *(fitted(table, width) for table in tables), *(["\n".join(wrapped)] if lines else [])])
    markdown = "\n\n".join([_head(payload), *(table.markdown() for table in tables), *(f"- {line}" for line in notes)])
    extra: dict[str, Callable[[], str]] = {"html": lambda: _page(payload, tables, notes, reproduce)}
    if yaml is not None:
        extra["yaml"] = lambda: yaml
    return Document(SCHEMA, payload, records=payload["frontier"], tables=tables, text=text, markdown=markdown, extra=extra)


def _head(payload: Fields) -> str:
    chosen = payload["chosen"]
    wanted = payload["wanted"]
    terms = [f"at least {percent(wanted['min_quality'], 0)} of the best quality"]
    if wanted["max_p95_s"] is not None:
        terms.append(f"p95 at most {wanted['max_p95_s']:g} s")
    if chosen is None:
        return f"No table of {_these(payload['considered'])} keeps {' and '.join(terms)}"
    row = next(one for one in payload["frontier"] if one["chosen"])
    against = f" instead of {usd_amount(number(payload['logged_usd']))}" if payload["logged_usd"] else ""
    found = f"Cheapest with {' and '.join(terms)}: {usd_amount(number(row['cost_usd']))}{against}"
    return f"{found}, quality {percent(row['quality'])}"


def _these(models: int) -> str:
    return "this one model" if models == 1 else f"these {models} models"


def frontier_table(payload: Fields) -> Table:
    """One row per point of the frontier, the cheapest first."""
    left = payload["frontier_size"] - len(payload["frontier"])
    title = f"The frontier ({len(payload['frontier'])} of {payload['frontier_size']} tables)" if left > 0 else "The frontier"
    return _table(payload["frontier"], title)


def nearest_tables(payload: Fields) -> list[Table]:
    """What comes nearest where no table keeps everything."""
    return [_table(payload["nearest"], "What comes nearest")] if payload["nearest"] else []


def _table(rows: list[Fields], title: str) -> Table:
    cells = []
    for row in rows:
        bounds, quality = row["change_interval"], row["intervals"].get("quality")
        line = {
            "Table": ("→ " if row["chosen"] else "  ") + row["name"],
            "Cost": usd_amount(number(row["cost_usd"])),
            "Change": signed_share(row["change"]),
            "95% interval": between(bounds, signed_share),
            "Quality": percent(row["quality"]) + ("" if row["quality"] is None or row["quality_known"] > WHOLE else "*"),
            "Its interval": between(quality, percent, same=UNKNOWN),
            "p50": seconds(row["p50_s"]),
            "p95": seconds(row["p95_s"]),
        }
        cells.append(line)
    heads = [name for name in cells[0] if any(line[name] != UNKNOWN for line in cells)] if cells else ["Table"]
    columns = tuple(Column(name, "right" if at else "left") for at, name in enumerate(heads))
    return Table(columns, [[line[name] for name in heads] for line in cells], title=title)


def model_tables(payload: Fields) -> list[Table]:
    """Which model answers each class in the chosen table, or in those that come nearest."""
    rows = [one for one in payload["frontier"] if one["chosen"]] or payload["nearest"]
    classes = list(rows[0]["routes"]) if rows else []
    heads = ["Model"] if len(rows) < 2 else [row["name"] for row in rows]
    cells = [[name, *(row["routes"][name] for row in rows)] for name in classes]
    if any(row["threshold"] is not None for row in rows):
        limits = ["the classifier's own" if row["threshold"] is None else f"{row['threshold']:g}" for row in rows]
        cells.append(["(threshold)", *limits])
    return [Table((Column("Class"), *(Column(head) for head in heads)), cells)] if cells else []


def _foot(payload: Fields) -> list[str]:
    """What the choice rests on, what could not be weighed, and how to find out."""
    lines = []
    if not payload["proven"]:
        lines.append(
            f"Not proven: {payload['tried']} tables were simulated, and one that was not could still be cheaper,"
            " because sessions that change models lose their prompt cache"
        )
    elif payload["tried"]:
        tables = "1 table was" if payload["tried"] == 1 else f"{payload['tried']} tables were"
        lines.append(f"{tables} simulated with the prompt cache; no other can be cheaper")
    if payload["measures"]:
        lines.append(f"Quality is what was measured of the models: {payload['measures']}")
    lines += _judged(payload)
    for one in payload["evidence"]:
        shown = ", ".join(one["models"][:MOST_MODELS])
        more = f" and {one['cheaper'] - MOST_MODELS} more" if one["cheaper"] > MOST_MODELS else ""
        what = "cheaper models were" if one["cheaper"] != 1 else "cheaper model was"
        lines.append(f"{one['class']}: {one['cheaper']} {what} never measured for it ({shown}{more})")
        lines.append(f"  {one['command']}")
    if payload["left_out"]:
        names = ", ".join(f"{name} ({why})" for name, why in list(payload["left_out"].items())[:MOST_MODELS])
        more = f" and {len(payload['left_out']) - MOST_MODELS} more" if len(payload["left_out"]) > MOST_MODELS else ""
        lines.append(f"Left out: {names}{more}")
    return lines


def thin_note(one: Fields) -> str:
    """On how little a class was decided."""
    low, high = one["interval"] or (None, None)
    between_them = "" if low is None else f" (95% interval {low:.1%} – {high:.1%})"
    return f"{one['class']}: {one['model']} was chosen on {counted(one['answers'], 'answer')} of an own eval{between_them}"


def _judged(payload: Fields) -> list[str]:
    """Over how many requests quality is told, and what a simulation says where it measures the chosen table otherwise."""
    rows = [*payload["frontier"], *payload["nearest"]]
    partly = [f"{row['name']} {percent(row['quality_known'], 0)}" for row in rows if 0 < row["quality_known"] <= WHOLE]
    lines = [f"* quality is known for a part of the requests: {', '.join(partly)}"] if partly else []
    told = payload["simulated"]
    if told is not None and not same_quality(payload):
        value = "leaves the quality of the chosen table open" if told["quality"] is None else (
            f"tells {percent(told['quality'])} of the chosen table"
        )  # fmt: skip
        how = f" ({told['measures']})" if told["measures"] else ""
        lines.append(f"`jc simulate` {value}{how}, as most models are measured")
    return lines


def _page(payload: Fields, tables: list[Table], lines: list[str], reproduce: Mapping[str, object]) -> str:
    rows = [*payload["frontier"], *payload["nearest"]]
    points = [
        Point(row["name"] + (" (chosen)" if row["chosen"] else ""), usd, row["quality"], *(row["intervals"].get("quality") or ()))
        for row in rows
        if (usd := number(row["cost_usd"])) is not None and row["quality"] is not None
    ]
    blocks: list[Block] = []
    if points:
        names = [point.name for point in points if not point.name.startswith("nearest")]
        axis = Axis("USD for the whole traffic", "$,~r", scale_for(point.x for point in points))
        spec = plane(points, axis, Axis("expected quality", ".1%"), names)
        caption = "Every table that is left out is beaten by one that is shown: as good for less, or better for as much."
        blocks.append(Chart("Quality against cost", caption, spec, tables[0]))
    sections = [Section("The frontier", [*blocks, *(Grid(table) for table in tables[1:])])]
    if lines:
        sections.append(Section("What this rests on", [Listing([line.strip() for line in lines])]))
    return render_page(Page("Optimum", _head(payload), sections, reproduce))
