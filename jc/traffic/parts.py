"""The files of a log made ready for the fast path: format recognised, other formats and torn files rewritten, layout sampled."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jc.errors import InputError
from jc.traffic.careful import Reading, Tally, convert, dump, is_array, records, told
from jc.traffic.formats.known import CANONICAL, FORMATS, recognise
from jc.traffic.formats.values import Format
from jc.traffic.layout import Layout, layout_of
from jc.traffic.lines import Cut, blank, decode, lines, opened
from jc.traffic.prefix import Prefixes
from jc.traffic.rows import BadRow, Reason, Row, canonical
from jc.traffic.schema import BY_ANY_NAME, SCALED
from jc.traffic.sources import Source

SAMPLE_ROWS = 150
_SAMPLE_BYTES = 1 << 14
_SPOTS = 3
_MOST_NAMED = 8
ROW_BYTES = 250
"""About what a row takes as a JSON line."""
ONE_LINE = "one JSON object a line, with input_tokens and output_tokens"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the log: what was given, what the fast path reads, in which layout, and whether that was rewritten."""

    given: Source
    source: Source
    layout: Layout
    format: Format
    rewritten: bool = False
    rows: int | None = None
    """How many there are, where the file says so."""

    @property
    def size(self) -> int:
        """About how many bytes of JSON lines the file holds; a compressed one counts six times its own."""
        if self.rows is not None:
            return self.rows * ROW_BYTES
        return self.source.size * (1 if self.source.compression == "none" else 6)


@dataclass(slots=True)
class Span:
    """The first and last moment of the sampled rows (µs since 1970; None without times)."""

    first_us: int | None = None
    last_us: int | None = None

    def add(self, row: Row) -> None:
        """Reach over one more row."""
        moment = row.get("ts")
        if moment is not None:
            self.first_us = moment if self.first_us is None else min(self.first_us, moment)
            self.last_us = moment if self.last_us is None else max(self.last_us, moment)


@dataclass(slots=True)
class Plan:
    """How a log is read. `tally` holds what rewriting already rejected; `doubtful` says that samples showed bad rows."""

    parts: list[Part]
    notes: tuple[str, ...] = ()
    doubtful: bool = False
    truncated: tuple[str, ...] = ()
    tally: Counter[Reason] = field(default_factory=Counter)
    folder: Path = Path()
    span: Span = field(default_factory=Span)


def plan_parts(sources: Sequence[Source], wanted: str | None, start_us: int, folder: Path, tally: Tally) -> Plan:
    """Look at each file, rewrite those that need it; InputError when one of them is no log (a folder may hold others)."""
    if wanted is not None and wanted not in FORMATS:
        raise InputError(f"no format `{wanted}`", hint=f"formats: {', '.join(FORMATS)}")
    plan = Plan([], folder=folder)
    notes: dict[str, None] = {}
    for source in sources:
        samples, bad = sample(source)
        known = FORMATS[wanted] if wanted else recognise(samples)
        if known is None:
            if len(sources) == 1:
                raise _no_log(source, samples)
            notes[f"{source.name} holds no requests and was passed over"] = None
            continue
        types, rows = told(source)
        part = Part(source, source, replace(layout_of(samples, columnar=source.kind != "jsonl"), types=types), known, rows=rows)
        if known is not CANONICAL:
            notes[f"{source.name}: read as {known.title} ({known.name})" + (f"; {known.note}" if known.note else "")] = None
        if known is CANONICAL and source.kind == "csv" and (strange := _strange(samples)):
            notes[f"{source.name}: columns that mean nothing to `jc` were passed over: {strange}"] = None
        blocks = known is CANONICAL and _names_blocks(samples, part.layout)
        if blocks:
            notes[f"{source.name}: cached tokens were reckoned from the blocks in prefix_hash, warm for 5 minutes"] = None
        if known is not CANONICAL or is_array(source) or blocks:
            part = rewritten(plan, part, start_us, tally)
        else:
            bad |= _judged(samples, part.layout, plan.span)
        plan.doubtful |= bad and not part.rewritten
        plan.parts.append(part)
    plan.notes = tuple(notes)
    plan.tally = Counter(tally.rejected)
    if not plan.parts:
        raise InputError("none of the files holds requests", hint=ONE_LINE)
    return plan


