"""Writing a candidate into a folder of its own, and never over a line that a person wrote.

An import leaves a note (`import.json`) with the digest of every file. The folder may be written again only while it holds nothing
but those files, unchanged.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jc.catalog.importers.candidate import Candidate
from jc.catalog.importers.writing import files, manifest
from jc.errors import InputError, IoFailure
from jc.files import write_atomically

NOTE = "import.json"


def write_candidate(candidate: Candidate, folder: Path) -> list[Path]:
    """Write the files of a candidate; the paths written. InputError when the folder holds anything else than an import wrote."""
    old = _may_write(folder)
    new = files(candidate)
    note = manifest(candidate, {name: _digest(body.encode()) for name, body in new.items()})
    try:
        for sub in ("offers", "models"):
            (folder / sub).mkdir(parents=True, exist_ok=True)
        written = []
        for name, body in [*new.items(), (NOTE, note)]:
            write_atomically(folder / name, body)
            written.append(folder / name)
        for name in sorted(set(old) - set(new)):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise IoFailure(f"cannot write `{folder}`: {error.strerror}", hint="name another folder with `--output`") from error
    return written


def _may_write(folder: Path) -> Mapping[str, str]:
    """The files that an earlier import wrote there; empty for a new or empty folder."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise InputError(f"`{folder}` is not a folder", hint="the import writes a folder of files")
    try:
        there = sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()
        )
    except OSError as error:
        raise IoFailure(f"cannot read `{folder}`: {error.strerror}") from error
    if not there:
        return {}
    known = _note(folder)
    if known is None:
        raise InputError(f"`{folder}` is not empty, and no import wrote it", hint="name a new folder with `--output`")
    for name in there:
        if name == NOTE:
            continue
        path = folder / name
        if name not in known or path.is_symlink() or _digest(path.read_bytes()) != known[name]:
            what = "has been changed since the import" if name in known else "was not written by the import"
            raise InputError(
                f"`{path}` {what}", hint="hand-written rows are never overwritten: name a new folder with `--output`"
            )
    return known


def _note(folder: Path) -> Mapping[str, str] | None:
    try:
        said: Any = json.loads((folder / NOTE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    found = said.get("files") if isinstance(said, dict) and said.get("schema") == "jc.catalog-import/1" else None
    if not isinstance(found, dict) or not all(isinstance(one, str) for pair in found.items() for one in pair):
        return None
    return found


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
