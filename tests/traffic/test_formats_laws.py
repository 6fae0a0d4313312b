"""Laws of other tools' formats: whatever stands in their fields, every record is a row, a named fault or no model call."""

import csv
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jc.errors import InputError
from jc.traffic.careful import Tally
from jc.traffic.convert import converted
from jc.traffic.formats.known import FORMATS
from jc.traffic.read import ReadOptions, open_log
from jc.traffic.sources import located

FIXTURES = Path(__file__).parent / "fixtures"
SHAPES = {
    "litellm": "litellm.jsonl", "helicone": "helicone.jsonl", "openrouter": "openrouter.jsonl", "otel-genai": "otlp.jsonl",
    "mooncake": "mooncake.jsonl", "vllm": "vllm_rtx4090_llama-3.1-8b.jsonl", "agent": "agent.jsonl", "sharegpt": "sharegpt.jsonl",
    "langfuse": "langfuse.json",
}  # fmt: skip
TABLES = {"azure": "azure.csv", "burstgpt": "burstgpt.csv", "vidur": "vidur.csv"}
CELL = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=6),
    st.sampled_from(["", "7", "-1", "1.5", "nan", "1e30", "2026-10-01 00:00:00", '"']),
)
JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(),
        st.text(max_size=6),
        st.sampled_from(["", "7", "2026"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=4,
)


def broken(record: Any, data: st.DataObject) -> Any:
    """A record of the real shape in which some values, at any depth, are something else or gone."""
    if isinstance(record, Mapping):
        out = {}
        for name, value in record.items():
            fate = data.draw(st.integers(0, 9))
            if fate != 0:
                out[name] = data.draw(JUNK) if fate == 1 else broken(value, data)
        return out
    if isinstance(record, list):
        return [broken(value, data) for value in record[:3]]
    return record


@pytest.mark.parametrize("name", sorted(SHAPES))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_broken_records_of_any_tool_are_counted(tmp_path: Path, name: str, data: st.DataObject) -> None:
    """Fields of the wrong kind, missing or nested otherwise: rows in = used + rejected, and converting counts alike."""
    text = (FIXTURES / SHAPES[name]).read_text()
    whole = name == "langfuse"  # an export is one array
    real = json.loads(text)[:2] if whole else [json.loads(line) for line in text.splitlines()[:2]]
    records = [broken(one, data) for one in real] + real
    path = tmp_path / f"log.{'json' if whole else 'jsonl'}"
    path.write_text(json.dumps(records) if whole else "".join(json.dumps(one) + "\n" for one in records))

    _all_counted(path, name, len(records))


@pytest.mark.parametrize("name", sorted(TABLES))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=4))
def test_broken_tables_of_any_tool_are_counted(tmp_path: Path, name: str, rows: list[list[str]]) -> None:
    """Cells of the wrong kind, missing or too many: no row of a CSV file is lost."""
    real = (FIXTURES / TABLES[name]).read_text().splitlines()[:3]
    path = tmp_path / "log.csv"
    with path.open("w", newline="") as out:
        out.write("\n".join(real) + "\n")
        csv.writer(out).writerows(rows)

    _all_counted(path, name, 2 + sum(any(row) for row in rows))


def _all_counted(path: Path, name: str, records: int) -> None:
    tally = Tally()
    with located(str(path)) as sources:
        rows = list(converted(sources, name, 0, tally))
    assert len(rows) + sum(tally.rejected.values()) + tally.skipped >= records
    with suppress(InputError), open_log(str(path), ReadOptions(format=name)) as log:
        log.table([])
        assert log.counts.total == log.counts.used + log.counts.rejected
        assert log.counts.used <= len(rows)


def test_every_format_is_tried() -> None:
    """As records or as a table; the canonical one has laws of its own."""
    assert {*SHAPES, *TABLES, "canonical"} == set(FORMATS)