def _strange(samples: Sequence[Any]) -> str:
    """The columns of a table that no canonical column is called, the first of them by name."""
    meant = {name.partition(".")[0] for name in (*BY_ANY_NAME, *SCALED)}
    heads = dict.fromkeys(str(name) for record in samples for name in record)
    names = [f"`{name}`" for name in heads if name.partition(".")[0] not in meant]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _names_blocks(samples: Sequence[Any], layout: Layout) -> bool:
    """Whether prompts come with the hashes of their blocks, and nothing says what of them was cached."""
    known = [
        name
        for name in layout.names.get("cached_input_tokens", ())
        if any(name.partition(".")[0] in record for record in samples)
    ]
    return not known and any(isinstance(record.get("prefix_hash"), list) for record in samples)


def _judged(samples: Sequence[Any], layout: Layout, span: Span) -> bool:
    """Whether one of the samples is bad; the span reaches over the good ones."""
    bad = False
    for record in samples:
        try:
            span.add(canonical(record, timed=layout.timed))
        except BadRow:
            bad = True
    return bad


def _no_log(source: Source, samples: Sequence[Any]) -> InputError:
    with suppress(Cut), opened(source.path) as stream:
        if stream.read1(4)[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            return InputError(f"`{source.name}` is UTF-16", hint=f"logs are UTF-8: iconv -f utf-16 -t utf-8 {source.name}")
    if not samples:
        return InputError(f"`{source.name}` holds no requests", hint=ONE_LINE)
    keys = ", ".join(f"`{key}`" for key in itertools.islice(samples[0], 8))
    return InputError(f"`{source.name}` is no traffic log: its rows hold {keys}", hint="they need input_tokens and output_tokens")


def sample(source: Source) -> tuple[list[Mapping[str, Any]], bool]:
    """Records from the beginning (of a large plain file also from its middle and end), and whether bad rows were among them."""
    found: list[Mapping[str, Any]] = []
    bad = False
    try:
        for item in itertools.islice(records(source), SAMPLE_ROWS):
            if isinstance(item.record, Mapping):
                found.append(item.record)
            else:
                bad = True
    except Cut:
        bad = True
    if source.kind == "jsonl" and source.compression == "none" and source.size > 4 * _SAMPLE_BYTES and not is_array(source):
        for raw in _spots(source):
            try:
                value = decode(raw)
            except BadRow:
                value = None
            if isinstance(value, Mapping):
                found.append(value)
            else:
                bad = True
    return found, bad


def _spots(source: Source) -> Iterator[bytes]:
    """Whole lines from a few places further on."""
    with source.path.open("rb") as stream:
        for spot in range(1, _SPOTS + 1):
            stream.seek(min(source.size * spot // _SPOTS, source.size - _SAMPLE_BYTES))
            for raw in stream.read(_SAMPLE_BYTES).split(b"\n")[1:-1]:
                if not blank(raw):
                    yield raw


def rewritten(plan: Plan, part: Part, start_us: int, tally: Tally) -> Part:
    """The part as canonical JSON lines in a temporary file, every row checked."""
    reading = Reading(part.format, timed=_timed(part), start_us=start_us, prefixes=Prefixes())
    target = _target(plan)
    seen: dict[str, Any] = {}
    with target.open("w", encoding="utf-8", errors="surrogatepass") as out:
        try:
            for line, row in convert(records(part.given), part.given, reading, tally):
                _remember(seen, row)
                plan.span.add(row)
                out.write(dump(row, line))
        except Cut:
            plan.truncated += (part.given.name,)
    return replace(part, source=Source(target, part.given.name, "jsonl", "none"), layout=layout_of([seen]), rewritten=True)


def _remember(seen: dict[str, Any], row: Row) -> None:
    if not row.keys() <= seen.keys():
        seen.update({name: "" if name == "ts" else value for name, value in row.items()})


def _timed(part: Part) -> bool:
    """Whether the rows of a format have times: canonical logs by their sample, the others always."""
    return part.layout.timed if part.format is CANONICAL else True


def whole_lines(plan: Plan, part: Part, tally: Tally) -> Part:
    """The part as a plain copy whose lines are where they were, oversize ones blank, cut after the last whole line.

    For files that the fast reader refuses: a torn gzip, a line of a hundred megabytes.
    """
    target = _target(plan)
    with target.open("wb") as out:
        try:
            for number, raw in lines(part.given.path):
                if raw is None:
                    tally.reject(part.given, number, Reason.OVERSIZE_LINE, None)
                out.write((raw or b"") + b"\n")
        except Cut:
            plan.truncated += (part.given.name,)
    return replace(part, source=Source(target, part.given.name, "jsonl", "none"))


def _target(plan: Plan) -> Path:
    return plan.folder / f"part-{sum(1 for _ in plan.folder.iterdir())}.jsonl"
