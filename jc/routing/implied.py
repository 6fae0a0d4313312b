"""Which conditions of a route table contain others: what an earlier rule takes, a later one never sees."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from jc.routing.table import LONG_CONTEXT

Conditions = Mapping[str, Any]


def implies(narrow: Conditions, wide: Conditions) -> bool:
    """Whether every request that meets `narrow` meets `wide` too, as far as the conditions themselves tell."""
    return all(_holds(name, value, narrow) for name, value in wide.items())


def contradiction(when: Conditions) -> str:
    """Why no request can meet the conditions; empty when some can."""
    low, high = when.get("input_tokens_gt"), when.get("input_tokens_lt")
    if low is not None and high is not None and int(high) <= int(low) + 1:
        return f"no request has more than {int(low):,} and fewer than {int(high):,} input tokens"
    if when.get("long_context") is True and high is not None and int(high) <= LONG_CONTEXT + 1:
        return f"a long context has more than {LONG_CONTEXT:,} input tokens, and this one fewer than {int(high):,}"
    empty = [name for name, value in when.items() if isinstance(value, (tuple, list)) and not value]
    return f"`{empty[0]}` names nothing" if empty else ""


def _holds(name: str, value: Any, narrow: Conditions) -> bool:
    """Whether a condition of the wide ones follows from the narrow ones."""
    if name == "long_context" and value is True and int(narrow.get("input_tokens_gt", -1)) >= LONG_CONTEXT:
        return True
    if name == "input_tokens_gt" and narrow.get("long_context") is True and int(value) <= LONG_CONTEXT:
        return True
    return name in narrow and _within(name, narrow[name], value)


def _within(name: str, narrow: Any, wide: Any) -> bool:
    """Whether all that one value of a condition takes in is taken in by another."""
    if name.endswith("_gt"):
        return int(narrow) >= int(wide)
    if name.endswith("_lt"):
        return int(narrow) <= int(wide)
    if isinstance(wide, bool) or isinstance(narrow, bool):
        return bool(narrow == wide)
    return all(any(word == pattern or fnmatchcase(word, pattern) for pattern in _words(wide)) for word in _words(narrow))


def _words(value: Any) -> Sequence[str]:
    return [str(one) for one in (value if isinstance(value, (tuple, list)) else (value,))]
