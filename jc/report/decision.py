"""A decision for people and machines: one line of story, every step as a table, `jc.decision/1`."""

from collections.abc import Mapping
from typing import Any

from jc.report.document import Document
from jc.report.numbers import UNKNOWN, joules, seconds, usd_request
from jc.report.table import Column, Table
from jc.routing.request import Decision, Ranked
from jc.sanitise import display_width, plain, spreadsheet

SCHEMA = "jc.decision/1"


def story(decision: Decision, classified_ms: float | None = None) -> str:
    """One line: class, tokens, time, model, price and energy."""
    sure = f" ({decision.confidence:.2f})" if decision.confidence is not None else ""
    took = f", {classified_ms:.2f} ms" if classified_ms is not None else ""
    estimate = decision.estimate
    known = [f"about {usd_request(estimate.usd)}" if estimate.usd is not None else "price unknown"]
    if estimate.latency_s is not None:
        known.append(seconds(estimate.latency_s))
    if estimate.joules is not None:
        known.append(joules(estimate.joules))
    where = f"`{decision.model}`, {', '.join(known)}" if decision.model else f"no model: {decision.refused}"
    return f"{decision.route_class}{sure}, {estimate.input_tokens:,} input tokens{took} → {where}"


def decision_document(decision: Decision, *, explain: bool, width: int = 98) -> Document:
    """The decision in every format; the text is the model's id alone, or every step with `explain`, at most `width` wide."""
    tables = _tables(decision)
    text = decision.model or ""
    if explain:
        shown = [wrapped(table, width).text() for table in tables]
        text = "\n\n".join([decision.model or "(no model)", *shown])
    return Document(SCHEMA, decision.to_json(), [compact(decision)], tables, text=text)


def _tables(decision: Decision) -> list[Table]:
    """The steps, the candidates as the preference saw them, who was left out, who stands in, and what it is expected to take."""
    tables = [Table((Column("Step"), Column("Why")), [[_STEP_NAMES.get(step, step), why] for step, why in decision.reasons])]
    if decision.ranked:
        heads = (Column("Candidate"), *(Column(name, "right") for name in ("Quality", "Cost", "Time", "Score")))
        tables.append(Table(heads, [_candidate(one) for one in decision.ranked]))
    if decision.excluded:
        tables.append(Table((Column("Left out"), Column("Why")), [[one.model, one.why] for one in decision.excluded]))
    if decision.fallbacks:
        tables.append(Table((Column("If it fails"),), [[name] for name in decision.fallbacks]))
    if decision.model is not None:
        tables.append(_expected(decision))
    return tables


_STEP_NAMES = {"follow_up": "follow-up"}


def _candidate(one: Ranked) -> list[str]:
    quality = UNKNOWN if one.quality is None else f"{one.quality:.1f}"
    score = UNKNOWN if one.score is None else f"{one.score:.3f}"
    return [one.model, quality, usd_request(one.usd), seconds(one.latency_s), score]


def _expected(decision: Decision) -> Table:
    estimate = decision.estimate
    heads = ("Input", "Output", "Cost", "Time", "Energy")
    row = [f"{estimate.input_tokens:,}", f"{estimate.output_tokens:,}", usd_request(estimate.usd), seconds(estimate.latency_s)]
    columns = (Column("Expected"), *(Column(name, "right") for name in heads))
    return Table(columns, [["one request", *row, joules(estimate.joules)]])


_LEAST_WRAPPED = 24


def wrapped(table: Table, width: int) -> Table:
    """The table with its last column broken into lines, so that it is at most `width` columns wide where that can be."""
    if not table.rows or table.columns[-1].align == "right":
        return table
    before = [max(display_width(plain(row[i])) for row in table.rows) for i in range(len(table.columns) - 1)]
    taken = sum(max(size, len(column.name)) + 2 for size, column in zip(before, table.columns, strict=False))
    room = max(width - taken, _LEAST_WRAPPED)
    rows: list[list[str]] = []
    for row in table.rows:
        first, *more = _lines(plain(row[-1], keep_newlines=False), room)
        rows.append([*row[:-1], first])
        rows += [[*[""] * (len(table.columns) - 1), line] for line in more]
    return Table(table.columns, rows, table.title)


def _lines(text: str, room: int) -> list[str]:
    """Words on lines of at most `room` columns; a longer word stands alone on its line."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and display_width(longer) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def flat(decision: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a batch (`jc.decision/1` with an id) as one CSV row."""
    estimate = decision["estimate"]
    why = "; ".join(one["why"] for one in decision["reasons"])
    row = {
        "id": decision["id"],
        "model": decision["model"],
        "route_class": decision["route_class"],
        "confidence": decision["confidence"],
        "fallbacks": " ".join(decision["fallbacks"]),
        **{name: estimate[name] for name in ("usd", "latency_s", "energy_j")},
        "refused": decision["refused"],
        "why": why,
    }
    return {name: spreadsheet(plain(value)) if isinstance(value, str) else value for name, value in row.items()}


def compact(decision: Decision) -> dict[str, Any]:
    """The row of a decision in a batch."""
    estimate = decision.estimate
    return {
        "model": decision.model,
        "route_class": decision.route_class,
        "confidence": decision.confidence,
        "fallbacks": list(decision.fallbacks),
        "usd": None if estimate.usd is None else format(estimate.usd, "f"),
        "latency_s": estimate.latency_s,
        "energy_j": estimate.joules,
        "refused": decision.refused or None,
    }
