"""The folder of a run: manifest, evalset, journal, lock; everything else in it is derived and can be deleted.

Folders are 0700 and files 0600, because prompts and answers are private. The lock is the kernel's (`flock`), so it goes with a
killed process; the file tells who holds it.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jc.errors import InputError, IoFailure, Locked
from jc.files import write_atomically


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where the files of a run are."""

    path: Path

    @property
    def id(self) -> str:
        """The run's name, its folder's."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """Finished calls."""
        return self.path / "journal.jsonl"

    @property
    def manifest(self) -> Path:
        """What was asked, with what; no keys."""
        return self.path / "manifest.json"

    @property
    def evalset(self) -> Path:
        """A copy of the prompts, so that the folder stands alone."""
        return self.path / "evalset.jsonl"

    @property
    def summary(self) -> Path:
        """Every figure of the result."""
        return self.path / "summary.json"

    def read_manifest(self) -> dict[str, Any]:
        """The manifest; InputError when this is no run folder."""
        try:
            data = json.loads(self.manifest.read_text("utf-8"))
        except FileNotFoundError as error:
            raise InputError(f"`{self.path}` is not a run folder", hint="list the runs with `jc evals list`") from error
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read `{self.manifest}`: {error}", hint="start again with `--fresh`") from error
        if not isinstance(data, dict) or "secret" not in data:
            raise InputError(f"`{self.manifest}` is not a manifest of `jc evals run`")
        return data

    def write(self, name: str, data: str | bytes) -> Path:
        """Write a derived file in one step."""
        path = self.path / name
        write_atomically(path, data, 0o600)
        return path


def run_id(
    prompts: str,
    candidates: Sequence[str],
    judges: Sequence[str],
    base_url: str | None,
    changed: Mapping[str, Any] | None = None,
) -> str:
    """The name of the run of these parties on this file: the same command finds its run again.

    `changed` are the settings other than usual that make other requests of the same prompts (a temperature, a judge's template):
    they get a folder of their own. Settings that only ask for more or fewer of the same requests (`--limit`, `--epochs`,
    `--judge-mode`) share one, so that nothing is paid for twice.
    """
    who = [os.path.abspath(prompts), sorted(candidates), sorted(judges), base_url]  # noqa: PTH100
    parts = json.dumps([*who, dict(changed)] if changed else who, sort_keys=True, default=str)
    stem = "".join(char if char.isalnum() or char in "-_" else "-" for char in Path(prompts).stem)[:40] or "run"
    return f"{stem}-{hashlib.sha256(parts.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def create(path: Path) -> RunFolder:
    """The folder, made when it is not there; IoFailure when it cannot be."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise IoFailure(f"cannot make the run folder `{path}`: {error.strerror}", hint="name another with `--run-dir`") from error
    if not os.access(path, os.W_OK):
        raise IoFailure(f"cannot write into the run folder `{path}`", hint="name another with `--run-dir`")
    return RunFolder(path)


def set_aside(path: Path) -> Path | None:
    """Rename an old run folder to `<name>.old-N`: a fresh start deletes nothing that was paid for."""
    if not (path / "manifest.json").exists():
        return None
    number = 1
    while (aside := path.with_name(f"{path.name}.old-{number}")).exists():
        number += 1
    path.rename(aside)
    return aside


def new_secret() -> str:
    """The secret that nonces come from; it stays in the manifest of this folder."""
    return secrets.token_hex(16)


@contextmanager
def locked(folder: RunFolder) -> Iterator[None]:
    """Hold the folder alone; Locked names the process that has it."""
    path = folder.path / "lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint="name another `--run-dir`") from error
    try:
        _take(handle, folder)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: RunFolder) -> None:
    try:
        if os.name == "nt":  # pragma: no cover
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() if hasattr(os, "pread") else ""
        who = f"process {holder}" if holder else "another process"
        raise Locked(
            f"the run folder `{folder.path}` is in use by {who}", hint="wait for it, or use another `--run-dir`"
        ) from error


_NAMED = 5
"""How many runs, the latest, a hint names."""


def find(runs: Path, name: str) -> RunFolder:
    """A run by its path or its name under `runs`; InputError with the nearest names."""
    import difflib

    for path in (Path(name), runs / name):
        if (path / "manifest.json").is_file():
            return RunFolder(path)
    known = [folder.id for folder in listed(runs)]
    close = difflib.get_close_matches(name, known, 1)
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    listed_here = f"runs: {', '.join(known[-_NAMED:])}{more}" if known else "there are no runs yet"
    hint = f"did you mean `{close[0]}`?" if close else listed_here
    raise InputError(f"no run `{name}` in `{runs}`", hint=hint)


def listed(runs: Path) -> list[RunFolder]:
    """The runs under a folder by when they were first started, oldest first; a resume changes no place."""
    if not runs.is_dir():
        return []
    found = [RunFolder(path.parent) for path in runs.glob("*/manifest.json")]
    return sorted(found, key=lambda folder: (_created(folder), folder.id))


def _created(folder: RunFolder) -> str:
    """When the run was started, as its manifest says; a broken one stands first."""
    try:
        return str(folder.read_manifest().get("created", ""))
    except InputError:
        return ""


def write_manifest(folder: RunFolder, manifest: Mapping[str, Any]) -> None:
    """Write the manifest in one step."""
    folder.write("manifest.json", json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def stamp(now: datetime) -> str:
    """A moment in UTC, to the second."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
