"""A profile of a log for people: the tables of the terminal; the same values as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from jc.report.document import Document
from jc.report.numbers import UNKNOWN, bar, count, percent
from jc.report.table import Column, Table

SCHEMA = "jc.traffic-profile/1"
Fields = Mapping[str, Any]
_RIGHT = ("Requests", "Share", "Input", "Cached", "Output")


def profile_document(source: str, profile: Fields) -> Document:
    """The profile in every format, `html` among them; `records` are the groups of classes, models and keys."""
    tables = [_sizes(profile), *_groups(profile), *_hours(profile)]
    text = "\n\n".join(["\n".join(_head(source, profile)), *(table.text() for table in tables)])
    markdown = "\n\n".join(["\n".join(f"- {line}" for line in _head(source, profile)), *(table.markdown() for table in tables)])
    records = [
        {"dimension": name, **row}
        for name, key in (("class", "classes"), ("model", "models"), ("key", "keys"))
        for row in profile[key]
    ]
    payload = {"source": source, **profile}

    def page() -> str:
        from jc.report.traffic_html import traffic_page

        return traffic_page(payload, {"command": f"jc traffic profile {source} -o profile.html", "format": profile["format"]})

    return Document(SCHEMA, payload, records=records, tables=tables, text=text, markdown=markdown, extra={"html": page})


def _head(source: str, profile: Fields) -> list[str]:
    rows, totals, shares = profile["rows"], profile["totals"], profile["shares"]
    lines = [f"{source}: {rows['used']:,} requests" + (f", {_when(profile['span'])}" if profile["span"]["first"] else "")]
    cached = f", {percent(shares['cached'])} of the input cached" if shares["cached"] else ""
    lines.append(f"{_tokens(totals['input_tokens'])} input and {_tokens(totals['output_tokens'])} output tokens{cached}")
    facts = [f"{percent(shares[name])} {label}" for name, label in _FACTS.items() if shares[name] is not None]
    if facts:
        lines.append(", ".join(facts))
    found = profile["sessions"]
    if found:
        again = f"{_tokens(found['resent_tokens'])} tokens ({percent(found['resent_share'])}) are context that was sent before"
        number = found["sessions"]
        many = f"{number:,} session{'' if number == 1 else 's'}"
        lines.append(f"{many} of {found['mean_requests']:.1f} requests on average; {again}")
    distinct = [f"{number:,} {_WORDS[name][number != 1]}" for name, number in profile["distinct"].items() if name != "session"]
    if distinct:
        lines.append(", ".join(distinct))
    return lines


_FACTS = {
    "tools": "with tools",
    "vision": "with images",
    "structured_output": "structured",
    "stream": "streamed",
    "explicit": "pinned",
}
_WORDS = {
    "model": ("model", "models"),
    "key": ("key", "keys"),
    "org": ("organisation", "organisations"),
    "route_class": ("class", "classes"),
}


def _when(span: Fields) -> str:
    first, last = str(span["first"]), str(span["last"])
    text = f"{first[:16].replace('T', ' ')} – {last[:16].replace('T', ' ')} UTC"
    return text + " (its times are relative)" if span["relative"] else text


def _tokens(value: float) -> str:
    return f"{value / 1e6:,.1f} M" if value >= 1e5 else f"{value:,.0f}"


def _sizes(profile: Fields) -> Table:
    """Distributions, one row each."""
    names = {
        "input tokens": profile["tokens"]["input"], "cached tokens": profile["tokens"]["cached_input"],
        "output tokens": profile["tokens"]["output"], "latency, ms": profile["latency_ms"], "first token, ms": profile["ttft_ms"],
    }  # fmt: skip
    columns = (
        Column("Per request"),
        *(Column(name, "right") for name in ("Requests", "mean", "p50", "p90", "p95", "p99", "most")),
    )
    cells = [
        [name, count(found["n"]), *(_number(found[key]) for key in ("mean", "p50", "p90", "p95", "p99", "most"))]
        for name, found in names.items()
        if found
    ]
    return Table(columns, cells)


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _groups(profile: Fields) -> list[Table]:
    used = max(1, profile["rows"]["used"])
    out = []
    for title, key in (("Class", "classes"), ("Model", "models"), ("Key", "keys")):
        rows: Sequence[Fields] = profile[key]
        if not rows or (len(rows) == 1 and not rows[0]["name"]):
            continue
        cells = [
            [row["name"] or UNKNOWN, count(row["requests"]), percent(row["requests"] / used), _tokens(row["input_tokens"]),
             percent(row["cached_input_tokens"] / max(1, row["input_tokens"])), _tokens(row["output_tokens"]),
             bar(row["requests"] / max(1, rows[0]["requests"]), 12)]
            for row in rows
        ]  # fmt: skip
        out.append(Table((Column(title), *(Column(name, "right") for name in _RIGHT), Column("")), cells))
    return out


def _hours(profile: Fields) -> list[Table]:
    rows: Sequence[Fields] = profile["hours"]
    if len(rows) < 2:
        return []
    most = max(row["requests"] for row in rows)
    cells = [[f"{row['hour']:02d}", count(row["requests"]), bar(row["requests"] / most, 30)] for row in rows]
    return [Table((Column("Hour, UTC"), Column("Requests", "right"), Column("")), cells)]
