"""What of the prompt cache a route table keeps: a session that changes models leaves its warm prefix behind.

Worked out on whole sessions (all of them, or the sampled ones), in the order of their requests. Where a session stays with one
model, its cached tokens are those of the log; where it moved away, the new model has what it last saw of the session, if that is
still within its cache's life; the rest is billed again.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.traffic.cube import Sample

Ints = NDArray[np.int64]
DEFAULT_TTL_S = 300


@dataclass(frozen=True, slots=True)
class Order:
    """The sampled rows in the order of their sessions and times; `same` says that the row before is of the same session."""

    rows: Ints
    same: NDArray[np.bool_]


def ordered(sample: Sample) -> Order:
    """The rows of a sample session by session, each in the order of time; rows of one moment in the order of their prompts."""
    columns = sample.columns
    rows = np.lexsort([columns["input"], columns["us"], columns["cluster"]])
    cluster = columns["cluster"][rows]
    same = np.zeros(len(rows), dtype=bool)
    same[1:] = cluster[1:] == cluster[:-1]
    return Order(rows, same)


def kept_tokens(order: Order, sample: Sample, offer: Ints, ttl_us: Ints) -> Ints:
    """The cached tokens of every sampled row when it goes to `offer` (a code per row); `ttl_us` is the cache's life by code.

    A negative code is a row that nobody answers: it neither reads nor warms a cache.
    """
    cached, prompt = sample.columns["cached"], sample.columns["input"]
    rows = order.rows
    codes = offer[rows]
    kept = np.zeros(len(offer), dtype=np.int64)
    stays = ~order.same | (codes == np.concatenate((codes[:1], codes[:-1])))
    kept[rows[stays]] = cached[rows[stays]]
    for start, stop in _restless(order.same, codes):
        session = rows[start:stop]
        sent = _Sent(codes[start:stop].tolist(), sample.columns["us"][session].tolist(), prompt[session].tolist())
        kept[session] = _walked(sent, cached[session].tolist(), ttl_us)
    kept[offer < 0] = 0
    return kept


class _Sent(NamedTuple):
    """A session: the model of each request, when it was sent, how long its prompt was."""

    codes: list[int]
    us: list[int]
    prompt: list[int]


def _restless(same: NDArray[np.bool_], codes: Ints) -> list[tuple[int, int]]:
    """The sessions that do not stay with one model, as ranges of ordered rows."""
    starts = np.flatnonzero(~same)
    stops = np.append(starts[1:], len(same))
    changes = np.concatenate(([0], np.cumsum(same & (codes != np.concatenate((codes[:1], codes[:-1]))))))
    moved = changes[stops] - changes[starts] if len(starts) else np.empty(0, np.int64)
    return [(int(start), int(stop)) for start, stop, count in zip(starts, stops, moved, strict=True) if count]


def _walked(sent: _Sent, cached: list[int], ttl_us: Ints) -> list[int]:
    """The cached tokens of one session: for each model when it last answered, and how much of what it saw is still shared."""
    last: dict[int, int] = {}
    shared: dict[int, int] = {}
    kept = []
    before: int | None = None
    for code, us, prompt, overlap in zip(*sent, cached, strict=True):
        shared = {known: min(tokens, overlap) for known, tokens in shared.items()}
        if before is None or code == before:
            kept.append(overlap)
        else:
            alive = code in last and us - last[code] <= int(ttl_us[code])
            kept.append(shared[code] if alive else 0)
        if code >= 0:
            last[code], shared[code] = us, prompt
        before = code
    return kept


def kept_share(sample: Sample, kept: Ints, groups: int) -> NDArray[np.float64]:
    """The part of each group's logged cached tokens that is still cached; 1 where the log had none."""
    logged = np.bincount(sample.group, weights=sample.columns["cached"], minlength=groups)
    still = np.bincount(sample.group, weights=kept, minlength=groups)
    return np.where(logged > 0, np.minimum(1.0, still / np.maximum(logged, 1)), 1.0)
