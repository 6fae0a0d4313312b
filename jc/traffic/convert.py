"""Any log as canonical JSON lines."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from jc.errors import InputError
from jc.traffic.careful import Reading, Tally, convert, records
from jc.traffic.formats.known import FORMATS, recognise
from jc.traffic.formats.values import Format
from jc.traffic.layout import layout_of
from jc.traffic.lines import Cut
from jc.traffic.parts import sample
from jc.traffic.prefix import Prefixes
from jc.traffic.schema import NAMES
from jc.traffic.sources import Source

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def converted(sources: list[Source], wanted: str | None, start_us: int, tally: Tally) -> Iterator[str]:
    """Canonical lines of all files, in their order; a torn file ends with Cut after its whole records."""
    for source in sources:
        samples, _ = sample(source)
        known = _known(source, samples, wanted)
        timed = layout_of(samples).timed if known.name == "canonical" else True
        reading = Reading(known, timed, start_us, Prefixes())
        for _, row in convert(records(source), source, reading, tally):
            yield line_of(row)


def detected(sources: list[Source]) -> list[str]:
    """What each file is read as, in words; InputError for one that is no log."""
    known = [(source.name, _known(source, sample(source)[0], None)) for source in sources]
    return [f"{name}: read as {one.title} ({one.name})" + (f"; {one.note}" if one.note else "") for name, one in known]


def _known(source: Source, samples: Sequence[Mapping[str, Any]], wanted: str | None) -> Format:
    known = FORMATS[wanted] if wanted else recognise(samples)
    if known is None:
        raise InputError(f"`{source.name}` is no log that is known here", hint=f"name its format: {', '.join(FORMATS)}")
    return known


def line_of(row: dict[str, object]) -> str:
    """A canonical row as a line: columns in the order of the schema, the time as RFC 3339."""
    out = {name: row[name] for name in NAMES if name in row}
    moment = out.get("ts")
    if isinstance(moment, int):
        out["ts"] = (_EPOCH + timedelta(microseconds=moment)).isoformat().replace("+00:00", "Z")
    return json.dumps(out, ensure_ascii=False, default=str) + "\n"


__all__ = ["Cut", "converted", "detected", "line_of"]
