"""Laws of reading: the fast and the careful reader agree on any file."""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jc.errors import InputError
from jc.traffic.careful import records
from jc.traffic.read import ReadOptions, open_log
from jc.traffic.rows import BadRow, Reason, Row, canonical
from jc.traffic.sources import Source

JUNK = st.one_of(
    st.binary(max_size=40),
    st.text(alphabet=" \t\r\x0b\x0c\x1c{}", max_size=4).map(str.encode),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
        max_leaves=5,
    ).map(lambda value: json.dumps(value).encode()),
)
VALUE = st.one_of(
    st.integers(-3, 300),
    st.sampled_from([None, "7", "x", True, 1.5, 2.0, 1e-7, 1e3, 1e18, 10**30, [1], {"a": 1}, "", -0.0]),
)
ROW = st.fixed_dictionaries(
    {"input_tokens": VALUE, "output_tokens": VALUE},
    optional={
        "cached_input_tokens": VALUE,
        "ts": st.sampled_from(["2026-10-01T00:00:00Z", "2026-10-01T02:00:00+02:00", 1790812800, 1790812800.25, "x", None]),
        "request_id": st.sampled_from(["a", "b", "c", "", None, 1]),
        "tools": st.sampled_from([True, False, 0, 3, [], [{"x": 1}], "false", None]),
        "model": st.sampled_from(["m", "n", None]),
    },
)
SLIPS = st.sampled_from(
    [b",", b',"x":NaN', b',"cost_usd":-Infinity', b',"x":[1,],', b" // c", b',"x":1e400', b',"y":"\\ud800"', b',"y":01']
)
SLIPPED = st.builds(lambda row, slip: json.dumps(row).encode()[:-1] + slip + b"}", ROW, SLIPS)
LINES = st.lists(st.one_of(ROW.map(lambda row: json.dumps(row).encode()), SLIPPED, JUNK), min_size=1, max_size=12)


def carefully(source: Source, timed: bool) -> tuple[Counter[Reason], list[Row]]:
    """What the careful reader alone says of a file, record by record: why some do not count, and the rows of the others."""
    reasons: Counter[Reason] = Counter()
    rows: dict[object, Row] = {}
    for item in records(source):
        try:
            row = canonical(item.record, timed=timed) if item.reason is None else None
        except BadRow as bad:
            reasons[bad.reason] += 1
            continue
        known = None if row is None else row.get("request_id") or object()
        if row is None or known in rows:
            reasons[item.reason or Reason.DUPLICATE_ID] += 1
            continue
        rows[known] = row
    return reasons, list(rows.values())


def agrees(path: Path) -> None:
    """Hold a log to the careful reader: rows, sums of tokens, tools and times, and every reason."""
    with open_log(str(path), ReadOptions()) as log:
        part = log._plan.parts[0]
        reasons, rows = carefully(part.given, part.layout.timed)
        if not rows:
            with pytest.raises(InputError):
                log.table(["tools"])
            return
        answer = log.group(
            ["tools"],
            lambda relation: (
                "SELECT count(*)::BIGINT AS n, sum(input_tokens)::BIGINT AS i, sum(output_tokens)::BIGINT AS o,"
                " sum(cached_input_tokens)::BIGINT AS c, sum(tools::INTEGER)::BIGINT AS t, coalesce(sum(us), 0)::BIGINT AS u"
                f"/*checks*/ FROM {relation}"
            ),
        )
        names = ("input_tokens", "output_tokens", "cached_input_tokens", "tools", "ts")
        expected = [len(rows), *(sum(int(row.get(name, 0)) for row in rows) for name in names)]

        assert ([int(answer[name][0]) for name in "nioctu"], log.counts.by_reason) == (expected, reasons)
        assert log.counts.total == len(rows) + log.counts.rejected


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raws=LINES, timed=st.booleans())
def test_any_file_gives_what_the_careful_reader_gives(tmp_path: Path, raws: list[bytes], timed: bool) -> None:
    """For any lines, among them junk: rows, sums and every reason are those of reading line by line; nothing is lost."""
    path = tmp_path / "a.jsonl"
    first = {"input_tokens": 5, "output_tokens": 1, "model": "m", **({"ts": "2026-10-01T00:00:00Z"} if timed else {})}
    path.write_bytes(json.dumps(first).encode() + b"\n" + b"\n".join(raw.replace(b"\n", b"") for raw in raws) + b"\n")

    agrees(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), name=st.sampled_from(["a.jsonl", "a.csv", "a.parquet", "a.json", "a"]))
