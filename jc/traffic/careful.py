"""The careful path: every record of a file, one by one, as a canonical row or with the reason why it is none.

It reads what the fast path cannot: other tools' formats, JSON arrays, broken CSV; and what it writes is canonical JSON lines that
the fast path then reads like any other log.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from jc.errors import InputError
from jc.traffic.formats.values import Format
from jc.traffic.layout import is_type
from jc.traffic.lines import Cut, blank, decode, delimiter, lines, opened
from jc.traffic.prefix import Prefixes
from jc.traffic.rows import BadRow, Reason, Row, canonical
from jc.traffic.sources import Source

if TYPE_CHECKING:
    import duckdb

_SNIPPET = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The years 1 to 9999, with a day to spare at each end for zones.
_FIRST_US, _LAST_US = -62_135_510_400_000_000, 253_402_214_400_000_000
_ARRAY_STEP = 1 << 20
_DEPTH = 2
"""No name of a column goes deeper into an object."""


class Found(NamedTuple):
    """One record, or why there is none, with its line (in an array: the element's number; in Parquet: the row's)."""

    line: int
    record: Any
    reason: Reason | None = None
    raw: bytes | None = b""


@dataclass(slots=True)
class Tally:
    """How many rows there were, why some do not count, and where the rejected ones are written."""

    rejected: Counter[Reason] = field(default_factory=Counter)
    skipped: int = 0
    rejects: IO[str] | None = None

    def reject(self, source: Source, line: int, reason: Reason, raw: bytes | None) -> None:
        """Count one row that does not count, and write it down when asked."""
        self.rejected[reason] += 1
        if self.rejects is not None:
            text = "" if raw is None else raw[:_SNIPPET].decode("utf-8", "backslashreplace")
            self.rejects.write(json.dumps({"file": source.name, "line": line, "reason": reason.value, "text": text}) + "\n")


def is_array(source: Source) -> bool:
    """Whether a file holds one JSON array of objects instead of lines."""
    if source.kind != "jsonl":
        return False
    try:
        with opened(source.path) as stream:
            head = stream.read1(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    except Cut:
        return False
    return head[:1] == b"[" and head[1:].lstrip()[:1] == b"{"


def records(source: Source) -> Iterator[Found]:
    """Every record of a file; Cut after the last whole one when its compressed stream is torn."""
    if source.kind == "csv":
        return _csv(source)
    if source.kind == "parquet":
        return _parquet(source)
    return _array(source) if is_array(source) else _lines(source)


def _lines(source: Source) -> Iterator[Found]:
    for number, raw in lines(source.path):
        if blank(raw):
            continue
        try:
            yield Found(number, decode(raw), None, raw)
        except BadRow as bad:
            yield Found(number, None, bad.reason, raw)


def _array(source: Source) -> Iterator[Found]:
    """The elements of a JSON array, decoded one by one so that memory holds one element and a megabyte."""
    decoder = json.JSONDecoder()
    with opened(source.path) as stream:
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace")
        buffer, number, done = text.read(_ARRAY_STEP).lstrip()[1:], 0, False
        while True:
            buffer = buffer.lstrip(", \t\r\n")
            if buffer.startswith("]"):
                return
            try:
                element, end = decoder.raw_decode(buffer)
            except ValueError:
                more = "" if done else text.read(_ARRAY_STEP)
                if more:
                    buffer += more
                    continue
                if buffer:
                    yield Found(number + 1, None, Reason.TRUNCATED_JSON, buffer[:_SNIPPET].encode())
                return
            number += 1
            yield Found(number, element, None, buffer[:_SNIPPET].encode())
            buffer = buffer[end:]


def _csv(source: Source) -> Iterator[Found]:
    """Rows of a CSV file as records; a row with a NUL, bad UTF-8 or another number of cells is named."""
    reader = csv.reader(_texts(source), delimiter=delimiter(source.path))
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error:
        yield Found(reader.line_num, None, Reason.OVERSIZE_LINE)
        return
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Found(reader.line_num, None, Reason.OVERSIZE_LINE)
            continue
        if not any(cells):
            continue
        raw = ",".join(cells).encode("utf-8", "surrogateescape")
        reason = _fault(raw, len(cells), len(header))
        record = None if reason else {name: value(cell) for name, cell in zip(header, cells, strict=True)}
        yield Found(reader.line_num, record, reason, raw)


def _texts(source: Source) -> Iterator[str]:
    for number, raw in lines(source.path):
        text = (raw or b"").decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
        yield text + "\n"


def _fault(raw: bytes, cells: int, columns: int) -> Reason | None:
    if b"\0" in raw:
        return Reason.NUL
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return Reason.BAD_UTF8
    return Reason.WRONG_TYPE if cells != columns else None


def value(cell: str) -> Any:
    """A cell of CSV as a number where it is one, None where it is empty."""
    text = cell.strip()
    if not text:
        return None
    if text[0] in "+-.0123456789":
        try:
            return int(text)
        except ValueError:
            try:
                return float(text)
            except ValueError:
                return text
    return {"true": True, "false": False, "True": True, "False": False}.get(text, text)


def _parquet(source: Source) -> Iterator[Found]:
    import duckdb

    with duckdb.connect() as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            shape = _shape(connection, source)
            picked = ", ".join(f"{_identifier(name)}{_AS_TEXT.get(kind, '')}" for name, kind in shape.items())
            cursor = connection.execute(f"SELECT {picked} FROM read_parquet(?)", [str(source.path)])
        except duckdb.Error as error:
            raise InputError(f"`{source.name}` is no readable Parquet file", hint="was it copied whole?") from error
        number = 0
        while batch := cursor.fetchmany(10_000):
            for cells in batch:
                number += 1
                yield Found(number, dict(zip(shape, cells, strict=True)))


def told(source: Source) -> tuple[Mapping[str, str], int | None]:
    """What a file says of itself: DuckDB's types of its columns and how many rows there are; nothing where it does not."""
    import duckdb

    if source.kind != "parquet":
        return {}, None
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(source.path)]).fetchone()
        types = _shape(connection, source)
        for _ in range(_DEPTH):
            for path in [path for path, kind in types.items() if is_type(kind, "struct")]:
                inside = _shape(connection, source, f"unnest({'.'.join(_identifier(part) for part in path.split('.'))})")
                types |= {f"{path}.{name}": kind for name, kind in inside.items()}
        return types, rows[0] if rows else None


