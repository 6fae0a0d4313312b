"""What labels of people say about the judges of a run, as tables and sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from jc.evals.labels import STRATA, Key, Label, Stratum
from jc.report.document import Document
from jc.report.evals_agreement import agreement_tables
from jc.report.table import Column, Table

Summary = Mapping[str, Any]


def labels_document(run: str, summary: Summary, labels: Sequence[Label], found: Mapping[Key, Stratum]) -> Document:
    """How many pairs are labelled, and what the judges look like by these labels."""
    counts = Counter(label.stratum for label in labels if label.score_a is not None)
    sizes = Counter(found.values())
    skipped = sum(label.score_a is None for label in labels)
    rows = [(name, sizes[name], counts[name]) for name in STRATA if sizes[name]]
    table = Table(
        (Column("Judges"), Column("Pairs", "right"), Column("Labelled", "right")),
        [[_MEANING[name], f"{size:,}", f"{count:,}"] for name, size, count in rows],
    )
    tables = [table, *judge_tables(summary)]
    lines = [f"{sum(counts.values()):,} of {len(found):,} pairs labelled, {skipped:,} skipped."]
    if missing := [name for name, _, count in rows if not count]:
        lines.append(f"Nothing can be said of the judges before a pair of each kind is labelled (none of: {', '.join(missing)}).")
    kinds = [{"stratum": name, "pairs": size, "labelled": count} for name, size, count in rows]
    payload = {
        "run": run,
        "pairs": len(found),
        "labelled": sum(counts.values()),
        "skipped": skipped,
        "strata": kinds,
        "judges": _agreements(summary),
    }
    return Document(
        "jc.evals-labels/1",
        payload,
        kinds,
        tables,
        text="\n\n".join(["\n".join(lines), *(one.text() for one in tables)]),
        markdown="\n\n".join(["\n".join(lines), *(one.markdown() for one in tables)]),
    )


_MEANING: Mapping[Stratum, str] = {
    "opposed": "name different winners", "wavering": "one sees a tie", "agreed": "agree",
}  # fmt: skip


def judge_tables(summary: Summary) -> list[Table]:
    """Agreement with the labels, and scores corrected with them; nothing without labels."""
    standings = summary["standings"]
    return list(agreement_tables(standings)) if standings and any(card["agreement"] for card in standings["judges"]) else []


def _agreements(summary: Summary) -> list[dict[str, Any]]:
    cards = summary["standings"]["judges"] if summary["standings"] else ()
    return [{"judge": card["judge"], "agreement": card["agreement"]} for card in cards]
