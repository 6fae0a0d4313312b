"""The shapes compiled to plain tests, for the common case that a file is right.

pydantic makes an object for every mapping it accepts, which costs more than reading the file; a sound file needs only a yes. The
tests are compiled from the very shapes, and a law in the tests holds that both say the same of any tree. What a test refuses,
`conform.misfits` explains.
"""

import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import MaxLen, MinLen
from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from jc.catalog.kinds import FileKind
from jc.catalog.schema import FILES
from jc.catalog.shapes import base
from jc.catalog.shapes.base import Shape
from jc.catalog.tree import Map

Test = Callable[[Any], bool]


class _Value(NamedTuple):
    """What a value may be: of one of these types (text not empty), or whatever the test accepts."""

    types: frozenset[type]
    test: Test | None


def fits(kind: FileKind, tree: object) -> bool:
    """Whether a tree has the shape of its kind."""
    return _mapping_test(FILES[kind])(tree)


@cache
def _mapping_test(shape: type[Shape]) -> Test:
    """The test of a shape: known keys only, right values, nothing missing."""
    values = {info.alias or name: _value(info.annotation, info.metadata) for name, info in shape.model_fields.items()}
    required = frozenset(info.alias or name for name, info in shape.model_fields.items() if info.is_required())
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


def _value(annotation: Any, metadata: Any) -> _Value:
    """A type, with what stands beside it, as a `_Value`."""
    if get_origin(annotation) is Annotated:
        arguments = get_args(annotation)
        return _value(arguments[0], (*arguments[1:], *metadata))
    for item in metadata:
        if isinstance(item, PlainValidator):
            return _SCALARS[item.func] if item.func in _SCALARS else _Value(frozenset(), _by_validator(item.func))
    found = _plain_value(annotation)
    least, most = _lengths(metadata)
    if found.test is not None and (least, most) != (0, None):
        return _Value(found.types, _bounded(found.test, least, most))
    return found


def _plain_value(annotation: Any) -> _Value:
    """A type that says everything by itself."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _either([_value(argument, ()) for argument in arguments])
    if annotation in {bool, type(None)}:
        return _Value(frozenset({annotation}), None)
    return _Value(frozenset(), _type_test(annotation, origin, arguments))


def _type_test(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Test:
    if annotation is Any:
        return lambda _value: True
    if origin is Literal:
        return lambda value: type(value) is str and value in arguments
    if origin is list:
        return _list_test(_value(arguments[0], ()))
    if origin is dict:
        return _dict_test(_value(arguments[0], ()), _value(arguments[1], ()))
    return str_test if annotation is str else _mapping_test(annotation)


def str_test(value: Any) -> bool:
    """Any text, the empty one too."""
    return type(value) is str


def _either(values: list[_Value]) -> _Value:
    tests = [value.test for value in values if value.test is not None]
    kinds = frozenset(kind for value in values for kind in value.types)
    if not tests:
        return _Value(kinds, None)
    if len(tests) == 1:
        return _Value(kinds, tests[0])
    return _Value(kinds, lambda value: any(test(value) for test in tests))


def _accepts(wanted: _Value, value: Any) -> bool:
    return (type(value) in wanted.types and (value or type(value) is not str)) or (wanted.test is not None and wanted.test(value))


def _list_test(wanted: _Value) -> Test:
    def test(node: Any) -> bool:
        return type(node) is list and all(_accepts(wanted, value) for value in node)

    deeper = wanted.test
    if wanted.types or deeper is None:
        return test
    return lambda node: type(node) is list and all(map(deeper, node))


def _dict_test(key: _Value, wanted: _Value) -> Test:
    def test(node: Any) -> bool:
        return type(node) is Map and all(_accepts(key, name) and _accepts(wanted, value) for name, value in node.items())

    return test


def _lengths(metadata: Any) -> tuple[int, int | None]:
    least = next((item.min_length for item in metadata if isinstance(item, MinLen)), 0)
    return least, next((item.max_length for item in metadata if isinstance(item, MaxLen)), None)


def _bounded(test: Test, least: int, most: int | None) -> Test:
    return lambda node: test(node) and least <= len(node) and (most is None or len(node) <= most)


def _by_validator(function: Any) -> Test:
    """A test from the validator that the shape itself uses; right answers are remembered, as dates and windows repeat."""
    known: set[Any] = set()

    def test(value: Any) -> bool:
        if type(value) is str and value in known:
            return True
        try:
            function(value)
        except PydanticCustomError:
            return False
        if type(value) is str and len(known) < 10_000:
            known.add(value)
        return True

    return test


_SCALARS: Mapping[Any, _Value] = {
    base.number: _Value(frozenset({Decimal, int}), None),
    base.text: _Value(frozenset({str}), None),
    base.whole: _Value(frozenset(), lambda value: type(value) is int and value > 0),
    base.scalar: _Value(frozenset({int, bool, Decimal, type(None)}), str_test),
}
"""Validators whose answer is a matter of type alone."""
