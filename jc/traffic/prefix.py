"""The prompt cache of a log that names the blocks of its prompts: which leading blocks an earlier request had sent, and when.

A block is warm while its cache lives: a hit renews it, as with the providers that bill for caches. Blocks are told apart by
model, because no model reads another's cache. Memory is bounded: blocks that have died are forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jc.traffic.rows import Row

CACHE_TTL_S = 300
"""How long a provider keeps a prompt cache unless it is told otherwise (Anthropic's and OpenAI's default)."""
_FORGET_EVERY = 200_000


@dataclass(slots=True)
class Prefixes:
    """When each block of each model was last sent (µs); `ttl_us` is how long it stays warm (in a log without times: for ever)."""

    ttl_us: int = CACHE_TTL_S * 1_000_000
    _last: dict[tuple[str, Any], int] = field(default_factory=dict)
    _seen: int = 0

    def warmed(self, row: Row, block_tokens: int | None) -> Row:
        """The row with the cached tokens that its blocks give; as it is when it has none, or says itself what was cached.

        `block_tokens` is the size of a block, None: the prompt is shared out evenly over its blocks.
        """
        blocks = row.get("prefix_hash")
        if not isinstance(blocks, Sequence) or isinstance(blocks, str) or not blocks or "cached_input_tokens" in row:
            return row
        now, model = int(row.get("ts", 0)), str(row.get("served_model") or row.get("model") or "")
        hits = self._sent(model, blocks, now)
        prompt = row["input_tokens"]
        cached = hits * block_tokens if block_tokens is not None else hits * prompt // len(blocks)
        return {**row, "cached_input_tokens": min(cached, prompt)}

    def _sent(self, model: str, blocks: Sequence[Any], now: int) -> int:
        """Send the blocks; gives how many of the leading ones were warm."""
        hits, leading = 0, True
        for block in blocks:
            name = (model, block if isinstance(block, (int, str)) else repr(block))
            before = self._last.get(name)
            leading = leading and before is not None and now - before <= self.ttl_us
            hits += leading
            self._last[name] = now
        self._seen += len(blocks)
        if self._seen >= _FORGET_EVERY:
            self._seen = 0
            self._last = {name: at for name, at in self._last.items() if now - at <= self.ttl_us}
        return hits
