"""A fast reader for the plain layout that catalogs are written in; whatever else a text holds, it leaves to the strict reader.

Block mappings and lists with one key or item a line, values that are one plain or simply quoted scalar, or one flow collection on
the same line: of such text this reader makes exactly the tree that libyaml's events make, in a third of the time. At the first
line that is anything else, errors included, it gives up, and `syntax.read` reads the text and says what is wrong. A law in the
tests compares the two over generated and mutated texts.
"""

import re
from typing import Any

from jc.catalog.syntax import resolve
from jc.catalog.tree import BROKEN, MAX_DEPTH, Map

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]{0,99}\Z")
_KEY_IN_FLOW = re.compile(r"([A-Za-z_][A-Za-z0-9_./-]{0,99}): +")
_FIRST = re.compile(r"[\w/.+($~]|-[A-Za-z0-9.]")
_SPECIAL = re.compile(r"""[{}\[\]"'#?]""")
_COLON = re.compile(r":(?![A-Za-z0-9/])")
_QUOTED = re.compile(r""""([^"\\]*)"|'([^']*)'""")
_PLAIN_IN_FLOW = re.compile(r"""[^,{}\[\]"'#?]+""")
_TAIL = re.compile(r" *(?: #.*)?\Z")
_MISSING = object()
_NOTHING = frozenset({"", "#"})


class _NotPlainError(Exception):
    """The text is not in the plain layout."""


def read_plain(text: str) -> Map | None:
    """The tree of a text in the plain layout; None when it is not, for whatever reason."""
    try:
        return _Reader().read(text)
    except _NotPlainError:
        return None


