"""The page of the tour: each question with the command that answers it, what it showed, and the charts of its result."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jc.evals.finish import read_summary
from jc.evals.results import GAME_COLUMNS, RESULT_COLUMNS
from jc.evals.runfolder import RunFolder
from jc.report.chart_parts import Axis, Chart, Point, scale_for
from jc.report.charts import plane
from jc.report.conclusion import number
from jc.report.document import Document
from jc.report.evals_html import evals_sections
from jc.report.html import Block, Folded, Page, Prose, Section, Terminal, render_page
from jc.report.numbers import percent, usd_amount
from jc.report.optimum import frontier_table
from jc.report.run_rows import read_rows
from jc.report.simulation_html import signed_share, simulation_sections
from jc.report.table import Column, Table
from jc.report.traffic_html import traffic_sections

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A step that was taken: its question (empty: it belongs to the one before), why, the command, and what it showed."""

    question: str
    why: str
    typed: str
    shown: str
    result: str = ""
    """The file beside it whose charts belong here."""


def tour_page(folder: Path, told: Sequence[Told], reproduce: Mapping[str, object]) -> str:
    """The tour as one HTML file, from the steps and the results that they left in the folder."""
    sections: list[Section] = []
    for step in told:
        blocks: list[Block] = [Prose([step.why])] if step.why else []
        blocks.append(Terminal(step.typed, step.shown.rstrip()))
        if step.result:
            blocks += _charts(folder / step.result)
        if step.question or not sections:
            sections.append(Section(step.question, blocks))
        else:
            last = sections.pop()
            sections.append(Section(last.heading, [*last.blocks, *blocks]))
    lead = ["The models, their prices and the traffic are invented; the commands, the statistics and the arithmetic are real."]
    return render_page(Page("Tour", _title(folder), sections, reproduce, lead))


def tour_document(told: Sequence[Told], folder: Path, page: Path) -> Document:
    """The tour in every format: each step with its question, its command and what that showed; the text is where it all is."""
    records = [{"question": one.question, "command": one.typed, "shown": one.shown} for one in told]
    columns = (Column("Question"), Column("Command"))
    table = Table(columns, [[one.question, one.typed] for one in told])
    payload = {"title": _title(folder), "folder": str(folder), "page": str(page), "steps": records}
    return Document(
        "jc.tour/1", payload, records, [table], text=f"{_title(folder)}\n{page}",
        extra={"html": lambda: page.read_text("utf-8")},
    )  # fmt: skip


def _title(folder: Path) -> str:
    """What the tour found: the saving at the quality that is kept."""
    found = json.loads((folder / "optimum.json").read_text("utf-8"))
    row = next(one for one in found["frontier"] if one["chosen"])
    cost, before = (usd_amount(number(value)) for value in (row["cost_usd"], found["logged_usd"]))
    best, quality = number(found["best_quality"]), number(row["quality"])
    kept = percent(quality / best if best and quality is not None else None, 0)
    return f"The week would have cost {cost} instead of {before} ({signed_share(row['change'])}) at {kept} of the best quality"


def _charts(result: Path) -> list[Block]:
    """The charts of one result, each under its own line that opens it; the first one is open to begin with."""
    sections = _READERS[result.name](result)
    first, rest = sections[0], sections[1:]
    return [*first.blocks, *(Folded(section.heading, section.blocks) for section in rest)]


def _profile(result: Path) -> list[Section]:
    return sorted(traffic_sections(_json(result)), key=lambda one: one.heading != "By class")


def _evals(result: Path) -> list[Section]:
    answers = read_rows(result.parent / "results.csv", RESULT_COLUMNS)
    games = read_rows(result.parent / "comparisons.csv", GAME_COLUMNS)
    return evals_sections(read_summary(RunFolder(result.parent)), answers, games, {})


def _optimum(result: Path) -> list[Section]:
    found = _json(result)
    points = [
        Point(str(row["name"]), float(row["cost_usd"]), row["quality"], *(row["intervals"].get("quality") or (None, None)))
        for row in found["frontier"]
    ]
    x = Axis("USD for the whole traffic", "$,~r", scale_for(point.x for point in points))
    caption = "Every table that no other beats: more quality costs more. The chosen one is the cheapest that keeps enough."
    spec = plane(points, x, Axis("expected quality", ".0%"), [point.name for point in points])
    return [Section("The frontier", [Chart("Quality against cost", caption, spec, frontier_table(found))])]


def _simulation(result: Path) -> list[Section]:
    return simulation_sections(_json(result))


_READERS: Mapping[str, Callable[[Path], list[Section]]] = {
    "profile.json": _profile,
    "summary.json": _evals,
    "optimum.json": _optimum,
    "simulation.json": _simulation,
}


def _json(path: Path) -> Fields:
    found: Fields = json.loads(path.read_text("utf-8"))
    return found
