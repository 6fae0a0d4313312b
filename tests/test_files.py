"""Files that the user asked for follow the user's umask; private ones do not."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jc.files import replacing, write_atomically


@contextmanager
def umask(value: int) -> Iterator[None]:
    """This umask for the time of the block."""
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_outputs_follow_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    """A user who keeps files private keeps reports private too; an explicit mode outranks the umask."""
    with umask(mask):
        write_atomically(tmp_path / "a", "text")
        with replacing(tmp_path / "b") as out:
            out.write("text")
        write_atomically(tmp_path / "c", "text", 0o600)

        assert os.umask(mask) == mask
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in "abc"] == [mode, mode, 0o600]
