"""The fast path: SQL that turns clean rows of a file into typed canonical columns, and marks every row that it cannot vouch for.

A row is `suspect` unless all it says about tokens and time is of the right type and in range; `rows.py` decides about suspects.
Nothing is parsed twice: the same SELECT feeds the cube (grouped while it is read) and the table of rows.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jc.traffic.rows import LAST_MICROSECOND
from jc.traffic.schema import (
    BY_ANY_NAME,
    BY_NAME,
    COLUMNS,
    EXTRA,
    MAX_LINE_BYTES,
    MAX_TOKENS,
    REQUIRED,
    SCALED,
    Column,
    names_of,
)
from jc.traffic.sources import Source

_FALSE = ("", "0", "false", "no", "none", "null", "[]", "{}")
ALWAYS = ("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens")
"""Columns that bear on money are read whether a sample held them or not."""
_WATCHED = (
    "request_id", "key", "org", "model", "served_model", "route_class", "cached_input_tokens", "cache_write_tokens", "images",
    "tools", "vision", "structured_output", "routing", "swap_opt_in", "region", "mode", "cost_usd",
)  # fmt: skip
"""Columns that change a price or a decision: a row that holds one that no sample showed is read carefully."""


def _whole(kind: str) -> bool:
    """Whether a type of a typed file holds whole numbers only."""
    return kind.removeprefix("U") in {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"} or bool(re.fullmatch(r"DECIMAL\(\d+,0\)", kind))


def _number(kind: str) -> bool:
    return _whole(kind) or kind in {"FLOAT", "DOUBLE", "HUGEINT", "UHUGEINT"} or kind.startswith("DECIMAL(")


def _boolean(kind: str) -> bool:
    return kind == "BOOLEAN"


def _moment(kind: str) -> bool:
    return kind in {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which source names carry each canonical column, in the order in which they are tried."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numeric_time: bool = False
    timed: bool = False
    """Whether a row without a timestamp is a fault: most of the sampled ones had one."""
    unseen: tuple[str, ...] = ()
    """Names of columns that matter and that no sample showed: where they come up, the row is not what the layout says."""
    types: Mapping[str, str] = field(default_factory=dict)
    """DuckDB's types of the columns of a file that has types; what is a number there need not be checked for being text."""

    def __contains__(self, column: object) -> bool:
        return column in self.names

    def typed(self, column: str, wanted: Callable[[str], bool]) -> bool:
        """Whether the file itself says that all that carries a column is of a wanted type."""
        return all(wanted(self.types.get(path, "")) for path in self.names[column])


def layout_of(records: Iterable[object], *, columnar: bool = False) -> Layout:
    """The layout that sampled records show; in a `columnar` file a column is there even where the sample found it empty."""
    seen: dict[str, dict[str, None]] = {}
    numeric = False
    rows = timed = 0
    for record in records:
        if not isinstance(record, Mapping):
            continue
        rows += 1
        for path, value in _paths(record):
            column = BY_ANY_NAME.get(path) or (BY_NAME[SCALED[path][0]] if path in SCALED else None)
            if column is None or (value is None and not (columnar and column.name in _WATCHED and column.name != "route_class")):
                continue
            seen.setdefault(column.name, {})[path] = None
            if column.name == "ts":
                timed += 1
                numeric |= not isinstance(value, str)
    unseen = () if columnar else _unseen(seen)
    if not columnar:  # a table has the columns of its head and no others
        _complete(seen)
    return Layout({name: _ordered(BY_NAME[name], found) for name, found in seen.items()}, numeric, 2 * timed > rows, unseen)