def _shape(connection: "duckdb.DuckDBPyConnection", source: Source, what: str = "*") -> dict[str, str]:
    rows = connection.execute(f"DESCRIBE SELECT {what} FROM read_parquet(?)", [str(source.path)]).fetchall()
    return {name: kind for name, kind, *_ in rows}


_AS_TEXT = {"TIMESTAMP WITH TIME ZONE": "::VARCHAR"}
"""DuckDB gives a moment with a zone to Python only through a package that `jc` does not need."""


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Reading:
    """How records become rows: their format, whether each needs a time, and where relative times begin (µs since 1970).

    `prefixes` tell what of a prompt was cached where the log names its blocks; they need every row, in the order of the log.
    """

    format: Format
    timed: bool
    start_us: int
    prefixes: Prefixes | None = None

    def rows(self, record: Mapping[str, Any]) -> Iterator[Row]:
        """The canonical rows of one record; BadRow when one of them is none."""
        for one in self.format.convert(record):
            row = canonical(self._placed(one), timed=self.timed)
            if "ts" in row and not _FIRST_US <= row["ts"] <= _LAST_US:
                raise BadRow(Reason.NO_TIMESTAMP)
            yield self._warmed(row)

    def _placed(self, one: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row with its time on the calendar where the format tells times from the log's begin."""
        if self.format.relative_us is None or not isinstance(one.get("ts"), (int, float)):
            return one
        try:
            since = timedelta(microseconds=self.start_us + round(one["ts"] * self.format.relative_us))
            return {**one, "ts": _EPOCH + since}
        except (OverflowError, ValueError):
            raise BadRow(Reason.NO_TIMESTAMP) from None

    def _warmed(self, row: Row) -> Row:
        return row if self.prefixes is None else self.prefixes.warmed(row, self.format.block_tokens)


def convert(found: Iterable[Found], source: Source, reading: Reading, tally: Tally) -> Iterator[tuple[int, Row]]:
    """The rows of records with their lines; what is none is counted in `tally`, and so is what is no model call."""
    for item in found:
        try:
            rows = _rows(item, reading)
        except BadRow as bad:
            tally.reject(source, item.line, bad.reason, item.raw)
            continue
        tally.skipped += not rows
        for row in rows:
            yield item.line, row


def _rows(item: Found, reading: Reading) -> list[Row]:
    if item.reason is not None:
        raise BadRow(item.reason)
    if not isinstance(item.record, Mapping):
        raise BadRow(Reason.WRONG_TYPE)
    return list(reading.rows(item.record))


def dump(row: Row, line: int) -> str:
    """A canonical row as one JSON line for the fast path; `line` is where it came from."""
    out = {**row, "line": line}
    if "ts" in row:
        out["ts"] = (_EPOCH + timedelta(microseconds=row["ts"])).isoformat()
    return json.dumps(out, ensure_ascii=False, default=str) + "\n"
