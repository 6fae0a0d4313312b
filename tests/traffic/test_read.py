"""A log: every row used or counted with its reason, however it is written."""

import gzip
import json
import random
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from jc.errors import InputError
from jc.traffic.read import Log, ReadOptions, open_log
from jc.traffic.rows import Reason


def line(number: int, **change: Any) -> dict[str, Any]:
    """A clean row of a log."""
    return {
        "ts": f"2026-10-01T00:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "request_id": f"r-{number}",
        "model": "openai/gpt-4o" if number % 3 else "openai/gpt-4o-mini",
        "input_tokens": 100 + number,
        "cached_input_tokens": number % 50,
        "output_tokens": number % 400,
        "tools": number % 7 == 0,
        **change,
    }


def written(path: Path, rows: list[Any], pack: Any = None) -> Path:
    """Rows (or raw bytes) as JSON lines."""
    data = b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)
    path.write_bytes(pack(data) if pack else data)
    return path


def summed(log: Log) -> tuple[int, int, int]:
    """Rows, input and output tokens by way of `group`."""
    answer = log.group(
        ["model"],
        lambda rows: (
            "SELECT model, count(*)::BIGINT AS n, sum(input_tokens)::BIGINT AS i, sum(output_tokens)::BIGINT AS o"
            f"/*checks*/ FROM {rows} GROUP BY model"
        ),
    )
    return int(answer["n"].sum()), int(answer["i"].sum()), int(answer["o"].sum())


def truth(rows: list[dict[str, Any]]) -> tuple[int, int, int]:
    """The same sums in plain Python."""
    return len(rows), sum(row["input_tokens"] for row in rows), sum(row["output_tokens"] for row in rows)


CLEAN = [line(number) for number in range(500)]


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.jsonl", None), ("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", zstandard.compress), ("a.weird", None)],
)
def test_json_lines_are_read_plain_and_compressed(tmp_path: Path, name: str, pack: Any) -> None:
    """The content decides, not the name."""
    with open_log(str(written(tmp_path / name, CLEAN, pack)), ReadOptions()) as log:
        assert summed(log) == truth(CLEAN)
        assert (log.counts.total, log.counts.used, log.counts.rejected) == (500, 500, 0)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "csv.gz"])
def test_csv_and_parquet_are_read(tmp_path: Path, suffix: str) -> None:
    """The same rows in other clothes give the same sums."""
    source = written(tmp_path / "a.jsonl", CLEAN)
    target = tmp_path / f"b.{suffix}"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM read_json('{source}')) TO '{target}'")

    with open_log(str(target), ReadOptions()) as log:
        assert summed(log) == truth(CLEAN)


