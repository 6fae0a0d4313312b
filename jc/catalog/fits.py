"""Does a tree have the shape of its file? A yes or no, compiled from the kept JSON Schemas.

pydantic makes an object for every mapping it accepts, which costs more than reading the file, and its import costs more than a
whole catalog; a sound file needs only a yes. Only what the shapes use of JSON Schema is known here. A law in the tests holds that
this and pydantic say the same of any tree; what is refused here, `conform.misfits` explains.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from jc.catalog.kept import kept_schemas
from jc.catalog.kinds import FileKind
from jc.catalog.tree import Map
from jc.catalog.windows import span

Test = Callable[[Any], bool]
_TYPES: Mapping[str, frozenset[type]] = {
    "number": frozenset({Decimal, int}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "string": frozenset({str}),
}


class _Value(NamedTuple):
    """What a value may be: of one of these types (text not empty), or whatever the test accepts."""

    types: frozenset[type]
    test: Test | None


@cache
def _tests(kind: FileKind) -> Test:
    schema = kept_schemas()[kind]
    return _Compiler(schema.get("$defs", {})).mapping(schema)


def fits(kind: FileKind, tree: object) -> bool:
    """Whether a tree has the shape of its kind."""
    return _tests(kind)(tree)


class _Compiler:
    """Tests from schemas; each definition is compiled once."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions
        self.known: dict[str, Test] = {}

    def value(self, schema: Mapping[str, Any]) -> _Value:
        """The test of any schema."""
        if "anyOf" in schema:
            return _either([self.value(option) for option in schema["anyOf"]])
        test = self.deep(schema)
        return _scalar(schema) if test is None else _Value(frozenset(), test)

    def deep(self, schema: Mapping[str, Any]) -> Test | None:
        """The test of what is more than a scalar, and of closed sets; None for scalars."""
        if "$ref" in schema:
            return self.reference(schema["$ref"].rpartition("/")[2])
        if "enum" in schema or "const" in schema:
            return _choice(schema.get("enum") or [schema["const"]])
        if schema.get("type") == "array":
            return _list(self.value(schema["items"]), schema.get("minItems", 0), schema.get("maxItems"))
        return self.mapping(schema) if schema.get("type") == "object" else None

    def reference(self, name: str) -> Test:
        """The test of a definition."""
        if name not in self.known:
            self.known[name] = self.mapping(self.definitions[name])
        return self.known[name]

    def mapping(self, schema: Mapping[str, Any]) -> Test:
        """The test of an object: known keys with right values and none missing, or any keys with one kind of value."""
        if "properties" in schema:
            values = {name: self.value(inner) for name, inner in schema["properties"].items()}
            return _record(values, frozenset(schema.get("required", ())))
        names = schema.get("propertyNames", {}).get("enum")
        return _dictionary(None if names is None else frozenset(names), self.value(schema["additionalProperties"]))


def _record(values: Mapping[str, _Value], required: frozenset[str]) -> Test:
    get = values.get

    def test(node: Any) -> bool:
        if type(node) is not Map:
            return False
        for key, value in node.items():
            wanted = get(key)
            if wanted is None:
                return False
            kinds, deeper = wanted
            if type(value) in kinds and (value or type(value) is not str):
                continue
            if deeper is None or not deeper(value):
                return False
        return required <= node.keys()

    return test


def _dictionary(names: frozenset[str] | None, wanted: _Value) -> Test:
    def test(node: Any) -> bool:
        right_names = type(node) is Map and (names is None or node.keys() <= names)
        return right_names and all(_accepts(wanted, value) for value in node.values())

    return test


def _list(wanted: _Value, least: int, most: int | None) -> Test:
    def test(node: Any) -> bool:
        right_length = type(node) is list and least <= len(node) and (most is None or len(node) <= most)
        return right_length and all(_accepts(wanted, value) for value in node)

    return test


def _accepts(wanted: _Value, value: Any) -> bool:
    return (type(value) in wanted.types and (value or type(value) is not str)) or (wanted.test is not None and wanted.test(value))


def _either(values: list[_Value]) -> _Value:
    tests = [value.test for value in values if value.test is not None]
    kinds = frozenset(kind for value in values for kind in value.types)
    if len(tests) <= 1:
        return _Value(kinds, tests[0] if tests else None)
    return _Value(kinds, lambda value: any(test(value) for test in tests))


def _scalar(schema: Mapping[str, Any]) -> _Value:
    """A number, text, true, false, null, a day, a window, or any of several."""
    kind = schema.get("type")
    if kind is None:
        return _Value(frozenset(), lambda _value: True)
    if isinstance(kind, list):
        return _Value(frozenset().union(*(_TYPES[name] for name in kind)), _is_text)
    if kind == "integer":
        return _Value(frozenset(), lambda value: type(value) is int and value > 0)
    if kind == "string" and "format" in schema:
        return _Value(frozenset(), _remembering(_FORMATS[schema["format"]]))
    return _Value(_TYPES[kind], _is_text if kind == "string" and not schema.get("minLength") else None)


def _is_text(value: Any) -> bool:
    """Any text, the empty one too."""
    return type(value) is str


def _choice(options: list[Any]) -> Test:
    """One of some values; their type counts, so that true is not 1."""
    known = frozenset((type(option), option) for option in options)
    kinds = frozenset(type(option) for option in options)
    return lambda value: type(value) in kinds and (type(value), value) in known


def _remembering(right: Test) -> Test:
    """A test of text that remembers what was right, as days and windows repeat."""
    known: set[str] = set()

    def test(value: Any) -> bool:
        if type(value) is not str:
            return False
        if value in known:
            return True
        if not right(value):
            return False
        if len(known) < 10_000:
            known.add(value)
        return True

    return test


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10 and text[4] == text[7] == "-"


def _is_window(text: str) -> bool:
    try:
        span(text)
    except ValueError:
        return False
    return True


_FORMATS: Mapping[str, Test] = {"date": _is_day, "utc-window": _is_window}
