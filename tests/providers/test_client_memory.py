"""Memory under attack, measured in a process of its own."""

import json
import subprocess
import sys

import pytest

from tests.fakes import answers
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, FaultKind, Script

PROGRAM = """
import asyncio, json, resource, sys
from jc.providers.client import Client
from jc.providers.settings import ClientSettings
from tests.fakes.calls import calls, endpoint, kinds

def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

async def main(url, number):
    async with Client(ClientSettings(concurrency=64, max_attempts=1, timeout_s=5)) as client:
        await client.complete(calls(endpoint(url), 1, model="warm")[0])
        before = peak_mib()
        replies = await asyncio.gather(*map(client.complete, calls(endpoint(url), number, model="evil")))
        good = await asyncio.gather(*map(client.complete, calls(endpoint(url), 20, model="good")))
        print(json.dumps([peak_mib() - before, sorted(set(kinds(replies))), sorted(set(kinds(good)))]))

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize(
    ("kind", "number", "ends"),
    [("bomb", 40, "too_large"), ("huge", 24, "too_large"), ("header", 24, "malformed")],
)
def test_many_bombs_at_once_take_little_memory(kind: FaultKind, number: int, ends: str) -> None:
    """Dozens of gzip bombs, endless bodies or endless headers at once raise the peak by no more than 64 MiB."""
    answers.bomb()
    with FakeProvider(Script(faults=(Fault(kind, model="evil"),))) as server:
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.url, str(number)], capture_output=True, text=True, check=False, timeout=60
        )
    assert run.returncode == 0, run.stderr
    rise, evil, good = json.loads(run.stdout)
    assert evil == [ends]
    assert good == ["ok"]
    assert rise <= 64


def test_memory_does_not_grow_with_the_calls() -> None:
    """4,000 calls after the first 1,000 add less than 2 KiB each."""
    program = (
        PROGRAM.split("async def main", maxsplit=1)[0]
        + """
async def main(url):
    async with Client(ClientSettings(concurrency=64)) as client:
        for start in (1000, 4000):
            numbers = iter(range(start))
            async def work():
                for number in numbers:
                    await client.complete(calls(endpoint(url), 1, seed=number)[0])
            before = peak_mib()
            await asyncio.gather(*(work() for _ in range(64)))
        print(peak_mib() - before)

asyncio.run(main(sys.argv[1]))
"""
    )
    with FakeProvider() as server:
        run = subprocess.run([sys.executable, "-c", program, server.url], capture_output=True, text=True, check=True, timeout=60)
    assert float(run.stdout) * 1024 / 4000 < 2