def test_a_json_array_is_read(tmp_path: Path) -> None:
    """Exports that are one array of objects are read element by element."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(CLEAN, indent=1))

    with open_log(str(path), ReadOptions()) as log:
        assert summed(log) == truth(CLEAN)


def test_standard_input_is_read(tmp_path: Path) -> None:
    """`-` takes a log from standard input, also a compressed one."""
    data = written(tmp_path / "a", CLEAN, gzip.compress).read_bytes()

    with open_log("-", ReadOptions(stdin=BytesIO(data))) as log:
        assert summed(log) == truth(CLEAN)


def test_a_glob_joins_files(tmp_path: Path) -> None:
    """A pattern names several files; they are one log."""
    written(tmp_path / "a.jsonl", CLEAN[:200])
    written(tmp_path / "b.jsonl", CLEAN[200:])

    with open_log(str(tmp_path / "*.jsonl"), ReadOptions()) as log:
        assert summed(log) == truth(CLEAN)


BAD: list[tuple[Reason, bytes]] = [
    (Reason.TRUNCATED_JSON, json.dumps(line(1)).encode()[:40]),
    (Reason.TRUNCATED_JSON, b'{"a":' * 20_000),
    (Reason.WRONG_TYPE, json.dumps(line(9001, input_tokens="many")).encode()),
    (Reason.WRONG_TYPE, json.dumps(line(9002, output_tokens="12")).encode()),
    (Reason.WRONG_TYPE, json.dumps(line(9003, output_tokens=1.5)).encode()),
    (Reason.WRONG_TYPE, json.dumps(line(9004, input_tokens=True)).encode()),
    (Reason.WRONG_TYPE, json.dumps(line(9005, input_tokens=float("nan"))).encode()),
    (Reason.WRONG_TYPE, b"[1, 2, 3]"),
    (Reason.WRONG_TYPE, b"7"),
    (Reason.MISSING_TOKENS, b'{"ts": "2026-10-01T00:00:00Z"}'),
    (Reason.NEGATIVE_TOKENS, json.dumps(line(9006, output_tokens=-3)).encode()),
    (Reason.ABSURD_TOKENS, json.dumps(line(9007, input_tokens=10**18)).encode()),
    (Reason.ABSURD_TOKENS, json.dumps(line(9008, input_tokens=10**40)).encode()),
    (Reason.CACHED_EXCEEDS_INPUT, json.dumps(line(9009, cached_input_tokens=10**6)).encode()),
    (Reason.NO_TIMESTAMP, json.dumps({**line(9010), "ts": None}).encode()),
    (Reason.NO_TIMESTAMP, json.dumps(line(9011, ts="noon")).encode()),
    (Reason.DUPLICATE_ID, json.dumps(line(17, input_tokens=999)).encode()),
    (Reason.NUL, json.dumps(line(9012)).encode().replace(b"gpt", b"g\0t")),
    (Reason.BAD_UTF8, json.dumps(line(9013)).encode().replace(b"gpt", b"g\xfft")),
]


def test_every_fault_is_counted_by_reason_and_written_with_its_line(tmp_path: Path) -> None:
    """Bad rows anywhere in the file, blank lines between them: counts, lines and the sums of the rest are exact."""
    rows: list[Any] = list(CLEAN)
    chance = random.Random(3)
    for reason, raw in BAD:
        at = chance.randrange(60, len(rows))
        rows.insert(at, raw)
        assert reason
    rows.insert(5, b"")
    rows.insert(100, b"   ")
    rejects = tmp_path / "rejects.jsonl"
    path = written(tmp_path / "a.jsonl", rows)

    with open_log(str(path), ReadOptions(rejects=rejects)) as log:
        assert summed(log) == truth(CLEAN)
        assert log.counts.by_reason == Counter(reason for reason, _ in BAD)
        assert log.counts.total == log.counts.used + log.counts.rejected == 500 + len(BAD)

    written_down = [json.loads(text) for text in rejects.read_text().splitlines()]
    expected = {number: raw for number, raw in enumerate(rows, 1) if isinstance(raw, bytes) and raw.strip()}
    assert sorted(item["line"] for item in written_down) == sorted(expected)
    assert {item["file"] for item in written_down} == {str(path)}


def test_a_suspect_row_that_is_good_after_all_is_used(tmp_path: Path) -> None:
    """A byte order mark, whole floats, other names, offsets and Windows line ends make a row suspect, not bad."""
    odd = [
        b"\xef\xbb\xbf" + json.dumps(line(0)).encode(),
        json.dumps(line(1, input_tokens=101.0)).encode() + b"\r",
        json.dumps({"ts": 1790812802, "prompt_tokens": 102, "completion_tokens": 2, "id": "r-2"}).encode(),
        json.dumps(line(3, ts="2026-10-01T02:00:03+02:00")).encode(),
    ]

    with open_log(str(written(tmp_path / "a.jsonl", [*odd, *CLEAN[4:]])), ReadOptions()) as log:
        assert summed(log) == truth(CLEAN)
        assert log.ask("SELECT min(us) AS first, max(us) AS last FROM log_rows WHERE NOT suspect")["first"].tolist() == [
            1_790_812_800_000_000
        ]


def test_duplicates_are_found_across_files_and_the_first_is_kept(tmp_path: Path) -> None:
    """The same request in two files counts once, with the tokens of its first appearance."""
    written(tmp_path / "a.jsonl", CLEAN)
    written(tmp_path / "b.jsonl", [line(3, input_tokens=77_777), line(600)])

    with open_log(str(tmp_path), ReadOptions()) as log:
        assert summed(log) == truth([*CLEAN, line(600)])
        assert log.counts.by_reason == {Reason.DUPLICATE_ID: 1}


def test_a_torn_gzip_gives_its_whole_lines_and_says_so(tmp_path: Path) -> None:
    """Every line before the tear counts; the file is named as truncated."""
    many = [line(number) for number in range(5000)]
    data = written(tmp_path / "a.jsonl", many, gzip.compress).read_bytes()
    torn = tmp_path / "torn.jsonl.gz"
    torn.write_bytes(data[: len(data) // 2])

    with open_log(str(torn), ReadOptions()) as log:
        rows, inputs, outputs = summed(log)

        assert 1000 < rows < 5000
        assert (rows, inputs, outputs) == truth(many[:rows])
        assert log.truncated == (str(torn),)


def test_an_oversize_line_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    """A line of 40 MB is not read; the rows around it are."""
    rejects = tmp_path / "rejects.jsonl"
    path = written(tmp_path / "a.jsonl", [*CLEAN[:250], b'{"x": "' + b"y" * 40_000_000 + b'"}', *CLEAN[250:]])

    with open_log(str(path), ReadOptions(rejects=rejects)) as log:
        assert summed(log) == truth(CLEAN)
        assert log.counts.by_reason == {Reason.OVERSIZE_LINE: 1}

    assert json.loads(rejects.read_text())["line"] == 251


def test_bad_csv_rows_are_counted(tmp_path: Path) -> None:
    """Missing cells, text for numbers and bad UTF-8 in a CSV are told apart; the rest is used."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"input_tokens,output_tokens,model\n1,2,a\nx,2,a\n3\n4,5,\xff\n-6,7,a\n8,9,a\n")

    with open_log(str(path), ReadOptions()) as log:
        assert summed(log) == (2, 9, 11)
        assert log.counts.by_reason == {Reason.WRONG_TYPE: 2, Reason.BAD_UTF8: 1, Reason.NEGATIVE_TOKENS: 1}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   \n"])
