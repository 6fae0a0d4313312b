"""The models that the file of a route table names, each with its place, so that every wrong one is told in the same run."""

from collections.abc import Iterator
from typing import Any

from jc.catalog.assemble import Found
from jc.catalog.documents import Document
from jc.catalog.model import Catalog
from jc.catalog.names import Names, resolve_all
from jc.catalog.tree import Flaw, Map, Path
from jc.errors import InputError
from jc.routing.weights import SUFFIX

_ONE = frozenset({"model", "pin", "first", "classifier"})
_LISTS = frozenset({"pool", "fallback"})
_WHEN = "when"
"""Conditions hold patterns of what a request names, which need not be in the catalog."""
_CLASSIFIER: Path = ("classifier",)


def unknown_models(document: Document, catalog: Catalog) -> list[Found]:
    """A flaw for every name in the file that means no offer of the catalog, or several; also when the file has other flaws."""
    names = Names(catalog)
    found = []
    for path, name in _names(document.tree, ()):
        if names.get(name) is not None or (path == _CLASSIFIER and (name == "local" or name.endswith(SUFFIX))):
            continue
        where = document.where(path)
        message, hint = _told(path, name, catalog)
        found.append(Found(document, Flaw("model-unknown", where.line, where.column, message, hint, len(name))))
    return found


def _names(node: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if type(node) is Map:
        for key, value in node.items():
            if key in _ONE and isinstance(value, str):
                yield (*path, key), value
            elif key in _LISTS and type(value) is list:
                yield from (((*path, key, index), name) for index, name in enumerate(value) if isinstance(name, str))
            elif key not in {_WHEN, "classes"}:
                yield from _names(value, (*path, key))
    elif type(node) is list:
        for index, value in enumerate(node):
            yield from _names(value, (*path, index))


def _told(path: Path, name: str, catalog: Catalog) -> tuple[str, str]:
    if path == _CLASSIFIER:
        return f"no classifier `{name}`", f"write `classifier: local`, a model, or a file of weights (*{SUFFIX})"
    try:
        resolve_all(catalog, [name])
    except InputError as error:
        return error.problems[0].message, error.problems[0].hint
    return f"no model `{name}`", ""
