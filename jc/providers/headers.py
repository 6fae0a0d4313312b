"""What response headers tell: how long to wait, what is left of a limit, the energy of the answer, and who answered.

Names of headers are lower case here. Nothing a header says is trusted beyond its form: what cannot be read says nothing.
Forms: RFC 9110 (Retry-After in seconds or as a date), OpenAI's and Groq's `x-ratelimit-*` (`6m0s`, `120ms`), OpenRouter's
`x-ratelimit-reset` (epoch milliseconds), Anthropic's `anthropic-ratelimit-*` (RFC 3339).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|s|m|h|d)")
_SPAN_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_S = 400 * 86400.0
_EPOCH_S = 1e9
_EPOCH_MS = 1e11
_ENERGY = re.compile(r"(?:energy|joules?)")
_ENERGY_J = {"kwh": 3.6e6, "wh": 3600.0, "kj": 1e3, "mj": 1e-3, "j": 1.0, "joule": 1.0, "joules": 1.0, "energy": 1.0}


@dataclass(frozen=True, slots=True)
class Told:
    """What is left of one limit (requests or tokens), and in how many seconds it is whole again."""

    remaining: float
    reset_s: float


def span_s(text: str, wall: datetime) -> float | None:
    """Seconds from now: `1.5`, `120ms`, `6m0s`, an epoch in seconds or milliseconds, an HTTP or RFC 3339 date; else None."""
    text = text.strip()
    if not text or len(text) > 64:
        return None
    try:
        number = float(text)
    except ValueError:
        return _span_of_words(text, wall)
    if not math.isfinite(number):
        return None
    if number >= _EPOCH_MS:
        number = number / 1000 - wall.timestamp()
    elif number >= _EPOCH_S:
        number -= wall.timestamp()
    return _bounded(number)


def _span_of_words(text: str, wall: datetime) -> float | None:
    parts = _SPAN.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return _bounded(sum(float(number) * _SPAN_S[unit] for number, unit in parts))
    at = _date(text)
    return None if at is None else _bounded((at - wall).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _bounded(seconds: float) -> float | None:
    return min(max(0.0, seconds), _LONGEST_S) if math.isfinite(seconds) else None


def retry_after_s(headers: Mapping[str, str], wall: datetime) -> float | None:
    """Seconds that the server asks to wait; dates are read against the server's own `Date` so that our clock does not matter."""
    if (text := headers.get("retry-after-ms")) is not None:
        milliseconds = span_s(text, wall)
        if milliseconds is not None:
            return milliseconds / 1000
    if (text := headers.get("retry-after")) is None:
        return None
    server = _date(headers["date"]) if "date" in headers else None
    return span_s(text, server or wall)


def reset_s(headers: Mapping[str, str], wall: datetime) -> float | None:
    """Seconds until a limit that is used up is whole again, from the reset headers; the longest of the exhausted ones."""
    exhausted = [
        told.reset_s for told in (requests_left(headers, wall), tokens_left(headers, wall)) if told and told.remaining < 1
    ]
    if exhausted:
        return max(exhausted)
    for name in ("x-ratelimit-reset", "ratelimit-reset", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"):
        if name in headers and (seconds := span_s(headers[name], wall)) is not None:
            return seconds
    return None


def requests_left(headers: Mapping[str, str], wall: datetime) -> Told | None:
    """What is left of the limit on requests."""
    return (
        _told(headers, "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", wall)
        or _told(headers, "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset", wall)
        or _told(headers, "x-ratelimit-remaining", "x-ratelimit-reset", wall)
    )


def tokens_left(headers: Mapping[str, str], wall: datetime) -> Told | None:
    """What is left of the limit on tokens."""
    return _told(headers, "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", wall) or _told(
        headers, "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset", wall
    )


def _told(headers: Mapping[str, str], remaining: str, reset: str, wall: datetime) -> Told | None:
    if remaining not in headers or reset not in headers:
        return None
    seconds = span_s(headers[reset], wall)
    try:
        left = float(headers[remaining])
    except ValueError:
        return None
    return Told(max(0.0, left), seconds) if seconds is not None and math.isfinite(left) else None


def energy_j(headers: Mapping[str, str]) -> float | None:
    """Joules of the answer, from a header whose name holds `energy` or `joule`; its last word is the unit (J when none).

    The gateways that send one do not agree on the name: `x-energy-joules`, `x-inference-energy-j`, `x-energy-wh` are read.
    """
    for name, text in headers.items():
        if not _ENERGY.search(name):
            continue
        factor = _ENERGY_J.get(name.rsplit("-", 1)[-1])
        try:
            value = float(text)
        except ValueError:
            continue
        if factor is not None and math.isfinite(value) and value >= 0:
            return value * factor
    return None
