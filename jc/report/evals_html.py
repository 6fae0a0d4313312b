"""The page of an eval run: the verdict as its heading, then what it rests on, down to single answers and the judge's words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jc.report.chart_parts import Axis, Bar, Chart, Point, colors, scale_for
from jc.report.charts import bars, curves, heat_map, plane
from jc.report.conclusion import evals_conclusion, joined
from jc.report.evals import DEMO_NOTE, evals_document, judge_lines, p_text, proof_lines
from jc.report.evals_agreement import agreement_tables
from jc.report.evals_cases import MAX_FAILURES, MAX_TEXT, Reading, Row
from jc.report.evals_probes import control_lines, sentinel_lines, unreliable_line
from jc.report.html import Block, Grid, Listing, Page, Prose, Section, render_page
from jc.report.numbers import UNKNOWN, percent, seconds, usd_request, usd_total
from jc.report.table import Column, Table

Summary = Mapping[str, Any]
_POINTS_IN_CURVE = 61
_QUANTILES = (0.5, 0.9, 0.95, 0.99)


def evals_page(
    summary: Summary,
    answers: Iterable[Row],
    games: Iterable[Row],
    reproduce: Mapping[str, object],
    prompts: Mapping[str, str] | None = None,
) -> str:
    """The run as one HTML file.

    `summary` is what `jc.evals.summary.summarise` gives, `answers` and `games` are the rows of results.csv and comparisons.csv in
    the order of the set (read once, so iterators of any length do), `prompts` the texts of the prompts by id, where known.
    """
    page = Page(
        kind=f"Eval run {summary['run_id']}",
        title=evals_conclusion(summary),
        lead=_lead(summary),
        notes=_notes(summary),
        sections=evals_sections(summary, answers, games, prompts or {}),
        reproduce=reproduce,
    )
    return render_page(page)


def evals_sections(summary: Summary, answers: Iterable[Row], games: Iterable[Row], prompts: Mapping[str, str]) -> list[Section]:
    """What a page tells of a run, section by section; the arguments are those of `evals_page`."""
    names = [row["candidate"] for row in summary["candidates"]]
    reading = Reading(colors(names))
    reading.read_games(games)
    reading.read_answers(answers)
    sections = [
        _standings(summary, reading),
        _plane(summary),
        _matrix(summary),
        _latency(reading),
        _categories(summary, reading),
        _judges(summary),
        _disputes(reading, prompts),
        _answers(reading, prompts),
        _failures(reading),
    ]
    return [section for section in sections if section]


def _lead(summary: Summary) -> list[str]:
    standings, parts = summary["standings"], []
    judges = ", ".join(summary["judges"])
    epochs = f" × {summary['epochs']} epochs" if summary["epochs"] > 1 else ""
    parts.append(
        f"{len(summary['candidates'])} candidates × {summary['prompts']:,} prompts{epochs} from {summary['evalset']['name']}"
    )
    if judges:
        parts.append(f"judged by {judges} ({summary['judge_mode']})")
    if standings:
        parts.append(f"{standings['common_prompts']:,} prompts with a score for every candidate")
    spent = f"Spent {usd_total(summary['spent_usd'])}, of which the judge {usd_total(summary['judge_usd'])}."
    return [f"{'; '.join(parts)}. {spent}"]


def _notes(summary: Summary) -> list[str]:
    notes = [f"These are {DEMO_NOTE}."] if summary["demo"] else []
    notes += [text] if (text := unreliable_line(summary)) else []
    if summary["missing"]:
        notes.append(
            f"{summary['missing']:,} of {summary['answers']:,} answers are missing; comparisons use prompts that both answered."
        )
    return [*notes, *(_sentence(text) for text in (summary["standings"] or {}).get("notes", ()))]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def _standings(summary: Summary, reading: Reading) -> Section:
    table = evals_document(summary).tables[0]
    blocks: list[Block] = [Grid(table, reading.colors)]
    if lines := proof_lines(summary):
        blocks.append(Listing(lines))
    if lines := control_lines(summary):
        blocks.append(Listing(lines))
    blocks.append(Prose([_how_scored(summary)], muted=True))
    return Section("Standings", blocks)


def _how_scored(summary: Summary) -> str:
    standings = summary["standings"]
    if not standings:
        return "Costs are those of the answers alone; p50 and p95 are latencies of answered calls."
    rules = standings["rules"]
    level = f"{(1 - rules['alpha']) * 100:g}%"
    what = (
        "A win rate is the mean over prompts of the games against all others; each pair was judged in both orders, and a "
        "disagreement is a tie."
        if standings["basis"] == "games"
        else "A score is the mean over prompts."
    )
    return f"{what} Intervals hold at {level}; p values are corrected for all pairs (Holm). Costs are those of the answers alone."


def _score(summary: Summary, name: str) -> Mapping[str, Any] | None:
    rows = summary["standings"]["standings"] if summary["standings"] else ()
    return next((row["score"] for row in rows if row["candidate"] == name), None)


def _plane(summary: Summary) -> Section | None:
    from decimal import Decimal

    from jc.evals.statistics.costs import CostPoint, frontier

    points, rows, costs, unknown = [], [], [], []
    for row in summary["candidates"]:
        name, usd, score = row["candidate"], row["usd_per_1k_answers"], _score(summary, row["candidate"])
        rows.append([name, usd_request(usd), percent(score["value"]) if score else UNKNOWN, _interval(score)])
        costs.append(CostPoint(name, None if usd is None else Decimal(str(usd)), score["value"] if score else None))
        if usd is None or not score:
            unknown.append(name)
        else:
            points.append(Point(name, float(usd), score["value"], *_bounds(score)))
    if not points:
        return None
    best = frontier(costs)
    quality = "Win rate" if summary["standings"]["basis"] == "games" else "Score"
    columns = (
        Column("Candidate"),
        Column("$/1k answers", "right"),
        Column(quality, "right"),
        Column("95% interval", "right"),
        Column("Frontier"),
    )
    table = Table(columns, [[*row, "yes" if row[0] in best else "no"] for row in rows])
    caption = f"Up is better, left is cheaper; bars are 95% intervals. Nothing else matches or beats both of {joined(best, 6)}."
    if unknown:
        caption += f" Not drawn, as cost or score is unknown: {joined(unknown)}."
    if not any(point.x for point in points):
        return _free(points, quality, table)
    x = Axis("USD per 1,000 answers", "$,~r", scale_for(point.x for point in points))
    spec = plane(points, x, Axis(quality, ".0%"), best)
    return Section("Quality against cost", [Chart(f"{quality} against what 1,000 answers cost", caption, spec, table)])


def _free(points: Sequence[Point], quality: str, table: Table) -> Section:
    """Without costs there is no plane: the quality alone, with its intervals."""
    rows = [Bar(point.name, point.name, point.y, percent(point.y), point.low, point.high) for point in points]
    caption = (
        "Every candidate is free here, so there is no cost to set it against. Bars end at the mean, lines are 95% intervals."
    )
    chart = Chart(f"{quality} of each candidate", caption, bars(rows, Axis(quality, ".0%")), table)
    return Section("Quality against cost", [chart])


def _bounds(mean: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The interval within 0 and 1, where shares end."""
    return (None, None) if mean["low"] is None else (max(0.0, mean["low"]), min(1.0, mean["high"]))


