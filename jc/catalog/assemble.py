"""Documents into one Catalog: what fits its shape becomes a value, what does not becomes a flaw with its place.

One bad row costs that row, not the file: the rest is assembled all the same, so that one run can tell everything that is wrong.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from jc.catalog.build import Parts, Twice
from jc.catalog.documents import Document, Documents
from jc.catalog.fits import fits
from jc.catalog.garbage import no_collection
from jc.catalog.model import Catalog
from jc.catalog.tree import Flaw, Map

if TYPE_CHECKING:
    from jc.catalog.conform import Misfit

_ID = re.compile(r"""\b(?:id|name|provider|model): *["']?([^\s"',}\]]{1,200})|aliases: *\[([^\]\n]{0,500})\]""")
_LISTS: Mapping[str, tuple[str, ...]] = {
    "models": ("models",),
    "offers": ("offers",),
    "registry": ("benchmarks",),
    "scores": ("scores", "observed"),
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


def assemble(documents: Documents) -> Assembled:
    """Everything that the documents say, as far as it can be understood."""
    with no_collection():
        return _assembled(documents)


def _assembled(documents: Documents) -> Assembled:
    parts = Parts()
    flaws: list[Found] = []
    lost: set[str] = set()
    for document in documents:
        flaws.extend(Found(document, flaw) for flaw in document.flaws)
        tree = _usable(document, flaws, lost)
        if tree is None:
            lost.update(_names_in(document.raw.decode("utf-8", "replace")))
        elif document.kind is not None:
            flaws.extend(
                Found(document, _duplicate(document, tree, twice)) for twice in parts.add(document.kind, tree, document.file)
            )
    return Assembled(documents, parts.catalog(documents.root, documents.digest), flaws, frozenset(lost))


def _duplicate(document: Document, tree: Map, twice: Twice) -> Flaw:
    """An id that stands twice; found again by where its row begins, because rows before it may have been left out."""
    node = tree[str(twice.path[0])][twice.path[1]] if len(twice.path) > 1 else tree
    where = document.where((*document.path_of(node.line, node.column), twice.path[-1]))
    message = f"the id `{twice.id}` stands twice, first at {twice.first}"
    return Flaw("duplicate-id", where.line, where.column, message, "an id names one thing", len(twice.id))


def _usable(document: Document, flaws: list[Found], lost: set[str]) -> Map | None:
    """The part of the tree that fits the shape; misfits are noted. None when nothing can be used."""
    tree, kind = document.tree, document.kind
    if kind is None or (tree is None and document.flaws):
        return None
    if fits(kind, tree):
        return tree  # type: ignore[no-any-return]
    # The schema library costs more to import than a sound catalog to read: it comes in only to explain what is wrong.
    from jc.catalog.conform import misfits

    wrong = misfits(kind, tree)
    flaws.extend(Found(document, _flaw(document, misfit)) for misfit in wrong if misfit.code != "refused")
    if type(tree) is not Map or kind not in _LISTS:
        return None
    return _salvaged(tree, _LISTS[kind], wrong, lost)


def _salvaged(tree: Map, lists: tuple[str, ...], wrong: "Iterable[Misfit]", lost: set[str]) -> Map | None:
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
        lost.update(_names(tree[name][index]))
    return out


def _names_in(text: str) -> Iterator[str]:
    """The names that a file would have given, had it been readable."""
    for match in _ID.finditer(text):
        yield from [match[1]] if match[1] else re.split(r"""[\s,"']+""", match[2])


def _names(row: object) -> Iterator[str]:
    """The names that a broken row would have given."""
    if isinstance(row, dict):
        aliases = row.get("aliases")
        for name in (row.get("id"), *(aliases if isinstance(aliases, list) else ())):
            if isinstance(name, str):
                yield name


def _flaw(document: Document, misfit: "Misfit") -> Flaw:
    where = document.where(misfit.path, key=misfit.at_key)
    return Flaw(misfit.code, where.line, where.column, misfit.message, misfit.hint, 0)
