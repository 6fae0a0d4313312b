"""The fast path: SQL that turns clean rows of a file into typed canonical columns, and marks every row that it cannot vouch for.

A row is `suspect` unless all it says about tokens and time is of the right type and in range; `rows.py` decides about suspects.
Nothing is parsed twice: the same SELECT feeds the cube (grouped while it is read) and the table of rows.
"""

from collections.abc import Iterable, Sequence

from jc.traffic.layout import ALWAYS, Layout, is_type
from jc.traffic.lines import delimiter
from jc.traffic.rows import LAST_MICROSECOND
from jc.traffic.schema import BY_NAME, EXTRA, MAX_LINE_BYTES, MAX_TOKENS, MOST, REQUIRED, SCALED, Column
from jc.traffic.sources import Source

_FALSE = ("", "0", "false", "no", "none", "null", "[]", "{}")


def select_rows(
    sources: Sequence[Source],
    layout: Layout,
    wanted: Sequence[str],
    *,
    held: Sequence[str] | None = None,
    trusted: bool = False,
    text_of: int = 1,
) -> str:
    """SQL that reads the sources (all of one kind) and gives the wanted canonical columns, `us`, `suspect` and `strange`.

    Wanted names are those of the schema, `id_hash` and `session_hash`; a column that the layout lacks comes out as its neutral
    value (NULL text, false, 0 tokens). `held` are those of them that are to come out (None: all). `trusted` rows were judged
    already: none of them is suspect. Suspect rows are strange when they hold a wanted column that no sample showed.
    `text_of` keeps prompts and messages of one row in so many only.
    """
    asked = {*wanted, *ALWAYS, "request_id"}  # a column that nobody asks for cannot change the answer
    wanted = wanted if held is None else held
    kind = sources[0].kind
    chosen = [name for name in dict.fromkeys(wanted) if name not in {"id_hash", "session_hash", *ALWAYS}]
    inner = [f"{_raw(name, layout, kind)} AS r_{name}" for name in (*ALWAYS, *chosen) if name in layout]
    if "ts" in layout:
        inner.append(f"{_raw_time(layout, kind)} AS us")
    for hashed, name in HASHED.items():
        if hashed in wanted and name in layout:
            text = _text(name, layout, kind)
            inner.append(f"CASE WHEN {text} <> '' THEN hash({text}) END AS {hashed}")
    outer = [f"{_thinned(name, _typed(name, layout), text_of)} AS {name}" for name in (*ALWAYS, *chosen)]
    outer.append("us" if "ts" in layout else "NULL::BIGINT AS us")
    outer += [
        hashed if name in layout else f"{neutral(hashed)} AS {hashed}" for hashed, name in HASHED.items() if hashed in wanted
    ]
    unseen = [] if trusted or kind != "jsonl" else [name for name, columns in layout.unseen.items() if columns & asked]
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


HASHED = {"id_hash": "request_id", "session_hash": "session"}
"""Columns that are hashes of others."""


def neutral(name: str) -> str:
    """What a column holds where a log has none: NULL, false, 0 tokens; with its type."""
    if name in HASHED:
        return "NULL::UBIGINT"
    kinds = {"tokens": "0::INTEGER", "count": "0::INTEGER", "flag": "false::BOOLEAN"}
    numbers = dict.fromkeys(("ms", "usd", "joules"), "NULL::DOUBLE")
    return {**kinds, **numbers}.get(BY_NAME[name].kind, "NULL::VARCHAR")


def _reader(sources: Sequence[Source], layout: Layout, wanted: Sequence[str], unseen: Sequence[str]) -> str:
    files = "[" + ", ".join(literal(str(source.path)) for source in sources) + "]"
    kind = sources[0].kind
    if kind == "parquet":
        return f"read_parquet({files}, union_by_name=true)"
    if kind == "csv":
        between = literal(delimiter(sources[0].path))
        return f"read_csv({files}, header=true, all_varchar=true, union_by_name=true, sample_size=100, delim={between})"
    compression = {"none": "none", "gzip": "gzip", "zstd": "zstd"}[sources[0].compression]
    types = dict.fromkeys(unseen, "VARCHAR")
    needed = {*wanted, *ALWAYS, *(name for hashed, name in HASHED.items() if hashed in wanted), "ts"}
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
    inside = is_type(layout.types.get(top, ""), "struct")
    return ".".join(identifier(part) for part in path.split(".")) if inside else identifier(path)


def _raw(name: str, layout: Layout, kind: str) -> str:
    """The value as read: text for token counts, so that its form can be checked; the first name that is filled wins."""
    column = BY_NAME[name]
    if column.kind in {"tokens", "count"} and layout.typed(name, "whole"):
        return _first(_field(path, kind, layout) for path in layout.names[name])
    if column.kind == "flag" and layout.typed(name, "boolean"):
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
    if layout.typed("ts", "moment"):
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
    if name not in layout:
        return neutral(name)
    column = BY_NAME[name]
    if column.kind in {"tokens", "count"}:
        cast = f"try_cast(r_{name} AS INTEGER)"
        return cast if name in REQUIRED else f"CASE WHEN r_{name} IS NULL THEN 0 ELSE {cast} END"
    if column.kind == "flag":
        return f"coalesce(r_{name}, false)" if layout.typed(name, "boolean") else _flag(f"r_{name}")
    if column.kind in {"ms", "usd", "joules"}:
        return f"CASE WHEN r_{name} BETWEEN 0 AND {MOST[column.kind]:g} THEN r_{name} END"
    return f"r_{name}"


def _flag(text: str) -> str:
    """Whether something is there. No `IN`: DuckDB makes a join of it, which is slower and loses the order of the rows."""
    tests = " OR ".join(f"lower(trim({text})) = {literal(word)}" for word in _FALSE)
    return f"CASE WHEN {text} IS NULL OR {text} = 'false' THEN false WHEN {text} = 'true' THEN true ELSE NOT ({tests}) END"


def _clean(layout: Layout) -> str:
    """The condition under which a row is surely good."""
    tests = ["true" if all(name in layout for name in REQUIRED) else "false"]
    tests += [f"{name} BETWEEN 0 AND {MAX_TOKENS}" for name in REQUIRED]
    written = [name for name in (*REQUIRED, *EXTRA) if name in layout and not layout.typed(name, "whole")]
    # A fraction has a point, or is so small that it is written with an exponent and rounds to nothing.
    tests += [f"coalesce(NOT contains(r_{name}, '.') AND ({name} > 0 OR r_{name} = '0'), true)" for name in written]
    tests += [f"r_{name} IS NULL" for name in written if layout.types and not layout.typed(name, "number")]
    tests += ["cached_input_tokens >= 0", "cache_write_tokens >= 0", "cached_input_tokens + cache_write_tokens <= input_tokens"]
    if "ts" in layout:
        tests.append(f"us BETWEEN 0 AND {LAST_MICROSECOND - 1}")
    return " AND ".join(tests)
