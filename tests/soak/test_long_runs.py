"""Long runs that are killed again and again: nothing is lost, nothing is paid for twice, nothing grows.

`make test` runs hundreds of calls, `make soak` 20,000 (JC_SOAK_CALLS=200000 for all of them); each prints its figures.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.script import Script, storm
from tests.soak.forks import ROOT, environment
from tests.soak.runs import KEY, VERDICT, table, write_set
from tests.soak.scale import FULL, scaled

CALLS = int(os.environ.get("JC_SOAK_CALLS", scaled(450, 20_000)))
KILLS = scaled(3, 50)
LEAST_REQUESTS = 10_000
"""Over fewer the noise of pages is as large as a MiB per 10,000 requests."""
ANSWERS = {'"model":"gpt-oss': VERDICT, '"model": "gpt-oss': VERDICT}


@dataclass
class Watched:
    """A process while it runs: its memory in MiB and its open files, each time with the requests that the server had seen."""

    server: FakeProvider
    memory: list[tuple[int, float]] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def look(self, pid: int) -> None:
        """One look; a process that has just ended has nothing to show."""
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
            self.files.append(sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))
        except (OSError, IndexError):
            return
        self.memory.append((len(self.server.requests), pages * os.sysconf("SC_PAGE_SIZE") / 2**20))


def start(place: Path, url: str, *more: str) -> subprocess.Popen[bytes]:
    """`jc evals run` with three candidates and a judge in a process of its own."""
    line = [
        sys.executable, "-m", "jc", "evals", "run", "-c", "llama-3.3-70b,deepseek-v3,mixtral-8x22b", "-p", "set.jsonl", "-j",
        "gpt-oss-120b", "--base-url", url, "--run-dir", "run", "-o", "results.csv", "--quiet", *more,
    ]  # fmt: skip
    small = {**environment(place, JC_API_KEY=KEY), "PYTHONPATH": str(ROOT)}
    with (place / "told.txt").open("wb") as told:
        return subprocess.Popen(line, cwd=place, env=small, stdout=subprocess.DEVNULL, stderr=told)


def lived(process: subprocess.Popen[bytes], seconds: float, watched: Watched | None = None) -> bool:
    """Whether the process ended by itself within the time; else it is killed with SIGKILL."""
    limit = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > limit:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return False
        if watched is not None:
            watched.look(process.pid)
        time.sleep(0.02)
    return True


@pytest.mark.skipif(not FULL, reason="tests/cli/test_evals_run.py kills a dozen times every day; this is for `make soak`")
def test_killed_over_and_over_the_results_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    """`kill -9` at random moments (nightly: 50 times): no finished call is repeated, only what was in flight, equal results."""
    concurrency, dice = 8, Random(9)
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    for place in (calm, rough):
        place.mkdir()
        write_set(place, scaled(25, 700))
    with FakeProvider(Script(answers=ANSWERS)) as server:
        process = start(calm, server.url, "--concurrency", "32")
        assert lived(process, 120)
        assert process.returncode == 0, (calm / "told.txt").read_text("utf-8")
    kills = 0
    with FakeProvider(Script(answers=ANSWERS, latency_s=0.05)) as server:
        (rough / "run").mkdir(mode=0o700)
        shutil.copy(calm / "run" / "manifest.json", rough / "run" / "manifest.json")
        while True:
            process = start(rough, server.url, "--concurrency", str(concurrency))
            patience = 0.7 + dice.random() if kills < KILLS else 600
            if lived(process, patience):
                break
            kills += 1
        assert process.returncode == 0, (rough / "told.txt").read_text("utf-8")
        twice = sum(count - 1 for count in server.book.attempts.values())
        answered = Counter(seen.unit for seen in server.requests if seen.outcome == "answered")
    if FULL:
        print(f"{kills} kills, {len(answered):,} calls, {twice} repeated ({concurrency} in flight)")  # noqa: T201

    assert kills == KILLS or not FULL
    assert twice <= kills * concurrency
    assert table((rough / "results.csv").read_text("utf-8")) == table((calm / "results.csv").read_text("utf-8"))
    assert table((rough / "run" / "comparisons.csv").read_text("utf-8")) == table(
        (calm / "run" / "comparisons.csv").read_text("utf-8")
    )


def test_many_calls_with_faults_and_kills_lose_nothing_and_do_not_grow(tmp_path: Path) -> None:
    """Concurrency 256 under the storm with a kill now and then: every unit answered, files constant, memory nearly so."""
    write_set(tmp_path, CALLS // 9)
    every = 60 if CALLS >= 200_000 else scaled(3, 6)
    # A pause of a second after each 429 would make an hour of 200,000 calls.
    script = Script(answers=ANSWERS, faults=storm(retry_after=0.05 if FULL else 0), latency_s=0.02, sigma=0.5)
    kills, slopes, most_files = 0, [], 0
    began = time.monotonic()
    with FakeProvider(script) as server:
        while True:
            watched = Watched(server)
            # One attempt in six fails: of 200,000 calls five would fail six times in a row.
            process = start(tmp_path, server.url, "--concurrency", "256", "--timeout", "2", "--max-attempts", "12")
            done = lived(process, every if kills < scaled(1, 100) else 3600, watched)
            slopes += [slope(watched.memory)] if len(watched.memory) > 50 else []
            most_files = max(most_files, *watched.files, 0)
            if done:
                break
            kills += 1
        finished = Counter(seen.unit for seen in server.requests if seen.outcome == "answered")
        twice = sum(count - 1 for count in finished.values())
        requests, faults = len(server.requests), sum(seen.outcome != "answered" for seen in server.requests)
    rows = table((tmp_path / "results.csv").read_text("utf-8"))
    if FULL:
        slopes_told = ", ".join(f"{one:.2f}" for one in slopes)
        took = time.monotonic() - began
        print(  # noqa: T201
            f"{len(finished):,} calls, {requests:,} requests, {faults:,} faults, {kills} kills, {took:.0f} s; {twice} answered "
            f"twice; memory {slopes_told} MiB per 10,000 calls; at most {most_files} files open"
        )

    assert process.returncode == 0, (tmp_path / "told.txt").read_text("utf-8")
    assert {row["status"] for row in rows} == {"ok"}
    assert len(rows) == CALLS // 9 * 3
    assert twice <= kills * 256
    assert most_files < 256 + 60
    assert max(slopes, default=0.0) < 1.5, "MiB per 10,000 requests; test_memory.py counts without the noise of pages"


def slope(memory: list[tuple[int, float]]) -> float:
    """The rise in MiB per 10,000 requests over the second half of a process's requests, by least squares.

    What comes after its last request (statistics, files) is left out, and so are processes that made too few to tell.
    """
    first, last = memory[0][0], memory[-1][0]
    points = [(x, y) for x, y in memory if (first + last) / 2 < x < last]
    if len(points) < 10 or points[-1][0] - points[0][0] < LEAST_REQUESTS:
        return 0.0
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return 10_000 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
