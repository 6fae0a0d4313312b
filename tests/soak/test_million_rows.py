"""A log in which one row in a hundred is bad: counted exactly by reason, and the estimate is that of the clean rows."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.soak.forks import Forks, environment
from tests.soak.scale import FULL, scaled

ROWS = scaled(30_000, 1_000_000)
START = datetime(2026, 10, 5, tzinfo=UTC)
MODELS = ("openai/gpt-4o", "openai/gpt-4o-mini", "google/gemini-2.5-pro")


def clean(number: int, dice: Random) -> dict[str, Any]:
    """A sound row."""
    return {
        "ts": (START + timedelta(seconds=number)).isoformat(), "request_id": f"r{number}", "model": MODELS[number % 3],
        "route_class": ("simple", "general", "code")[number % 3], "input_tokens": dice.randint(10, 4000),
        "output_tokens": dice.randint(1, 900),
    }  # fmt: skip


def spoilt(number: int, row: dict[str, Any]) -> tuple[str, bytes]:
    """A bad row and the reason under which it must be counted."""
    kinds: list[tuple[str, bytes]] = [
        ("truncated_json", json.dumps(row).encode()[:50]),
        ("wrong_type", json.dumps({**row, "input_tokens": "many"}).encode()),
        ("wrong_type", json.dumps({**row, "input_tokens": float("nan")}).encode()),
        ("wrong_type", json.dumps({**row, "output_tokens": float("inf")}).encode()),
        ("negative_tokens", json.dumps({**row, "output_tokens": -5}).encode()),
        ("absurd_tokens", json.dumps({**row, "input_tokens": 10**18}).encode()),
        ("no_timestamp", json.dumps({**row, "ts": None}).encode()),
        ("nul_byte", json.dumps(row).encode().replace(b"openai", b"open\0ai").replace(b"google", b"goo\0gle")),
        ("bad_utf8", json.dumps(row).encode().replace(b"openai", b"open\xff").replace(b"google", b"goo\xff")),
        ("duplicate_id", json.dumps({**row, "request_id": "r0"}).encode()),
    ]  # fmt: skip
    return kinds[number % len(kinds)]


def lines(expected: Counter[str] | None) -> Iterator[bytes]:
    """The log, with bad rows between the sound ones when they are to be counted."""
    dice = Random(3)
    for number in range(ROWS):
        row = clean(number, dice)
        yield json.dumps(row).encode()
        if expected is not None and number % 100 == 99:
            reason, raw = spoilt(number // 100, {**row, "request_id": f"bad{number}"})
            expected[reason] += 1
            yield raw


def estimates(value: Any) -> Any:
    """The figures without their intervals: those are drawn from blocks of the file, and bad rows move the blocks."""
    if isinstance(value, dict):
        return {name: estimates(inner) for name, inner in value.items() if "interval" not in name}
    return [estimates(inner) for inner in value] if isinstance(value, list) else value


def test_bad_rows_are_counted_by_reason_and_change_no_estimate(tmp_path: Path, forks: Forks) -> None:
    """Ten ways of being bad, one row in a hundred (nightly: of a million): exact counts, a file of rejects, equal figures."""
    expected: Counter[str] = Counter()
    (tmp_path / "dirty.jsonl").write_bytes(b"\n".join(lines(expected)) + b"\n")
    (tmp_path / "clean.jsonl").write_bytes(b"\n".join(lines(None)) + b"\n")
    small = environment(tmp_path)
    line = ["-r", "five-way", "--format", "json", "--by", "class", "--max-bad", "2%"]
    dirty = forks.run(tmp_path, ["simulate", "dirty.jsonl", *line, "--rejects", "rejects.jsonl"], small, timeout=300)
    sound = forks.run(tmp_path, ["simulate", "clean.jsonl", *line], small, timeout=300)
    assert (dirty.code, sound.code) == (0, 0), dirty.err + sound.err
    found, wanted = json.loads(dirty.out), json.loads(sound.out)
    if FULL:
        print(f"{ROWS:,} rows: {dirty.seconds:.1f} s and {dirty.peak_mib:.0f} MiB, {sound.seconds:.1f} s when clean")  # noqa: T201

    assert found["rows"]["by_reason"] == dict(expected)
    assert (found["rows"]["total"], found["rows"]["used"]) == (ROWS + expected.total(), ROWS)
    assert len((tmp_path / "rejects.jsonl").read_bytes().splitlines()) == expected.total()
    assert estimates(found["tables"]) == estimates(wanted["tables"])
    assert estimates(found["by"]) == estimates(wanted["by"])
    assert dirty.peak_mib < 1500
