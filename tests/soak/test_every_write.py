"""A run that is killed at any write, sync or rename leaves whole files, and the same command ends with the same results."""

from collections import Counter
from pathlib import Path

from tests.fakes.provider import FakeProvider
from tests.soak.forks import Forks, environment
from tests.soak.runs import JUDGED, KEY, OLD, command, partial, table, write_set
from tests.soak.scale import FULL

ROWS, GAMES = 4, 4


def fresh(folder: Path) -> Path:
    """A folder with the prompts and an older result."""
    folder.mkdir()
    write_set(folder, 2)
    (folder / "results.csv").write_text(OLD, "utf-8")
    return folder


def assert_synced(calls: tuple[str, ...]) -> None:
    """Between any two renames a file was written and synced; the journal is written by single calls and synced too."""
    names = [name for name in calls if name in {"write", "fsync", "fdatasync", "replace", "rename", "pwrite"}]
    since: list[str] = []
    for name in names:
        if name in {"replace", "rename"}:
            assert "fsync" in since, f"a rename without a sync: {names}"
            since = []
        since.append(name)
    assert names.count("pwrite") >= ROWS + GAMES
    assert "fdatasync" in names


def test_killed_at_any_write_sync_or_rename_files_are_absent_old_or_whole(tmp_path: Path, forks: Forks) -> None:
    """At each point: no partial file, no unsound line, and the same command repeats only what was in flight (nightly: every)."""
    with FakeProvider(JUDGED) as server:
        small = environment(tmp_path, JC_API_KEY=KEY)
        calm = fresh(tmp_path / "calm")
        forks.run(fresh(tmp_path / "warm"), command(server.url), small)
        undisturbed = forks.run(calm, command(server.url, "--concurrency", "2"), small, die_at=0)
        assert (undisturbed.code, undisturbed.err) == (0, "")
        expected = table((calm / "results.csv").read_text("utf-8"))
        assert len(expected) == ROWS
        assert undisturbed.touched > 40
        assert_synced(undisturbed.calls)
        points = range(1, undisturbed.touched + 1)
        for point in points if FULL else points[3::7]:
            place = fresh(tmp_path / f"at-{point}")
            asked = len(server.requests)
            killed = forks.run(place, command(server.url, "--concurrency", "2"), small, die_at=point)
            assert killed.code == -9, f"point {point}: {killed}"
            assert partial(place, ROWS, GAMES) == [], f"point {point}"
            again = forks.run(place, command(server.url, "--concurrency", "2"), small)
            assert again.code == 0, f"point {point}: {again.err}"
            assert table((place / "results.csv").read_text("utf-8")) == expected, f"point {point}"
            assert len(server.requests) - asked <= ROWS + GAMES + 2, f"point {point}"
            units = Counter(request.unit for request in server.requests[asked:])
            assert max(units.values()) <= 2, f"point {point}"
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
