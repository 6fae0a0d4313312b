"""Small conversions that several formats share; a value that is not what it should be stays as it is and is rejected later."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jc.traffic.rows import BadRow, microseconds

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of log: its name, the keys by which it is recognised, and what one record becomes.

    `convert` gives a record with canonical names (usually one, several for a batch of spans, none for what is no model call).
    `relative_us` is the unit of its times in microseconds when they count from the start of the log instead of from 1970.
    """

    name: str
    title: str
    recognise: Callable[[frozenset[str]], bool]
    convert: Callable[[Record], Iterable[Record]]
    note: str = ""
    relative_us: float | None = None
    block_tokens: int | None = None
    """How many tokens each block in `prefix_hash` stands for."""


def has(*names: str) -> Callable[[frozenset[str]], bool]:
    """A recogniser: all of these keys are there."""
    wanted = frozenset(names)
    return lambda keys: wanted <= keys


def filled(record: Record) -> dict[str, Any]:
    """The record without empty values."""
    return {name: value for name, value in record.items() if value is not None and value != ""}


def first(record: Record, *names: str) -> Any:
    """The first of these values that is there; a dot goes into an object."""
    for name in names:
        value: Any = record.get(name)
        if value is None and "." in name:
            value = record
            for part in name.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None and value != "":
            return value
    return None


def total(*values: Any) -> Any:
    """The sum of the counts that are there; when one is no number it comes back alone, to be rejected by its own reason."""
    there = [value for value in values if value is not None]
    for value in there:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
    return sum(there) if there else None


def scaled(value: Any, factor: float) -> Any:
    """A number in another unit; anything else as it is."""
    return value * factor if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def between_ms(start: Any, end: Any) -> float | None:
    """Milliseconds between two moments, None when one is missing or the order is wrong."""
    if start is None or end is None:
        return None
    try:
        passed = microseconds(end) - microseconds(start)
    except BadRow:
        return None
    return passed / 1000 if passed >= 0 else None


def with_anthropic_cache(fresh: Any, cached: Any, written: Any) -> dict[str, Any]:
    """Canonical token counts from Anthropic's, whose `input_tokens` exclude what was read from and written to the cache."""
    return filled({"input_tokens": total(fresh, cached, written), "cached_input_tokens": cached, "cache_write_tokens": written})