def _interval(mean: Mapping[str, Any] | None) -> str:
    low, high = _bounds(mean) if mean else (None, None)
    return UNKNOWN if low is None or high is None else f"{low * 100:.1f} – {high * 100:.1f}"


def _matrix(summary: Summary) -> Section | None:
    standings = summary["standings"]
    shown = (table for table in evals_document(summary).tables[1:] if table.title.startswith(("Win rate", "Paired")))
    tables = {table.title: table for table in shown}
    if not standings or not tables:
        return None
    blocks: list[Block] = []
    for title, table in tables.items():
        if title.startswith("Win rate"):
            names = [row["candidate"] for row in standings["standings"]]
            cells = {
                (cell["a"], cell["b"]): (cell["score"]["value"], percent(cell["score"]["value"], 0)) if cell["score"] else None
                for cell in standings["cells"]
            }
            caption = (
                "Read a row: how often it wins against each column, ties as half a win. Blue is above one half, orange below."
            )
            blocks.append(Chart("Who wins against whom", caption, heat_map(names, cells), table))
        else:
            blocks.insert(0, Grid(table))
    return Section("Head to head", blocks)


def _latency(reading: Reading) -> Section | None:
    import numpy as np

    found = {
        name: np.sort(np.asarray(reading.latencies_ms[name])) / 1e3 for name in reading.colors if reading.latencies_ms.get(name)
    }
    if not found:
        return None
    shares = np.linspace(0, 1, _POINTS_IN_CURVE)
    series = {
        name: [(float(at), float(share)) for at, share in zip(np.quantile(values, shares), shares, strict=True)]
        for name, values in found.items()
    }
    columns = (
        Column("Candidate"),
        Column("Answers", "right"),
        *(Column(f"p{share * 100:g}", "right") for share in _QUANTILES),
        Column("Longest", "right"),
    )
    rows = [
        [
            name,
            f"{len(values):,}",
            *(seconds(float(np.quantile(values, share))) for share in _QUANTILES),
            seconds(float(values[-1])),
        ]
        for name, values in found.items()
    ]
    x = Axis("seconds from request to whole answer", "~r", scale_for(at for points in series.values() for at, _ in points))
    spec = curves(series, x, Axis("share of answers within it", ".0%"))
    caption = "How large a share of the answers came within so many seconds; further left is faster, steeper is steadier."
    return Section("Latency", [Chart("How long answers took", caption, spec, Table(columns, rows))])


