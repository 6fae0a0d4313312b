"""What of the prompt cache a route table keeps: a session that changes models leaves its warm prefix behind.

Worked out on whole sessions (all of them, or the sampled ones), in the order of their requests. Where a session stays with one
model, its cached tokens are those of the log; where it moved away, the new model has what it last saw of the session, if that is
still within its cache's life; the rest is billed again.
"""

from dataclasses import dataclass

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
    columns, rows = sample.columns, order.rows
    codes, overlap, us = offer[rows], columns["cached"][rows], columns["us"][rows]
    stays = ~order.same | (codes == np.concatenate((codes[:1], codes[:-1])))
    moved = np.flatnonzero(~stays & (codes >= 0))
    last = _last_of_same(order.same, codes)[moved]
    alive = (last >= 0) & (us[moved] - us[np.maximum(last, 0)] <= ttl_us[codes[moved]])
    moved, last = moved[alive], last[alive]
    found = np.where(stays, overlap, 0)
    # What a model last saw of a session is still shared as far as no prompt since then has cut it.
    found[moved] = np.minimum(columns["input"][rows][last], least_between(overlap, last + 1, moved))
    found[codes < 0] = 0
    kept = np.zeros(len(offer), dtype=np.int64)
    kept[rows] = found
    return kept


def _last_of_same(same: NDArray[np.bool_], codes: Ints) -> Ints:
    """For every ordered row the row before it of the same session and the same model, -1 where there is none."""
    session = np.cumsum(~same)
    order = np.lexsort([codes, session])
    last = np.full(len(codes), -1, dtype=np.int64)
    alike = (session[order][1:] == session[order][:-1]) & (codes[order][1:] == codes[order][:-1])
    last[order[1:][alike]] = order[:-1][alike]
    return last


def least_between(values: Ints, first: Ints, last: Ints) -> Ints:
    """The least value of each range, both ends included: from tables of the least of 1, 2, 4, 8 … values in a row."""
    width = last - first + 1
    level = np.frexp(width)[1] - 1  # the largest power of two that fits
    out = np.empty(len(first), dtype=values.dtype)
    table = values
    for power in range(int(level.max(initial=-1)) + 1):
        here = level == power
        out[here] = np.minimum(table[first[here]], table[last[here] - (1 << power) + 1])
        table = np.minimum(table[: -(1 << power)], table[1 << power :])
    return out


def kept_share(sample: Sample, kept: Ints, groups: int) -> NDArray[np.float64]:
    """The part of each group's logged cached tokens that is still cached; 1 where the log had none."""
    logged = np.bincount(sample.group, weights=sample.columns["cached"], minlength=groups)
    still = np.bincount(sample.group, weights=kept, minlength=groups)
    return np.where(logged > 0, np.minimum(1.0, still / np.maximum(logged, 1)), 1.0)
