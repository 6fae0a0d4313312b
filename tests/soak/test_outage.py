"""One of three providers goes away: for a while, and for ever."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.evals.conftest import Bench, catalog
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Script
from tests.soak.forks import Forks, environment
from tests.soak.runs import KEY, table
from tests.soak.scale import FULL, scaled

SECONDS = scaled(3, 30)
PROMPTS = scaled(20, 200)
CHECK = ', "checks": [{"type": "contains", "value": "word"}]}'


def prompts(place: Path) -> Path:
    """Prompts with a check, so that no judge is needed."""
    path = place / "set.jsonl"
    path.write_text("".join(f'{{"id": "p{n}", "prompt": "Question {n}?"{CHECK}\n' for n in range(PROMPTS)), "utf-8")
    return path


def test_an_outage_that_ends_costs_nothing(tmp_path: Path) -> None:
    """503 for seconds (nightly: 30): at most one probe a second, the other two keep their pace, and all complete."""
    down = Script(faults=(Fault("status", status=503, start_s=0.05, end_s=SECONDS),))
    with FakeProvider(down) as one, FakeProvider() as two, FakeProvider() as three:
        bench = Bench(tmp_path, one, catalog("ant", "bee", "cat"))
        prompts(tmp_path)
        names = tuple(
            f"{name}={name}@{server.url}" for name, server in zip(("ant", "bee", "cat"), (one, two, three), strict=True)
        )
        with bench.run(bench.request(candidates=names, judges=(), base_url=None), concurrency=8) as finished:
            rows = bench.rows(finished)
        probes = [seen.at - one.book.started for seen in one.requests]
        busy = [max(seen.at for seen in server.requests) - min(seen.at for seen in server.requests) for server in (two, three)]

    assert Counter(row["status"] for row in rows) == {"ok": 3 * PROMPTS}
    assert sum(1.5 < at < SECONDS for at in probes) <= SECONDS
    assert max(busy) < 2


def test_an_outage_for_ever_leaves_two_thirds_complete(tmp_path: Path, forks: Forks) -> None:
    """Exit 3 after the patience, what is missing is named, and two thirds of the rows are whole; later the rest alone runs."""
    prompts(tmp_path)
    small = environment(tmp_path, JC_API_KEY=KEY)
    dead = Script(faults=(Fault("status", status=503),))
    with FakeProvider(dead) as one, FakeProvider() as two, FakeProvider() as three:
        candidates = [f"{name}=m@{server.url}" for name, server in (("ant", one), ("bee", two), ("cat", three))]
        line = ["evals", "run", "-c", ",".join(candidates), "-p", "set.jsonl", "--run-dir", "run", "-o", "results.csv"]
        stopped = forks.run(tmp_path, [*line, "--max-wait", "1.5"], small)
        statuses = Counter(row["status"] for row in table((tmp_path / "results.csv").read_text("utf-8")))
        others = len(two.requests) + len(three.requests)
        one.use(Script())
        resumed = forks.run(tmp_path, line, small)
        more = len(two.requests) + len(three.requests) - others

    assert stopped.code == 3, stopped.err
    assert statuses == {"ok": 2 * PROMPTS, "error": PROMPTS}
    assert "ant" in stopped.err
    assert resumed.code == 0, resumed.err
    assert more == 0


@pytest.mark.skipif(not FULL, reason="it takes a minute; tests/providers/test_client_faults.py waits for a second every day")
def test_a_minute_of_retry_after_on_one_endpoint(tmp_path: Path, forks: Forks) -> None:
    """60 s are waited in full and told on stderr with their length; the other endpoint is done long before."""
    prompts(tmp_path)
    slow = Script(faults=(Fault("status", times=1, contains="Question 3?", status=429, retry_after=60),))
    with FakeProvider(slow) as one, FakeProvider() as two:
        candidates = f"ant=m@{one.url},bee=m@{two.url}"
        line = ["evals", "run", "-c", candidates, "-p", "set.jsonl", "--run-dir", "run", "-o", "results.csv"]
        line += ["--concurrency", "1"]
        done = forks.run(tmp_path, line, environment(tmp_path, JC_API_KEY=KEY), timeout=200)
        refused = max(seen.answered_at or 0 for seen in one.requests if seen.outcome == "status 429")
        later = [seen.at for seen in one.requests if seen.at > refused]
        busy = max(seen.at for seen in two.requests) - min(seen.at for seen in two.requests)

    assert done.code == 0, done.err
    assert min(later) - refused >= 60
    assert busy < 5
    assert re.search(r"waiting for \d\d s", done.err), done.err
