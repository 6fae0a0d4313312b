"""The answers of `jc catalog import`, `drift`, `calendar` and `pick`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

from jc.catalog.calendar import Event, ics
from jc.catalog.drift import Comparison, Drift
from jc.catalog.importers.candidate import Candidate
from jc.catalog.pick import Pick, Proposal
from jc.report.catalog_diff_text import shown
from jc.report.document import Document
from jc.report.narrow import shorten
from jc.report.numbers import UNKNOWN, change, usd_per_mtok
from jc.report.table import Column, Table
from jc.sanitise import display_width, plain


def import_document(candidate: Candidate, folder: Path) -> Document:
    """What was imported, what was not and why."""
    unpriced = sum(not offer.prices and offer.free is None for offer in candidate.offers)
    payload = {
        "format": candidate.format,
        "read_on": candidate.read_on,
        "folder": str(folder),
        "entries": candidate.entries,
        "imported": len(candidate.offers),
        "without_price": unpriced,
        "skipped": [one._asdict() for one in candidate.skipped],
        "left_out": [one._asdict() for one in candidate.left_out],
        "offers": [offer.id for offer in candidate.offers],
    }
    rows = [
        ["entries", f"{candidate.entries:,}"],
        ["imported", f"{len(candidate.offers):,}"],
        ["  of them without a known price", f"{unpriced:,}"],
        ["skipped", f"{len(candidate.skipped):,}"],
        ["figures left out of imported entries", f"{len(candidate.left_out):,}"],
    ]
    table = Table((Column(f"{candidate.format} → {folder}"), Column("Count", "right")), rows)
    records = [{"id": one.id, "field": "", "value": "", "reason": one.reason} for one in candidate.skipped]
    return Document("jc.catalog-import/1", payload, [*records, *(one._asdict() for one in candidate.left_out)], [table])


def reasons(rows: Sequence[Any]) -> list[tuple[str, int]]:
    """How often each reason was given, the most frequent first."""
    counted: dict[str, int] = {}
    for row in rows:
        counted[row.reason] = counted.get(row.reason, 0) + 1
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def drift_document(found: Comparison, shown_drifts: Sequence[Drift], against: str, on: date, threshold: float) -> Document:
    """Every price beyond the threshold, and what was and was not compared."""
    rows = [
        {
            "id": one.offer.id,
            "theirs_id": one.theirs,
            "field": one.field,
            "condition": one.condition or None,
            "unit": one.unit,
            "ours_usd": one.ours_usd,
            "theirs_usd": one.theirs_usd,
            "change": float(one.share),
        }
        for one in shown_drifts
    ]
    payload = {
        "against": against,
        "as_of": on,
        "threshold": threshold,
        "drifts": rows,
        "compared": list(found.compared),
        "prices_compared": found.figures,
        "unpriced": list(found.unpriced),
        "not_listed": list(found.missing),
        "ambiguous": list(found.ambiguous),
    }
    cells = [
        [
            one.offer.id,
            f"{one.field.replace('_', ' ')}{f' {one.condition}' if one.condition else ''}",
            shown(one.ours_usd, "usd_per_mtok"),
            shown(one.theirs_usd, "usd_per_mtok"),
            change(one.ours_usd, one.theirs_usd),
        ]
        for one in shown_drifts
    ]
    columns = (Column("Offer"), Column("Price"), Column("Ours", "right"), Column("Theirs", "right"), Column("Change", "right"))
    text = None if cells else "No price differs." if found.compared else "Nothing could be compared."
    return Document("jc.catalog-drift/1", payload, rows, [Table(columns, cells)], text)


def calendar_document(
    events: Sequence[Event], first: date, days: int | None, stamp: datetime, width: int | None = None
) -> Document:
    """The days to come as a table (no wider than `width`), as rows and as an iCalendar file."""
    rows = [
        {"date": event.day, "kind": event.kind, "id": event.subject, "text": event.text, "where": str(event.where)}
        for event in events
    ]
    cells = [[str(event.day), event.kind, event.subject, event.text] for event in events]
    table = Table((Column("Date"), Column("What"), Column("Offer"), Column("Details")), cells)
    payload = {"from": first, "days": days, "events": rows}
    text = "Nothing is to come." if not events else None if width is None else _within(table, width)
    return Document("jc.catalog-calendar/1", payload, rows, [table], text, extra={"ics": lambda: ics(events, stamp)})


_LEAST_ROOM = 30
_INDENT = "    "


def _within(table: Table, width: int) -> str:
    """A table whose last column is prose: wrapped beside the others where there is room, else under each row."""
    body = Table(table.columns[:-1], [row[:-1] for row in table.rows])
    if display_width(max(body.text().splitlines(), key=display_width)) > width:
        body = Table(body.columns, [[*row[:-1], shorten(row[-1], width - 28)] for row in body.rows])
    head, *lines = body.text().splitlines()
    used = max(map(display_width, (head, *lines))) + 2
    beside = width - used >= _LEAST_ROOM
    out = [f"{head:<{used}}{table.columns[-1].name}" if beside else head]
    for line, row in zip(lines, table.rows, strict=True):
        prose = plain(row[-1], keep_newlines=False)
        if beside:
            first, *rest = wrap(prose, width - used) or [""]
            out += [f"{line}{' ' * (used - display_width(line))}{first}", *(" " * used + more for more in rest)]
        else:
            out += [line, *wrap(prose, width, initial_indent=_INDENT, subsequent_indent=_INDENT)]
    return "\n".join(line.rstrip() for line in out)


def pick_document(found: Pick, job: str | None, alternatives: int = 4) -> Document:
    """The pick, what else meets the needs, and what was passed over."""
    rows = [_proposal(one) for one in found.proposals]
    payload = {
        "job": job,
        "needs": dict(found.needs),
        "pick": rows[0] if rows else None,
        "alternatives": rows[1:],
        "excluded": [{"id": one.id, "why": one.why, "named": one.proposed} for one in found.excluded],
    }
    text = "\n".join(_pick_text(found, alternatives)) if rows else "Nothing meets these needs."
    return Document(
        "jc.catalog-pick/1", payload, rows, text=text, markdown=_pick_table(found.proposals[: alternatives + 1]).markdown()
    )


def _proposal(one: Proposal) -> dict[str, Any]:
    offer = one.offer
    return {
        "id": offer.id,
        "why": one.why,
        "region": offer.region,
        "blend_usd_per_mtok": one.blend,
        "context": offer.context,
        "ttft_s": offer.speed.ttft_s if offer.speed else None,
        "vision": offer.vision,
        "tools": offer.tools,
    }


def _pick_text(found: Pick, alternatives: int) -> Iterator[str]:
    yield found.proposals[0].offer.id
    yield ""
    yield f"Why  {found.proposals[0].why}"
    if found.proposals[1:]:
        yield ""
        yield _pick_table(found.proposals[: alternatives + 1]).text()
    named = [one for one in found.excluded if one.proposed]
    if named:
        yield ""
        yield "Passed over, although the documents name them"
        yield from (f"  {one.id} {one.why}" for one in named)


def _pick_table(proposals: Sequence[Proposal]) -> Table:
    columns = (Column("Model"), Column("Region"), Column("Blend $/M", "right"), Column("Context", "right"), Column("Why"))
    rows = [
        [
            one.offer.id,
            one.offer.region,
            usd_per_mtok(one.blend),
            f"{one.offer.context:,}" if one.offer.context is not None else UNKNOWN,
            one.why,
        ]
        for one in proposals
    ]
    return Table(columns, rows)


def needs_text(needs: Mapping[str, Any]) -> str:
    """Needs in words, `vision, context of 200,000`."""
    words = {"long_context": "context of {:,} tokens", "max_latency": "first token within {} s", "output": "gives {}"}
    return ", ".join(words[key].format(value) if key in words else key.replace("_", " ") for key, value in needs.items() if value)
