"""Which names carry the columns of a log, as sampled records show, and what a typed file says of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from jc.traffic.schema import BY_ANY_NAME, BY_NAME, COLUMNS, SCALED, Column, names_of

ALWAYS = ("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens")
"""Columns that bear on money are read whether a sample held them or not."""
_WATCHED = (
    "request_id", "key", "org", "model", "served_model", "route_class", "cached_input_tokens", "cache_write_tokens", "images",
    "tools", "vision", "structured_output", "routing", "swap_opt_in", "region", "mode", "cost_usd",
)  # fmt: skip
"""Columns that change a price or a decision: a row that holds one that no sample showed is read carefully."""


Type = Literal["whole", "number", "boolean", "moment", "struct"]
_WHOLE = r"U?(TINY|SMALL|BIG)INT|U?INTEGER|DECIMAL\(\d+,0\)"
_TYPES: Mapping[Type, str] = {
    "whole": _WHOLE,
    "number": _WHOLE + r"|U?HUGEINT|FLOAT|DOUBLE|DECIMAL\(.*\)",
    "boolean": "BOOLEAN",
    "moment": "TIMESTAMP( WITH TIME ZONE)?",
    "struct": r"STRUCT\(.*\)",
}
"""DuckDB's names of the types that a typed file can hold these in."""


def is_type(name: str, wanted: Type) -> bool:
    """Whether a type of DuckDB can hold what is wanted."""
    return re.fullmatch(_TYPES[wanted], name) is not None


@dataclass(frozen=True, slots=True)
class Layout:
    """Which source names carry each canonical column, in the order in which they are tried."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numeric_time: bool = False
    timed: bool = False
    """Whether a row without a timestamp is a fault: most of the sampled ones had one."""
    unseen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Names that no sample showed, and the columns that matter of which they would tell: a row with such a name is strange."""
    types: Mapping[str, str] = field(default_factory=dict)
    """DuckDB's types of the columns of a file that has types; what is a number there need not be checked for being text."""

    def __contains__(self, column: object) -> bool:
        return column in self.names

    def typed(self, column: str, wanted: Type) -> bool:
        """Whether the file itself says that all that carries a column is of a wanted type."""
        return all(is_type(self.types.get(path, ""), wanted) for path in self.names[column])


def layout_of(records: Iterable[object], *, columnar: bool = False) -> Layout:
    """The layout that sampled records show; in a `columnar` file a column is there even where the sample found it empty."""
    seen: dict[str, dict[str, None]] = {}
    numeric = False
    rows = timed = 0
    for record in records:
        if not isinstance(record, Mapping):
            continue
        rows += 1
        for path, value in _paths(record):
            column = BY_ANY_NAME.get(path) or (BY_NAME[SCALED[path][0]] if path in SCALED else None)
            if column is None or (value is None and not (columnar and column.name in _WATCHED and column.name != "route_class")):
                continue
            seen.setdefault(column.name, {})[path] = None
            if column.name == "ts":
                timed += 1
                numeric |= not isinstance(value, str)
    unseen = {} if columnar else _unseen(seen)
    if not columnar:  # a table has the columns of its head and no others
        _complete(seen)
    return Layout({name: _ordered(BY_NAME[name], found) for name, found in seen.items()}, numeric, 2 * timed > rows, unseen)


def _unseen(seen: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """The names at the top level of a record under which watched columns could still come up."""
    tops = {path.partition(".")[0] for paths in seen.values() for path in paths}
    found: dict[str, frozenset[str]] = {}
    for column in _WATCHED:
        for path in () if column in seen else names_of(BY_NAME[column]):
            name = path.partition(".")[0]
            if name not in tops and name not in ALWAYS:
                found[name] = found.get(name, frozenset()) | {column}
    return found


def _complete(seen: dict[str, dict[str, None]]) -> None:
    """Add what is read anyway: the token columns, and all token counts inside an object that is read."""
    nested = {path.partition(".")[0] for paths in seen.values() for path in paths if "." in path}
    for name in ALWAYS:
        seen.setdefault(name, {}).setdefault(name)
    for column in COLUMNS:
        if column.kind == "tokens":
            for path in column.aliases:
                if "." in path and path.partition(".")[0] in nested:
                    seen.setdefault(column.name, {}).setdefault(path)


def _paths(record: Mapping[str, Any], prefix: str = "", depth: int = 2) -> Iterable[tuple[str, Any]]:
    for name, value in record.items():
        path = prefix + name
        yield path, value
        if depth and isinstance(value, Mapping):
            yield from _paths(value, path + ".", depth - 1)


def _ordered(column: Column, found: Iterable[str]) -> tuple[str, ...]:
    known = [name for name in names_of(column) if name in found]
    return tuple(known + [name for name in found if name not in known])
