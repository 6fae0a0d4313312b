"""What a classifier did with labelled prompts, for people and machines."""

from collections.abc import Mapping, Sequence
from typing import Any

from jc.report.document import Document
from jc.report.numbers import UNKNOWN, percent, usd_request
from jc.report.table import Column, Table
from jc.routing.evaluate import Score, wilson
from jc.routing.labelled import Latency, MistakeCost
from jc.routing.rows import Row

Fields = Mapping[str, Any]


def interval(share: float, n: int) -> str:
    """The 95 % interval of a share, `84.5 – 91.4`."""
    low, high = wilson(share, n)
    return f"{low * 100:.1f} – {high * 100:.1f}"


def score_document(score: Score, latency: Latency, cost: MistakeCost | None) -> Document:
    """The figures of one file of labels in every format, as `jc.classifier-score/1`."""
    payload: dict[str, Any] = score.to_json()
    payload["latency_ms"] = latency._asdict()
    if cost is not None:
        payload["cost"] = _cost_payload(cost)
    records = [{"class": name, **one._asdict()} for name, one in score.per_class.items()]
    tables = [
        class_table(score),
        confusion_table(score),
        curve_table(score),
        *([_slip_table(cost)] if cost and cost.slips else []),
    ]
    lines = _lines(score, latency, cost)
    text = "\n\n".join([_head(score), *(table.text() for table in tables), "\n".join(lines)])
    markdown = "\n\n".join([_head(score), *(table.markdown() for table in tables), "\n".join(f"- {line}" for line in lines)])
    return Document("jc.classifier-score/1", payload, records, tables, text=text, markdown=markdown)


def _head(score: Score) -> str:
    prompts = "prompt" if score.n == 1 else "prompts"
    return (
        f"{score.n:,} labelled {prompts}: {percent(score.accuracy)} right (95% interval {interval(score.accuracy, score.n)}), "
        f"macro-F1 {score.macro_f1:.3f}, ECE {score.ece:.3f}"
    )


def class_table(score: Score) -> Table:
    """One row per class: how many, how many found, how many of the found are right."""
    columns = (Column("Class"), *(Column(name, "right") for name in ("Prompts", "Found", "Right of those found", "F1")))
    rows = [
        [name, f"{one.n:,}", percent(one.recall if one.n else None), percent(one.precision if one.f1 or one.n else None),
         f"{one.f1:.3f}" if one.n else UNKNOWN]
        for name, one in score.per_class.items()
    ]  # fmt: skip
    return Table(columns, rows)


def confusion_table(score: Score) -> Table:
    """Labels down, classes across, counts."""
    names = list(score.confusion)
    columns = (Column("Label \\ taken for"), *(Column(name, "right") for name in names))
    return Table(columns, [[label, *(f"{row[name]:,}" for name in names)] for label, row in score.confusion.items()])


def curve_table(score: Score) -> Table:
    """Risk against coverage: how right the surest share is."""
    columns = (Column("Surest", "right"), Column("Right", "right"), Column("Least confidence", "right"))
    return Table(
        columns,
        [[percent(one.coverage, 0), percent(one.accuracy), f"{one.confidence:.2f}"] for one in score.risk_coverage],
    )


def _lines(score: Score, latency: Latency, cost: MistakeCost | None) -> list[str]:
    lines = [
        f"Sure of {percent(score.sure_share)} by its own thresholds, and right on {percent(score.sure_accuracy)} of those",
        f"Unsure ones taken as general: {percent(score.routed_accuracy)} right",
        (
            f"Reasoning, code or agent taken for simple: {percent(score.hard_to_simple)}"
            f" ({percent(score.routed_hard_to_simple)} after thresholds)"
        ),
        f"Latency: p50 {latency.p50:.3f} ms, p99 {latency.p99:.3f} ms",
    ]
    if cost is not None:
        lines += [
            (
                f"Under {cost.table}: {usd_request(cost.usd_classified)} as classified, "
                f"{usd_request(cost.usd_labelled)} as labelled, thresholds counted"
            ),
            f"Mistakes: {cost.weaker:,} went to a cheaper model than their label asks for, {cost.dearer:,} to a dearer one, "
            f"{cost.harmless:,} to the same" + (f"; {cost.unpriced:,} have no known price" if cost.unpriced else ""),
        ]
    return lines


def _slip_table(cost: MistakeCost) -> Table:
    columns = (Column("Label"), Column("Routed as"), Column("Prompts", "right"), Column("USD more or less", "right"))
    rows = [[slip.label, slip.route_class, f"{slip.n:,}", _signed(usd_request(slip.usd))] for slip in cost.slips]
    return Table(columns, rows, title=f"What the mistakes cost under {cost.table}")


def _signed(usd: str) -> str:
    return usd if usd.startswith("−") or usd in {"$0.00", UNKNOWN} else f"+{usd}"


def _cost_payload(cost: MistakeCost) -> Fields:
    return {
        "routes": cost.table,
        "usd_classified": cost.usd_classified,
        "usd_labelled": cost.usd_labelled,
        "weaker": cost.weaker,
        "dearer": cost.dearer,
        "harmless": cost.harmless,
        "unpriced": cost.unpriced,
        "slips": [slip._asdict() for slip in cost.slips],
    }


def golden_document(rows: Sequence[Row], found: Sequence[str], name: str) -> Document:
    """The prompts of a golden file that did not go to their class."""
    misses = [
        {"file": name, "line": row.line, "label": row.label, "route_class": route_class, "prompt": row.prompt}
        for row, route_class in zip(rows, found, strict=True)
        if route_class != row.label
    ]
    payload = {"n": len(rows), "passed": len(rows) - len(misses), "failed": len(misses), "misses": misses}
    head = f"{len(rows) - len(misses):,} of {len(rows):,} prompts go to their class"
    columns = (Column("Line", "right"), Column("Label"), Column("Taken for"), Column("Prompt"))
    table = Table(columns, [[str(m["line"]), str(m["label"]), str(m["route_class"]), _short(str(m["prompt"]))] for m in misses])
    shown = [table] if misses else []
    text = "\n\n".join([head, *(one.text() for one in shown)])
    markdown = "\n\n".join([head, *(one.markdown() for one in shown)])
    return Document("jc.classifier-test/1", payload, misses, shown, text=text, markdown=markdown)


def _short(prompt: str, most: int = 60) -> str:
    line = " ".join(prompt.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