def _categories(summary: Summary, reading: Reading) -> Section | None:
    names = list(reading.colors)
    by = {row["candidate"]: row["by_category"] for row in summary["candidates"]}
    categories = sorted({category for found in by.values() for category in found})
    if not any(categories):
        return None
    rows = []
    for category in categories:
        cells = [by[name].get(category) for name in names]
        most = max((cell["n"] for cell in cells if cell), default=0)
        rows.append([category or "(none)", f"{most:,}", *(f"{_mean(cell['mean'])}" if cell else UNKNOWN for cell in cells)])
    columns = (Column("Category"), Column("Answers", "right"), *(Column(name, "right") for name in names))
    remark = "Mean scores within one category rest on few prompts: read them as hints, not as proof."
    return Section("By category", [Grid(Table(columns, rows, "Mean score by category")), Prose([remark], muted=True)])


def _mean(value: float) -> str:
    return percent(value) if 0 <= value <= 1 else f"{value:.2f}"


def _judges(summary: Summary) -> Section | None:
    cards = summary["standings"]["judges"] if summary["standings"] else ()
    probed = [*control_lines(summary), *sentinel_lines(summary)]
    if not cards:
        return Section("Judge health", [Listing(probed)]) if probed else None
    heads = ("Games", "Same verdict in both orders", "Ties", "First place wins", "p", "Not read")
    columns = (Column("Judge"), *(Column(name, "right") for name in heads))
    rows = [
        [
            card["judge"], f"{card['games'] or card['marks']:,}",
            f"{percent(card['consistency']['value'], 0)} ({_interval(card['consistency'])})" if card["consistency"] else UNKNOWN,
            percent(card["ties"] / card["games"], 0) if card["games"] else UNKNOWN, percent(card["first_share"], 0),
            p_text(card["first_p"]), f"{card['unparsed'] + card['unparsed_marks']:,}",
        ]
        for card in cards
    ]  # fmt: skip
    remark = (
        "A judge that changes its mind with the order, or prefers the first answer (p near 0), adds noise: both orders are "
        "always judged, so a preference for a place cannot make a winner."
    )
    lines = [*probed, *judge_lines(summary)]
    labels = [Grid(table) for table in agreement_tables(summary["standings"])]
    return Section("Judge health", [Listing(lines), Grid(Table(columns, rows)), *labels, Prose([remark], muted=True)])


def _disputes(reading: Reading, prompts: Mapping[str, str]) -> Section | None:
    if not reading.disputed:
        return None
    cases = reading.cases(prompts, disputed=True)
    left = reading.disputed - len(cases)
    line = f"On {reading.disputed:,} of {reading.judged:,} judged prompts the two orders of a judge, or two judges, do not agree."
    if left:
        line += f" The first {len(cases)} are here; comparisons.csv of the run has all {reading.disputed:,}."
    return Section("Where judges or orders disagree", [Prose([line]), *cases])


def _answers(reading: Reading, prompts: Mapping[str, str]) -> Section | None:
    cases = reading.cases(prompts, disputed=False)
    if not cases:
        return None
    left = reading.prompts - len(cases) - sum(1 for prompt in reading.disputes if prompt in reading.answers)
    line = f"{len(cases):,} prompts with every answer; open one to read. Long texts are cut after {MAX_TEXT:,} characters."
    if left > 0:
        line += f" {left:,} more prompts are left out of this page; results.csv of the run has them."
    return Section("Answers side by side", [Prose([line], muted=True), *cases])


def _failures(reading: Reading) -> Section | None:
    if not reading.failed:
        return None
    columns = (Column("Candidate"), Column("Prompt"), Column("Error"), Column("Message"), Column("Attempts", "right"))
    rows: Sequence[Sequence[str]] = [
        [
            row["candidate"],
            row["prompt_id"],
            row["error_type"] or UNKNOWN,
            (row["error_message"] or UNKNOWN)[:300],
            str(row["attempts"]),
        ]
        for row in reading.failures
    ]
    more = f" (the first {MAX_FAILURES})" if reading.failed > MAX_FAILURES else ""
    return Section("Answers that failed", [Grid(Table(columns, rows, f"{reading.failed:,} answers{more}"), reading.colors)])
