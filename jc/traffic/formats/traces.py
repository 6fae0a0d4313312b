"""Published traces and serving logs: Azure, BurstGPT, Mooncake, vLLM, ShareGPT lengths, Vidur, agent sessions."""

from collections.abc import Iterable
from typing import Any

from jc.traffic.formats.values import Format, Record, filled, first, has, scaled
from jc.traffic.prefix import CACHE_TTL_S

MOONCAKE_BLOCK_TOKENS = 512
AGENT_BLOCK_TOKENS = 64


def _azure(record: Record) -> Iterable[Record]:
    yield filled(
        {
            "ts": record.get("TIMESTAMP"),
            "input_tokens": record.get("ContextTokens"),
            "output_tokens": record.get("GeneratedTokens"),
        }
    )


def _burstgpt(record: Record) -> Iterable[Record]:
    yield filled(
        {
            "ts": record.get("Timestamp"),
            "session": record.get("Session ID"),
            "model": record.get("Model"),
            "input_tokens": record.get("Request tokens"),
            "output_tokens": record.get("Response tokens"),
            "latency_ms": scaled(record.get("Elapsed time"), 1000),
        }
    )


def _mooncake(record: Record) -> Iterable[Record]:
    yield filled(
        {
            "ts": record.get("timestamp"),
            "input_tokens": record.get("input_length"),
            "output_tokens": record.get("output_length"),
            "prefix_hash": record.get("hash_ids"),
        }
    )


def _vllm(record: Record) -> Iterable[Record]:
    """Times of a request's life on one clock; latency and time to first token count from its arrival in the queue."""
    queued = first(record, "queued_ts")
    yield filled(
        {
            "ts": record.get("arrival_time"),
            "request_id": record.get("request_id"),
            "model": record.get("model"),
            "input_tokens": first(record, "input_toks", "prompt_tokens"),
            "output_tokens": first(record, "output_toks", "completion_tokens"),
            "latency_ms": _passed_ms(queued, record.get("last_token_ts")),
            "ttft_ms": _passed_ms(queued, record.get("first_token_ts")),
        }
    )


def _passed_ms(start: Any, end: Any) -> float | None:
    if isinstance(start, (int, float)) and isinstance(end, (int, float)) and end >= start:
        return (end - start) * 1000
    return None


def _lengths(record: Record) -> Iterable[Record]:
    yield filled(
        {
            "ts": record.get("arrival_time_ns"),
            "input_tokens": record.get("input_toks"),
            "output_tokens": record.get("output_toks"),
        }
    )


def _vidur(record: Record) -> Iterable[Record]:
    yield filled(
        {
            "ts": record.get("arrived_at"),
            "session": record.get("session_id"),
            "input_tokens": record.get("num_prefill_tokens"),
            "output_tokens": record.get("num_decode_tokens"),
        }
    )


def _agent(record: Record) -> Iterable[Record]:
    """One step of an agent: the blocks of its prompt that an earlier step had sent count as cached while the cache lives."""
    hit, gap, prompt = record.get("prefix_hit_blocks"), record.get("prefix_gap_s"), record.get("prompt_tokens")
    cached = None
    if isinstance(hit, int) and isinstance(prompt, int):
        alive = isinstance(gap, (int, float)) and gap <= CACHE_TTL_S
        cached = min(hit * AGENT_BLOCK_TOKENS, prompt) if alive else 0
    sub = record.get("sub")
    yield filled(
        {
            "ts": record.get("t"),
            "session": f"{record.get('session')}/{sub}" if sub else record.get("session"),
            "key": record.get("session"),
            "model": record.get("model"),
            "route_class": "agent",
            "input_tokens": prompt,
            "cached_input_tokens": cached,
            "output_tokens": record.get("completion_tokens"),
            "tools": record.get("tools"),
            "stream": record.get("stream"),
            "latency_ms": scaled(record.get("latency_s"), 1000),
            "ttft_ms": scaled(record.get("ttft_s"), 1000),
        }
    )


TRACES: tuple[Format, ...] = (
    Format("azure", "Azure LLM inference trace", has("TIMESTAMP", "ContextTokens", "GeneratedTokens"), _azure),
    Format("burstgpt", "BurstGPT trace", has("Timestamp", "Request tokens", "Response tokens"), _burstgpt, relative_us=1e6),
    Format(
        "mooncake",
        "Mooncake trace",
        has("timestamp", "input_length", "output_length"),
        _mooncake,
        "cached tokens were reckoned from its blocks of 512 tokens, warm for 5 minutes",
        relative_us=1e3,
        block_tokens=MOONCAKE_BLOCK_TOKENS,
    ),
    Format("sharegpt", "lengths and arrivals", has("input_toks", "output_toks", "arrival_time_ns"), _lengths, relative_us=1e-3),
    Format("vllm", "vLLM request log", has("input_toks", "output_toks", "first_token_ts"), _vllm),
    Format("vidur", "Vidur trace", has("num_prefill_tokens", "num_decode_tokens"), _vidur, relative_us=1e6),
    Format(
        "agent",
        "agent sessions",
        has("session", "t", "prompt_tokens", "completion_tokens", "prefix_hit_blocks"),
        _agent,
        "prompt blocks seen within 5 minutes count as cached",
        relative_us=1e6,
    ),
)
