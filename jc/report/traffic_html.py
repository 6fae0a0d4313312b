"""The page of a traffic profile: what the requests are, how large, from whom and when, and which rows were not understood."""

from collections.abc import Mapping, Sequence
from typing import Any

from jc.report.chart_parts import Axis, Bar, Chart, scale_for
from jc.report.charts import bars, curves, ranges
from jc.report.conclusion import number
from jc.report.html import Block, Listing, Page, Prose, Section, render_page
from jc.report.numbers import UNKNOWN, count, percent, seconds
from jc.report.table import Column, Table

Fields = Mapping[str, Any]
_MARKS = ("p50", "p90", "p95", "p99")
_TRAITS = {
    "tools": "with tools",
    "vision": "with images",
    "structured_output": "structured output",
    "stream": "streamed",
    "explicit": "pinned to a model",
}
_SIZES = {"input": "input tokens", "cached_input": "cached input tokens, where any", "output": "output tokens"}
_SPEEDS = {"latency_ms": "latency", "ttft_ms": "time to first token"}
_GROUPS = {"classes": "class", "models": "model", "keys": "key"}
_PLURALS = {"model": "models", "key": "keys", "org": "organisations", "session": "sessions", "route_class": "classes"}


def traffic_page(payload: Fields, reproduce: Mapping[str, object]) -> str:
    """The payload of schema `jc.traffic-profile/1` as one HTML file; what the log does not have has no section."""
    notes = [str(note) for note in payload["notes"]]
    return render_page(
        Page("Traffic profile", traffic_conclusion(payload), traffic_sections(payload), reproduce, _lead(payload), notes)
    )


def traffic_sections(payload: Fields) -> list[Section]:
    """What a page tells of a log, section by section."""
    sections = [
        _traits(payload["shares"]),
        _sizes(payload["tokens"]),
        *(_groups(name, payload[key], payload) for key, name in _GROUPS.items()),
        _hours(payload["hours"]),
        _sessions(payload["sessions"]),
        _speeds(payload),
        _rows(payload["rows"]),
    ]
    return [section for section in sections if section]


def traffic_conclusion(payload: Fields) -> str:
    """How many requests and tokens, and when."""
    totals, span = payload["totals"], payload["span"]
    tokens = " and ".join(f"{_many(totals[f'{kind}_tokens'])} {kind}" for kind in ("input", "output"))
    first, last = (str(span[name])[:10] if span[name] else "" for name in ("first", "last"))
    when = "" if not first or span["relative"] else f", {first}" if first == last else f", {first} to {last}"
    return f"{count(payload['rows']['used'])} requests, {tokens} tokens{when}"


def _many(tokens: object) -> str:
    value = number(tokens) or 0.0
    return f"{value / 1e6:,.1f} M" if value >= 1e6 else count(value)


def _lead(payload: Fields) -> list[str]:
    source = f"{payload['source']}: " if payload.get("source") else ""
    distinct = [f"{count(value)} {_PLURALS.get(name, name)}" for name, value in payload["distinct"].items() if value]
    cached = number(payload["shares"]["cached"])
    parts = [*distinct, *([f"{percent(cached)} of the input tokens came from a cache"] if cached is not None else [])]
    return [f"{source}{', '.join(parts)}."] if parts else []


def _traits(shares: Fields) -> Section | None:
    known = {label: share for name, label in _TRAITS.items() if (share := number(shares.get(name))) is not None}
    if not known:
        return None
    drawn = [Bar(label, "requests", share, percent(share)) for label, share in known.items()]
    columns = (Column("Requests"), Column("Share", "right"))
    table = Table(columns, [[label, percent(share)] for label, share in known.items()])
    chart = Chart("Traits of the requests", "Share of the requests with each.", bars(drawn, Axis("share", ".0%")), table)
    return Section("What the requests are", [chart])


def _sizes(tokens: Fields) -> Section | None:
    found = {label: tokens[name] for name, label in _SIZES.items() if tokens.get(name)}
    if not found:
        return None
    caption = "Half of the requests have fewer tokens than p50, one in a hundred has more than p99."
    chart = _quantiles("How large requests are", caption, found, "tokens per request", 1.0)
    return Section("Sizes", [chart])


