"""The canonical columns of a traffic log, and the names under which others write the same thing.

One row is one request. `input_tokens` **includes** cached and cache-written tokens, as OpenAI and the OpenTelemetry GenAI
conventions count; importers of logs that exclude them add them. `output_tokens` includes reasoning tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal["time", "text", "tokens", "count", "flag", "ms", "usd", "joules"]

MAX_TOKENS = 100_000_000
"""More tokens than this in one request are absurd: fifty times the longest context that is sold."""
MOST: Mapping[str, float] = {"ms": 1e10, "usd": 1e6, "joules": 1e12}
"""A request that took longer (115 days), cost more or burnt more says nothing that can be believed: it counts as not told."""
MAX_LINE_BYTES = 33_554_400
"""A longer line (32 MiB) is not read: it is counted as oversize. It is what one block of the fast reader holds."""
CLASSES = ("simple", "general", "reasoning", "code", "agent")


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column: its name, what kind of value it holds, and other names for it (a dot goes into an object)."""

    name: str
    kind: ColumnKind
    aliases: tuple[str, ...] = ()


COLUMNS: tuple[Column, ...] = (
    Column("ts", "time", ("timestamp", "time", "created_at", "created")),
    Column("request_id", "text", ("id",)),
    Column("session", "text", ("session_id", "conversation_id")),
    Column("key", "text", ("key_id", "api_key_id")),
    Column("org", "text", ("org_id", "organization")),
    Column("model", "text", ("requested_model",)),
    Column("served_model", "text", ("response_model",)),
    Column("route_class", "text", ("class",)),
    Column("prompt", "text"),
    Column("messages", "text"),
    Column("input_tokens", "tokens", ("prompt_tokens", "usage.input_tokens", "usage.prompt_tokens")),
    Column(
        "cached_input_tokens",
        "tokens",
        (
            "cached_tokens",
            "prompt_tokens_details.cached_tokens",
            "input_tokens_details.cached_tokens",
            "usage.prompt_tokens_details.cached_tokens",
            "usage.input_tokens_details.cached_tokens",
        ),
    ),
    Column("cache_write_tokens", "tokens", ("cache_write_input_tokens",)),
    Column("output_tokens", "tokens", ("completion_tokens", "usage.output_tokens", "usage.completion_tokens")),
    Column(
        "reasoning_tokens",
        "tokens",
        (
            "completion_tokens_details.reasoning_tokens",
            "output_tokens_details.reasoning_tokens",
            "usage.completion_tokens_details.reasoning_tokens",
            "usage.output_tokens_details.reasoning_tokens",
        ),
    ),
    Column("images", "count"),
    Column("tools", "flag"),
    Column("vision", "flag"),
    Column("structured_output", "flag"),
    Column("stream", "flag"),
    Column("routing", "text"),
    Column("swap_opt_in", "flag"),
    Column("region", "text"),
    Column("mode", "text", ("service_tier",)),
    Column("status", "text"),
    Column("latency_ms", "ms"),
    Column("ttft_ms", "ms"),
    Column("cost_usd", "usd", ("cost", "spend")),
    Column("energy_j", "joules"),
    Column("prefix_hash", "text"),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
NAMES: tuple[str, ...] = tuple(BY_NAME)
BY_ANY_NAME: Mapping[str, Column] = {name: column for column in COLUMNS for name in (*reversed(column.aliases), column.name)}
SCALED: Mapping[str, tuple[str, float]] = {"latency_s": ("latency_ms", 1000.0), "ttft_s": ("ttft_ms", 1000.0)}
"""Columns in another unit: their canonical column and the factor."""
REQUIRED = ("input_tokens", "output_tokens")
EXTRA = ("cached_input_tokens", "cache_write_tokens")
"""Token columns that are part of `input_tokens`."""


def names_of(column: Column) -> tuple[str, ...]:
    """The canonical name first, then the aliases in the order in which they are tried."""
    return (column.name, *column.aliases)
