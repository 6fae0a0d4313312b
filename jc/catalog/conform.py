"""Does a tree have the shape of its kind of file? Every misfit with its path, what was expected, and a suggestion."""

import difflib
import re
import types
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from jc.catalog.kinds import FileKind
from jc.catalog.schema import FILES, SCHEMA_VERSION
from jc.catalog.shapes.base import Shape
from jc.catalog.suggest import found, suggest
from jc.catalog.tree import BROKEN, MAX_FLAWS, Map, Path

_MONEY = re.compile(r"\s*(?:USD|EUR|[$€£])?\s*([0-9][0-9,_ ]*(?:\.[0-9]+)?)\s*(?:USD|EUR|[$€£])?\s*\Z")
_NO_ZONE = frozenset(
    {"window", "windows", "time", "times", "hours", "hour", "between", "at", "local", "local_time", "tz", "zone", "timezone"}
)


class Misfit(NamedTuple):
    """One place where a tree is not what its shape says; `at_key` when the key is meant, not its value."""

    path: Path
    at_key: bool
    code: str
    message: str
    hint: str = ""


def misfits(kind: FileKind, tree: object) -> list[Misfit]:
    """Everything about the tree that its shape does not allow; empty when it fits."""
    shape = FILES[kind]
    if type(tree) is not Map:
        return [Misfit((), False, "wrong-type", f"expected a mapping, found {found(tree)}", f"keys: {', '.join(keys(shape))}")]
    try:
        shape.model_validate(tree)
    except ValidationError as error:
        details = error.errors(include_url=False)
        out = list(_first_at_each_place(_misfit(shape, tree, detail) for detail in details[:MAX_FLAWS]))
        if len(details) > MAX_FLAWS:
            out.append(Misfit((), False, "too-large", f"{len(details) - MAX_FLAWS:,} more problems in this file"))
        return out
    return []


def _first_at_each_place(items: Iterable[Misfit]) -> Iterator[Misfit]:
    """A union tells one misfit once per member: the first is kept."""
    seen: set[tuple[Path, bool, str]] = set()
    for item in items:
        key = (item.path, item.at_key, item.message if item.code == "missing-key" else "")
        if key not in seen:
            seen.add(key)
            yield item


def _misfit(shape: type[Shape], tree: Map, detail: ErrorDetails) -> Misfit:
    kind, loc = detail["type"], detail["loc"]
    if detail["input"] is BROKEN:
        return Misfit(_path(tree, loc), False, "refused", "")
    if kind == "missing":
        path = _path(tree, loc[:-1])
        return Misfit(path, False, "missing-key", f"`{loc[-1]}` is missing", _for_missing(tree, path, str(loc[-1])))
    if kind == "extra_forbidden":
        name = str(loc[-1])
        known = keys(_shape_at(shape, loc[:-1]))
        path = _path(tree, loc)
        return Misfit(path, True, "unknown-key", f"unknown key `{name}`", _for_unknown(name, known, _node(tree, path[:-1])))
    if loc and loc[-1] == "[key]":
        path = _path(tree, loc[:-1])
        return Misfit(
            path, True, "wrong-value", f"`{loc[-2]}` is not one of {_choices(detail)}", suggest(str(loc[-2]), _expected(detail))
        )
    return _wrong(_path(tree, loc), detail)


def _wrong(path: Path, detail: ErrorDetails) -> Misfit:
    """A value of the wrong type or outside its choices."""
    kind, value = detail["type"], detail["input"]
    name = str(path[-1]) if path and isinstance(path[-1], str) else "the value"
    if kind == "literal_error":
        hint = suggest(str(value), _expected(detail)) if isinstance(value, str) else ""
        return Misfit(path, False, "wrong-value", f"`{name}` is {found(value)}, expected {_choices(detail)}", hint)
    if kind == "schema_version":
        return Misfit(
            path,
            False,
            "schema-version",
            f"`{name}` is {found(value)}, which this `jc` does not know",
            f"it knows {SCHEMA_VERSION}",
        )
    if kind == "date_value":
        return Misfit(path, False, "wrong-date", f"`{name}` is `{value}`: there is no such day", "dates are year-month-day")
    wanted, hint = _WANTED.get(kind, (detail["msg"][:1].lower() + detail["msg"][1:], ""))
    code = _CODES.get(kind, "wrong-type")
    return Misfit(path, False, code, f"`{name}` is {found(value)}, expected {wanted}", _for_value(kind, value) or hint)


