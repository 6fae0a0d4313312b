"""Why a call failed, and what follows: try again, give up the unit, its model or the whole endpoint, wait for a reset.

The kinds are those of spec/evals.md (Running). Codes are matched before words, because words are translated and change:
`insufficient_quota` (OpenAI), `billing_not_active`, `budget_exceeded` (LiteLLM), 402 (OpenRouter, DeepSeek) mean that no
retry helps; 503, 529 and `overloaded_error` (Anthropic) that fewer requests do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from jc.providers.answer import sound
from jc.providers.call import Failure, FailureKind
from jc.providers.headers import reset_s, retry_after_s, span_s

Scope = Literal["attempt", "unit", "model", "endpoint"]
"""How much is given up: nothing yet, this call, this model at this endpoint, the endpoint."""

_QUOTA_CODES = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "access_terminated",
        "insufficient_balance",
        "insufficient_credits",
        "credit_balance_too_low",
        "payment_required",
        "quota_exceeded",
    }
)
_BUDGET_CODE = re.compile(r"budget|billing|spend", re.IGNORECASE)
_BUDGET = re.compile(r"budget|spend(?:ing)? limit|credit balance|insufficient (?:balance|credits?|quota|funds)", re.IGNORECASE)
_PLAN = re.compile(r"exceeded your current quota", re.IGNORECASE)
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation", "moderation_blocked", "ResponsibleAIPolicyViolation"})
_FILTER = re.compile(r"moderation|content (?:management )?policy|flagged", re.IGNORECASE)
_OVERLOAD_CODES = frozenset({"overloaded_error", "overloaded", "server_overloaded", "engine_overloaded"})
_MODEL = re.compile(r"\bmodel\b|deployment", re.IGNORECASE)
_PERMANENT = frozenset({400, 404, 405, 406, 410, 411, 413, 414, 415, 416, 422, 431, 451, 501, 505})
_OVERLOADED = frozenset({503, 529})
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Fault:
    """A failed attempt: the failure, what is given up, the server's wait in seconds, and what the limits make of it.

    `filtered` marks a provider's content filter: the unit gets the status `filtered` instead of `error`. `budget` marks a
    used-up budget or quota, which has a reset when `wait_s` is known. `sent` is False when nothing can have been charged.
    """

    failure: Failure
    scope: Scope = "attempt"
    wait_s: float | None = None
    overloaded: bool = False
    down: bool = False
    budget: bool = False
    filtered: bool = False
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What an error object says, whichever of the usual forms it has."""

    message: str = ""
    code: str = ""
    status: int | None = None
    reset: str = ""

    def is_budget(self, *, waits: bool) -> bool:
        """Whether money or quota has run out; `waits` is True when the server told when to come back."""
        if self.code in _QUOTA_CODES or _BUDGET_CODE.search(self.code):
            return True
        if self.code.startswith("rate_limit"):
            return False  # messages of plain rate limits advertise billing pages
        return bool(_BUDGET.search(self.message)) or (not waits and bool(_PLAN.search(self.message)))


def told_by(error: object) -> Told:
    """The error object (`{"message", "type", "code", …}`, a string, or anything) as far as it can be read."""
    if not isinstance(error, Mapping):
        return Told(message=_short(error)) if error else Told()
    codes = [error.get("code"), error.get("type"), error.get("status")]
    code = next((part for part in codes if isinstance(part, str) and part), "")
    if "content_filter" in codes:
        code = "content_filter"
    number = error.get("code")
    status = number if isinstance(number, int) and not isinstance(number, bool) and 400 <= number < 600 else None
    if status is None and isinstance(number, str) and re.fullmatch(r"[45]\d\d", number):
        status = int(number)
    return Told(_short(error.get("message") or error.get("detail") or code), code[:80], status, _reset_text(error))


def _reset_text(error: Mapping[str, Any]) -> str:
    """A reset time inside the error object: `reset_at`, `resets_at`, `retry_after`, or OpenRouter's metadata headers."""
    for name in ("reset_at", "resets_at", "reset", "retry_after"):
        if isinstance(error.get(name), str | int | float):
            return str(error[name])
    metadata = error.get("metadata")
    headers = metadata.get("headers") if isinstance(metadata, dict) else None
    if isinstance(headers, dict):
        return str(headers.get("X-RateLimit-Reset", ""))
    return ""


