"""The files of a catalog folder, read once: bytes, tree, flaws, and the place of every value on demand.

Reading is lazy where it is dear: places are worked out by a second reading of a file, and only when something in it is to be
pointed at, so that a sound catalog pays nothing for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jc.catalog.folder import Files, digest, read_files, read_schemas, shown
from jc.catalog.garbage import no_collection
from jc.catalog.kinds import FileKind, kind_of, nearest_kind
from jc.catalog.layout import read_plain
from jc.catalog.syntax import read
from jc.catalog.text import clean_text
from jc.catalog.tree import MAX_BYTES, Flaw, Map, Mark
from jc.catalog.tree import Path as TreePath
from jc.errors import Where


@dataclass(slots=True)
class Document:
    """One file: how messages name it, its path inside the folder, its kind, its bytes and what they say."""

    file: str
    rel: str
    kind: FileKind | None
    raw: bytes
    tree: Any
    flaws: list[Flaw]
    _marks: dict[TreePath, Mark] | None = field(default=None, repr=False)
    _starts: dict[tuple[int, int], TreePath] | None = field(default=None, repr=False)
    _lines: list[str] | None = field(default=None, repr=False)

    @property
    def marks(self) -> dict[TreePath, Mark]:
        """The place of every key and value by its path in the tree."""
        if self._marks is None:
            self._marks = read(self.raw, marks=True).marks
        return self._marks

    def where(self, path: TreePath, *, key: bool = False) -> Where:
        """Where the value at `path` stands (or its key); the nearest thing around it when there is no such path."""
        marks = self.marks
        while path and path not in marks:
            path, key = path[:-1], False
        mark = marks.get(path)
        if mark is None:
            return Where(self.file)
        if key and mark.key_line:
            return Where(self.file, mark.key_line, mark.key_column)
        return Where(self.file, mark.line, mark.column)

    def path_of(self, line: int, column: int) -> TreePath:
        """The path of the mapping that begins at this place; the root when none does."""
        if self._starts is None:
            self._starts = {}
            for path, node in _maps(self.tree):
                self._starts.setdefault((node.line, node.column), path)
        return self._starts.get((line, column), ())

    def node(self, where: Where) -> Map | None:
        """The mapping that begins at a place."""
        node = self.tree
        for step in self.path_of(where.line, where.column):
            node = node[step]
        return node if type(node) is Map else None

    def line(self, number: int) -> str:
        """One line of the file, for quoting."""
        if self._lines is None:
            self._lines = self.raw.decode("utf-8", "replace").split("\n")
        return self._lines[number - 1].rstrip("\r") if 0 < number <= len(self._lines) else ""


def _maps(tree: Any) -> Iterator[tuple[TreePath, Map]]:
    stack: list[tuple[TreePath, Any]] = [((), tree)]
    while stack:
        path, node = stack.pop()
        if type(node) is Map:
            yield path, node
            stack.extend(((*path, key), child) for key, child in node.items())
        elif type(node) is list:
            stack.extend(((*path, index), child) for index, child in enumerate(node))


@dataclass(slots=True)
class Documents:
    """All files of one catalog, sorted by path; `root` is how messages name the folder."""

    root: str
    files: Sequence[Document]
    digest: str
    schemas: Mapping[str, bytes] = field(default_factory=dict)
    """The generated JSON Schemas that lie beside the files, by name."""
    _by_file: dict[str, Document] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[Document]:
        return iter(self.files)

    def of_kind(self, kind: str) -> list[Document]:
        """The files of one kind that hold a mapping."""
        return [document for document in self.files if document.kind == kind and type(document.tree) is Map]

    def find(self, where: Where) -> Document | None:
        """The file that a place is in."""
        if not self._by_file:
            self._by_file = {document.file: document for document in self.files}
        return self._by_file.get(where.file)


def document(root: str, rel: str, raw: bytes) -> Document:
    """One file from its bytes."""
    kind = kind_of(rel)
    file = f"{root}/{rel}" if root else rel
    if kind is None:
        near = nearest_kind(rel)
        flaw = Flaw("unknown-file", 0, 0, "no file of a catalog has this name", f"did you mean `{near}`?" if near else "")
        return Document(file, rel, None, raw, None, [flaw])
    flaws: list[Flaw] = []
    text = clean_text(raw, flaws) if len(raw) <= MAX_BYTES else None
    tree = read_plain(text) if text is not None and not flaws else None
    if tree is not None:
        return Document(file, rel, kind, raw, tree, [])
    reading = read(raw, marks=False)
    return Document(file, rel, kind, raw, reading.tree, reading.flaws)


def documents(root: str, files: Files) -> Documents:
    """A catalog from the bytes of its files (or the flaw that kept one from being read)."""
    with no_collection():
        return Documents(root, [_document(root, rel, raw) for rel, raw in files], digest(files))


def _document(root: str, rel: str, raw: bytes | Flaw) -> Document:
    if isinstance(raw, bytes):
        return document(root, rel, raw)
    return Document(f"{root}/{rel}" if root else rel, rel, kind_of(rel), b"", None, [raw])


def read_folder(root: Path, name: str | None = None) -> Documents:
    """The documents of a folder; `name` is how messages call it. Errors as `folder.read_files`."""
    out = documents(shown(root) if name is None else name, read_files(root))
    out.schemas = read_schemas(root)
    return out
