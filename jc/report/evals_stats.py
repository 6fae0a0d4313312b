"""The statistics of a file of verdicts or scores, for people and as JSON."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jc.evals.statistics.values import Standings
from jc.report.document import Document
from jc.report.evals import WIDTH, judge_lines, matrix_table, p_text, rating_interval, word_lines
from jc.report.evals_agreement import agreement_tables, interval_of, level_of, shares_of, value_of
from jc.report.narrow import narrow
from jc.report.numbers import MINUS, UNKNOWN, count
from jc.report.table import Column, Table

SCHEMA = "jc.evals-stats/1"
_WIDEST_MATRIX = 12
"""With more candidates the matrix is left to the machine formats."""
_MOST_PAIRS = 30
_SPARE = ("interval", "Same length", "McNemar", "p")
"""What a narrow terminal goes without, one after the other."""


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: the file, its kind, its rows and how many of them could not be used."""

    path: str
    kind: str
    rows: int
    unread: int
    unused_columns: tuple[str, ...] = ()
    labels: str | None = None


def stats_document(source: Source, found: Standings, width: int = WIDTH) -> Document:
    """The standings of a file in every format, the text in columns `width` wide; the JSON holds every figure unrounded."""
    data = asdict(found)
    payload = {"source": asdict(source), **data}
    tables = list(_tables(data))
    parts = [_headline(source, data), narrow(tables[0], width, _SPARE)]
    if words := word_lines({"standings": data}):
        more = [f"… and {len(words) - _MOST_PAIRS} more"] if len(words) > _MOST_PAIRS else []
        parts.append(_filled([*words[:_MOST_PAIRS], *more], width, 12))
    parts.extend(narrow(table, width, _SPARE) for table in tables[1:])
    if lines := [*judge_lines({"standings": data}), *_length_lines(data)]:
        parts.append(_filled(lines, width))
    return Document(SCHEMA, payload, records=_records(data), tables=tables, text="\n\n".join(parts))


def _filled(lines: Iterable[str], width: int, indent: int = 2) -> str:
    return "\n".join(textwrap.fill(line, width, subsequent_indent=" " * indent) for line in lines)


def _headline(source: Source, data: Mapping[str, Any]) -> str:
    rows = {"games": "verdicts", "scores": "scores", "matrix": "rows"}[source.kind]
    clusters = f" in {data['clusters']:,} clusters" if data["clusters"] not in {data["prompts"], 0} else ""
    parts = [f"{source.rows:,} {rows}", f"{data['prompts']:,} prompts{clusters}", f"{len(data['standings']):,} candidates"]
    if source.unread:
        parts.append(f"{source.unread:,} could not be read")
    return f"{source.path}: {', '.join(parts)}"


def _tables(data: Mapping[str, Any]) -> Iterator[Table]:
    yield _standings_table(data)
    if data["pairs"]:
        yield _pairs_table(data)
    if data["cells"] and 2 < len(data["standings"]) <= _WIDEST_MATRIX:
        yield matrix_table(data)
    if any(row["pass_k"] for row in data["standings"]):
        yield _pass_k_table(data)
    yield from agreement_tables(data)


def _standings_table(data: Mapping[str, Any]) -> Table:
    games, shares = data["basis"] == "games", shares_of(data)
    right = all(row["pass_rate"] for row in data["standings"]) and not games
    name = "Win rate" if games else "Right" if right else "Score"
    columns = [Column("Candidate"), Column(name, "right"), Column(level_of(data), "right")]
    controlled = any(row["rating"] and row["rating"]["controlled"] is not None for row in data["standings"])
    if games:
        columns += [Column(title, "right") for title in ("Rating", "interval", "Rank", "Won/tied/lost")]
        columns += [Column("Same length", "right")] if controlled else []
    uneven = len({row["prompts"] for row in data["standings"]} | {data["prompts"]}) > 1
    columns += [Column("Prompts", "right")] if uneven else []
    rows = []
    for row in data["standings"]:
        mean = row["pass_rate"] if right else row["score"]
        cells = [row["candidate"], value_of(mean, shares), interval_of(mean, shares)]
        if games:
            cells += _game_cells(row)
            cells += [_controlled(row)] if controlled else []
        rows.append([*cells, count(row["prompts"])] if uneven else cells)
    return Table(tuple(columns), rows)