_WANTED: dict[str, tuple[str, str]] = {
    "number_type": ("a number", "no quotes, no currency sign, no thousands separator"),
    "whole_type": ("a whole number above zero", "null when it is unknown"),
    "date_type": ("a date", "dates are written 2026-06-30"),
    "text_type": ("text", ""),
    "bool_type": ("true or false", ""),
    "model_type": ("a mapping", ""),
    "dict_type": ("a mapping", ""),
    "list_type": ("a list", "lists are written [a, b]"),
    "too_short": ("a longer list", ""),
    "too_long": ("a shorter list", ""),
    "scalar_type": ("text, a number, true, false or null", ""),
    "window_type": ("a window in UTC", 'windows are written "01:00-04:00"'),
    "string_type": ("text", ""),
}


_CODES = {"date_type": "wrong-date", "window_type": "window"}


def _for_value(kind: str, value: object) -> str:
    """How the value was probably meant."""
    if kind in {"number_type", "whole_type"} and isinstance(value, str):
        money = _MONEY.match(value)
        return f"write {re.sub('[,_ ]', '', money[1])}" if money else ""
    if kind == "bool_type" and isinstance(value, str):
        word = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}.get(value.lower())
        return f"write {word}" if word else ""
    if kind == "text_type" and value is not None and not isinstance(value, (str, dict, list)):
        return f'put it in quotes: "{value}"'
    if kind == "list_type" and isinstance(value, str):
        return f"write [{value}]"
    return ""


def _for_unknown(name: str, known: list[str], node: object) -> str:
    if "utc" in known and name in _NO_ZONE:
        return 'write the window with its zone and days: utc: ["01:00-04:00"], days: [mon, tue]'
    missing = [key for key in known if not isinstance(node, dict) or key not in node]
    return suggest(name, missing or known)


def _for_missing(tree: Map, path: Path, name: str) -> str:
    """A key that stands there under a misspelt name is the likely reason."""
    node = _node(tree, path)
    near = difflib.get_close_matches(name, [str(key) for key in node], 1, 0.7) if isinstance(node, dict) else []
    return f"did you mean `{name}` for `{near[0]}`?" if near and near[0] != name else ""


def _expected(detail: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))


def _choices(detail: ErrorDetails) -> str:
    return ", ".join(_expected(detail))


def _path(tree: object, loc: Iterable[str | int]) -> Path:
    """The part of pydantic's location that is a path in the tree; names of union members are no keys and are left out."""
    path: list[str | int] = []
    node = tree
    for step in loc:
        inside = step in node if isinstance(node, dict) else isinstance(node, list) and step in range(len(node))
        if inside:
            node = node[step]  # type: ignore[index]
            path.append(step)
    return tuple(path)


def _node(tree: object, path: Path) -> object:
    for step in path:
        tree = tree[step]  # type: ignore[index]
    return tree


def keys(shape: type[Shape] | None) -> list[str]:
    """The keys of a shape as they are written."""
    return [info.alias or name for name, info in shape.model_fields.items()] if shape else []


def _shape_at(shape: type[Shape] | None, loc: Iterable[str | int]) -> type[Shape] | None:
    """The shape that holds the key at a location."""
    for step in loc:
        if shape is None:
            return None
        if isinstance(step, int):
            continue
        info = next((info for name, info in shape.model_fields.items() if step in {name, info.alias}), None)
        if info is not None:
            shape = next(_shapes_in(info.annotation), None)
    return shape


def _shapes_in(annotation: Any) -> Iterator[type[Shape]]:
    """Every shape that a type is made of: in unions, lists, and values of mappings."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        yield annotation
    elif get_origin(annotation) in {Union, types.UnionType, list, dict}:
        for argument in get_args(annotation):
            yield from _shapes_in(argument)
