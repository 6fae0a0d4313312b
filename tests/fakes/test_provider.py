"""The fake itself: what tests and benchmarks rely on."""

import json
import subprocess
import sys
import urllib.request
from decimal import Decimal

from jc.providers.settings import ClientSettings
from tests.fakes.calls import calls, complete, endpoint
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Request, Script


def test_it_charges_its_own_prices_for_answers_and_nothing_for_errors() -> None:
    """The server's ledger is the truth about money."""
    script = Script(
        usd_per_mtok={"m": (Decimal(1), Decimal(2))},
        faults=(Fault("status", contains="prompt 1;", status=400), Fault("malformed", contains="prompt 2;")),
        answer_words=10,
    )
    with FakeProvider(script) as server:
        complete(calls(endpoint(server.url), 3), ClientSettings(max_attempts=1))
        charged = {seen.raw.split(b"prompt ")[1][:1]: seen.usd for seen in server.requests}
        assert server.usd == sum(charged.values())
    assert charged[b"1"] == 0
    assert charged[b"0"] == Decimal(2 * 1 + 10 * 2) / 10**6
    assert charged[b"2"] > 0


def test_shares_are_kept_and_do_not_depend_on_the_order() -> None:
    """A fault with a share of 20 % hits about that many attempts, the same ones in every run."""
    script = Script(faults=(Fault("status", 0.2), Fault("hang", 0.1)), seed=4)
    drawn = [script.fault(Request(0, f"unit {number}", 1, "m", "", {}, b"", {}), 0) for number in range(2000)]
    kinds = [fault.kind if fault else "" for fault in drawn]
    assert 340 < kinds.count("status") < 460
    assert 150 < kinds.count("hang") < 250


def test_it_runs_as_a_program_and_tells_what_it_saw() -> None:
    """First line: the base URL; `/_ledger` counts; it ends when its input is closed."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.provider", "--key", "sk-test-0123456789abcdef", "--price", "1,2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdin is not None
    url = program.stdout.readline().strip()
    complete(calls(endpoint(url), 7))
    with urllib.request.urlopen(url.removesuffix("/v1") + "/_ledger", timeout=5) as answer:
        ledger = json.load(answer)
    program.stdin.close()
    assert program.wait(10) == 0
    program.stdout.close()
    assert (ledger["requests"], len(ledger["units"]), ledger["outcomes"]) == (7, 7, {"answered": 7})
    assert Decimal(ledger["usd"]) > 0
