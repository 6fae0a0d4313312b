"""Documents into one Catalog: what fits its shape becomes a value, what does not becomes a flaw with its place.

One bad row costs that row, not the file: the rest is assembled all the same, so that one run can tell everything that is wrong.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from jc.catalog import policies, records
from jc.catalog.conform import Misfit, fits, misfits
from jc.catalog.documents import Document, Documents
from jc.catalog.model import Catalog, Settings, TierPolicy
from jc.catalog.tree import Flaw, Map, Path

_ID = re.compile(r"""\b(?:id|aliases|name):\s*["'\[]?([^\s"',}\]]+)""")
_LISTS: Mapping[str, tuple[str, ...]] = {
    "models": ("models",),
    "offers": ("offers",),
    "registry": ("benchmarks",),
    "scores": ("scores",),
    "overrides": ("overrides",),
    "placements": ("placements",),
    "plans": ("plans",),
    "jobs": ("jobs", "tree"),
}
"""The lists of a file whose rows stand alone; a file of another kind is one record."""


class Found(NamedTuple):
    """A flaw and the file that it is in."""

    document: Document
    flaw: Flaw


@dataclass(slots=True)
class Assembled:
    """The catalog of everything that fits, what does not, and the names that stand in the broken parts."""

    documents: Documents
    catalog: Catalog
    flaws: list[Found]
    lost: frozenset[str]


@dataclass(slots=True)
class _Parts:
    settings: Settings = field(default_factory=Settings)
    policy: TierPolicy = field(default_factory=TierPolicy)
    lock: Any = None
    maps: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            name: {} for name in ("providers", "models", "offers", "benchmarks", "placements", "routes", "plans")
        }
    )
    lists: dict[str, list[Any]] = field(
        default_factory=lambda: {name: [] for name in ("scores", "tier_overrides", "jobs", "tree")}
    )
    flaws: list[Found] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)


def assemble(documents: Documents) -> Assembled:
    """Everything that the documents say, as far as it can be understood."""
    parts = _Parts()
    for document in documents:
        parts.flaws.extend(Found(document, flaw) for flaw in document.flaws)
        tree = _usable(document, parts)
        if tree is None:
            parts.lost.update(_ID.findall(document.raw.decode("utf-8", "replace")))
        else:
            _add(document, tree, parts)
    catalog = Catalog(
        root=documents.root,
        settings=parts.settings,
        policy=parts.policy,
        lock=parts.lock,
        digest=documents.digest,
        **cast("dict[str, Any]", parts.maps | parts.lists),
    )
    return Assembled(documents, catalog, parts.flaws, frozenset(parts.lost))


def _usable(document: Document, parts: _Parts) -> Map | None:
    """The part of the tree that fits the shape; misfits are noted. None when nothing can be used."""
    tree, kind = document.tree, document.kind
    if kind is None or (tree is None and document.flaws):
        return None
    if fits(kind, tree):
        return tree  # type: ignore[no-any-return]
    wrong = misfits(kind, tree)
    parts.flaws.extend(Found(document, _flaw(document, misfit)) for misfit in wrong if misfit.code != "refused")
    if type(tree) is not Map or kind not in _LISTS:
        return None
    return _salvaged(tree, _LISTS[kind], wrong, parts)


def _salvaged(tree: Map, lists: tuple[str, ...], wrong: Iterable[Misfit], parts: _Parts) -> Map | None:
    """The tree without the rows and keys that are wrong; None when the file's own frame is."""
    rows: set[tuple[str, int]] = set()
    extra: set[str] = set()
    for misfit in wrong:
        first, second = (*misfit.path, None, None)[:2]
        if first in lists and isinstance(second, int):
            rows.add((str(first), second))
        elif misfit.code == "unknown-key" and second is None:
            extra.add(str(first))
        elif misfit.code != "schema-version":
            return None
    out = Map((key, value) for key, value in tree.items() if key not in extra)
    out.line, out.column = tree.line, tree.column
    for name in lists:
        if name in out:
            out[name] = [row for index, row in enumerate(out[name]) if (name, index) not in rows]
    for name, index in rows:
        parts.lost.update(_names(tree[name][index]))
    return out


