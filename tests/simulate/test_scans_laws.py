"""Laws of the scans: compiled and plain agree to the integer, and both with the obvious program; no budget is ever overspent."""

import heapq
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jc.simulate.scans import ANSWERED, DEGRADED, PARKED, PARKED_LOW, REFUSED, coupled, limited, queued, run, spilled, state_of

Ints = NDArray[np.int64]
HOUR = 3_600_000_000
CHEAP = 3


def traffic(seed: int, rows: int) -> dict[str, Ints]:
    """Random rows in the order of time."""
    chance = np.random.default_rng(seed)
    base = chance.integers(1, 100, rows)
    return {
        "us": np.sort(chance.integers(0, 30 * HOUR, rows)),
        "key": chance.integers(0, 4, rows),
        "session": chance.integers(0, rows // 3 + 1, rows),
        "offer": chance.integers(0, 3, rows),
        "base": base,
        "warm": base - base // 2,
        "low": base // 5,
        "low_warm": base // 8,
    }


def scanned(rows: dict[str, Ints], terms: list[int], *, fast: bool) -> tuple[Ints, Ints, Ints]:
    """Status, cost and delay by the scan, with one budget for all keys."""
    window, cap, below, fixed, park = terms
    return scanned_under(rows, [[value] * 4 for value in (window, cap, below, fixed)], park, fast=fast)


def scanned_under(rows: dict[str, Ints], budgets: list[list[int]], park: int, *, fast: bool) -> tuple[Ints, Ints, Ints]:
    """The same with a budget (window, cap, threshold, fixed) for each of the four keys."""
    count = len(rows["us"])
    out = [np.zeros(count, dtype=np.int64) for _ in range(3)]
    sessions = int(rows["session"].max(initial=0)) + 1
    windows = state_of(4), state_of(4, -(2**61)), state_of(4)
    state = [state_of(sessions, -1), state_of(sessions), windows]
    ttl = np.array([HOUR, HOUR // 2, 0, HOUR], dtype=np.int64)
    by_key = tuple(np.array(values, dtype=np.int64) for values in budgets)
    run(coupled, [*rows.values(), ttl, by_key, np.array([park, CHEAP], dtype=np.int64), *state, *out], fast=fast)
    return out[0], out[1], out[2]


def obvious(rows: dict[str, Ints], terms: list[int]) -> tuple[list[int], list[int], list[int]]:
    """The same in the plainest Python, with dictionaries."""
    window, cap, below, fixed, park = terms
    ttl = [HOUR, HOUR // 2, 0, HOUR]
    begun: dict[int, int] = {}
    spent: dict[int, int] = {}
    strayed: dict[int, tuple[int | None, int]] = {}
    status, cost, delay = [], [], []
    for t, key, session, offer, base, warm, low, low_warm in zip(*(column.tolist() for column in rows.values()), strict=True):

        def alive(code: int, session: int = session, t: int = t) -> bool:
            return strayed[session][0] == code and t - strayed[session][1] <= ttl[code]

        price = warm if session not in strayed or alive(offer) else base
        start = begun.get(key)
        if fixed:
            if start is None or t - t % window > start:
                begun[key], spent[key] = t - t % window, 0
        elif start is None or t - start >= window:
            begun[key], spent[key] = t, 0
        state, answers = ANSWERED, offer
        if cap - spent[key] < below:
            price, state, answers = low_warm if session in strayed and alive(CHEAP) else low, DEGRADED, CHEAP
        if price > cap - spent[key]:
            if not park or price > cap:
                status.append(REFUSED)
                cost.append(0)
                delay.append(0)
                strayed[session] = (None, 0)
                continue
            begun[key] += window
            spent[key] = 0
        spent[key] += price
        waits = max(0, begun[key] - t)
        state = {ANSWERED: PARKED, DEGRADED: PARKED_LOW}[state] if waits else state
        status.append(state)
        cost.append(price)
        delay.append(waits)
        if state != ANSWERED or session in strayed:
            strayed[session] = (answers, t + waits)
    return status, cost, delay


TERMS = st.tuples(
    st.sampled_from([HOUR, 5 * HOUR, 7 * HOUR + 1]),
    st.integers(1, 2000),
    st.integers(-1, 300),
    st.integers(0, 1),
    st.integers(0, 1),
).map(list)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 300), terms=TERMS)
def test_plain_compiled_and_obvious_agree_to_the_integer(seed: int, rows: int, terms: list[int]) -> None:
    """Budgets of both kinds of window, degrading and parking, with prompt caches by session."""
    columns = traffic(seed, rows)

    plain = scanned(columns, terms, fast=False)

    assert [one.tolist() for one in plain] == [list(one) for one in obvious(columns, terms)]
    for one, other in zip(plain, scanned(columns, terms, fast=True), strict=True):
        assert (one == other).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), terms=TERMS)
