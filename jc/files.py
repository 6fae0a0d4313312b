"""Files are absent, old or new, never partial: temporary file in the same folder, flushed, synced, renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from jc.errors import IoFailure


def shipped(name: str) -> Path:
    """A folder that comes with `jc` (`catalogs`, `evalsets`): inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "data" / name
    return inside if inside.is_dir() else package.parent / name


def _temporary(folder: Path) -> tuple[int, str]:
    import tempfile  # 3 ms that a command which only reads need not spend

    return tempfile.mkstemp(prefix=".jc-", dir=folder)


def check_writable(path: Path) -> None:
    """IoFailure now rather than after an hour of paid calls, when `path` could not be written."""
    folder = path.parent
    if not folder.is_dir():
        raise IoFailure(f"cannot write `{path}`: there is no folder `{folder}`", hint="create the folder first")
    if path.is_dir():
        raise IoFailure(f"cannot write `{path}`: it is a folder", hint="name a file")
    try:
        handle, name = _temporary(folder)
        os.close(handle)
        Path(name).unlink()
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
    try:
        handle, name = _temporary(path.parent)
    except OSError as error:
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint="name another `--output`") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(raw)
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(usual_mode() if mode is None else mode)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint="free some space, or name another file") from error


@contextmanager
def replacing(path: Path, mode: int | None = None) -> Iterator[TextIO]:
    """A text file (UTF-8) that takes the place of `path` when the block ends well; IoFailure leaves the old file as it was.

    Without `mode` the umask decides who may read it.
    """
    temporary: Path | None = None
    try:
        handle, name = _temporary(path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(usual_mode() if mode is None else mode)
        temporary.replace(path)
    except OSError as error:
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint="free some space, or name another file") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
