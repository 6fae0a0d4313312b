"""Where a log is: a file, a folder, a glob, standard input or a URL, as a list of files with their kind."""

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from jc.errors import InputError, IoFailure
from jc.traffic.lines import Cut, compression, opened

SourceKind = Literal["jsonl", "csv", "parquet"]
_SUFFIXES: dict[str, SourceKind] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".log": "jsonl", ".csv": "csv",
                                    ".tsv": "csv", ".parquet": "parquet"}  # fmt: skip
_COMPRESSED = {".gz", ".zst", ".zstd"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a log: where it is, how it is called in messages, how it is written and compressed."""

    path: Path
    name: str
    kind: SourceKind
    compression: str

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size


@contextmanager
def located(spec: str, stdin: IO[bytes] | None = None) -> Iterator[list[Source]]:
    """The files of a log; what comes from standard input or a URL lies in a temporary file meanwhile."""
    with tempfile.TemporaryDirectory(prefix="jc-traffic-") as folder:
        if spec == "-":
            if stdin is None:
                raise InputError("no standard input here", hint="name a file")
            target = Path(folder) / "stdin"
            with target.open("wb") as out:
                shutil.copyfileobj(stdin, out, 1 << 20)
            yield [_source(target, "-")]
        elif "://" in spec:
            yield [_source(path, name) for path, name in _fetched(spec, Path(folder))]
        else:
            yield [_source(path, str(path)) for path in _files(spec)]


def _fetched(spec: str, folder: Path) -> Iterator[tuple[Path, str]]:
    try:
        import fsspec
    except ImportError as error:
        raise InputError(f"reading `{spec}` needs the package `fsspec`", hint="pip install 'jc[dask]'") from error
    try:
        for number, remote in enumerate(fsspec.open_files(spec, "rb")):
            target = folder / f"{number}-{Path(remote.path).name}"
            with remote as stream, target.open("wb") as out:
                shutil.copyfileobj(stream, out, 1 << 20)
            yield target, str(remote.full_name)
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"cannot read `{spec}`: {error}", hint="check the address and its driver") from error


def local_files(spec: str) -> list[Path]:
    """The files of a log that lie on a disk: none for standard input and URLs. InputError when there is no such log."""
    return [] if spec == "-" or "://" in spec else _files(spec)


def _files(spec: str) -> list[Path]:
    if not spec.strip():
        raise InputError("the log has no name", hint="name a file, a folder (`.` is this one) or a glob; `-` is standard input")
    path = Path(spec)
    try:
        if path.is_dir():
            found = [file for file in sorted(path.rglob("*")) if file.is_file() and _kind_by_name(file) is not None]
            if not found:
                raise InputError(f"`{spec}` holds no log", hint=f"files that are read end in {' '.join(_SUFFIXES)} (.gz, .zst)")
            return found
        if path.exists():
            return [path]
        found = [Path(name) for name in sorted(glob.glob(spec, recursive=True)) if Path(name).is_file()]  # noqa: PTH207  `**` from a string
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read `{spec}`: {error}") from error
    if not found:
        raise InputError(f"no file `{spec}`", hint="name a log: JSONL, CSV or Parquet, plain, .gz or .zst; `-` is standard input")
    return found


def _kind_by_name(path: Path) -> SourceKind | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def _source(path: Path, name: str) -> Source:
    if not os.access(path, os.R_OK):
        raise IoFailure(f"cannot read `{name}`", hint="check its permissions")
    return Source(path, name, _kind(path), compression(path))


def _kind(path: Path) -> SourceKind:
    """By the first bytes where they tell, else by the name; a text whose first line is no JSON and holds a comma is CSV."""
    head = _head(path)
    if head[:4] == b"PAR1":
        return "parquet"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in {b"{", b"["}:
        return "jsonl"
    by_name = _kind_by_name(path)
    if by_name is not None:
        return by_name
    return "csv" if b"," in head.partition(b"\n")[0] else "jsonl"


def _head(path: Path) -> bytes:
    try:
        with opened(path) as stream:
            return stream.read1(4096)
    except Cut:
        return b""
