"""The catalog of a folder through a compiled snapshot in the user's cache, so that `jc route` starts without a YAML parser.

A snapshot belongs to one folder and holds the values of `model` as plain data (marshal, the format of Python's own compiled
files; nothing in it is ever executed). It is used only when it was made from the very bytes that the folder holds now (sha256 of
every file), by this code, for this Python, and when its own checksum is right. Otherwise, and when the cache cannot be read or
written, the files are read as always and the snapshot is made anew. A catalog with problems is never kept.
"""

import dataclasses
import hashlib
import marshal
import os
import sys
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jc
from jc.catalog import model
from jc.catalog.folder import Files, digest, shown
from jc.catalog.garbage import no_collection
from jc.catalog.model import Catalog
from jc.errors import IoFailure, Where

_MAGIC = b"jc-catalog-snapshot-2\n"
_CLASSES: tuple[Any, ...] = (
    Where,
    *sorted(
        (
            value
            for value in vars(model).values()
            if isinstance(value, type) and dataclasses.is_dataclass(value) and value is not Where
        ),
        key=lambda cls: cls.__name__,
    ),
)
_MAKERS = tuple(Path(__file__).with_name(f"{name}.py") for name in ("model", "records", "policies"))
"""The code that makes the values; it is not imported here, because a snapshot that fits does not need it."""
_CODE_OF = {cls: index for index, cls in enumerate(_CLASSES)}
_DECIMAL, _DATE, _LIST = -1, -2, -3


class Snapshot:
    """The snapshot of one folder for the bytes that it holds now."""

    def __init__(self, folder: Path, files: Files, environment: Mapping[str, str]) -> None:
        self.path = snapshot_path(folder, environment)
        self.key = _key(folder, files)

    def read(self) -> Catalog | None:
        """The catalog; None when there is no snapshot, or it was made from other bytes, or a byte of it is wrong."""
        try:
            raw = self.path.read_bytes()
        except OSError:
            return None
        start = len(_MAGIC)
        head, key, checksum, body = raw[:start], raw[start : start + 32], raw[start + 32 : start + 64], raw[start + 64 :]
        if head != _MAGIC or key != self.key or hashlib.sha256(body).digest() != checksum:
            return None
        try:
            with no_collection():
                value = _decode(marshal.loads(body))  # noqa: S302  checked above: it is what `write` wrote
        except (ValueError, EOFError, TypeError, LookupError):
            return None
        return value if isinstance(value, Catalog) else None

    def write(self, catalog: Catalog) -> None:
        """Keep the catalog; a cache that cannot be written is no error."""
        from jc.files import write_atomically

        body = marshal.dumps(_encode(catalog))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(self.path, _MAGIC + self.key + hashlib.sha256(body).digest() + body, 0o600)
        except (OSError, IoFailure):
            return


def snapshot_path(folder: Path, environment: Mapping[str, str]) -> Path:
    """Where the snapshot of a folder is kept: one file per folder under `$XDG_CACHE_HOME/jc/catalogs`."""
    home = environment.get("XDG_CACHE_HOME") or str(Path(environment.get("HOME") or Path.home()) / ".cache")
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]
    return Path(home) / "jc" / "catalogs" / f"{name}.snapshot"


def _key(folder: Path, files: Files) -> bytes:
    """What a snapshot must have been made from: the bytes of the files, how messages name them, this code, this Python."""
    code = [f"{path}:{path.stat().st_mtime_ns}" for path in _MAKERS]
    fields = [f"{cls.__name__}({','.join(cls.__dataclass_fields__)})" for cls in _CLASSES]
    parts = (jc.__version__, sys.implementation.cache_tag, shown(folder), *code, *fields, digest(files))
    return hashlib.sha256("\n".join(str(part) for part in parts).encode("utf-8", "surrogateescape")).digest()


def _encode(value: Any) -> Any:
    """Values as plain data: a tuple as a list, mappings as they are, everything else a tuple that begins with a number."""
    cls = type(value)
    if cls in _CODE_OF:
        return (_CODE_OF[cls], *(_encode(getattr(value, name)) for name in cls.__dataclass_fields__))
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if cls is tuple:
        return [_encode(item) for item in value]
    return _ENCODERS[cls](value) if cls in _ENCODERS else value


_ENCODERS: Mapping[type, Callable[[Any], Any]] = {
    Decimal: lambda value: (_DECIMAL, str(value)),
    date: lambda value: (_DATE, value.toordinal()),
    list: lambda value: (_LIST, *map(_encode, value)),
}


def _decode(value: Any) -> Any:
    """Plain data as values; lists become tuples."""
    cls = type(value)
    if cls is tuple:
        return _made(value)
    if cls is dict:
        return {key: _decode(item) if type(item) in _DEEP else item for key, item in value.items()}
    if cls is list:
        return tuple([_decode(item) if type(item) in _DEEP else item for item in value])
    return value


_DEEP = frozenset({tuple, dict, list})


def _made(value: tuple[Any, ...]) -> Any:
    code = value[0]
    if code >= 0:
        make: Callable[..., Any] = _CLASSES[code]
        return make(*[_decode(item) if type(item) in _DEEP else item for item in value[1:]])
    if code == _LIST:
        return [_decode(item) for item in value[1:]]
    return Decimal(value[1]) if code == _DECIMAL else date.fromordinal(value[1])
