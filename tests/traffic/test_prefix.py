"""Prompt caches of logs that name the blocks of their prompts."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jc.traffic.prefix import Prefixes
from jc.traffic.read import ReadOptions, open_log

FIXTURES = Path(__file__).parent / "fixtures"


def row(second: float, blocks: Any, **more: Any) -> dict[str, Any]:
    """A row of four-token blocks."""
    return {"ts": int(second * 1e6), "input_tokens": 4 * len(blocks), "output_tokens": 1, "prefix_hash": blocks, **more}


def cached(rows: list[dict[str, Any]], ttl_s: int = 300) -> list[int]:
    """The cached tokens of rows in their order."""
    prefixes = Prefixes(ttl_s * 1_000_000)
    return [prefixes.warmed(one, 4).get("cached_input_tokens", -1) for one in rows]


def test_leading_blocks_that_were_sent_are_cached_while_the_cache_lives() -> None:
    """A hit renews; a block behind a new one does not count; another model has its own cache; after five minutes all is cold."""
    rows = [
        row(0, [1, 2, 3]),
        row(10, [1, 2, 9, 3]),
        row(20, [7, 1, 2]),
        row(30, [1, 2], model="other"),
        row(309, [1, 2]),
        row(700, [1, 2]),
    ]

    assert cached(rows) == [0, 8, 0, 0, 8, 0]


def test_what_the_log_says_itself_stays() -> None:
    """Rows with cached tokens, without blocks or with one hash of a whole prompt are left alone."""
    rows = [row(0, [1], cached_input_tokens=3), row(1, [1]), {"input_tokens": 4}, row(2, "abc")]

    assert cached(rows) == [3, 0, -1, -1]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_hits_are_those_of_looking_back_at_every_row(data: st.DataObject) -> None:
    """The obvious program: a block is warm when one of the last rows within the time to live sent it."""
    seconds = sorted(data.draw(st.lists(st.integers(0, 400), min_size=1, max_size=25)))
    rows = [row(second, data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))) for second in seconds]

    expected = []
    for number, one in enumerate(rows):
        hits = 0
        for at, block in enumerate(one["prefix_hash"]):
            earlier = any(block in other["prefix_hash"] and one["ts"] - other["ts"] <= 50e6 for other in rows[:number])
            if not earlier and block not in one["prefix_hash"][:at]:
                break
            hits += 1
        expected.append(4 * hits)
    assert cached(rows, ttl_s=50) == expected


def test_a_mooncake_trace_has_cached_tokens(tmp_path: Path) -> None:
    """What a later request shares with an earlier one, in blocks of 512 tokens, and never more than its prompt."""
    raw = [json.loads(line) for line in (FIXTURES / "mooncake.jsonl").read_text().splitlines()]
    again = {**raw[0], "timestamp": raw[-1]["timestamp"] + 1000}
    raw += [again, {**again, "input_length": 1600, "hash_ids": [*again["hash_ids"][:2], 10**6, again["hash_ids"][3]]}]
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in raw))

    with open_log(str(path), ReadOptions()) as log:
        log.table([])
        found = log.ask("SELECT cached_input_tokens AS c FROM log_rows ORDER BY rowid")["c"].tolist()
        assert "512 tokens" in log.notes[0]

    assert found[-2:] == [raw[0]["input_length"], 1024]
    assert not any(found[:5])


@pytest.mark.parametrize("told", [False, True])
def test_a_canonical_log_may_name_its_blocks(tmp_path: Path, told: bool) -> None:
    """A list in `prefix_hash` gives cached tokens, unless the log has them; the prompt is shared out over its blocks."""
    rows = [{"input_tokens": 1000, "output_tokens": 1, "prefix_hash": ["a", "b", str(number)]} for number in range(3)]
    if told:
        rows[0]["cached_input_tokens"] = 5
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))

    with open_log(str(path), ReadOptions()) as log:
        log.table([])
        found = log.ask("SELECT cached_input_tokens AS c FROM log_rows ORDER BY rowid")["c"].tolist()

    assert found == ([5, 0, 0] if told else [0, 666, 666])
