"""Files are absent, old or new, never partial: temporary file in the same folder, flushed, synced, renamed.

A process that is killed leaves its temporary file behind. The next one that writes the same file removes it: the name tells
which file it was for, a lock tells whether its writer is alive.
"""

import os
import re
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from jc.errors import IoFailure


def shipped(name: str) -> Path:
    """A folder that comes with `jc` (`catalogs`, `evalsets`): inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "data" / name
    return inside if inside.is_dir() else package.parent / name


_STARTED = time.time()
"""About when this process began; what was written later than that is left alone."""


@contextmanager
def _beside(path: Path) -> Iterator[tuple[int, Path]]:
    """A temporary file for `path`, open for writing and locked; it is gone after the block unless it was renamed in it."""
    if _is_special(path):
        raise IoFailure(
            f"cannot write `{path}`: it is a device or a pipe, not a file", hint="name a file; `-` is standard output"
        )
    import tempfile  # 3 ms that a command which only reads need not spend

    prefix = f".jc-{zlib.crc32(os.fsencode(path.name)):08x}-"
    _clear(path.parent, re.compile(re.escape(prefix) + "[a-z0-9_]{8}"))
    handle, name = tempfile.mkstemp(prefix=prefix, dir=path.parent)
    # A second descriptor, so that the lock outlives the first until the file has its name.
    lock = os.dup(handle) if _lock(handle) else None
    try:
        yield handle, Path(name)
    finally:
        if lock is not None:
            os.close(lock)
        Path(name).unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    """Whether there is something that a rename must not take the place of: a device, a pipe, a socket, a name of `/dev`."""
    return path.absolute().parent in _DEVICES or (path.exists() and not path.is_file() and not path.is_dir())


_DEVICES = (Path("/dev"), Path("/dev/fd"))


def _lock(handle: int) -> bool:
    """Whether the file is ours alone; False too where there are no such locks."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _clear(folder: Path, name: re.Pattern[str]) -> None:
    """Remove files of this name from before this process that nobody holds; one that cannot be looked at stays."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if name.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                _remove_if_left(entry)


def _remove_if_left(entry: "os.DirEntry[str]") -> None:
    with suppress(OSError):
        handle = os.open(entry.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            if os.fstat(handle).st_mtime < _STARTED and _lock(handle):
                os.unlink(entry.path)  # noqa: PTH108  an entry, not a Path
        finally:
            os.close(handle)


def check_writable(path: Path) -> None:
    """IoFailure now rather than after an hour of paid calls, when `path` could not be written."""
    folder = path.parent
    if not folder.is_dir():
        raise IoFailure(f"cannot write `{path}`: there is no folder `{folder}`", hint="create the folder first")
    if path.is_dir():
        raise IoFailure(f"cannot write `{path}`: it is a folder", hint="name a file")
    try:
        with _beside(path) as (handle, _):
            os.close(handle)
    except OSError as error:
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint="name another `--output`") from error


def usual_mode() -> int:
    """The mode of a new file as the umask of this process has it: 0644 with the usual 022, 0600 with 077."""
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def write_atomically(path: Path, data: str | bytes, mode: int | None = None) -> None:
    """Replace `path` by `data` in one step; IoFailure leaves the old file as it was. Without `mode` the umask decides."""
    raw = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    temporary: Path | None = None
    try:
        with _beside(path) as (handle, temporary):
            with os.fdopen(handle, "wb") as out:
                out.write(raw)
                out.flush()
                os.fsync(out.fileno())
            temporary.chmod(usual_mode() if mode is None else mode)
            temporary.replace(path)
    except OSError as error:
        hint = "free some space, or name another file" if temporary else "name another `--output`"
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint=hint) from error


@contextmanager
def replacing(path: Path, mode: int | None = None) -> Iterator[TextIO]:
    """A text file (UTF-8) that takes the place of `path` when the block ends well; IoFailure leaves the old file as it was.

    Without `mode` the umask decides who may read it.
    """
    try:
        with _beside(path) as (handle, temporary):
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            temporary.chmod(usual_mode() if mode is None else mode)
            temporary.replace(path)
    except OSError as error:
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint="free some space, or name another file") from error
