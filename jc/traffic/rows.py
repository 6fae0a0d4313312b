"""One record of a log as a canonical row, or the reason why it is not one.

This is the authority on what a good row is: the fast reader (`scan.py`) only decides whether a row is surely clean, and hands
every other one to `canonical`.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from jc.traffic.schema import BY_ANY_NAME, BY_NAME, EXTRA, MAX_TOKENS, MOST, REQUIRED, SCALED, Column

Row = dict[str, Any]
_FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MICROSECOND = 4_102_444_800_000_000  # the year 2100


class Reason(StrEnum):
    """Why a line of a log is not a request that counts; the value is the key in JSON output."""

    TRUNCATED_JSON = "truncated_json"
    WRONG_TYPE = "wrong_type"
    MISSING_TOKENS = "missing_tokens"
    NEGATIVE_TOKENS = "negative_tokens"
    ABSURD_TOKENS = "absurd_tokens"
    CACHED_EXCEEDS_INPUT = "cached_exceeds_input"
    NO_TIMESTAMP = "no_timestamp"
    DUPLICATE_ID = "duplicate_id"
    NUL = "nul_byte"
    BAD_UTF8 = "bad_utf8"
    OVERSIZE_LINE = "oversize_line"


WORDS: Mapping[Reason, str] = {
    Reason.TRUNCATED_JSON: "truncated or malformed JSON",
    Reason.WRONG_TYPE: "wrong type",
    Reason.MISSING_TOKENS: "no token counts",
    Reason.NEGATIVE_TOKENS: "negative tokens",
    Reason.ABSURD_TOKENS: "absurd tokens",
    Reason.CACHED_EXCEEDS_INPUT: "more cached than input tokens",
    Reason.NO_TIMESTAMP: "no timestamp",
    Reason.DUPLICATE_ID: "duplicate id",
    Reason.NUL: "NUL byte",
    Reason.BAD_UTF8: "bad UTF-8",
    Reason.OVERSIZE_LINE: "oversize line",
}


class BadRow(Exception):  # noqa: N818  an outcome of one line, caught by the reader of the log
    """A row that does not count, with its reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def canonical(record: object, *, timed: bool) -> Row:
    """The canonical row of one record; BadRow with the first reason that applies.

    `timed` says that the log has timestamps, so that a row without one cannot be placed. `ts` becomes integer microseconds since
    1970 (UTC); flags become booleans; absent values stay absent.
    """
    if not isinstance(record, Mapping):
        raise BadRow(Reason.WRONG_TYPE)
    row: Row = {}
    for column, value in _known(record):
        if value is not None and column.name not in row:
            there = _value(column, value)
            if there is not None:
                row[column.name] = there
    for name, (target, factor) in SCALED.items():
        told = measure(record.get(name), MOST[BY_NAME[target].kind] / factor)
        if target not in row and told is not None:
            row[target] = told * factor
    _check_tokens(row)
    if timed and "ts" not in row:
        raise BadRow(Reason.NO_TIMESTAMP)
    return row


def _known(record: Mapping[str, Any]) -> Iterator[tuple[Column, Any]]:
    """The canonical columns that a record holds, under any of their names; canonical names first."""
    late = []
    for name, value in record.items():
        column = BY_ANY_NAME.get(name)
        if column is None:
            if isinstance(value, Mapping):
                late += [(BY_ANY_NAME[path], inner) for path, inner in _nested(name, value, 2) if path in BY_ANY_NAME]
        elif column.name == name:
            yield column, value
        else:
            late.append((column, value))
    yield from late


def _nested(prefix: str, value: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        path = f"{prefix}.{name}"
        yield path, inner
        if depth and isinstance(inner, Mapping):
            yield from _nested(path, inner, depth - 1)


def _value(column: Column, value: Any) -> Any:
    """A value as its column wants it; BadRow when it cannot be."""
    if column.kind == "tokens":
        return tokens(value)
    if column.kind == "time":
        return microseconds(value)
    if column.kind == "flag":
        return flag(value)
    if column.kind == "text":
        return value if isinstance(value, (str, list, dict)) else str(value).lower() if isinstance(value, bool) else str(value)
    if column.kind == "count":
        return tokens(value)
    return measure(value, MOST[column.kind])


def tokens(value: object) -> int:
    """A count of tokens; text, fractions, NaN and booleans are of the wrong type; negative and absurd ones are named so."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise BadRow(Reason.WRONG_TYPE)
    if not isinstance(value, int):
        if math.isnan(value):
            raise BadRow(Reason.WRONG_TYPE)
        if -MAX_TOKENS <= value <= MAX_TOKENS and value != int(value):
            raise BadRow(Reason.WRONG_TYPE)
    if value < 0:
        raise BadRow(Reason.NEGATIVE_TOKENS)
    if value > MAX_TOKENS:
        raise BadRow(Reason.ABSURD_TOKENS)
    return int(value)


def flag(value: object) -> bool:
    """Whether something is there: a boolean, a count, or the list of tools or images itself."""
    if isinstance(value, str):
        return value.strip().lower() not in {"", "0", "false", "no", "none", "null", "[]", "{}"}
    return bool(value)


def measure(value: object, most: float) -> float | None:
    """A latency, cost or energy up to the most that can be believed, also written as text; None for anything else.

    A row is not rejected for it: the tokens are what counts.
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not 0 <= value <= most:
        return None
    return float(value)


def microseconds(value: object) -> int:
    """A moment as integer microseconds since 1970: RFC 3339 text (no zone: UTC), a date, or an epoch in s to ns by its size."""
    if isinstance(value, datetime):
        return _since_1970(value)
    if isinstance(value, date):
        return _since_1970(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if isinstance(value, bool):
        raise BadRow(Reason.NO_TIMESTAMP)
    if isinstance(value, str):
        return _moment(value.strip())
    if isinstance(value, (int, float)) and math.isfinite(value):
        return _in_range(epoch_microseconds(value))
    raise BadRow(Reason.NO_TIMESTAMP)


def epoch_microseconds(value: float) -> int:
    """An epoch number as microseconds; its size tells its unit (s below 10¹¹, ms below 10¹⁴, µs below 10¹⁷, else ns)."""
    for limit, multiplier, divisor in ((1e11, 1_000_000, 1), (1e14, 1000, 1), (1e17, 1, 1)):
        if abs(value) < limit:
            return value * multiplier // divisor if isinstance(value, int) else round(value * multiplier / divisor)
    return int(value) // 1000


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(_trimmed(text))
    except ValueError:
        try:
            return _in_range(epoch_microseconds(float(text) if "." in text else int(text)))
        except (ValueError, OverflowError):
            raise BadRow(Reason.NO_TIMESTAMP) from None
    return _since_1970(moment)


def _since_1970(moment: datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _FIRST_TIME
    return _in_range((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds)


def _trimmed(text: str) -> str:
    """Digits of a second beyond the sixth are cut: nanoseconds in some logs, seven digits in others."""
    head, dot, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return head + dot + rest[: min(digits, 6)] + rest[digits:] if dot and digits > 6 else text


def _in_range(value: int) -> int:
    if not 0 <= value < LAST_MICROSECOND:
        raise BadRow(Reason.NO_TIMESTAMP)
    return value


def _check_tokens(row: Row) -> None:
    if any(name not in row for name in REQUIRED):
        raise BadRow(Reason.MISSING_TOKENS)
    if sum(row.get(name, 0) for name in EXTRA) > row["input_tokens"]:
        raise BadRow(Reason.CACHED_EXCEEDS_INPUT)
