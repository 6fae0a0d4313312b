"""Logs of other tools, each with a fixture in its real shape."""

from pathlib import Path
from typing import Any

import pytest

from jc.traffic.read import Log, ReadOptions, open_log

FIXTURES = Path(__file__).parent / "fixtures"
START = 1_790_812_800_000_000  # 2026-10-01
COLUMNS = [
    "model",
    "served_model",
    "session",
    "key",
    "org",
    "route_class",
    "tools",
    "vision",
    "stream",
    "latency_ms",
    "ttft_ms",
    "cost_usd",
]


def rows(log: Log) -> list[dict[str, Any]]:
    """All rows that count, in the order of the log."""
    log.table(COLUMNS)
    answer = log.ask("SELECT * EXCLUDE (suspect) FROM log_rows WHERE NOT suspect ORDER BY rowid")
    return [
        dict(zip(answer, values, strict=True)) for values in zip(*(column.tolist() for column in answer.values()), strict=True)
    ]


@pytest.mark.parametrize(
    ("file", "name", "used", "skipped"),
    [
        ("litellm.jsonl", "litellm", 2, 0),
        ("helicone.jsonl", "helicone", 2, 0),
        ("langfuse.json", "langfuse", 2, 1),
        ("openrouter.jsonl", "openrouter", 2, 0),
        ("otel.jsonl", "otel-genai", 2, 1),
        ("otlp.jsonl", "otel-genai", 2, 0),
        ("azure.csv", "azure", 39, 0),
        ("burstgpt.csv", "burstgpt", 4, 0),
        ("mooncake.jsonl", "mooncake", 25, 0),
        ("sharegpt.jsonl", "sharegpt", 25, 0),
        ("vllm_rtx4090_llama-3.1-8b.jsonl", "vllm", 300, 0),
        ("vidur.csv", "vidur", 3, 0),
        ("agent.jsonl", "agent", 60, 0),
    ],
)
def test_each_format_is_recognised_and_every_row_is_accounted_for(file: str, name: str, used: int, skipped: int) -> None:
    """The format is found by itself, all rows are used, and what is no model call is counted apart."""
    with open_log(str(FIXTURES / file), ReadOptions(start_us=START)) as log:
        log.table([])

        assert (log.format, log.counts.used, log.counts.rejected, log.counts.skipped) == (name, used, 0, skipped)
        assert log.notes[0].startswith(str(FIXTURES / file))


def test_litellm_gives_who_what_and_how_fast() -> None:
    """A spend log has key, team, both model names, cached tokens, times and the money that was charged."""
    with open_log(str(FIXTURES / "litellm.jsonl"), ReadOptions()) as log:
        first = rows(log)[0]

    assert first["input_tokens"], first["cached_input_tokens"] == (1200, 1024)
    assert (first["model"], first["served_model"], first["key"], first["org"]) == (
        "openai/gpt-4o",
        "gpt-4o",
        "support-bot",
        "team-7",
    )
    assert (first["latency_ms"], first["ttft_ms"], first["cost_usd"]) == (2500.0, 500.0, 0.00456)


def test_helicone_adds_cached_tokens_for_anthropic_only() -> None:
    """Anthropic's input tokens exclude the cached ones, OpenAI's include them; both come out including them."""
    with open_log(str(FIXTURES / "helicone.jsonl"), ReadOptions()) as log:
        claude, mini = rows(log)

    assert (claude["input_tokens"], claude["cached_input_tokens"], claude["cache_write_tokens"]) == (4500, 4000, 300)
    assert (mini["input_tokens"], mini["cached_input_tokens"]) == (1000, 512)


def test_langfuse_adds_up_its_usage_types() -> None:
    """`input` and `input_cached_tokens` are disjoint there, and so are `output` and its reasoning tokens."""
    with open_log(str(FIXTURES / "langfuse.json"), ReadOptions()) as log:
        first, second = rows(log)

    assert (first["input_tokens"], first["cached_input_tokens"], first["output_tokens"]) == (1000, 700, 100)
    assert (first["latency_ms"], first["ttft_ms"], first["session"]) == (4200.0, 1100.0, "s-4")
    assert (second["input_tokens"], second["output_tokens"], second["session"]) == (20, 5, "tr-2")


def test_openrouter_takes_the_native_counts() -> None:
    """Native tokens are what is billed; media in the prompt mean vision."""
    with open_log(str(FIXTURES / "openrouter.jsonl"), ReadOptions()) as log:
        first, second = rows(log)

    assert (first["input_tokens"], first["output_tokens"], first["cached_input_tokens"], first["vision"]) == (12, 27, 3, True)
    assert second["vision"] is False


def test_otel_spans_come_one_a_line_or_as_a_batch() -> None:
    """Flat attributes and OTLP/JSON with its integers as text give the same kind of rows; tool spans are no model calls."""
    with open_log(str(FIXTURES / "otel.jsonl"), ReadOptions()) as log:
        flat = rows(log)
    with open_log(str(FIXTURES / "otlp.jsonl"), ReadOptions()) as log:
        batch = rows(log)

    assert [(row["input_tokens"], row["output_tokens"], row["latency_ms"]) for row in flat] == [
        (900, 80, 2500.0),
        (1400, 60, 1000.0),
    ]
    assert [(row["input_tokens"], row["output_tokens"], row["latency_ms"]) for row in batch] == [
        (700, 70, 2000.0),
        (800, 80, 1000.0),
    ]
    assert flat[0]["served_model"] == "gpt-4o-2024-08-06"


def test_vllm_times_count_from_the_queue() -> None:
    """Latency and time to first token are differences of the server's own clock."""
    with open_log(str(FIXTURES / "vllm_rtx4090_llama-3.1-8b.jsonl"), ReadOptions()) as log:
        first = rows(log)[0]

    assert first["latency_ms"] == pytest.approx((27554.231018618 - 27536.660701067) * 1000)
    assert first["ttft_ms"] == pytest.approx((27537.350135653 - 27536.660701067) * 1000)


def test_relative_times_begin_where_they_are_told_to() -> None:
    """Mooncake counts milliseconds from its own start."""
    with open_log(str(FIXTURES / "mooncake.jsonl"), ReadOptions(start_us=START)) as log:
        assert log.relative_time
        assert [row["us"] for row in rows(log)[:4]] == [START, START, START + 40_000, START + 277_000]


def test_agent_sessions_count_a_prefix_as_cached_while_the_cache_lives() -> None:
    """64 tokens a block, within five minutes of the last hit; a sub-agent is a session of its own under the same key."""
    with open_log(str(FIXTURES / "agent.jsonl"), ReadOptions()) as log:
        first, second = rows(log)[:2]

    assert (first["cached_input_tokens"], second["cached_input_tokens"]) == (0, 1112 * 64)
    assert second["session"] == "trace_0001"


def test_a_folder_of_mixed_formats_is_one_log(tmp_path: Path) -> None:
    """Each file is read as what it is, files without requests are passed over by name, and the rows add up."""
    for file in ("azure.csv", "litellm.jsonl", "langfuse.json"):
        (tmp_path / file).write_bytes((FIXTURES / file).read_bytes())
    (tmp_path / "other.jsonl").write_text('{"colour": "red"}\n')
    (tmp_path / "empty.jsonl").write_text("")

    with open_log(str(tmp_path), ReadOptions()) as log:
        log.table([])

        assert log.counts.total == log.counts.used == 43
        assert sum("passed over" in note for note in log.notes) == 2
