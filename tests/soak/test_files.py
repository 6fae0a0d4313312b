"""Disks that are full, folders that are read-only, locks of the dead: a clear end, and nothing that was finished is lost."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from jc.evals import runfolder
from tests.fakes.provider import FakeProvider
from tests.soak.forks import Forks, environment
from tests.soak.runs import JUDGED, KEY, command, table, unsound_lines, write_set
from tests.soak.scale import scaled

NOBODY = 65534
PROMPTS = 4


@pytest.mark.parametrize("most_bytes", range(1000, 9000, scaled(1900, 250)))
def test_a_disk_that_is_full_stops_the_run_and_space_lets_it_go_on(tmp_path: Path, forks: Forks, most_bytes: int) -> None:
    """At any size that files may have: exit 3 or 74 with the reason, sound lines only, and no finished call is repeated."""
    write_set(tmp_path, PROMPTS)
    small = environment(tmp_path, JC_API_KEY=KEY)
    with FakeProvider(JUDGED) as server:
        stopped = forks.run(tmp_path, command(server.url, "--concurrency", "1"), small, most_bytes=most_bytes)
        asked = len(server.requests)
        journal = tmp_path / "run" / "journal.jsonl"
        kept = journal.read_bytes() if journal.exists() else b""
        assert unsound_lines(kept) == 0
        again = forks.run(tmp_path, command(server.url), small)
        repeated = [unit for unit, count in server.book.attempts.items() if count > 1]
    if stopped.code:
        assert stopped.code in {3, 74}, stopped.err
        assert "cannot write" in stopped.err
    assert kept.count(b"\n") >= asked - 2  # one answer that did not fit, and one call that was on its way
    assert again.code == 0, again.err
    assert len(repeated) <= 2
    assert len(table((tmp_path / "results.csv").read_text("utf-8"))) == PROMPTS * 2


def test_a_read_only_folder_is_told_before_anything_is_paid(forks: Forks) -> None:
    """Run by a user who may not write there: exit 74, one message, no request."""
    place = Path(tempfile.mkdtemp(prefix="jc-soak-"))
    try:
        write_set(place, 1)
        place.chmod(0o555)
        (place / "set.jsonl").chmod(0o444)
        with FakeProvider(JUDGED) as server:
            done = forks.run(place, command(server.url), environment(place, JC_API_KEY=KEY), user=NOBODY)
            asked = len(server.requests)
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)

    assert (done.code, asked) == (74, 0), done.err
    assert "cannot" in done.err
    assert "Traceback" not in done.err


def test_the_lock_of_a_dead_process_is_taken_over_and_that_of_a_living_one_is_not(tmp_path: Path, forks: Forks) -> None:
    """A lock file with the pid of nobody hinders nobody; while somebody holds it: exit 75, the pid, and no request."""
    write_set(tmp_path, 1)
    small = environment(tmp_path, JC_API_KEY=KEY)
    folder = runfolder.create(tmp_path / "run")
    with FakeProvider(JUDGED) as server:
        with runfolder.locked(folder):
            refused = forks.run(tmp_path, command(server.url), small)
            asked = len(server.requests)
        (tmp_path / "run" / "lock").write_text("999999999\n", "ascii")
        taken = forks.run(tmp_path, command(server.url), small)

    assert (refused.code, asked) == (75, 0)
    assert f"process {os.getpid()}" in refused.err
    assert taken.code == 0, taken.err