def _names(row: object) -> Iterator[str]:
    """The names that a broken row would have given."""
    if isinstance(row, dict):
        aliases = row.get("aliases")
        for name in (row.get("id"), *(aliases if isinstance(aliases, list) else ())):
            if isinstance(name, str):
                yield name


def _flaw(document: Document, misfit: Misfit) -> Flaw:
    where = document.where(misfit.path, key=misfit.at_key)
    return Flaw(misfit.code, where.line, where.column, misfit.message, misfit.hint, 0)


def _add(document: Document, tree: Map, parts: _Parts) -> None:
    """Turn a fitting tree into values."""
    _ADDERS[str(document.kind)](document, tree, parts)


def _put(document: Document, parts: _Parts, name: str, path: Path, item: tuple[str, Any]) -> None:
    """Keep a value under its id; of two with one id the first stays and the second is a flaw."""
    known = parts.maps[name]
    key, value = item
    if key not in known:
        known[key] = value
        return
    where = document.where(path)
    message = f"the id `{key}` stands twice, first at {known[key].where}"
    parts.flaws.append(
        Found(document, Flaw("duplicate-id", where.line, where.column, message, "each id names one thing", len(key)))
    )


def _rows(name: str, into: str, build: Callable[[Map, str], Any], key: str = "id") -> Callable[[Document, Map, _Parts], None]:
    """How the rows of a list become values by id."""

    def add(document: Document, tree: Map, parts: _Parts) -> None:
        for index, node in enumerate(tree[name]):
            _put(document, parts, into, (name, index, key), (node[key], build(node, document.file)))

    return add


def _listed(into: str, name: str, build: Callable[[Map, str], Any]) -> Callable[[Document, Map, _Parts], None]:
    """How the rows of a list become values in order."""

    def add(document: Document, tree: Map, parts: _Parts) -> None:
        parts.lists[into].extend(build(node, document.file) for node in tree.get(name, ()))

    return add


def _models(document: Document, tree: Map, parts: _Parts) -> None:
    for index, node in enumerate(tree["models"]):
        _put(document, parts, "models", ("models", index, "id"), (node["id"], records.model(node, tree["lab"], document.file)))


def _offers(document: Document, tree: Map, parts: _Parts) -> None:
    seller = records.provider(tree, document.file)
    _put(document, parts, "providers", ("provider",), (seller.id, seller))
    known, file = parts.maps["offers"], document.file
    for index, node in enumerate(tree["offers"]):
        value = records.offer(node, seller, file)
        if known.setdefault(value.id, value) is not value:
            _put(document, parts, "offers", ("offers", index, "id"), (value.id, value))


def _settings(_document: Document, tree: Map, parts: _Parts) -> None:
    parts.settings = policies.settings(tree)


def _policy(document: Document, tree: Map, parts: _Parts) -> None:
    parts.policy = policies.policy(tree, document.file)


def _placements(document: Document, tree: Map, parts: _Parts) -> None:
    parts.lock = policies.lock(tree, document.file)
    _rows("placements", "placements", policies.placement, "model")(document, tree, parts)


def _route(document: Document, tree: Map, parts: _Parts) -> None:
    table = policies.route_table(tree, document.file)
    _put(document, parts, "routes", ("name",), (table.name, table))


def _jobs(document: Document, tree: Map, parts: _Parts) -> None:
    _listed("jobs", "jobs", policies.job)(document, tree, parts)
    _listed("tree", "tree", policies.job)(document, tree, parts)


_ADDERS: Mapping[str, Callable[[Document, Map, _Parts], None]] = {
    "catalog": _settings,
    "models": _models,
    "offers": _offers,
    "registry": _rows("benchmarks", "benchmarks", records.benchmark),
    "scores": _listed("scores", "scores", records.score),
    "policy": _policy,
    "overrides": _listed("tier_overrides", "overrides", policies.tier_override),
    "placements": _placements,
    "routes": _route,
    "plans": _rows("plans", "plans", policies.plan),
    "jobs": _jobs,
}
