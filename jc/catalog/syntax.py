"""YAML 1.2, read strictly over libyaml's events; every key and value knows its line and column.

PyYAML's own rules read `no` as False, `16:30` as 990 and `3e-06` as text, and let a duplicate key win silently; its C composer
dies with a segmentation fault on deep nesting. So: events in one loop, a stack of our own, plain text resolved by YAML 1.2's core
rules, numbers as `Decimal` from their text, and no aliases, anchors, tags, duplicate keys or non-finite numbers. Everything
that is wrong with a file is found in one reading; only what breaks YAML itself ends it.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from jc.catalog.text import clean_text
from jc.catalog.tree import BROKEN, MAX_BYTES, MAX_DEPTH, MAX_FLAWS, Flaw, Map, Mark, Path, Reading

_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_MAX_DIGITS = 40
_MAX_EXPONENT = 30
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "false": False}
_OPENING = {MappingStartEvent: True, SequenceStartEvent: False}
_CLOSING = frozenset({MappingEndEvent, SequenceEndEvent})


def read(raw: bytes, *, marks: bool = True) -> Reading:
    """The tree of one YAML document, and all flaws of the text; never raises, whatever the bytes."""
    reading = Reading()
    if len(raw) > MAX_BYTES:
        reading.flaws.append(Flaw("too-large", 0, 0, f"the file has {len(raw):,} bytes; the limit is {MAX_BYTES:,}"))
        return reading
    text = clean_text(raw, reading.flaws)
    if text is None:
        return reading
    try:
        _Composer(text, reading, marks=marks).run()
    except yaml.YAMLError as error:
        reading.flaws.append(_refused(error))
    except _GivenUpError:
        pass
    if not reading.complete:
        reading.tree = None
    reading.flaws.sort(key=lambda flaw: (flaw.line, flaw.column))
    return reading


def resolve(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core rules: null, true, false, int, Decimal, else text; BROKEN for no number at all.

    `True`, `yes`, `0x1F`, `16:30` and `2026-06-30` are text: what they should be is for the shape of the file to say.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.match(text):
        return int(text) if len(text) <= _MAX_DIGITS else BROKEN
    if _FLOAT.match(text):
        number = Decimal(text) if len(text) <= _MAX_DIGITS else None
        return number if number is not None and abs(number.adjusted()) <= _MAX_EXPONENT else BROKEN
    return BROKEN if _NOT_FINITE.match(text) else text


class _GivenUpError(Exception):
    """The file is too deep or too wrong to be read on."""


class _Level:
    """One open container: the collection, the key that waits for its value, the lines of its keys, and its path."""

    __slots__ = ("collection", "discard", "is_key", "key", "key_mark", "lines", "path")

    def __init__(self, collection: Any, path: Path, *, is_key: bool) -> None:
        self.collection = collection
        self.key: str | None = None
        self.key_mark: Any = None
        self.discard = False
        """The value to come belongs to a refused key: read it, keep nothing."""
        self.is_key = is_key
        """This container stands where a key should."""
        self.lines: dict[str, int] = {}
        self.path = path


class _Composer:
    def __init__(self, text: str, reading: Reading, *, marks: bool) -> None:
        self.parser = yaml._yaml.CParser(text)  # noqa: SLF001  the one door to libyaml's events
        self.reading = reading
        self.marks = reading.marks if marks else None
        self.stack: list[_Level] = []

    def run(self) -> None:
        """Read to the end of the stream; the first document becomes the tree."""
        next_event: Callable[[], Any] = self.parser.get_event
        documents = 0
        while True:
            event = next_event()
            kind = type(event)
            if kind is ScalarEvent:
                self.scalar(event)
            elif kind in _OPENING:
                self.open(event, is_map=_OPENING[kind])
            elif kind in _CLOSING:
                self.close()
            elif kind is AliasEvent:
                self.flaw(event, "alias", f"an alias, `*{event.anchor}`", "write the value out")
                self.place(BROKEN, event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self.flaw(event, "document", "a second document", "one file holds one document: delete the `---`")
                    break
            elif kind is StreamEndEvent:
                break
        if not documents:
            self.reading.flaws.append(Flaw("empty", 1, 1, "the file is empty"))
        self.reading.complete = documents > 0

    def scalar(self, event: Any) -> None:
        """A key or a value."""
        if event.anchor is not None or event.tag is not None:
            self.properties(event)
        text = event.value
        if self.stack:
            level = self.stack[-1]
            if level.key is None and type(level.collection) is Map:
                self.key(level, text, event)
                return
        value = resolve(text) if event.implicit[0] else text
        if value is BROKEN:
            self.flaw(event, "number", f"`{text[:60]}` is no number to reckon with", "write a finite decimal number", len(text))
        self.place(BROKEN if event.tag is not None else value, event)

    def key(self, level: _Level, text: str, event: Any) -> None:
        """The key of the next value; of two equal keys the first stays."""
        start = event.start_mark
        level.key = text
        level.key_mark = start
        if text in level.lines:
            message = f"`{text}` stands twice in one mapping, first on line {level.lines[text]}"
            self.flaw(event, "duplicate-key", message, "keep one of them", len(text))
            level.discard = True
            return
        if text == "<<" and event.implicit[0]:
            self.flaw(event, "alias", "a merge key, `<<`", "write the values out", 2)
            level.discard = True
        level.lines[text] = start.line + 1

    def open(self, event: Any, *, is_map: bool) -> None:
        """A mapping or a list begins."""
        if event.anchor is not None or event.tag is not None:
            self.properties(event)
        if len(self.stack) >= MAX_DEPTH:
            self.flaw(event, "depth", f"nested more than {MAX_DEPTH} deep")
            raise _GivenUpError
        start = event.start_mark
        collection: Any = []
        if is_map:
            collection = Map()
            collection.line = start.line + 1
            collection.column = start.column + 1
        parent = self.stack[-1] if self.stack else None
        is_key = parent is not None and parent.key is None and type(parent.collection) is Map
        if is_key:
            self.flaw(event, "key", "a list or mapping as a key", "keys are plain text")
            self.stack.append(_Level(collection, (), is_key=True))
            return
        path = self.place(collection, event)
        self.stack.append(_Level(collection, path, is_key=False))

    def close(self) -> None:
        """The innermost container ends."""
        if self.stack.pop().is_key:
            self.stack[-1].key = ""
            self.stack[-1].discard = True

    def place(self, value: Any, event: Any) -> Path:
        """Put a value where it belongs, and note where it stands; its path comes back."""
        if not self.stack:
            self.reading.tree = value
            if self.marks is not None:
                self.marks[()] = _mark(None, event.start_mark)
            return ()
        level = self.stack[-1]
        collection = level.collection
        key: str | int
        if type(collection) is Map:
            if level.key is None:  # an alias where a key should stand
                level.key, level.discard = "", True
                return ()
            key, level.key = level.key, None
            if level.discard:
                level.discard = False
                return ()
            collection[key] = value
        else:
            key = len(collection)
            collection.append(value)
        if self.marks is None:
            return ()
        path = (*level.path, key)
        self.marks[path] = _mark(level.key_mark if type(key) is str else None, event.start_mark)
        return path

    def properties(self, event: Any) -> None:
        """An anchor or a tag: neither is ever obeyed."""
        if event.anchor is not None:
            self.flaw(event, "alias", f"an anchor, `&{event.anchor}`", "write the value out where it is needed")
        if event.tag is not None:
            self.flaw(event, "tag", f"a tag, `{event.tag}`", "delete it; values are plain")

    def flaw(self, event: Any, code: str, message: str, hint: str = "", length: int = 1) -> None:
        """Note a flaw where the event begins."""
        start = event.start_mark
        self.reading.flaws.append(Flaw(code, start.line + 1, start.column + 1, message, hint, length))
        if len(self.reading.flaws) >= MAX_FLAWS:
            raise _GivenUpError


def _mark(key: Any, value: Any) -> Mark:
    if key is None:
        return Mark(0, 0, value.line + 1, value.column + 1)
    return Mark(key.line + 1, key.column + 1, value.line + 1, value.column + 1)


def _refused(error: yaml.YAMLError) -> Flaw:
    """What libyaml says, with its place; the more telling of its two places is the one that names the problem."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read as YAML"
    context, start = getattr(error, "context", None), getattr(error, "context_mark", None)
    message = f"not YAML: {problem}" + (f" {context}" if context else "")
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    hint = ""
    if "mapping values" in problem:
        hint = "quote a text that holds `: `, or check the indentation"
    elif context and start is not None and (start.line + 1, start.column + 1) != (line, column):
        hint = f"it began on line {start.line + 1}, column {start.column + 1}"
    return Flaw("yaml", line, column, message, hint)
