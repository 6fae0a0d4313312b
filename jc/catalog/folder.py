"""The YAML files of a catalog folder as bytes; nothing is parsed here, so that a snapshot can be compared without a parser."""

import hashlib
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from jc.catalog.kinds import kind_of
from jc.catalog.tree import MAX_BYTES, Flaw
from jc.errors import InputError, IoFailure
from jc.files import shipped

MAX_FILES = 5000
Files = Sequence[tuple[str, bytes | Flaw]]
"""Path inside the folder and bytes, or the flaw that kept a file from being read; sorted by path."""


def find_catalog(folder: Path | None = None) -> Path:
    """The folder to read: the one named, else the shipped one (inside an installed package, or at the top of a checkout)."""
    if folder is not None:
        return folder
    return shipped("catalogs")


def read_files(root: Path) -> Files:
    """Every YAML file under `root`; InputError when there is no such folder or no catalog in it.

    Symbolic links are refused, not followed; names that begin with a dot and files that are not YAML are passed over.
    """
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise InputError(f"the catalog `{root}` {what}", hint="name a folder with `--catalog DIR`")
    try:
        files = sorted(_files(root), key=lambda item: item[0])
    except OSError as error:
        raise IoFailure(f"cannot read `{error.filename or root}`: {error.strerror}") from error
    if not any(kind_of(rel) for rel, _ in files):
        raise InputError(f"`{root}` holds no catalog", hint="a catalog has a `catalog.yaml` and folders `models/` and `offers/`")
    return files


def read_schemas(root: Path) -> dict[str, bytes]:
    """The JSON Schemas in `.schema/`, by file name; empty when the folder keeps none."""
    return {path.name: path.read_bytes() for path in sorted((root / ".schema").glob("*.json")) if path.is_file()}


def digest(files: Files) -> str:
    """sha256 over the paths and bytes of the files."""
    out = hashlib.sha256()
    for rel, raw in files:
        if isinstance(raw, bytes):
            out.update(f"{rel}\0{len(raw)}\0".encode("utf-8", "surrogateescape"))
            out.update(raw)
    return out.hexdigest()


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
