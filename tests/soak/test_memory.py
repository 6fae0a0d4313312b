"""A run does not grow with its calls: what Python keeps for a call is counted byte by byte, in a process of its own.

The allocator's own account (tracemalloc) has no noise of pages and fragments, so a small run shows what a long one would keep;
`test_long_runs.py` looks at the resident memory of long ones each night.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.fakes.provider import FakeProvider
from tests.fakes.script import Script
from tests.soak.forks import ROOT
from tests.soak.runs import write_set
from tests.soak.scale import scaled

CALLS = scaled(3_600, 18_000)
MIB_PER_10_000_CALLS = 2**20 / 10_000
BOOTSTRAP = 12 * 2**20
PROGRAM = """
import gc, json, sys, tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import jc.evals.statistics.standings
from jc.catalog.load import load_catalog
from jc.evals.finish import derive
from jc.evals.plan import Settings
from jc.evals.run import Request, Spending, Where, carry_out, prepare
from jc.providers.settings import ClientSettings

class Counting:
    # The least over some moments: what is in flight comes and goes, what is kept stays.
    calls, early, late = 0, [], []

    def answered(self, *_):
        self.calls += 1
        for moments, share in ((self.early, 0.25), (self.late, 0.9)):
            if self.calls % 20 == 0 and 0 <= self.calls - share * CALLS < CALLS / 20:
                gc.collect()
                moments.append(tracemalloc.get_traced_memory()[0])

    judged = answered
    tied = answered

place, url, CALLS = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
request = Request(str(place / "set.jsonl"), ("ant", "bee", "cat"), ("judge",), url, settings=Settings(max_tokens=64))
folders = Where(place / "runs", place / "run")
now = datetime.now(UTC)
prepared = prepare(request, load_catalog(), {"JC_API_KEY": "sk-key"}, folders, Spending(), now=now)
counting = Counting()
tracemalloc.start()
with carry_out(prepared, ClientSettings(concurrency=8), counting) as finished:
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    derive(finished)
    peak = tracemalloc.get_traced_memory()[1]
print(json.dumps([counting.calls, min(counting.early), min(counting.late), peak - before]))
"""


def test_a_run_keeps_less_than_a_mebibyte_for_ten_thousand_calls(tmp_path: Path) -> None:
    """Journal index, notes and all else grow by less than 105 bytes a call; statistics and files then take half a KiB a call.

    The bootstrap has blocks of up to 12 MiB beside that, whatever the size of the run.
    """
    write_set(tmp_path, CALLS // 9)
    with FakeProvider(Script()) as server:
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path), server.url, str(CALLS)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
    assert run.returncode == 0, run.stderr
    calls, early, late, ending = json.loads(run.stdout)
    a_call = (late - early) / (0.65 * CALLS)
    print(f"{calls:,} calls: {a_call:.0f} bytes kept a call, {ending / calls:.0f} more while the files are written")  # noqa: T201

    assert calls == CALLS
    assert a_call < MIB_PER_10_000_CALLS
    assert ending < BOOTSTRAP + 512 * calls
