"""What error answers mean."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.providers.failures import Fault, fault_in_answer, fault_of_status, told_by

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def fault(status: int, error: Any = None, **headers: str) -> Fault:
    """The fault of an error answer."""
    return fault_of_status(status, {name.replace("_", "-"): value for name, value in headers.items()}, told_by(error), NOON)


@pytest.mark.parametrize(
    ("status", "error", "kind", "scope"),
    [
        (400, {"message": "context length exceeded", "code": "context_length_exceeded"}, "bad_request", "unit"),
        (422, None, "bad_request", "unit"),
        (401, {"message": "Incorrect API key", "code": "invalid_api_key"}, "auth", "endpoint"),
        (403, {"message": "Country not supported"}, "auth", "endpoint"),
        (403, {"message": "Project has no access to model `x`"}, "auth", "model"),
        (402, {"message": "Insufficient Balance"}, "quota", "endpoint"),
        (404, {"message": "The model `x` does not exist", "code": "model_not_found"}, "not_found", "model"),
        (404, None, "not_found", "model"),
        (408, None, "timeout", "attempt"),
        (413, None, "bad_request", "unit"),
        (429, {"message": "slow down"}, "rate_limited", "attempt"),
        (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}, "quota", "endpoint"),
        (429, {"message": "Your credit balance is too low"}, "quota", "endpoint"),
        (429, {"message": "Budget has been exceeded", "type": "budget_exceeded"}, "quota", "endpoint"),
        (
            400,
            {"message": "Budget has been exceeded", "type": "budget_exceeded", "code": "insufficient_quota"},
            "quota",
            "endpoint",
        ),
        (500, None, "server", "attempt"),
        (501, None, "server", "unit"),
        (502, None, "server", "attempt"),
        (503, None, "overloaded", "attempt"),
        (504, None, "timeout", "attempt"),
        (529, {"type": "overloaded_error"}, "overloaded", "attempt"),
        (500, {"type": "overloaded_error"}, "overloaded", "attempt"),
        (307, None, "redirect", "unit"),
    ],
)
def test_each_status_has_its_kind_and_its_scope(status: int, error: Any, kind: str, scope: str) -> None:
    """Retry, give up the unit, the model or the endpoint."""
    found = fault(status, error)
    assert (found.failure.kind, found.scope) == (kind, scope)
    assert found.failure.retryable == (scope == "attempt")


def test_the_billing_page_in_a_rate_limits_message_is_no_quota_error() -> None:
    """Groq and OpenAI advertise their billing page in plain 429s."""
    message = (
        "Rate limit reached for tokens per minute. Need more? Visit https://example.com/settings/billing to add credit balance"
    )
    found = fault(429, {"message": message, "code": "rate_limit_exceeded"}, retry_after="3")
    assert (found.failure.kind, found.wait_s, found.budget) == ("rate_limited", 3, False)


def test_a_quota_that_comes_back_soon_is_a_rate_limit() -> None:
    """Gemini calls a per-minute limit a quota, and says when to come back."""
    assert not fault(429, {"message": "You exceeded your current quota"}, retry_after="21").budget
    assert fault(429, {"message": "You exceeded your current quota"}).budget


def test_a_budget_with_a_reset_says_when() -> None:
    """From Retry-After, a reset header or the error object."""
    told = {"message": "Budget exhausted", "type": "budget_exceeded"}
    assert fault(429, told, retry_after="7200").wait_s == 7200
    assert fault(429, told, x_ratelimit_reset="2026-11-20T13:00:00Z").wait_s == 3600
    assert fault(429, {**told, "reset_at": "2026-11-20T12:00:05Z"}).wait_s == 5
    assert fault(429, {**told, "metadata": {"headers": {"X-RateLimit-Reset": "9"}}}).wait_s == 9


def test_a_content_filter_is_not_a_bad_request() -> None:
    """The prompt was refused by a filter: the unit has the status `filtered`."""
    assert fault(400, {"message": "filtered", "code": "content_filter"}).filtered
    assert fault(403, {"message": "Input flagged by moderation"}).filtered


def test_only_what_may_have_been_charged_counts_as_sent() -> None:
    """A refusal costs nothing; a server error may have cost the answer."""
    assert not fault(429).sent
    assert not fault(401).sent
    assert fault(500).sent


def test_the_server_may_forbid_a_retry() -> None:
    """`x-should-retry: false` is obeyed."""
    assert fault(500, None, x_should_retry="false").scope == "unit"


def test_an_error_in_a_200_is_read_by_its_code() -> None:
    """OpenRouter sends the upstream's status inside; the answer may have been charged."""
    found = fault_in_answer({"message": "upstream", "code": 429}, {"retry-after": "4"})
    assert (found.failure.kind, found.failure.http_status, found.wait_s, found.sent) == ("rate_limited", 200, 4, True)
    assert fault_in_answer("boom", {}).failure.kind == "server"
    assert fault_in_answer({"type": "invalid_request_error"}, {}).failure.kind == "bad_request"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["message", "code", "type", "status", "metadata", "headers", "reset_at"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    st.integers(300, 999),
    _JSON,
    st.dictionaries(st.sampled_from(["retry-after", "location", "x-ratelimit-reset"]), st.text(max_size=9)),
)
def test_any_error_has_a_meaning(status: int, error: Any, headers: dict[str, str]) -> None:
    """Whatever a server sends as its error, it is one of the kinds, with a short message."""
    found = fault_of_status(status, headers, told_by(error), NOON)
    assert len(found.failure.message) <= 400
    assert found.wait_s is None or found.wait_s >= 0
    fault_in_answer(error, headers)
