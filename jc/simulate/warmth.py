"""What of the prompt cache a route table keeps: a session that changes models leaves its warm prefix behind.

Worked out on whole sessions (all of them, or the sampled ones), in the order of their requests. Where a session stays with one
model, its cached tokens are those of the log; where it moved away, the new model has what it last saw of the session, if that is
still within its cache's life; the rest is billed again.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.simulate.served import added
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


class Kept(NamedTuple):
    """Of the logged cached tokens of every group those that are still cached, and those that are billed as written again."""

    still: Ints
    rewritten: Ints


def kept_sums(sample: Sample, kept: Ints, cached: Ints, alike: Ints, place: Ints) -> Kept:
    """What the rows keep, added up by group; of a log that is only sampled, shared out.

    `cached` are the logged sums by group, `alike` a code for groups whose requests keep alike (the same model and class, say),
    `place` one for groups that are also billed alike. Shares are those of all sampled rows that are alike, and whole tokens are
    shared out so that neither they nor the bill depend on how the rows are put into groups. What is lost is written again in
    requests that wrote.
    """
    rows = sample.columns
    lost = np.where(rows["written"] > 0, rows["cached"] - kept, 0)
    size = len(cached)
    if sample.share == 1:
        return Kept(added(sample.group, kept, size), added(sample.group, lost, size))
    _, cell = np.unique(alike, return_inverse=True)
    logged, still, again = (
        np.bincount(cell[sample.group], weights=values, minlength=int(cell.max()) + 1) for values in (rows["cached"], kept, lost)
    )
    unseen = logged == 0
    logged, still, again = (np.where(unseen, values.sum(), values) for values in (logged, still, again))
    part = np.minimum(1.0, still / np.maximum(logged, 1)) if logged.any() else np.ones(len(logged))
    within = cell * (int(place.max()) + 1) + place
    left = shared_out(cached, part[cell], within)
    rest = np.minimum(1.0, again / np.maximum(logged - still, 1))
    return Kept(left, shared_out(cached - left, rest[cell], within))


def shared_out(tokens: Ints, part: NDArray[np.float64], within: Ints) -> Ints:
    """A part of the tokens of every group, in whole ones: together the groups `within` one code have that part of their sum."""
    order = np.argsort(within, kind="stable")
    code, upto = within[order], np.cumsum(tokens[order])
    first = np.flatnonzero(np.concatenate(([True], code[1:] != code[:-1])))
    starts = np.repeat(upto[first] - tokens[order][first], np.diff(np.append(first, len(code))))
    reached = np.floor((upto - starts) * part[order]).astype(np.int64)
    before = np.concatenate(([0], reached[:-1]))
    before[first] = 0
    out = np.empty_like(tokens)
    out[order] = reached - before
    return out