def test_an_empty_log_is_an_error(tmp_path: Path, content: bytes) -> None:
    """Nothing to count is said, not counted as zero."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)

    with pytest.raises(InputError, match="holds no requests"), open_log(str(path), ReadOptions()) as log:
        summed(log)


def test_a_file_that_is_no_log_is_named_with_its_keys(tmp_path: Path) -> None:
    """What the rows hold and what they need is said."""
    path = written(tmp_path / "a.jsonl", [{"colour": "red", "size": 3}])

    with pytest.raises(InputError, match="its rows hold `colour`, `size`"), open_log(str(path), ReadOptions()):
        pass


def test_a_log_whose_every_row_is_bad_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    """The reasons are in the message, because there is no result to put them beside."""
    path = written(tmp_path / "a.jsonl", [{"input_tokens": -1, "output_tokens": 2}] * 3)

    with pytest.raises(InputError, match="3 negative_tokens"), open_log(str(path), ReadOptions()) as log:
        summed(log)


def test_a_missing_file_is_an_error() -> None:
    """With what may be named instead."""
    with pytest.raises(InputError, match="no file"), open_log("nowhere/*.jsonl", ReadOptions()):
        pass


def test_out_of_order_rows_are_no_fault(tmp_path: Path) -> None:
    """Order is for those who need it."""
    with open_log(str(written(tmp_path / "a.jsonl", CLEAN[::-1])), ReadOptions()) as log:
        assert summed(log) == truth(CLEAN)
        assert log.counts.rejected == 0


def moded(log: Log) -> dict[str, int]:
    """Requests by billing mode, by way of `group`."""
    select = "SELECT coalesce(mode, '') AS mode, count(*)::BIGINT AS n/*checks*/"
    answer = log.group(["mode", "tools"], lambda rows: f"{select} FROM {rows} GROUP BY 1")
    found: Counter[str] = Counter()
    for mode, n in zip(answer["mode"].tolist(), answer["n"].tolist(), strict=True):
        found[mode] += n
    return dict(found)


@pytest.mark.parametrize("rare", [3, 9000])
def test_a_column_that_no_sample_showed_counts_where_it_comes_up(tmp_path: Path, rare: int) -> None:
    """A few batch requests late in a long log, or half of it, are batch requests, under any of the names for that."""
    rows = [line(number) for number in range(20_000)]
    for number in range(rare):
        rows[-1 - number * 2] |= {"service_tier": "batch"} if number % 2 else {"mode": "batch"}
    rejects = tmp_path / "bad.jsonl"

    with open_log(str(written(tmp_path / "a.jsonl", rows)), ReadOptions(rejects=rejects)) as log:
        assert moded(log) == {"": 20_000 - rare, "batch": rare}
        assert (log.counts.used, log.counts.rejected) == (20_000, 0)


def test_token_details_that_only_some_rows_have_count(tmp_path: Path) -> None:
    """`usage.prompt_tokens_details` in a late row is read although the sampled rows had a plain `usage`."""
    rows: list[Any] = [{"usage": {"prompt_tokens": 10, "completion_tokens": 1}} for _ in range(3000)]
    rows[2990] = {"usage": {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 7}}}

    with open_log(str(written(tmp_path / "a.jsonl", rows)), ReadOptions()) as log:
        log.table([])
        assert log.ask("SELECT sum(cached_input_tokens)::BIGINT AS n FROM log_rows WHERE NOT suspect")["n"].tolist() == [7]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_empty_beginning_of_a_table_hides_no_column(tmp_path: Path, suffix: str) -> None:
    """The first rows of a CSV or Parquet file have no mode, a later one has."""
    rows = [{**line(number), "mode": "batch" if number == 900 else None} for number in range(1000)]
    source, target = written(tmp_path / "a.jsonl", rows), tmp_path / f"b.{suffix}"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM read_json('{source}', sample_size=-1)) TO '{target}'")

    with open_log(str(target), ReadOptions()) as log:
        assert moded(log) == {"": 999, "batch": 1}


def test_rejects_are_written_also_when_nothing_is_left(tmp_path: Path) -> None:
    """All rows bad is an error, and the rows with their reasons are in the file that was asked for."""
    rejects = tmp_path / "bad.jsonl"
    path = written(tmp_path / "a.jsonl", [line(number, input_tokens="1") for number in range(3)])

    with pytest.raises(InputError, match="3 wrong_type"), open_log(str(path), ReadOptions(rejects=rejects)) as log:
        summed(log)

    assert [json.loads(text)["line"] for text in rejects.read_text().splitlines()] == [1, 2, 3]


def test_a_file_in_utf_16_is_named_as_such(tmp_path: Path) -> None:
    """With how to convert it."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(line(1)), encoding="utf-16")

    with pytest.raises(InputError, match="is UTF-16"), open_log(str(path), ReadOptions()):
        pass


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_is_read_by_the_fast_reader(tmp_path: Path, suffix: str) -> None:
    """A table without columns for cached or written tokens is not read line by line for that."""
    rows = [{name: value for name, value in row.items() if name != "cached_input_tokens"} for row in CLEAN]
    source, target = written(tmp_path / "a.jsonl", rows), tmp_path / f"b.{suffix}"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM read_json('{source}')) TO '{target}'")

    with open_log(str(target), ReadOptions()) as log:
        assert summed(log) == truth(CLEAN)
        assert log._settled is None


