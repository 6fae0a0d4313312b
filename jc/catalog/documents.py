"""The files of a catalog folder, read once: bytes, tree, flaws, and the place of every value on demand.

Reading is lazy where it is dear: places are worked out by a second reading of a file, and only when something in it is to be
pointed at, so that a sound catalog pays nothing for them.
"""

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jc.catalog.kinds import FileKind, kind_of, nearest_kind
from jc.catalog.syntax import read
from jc.catalog.tree import MAX_BYTES, Flaw, Map, Mark
from jc.catalog.tree import Path as TreePath
from jc.errors import InputError, IoFailure, Where

MAX_FILES = 5000


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

    def line(self, number: int) -> str:
        """One line of the file, for quoting."""
        lines = self.raw.decode("utf-8", "replace").split("\n")
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""


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

    def __iter__(self) -> Iterator[Document]:
        return iter(self.files)

    def of_kind(self, kind: str) -> list[Document]:
        """The files of one kind that hold a mapping."""
        return [document for document in self.files if document.kind == kind and type(document.tree) is Map]

    def find(self, where: Where) -> Document | None:
        """The file that a place is in."""
        return next((document for document in self.files if document.file == where.file), None)


def document(root: str, rel: str, raw: bytes) -> Document:
    """One file from its bytes."""
    kind = kind_of(rel)
    file = f"{root}/{rel}" if root else rel
    if kind is None:
        near = nearest_kind(rel)
        flaw = Flaw("unknown-file", 0, 0, "no file of a catalog has this name", f"did you mean `{near}`?" if near else "")
        return Document(file, rel, None, raw, None, [flaw])
    reading = read(raw, marks=False)
    return Document(file, rel, kind, raw, reading.tree, reading.flaws)


def documents(root: str, files: Iterable[tuple[str, bytes | Flaw]]) -> Documents:
    """A catalog from the bytes of its files (or the flaw that kept one from being read)."""
    out = []
    digest = hashlib.sha256()
    for rel, raw in sorted(files, key=lambda item: item[0]):
        if isinstance(raw, Flaw):
            out.append(Document(f"{root}/{rel}" if root else rel, rel, kind_of(rel), b"", None, [raw]))
            continue
        digest.update(f"{rel}\0{len(raw)}\0".encode("utf-8", "surrogateescape"))
        digest.update(raw)
        out.append(document(root, rel, raw))
    return Documents(root, out, digest.hexdigest())


def read_folder(root: Path, name: str | None = None) -> Documents:
    """Every YAML file under `root`; InputError when there is no such folder or no catalog in it.

    Symbolic links are refused, not followed; names that begin with a dot and files that are not YAML are passed over.
    """
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise InputError(f"the catalog `{name or root}` {what}", hint="name a folder with `--catalog DIR`")
    try:
        files = list(_files(root))
    except OSError as error:
        raise IoFailure(f"cannot read `{error.filename or root}`: {error.strerror}") from error
    if not any(kind_of(rel) for rel, _ in files):
        raise InputError(
            f"`{name or root}` holds no catalog", hint="a catalog has a `catalog.yaml` and folders `models/` and `offers/`"
        )
    return documents(name if name is not None else shown(root), files)


def shown(root: Path) -> str:
    """How messages name the folder: relative to the working folder when it lies below it."""
    resolved, here = root.resolve(), Path.cwd().resolve()
    if not resolved.is_relative_to(here):
        return str(root)
    relative = resolved.relative_to(here).as_posix()
    return "" if relative == "." else relative


def _files(root: Path, folder: str = "") -> Iterator[tuple[str, bytes | Flaw]]:
    count = 0
    for path in sorted((root / folder).iterdir()):
        rel = f"{folder}/{path.name}" if folder else path.name
        if path.name.startswith("."):
            continue
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield rel, Flaw("symlink", 0, 0, "a symbolic link", "put the file itself here")
        elif stat.S_ISDIR(mode):
            if folder.count("/") < 4:
                yield from _files(root, rel)
        elif rel.endswith((".yaml", ".yml")):
            yield rel, _bytes(path, mode)
        count += 1
        if count > MAX_FILES:
            raise InputError(f"`{root}` holds more than {MAX_FILES:,} files in one folder", hint="name the catalog's own folder")


def _bytes(path: Path, mode: int) -> bytes | Flaw:
    if not stat.S_ISREG(mode):
        return Flaw("unreadable", 0, 0, "not a regular file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        return Flaw(
            "too-large", 0, 0, f"the file has {size:,} bytes; the limit is {MAX_BYTES:,}", "split it, one file per provider"
        )
    try:
        return path.read_bytes()
    except PermissionError as error:
        return Flaw("unreadable", 0, 0, f"cannot be read: {error.strerror}")
