"""Scans over rows in the order of time, for what depends on what came before: caches, budgets, limits, queues.

Each is one plain function over indexable columns: with numba installed (`jc[fast]`) it is compiled and runs over arrays, without
it the same function runs over lists. All values are integers (pico-dollars, microseconds, tokens), so both give the same answer.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

ANSWERED, DEGRADED, REFUSED, PARKED, PARKED_LOW = 0, 1, 2, 3, 4
"""What became of a request under a budget; the last was parked and is answered by the cheaper model."""
MINUTE_US = 60_000_000


def coupled(  # noqa: PLR0913, PLR0917  columns of rows, of accounts, of sessions: a scan has as many as it reads
    us: Any,
    account: Any,
    session: Any,
    offer: Any,
    base: Any,
    warm: Any,
    low: Any,
    low_warm: Any,
    ttl: Any,
    budgets: Any,
    terms: Any,
    last_offer: Any,
    last_us: Any,
    windows: Any,
    status: Any,
    cost: Any,
    delay: Any,
) -> None:
    """Prompt cache, price and budget of every row in turn.

    `warm` is a row's cost with what the plan keeps of the prompt cache, `base` with nothing cached; `low` and `low_warm` are the
    same with the cheaper model. As long as a session goes as planned (`last_offer` -1) its rows cost `warm`; once the budget has
    refused, delayed or moved one of them, the cache is warm only where the same offer answered within its `ttl`. `budgets` are
    by account the window (µs), the cap and the threshold below which the cheaper model answers (pico-dollars; -1: none), and
    whether windows are fixed; `windows` hold by account when its window begins and ends, and what is left in it. `terms` are
    whether requests over the cap are parked, and the code of the cheaper model.
    """
    window, cap, below, fixed = budgets
    start, end, left = windows
    park, cheap = terms[0], terms[1]
    i = -1
    for t, k, s, o, planned in zip(us, account, session, offer, warm):  # noqa: B905  numba knows no `strict`
        i += 1
        before = last_offer[s]
        c = base[i] if before >= 0 and (before != o or t - last_us[s] > ttl[o]) else planned
        if t >= end[k]:
            start[k] = t - t % window[k] if fixed[k] else t
            end[k] = start[k] + window[k]
            left[k] = cap[k]
        rest = left[k]
        if c <= rest and rest >= below[k] and t >= start[k]:
            left[k] = rest - c
            cost[i] = c
            if before >= 0:
                last_offer[s] = o
                last_us[s] = t
            continue
        st, at, who = 0, t, o
        if rest < below[k]:
            c = low_warm[i] if before == cheap and t - last_us[s] <= ttl[cheap] else low[i]
            who = cheap
            st = 1
        if c > rest:
            if park == 0 or c > cap[k]:
                status[i] = 2
                last_offer[s] = 1_000_000_000  # nobody: what comes next finds nothing warm
                continue
            start[k] = end[k]
            end[k] += window[k]
            rest = cap[k]
        left[k] = rest - c
        cost[i] = c
        if at < start[k]:
            delay[i] = start[k] - at
            at = start[k]
            st += 3
        status[i] = st
        last_offer[s] = who
        last_us[s] = at


def spilled(us: Any, offer: Any, tokens: Any, spare: Any, limits: Any, state: Any) -> None:
    """Who is over an offer's limits of the minute goes to its `spare` while that has room, is turned away (-2), or waits (-1).

    `limits` are requests and tokens a minute by offer (-1: none). `state` holds the offers that answer in the end (-1: nobody),
    and by offer the minute in use, its requests and its tokens; minutes are those of `limited`, which makes wait who stays.
    """
    rpm, tpm = limits
    to, minute, requests, used = state
    for i in range(len(us)):
        o, t, n = offer[i], us[i] // 60_000_000, tokens[i]
        for _ in range(2):
            if t > minute[o]:
                minute[o] = t
                requests[o] = 0
                used[o] = 0
            full = (rpm[o] >= 0 and requests[o] >= rpm[o]) or (tpm[o] >= 0 and requests[o] > 0 and used[o] + n > tpm[o])
            if minute[o] <= t and not full:
                break
            other = spare[i] if o == offer[i] else -1  # the spare is full as well: wait where it wanted to go
            o = other if other >= 0 else offer[i] if other == -1 else -1
            if other < 0:
                break
        to[i] = o
        if o >= 0:
            full = (rpm[o] >= 0 and requests[o] >= rpm[o]) or (tpm[o] >= 0 and requests[o] > 0 and used[o] + n > tpm[o])
            if full:
                minute[o] += 1
                requests[o] = 0
                used[o] = 0
            requests[o] += 1
            used[o] += n


def limited(us: Any, offer: Any, tokens: Any, rpm: Any, tpm: Any, state: Any) -> None:
    """Requests and tokens per minute of each offer: `state[0]` is what each row waits for the next minute (µs).

    A limit of -1 is none. `state` holds the waits, and by offer the minute in use, its requests and its tokens.
    """
    wait, minute, requests, used = state
    for i in range(len(us)):
        o = offer[i]
        if rpm[o] < 0 and tpm[o] < 0:
            continue
        t = us[i]
        now = t // 60_000_000
        if now > minute[o]:
            minute[o] = now
            requests[o] = 0
            used[o] = 0
        over = (rpm[o] >= 0 and requests[o] >= rpm[o]) or (tpm[o] >= 0 and requests[o] > 0 and used[o] + tokens[i] > tpm[o])
        if over:
            minute[o] += 1
            requests[o] = 0
            used[o] = 0
        requests[o] += 1
        used[o] += tokens[i]
        begins = minute[o] * 60_000_000
        if begins > t:
            wait[i] = begins - t


def queued(us: Any, offer: Any, service: Any, first: Any, size: Any, state: Any) -> None:
    """A queue in front of each offer, `size[o]` requests at a time in their order; `state` holds the waits and the servers.

    The servers of offer o are `free[first[o] : first[o] + size[o]]`, a heap by when each is free; size 0: no limit.
    """
    wait, free = state
    for i in range(len(us)):
        o = offer[i]
        n = size[o]
        if n == 0:
            continue
        root = first[o]
        t = us[i]
        begins = max(t, free[root])
        wait[i] = begins - t
        moved = begins + service[i]
        at = 0
        while True:
            child = 2 * at + 1
            if child >= n:
                break
            if child + 1 < n and free[root + child + 1] < free[root + child]:
                child += 1
            if free[root + child] >= moved:
                break
            free[root + at] = free[root + child]
            at = child
        free[root + at] = moved


@cache
def compiled(scan: Callable[..., None]) -> Callable[..., None] | None:
    """The scan compiled by numba; None when numba is not installed."""
    try:
        import numba
    except ImportError:
        return None
    made: Callable[..., None] = numba.njit(cache=True, nogil=True)(scan)
    return made


def run(scan: Callable[..., None], columns: Sequence[Any], *, fast: bool | None = None) -> None:
    """Run a scan over arrays, changing the state arrays in place; `fast` None: compiled when it can be.

    Nested tuples of arrays are handed on as such.
    """
    quick = compiled(scan) if fast is None or fast else None
    if quick is not None:
        quick(*columns)
        return
    if fast:
        raise RuntimeError("numba is not installed")
    lists = [_listed(column) for column in columns]
    scan(*lists)
    for column, found in zip(columns, lists, strict=True):
        _written_back(column, found)


def _listed(column: Any) -> Any:
    """Arrays as lists: a list of integers is read three times as fast as an array, one by one."""
    if isinstance(column, tuple):
        return tuple(_listed(one) for one in column)
    return column.tolist() if isinstance(column, np.ndarray) else column


def _written_back(column: Any, found: Any) -> None:
    if isinstance(column, tuple):
        for one, other in zip(column, found, strict=True):
            _written_back(one, other)
    elif isinstance(column, np.ndarray) and column.flags.writeable:
        column[:] = found


def state_of(count: int, value: int = 0) -> NDArray[np.int64]:
    """A column of state."""
    return np.full(max(1, count), value, dtype=np.int64)