def _speeds(payload: Fields) -> Section | None:
    found = {label: payload[name] for name, label in _SPEEDS.items() if payload.get(name)}
    if not found:
        return None
    caption = "As the log has it: half of the requests are faster than p50, one in a hundred is slower than p99."
    return Section("Latency", [_quantiles("How long requests took", caption, found, "seconds", 1e-3)])


def _quantiles(title: str, caption: str, found: Mapping[str, Fields], unit: str, scale: float) -> Chart:
    """Quantiles as marks on a line; a quantile of zero is told in the table only when the axis is logarithmic."""
    marks = {
        name: [(mark, value * scale) for mark in _MARKS if (value := number(figures.get(mark))) is not None]
        for name, figures in found.items()
    }
    axis = Axis(unit, ",~r", scale_for(value for each in marks.values() for _, value in each if value > 0))
    drawn = {name: [(mark, value) for mark, value in each if value > 0 or axis.kind != "log"] for name, each in marks.items()}
    heads = ("Requests", "mean", *_MARKS, "most")
    rows = [[name, *(_told(figures.get(key), scale) for key in ("mean", *_MARKS, "most"))] for name, figures in found.items()]
    counted = [[row[0], count(number(figures.get("n"))), *row[1:]] for row, figures in zip(rows, found.values(), strict=True)]
    table = Table((Column("Figure"), *(Column(head, "right") for head in heads)), counted)
    return Chart(title, caption, ranges({name: each for name, each in drawn.items() if each}, axis), table)


def _told(value: object, scale: float) -> str:
    found = number(value)
    return UNKNOWN if found is None else seconds(found * scale) if scale != 1 else count(found)


def _groups(name: str, groups: Sequence[Fields], payload: Fields) -> Section | None:
    if not groups or (len(groups) == 1 and not groups[0]["name"]):
        return None
    total = max(1, payload["rows"]["used"])
    rows = [
        [
            group["name"] or UNKNOWN, count(group["requests"]), percent(group["requests"] / total), _many(group["input_tokens"]),
            percent(group["cached_input_tokens"] / max(1, group["input_tokens"])), _many(group["output_tokens"]),
        ]
        for group in groups
    ]  # fmt: skip
    heads = ("Requests", "Share", "Input tokens", "Cached", "Output tokens")
    table = Table((Column(name.capitalize()), *(Column(head, "right") for head in heads)), rows)
    drawn = [Bar(row[0], "requests", float(group["requests"]), row[1]) for row, group in zip(rows, groups, strict=True)]
    known = payload["distinct"].get("route_class" if name == "class" else name, len(groups))
    left = f"The {len(groups):,} with most requests of {known:,}; t" if known > len(groups) else "T"
    caption = f"{left}okens and shares are in the table."
    chart = Chart(f"Requests by {name}", caption, bars(drawn, Axis("requests", ",~r")), table)
    return Section(f"By {name}", [chart])


def _hours(hours: Sequence[Fields]) -> Section | None:
    if len(hours) < 2:
        return None
    line: list[tuple[float | str, float]] = [(float(row["hour"]), float(row["requests"])) for row in hours]
    table = Table(
        (Column("Hour, UTC"), Column("Requests", "right")), [[f"{row['hour']:02d}", count(row["requests"])] for row in hours]
    )
    spec = curves({"requests": line}, Axis("hour of the day, UTC", "~r"), Axis("requests", ",~r", zero=True))
    return Section("Over the day", [Chart("Requests by hour of the day", "All days together.", spec, table)])


def _sessions(sessions: Fields | None) -> Section | None:
    if not sessions:
        return None
    again = f"{_many(sessions['resent_tokens'])} tokens ({percent(sessions['resent_share'])} of their input)"
    mean, most = f"{sessions['mean_requests']:.1f}", count(sessions["most_requests"])
    lines = [
        f"{count(sessions['sessions'])} sessions of {mean} requests on average, the longest of {most}.",
        f"{again} are context that the request before had sent already: what a prompt cache can save.",
    ]
    return Section("Sessions", [Prose(lines)])


def _rows(rows: Fields) -> Section:
    rejected = "none" if rows["rejected"] == 0 else count(rows["rejected"])
    blocks: list[Block] = [Prose([f"{count(rows['used'])} of {count(rows['total'])} rows were used, {rejected} rejected."])]
    if rows["by_reason"]:
        blocks.append(Listing([f"{name}: {count(value)}" for name, value in rows["by_reason"].items()]))
    return Section("Rows", blocks)
