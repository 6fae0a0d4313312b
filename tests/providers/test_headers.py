"""What response headers tell."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.providers.headers import Told, energy_j, requests_left, reset_s, retry_after_s, span_s, tokens_left

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("120ms", 0.12),
        ("1s", 1),
        ("6m0s", 360),
        ("1h30m", 5400),
        ("2d", 172800),
        ("-3", 0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30),
        ("2026-11-20T12:01:00Z", 60),
        (str(int(NOON.timestamp()) + 9), 9),
        (str((int(NOON.timestamp()) + 9) * 1000), 9),
    ],
)
def test_spans_are_read_in_every_usual_form(text: str, seconds: float) -> None:
    """Seconds, spans with units, epochs, HTTP dates and RFC 3339 dates all give seconds from now."""
    assert span_s(text, NOON) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "1x", "m", "9" * 400, "Fri, 99 Nov", "1s and more"])
def test_what_cannot_be_read_says_nothing(text: str) -> None:
    """Nonsense is no wait."""
    assert span_s(text, NOON) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever a header says, the answer is None or a finite number of seconds that is not negative."""
    seconds = span_s(text, NOON)
    assert seconds is None or 0 <= seconds < 10**8


def test_milliseconds_win_over_seconds() -> None:
    """`retry-after-ms` is the finer word."""
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "1"}, NOON) == 0.25


def test_a_date_is_read_against_the_servers_own_clock() -> None:
    """When our clock is an hour off, a Retry-After date still means the server's seconds."""
    headers = {"retry-after": "Fri, 20 Nov 2026 13:00:10 GMT", "date": "Fri, 20 Nov 2026 13:00:00 GMT"}
    assert retry_after_s(headers, NOON) == 10
    assert retry_after_s({"retry-after": headers["retry-after"]}, NOON + timedelta(hours=1)) == 10


def test_what_is_left_of_limits() -> None:
    """OpenAI's, Anthropic's and the plain names are read; a remainder without a reset says nothing."""
    openai = {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "1s"}
    assert requests_left(openai, NOON) == Told(3, 1)
    anthropic = {"anthropic-ratelimit-tokens-remaining": "5", "anthropic-ratelimit-tokens-reset": "2026-11-20T12:00:02Z"}
    assert tokens_left(anthropic, NOON) == Told(5, 2)
    assert requests_left({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "8"}, NOON) == Told(0, 8)
    assert requests_left({"x-ratelimit-remaining-requests": "3"}, NOON) is None
    assert requests_left({"x-ratelimit-remaining-requests": "lots", "x-ratelimit-reset-requests": "1s"}, NOON) is None


def test_the_reset_of_the_exhausted_limit_counts() -> None:
    """With tokens used up and requests left, the tokens' reset is the wait."""
    headers = {
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-requests": "60s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "4s",
    }
    assert reset_s(headers, NOON) == 4
    assert reset_s({"x-ratelimit-reset": "5"}, NOON) == 5
    assert reset_s({}, NOON) is None


@pytest.mark.parametrize(
    ("headers", "joules"),
    [
        ({"x-energy-joules": "3.2"}, 3.2),
        ({"x-inference-energy-j": "0.5"}, 0.5),
        ({"x-energy-wh": "0.001"}, 3.6),
        ({"x-energy-mj": "1500"}, 1.5),
        ({"x-energy-joules": "-1"}, None),
        ({"x-energy-joules": "nan"}, None),
        ({"x-energy-calories": "1"}, None),
        ({"content-type": "application/json"}, None),
    ],
)
def test_energy_is_read_with_its_unit(headers: dict[str, str], joules: float | None) -> None:
    """Joules whatever the unit; what cannot be an energy is none."""
    assert energy_j(headers) == (None if joules is None else pytest.approx(joules))
