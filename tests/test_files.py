"""Files that the user asked for follow the user's umask, private ones do not; what killed writers leave is cleared away."""

import os
import subprocess
import sys
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


KILLED = """
import os, sys
from pathlib import Path
from jc.files import replacing

with replacing(Path(sys.argv[1])) as out:
    out.write("half")
    out.flush()
    print("there", flush=True)
    if sys.argv[2] == "dies":
        os.kill(os.getpid(), 9)
    sys.stdin.read()
"""


def writer(path: Path, end: str) -> subprocess.Popen[str]:
    """A process that has written half of a file, and then dies or waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), end], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def age(folder: Path) -> list[Path]:
    """The temporary files of a folder, all made an hour old."""
    found = sorted(folder.glob(".jc-*"))
    for path in found:
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 3600))
    return found


def test_what_a_killed_writer_left_goes_when_its_file_is_written_next(tmp_path: Path) -> None:
    """The temporary file of a dead process goes with the next write of the same file, not of another."""
    with writer(tmp_path / "a", "dies") as process:
        process.wait()
    (left,) = age(tmp_path)

    write_atomically(tmp_path / "b", "text")
    assert left.exists()
    write_atomically(tmp_path / "a", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert (tmp_path / "a").read_text("utf-8") == "whole"


def test_the_temporary_file_of_a_living_writer_stays_however_old(tmp_path: Path) -> None:
    """Two processes write one file: the second leaves the first alone, and who ends last wins."""
    with writer(tmp_path / "a", "waits") as process:
        (held,) = age(tmp_path)
        write_atomically(tmp_path / "a", "ours")
        assert held.exists()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0

    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text("utf-8") == "half"


def test_only_our_own_names_are_cleared(tmp_path: Path) -> None:
    """A young file, a folder, a link, and names that only look alike stay, whoever made them."""
    with writer(tmp_path / "a", "dies") as process:
        process.wait()
    (left,) = tmp_path.glob(".jc-*")
    alike = [left.with_name(name) for name in (left.name + "x", left.name[:-1], left.name[1:], ".jc-a", ".jc-00000000-abcdefgh")]
    for path in alike:
        path.write_text("mine", "utf-8")
    linked = left.with_name(left.name[:-8] + "linkedto")
    linked.symlink_to(alike[0])
    left.with_name(left.name[:-8] + "a_folder").mkdir()
    age(tmp_path)
    os.utime(left)
    before = {*tmp_path.iterdir()}
    write_atomically(tmp_path / "a", "whole")

    assert {*tmp_path.iterdir()} == {*before, tmp_path / "a"}
