"""YAML 1.2, read strictly over libyaml's events; every key and value knows its line and column.

PyYAML's own rules read `no` as False, `16:30` as 990 and `3e-06` as text, and let a duplicate key win silently; its C composer dies
with a segmentation fault on deep nesting. So: events in one loop with a stack of our own, plain text resolved by the YAML 1.2 core
rules, numbers as `Decimal` from their text, and no aliases, anchors, tags, duplicate keys, tabs or non-finite numbers. Everything
that is wrong with a file is found in one reading; only what breaks YAML itself ends it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_FLAWS = 1000
"""After so many flaws a file is given up: nobody reads more, and a hostile file may hold millions."""

_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]|\t"
)
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_MAX_DIGITS = 40
_MAX_EXPONENT = 30


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


def read(raw: bytes, *, marks: bool = True) -> Reading:
    """The tree of one YAML document, and all flaws of the text; never raises on any bytes."""
    reading = Reading()
    if len(raw) > MAX_BYTES:
        reading.flaws.append(Flaw("too-large", 0, 0, f"the file has {len(raw):,} bytes; the limit is {MAX_BYTES:,}"))
        return reading
    text = clean_text(raw, reading.flaws)
    if text is not None:
        from jc.catalog.composer import compose

        compose(text, reading, marks=marks)
    return reading


def clean_text(raw: bytes, flaws: list[Flaw]) -> str | None:
    """The text of the file with odd characters blanked out, so that the columns after them stay right; None if not UTF-8."""
    if not raw.translate(None, _PRINTABLE):
        return raw.decode("ascii")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        message = f"not UTF-8: byte 0x{raw[error.start]:02x}"
        flaws.append(Flaw("encoding", line, column, message, "save the file as UTF-8"))
        return None
    if text.startswith("\ufeff"):
        flaws.append(Flaw("encoding", 1, 1, "the file begins with a byte order mark", "save it as UTF-8 without BOM"))
        text = text[1:]
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _ODD.search(text):
        text = _without_odd(text, flaws)
    if not unicodedata.is_normalized("NFC", text):
        flaws.extend(_not_normal(text))
    return text


def _without_odd(text: str, flaws: list[Flaw]) -> str:
    line, line_start, seen = 1, 0, 0
    tab_line = 0
    for match in _ODD.finditer(text):
        at = match.start()
        line += text.count("\n", seen, at)
        line_start = text.rfind("\n", 0, at) + 1
        seen = at
        if text[at] == "\t":
            if line != tab_line:
                flaws.append(Flaw("tab", line, at - line_start + 1, "a tab", "use spaces"))
            tab_line = line
        else:
            name = f"U+{ord(text[at]):04X}"
            flaws.append(Flaw("control", line, at - line_start + 1, f"the character {name}, which cannot be seen", "delete it"))
        if len(flaws) >= MAX_FLAWS:
            break
    return _ODD.sub(" ", text)


def _not_normal(text: str) -> Iterator[Flaw]:
    for number, line in enumerate(text.split("\n"), 1):
        if not unicodedata.is_normalized("NFC", line):
            normal = unicodedata.normalize("NFC", line)
            column = next((i for i, (a, b) in enumerate(zip(line, normal, strict=False)) if a != b), len(normal)) + 1
            yield Flaw("encoding", line=number, column=column, message="not in Unicode normal form C", hint="normalise it (NFC)")


def resolve(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core rules: null, true, false, int, Decimal, else text; BROKEN for no number at all.

    `True`, `yes`, `0x1F`, `16:30` and `2026-06-30` are text: what they should be is for the shape of the file to say.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first not in "+-.0123456789":
        return text
    if _INT.match(text):
        return int(text) if len(text) <= _MAX_DIGITS else BROKEN
    if _FLOAT.match(text):
        number = Decimal(text) if len(text) <= _MAX_DIGITS else None
        return number if number is not None and abs(number.adjusted()) <= _MAX_EXPONENT else BROKEN
    return BROKEN if _NOT_FINITE.match(text) else text


_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "false": False}
