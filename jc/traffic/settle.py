"""The settled way: the rows of a log in a table, every suspect row judged by the careful reader, duplicates taken out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jc.traffic.careful import Found, Reading, Tally, convert, dump, records
from jc.traffic.formats.known import CANONICAL
from jc.traffic.layout import ALWAYS, Layout, layout_of
from jc.traffic.lines import Cut, decode
from jc.traffic.parts import Part, Plan, rewritten, whole_lines
from jc.traffic.pick import pick
from jc.traffic.rows import BadRow, Reason
from jc.traffic.scan import HASHED, neutral, select_rows
from jc.traffic.sources import Source

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

_TABLE, _VIEW = "log_held", "log_rows"
_MANY = 5_000
"""More strange rows than this are worth another look at the layout, and another read."""
_LOOK = 200


@dataclass(frozen=True, slots=True)
class Settled:
    """What the table holds, and its counts."""

    columns: frozenset[str]
    total: int
    used: int


class _Span(NamedTuple):
    """The rows of one part in the table: from where, how many, and the ordinals of the ones added after judging."""

    part: Part
    start: int
    rows: int
    added: list[int]


@dataclass(slots=True)
class _Work:
    connection: "duckdb.DuckDBPyConnection"
    plan: Plan
    columns: Sequence[str]
    tally: Tally
    text_of: int
    spans: list[_Span] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Those of the columns that the table has: what no row holds takes no memory."""


def settle(
    connection: "duckdb.DuckDBPyConnection", plan: Plan, columns: Sequence[str], tally: Tally, text_of: int = 1
) -> Settled:
    """Make the table `log_held` from all parts, and of it the view `log_rows`, which has all of these columns.

    `tally` gets every row that does not count. Prompts are kept of one row in `text_of` only.
    """
    connection.execute(f"DROP TABLE IF EXISTS {_TABLE}")
    work = _Work(connection, plan, columns, tally, text_of)
    for part in plan.parts:
        _load(work, part)
    absent = "".join(f", {neutral(name)} AS {name}" for name in dict.fromkeys(columns) if name not in {*work.held, *ALWAYS})
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {_VIEW} AS SELECT rowid, *{absent} FROM {_TABLE}")
    if "id_hash" in work.held:
        _drop_doubles(work)
    used = _one(connection, f"SELECT count(*) FROM {_TABLE} WHERE NOT suspect")
    return Settled(frozenset(columns), used + sum(tally.rejected.values()), used)


def _load(work: _Work, part: Part) -> None:
    """Put the rows of one part into the table; a part that the fast reader refuses is rewritten first."""
    import duckdb

    start = _end(work)
    try:
        _insert(work, part.source, part.layout, trusted=part.rewritten)
        ready = part
    except duckdb.Error:
        ready = _again(work, part, start)
    strange = _ordinals(work, "strange", start)
    wider = _wider(ready, strange[:_LOOK]) if len(strange) > _MANY else None
    if wider is not None:
        ready = replace(ready, layout=wider)
        work.connection.execute(f"DROP TABLE {_TABLE}" if start == 0 else f"DELETE FROM {_TABLE} WHERE rowid >= {start}")
        start = _end(work)
        _insert(work, ready.source, ready.layout, trusted=ready.rewritten)
    suspects = _ordinals(work, "suspect", start)
    if not _legible(ready, suspects):
        ready = _again(work, part, start)
        suspects = _ordinals(work, "suspect", start)
    span = _Span(ready, start, _end(work) - start, [])
    work.spans.append(span)
    if len(suspects):
        _judge(work, span, suspects)


def _again(work: _Work, part: Part, start: int) -> Part:
    """The part rewritten, in place of what the table has of it."""
    _truncate(work, start)
    ready = _repaired(work, part)
    _insert(work, ready.source, ready.layout, trusted=ready.rewritten)
    return ready


def _legible(part: Part, ordinals: "NDArray[np.int64]") -> bool:
    """Whether the lines of these rows can be read again; behind a fault in a compressed stream only the fast reader reads on."""
    if part.source.kind != "jsonl" or part.source.compression == "none":
        return True
    try:
        return all(True for _ in pick(part.source.path, ordinals))
    except Cut:
        return False


def _ordinals(work: _Work, mark: str, start: int) -> "NDArray[np.int64]":
    """The ordinals of the rows so marked (`suspect`, `strange`) of the part that begins at a row id."""
    import numpy as np

    sql = f"SELECT rowid FROM {_TABLE} WHERE {mark} AND rowid >= {start} ORDER BY rowid"
    return np.asarray(work.connection.execute(sql).fetchnumpy()["rowid"], dtype=np.int64) - start


def _wider(part: Part, ordinals: "NDArray[np.int64]") -> Layout | None:
    """The layout with the columns that strange rows hold and no sample showed; None when their values are all null."""
    records = [found.record for _, found in _suspects(part, ordinals) if isinstance(found.record, dict)]
    strange = {name: value for record in records for name, value in record.items() if name in part.layout.unseen}
    if not any(value is not None for value in strange.values()):
        return None
    seen = layout_of(records)
    names = {name: (*part.layout.names.get(name, ()), *seen.names.get(name, ())) for name in (*part.layout.names, *seen.names)}
    tops = {path.partition(".")[0] for paths in names.values() for path in paths}
    return replace(
        part.layout,
        names={name: tuple(dict.fromkeys(paths)) for name, paths in names.items()},
        unseen={name: columns for name, columns in part.layout.unseen.items() if name not in tops},
    )


