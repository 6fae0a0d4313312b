"""The frontier of route tables for people: what each costs, how good and fast it is, and which models it names."""

from collections.abc import Mapping
from typing import Any

from jc.report.conclusion import number
from jc.report.document import Document
from jc.report.numbers import percent, seconds, usd_amount
from jc.report.simulation_html import signed_share
from jc.report.table import Column, Table

SCHEMA = "jc.optimum/1"
Fields = Mapping[str, Any]


def optimum_document(payload: Fields, yaml: str | None) -> Document:
    """The frontier in every format; `yaml` is the chosen table."""
    tables = [frontier_table(payload), *model_tables(payload)]
    lines = _foot(payload)
    text = "\n\n".join([_head(payload), *(table.text() for table in tables), *(["\n".join(lines)] if lines else [])])
    markdown = "\n\n".join([_head(payload), *(table.markdown() for table in tables), *(f"- {line.strip()}" for line in lines)])
    extra = {"yaml": lambda: yaml} if yaml is not None else {}
    return Document(SCHEMA, payload, records=payload["frontier"], tables=tables, text=text, markdown=markdown, extra=extra)


def _head(payload: Fields) -> str:
    chosen = payload["chosen"]
    wanted = payload["wanted"]
    terms = [f"at least {percent(wanted['min_quality'], 0)} of the best quality"]
    if wanted["max_p95_s"] is not None:
        terms.append(f"p95 at most {wanted['max_p95_s']:g} s")
    if chosen is None:
        return f"No table of these {payload['considered']} models keeps {' and '.join(terms)}"
    row = next(one for one in payload["frontier"] if one["chosen"])
    against = f" instead of {usd_amount(number(payload['logged_usd']))}" if payload["logged_usd"] else ""
    return (
        f"Cheapest with {' and '.join(terms)}: {usd_amount(number(row['cost_usd']))}{against}, quality {percent(row['quality'])}"
    )


def frontier_table(payload: Fields) -> Table:
    """One row per point of the frontier, the cheapest first."""
    rows = payload["frontier"]
    interval = any(row["cost_interval_usd"] for row in rows)
    columns = [Column("Table"), Column("Cost", "right")]
    columns += [Column("95% interval", "right")] if interval else []
    columns += [Column(name, "right") for name in ("Change", "Quality", "p50", "p95")]
    cells = []
    for row in rows:
        line = [("→ " if row["chosen"] else "  ") + row["name"], usd_amount(number(row["cost_usd"]))]
        if interval:
            bounds = row["cost_interval_usd"]
            line.append(f"{usd_amount(number(bounds[0]))} – {usd_amount(number(bounds[1]))}" if bounds else "–")
        line += [signed_share(row["change"]), percent(row["quality"]), seconds(row["p50_s"]), seconds(row["p95_s"])]
        cells.append(line)
    return Table(tuple(columns), cells)


def model_tables(payload: Fields) -> list[Table]:
    """Which model answers each class in the chosen table."""
    if payload["chosen"] is None:
        return []
    row = next(one for one in payload["frontier"] if one["chosen"])
    cells = [[name, model] for name, model in row["routes"].items()]
    return [Table((Column("Class"), Column("Model")), cells)]


def _foot(payload: Fields) -> list[str]:
    lines = []
    if payload["missing"]:
        lines.append("Models that could not be weighed, because nobody has measured them for a class:")
        for name, models in payload["missing"].items():
            shown = ", ".join(models[:6]) + (f" and {len(models) - 6} more" if len(models) > 6 else "")
            lines.append(f"  {name}: {shown}")
        first = next(iter(payload["missing"].values()))
        lines.append(f"  measure them: jc evals run -c {','.join(first[:3])} -p your-prompts.jsonl -j MODEL")
    if payload["measures"]:
        lines.append(f"Quality: {payload['measures']}")
    return lines
