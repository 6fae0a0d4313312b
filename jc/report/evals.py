"""An eval run for people: standings, what is proven and what is not, the win matrix, the judge's card; and the same as JSON."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jc.report.document import Document
from jc.report.evals_agreement import agreement_tables
from jc.report.evals_probes import control_lines, sentinel_lines
from jc.report.narrow import narrow
from jc.report.numbers import MINUS, UNKNOWN, percent, seconds, usd_amount
from jc.report.table import Column, Table, markdown_cell

SCHEMA = "jc.evals/1"
WIDTH = 98
"""Columns of text for a person, where no terminal tells its own."""
_SPARE = ("interval", "Checks", "p50", "p", "ordinal")
"""What a narrow terminal goes without, one after the other."""
DEMO_NOTE = "demo data: the answers and the judge are the embedded demo endpoint's"
Summary = Mapping[str, Any]


def evals_document(summary: Summary, width: int = WIDTH) -> Document:
    """The result of a run in every format; `records` are the candidates' rows, `width` that of the text in columns."""
    tables = list(_tables(summary))
    parts = [narrow(table, width, _SPARE) for table in tables[:1]]
    if lines := word_lines(summary):
        parts.append("\n".join(textwrap.fill(line, width, subsequent_indent=" " * 12) for line in lines))
    probed = [*control_lines(summary), *sentinel_lines(summary), *([line] if (line := stopping_line(summary)) else [])]
    if probed:
        parts.append("\n".join(textwrap.fill(line, width, subsequent_indent="  ") for line in probed))
    parts.extend(narrow(table, width, _SPARE) for table in tables[1:])
    if summary["demo"]:
        parts.append(f"({DEMO_NOTE})")
    markdown = [table.markdown() for table in tables]
    if proofs := proof_lines(summary):
        markdown.insert(1, "\n".join(f"- {markdown_cell(line)}" for line in proofs))
    if probed:
        markdown.append("\n".join(f"- {markdown_cell(line)}" for line in probed))
    if summary["demo"]:
        markdown.append(f"_{DEMO_NOTE}_")
    return Document(
        SCHEMA, summary, records=_records(summary), tables=tables, text="\n\n".join(parts), markdown="\n\n".join(markdown)
    )


def _standing(summary: Summary, name: str) -> Mapping[str, Any] | None:
    standings = summary["standings"]
    found = [row for row in standings["standings"] if row["candidate"] == name] if standings else []
    return found[0] if found else None


def _by_games(summary: Summary) -> bool:
    return bool(summary["standings"]) and summary["standings"]["basis"] == "games"


def _tables(summary: Summary) -> Iterator[Table]:
    yield _standings_table(summary)
    standings = summary["standings"]
    if standings and standings["pairs"]:
        yield _pairs_table(standings)
    if standings and len(standings["standings"]) > 2 and standings["cells"]:
        yield matrix_table(standings)
    if standings:
        yield from agreement_tables(standings)


def _standings_table(summary: Summary) -> Table:
    games = _by_games(summary)
    score_name = "Win rate" if games else "Score"
    columns = [Column("Candidate"), Column(score_name, "right"), Column("95% interval", "right")]
    if games:
        columns += [Column("Rating", "right"), Column("interval", "right")]
    checks = any(row["checks_total"] for row in summary["candidates"])
    columns += [Column("Checks", "right")] if checks else []
    columns += [Column(name, "right") for name in ("$/1k answers", "p50", "p95", "Failed")]
    return Table(tuple(columns), [_standings_row(summary, row, games, checks) for row in summary["candidates"]])


