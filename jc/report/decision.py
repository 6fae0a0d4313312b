"""A decision for people and machines: one line of story, every step as a table, `jc.decision/1`."""

from typing import Any

from jc.report.document import Document
from jc.report.numbers import joules, seconds, usd_request
from jc.report.table import Column, Table
from jc.routing.request import Decision

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


def decision_document(decision: Decision, *, explain: bool) -> Document:
    """The decision in every format; the text is the model's id alone, or every step with `explain`."""
    steps = Table((Column("Step"), Column("Why")), [[reason.step, reason.why] for reason in decision.reasons])
    excluded = Table((Column("Left out"), Column("Why")), [[one.model, one.why] for one in decision.excluded])
    tables = [steps, *([excluded] if decision.excluded else [])]
    if decision.fallbacks:
        tables.append(Table((Column("If it fails"),), [[name] for name in decision.fallbacks]))
    explained = "\n\n".join([decision.model or "(no model)", *(table.text() for table in tables)])
    payload = decision.to_json()
    return Document(SCHEMA, payload, [compact(decision)], tables, text=explained if explain else decision.model or "")


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
