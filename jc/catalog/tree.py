"""What reading a file gives: a plain tree, the flaws of the text, and where every key and value stands."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_FLAWS = 1000
"""After so many flaws a file is given up: nobody reads more, and a hostile file may hold millions."""


class Map(dict[str, Any]):
    """A mapping that knows where it begins (line and column from 1)."""

    __slots__ = ("column", "line")
    line: int
    column: int


class Broken:
    """The value in the place of something that was refused (an alias, a tag, a number that is none)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<refused>"


BROKEN = Broken()
Path = tuple[str | int, ...]


class Flaw(NamedTuple):
    """One thing wrong with the text of a file: a stable word for it, line and column from 1, what, and what to do."""

    code: str
    line: int
    column: int
    message: str
    hint: str = ""
    length: int = 1


class Mark(NamedTuple):
    """Where a key (0 in a list) and its value stand."""

    key_line: int
    key_column: int
    line: int
    column: int


@dataclass(slots=True)
class Reading:
    """The tree of one file, what is wrong with it, and the place of every key and value by path."""

    tree: Any = None
    flaws: list[Flaw] = field(default_factory=list)
    marks: dict[Path, Mark] = field(default_factory=dict)
    complete: bool = False
    """Whether the text was read to its end; if not, the tree is None."""