def _standings_row(summary: Summary, row: Mapping[str, Any], games: bool, checks: bool) -> list[str]:
    standing = _standing(summary, row["candidate"])
    score = standing["score"] if standing else None
    cells = [row["candidate"], percent(score["value"]) if score else UNKNOWN, _share_interval(score)]
    if games:
        rating = standing["rating"] if standing else None
        cells += [f"{rating['value']:.0f}" if rating else UNKNOWN, rating_interval(rating)]
    if checks:
        share = row["checks_passed"] / row["checks_total"] if row["checks_total"] else None
        cells.append(percent(share, 0))
    latency = row["latency_ms"]
    per_k = row["usd_per_1k_answers"]
    cells += [usd_amount(per_k)]
    cells += [seconds(None if latency[p] is None else latency[p] / 1e3) for p in ("p50", "p95")]
    return [*cells, f"{row['failed']:,}"]


def _interval(mean: Mapping[str, Any] | None) -> str:
    if not mean or mean["low"] is None:
        return UNKNOWN
    return f"{mean['low'] * 100:.1f} – {mean['high'] * 100:.1f}"


def _share_interval(mean: Mapping[str, Any] | None) -> str:
    """The interval of a share; with a handful of prompts the t interval leaves 0 to 100, where no share can be."""
    if not mean or mean["low"] is None:
        return UNKNOWN
    return f"{max(0.0, mean['low']) * 100:.1f} – {min(1.0, mean['high']) * 100:.1f}"


def rating_interval(rating: Mapping[str, Any] | None) -> str:
    """The cluster-robust interval of a rating."""
    if not rating or rating["low"] is None:
        return UNKNOWN
    return f"{rating['low']:.0f} – {rating['high']:.0f}"