def _game_cells(row: Mapping[str, Any]) -> list[str]:
    rating = row["rating"]
    rank = UNKNOWN
    if rating:
        low, high = rating["rank_low"], rating["rank_high"]
        rank = f"{low}" if low == high and low is not None else f"{low} – {high}" if low is not None else f"{rating['rank']}"
    value = f"{rating['value']:.0f}" if rating else UNKNOWN
    record = "/".join(count(row[name]) for name in ("wins", "ties", "losses"))
    return [value, rating_interval(rating), rank, record]


def _controlled(row: Mapping[str, Any]) -> str:
    rating = row["rating"]
    return f"{rating['controlled']:.0f}" if rating and rating["controlled"] is not None else UNKNOWN


def _pairs_table(data: Mapping[str, Any]) -> Table:
    shares = shares_of(data)
    exact = any(pair["mcnemar_p"] is not None for pair in data["pairs"])
    columns = [Column("Pair"), Column("Difference", "right"), Column(level_of(data), "right"), Column("p", "right")]
    columns += [Column("p (Holm)", "right")]
    columns += [Column("McNemar", "right")] if exact else []
    columns += [Column("Prompts", "right"), Column("Word")]
    rows = []
    for pair in data["pairs"][:_MOST_PAIRS]:
        mean = pair["difference"]
        cells = [f"{pair['a']} : {pair['b']}", _difference(mean, shares), interval_of(mean, shares, -1.0)]
        cells += [p_text(pair["p"]), p_text(pair["p_holm"])]
        cells += [p_text(pair["mcnemar_p"])] if exact else []
        rows.append([*cells, count(mean["n"]) if mean else "0", pair["word"]])
    unit = "in points" if shares else "in the unit of the scores"
    more = f"; the first {_MOST_PAIRS} of {len(data['pairs'])}" if len(data["pairs"]) > _MOST_PAIRS else ""
    return Table(tuple(columns), rows, f"Paired differences {unit}, on common prompts{more}")


def _difference(mean: Mapping[str, Any] | None, shares: bool) -> str:
    if not mean:
        return UNKNOWN
    return (f"{mean['value'] * 100:+.1f}" if shares else f"{mean['value']:+.3f}").replace("-", MINUS)


def _pass_k_table(data: Mapping[str, Any]) -> Table:
    most = max(len(row["pass_k"]) for row in data["standings"])
    shown = [k for k in range(1, most + 1) if k <= 4 or k == most]
    columns = [
        Column("Candidate"),
        *(Column(f"pass@{k}", "right") for k in shown),
        *(Column(f"pass^{k}", "right") for k in shown[1:]),
    ]
    rows = []
    for row in data["standings"]:
        by_k = {one["k"]: one for one in row["pass_k"]}
        at = [value_of(by_k[k]["at"] if k in by_k else None, True) for k in shown]
        every = [value_of(by_k[k]["all"] if k in by_k else None, True) for k in shown[1:]]
        rows.append([row["candidate"], *at, *every])
    return Table(tuple(columns), rows, "Right in at least one of k tries (pass@k), in all of k (pass^k)")


def _length_lines(data: Mapping[str, Any]) -> list[str]:
    fit = data["length"]
    if not fit:
        return []
    direction = "longer" if fit["coefficient"] >= 0 else "shorter"
    size = f"{fit['coefficient']:+.2f}".replace("-", MINUS)
    odds = f"{size} log-odds for one standard deviation ({fit['sd']:,.0f})"
    p = f", p = {p_text(fit['p'])}".replace("= <", "<") if fit["p"] is not None else ""
    return [f"Length: the judge leans to {direction} answers, about {odds}{p}."]


def _records(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per candidate for CSV and JSON lines."""
    out = []
    for row in data["standings"]:
        score, rating, right = row["score"] or {}, row["rating"] or {}, row["pass_rate"] or {}
        out.append(
            {
                "candidate": row["candidate"],
                "score": score.get("value"),
                "score_low": score.get("low"),
                "score_high": score.get("high"),
                "score_se": score.get("se"),
                "prompts": row["prompts"],
                "clusters": score.get("clusters"),
                "coverage": row["coverage"],
                "wins": row["wins"],
                "ties": row["ties"],
                "losses": row["losses"],
                "rating": rating.get("value"),
                "rating_low": rating.get("low"),
                "rating_high": rating.get("high"),
                "rating_boot_low": rating.get("boot_low"),
                "rating_boot_high": rating.get("boot_high"),
                "rank": rating.get("rank"),
                "rank_low": rating.get("rank_low"),
                "rank_high": rating.get("rank_high"),
                "rating_at_equal_length": rating.get("controlled"),
                "pass_rate": right.get("value"),
                "pass_rate_low": right.get("low"),
                "pass_rate_high": right.get("high"),
            }
        )
    return out
