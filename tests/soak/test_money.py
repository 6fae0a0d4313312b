"""No budget is exceeded: the server's own ledger is the witness, retries and charged failures included."""

from decimal import Decimal
from pathlib import Path
from random import Random

from jc.evals.run import Spending
from tests.evals.conftest import Bench, catalog
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Script, rate_limit
from tests.soak.scale import scaled

BUDGETS = scaled(10, 200)
FAULTS = (
    rate_limit(0.10, retry_after=0.01),
    Fault("status", 0.05, status=500),
    Fault("malformed", 0.03),
    Fault("cut", 0.03),
    Fault("reset", 0.02),
    Fault("no_usage", 0.05),
)
"""Malformed, cut and usage-less answers are charged by the server, as providers do."""
RATE = Decimal(1000)


def test_the_servers_ledger_never_exceeds_the_cap(tmp_path: Path) -> None:
    """Random budgets, a tenth of the calls failing in ways that cost: never a cent more, and a larger budget resumes."""
    dice, stopped = Random(7), 0
    for number in range(BUDGETS):
        script = Script(usd_per_mtok={"*": (RATE, RATE)}, faults=FAULTS, seed=number, answer_words=dice.choice((1, 12, 60)))
        (tmp_path / str(number)).mkdir()
        with FakeProvider(script) as server:
            bench = Bench(tmp_path / str(number), server, catalog("ant", "bee", "cat", "judge", usd=str(RATE)))
            request = bench.request(prompts=dice.randint(2, 6))
            cap = Decimal(str(round(dice.uniform(1.9, 9.0), 2)))
            with bench.run(request, Spending(cap), concurrency=dice.choice((1, 4, 32)), backoff_s=0.01) as finished:
                stopped += finished.stopped is not None
                assert server.usd <= cap, f"budget {number}: ${server.usd} of ${cap}"
            larger = cap + Decimal(2)
            with bench.run(request, Spending(larger), backoff_s=0.01):
                assert server.usd <= larger, f"budget {number}, resumed: ${server.usd} of ${larger}"
            server.use(Script(usd_per_mtok={"*": (RATE, RATE)}))
            asked = len(server.requests)
            with bench.run(request, Spending(Decimal(500))) as finished:
                assert {row["status"] for row in bench.rows(finished)} == {"ok"}
            answered = [seen.unit for seen in server.requests[:asked] if seen.outcome == "answered"]
            again = {seen.unit for seen in server.requests[asked:]} & set(answered)
            assert not again, f"budget {number}: {len(again)} finished calls were paid for twice"
    assert stopped > BUDGETS / 3


def test_failed_attempts_count_against_the_cap(tmp_path: Path) -> None:
    """Every first attempt is cut off and charged all the same: what nobody told the price of counts at its upper bound."""
    script = Script(usd_per_mtok={"*": (RATE, RATE)}, faults=(Fault("cut", 1.0, 1),), answer_words=64)
    with FakeProvider(script) as server:
        bench = Bench(tmp_path, server, catalog("ant", "bee", "cat", "judge", usd=str(RATE)))
        cap = Decimal(8)
        with bench.run(bench.request(prompts=12), Spending(cap), concurrency=1, backoff_s=0.001) as finished:
            told = finished.spent_usd
        charged = sum((seen.usd for seen in server.requests if seen.outcome == "cut"), Decimal(0))

    assert finished.stopped is not None
    assert charged > server.usd / 3
    assert server.usd <= told <= cap