@pytest.mark.parametrize(
    ("head", "strange"),
    [("model,input_tokens,output_tokens,latency_s,prompt", None), ("Modell,input_tokens,output_tokens,team", "`Modell`, `team`")],
)
def test_columns_of_a_table_that_mean_nothing_are_named(tmp_path: Path, head: str, strange: str | None) -> None:
    """A misspelt heading is not passed over without a word."""
    path = tmp_path / "log.csv"
    path.write_text(f"{head}\n{','.join(['a', '10', '5', '1', 'b'][: head.count(',') + 1])}\n")

    with open_log(str(path), ReadOptions()) as log:
        said = [note for note in log.notes if "mean nothing" in note]
        assert [note.rpartition(": ")[2] for note in said] == ([strange] if strange else [])


def test_structs_in_parquet_are_read_as_objects(tmp_path: Path) -> None:
    """OpenAI's usage as a column of structs gives its tokens, without a rewritten copy of the file."""
    import duckdb

    path = tmp_path / "a.parquet"
    usage = "{'prompt_tokens': 100 + i, 'completion_tokens': 5, 'prompt_tokens_details': {'cached_tokens': 10}}"
    with duckdb.connect() as connection:
        rows = f"SELECT {usage} AS usage, 0.25::DECIMAL(9, 4) AS cost_usd FROM range(1000) t(i)"
        connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")

    with open_log(str(path), ReadOptions()) as log:
        answer = log.group(
            ["cost_usd"],
            lambda rows: (
                "SELECT sum(input_tokens)::BIGINT AS i, sum(cached_input_tokens)::BIGINT AS c, sum(output_tokens)::BIGINT AS o,"
                f" sum(cost_usd) AS usd/*checks*/ FROM {rows}"
            ),
        )
        assert [float(answer[name][0]) for name in ("i", "c", "o", "usd")] == [599_500, 10_000, 5_000, 250]
        assert log._settled is None


