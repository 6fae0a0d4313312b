"""Amounts on the command line: durations, shares, moments, names with shares; each wrong one is named with its flag."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from jc.cli.output import problem

_UNITS = {"s": 1.0, "ms": 1e-3, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)\Z")


def duration_s(flag: str, text: str | None) -> float | None:
    """Seconds from `2s`, `500ms`, `5h` or a plain number of seconds."""
    if text is None:
        return None
    bare = text.strip()
    return span_s(flag, bare + "s" if bare[-1:].isdigit() else text, hint="write 2s, 500ms, 5h or a number of seconds")


def span_s(flag: str, text: str, hint: str) -> float:
    """Seconds from a duration that says its unit."""
    match = _DURATION.match(text.strip().lower())
    if match is not None and not match[2]:
        raise problem(f"`{flag} {text}`: which unit?", hint=hint)
    if match is None or match[2] not in _UNITS or not math.isfinite(float(match[1])):
        raise problem(f"`{flag} {text}`: not a duration", hint=hint)
    return float(match[1]) * _UNITS[match[2]]


def share(flag: str, text: str | None, *, of_whole: bool = False) -> float | None:
    """A share from `1%` or `0.01`; a share `of_whole` lies between 0 and 1."""
    if text is None:
        return None
    raw = text.strip()
    try:
        value = float(raw.removesuffix("%").strip()) / (100 if raw.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise problem(f"`{flag} {text}`: not a share", hint="write 5% or 0.05")
    if of_whole and not 0 <= value <= 1:
        raise problem(f"`{flag} {text}`: a share lies between 0% and 100%", hint="write 5% or 0.05")
    return value


def moment(flag: str, text: str | None) -> datetime | None:
    """A day or a moment (UTC unless it says otherwise)."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise problem(f"`{flag} {text}`: not a day or moment", hint="write 2026-06-30 or 2026-06-30T12:00:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def shares(flag: str, text: str | None, also: Iterable[str] = ()) -> tuple[tuple[str, float], ...]:
    """Classes, each once, with shares that sum to one, from `simple=0.6,general=0.4`; `also` are classes beside the usual."""
    if text is None:
        return ()
    from jc.routing.classes import ROUTE_CLASSES

    known = dict.fromkeys((*ROUTE_CLASSES, *also))
    found: list[tuple[str, float]] = []
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise problem(f"`{flag} {text}`: `{part.strip()}` is no share of a class", hint="write simple=0.6,general=0.4")
        if name.strip() not in known:
            raise problem(f"`{flag} {text}`: no class `{name.strip()}`", hint=f"classes: {', '.join(known)}")
        if name.strip() in dict(found):
            raise problem(f"`{flag} {text}`: `{name.strip()}` has two shares", hint="name each class once")
        found.append((name.strip(), share(flag, value) or 0.0))
    if any(value < 0 for _, value in found) or abs(sum(value for _, value in found) - 1) > 1e-6:
        total = f"the shares sum to {sum(value for _, value in found):g}, not to 1"
        raise problem(f"`{flag} {text}`: {total}", hint="write simple=0.6,general=0.4")
    return tuple(found)


def usd_pico(flag: str, text: str) -> int:
    """Dollars as whole pico-dollars."""
    from decimal import Decimal, InvalidOperation

    try:
        value = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or value > 10**6:
        raise problem(f"`{flag} {text}`: not an amount in USD", hint="write 5.00")
    return int(value * 10**12)
