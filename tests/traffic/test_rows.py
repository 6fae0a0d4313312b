"""What a row is."""

from datetime import UTC, datetime

import pytest

from jc.traffic.rows import BadRow, Reason, canonical, epoch_microseconds, flag, measure, microseconds

GOOD = {"input_tokens": 10, "output_tokens": 2}


def test_openai_usage_names_and_nested_details_are_understood() -> None:
    """`prompt_tokens`, `completion_tokens` and the nested cached tokens are accepted as they are."""
    record = {
        "prompt_tokens": 100,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }

    row = canonical(record, timed=False)

    assert row == {"input_tokens": 100, "output_tokens": 7, "cached_input_tokens": 64, "reasoning_tokens": 3}


def test_usage_object_of_a_stored_response_is_understood() -> None:
    """A row that keeps the response's `usage` object counts too."""
    row = canonical({"usage": {"input_tokens": 5, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 4}}}, timed=False)

    assert (row["input_tokens"], row["output_tokens"], row["cached_input_tokens"]) == (5, 1, 4)


def test_canonical_name_wins_over_its_aliases() -> None:
    """When a row has both names, the canonical one counts."""
    row = canonical({"prompt_tokens": 1, "input_tokens": 2, "output_tokens": 3}, timed=False)

    assert row["input_tokens"] == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"input_tokens": "abc"}, Reason.WRONG_TYPE),
        ({"input_tokens": "12"}, Reason.WRONG_TYPE),
        ({"input_tokens": True}, Reason.WRONG_TYPE),
        ({"input_tokens": [1]}, Reason.WRONG_TYPE),
        ({"input_tokens": 9.5}, Reason.WRONG_TYPE),
        ({"input_tokens": float("nan")}, Reason.WRONG_TYPE),
        ({"input_tokens": -1}, Reason.NEGATIVE_TOKENS),
        ({"output_tokens": 10**18}, Reason.ABSURD_TOKENS),
        ({"output_tokens": float("inf")}, Reason.ABSURD_TOKENS),
        ({"output_tokens": None}, Reason.MISSING_TOKENS),
        ({"cached_input_tokens": 11}, Reason.CACHED_EXCEEDS_INPUT),
        ({"ts": "yesterday"}, Reason.NO_TIMESTAMP),
        ({"ts": True}, Reason.NO_TIMESTAMP),
        ({"ts": -5}, Reason.NO_TIMESTAMP),
    ],
)
def test_each_fault_has_its_reason(change: dict[str, object], reason: Reason) -> None:
    """Every way in which a row can be wrong is told apart."""
    with pytest.raises(BadRow) as caught:
        canonical({**GOOD, **change}, timed=False)

    assert caught.value.reason is reason


@pytest.mark.parametrize("record", [[1, 2], 7, None, "text"])
def test_what_is_no_object_is_of_the_wrong_type(record: object) -> None:
    """A line that holds a list, a number, null or text is no row."""
    with pytest.raises(BadRow) as caught:
        canonical(record, timed=False)

    assert caught.value.reason is Reason.WRONG_TYPE


def test_a_timed_log_needs_a_time_in_every_row() -> None:
    """Without a timestamp a row of a timed log cannot be placed."""
    with pytest.raises(BadRow) as caught:
        canonical(GOOD, timed=True)

    assert caught.value.reason is Reason.NO_TIMESTAMP


def test_whole_floats_count_as_whole_numbers() -> None:
    """`12.0` and `1e3` are numbers of tokens."""
    assert canonical({"input_tokens": 12.0, "output_tokens": 1e3}, timed=False) == {"input_tokens": 12, "output_tokens": 1000}


def test_latency_in_seconds_becomes_milliseconds() -> None:
    """`latency_s` and `ttft_s` are scaled, unless the canonical column is there."""
    row = canonical({**GOOD, "latency_s": 1.5, "ttft_s": 0.25, "ttft_ms": 100}, timed=False)

    assert (row["latency_ms"], row["ttft_ms"]) == (1500.0, 100.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.25", 0.25), (3, 3.0), ("abc", None), (float("inf"), None), (1e300, None), (-1, None), (True, None)],
)
def test_a_measure_that_is_none_is_dropped_and_the_row_stays(value: object, expected: float | None) -> None:
    """Latency, cost and energy never reject a row: the tokens are what counts."""
    assert measure(value, 1e6) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        (2, True),
        (0, False),
        ([], False),
        ([{"type": "function"}], True),
        ("false", False),
        ("yes", True),
    ],
)
def test_a_flag_is_a_boolean_a_count_or_the_thing_itself(value: object, expected: bool) -> None:
    """`tools` may be true, a number of tools, or the tools."""
    assert flag(value) is expected


@pytest.mark.parametrize(
    "value",
    [
        "2026-10-01T12:00:00Z",
        "2026-10-01T14:00:00+02:00",
        "2026-10-01 12:00:00",
        "2026-10-01T12:00:00.0000000Z",
        1790856000,
        1790856000.0,
        "1790856000",
        1790856000_000,
        1790856000_000_000,
        1790856000_000_000_000,
        datetime(2026, 10, 1, 12, tzinfo=UTC),
        datetime(2026, 10, 1, 12),  # noqa: DTZ001  a naive moment is UTC
    ],
)
def test_one_moment_in_many_forms(value: object) -> None:
    """RFC 3339 with and without a zone, and an epoch in s, ms, µs and ns, are the same moment."""
    assert microseconds(value) == 1_790_856_000_000_000


def test_the_size_of_an_epoch_tells_its_unit() -> None:
    """Seconds, milliseconds, microseconds and nanoseconds are told apart by their size."""
    assert [
        epoch_microseconds(n) for n in (1_700_000_000, 1_700_000_000_000, 1_700_000_000_000_000, 1_700_000_000_000_000_000)
    ] == [1_700_000_000_000_000] * 4