def test_no_window_is_ever_overspent(seed: int, terms: list[int]) -> None:
    """In fixed windows what a key spends between two resets never passes its cap."""
    terms[3] = 1
    columns = traffic(seed, 300)
    _, cost, delay = scanned(columns, terms, fast=False)

    spent: dict[tuple[int, int], int] = {}
    for key, us, wait, price in zip(columns["key"], columns["us"], delay, cost, strict=True):
        slot = (int(key), int(us + wait) // terms[0])
        spent[slot] = spent.get(slot, 0) + int(price)

    assert max(spent.values()) <= terms[1]


@pytest.mark.parametrize("fast", [False, True])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 300), terms=TERMS, free=st.sets(st.integers(0, 3)))
def test_keys_without_a_cap_are_never_stopped_and_leave_the_others_as_they_were(
    fast: bool, seed: int, rows: int, terms: list[int], free: set[int]
) -> None:
    """Each key's sessions are its own: rows under the budget fare as in a log that never had the others."""
    columns = traffic(seed, rows)
    columns["session"] = columns["session"] * 4 + columns["key"]
    window, cap, below, fixed, park = terms
    budgets = [
        [2**61 if key in free else window for key in range(4)], [2**61 if key in free else cap for key in range(4)],
        [-1 if key in free else below for key in range(4)], [0 if key in free else fixed for key in range(4)],
    ]  # fmt: skip
    exempt = np.isin(columns["key"], list(free))

    status, cost, delay = scanned_under(columns, budgets, park, fast=fast)
    alone = scanned({name: column[~exempt] for name, column in columns.items()}, terms, fast=fast)

    assert not status[exempt].any()
    assert not delay[exempt].any()
    assert (cost[exempt] == columns["warm"][exempt]).all()
    for found, expected in zip((status, cost, delay), alone, strict=True):
        assert (found[~exempt] == expected).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_larger_budget_never_refuses_more_money(seed: int) -> None:
    """With first-use windows of one key, what is spent in all grows with the cap, or stays."""
    columns = traffic(seed, 200)
    columns["key"] = np.zeros(200, dtype=np.int64)
    refused = [int((scanned(columns, [50 * HOUR, cap, -1, 0, 0], fast=False)[0] == REFUSED).sum()) for cap in (10**6, 10**9)]

    assert refused == [0, 0]


def queue_of(us: list[int], service: list[int], places: int) -> list[int]:
    """Waits in front of some places, by a heap of the moments at which they are free."""
    free = [-(2**61)] * places
    out = []
    for at, takes in zip(us, service, strict=True):
        begins = max(at, heapq.heappop(free))
        heapq.heappush(free, begins + takes)
        out.append(begins - at)
    return out


@pytest.mark.parametrize("fast", [False, True])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), sizes=st.lists(st.integers(0, 7), min_size=1, max_size=4))
def test_queues_are_those_of_a_heap_of_places(fast: bool, seed: int, sizes: list[int]) -> None:
    """Each offer has its own places; 0 means no limit and no wait."""
    chance = np.random.default_rng(seed)
    us, offer = np.sort(chance.integers(0, 1000, 200)), chance.integers(0, len(sizes), 200)
    service = chance.integers(0, 50, 200)
    size = np.array(sizes, dtype=np.int64)
    wait, free = state_of(200), state_of(int(size.sum()), -(2**61))
    first = np.concatenate(([0], np.cumsum(size)))[:-1].astype(np.int64)

    run(queued, [us, offer, service, first, size, (wait, free)], fast=fast)

    for code, places in enumerate(sizes):
        mine = offer == code
        expected = queue_of(us[mine].tolist(), service[mine].tolist(), places) if places else [0] * int(mine.sum())
        assert wait[mine].tolist() == expected


