"""The wall clock may jump: limits, waits and deadlines go by the monotonic clock."""

import ast
import json
import subprocess
import sys

from tests.fakes.provider import FakeProvider
from tests.fakes.script import Script, rate_limit
from tests.soak.forks import ROOT

# A run of calls in a process whose wall clock is set an hour back, and then a day forward, while it runs.
PROGRAM = """
import asyncio, datetime, json, sys, time

class Jumping(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        began = globals().setdefault("BEGAN", time.monotonic())
        jump = -3600 if time.monotonic() - began > 0.3 else 86400 if time.monotonic() - began > 0.8 else 0
        return super().now(tz) + datetime.timedelta(seconds=jump)

real = time.time
time.time = lambda: real() - 3600 * (time.monotonic() % 1 > 0.5)
datetime.datetime = Jumping
from jc.providers.client import Client
from jc.providers.settings import ClientSettings
from tests.fakes.calls import calls, endpoint, kinds

async def main():
    where = endpoint(sys.argv[1], rpm=600)
    async with Client(ClientSettings(concurrency=8, timeout_s=5)) as client:
        began = time.monotonic()
        replies = await asyncio.gather(*map(client.complete, calls(where, 14)))
        stamps = {reply.started_at[:13] for reply in replies}
        print(json.dumps([kinds(replies), time.monotonic() - began, max(r.latency_ms for r in replies), len(stamps)]))

asyncio.run(main())
"""


def test_a_clock_set_back_in_mid_run_changes_no_limit() -> None:
    """An hour back and a day forward: a Retry-After of one second is one second, ten a second stay ten, latencies stay small."""
    with FakeProvider(Script(faults=(rate_limit(0.3, retry_after=1, times=1),), seed=2)) as server:
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.url], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        refused = [seen for seen in server.requests if seen.outcome == "status 429"]
        for seen in refused:
            assert seen.answered_at is not None
            later = [other.at for other in server.requests if other.unit == seen.unit and other.at > seen.at]
            assert later[0] - seen.answered_at >= 1.0
    assert run.returncode == 0, run.stderr
    kinds, took, latency, stamps = json.loads(run.stdout)
    assert refused
    assert kinds == ["ok"] * 14
    assert 1.0 <= took < 10
    assert latency < 5000
    assert stamps > 1, "the clock was not seen to jump"


def test_no_wait_and_no_limit_asks_the_wall_clock() -> None:
    """`time.time` is nowhere in the packages that wait or limit; `datetime.now` makes stamps, prices and dates of headers."""
    where = [path for name in ("providers", "evals") for path in (ROOT / "jc" / name).rglob("*.py")]
    calls = [
        (path.name, ast.unparse(node.func))
        for path in where
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]

    assert not [call for call in calls if call[1] in {"time.time", "time.time_ns", "datetime.utcnow"}]
    assert {name for name, call in calls if call == "datetime.now"} <= {"client.py", "exchange.py", "failures.py", "run.py"}
    assert ("client.py", "datetime.now") in calls