def _repaired(work: _Work, part: Part) -> Part:
    if part.given.kind == "jsonl" and part.format is CANONICAL and not part.rewritten:
        return whole_lines(work.plan, part, work.tally)
    return rewritten(work.plan, part, 0, work.tally)


def _insert(work: _Work, source: Source, layout: Layout, *, trusted: bool) -> None:
    exists = _one(work.connection, f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{_TABLE}'")
    fresh = [name for name in work.columns if HASHED.get(name, name) in layout and name not in {*work.held, *ALWAYS}]
    for name in dict.fromkeys(fresh) if exists else ():
        value, kind = neutral(name).split("::")
        work.connection.execute(f"ALTER TABLE {_TABLE} ADD COLUMN {name} {kind} DEFAULT {value}")
    work.held += dict.fromkeys(fresh)
    rows = select_rows([source], layout, work.columns, held=work.held, trusted=trusted, text_of=work.text_of)
    head = f"INSERT INTO {_TABLE} BY NAME " if exists else f"CREATE TEMP TABLE {_TABLE} AS "
    work.connection.execute(head + rows)


def _truncate(work: _Work, start: int) -> None:
    """Take out what a failed insertion may have left."""
    if _one(work.connection, f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{_TABLE}'"):
        work.connection.execute(f"DELETE FROM {_TABLE} WHERE rowid >= {start}")


def _end(work: _Work) -> int:
    """The row id that comes next."""
    if not _one(work.connection, f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{_TABLE}'"):
        return 0
    return _one(work.connection, f"SELECT coalesce(max(rowid) + 1, 0) FROM {_TABLE}")


def _one(connection: "duckdb.DuckDBPyConnection", sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _judge(work: _Work, span: _Span, ordinals: "NDArray[np.int64]") -> None:
    """Read the suspect rows of a part carefully; the good ones join the table, the others are counted."""
    part = span.part
    reading = Reading(CANONICAL, timed=part.layout.timed, start_us=0)
    target = work.plan.folder / f"judged-{len(work.spans)}.jsonl"
    seen: dict[str, Any] = {}
    with target.open("w", encoding="utf-8", errors="surrogatepass") as out:
        for ordinal, found in _suspects(part, ordinals):
            for line, row in convert([found], part.given, reading, work.tally):
                seen.update(row)
                out.write(dump(row, line))
                span.added.append(ordinal)
    if span.added:
        seen.update({name: "" for name in seen if name == "ts"})
        _insert(work, Source(target, part.given.name, "jsonl", "none"), layout_of([seen]), trusted=True)


def _suspects(part: Part, ordinals: "NDArray[np.int64]") -> Iterator[tuple[int, Found]]:
    """The records at these ordinals, from lines where there are lines, else by counting records."""
    if part.source.kind == "jsonl":
        for ordinal, number, raw in pick(part.source.path, ordinals):
            try:
                value = decode(raw)
            except BadRow as bad:
                yield ordinal, Found(number, None, bad.reason, raw)
            else:
                yield ordinal, Found(_line(part, value, number), value, None, raw)
        return
    wanted = frozenset(ordinals.tolist())
    for ordinal, found in enumerate(records(part.source)):
        if ordinal in wanted:
            yield ordinal, found


def _line(part: Part, value: Any, number: int) -> int:
    """The line in the file that was given; a rewritten file carries it in every row."""
    return int(value["line"]) if part.rewritten else number


def _drop_doubles(work: _Work) -> None:
    """Keep the first row of each id, in the order of the files and their lines; the later ones are duplicates."""
    import numpy as np

    rows = work.connection.execute(f"SELECT rowid, id_hash FROM {_TABLE} WHERE NOT suspect AND id_hash IS NOT NULL").fetchnumpy()
    hashes = np.asarray(rows["id_hash"])
    ordered = np.sort(hashes)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(again):
        return
    doubled = again[np.minimum(np.searchsorted(again, hashes), len(again) - 1)] == hashes
    found = zip(np.asarray(rows["rowid"])[doubled].tolist(), hashes[doubled].tolist(), strict=True)
    placed = sorted((_place(work, rowid), rowid, hashed) for rowid, hashed in found)
    seen: set[int] = set()
    later: list[tuple[tuple[int, int], int]] = []
    for place, rowid, hashed in placed:
        if hashed in seen:
            later.append((place, rowid))
        seen.add(hashed)
    work.connection.execute(
        f"UPDATE {_TABLE} SET suspect = true WHERE rowid IN (SELECT unnest(?))", [[rowid for _, rowid in later]]
    )
    _name_doubles(work, [place for place, _ in later])


def _place(work: _Work, rowid: int) -> tuple[int, int]:
    """Which part a row stands in, and its ordinal there."""
    for number in range(len(work.spans) - 1, -1, -1):
        span = work.spans[number]
        if rowid >= span.start:
            local = rowid - span.start
            return number, local if local < span.rows else span.added[local - span.rows]
    raise AssertionError(rowid)


def _name_doubles(work: _Work, places: Sequence[tuple[int, int]]) -> None:
    """Count duplicates; their lines are looked up only when the rejects are written down."""
    import numpy as np

    if work.tally.rejects is None:
        work.tally.rejected[Reason.DUPLICATE_ID] += len(places)
        return
    for number, span in enumerate(work.spans):
        ordinals = np.array([ordinal for part, ordinal in places if part == number], dtype=np.int64)
        for _, found in _suspects(span.part, ordinals) if len(ordinals) else ():
            work.tally.reject(span.part.given, found.line, Reason.DUPLICATE_ID, found.raw)