def judged_pairs(standings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The pairs that met; where some never met (a baseline, many candidates) their indirect differences stay in the JSON."""
    met = [pair for pair in standings["pairs"] if pair["basis"] != "indirect"]
    return met or list(standings["pairs"])


def _points(mean: Mapping[str, Any] | None) -> str:
    if not mean:
        return UNKNOWN
    return f"{mean['value'] * 100:+.1f}".replace("-", MINUS)


def p_text(value: float | None) -> str:
    """A p value with three decimals where it decides something, two elsewhere."""
    if value is None:
        return UNKNOWN
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _pairs_table(standings: Mapping[str, Any]) -> Table:
    columns = (
        Column("Pair"),
        Column("Difference", "right"),
        Column("95% interval", "right"),
        Column("p", "right"),
        Column("p (Holm)", "right"),
        Column("Word"),
    )
    rows = []
    for pair in judged_pairs(standings):
        difference = pair["difference"]
        rows.append(
            [
                f"{pair['a']} : {pair['b']}",
                _points(difference),
                _interval(difference).replace("-", MINUS),
                p_text(pair["p"]),
                p_text(pair["p_holm"]),
                pair["word"],
            ]
        )
    return Table(columns, rows, "Paired differences in points, on the prompts that both answered")


def matrix_table(standings: Mapping[str, Any]) -> Table:
    """Win rates of the rows against the columns, best candidate first."""
    names = [row["candidate"] for row in standings["standings"]]
    cells = {(cell["a"], cell["b"]): cell for cell in standings["cells"]}
    rows = []
    for name in names:
        row = [name]
        for other in names:
            cell = cells.get((name, other))
            row.append("·" if name == other else percent(cell["score"]["value"], 0) if cell and cell["score"] else UNKNOWN)
        rows.append(row)
    return Table(
        (Column("Win rate of"), *(Column(name, "right") for name in names)), rows, "Win rate of the row against the column"
    )


def word_lines(summary: Summary) -> list[str]:
    """The proofs as lines, each group's name on its first."""
    return [f"{name if not at else '':<11} {text}" for name, texts in _proofs(summary).items() for at, text in enumerate(texts)]


def proof_lines(summary: Summary) -> list[str]:
    """The proofs as lines that each stand alone, `Proven: a > b (p = 0.001)`."""
    return [f"{name}: {text}" for name, texts in _proofs(summary).items() for text in texts]


def _proofs(summary: Summary) -> dict[str, list[str]]:
    """What is proven, what is equivalent, what is not proven and how many prompts would settle it."""
    standings = summary["standings"]
    groups: dict[str, list[str]] = {"Proven": [], "Equivalent": [], "Not proven": []}
    for pair in judged_pairs(standings) if standings else ():
        p = f"p = {p_text(pair['p_holm'])}".replace("= <", "<")
        a, b = (pair["b"], pair["a"]) if _negative(pair) else (pair["a"], pair["b"])
        if pair["word"] in {"better", "worse"}:
            groups["Proven"].append(f"{a} > {b} ({p})")
        elif pair["word"] == "equivalent":
            groups["Equivalent"].append(f"{a} = {b} (p = {p_text(pair['tost_p'])})")
        else:
            groups["Not proven"].append(_unproven(pair, a, b, p))
    return groups


def _unproven(pair: Mapping[str, Any], a: str, b: str, p: str) -> str:
    """Who leads and what would settle it; where nobody leads, no number of prompts is known to settle anything."""
    if pair["difference"] and round(pair["difference"]["value"], 9) == 0:
        return f"{a} and {b}: no difference seen ({p})"
    more = f"; about {pair['more_prompts']:,} more prompts would settle it" if pair["more_prompts"] else ""
    return f"{a} > {b} ({p}{more})"


def _negative(pair: Mapping[str, Any]) -> bool:
    return bool(pair["difference"]) and pair["difference"]["value"] < 0


def judge_lines(summary: Summary) -> list[str]:
    """One sentence per judge: consistency, ties, lean to the first place, what could not be read."""
    standings = summary["standings"]
    out = []
    for card in standings["judges"] if standings else ():
        parts = []
        if card["consistency"]:
            parts.append(f"same verdict in both orders in {percent(card['consistency']['value'], 0)} of pairs")
        if card["games"] and _by_games(summary):
            parts.append(f"{percent(card['ties'] / card['games'], 0)} ties")
        if card["first_share"] is not None:
            lean = (card["first_share"] - 0.5) * 100
            where = "first" if lean >= 0 else "second"
            parts.append(
                f"leans to the {where} answer by {abs(lean):.1f} points (p = {p_text(card['first_p'])})".replace("= <", "<")
            )
        if card["unparsed"]:
            parts.append(f"{card['unparsed']:,} verdicts could not be read")
        if card["own_family"]:
            gap = card["own_family"]["gap"]["value"] * 100
            parts.append(f"own family {card['own_family']['family']} {gap:+.1f} points against {card['own_family']['against']}")
        if parts:
            out.append(f"Judge {card['judge']}: {'; '.join(parts)}.")
    return out


def stopping_line(summary: Summary) -> str:
    """When a run stopped early and what that saved; empty for a run that was planned to the end."""
    found = summary.get("stopping")
    if not found:
        return ""
    looks = f"{found['looks']:,} look{'' if found['looks'] == 1 else 's'}"
    if not found["decided"]:
        saving = f"; {_saving(found)}" if found["calls_saved"] else ""
        return f"Not every pair is decided after {looks}{saving}."
    return f"Every pair is decided after {looks}: {_saving(found)}."


def _saving(found: Mapping[str, Any]) -> str:
    calls = f"{found['calls_saved']:,} of {found['calls_planned']:,} calls saved"
    return f"{calls}, about {usd_amount(found['usd_saved'])}" if found["usd_saved"] else calls


def _records(summary: Summary) -> Sequence[Mapping[str, Any]]:
    rows = []
    for row in summary["candidates"]:
        standing = _standing(summary, row["candidate"])
        score = standing["score"] if standing else None
        rating = standing["rating"] if standing else None
        rows.append(
            {
                "candidate": row["candidate"],
                "score": score["value"] if score else None,
                "score_low": score["low"] if score else None,
                "score_high": score["high"] if score else None,
                "rating": rating["value"] if rating else None,
                "answered": row["answered"],
                "failed": row["failed"],
                "cost_usd": row["cost_usd"],
                "usd_per_1k_answers": row["usd_per_1k_answers"],
                "p50_ms": row["latency_ms"]["p50"],
                "p95_ms": row["latency_ms"]["p95"],
            }
        )
    return rows