def test_a_column_that_one_late_row_holds_counts_beside_bad_rows(tmp_path: Path) -> None:
    """No sample shows that request 900 asks for explicit routing, and a bad first row leads by way of the table."""
    path = tmp_path / "a.jsonl"
    rows = [{"input_tokens": 5, "output_tokens": 1, "model": "m", "request_id": f"r{number}"} for number in range(1000)]
    rows[0] = {"input_tokens": -5, "output_tokens": 1}
    rows[900] |= {"routing": "explicit", "images": 2}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    with open_log(str(path), ReadOptions()) as log:
        answer = log.group(
            ["routing", "images", "region"],
            lambda rows: (
                f"SELECT count(routing)::BIGINT AS n, sum(images)::BIGINT AS i, count(region) AS r/*checks*/ FROM {rows}"
            ),
        )
        assert [int(answer[name][0]) for name in ("n", "i", "r")] == [1, 2, 0]
        assert (log.counts.used, log.counts.rejected) == (999, 1)


@pytest.mark.parametrize(("name", "between"), [("a.tsv", "\t"), ("a.csv", ";"), ("b.csv", ",")])
def test_a_table_may_be_separated_otherwise(tmp_path: Path, name: str, between: str) -> None:
    """Tabs and semicolons are seen in the head of a table; a bad row among the good ones is found all the same."""
    rows = [("model", "input_tokens", "output_tokens"), ("a, b", "5", "1"), ("m", "-5", "1"), ("m", "7", "2")]
    quoted = [[f'"{cell}"' if "," in cell else cell for cell in row] for row in rows]
    (tmp_path / name).write_text("".join(between.join(row) + "\n" for row in quoted))

    with open_log(str(tmp_path / name), ReadOptions()) as log:
        answer = log.group(["model"], lambda rows: f"SELECT sum(input_tokens)::BIGINT AS i/*checks*/ FROM {rows}")
        assert (answer["i"].tolist(), log.counts.used, log.counts.rejected) == ([12], 2, 1)


def test_a_fault_in_the_middle_of_a_gzip_ends_the_log_there(tmp_path: Path) -> None:
    """Bytes that were flipped in a compressed stream: the whole lines before them count, and the file is named as cut."""
    import gzip

    rows = b"".join(
        b'{"input_tokens":%d,"output_tokens":1,"request_id":"r%d"}\n' % (number % 97, number * 7919) for number in range(9000)
    )
    data = bytearray(gzip.compress(rows))
    for place in range(len(data) // 2, len(data) // 2 + 20):
        data[place] ^= 0x5A
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(bytes(data))

    with open_log(str(path), ReadOptions()) as log:
        log.table([])
        assert 0 < log.counts.used < 9000
        assert log.counts.total == log.counts.used + log.counts.rejected
        assert log.truncated == (str(path),)