def _unseen(seen: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The names at the top level of a record under which a watched column could still come up."""
    tops = {path.partition(".")[0] for paths in seen.values() for path in paths}
    names = (path.partition(".")[0] for name in _WATCHED if name not in seen for path in names_of(BY_NAME[name]))
    return tuple(dict.fromkeys(name for name in names if name not in tops and name not in ALWAYS))


def _complete(seen: dict[str, dict[str, None]]) -> None:
    """Add what is read anyway: the token columns, and all token counts inside an object that is read."""
    nested = {path.partition(".")[0] for paths in seen.values() for path in paths if "." in path}
    for name in ALWAYS:
        seen.setdefault(name, {}).setdefault(name)
    for column in COLUMNS:
        if column.kind == "tokens":
            for path in column.aliases:
                if "." in path and path.partition(".")[0] in nested:
                    seen.setdefault(column.name, {}).setdefault(path)


def _paths(record: Mapping[str, Any], prefix: str = "", depth: int = 2) -> Iterable[tuple[str, Any]]:
    for name, value in record.items():
        path = prefix + name
        yield path, value
        if depth and isinstance(value, Mapping):
            yield from _paths(value, path + ".", depth - 1)


def _ordered(column: Column, found: Iterable[str]) -> tuple[str, ...]:
    known = [name for name in names_of(column) if name in found]
    return tuple(known + [name for name in found if name not in known])


def select_rows(
    sources: Sequence[Source], layout: Layout, wanted: Sequence[str], *, trusted: bool = False, text_of: int = 1
) -> str:
    """SQL that reads the sources (all of one kind) and gives the wanted canonical columns, `us`, `suspect` and `strange`.

    Wanted names are those of the schema, `id_hash` and `session_hash`; a column that the layout lacks comes out as its neutral
    value (NULL text, false, 0 tokens). `trusted` rows were judged already: none of them is suspect. Suspect rows are strange when
    they hold a column that matters and that no sample showed.
    `text_of` keeps prompts and messages of one row in so many only.
    """
    kind = sources[0].kind
    chosen = [name for name in dict.fromkeys(wanted) if name not in {"id_hash", "session_hash", *ALWAYS}]
    inner = [f"{_raw(name, layout, kind)} AS r_{name}" for name in (*ALWAYS, *chosen) if name in layout]
    if "ts" in layout:
        inner.append(f"{_raw_time(layout, kind)} AS us")
    for hashed, name in (("id_hash", "request_id"), ("session_hash", "session")):
        if hashed in wanted and name in layout:
            text = f"nullif({_text(name, layout, kind)}, '')"
            inner.append(f"CASE WHEN {text} IS NOT NULL THEN hash({text}) END AS {hashed}")
    outer = [f"{_thinned(name, _typed(name, layout), text_of)} AS {name}" for name in (*ALWAYS, *chosen)]
    outer.append("us" if "ts" in layout else "NULL::BIGINT AS us")
    outer += [hashed if name in layout else f"NULL::UBIGINT AS {hashed}" for hashed, name in _HASHED if hashed in wanted]
    unseen = () if trusted or kind != "jsonl" else layout.unseen
    suspect, strange = "false" if trusted else f"NOT coalesce({_clean(layout)}, false)", "false"
    if unseen:
        inner.append(f"coalesce({', '.join(identifier(name) for name in unseen)}) IS NOT NULL AS strange")
        suspect, strange = suspect + " OR strange", "strange"
    return (
        f"SELECT {', '.join(outer)}, {suspect} AS suspect, {strange} AS strange"
        f" FROM (SELECT {', '.join(inner)} FROM {_reader(sources, layout, wanted, unseen)})"
    )


def _thinned(name: str, value: str, text_of: int) -> str:
    if text_of == 1 or name not in {"prompt", "messages"}:
        return value
    return f"CASE WHEN hash({value}) % {text_of} = 0 THEN {value} END"


_HASHED = (("id_hash", "request_id"), ("session_hash", "session"))


def _reader(sources: Sequence[Source], layout: Layout, wanted: Sequence[str], unseen: Sequence[str]) -> str:
    files = "[" + ", ".join(literal(str(source.path)) for source in sources) + "]"
    kind = sources[0].kind
    if kind == "parquet":
        return f"read_parquet({files}, union_by_name=true)"
    if kind == "csv":
        return f"read_csv({files}, header=true, all_varchar=true, union_by_name=true, sample_size=100)"
    compression = {"none": "none", "gzip": "gzip", "zstd": "zstd"}[sources[0].compression]
    types = dict.fromkeys(unseen, "VARCHAR")
    needed = {*wanted, *ALWAYS, *(name for hashed, name in _HASHED if hashed in wanted), "ts"}
    for name in needed & set(layout.names):
        for path in layout.names[name]:
            types[path.partition(".")[0]] = _json_type(BY_NAME[name], path)
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in sorted(types.items()))
    return (
        f"read_json({files}, format='newline_delimited', ignore_errors=true, compression='{compression}',"
        f" maximum_object_size={MAX_LINE_BYTES // 2}, columns={{{columns}}})"
    )


def _json_type(column: Column, path: str) -> str:
    """Token counts are read as JSON, because a number written as text must not pass for a number."""
    if "." in path or column.kind in {"tokens", "count"}:
        return "JSON"
    return "DOUBLE" if column.kind in {"ms", "usd", "joules"} else "VARCHAR"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(text: str) -> str:
    """A text as an SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def _field(path: str, kind: str, layout: Layout) -> str:
    """The value at a path; below the top level it is taken out of a JSON object or a struct."""
    top, _, rest = path.partition(".")
    if not rest:
        return identifier(top)
    if kind == "jsonl":
        return f"json_extract({identifier(top)}, {literal('$.' + rest)})"
    inside = layout.types.get(top, "").startswith("STRUCT(")
    return ".".join(identifier(part) for part in path.split(".")) if inside else identifier(path)


def _raw(name: str, layout: Layout, kind: str) -> str:
    """The value as read: text for token counts, so that its form can be checked; the first name that is filled wins."""
    column = BY_NAME[name]
    if column.kind in {"tokens", "count"} and layout.typed(name, _whole):
        return _first(_field(path, kind, layout) for path in layout.names[name])
    if column.kind == "flag" and layout.typed(name, _boolean):
        return _first(_field(path, kind, layout) for path in layout.names[name])
    parts = []
    for path in layout.names[name]:
        value = _field(path, kind, layout)
        if column.kind in {"tokens", "count"}:
            parts.append(f"nullif({value}::VARCHAR, 'null')" if "." in path else f"{value}::VARCHAR")
        elif column.kind in {"ms", "usd", "joules"}:
            number = f"try_cast({value}::VARCHAR AS DOUBLE)" if "." in path else f"try_cast({value} AS DOUBLE)"
            parts.append(f"{number} * {SCALED[path][1]}" if path in SCALED else number)
        else:
            parts.append(f"{value}::VARCHAR" if "." not in path else f"trim({value}::VARCHAR, '\"')")
    if kind == "csv":
        parts = [f"nullif({part}, '')" if column.kind in {"tokens", "count", "text"} else part for part in parts]
    return _first(parts)


def _first(values: Iterable[str]) -> str:
    """The first of several values that is filled."""
    parts = list(values)
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


def _text(name: str, layout: Layout, kind: str) -> str:
    return _first(f"{_field(path, kind, layout)}::VARCHAR" for path in layout.names[name])


def _raw_time(layout: Layout, kind: str) -> str:
    """Microseconds since 1970; with numbers in the sample an epoch is understood too, its unit by its size."""
    if layout.typed("ts", _moment):
        return _first(f"epoch_us({_field(path, kind, layout)})" for path in layout.names["ts"])
    text = _text("ts", layout, kind)
    moment = f"epoch_us(try_cast({text} AS TIMESTAMPTZ))"
    if not layout.numeric_time and kind == "jsonl":
        return moment
    number = f"try_cast({text} AS DOUBLE)"
    epoch = (
        f"CASE WHEN {number} < 1e11 THEN round({number} * 1e6) WHEN {number} < 1e14 THEN round({number} * 1e3)"
        f" WHEN {number} < 1e17 THEN {number} ELSE {number} / 1e3 END"
    )
    return f"coalesce({moment}, try_cast({epoch} AS BIGINT))"


def _typed(name: str, layout: Layout) -> str:
    column, there = BY_NAME[name], name in layout
    if column.kind in {"tokens", "count"}:
        if not there:
            return "0::INTEGER"
        cast = f"try_cast(r_{name} AS INTEGER)"
        return cast if name in REQUIRED else f"CASE WHEN r_{name} IS NULL THEN 0 ELSE {cast} END"
    if column.kind == "flag":
        if not there:
            return "false"
        return f"coalesce(r_{name}, false)" if layout.typed(name, _boolean) else _flag(f"r_{name}")
    if column.kind in {"ms", "usd", "joules"}:
        return f"CASE WHEN isfinite(r_{name}) AND r_{name} >= 0 THEN r_{name} END" if there else "NULL::DOUBLE"
    return f"r_{name}" if there else "NULL::VARCHAR"


def _flag(text: str) -> str:
    """Whether something is there. No `IN`: DuckDB makes a join of it, which is slower and loses the order of the rows."""
    tests = " OR ".join(f"lower(trim({text})) = {literal(word)}" for word in _FALSE)
    return f"CASE WHEN {text} IS NULL OR {text} = 'false' THEN false WHEN {text} = 'true' THEN true ELSE NOT ({tests}) END"


def _clean(layout: Layout) -> str:
    """The condition under which a row is surely good."""
    tests = ["true" if all(name in layout for name in REQUIRED) else "false"]
    tests += [f"{name} BETWEEN 0 AND {MAX_TOKENS}" for name in REQUIRED]
    written = [name for name in (*REQUIRED, *EXTRA) if name in layout and not layout.typed(name, _whole)]
    tests += [f"coalesce(NOT contains(r_{name}, '.'), true)" for name in written]
    tests += [f"r_{name} IS NULL" for name in written if layout.types and not layout.typed(name, _number)]
    tests += ["cached_input_tokens >= 0", "cache_write_tokens >= 0", "cached_input_tokens + cache_write_tokens <= input_tokens"]
    if "ts" in layout:
        tests.append(f"us BETWEEN 0 AND {LAST_MICROSECOND - 1}")
    return " AND ".join(tests)