@pytest.mark.parametrize("fast", [False, True])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), rpm=st.integers(1, 20), tpm=st.sampled_from([-1, 100, 1000]))
def test_no_minute_takes_more_than_its_limits(fast: bool, seed: int, rpm: int, tpm: int) -> None:
    """Requests wait for the next minute; a request larger than the limit has a minute of its own."""
    chance = np.random.default_rng(seed)
    us, tokens = np.sort(chance.integers(0, 600_000_000, 150)), chance.integers(1, 150, 150)
    offer = chance.integers(0, 2, 150)
    limits = np.array([rpm, -1]), np.array([tpm, -1])
    state = (state_of(150), state_of(2, -1), state_of(2), state_of(2))

    run(limited, [us, offer, tokens, *limits, state], fast=fast)

    wait = state[0]
    assert not wait[offer == 1].any()
    minute = (us + wait)[offer == 0] // 60_000_000
    used: dict[Any, list[int]] = {}
    for at, size in zip(minute.tolist(), tokens[offer == 0].tolist(), strict=True):
        used.setdefault(at, []).append(size)
    assert all(len(sizes) <= rpm and (tpm < 0 or sum(sizes) <= tpm or len(sizes) == 1) for sizes in used.values())


def spilled_over(rows: dict[str, Ints], spare: list[int], rpm: list[int], tpm: list[int]) -> list[int]:
    """Where requests go in the end, by dictionaries of what each minute of an offer took."""
    taken: dict[tuple[int, int], list[int]] = {}
    last = [-1] * len(rpm)

    def room(offer: int, minute: int, size: int) -> bool:
        sizes = taken.get((offer, minute), [])
        return not (
            (rpm[offer] >= 0 and len(sizes) >= rpm[offer]) or (tpm[offer] >= 0 and sizes and sum(sizes) + size > tpm[offer])
        )

    out = []
    for us, offer, size, other in zip(*(rows[name].tolist() for name in ("us", "offer", "tokens")), spare, strict=True):
        now = us // 60_000_000
        goes, minute = offer, max(last[offer], now)
        if minute > now or not room(offer, now, size):
            if other == -2:
                out.append(-1)
                continue
            if other >= 0 and last[other] <= now and room(other, now, size):
                goes, minute = other, now
            elif not room(offer, minute, size):
                minute += 1
        taken.setdefault((goes, minute), []).append(size)
        last[goes] = minute
        out.append(goes)
    return out


@pytest.mark.parametrize("fast", [False, True])
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rpm=st.integers(0, 8),
    tpm=st.sampled_from([-1, 200]),
    policy=st.sampled_from(["other", "away", "none"]),
)
def test_who_is_over_a_limit_goes_where_the_obvious_program_sends_it(
    fast: bool, seed: int, rpm: int, tpm: int, policy: str
) -> None:
    """To a spare with room, away, or into the next minute of its own offer; in the order of time."""
    chance = np.random.default_rng(seed)
    rows = {
        "us": np.sort(chance.integers(0, 400_000_000, 150)),
        "offer": chance.integers(0, 3, 150),
        "tokens": chance.integers(1, 120, 150),
    }
    spare = {"other": (rows["offer"] + 1) % 3, "away": np.full(150, -2), "none": np.full(150, -1)}[policy]
    limits = [rpm, -1, rpm + 1], [tpm, -1, -1]
    state = (rows["offer"].copy(), state_of(3, -1), state_of(3), state_of(3))

    run(spilled, [*rows.values(), spare, tuple(np.array(one) for one in limits), state], fast=fast)

    assert state[0].tolist() == spilled_over(rows, spare.tolist(), *limits)
