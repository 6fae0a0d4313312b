"""Laws of the prompt cache across models: the columns give what walking every session request by request gives."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jc.simulate.warmth import kept_sums, kept_tokens, least_between, ordered, shared_out
from jc.traffic.cube import Sample

Ints = NDArray[np.int64]
TTL = np.array([300, 50, 0], dtype=np.int64)


def sample_of(seed: int, rows: int, sessions: int) -> tuple[Sample, Ints]:
    """Random sessions, and which of three models (or nobody, -1) answers each request."""
    chance = np.random.default_rng(seed)
    prompt = chance.integers(0, 1000, rows)
    columns = {
        "us": chance.integers(0, 2000, rows),
        "input": prompt,
        "cached": (prompt * chance.random(rows)).astype(np.int64),
        "cluster": chance.integers(0, sessions, rows).astype(np.uint64),
    }
    columns["written"] = np.where(chance.random(rows) < 0.5, prompt - columns["cached"], 0)
    return Sample(np.zeros(rows, dtype=np.int64), columns), chance.integers(-1, 3, rows)


def walked(sample: Sample, offer: Ints) -> list[int]:
    """The obvious program: for each session and model when it last answered, and how much of what it saw is still shared."""
    columns = {name: column.tolist() for name, column in sample.columns.items()}
    order = sorted(range(len(offer)), key=lambda at: (columns["cluster"][at], columns["us"][at], columns["input"][at]))
    kept = [0] * len(offer)
    session, before = None, None
    last: dict[int, int] = {}
    shared: dict[int, int] = {}
    for at in order:
        if columns["cluster"][at] != session:
            session, before, last, shared = columns["cluster"][at], None, {}, {}
        code, us, overlap = int(offer[at]), columns["us"][at], columns["cached"][at]
        shared = {known: min(tokens, overlap) for known, tokens in shared.items()}
        if before is None or code == before:
            kept[at] = overlap
        elif code in last and us - last[code] <= TTL[code]:
            kept[at] = shared[code]
        if code >= 0:
            last[code], shared[code] = us, columns["input"][at]
        else:
            kept[at] = 0
        before = code
    return kept


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 100_000), rows=st.integers(1, 200), sessions=st.integers(1, 30))
def test_columns_agree_with_walking_every_session(seed: int, rows: int, sessions: int) -> None:
    """Models that come back within the cache's life, longer gaps, prompts that were cut, requests nobody answers."""
    sample, offer = sample_of(seed, rows, sessions)

    assert kept_tokens(ordered(sample), sample, offer, TTL).tolist() == walked(sample, offer)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_one_model_keeps_everything_and_no_choice_keeps_more(seed: int) -> None:
    """A session that stays keeps what the log had cached; no other choice keeps more of any request."""
    sample, offer = sample_of(seed, 100, 10)
    order = ordered(sample)

    assert (kept_tokens(order, sample, offer * 0, TTL) == sample.columns["cached"]).all()
    assert (kept_tokens(order, sample, offer, TTL) <= sample.columns["cached"]).all()
    one, cached = np.zeros(1, dtype=np.int64), np.array([sample.columns["cached"].sum()])
    for share in (1.0, 0.5):
        found = kept_sums(replace(sample, share=share), kept_tokens(order, sample, offer * 0, TTL), cached, one, one)
        assert (found.still.tolist(), found.rewritten.tolist()) == (cached.tolist(), [0])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), share=st.sampled_from([1.0, 0.3]))
def test_what_is_kept_does_not_depend_on_the_groups(seed: int, share: float) -> None:
    """Rows by model and class alone, or cut into keys and days: the same tokens are still cached and written again."""
    sample, offer = sample_of(seed, 150, 20)
    chance = np.random.default_rng(seed)
    kind, cut = chance.integers(0, 3, 150), chance.integers(0, 8, 150)
    kept = kept_tokens(ordered(sample), sample, offer, TTL)
    found = []
    for fine in (kind, kind * 8 + cut):
        groups, group = np.unique(fine, return_inverse=True)
        alike = groups if fine is kind else groups // 8
        cached = np.bincount(group, weights=sample.columns["cached"] * (1 if share == 1 else 3)).astype(np.int64)
        sums = kept_sums(replace(sample, group=group, share=share), kept, cached, alike, alike % 2)
        assert (sums.still >= 0).all()
        assert (sums.rewritten >= 0).all()
        assert (sums.still + sums.rewritten <= cached).all()
        found.append([[int(part[alike == one].sum()) for one in range(3)] for part in sums])

    assert found[0] == found[1]


@given(tokens=st.lists(st.integers(0, 10**9), min_size=1, max_size=50), part=st.floats(0, 1), cuts=st.integers(1, 4))
def test_whole_tokens_are_shared_out_to_the_last_one(tokens: list[int], part: float, cuts: int) -> None:
    """Nobody gets more than it has, and the groups of a code together have their part, rounded down."""
    values = np.array(tokens, dtype=np.int64)
    within = np.arange(len(values)) % cuts

    found = shared_out(values, np.full(len(values), part), within)

    assert ((found >= 0) & (found <= values)).all()
    for code in range(cuts):
        assert found[within == code].sum() == int(np.floor(values[within == code].sum() * part))


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.integers(-50, 50), min_size=1, max_size=70), data=st.data())
def test_the_least_of_any_range_is_found(values: list[int], data: st.DataObject) -> None:
    """Ranges of every length, both ends included."""
    first = [data.draw(st.integers(0, len(values) - 1)) for _ in range(5)]
    last = [data.draw(st.integers(at, len(values) - 1)) for at in first]

    found = least_between(np.array(values), np.array(first), np.array(last))

    assert found.tolist() == [min(values[a : b + 1]) for a, b in zip(first, last, strict=True)]