class _Reader:
    def __init__(self) -> None:
        self.root = Map()
        self.root.line = 0
        self.stack: list[tuple[int, Any]] = [(-1, self.root)]
        self.pending: tuple[Map, str, int] | None = None
        """A key whose value may stand on the lines below: the mapping, the key, and how far the mapping is indented."""
        self.scalars: dict[str, Any] = {}
        self.keys: set[str] = set()
        self.flat: dict[str, list[Any] | dict[str, Any]] = {}
        """Flow collections that hold only scalars, by their text."""

    def read(self, text: str) -> Map:
        """Read line by line."""
        stack, entry = self.stack, self.entry
        for number, line in enumerate(text.split("\n"), 1):
            body = line.lstrip(" ")
            first = body[:1]
            if first in _NOTHING:
                continue
            indent = len(line) - len(body)
            if first == "-" and body[1:2] == " ":
                self.item(body[2:], indent, number)
                continue
            top_indent, top = stack[-1]
            if top_indent != indent or self.pending is not None or type(top) is not Map:
                top = self.mapping(indent, number)
            entry(top, body, indent, number)
        if not self.root.line:
            raise _NotPlainError
        return self.root

    def mapping(self, indent: int, number: int) -> Map:
        """The mapping that an entry at this depth belongs to."""
        stack, pending = self.stack, self.pending
        if not self.root.line:
            return self.first(indent, number)
        if pending is not None:
            self.pending = None
            if indent > pending[2]:
                return self.begin(pending, indent, number)
        top_indent, top = stack[-1]
        while top_indent > indent or (top_indent == indent and type(top) is list):
            stack.pop()
            if not stack:
                raise _NotPlainError
            top_indent, top = stack[-1]
        if top_indent != indent:
            raise _NotPlainError
        return top  # type: ignore[no-any-return]

    def first(self, indent: int, number: int) -> Map:
        """The mapping of the whole file, which begins at the left edge."""
        if indent:
            raise _NotPlainError
        self.stack[0] = (0, self.root)
        self.root.line, self.root.column = number, 1
        return self.root

    def begin(self, pending: tuple[Map, str, int], indent: int, number: int) -> Map:
        """The mapping below a key."""
        new = Map()
        new.line, new.column = number, indent + 1
        pending[0][pending[1]] = new
        self.push(indent, new)
        return new

    def push(self, indent: int, container: Any) -> None:
        """Go one level deeper."""
        if len(self.stack) >= MAX_DEPTH - 8:
            raise _NotPlainError
        self.stack.append((indent, container))

    def item(self, body: str, indent: int, number: int) -> None:
        """An item of a block list: an entry of a new mapping, or a value."""
        items = self.items(indent)
        first = body[:1]
        if first in {"", " ", "#", "-"}:
            raise _NotPlainError
        key = body.partition(":")[0]
        if first in "{[\"'" or not (body[len(key) : len(key) + 2] in {": ", ":"} and self.is_key(key)):
            items.append(self.value(body, number, indent + 3))
            return
        new = Map()
        new.line, new.column = number, indent + 3
        items.append(new)
        self.push(indent + 2, new)
        self.entry(new, body, indent + 2, number)

    def items(self, indent: int) -> list[Any]:
        """The list that an item at this depth belongs to."""
        stack, pending = self.stack, self.pending
        if pending is not None:
            self.pending = None
            if indent >= pending[2]:
                new: list[Any] = []
                pending[0][pending[1]] = new
                self.push(indent, new)
                return new
        while stack[-1][0] > indent:
            stack.pop()
        top_indent, top = stack[-1]
        if top_indent != indent or type(top) is not list:
            raise _NotPlainError
        return top

    def entry(self, mapping: Map, body: str, indent: int, number: int) -> None:
        """One key with its value, or with nothing yet."""
        key, colon, rest = body.partition(": ")
        if not colon:
            if key[-1] != ":":
                raise _NotPlainError
            key = key[:-1]
        if key in mapping or not (key in self.keys or self.is_key(key)):
            raise _NotPlainError
        rest = rest.lstrip(" ")
        if not rest or rest[0] == "#":
            mapping[key] = None
            self.pending = (mapping, key, indent)
            return
        value = self.scalars.get(rest, _MISSING)
        mapping[key] = self.value(rest, number, indent + len(body) - len(rest) + 1) if value is _MISSING else value

    def is_key(self, key: str) -> bool:
        """Whether a text is a plain key; known ones are remembered."""
        if key in self.keys:
            return True
        if _KEY.match(key) is None:
            return False
        self.keys.add(key)
        return True

    def value(self, text: str, number: int, column: int) -> Any:
        """A scalar or a flow collection; `column` is where it begins."""
        first = text[0]
        if first in "{[":
            return self.flow(text, number, column)
        if first in "\"'":
            match = _QUOTED.match(text)
            if match is None or _TAIL.match(text, match.end()) is None:
                raise _NotPlainError
            value = match[1] if match[1] is not None else match[2]
        else:
            value = self.plain(text.partition(" #")[0].rstrip(" "))
        self.scalars[text] = value
        return value

    def plain(self, text: str) -> Any:
        """A plain scalar outside flow collections."""
        if _FIRST.match(text) is None or ": " in text or text[-1] == ":":
            raise _NotPlainError
        value = resolve(text)
        if value is BROKEN:
            raise _NotPlainError
        return value

    def flow(self, text: str, number: int, column: int) -> Any:
        """A flow collection: by its text when it was seen before, by splitting when it is simple, else character by character."""
        found = self.flat.get(text)
        if found is None:
            inner = text[1:-1]
            if text[-1] not in "}]" or _SPECIAL.search(inner) is not None:
                return self.nested(text, number, column)
            found = self.flat_map(inner) if text[0] == "{" and text[-1] == "}" else self.flat_list(text)
            self.flat[text] = found
        if type(found) is list:
            return found
        out = Map(found)
        out.line, out.column = number, column
        return out

    def flat_map(self, inner: str) -> dict[str, Any]:
        """`key: value, key: value` without anything special."""
        out: dict[str, Any] = {}
        if not inner.strip(" "):
            return out
        for part in inner.split(", "):
            key, colon, value = part.strip(" ").partition(": ")
            if not colon or key in out or not self.is_key(key):
                raise _NotPlainError
            out[key] = self.flow_plain(value.strip(" "))
        return out

    def flat_list(self, text: str) -> list[Any]:
        """`value, value` without anything special."""
        if text[0] != "[" or text[-1] != "]":
            raise _NotPlainError
        inner = text[1:-1]
        return [self.flow_plain(part.strip(" ")) for part in inner.split(", ")] if inner.strip(" ") else []

    def flow_plain(self, text: str) -> Any:
        """A plain scalar inside a flow collection, where fewer characters are allowed."""
        if not text or "," in text or (":" in text and _COLON.search(text) is not None):
            raise _NotPlainError
        value = self.scalars.get(text, _MISSING)
        if value is _MISSING:
            value = self.scalars[text] = self.plain(text)
        return value

    def nested(self, text: str, number: int, column: int) -> Any:
        """A flow collection with quotes, or with others inside."""
        value, end = self.collection(text, 0, number, column, 1)
        if _TAIL.match(text, end) is None:
            raise _NotPlainError
        if type(value) is Map and not any(type(item) is Map for item in value.values()) and not _lists_of_maps(value):
            self.flat[text] = dict(value)
        return value

    def collection(self, text: str, at: int, number: int, column: int, depth: int) -> tuple[Any, int]:
        """The collection that opens at `at`, and where it ends."""
        if depth > 8:
            raise _NotPlainError
        closing = "}" if text[at] == "{" else "]"
        out: Any = []
        if closing == "}":
            out = Map()
            out.line, out.column = number, column + at
        at = _blank(text, at + 1)
        if text[at : at + 1] == closing:
            return out, at + 1
        while True:
            at = self.member(text, at, out, (number, column, depth))
            if text[at : at + 1] == closing:
                return out, at + 1
            if text[at : at + 2] != ", ":
                raise _NotPlainError
            at = _blank(text, at + 1)

    def member(self, text: str, at: int, out: Any, place: tuple[int, int, int]) -> int:
        """One item or entry of a flow collection; where the next sign stands."""
        key = None
        if type(out) is Map:
            match = _KEY_IN_FLOW.match(text, at)
            if match is None or match[1] in out:
                raise _NotPlainError
            key, at = match[1], match.end()
        if text[at : at + 1] in {"{", "["}:
            value, at = self.collection(text, at, place[0], place[1], place[2] + 1)
        else:
            value, at = self.flow_scalar(text, at)
        if key is None:
            out.append(value)
        else:
            out[key] = value
        return _blank(text, at)

    def flow_scalar(self, text: str, at: int) -> tuple[Any, int]:
        """A scalar of a flow collection, and where it ends."""
        match = _QUOTED.match(text, at)
        if match is not None:
            return match[1] if match[1] is not None else match[2], match.end()
        match = _PLAIN_IN_FLOW.match(text, at)
        if match is None:
            raise _NotPlainError
        return self.flow_plain(match[0].rstrip(" ")), match.end()


def _lists_of_maps(mapping: Map) -> bool:
    return any(type(item) is list and any(type(child) in {Map, list} for child in item) for item in mapping.values())


def _blank(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    return at