def test_no_bytes_crash_the_reader(tmp_path: Path, data: bytes, name: str) -> None:
    """Any file is a log or an error of the user's, never a crash."""
    path = tmp_path / name
    path.write_bytes(data)
    with suppress(InputError), open_log(str(path), ReadOptions()) as log:
        log.table(["model"])

        assert log.counts.total == log.counts.used + log.counts.rejected > 0


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_file_cut_anywhere_keeps_its_whole_rows(tmp_path: Path, cut: int) -> None:
    """A last line that was torn is one truncated row, the others count."""
    rows = [json.dumps({"input_tokens": n, "output_tokens": 1}).encode() for n in range(50)]
    data = b"\n".join(rows)
    path = tmp_path / "a.jsonl"
    path.write_bytes(data[:-cut])
    whole = data[:-cut].count(b"\n")

    with open_log(str(path), ReadOptions()) as log:
        log.table([])
        torn = data[:-cut].rsplit(b"\n", 1)[-1]
        assert log.counts.used == whole + (torn in rows)


COLUMN_TYPES = {
    "input_tokens": ("BIGINT", "INTEGER", "UBIGINT", "SMALLINT", "DOUBLE", "DECIMAL(9,2)", "VARCHAR", "HUGEINT"),
    "output_tokens": ("BIGINT", "UTINYINT", "DOUBLE", "VARCHAR"),
    "cached_input_tokens": ("BIGINT", "FLOAT"),
    "tools": ("BOOLEAN", "INTEGER", "VARCHAR"),
    "ts": ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BIGINT", "DOUBLE", "VARCHAR", "TIMESTAMP_S", "TIMESTAMP_MS", "DATE"),
    "request_id": ("VARCHAR", "INTEGER"),
}
CELLS = {
    "ts": st.sampled_from(["2026-10-01 00:00:00", "2026-10-02 00:00:00", "1790812800", "1960-01-01 00:00:00", None]),
    "request_id": st.sampled_from(["1", "2", "3", "4", None]),
    "tools": st.sampled_from(["true", "false", "0", "1", None]),
}
COUNT = st.sampled_from(["0", "1", "7", "300", "-1", "1.5", "100000001", None])


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, str], list[dict[str, str | None]]]:
    """The types of some columns of a typed file, and rows whose cells are cast to them."""
    optional = draw(st.sets(st.sampled_from(["cached_input_tokens", "tools", "ts", "request_id"])))
    names = ["input_tokens", "output_tokens", *sorted(optional)]
    types = {name: draw(st.sampled_from(COLUMN_TYPES[name])) for name in names}
    rows = st.fixed_dictionaries({name: CELLS.get(name, COUNT) for name in names})
    return types, draw(st.lists(rows, min_size=1, max_size=8))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_a_typed_file_gives_what_its_records_give(
    tmp_path: Path, table: tuple[dict[str, str], list[dict[str, str | None]]]
) -> None:
    """Parquet columns of any type are read as their records are, one by one: the same rows, sums, times and reasons."""
    path = tmp_path / "a.parquet"
    _write(path, *table)

    agrees(path)


def _write(path: Path, types: dict[str, str], rows: list[dict[str, str | None]]) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE t ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
        for row in rows:
            cells = ", ".join(f"TRY_CAST(? AS {types[name]})" for name in row)
            connection.execute(f"INSERT INTO t ({', '.join(row)}) SELECT {cells}", list(row.values()))
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
