"""The journal of a real run, cut and spoilt anywhere: whole records stay, damage is found, only its record runs again."""

import os
from pathlib import Path
from random import Random

import pytest

from jc.evals.finish import derive
from jc.evals.journal import Journal
from tests.evals.conftest import Bench
from tests.evals.conftest import bench as bench  # noqa: PLC0414  a fixture
from tests.soak.scale import scaled

CUTS = range(1, 4097, scaled(9, 1))
FLIPS = scaled(150, 1000)
RUNS = scaled(3, 40)


def recorded(bench: Bench) -> bytes:
    """The journal of a finished run of 54 calls."""
    with bench.run() as finished:
        derive(finished)
    return (bench.folder / "run" / "journal.jsonl").read_bytes()


def test_cut_at_any_byte_of_its_last_4_kib_whole_records_stay(bench: Bench) -> None:
    """As many records as there are whole lines, the rest is cut, and what is appended then is found (nightly: every byte)."""
    whole = recorded(bench)
    assert len(whole) > 4096
    path = bench.folder / "cut.jsonl"
    for cut in CUTS:
        path.write_bytes(whole[:-cut])
        with Journal(path) as journal:
            assert len(journal) == whole[:-cut].count(b"\n")
            assert journal.damaged == []
            journal.append("ab" * 32, {"reply": {}})
        with Journal(path) as journal:
            assert journal.has("ab" * 32)
            assert journal.torn == 0


def test_every_flipped_bit_is_found(bench: Bench) -> None:
    """One bit anywhere costs one record, or two when it makes or breaks a line end; no damaged record is ever served."""
    whole, dice = recorded(bench), Random(11)
    path = bench.folder / "flipped.jsonl"
    path.write_bytes(whole)
    with Journal(path) as journal:
        sound = {record["key"]: record for record in journal.records()}
    found = 0
    for _ in range(FLIPS):
        raw = bytearray(whole)
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
        path.write_bytes(raw)
        with Journal(path) as journal:
            found += bool(journal.damaged or journal.torn)
            assert len(sound) - 2 <= len(journal) < len(sound)
            assert all(record == sound[record["key"]] for record in journal.records())
    assert found == FLIPS


def test_only_the_damaged_record_runs_again(bench: Bench) -> None:
    """A run over a spoilt journal asks for one call (two when a line end went), says which line, and ends with equal rows."""
    whole, dice = recorded(bench), Random(5)
    path = bench.folder / "run" / "journal.jsonl"
    with bench.run() as finished:
        rows = [(row["prompt_id"], row["candidate"], row["output"], row["score"]) for row in bench.rows(finished)]
    for _ in range(RUNS):
        raw = bytearray(whole)
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
        path.write_bytes(raw)
        asked = len(bench.server.requests)
        with bench.run() as finished:
            assert [(row["prompt_id"], row["candidate"], row["output"], row["score"]) for row in bench.rows(finished)] == rows
            assert finished.damaged or len(bench.server.requests) - asked == 1
        assert 1 <= len(bench.server.requests) - asked <= 2


@pytest.mark.parametrize("line", [b'{"foreign": true}\n', b"\n", b"\0" * 100 + b"\n", b"\xff\xfe\n"])
def test_a_foreign_or_repeated_line_is_reported_and_costs_nothing(bench: Bench, line: bytes) -> None:
    """A line that no run wrote is counted as damaged; a line that stands twice counts once; nobody is asked again."""
    whole = recorded(bench)
    path = bench.folder / "run" / "journal.jsonl"
    path.write_bytes(whole + whole.splitlines(keepends=True)[0] + line)
    asked = len(bench.server.requests)
    with bench.run() as finished:
        assert finished.damaged == (whole.count(b"\n") + 2,)

    assert len(bench.server.requests) == asked


def test_the_journal_is_written_through(tmp_path: Path) -> None:
    """Each record is in the file the moment `append` returns: no buffer of ours stands between it and a kill."""
    with Journal(tmp_path / "journal.jsonl") as journal:
        sizes = [0]
        for number in range(5):
            journal.append(f"{number:064x}", {"reply": {"text": "x"}})
            sizes.append(os.stat(journal.path).st_size)  # noqa: PTH116

    assert sizes == sorted(set(sizes))