def _short(value: object) -> str:
    text = sound(" ".join(str(value).split()))
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def fault_of_status(status: int, headers: Mapping[str, str], told: Told, wall: datetime) -> Fault:
    """What an answer with an error status means."""
    if 300 <= status < 400:
        target = _short(headers.get("location", "nowhere"))[:120]
        return Fault(Failure("redirect", f"redirects to {target}; redirects are not followed", status), "unit", sent=False)
    wait = _wait_s(headers, told, wall)
    if status == 429 or told.code in _QUOTA_CODES or status == 402:
        return _limited(status, headers, told, wait, wall)
    if status >= 500 or status in {408, 409, 425}:
        return _server(status, headers, told, wait)
    return _refused(status, told)


def _wait_s(headers: Mapping[str, str], told: Told, wall: datetime) -> float | None:
    wait = retry_after_s(headers, wall)
    return wait if wait is not None or not told.reset else span_s(told.reset, wall)


def _limited(status: int, headers: Mapping[str, str], told: Told, wait: float | None, wall: datetime) -> Fault:
    if wait is None:
        wait = reset_s(headers, wall)
    if status == 402 or told.is_budget(waits=wait is not None):
        message = told.message or "the quota or budget is used up"
        return Fault(Failure("quota", message, status), "endpoint", wait, budget=True, sent=False)
    failure = Failure("rate_limited", told.message or "too many requests", status, retryable=True)
    return Fault(failure, wait_s=wait, overloaded=True, sent=False)


def _server(status: int, headers: Mapping[str, str], told: Told, wait: float | None) -> Fault:
    overloaded = status in _OVERLOADED or told.code in _OVERLOAD_CODES
    kind: FailureKind = "timeout" if status in {408, 504} else "overloaded" if overloaded else "server"
    retryable = status not in _PERMANENT and headers.get("x-should-retry") != "false"
    failure = Failure(kind, told.message or f"HTTP {status}", status, retryable=retryable)
    scope: Scope = "attempt" if retryable else "unit"
    return Fault(failure, scope, wait, overloaded=overloaded, down=status >= 500, sent=status >= 500)


def _refused(status: int, told: Told) -> Fault:
    message = told.message or f"HTTP {status}"
    about_model = bool(_MODEL.search(told.message) or _MODEL.search(told.code))
    if told.code in _FILTER_CODES or (status == 403 and _FILTER.search(told.message)):
        return Fault(Failure("bad_request", message, status), "unit", filtered=True, sent=False)
    if status in {401, 403}:
        scope: Scope = "model" if status == 403 and about_model else "endpoint"
        return Fault(Failure("auth", message, status), scope, sent=False)
    if status in {404, 410}:
        missing = told.message or f"HTTP {status}: no such model, or no such path below the base URL"
        return Fault(Failure("not_found", missing, status), "model", sent=False)
    return Fault(Failure("bad_request", message, status), "unit", sent=False)


def fault_in_answer(error: object, headers: Mapping[str, str]) -> Fault:
    """What an error object inside a 200 means: its own code counts; it may have been charged."""
    told = told_by(error)
    status = told.status
    if status is None:
        refused = "invalid" in told.code
        status = 429 if told.code == "rate_limit_exceeded" or told.code in _QUOTA_CODES else 400 if refused else 500
    fault = fault_of_status(status, headers, told, datetime.now(UTC))
    failure = Failure(fault.failure.kind, f"200 with an error: {fault.failure.message}", 200, fault.failure.retryable)
    return Fault(failure, fault.scope, fault.wait_s, fault.overloaded, down=False, budget=fault.budget, filtered=fault.filtered)


def broken(kind: Literal["malformed", "too_large"], message: str, status: int | None) -> Fault:
    """A body that cannot be taken; one that is too large would be so again and cost again."""
    retryable = kind == "malformed"
    return Fault(Failure(kind, message, status, retryable), "attempt" if retryable else "unit")


def timed_out(seconds: float) -> Fault:
    """No whole answer before the deadline; it may have been charged."""
    return Fault(Failure("timeout", f"no complete answer within {seconds:g} s", None, retryable=True), overloaded=True, down=True)


def unconnected(message: str, *, sent: bool, permanent: bool = False) -> Fault:
    """The connection failed; `sent` is True when the request may have arrived. Permanent (TLS, bad URL) stops the endpoint."""
    failure = Failure("connection", _short(message), None, retryable=not permanent)
    return Fault(failure, "endpoint" if permanent else "attempt", down=True, sent=sent)
