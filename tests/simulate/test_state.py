"""Budgets, outages, limits and queues on whole logs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.model import Budget, Speed
from jc.errors import InputError
from jc.simulate.events import Event, parsed
from jc.simulate.run import simulate
from jc.simulate.simulation import Question, Simulation
from jc.simulate.terms import Allowance, Terms
from tests.simulate.worlds import NOW, catalog_of, offer, price_row, table_of, written

from datetime import date  # isort: skip

JULY = date(2026, 7, 1)
WORLD = catalog_of(
    offer("a/big", price_row(JULY, input="10.00", output="10.00", cache_read="1.00"), concurrency=1, rpm=2),
    offer("b/small", price_row(JULY, input="1.00", output="1.00")),
    offer("c/spare", price_row(JULY, input="2.00", output="2.00"), speed=Speed(Decimal(1), Decimal(100))),
)
PIN = table_of("pin", routes={"general": replace(table_of().routes["simple"], model="a/big")}, fallback=("c/spare",))
DOLLAR = 10**12
HOUR = 3_600_000_000


def rows(count: int, every_s: float = 60, **more: Any) -> list[dict[str, Any]]:
    """Requests of 1,000 tokens in and 1,000 out: two cents each at a/big."""
    start = datetime(2026, 10, 1, tzinfo=UTC)
    return [
        {"ts": (start + timedelta(seconds=every_s * number)).isoformat(), "request_id": f"r{number}", "key": f"k{number % 2}",
         "model": "a/big", "route_class": "general", "input_tokens": 1000, "output_tokens": 1000, **more}
        for number in range(count)
    ]  # fmt: skip


def walked(path: Path, log: list[dict[str, Any]], terms: Terms, **more: Any) -> Simulation:
    """The log under the pin and some terms."""
    table = more.pop("table", PIN)
    return simulate(Question(str(written(path / "log.jsonl", log)), [("pin", table)], NOW, terms=terms, **more), WORLD)


@pytest.mark.parametrize("fast", [False, True])
def test_a_key_is_refused_at_its_cap_and_never_goes_over(tmp_path: Path, fast: bool) -> None:
    """Ten cents a window of five hours: five of each key's requests pass, the others are 429, and are what was saved."""
    terms = Terms(Allowance(cap=DOLLAR // 10, window_us=5 * HOUR), fast=fast)

    estimate = walked(tmp_path, rows(40), terms).estimates[1]

    assert estimate.walk is not None
    assert estimate.cost == Fraction(2 * DOLLAR // 10)
    assert estimate.walk.refused == 30
    assert [(one.key, one.requests, one.pico) for one in estimate.walk.stopped] == [
        ("k0", 15, 15 * DOLLAR // 50),
        ("k1", 15, 15 * DOLLAR // 50),
    ]


def test_windows_begin_at_first_use_or_on_the_clock(tmp_path: Path) -> None:
    """First use: three windows of five hours a key; on the clock they turn at 02:00, 07:00 and 12:00 that day."""
    log = rows(14, every_s=3600)
    first_use = walked(tmp_path, log, Terms(Allowance(DOLLAR // 50, 5 * HOUR))).estimates[1].walk
    fixed = walked(tmp_path, log, Terms(Allowance(DOLLAR // 50, 5 * HOUR, fixed=True))).estimates[1].walk

    assert first_use is not None
    assert fixed is not None
    assert (first_use.rows - first_use.refused, fixed.rows - fixed.refused) == (6, 8)


def test_below_the_threshold_the_cheaper_model_answers(tmp_path: Path) -> None:
    """With less than five cents left of ten, b/small answers at a fifth of a cent."""
    small = WORLD.offers["b/small"]
    terms = Terms(Allowance(DOLLAR // 10, 50 * HOUR, below=DOLLAR // 20, low=small))

    walk = walked(tmp_path, rows(20, key="one"), terms).estimates[1].walk

    assert walk is not None
    assert (walk.degraded, walk.refused) == (17, 0)
    assert walk.cost == 3 * DOLLAR // 50 + 17 * DOLLAR // 500


def test_parked_requests_wait_for_the_reset(tmp_path: Path) -> None:
    """Nothing is refused, everything is answered within its windows, and the wait is counted."""
    walk = walked(tmp_path, rows(6, key="one"), Terms(Allowance(DOLLAR // 25, HOUR, park=True))).estimates[1].walk

    assert walk is not None
    assert (walk.refused, walk.parked) == (0, 4)
    assert walk.waits_s.tolist() == [0, 0, 3600 - 120, 3600 - 180, 7200 - 240, 7200 - 300]


def test_a_table_brings_its_own_budget(tmp_path: Path) -> None:
    """`budget:` in a route table counts without any flag."""
    table = replace(PIN, budget=Budget(Decimal("0.10"), Decimal(5)))

    walk = walked(tmp_path, rows(40), Terms(), table=table).estimates[1].walk

    assert walk is not None
    assert walk.refused == 30


def test_the_smallest_budget_with_few_stalls_is_found(tmp_path: Path) -> None:
    """Twenty requests of two cents a key in one window need forty cents."""
    estimate = walked(tmp_path, rows(40), Terms(Allowance(0, 50 * HOUR)), find_budget=True).estimates[1]

    assert estimate.least_budget == 4 * DOLLAR // 10


def test_an_outage_sends_requests_along_the_chain(tmp_path: Path) -> None:
    """While a/big is down c/spare answers at its price and speed; before and after nothing changes."""
    outage = parsed("--outage", "a/big:00:10-00:15", WORLD)

    walk = walked(tmp_path, rows(20), Terms(events=(outage,))).estimates[1].walk

    assert walk is not None
    assert (walk.fell_back, walk.lost) == (5, 0)
    assert walk.cost == 15 * DOLLAR // 50 + 5 * DOLLAR // 250


def test_without_a_fallback_an_outage_loses_requests(tmp_path: Path) -> None:
    """Nothing answers them, and they cost nothing."""
    walk = (
        walked(tmp_path, rows(20), Terms(events=(parsed("--outage", "a:00:10-00:15", WORLD),)), table=replace(PIN, fallback=()))
        .estimates[1]
        .walk
    )

    assert walk is not None
    assert walk.lost == 5
    assert walk.cost == 15 * DOLLAR // 50


def test_a_slowdown_makes_requests_slower(tmp_path: Path) -> None:
    """Three times the time for half of the requests doubles the mean."""
    plain = walked(tmp_path, rows(20), Terms(events=(parsed("--slowdown", "b/small:00:00-01:00:x3", WORLD),))).estimates[1]
    slow = walked(tmp_path, rows(20), Terms(events=(parsed("--slowdown", "a/big:00:10-01:00:x3", WORLD),))).estimates[1]

    assert slow.mean_s == pytest.approx(2 * (plain.mean_s or 0))


def test_limits_and_queues_make_requests_wait(tmp_path: Path) -> None:
    """Two a minute, and one at a time for 20.5 seconds each: the third of a burst waits for the next minute."""
    walk = walked(tmp_path, rows(4, every_s=0.001), Terms(limits=True)).estimates[1].walk

    assert walk is not None
    assert [round(wait, 1) for wait in walk.waits_s] == [0.0, 20.5, 60.0, 80.5]


@pytest.mark.parametrize(
    "text", ["", "a/big", "a/big:25:00-26:00", "nobody:10:00-11:00", "a/big:2026-10-01T10:00/2026-10-01T09:00", "a/big:x-y"]
)
def test_a_span_that_makes_no_sense_is_an_error(text: str) -> None:
    """With how to write one."""
    with pytest.raises(InputError):
        parsed("--outage", text, WORLD)


def test_spans_go_over_midnight_and_have_dates() -> None:
    """Daily spans in UTC, single ones by their moments."""
    night = parsed("--outage", "a:23:00-01:00", WORLD)
    once = parsed("--outage", "a/big:2026-10-01T10:00:00Z/2026-10-01T12:00:00Z", WORLD)
    import numpy as np

    clock = np.array([0, 30 * 60_000_000, 2 * HOUR, 23 * HOUR + 1], dtype=np.int64)
    assert night.covers(clock).tolist() == [True, True, False, True]
    assert once == Event("a/big", 1_790_848_800_000_000, 1_790_856_000_000_000, daily=False)


def test_a_limit_sends_requests_to_the_fallback(tmp_path: Path) -> None:
    """Two a minute at a/big: the other eight of a burst go to c/spare, at its price and without a wait."""
    free = replace(WORLD, offers={**WORLD.offers, "a/big": replace(WORLD.offers["a/big"], concurrency=None)})
    question = Question(str(written(tmp_path / "log.jsonl", rows(10, every_s=0.001))), [("pin", PIN)], NOW)

    walk = simulate(replace(question, terms=Terms(limits=True, on_limit="fallback")), free).estimates[1].walk

    assert walk is not None
    assert (walk.fell_back, walk.turned_away, walk.waits_s.max()) == (8, 0, 0)
    assert walk.cost == 2 * DOLLAR // 50 + 8 * DOLLAR // 250


def test_a_limit_without_another_try_turns_requests_away(tmp_path: Path) -> None:
    """The eight over the limit are rejected: they cost nothing and are counted."""
    estimate = walked(tmp_path, rows(10, every_s=0.001), Terms(limits=True, on_limit="reject")).estimates[1]

    assert estimate.walk is not None
    assert (estimate.walk.turned_away, estimate.rejected) == (8, 8)
    assert estimate.cost == 2 * DOLLAR // 50


def test_a_slow_model_is_given_up_after_the_timeout(tmp_path: Path) -> None:
    """While a/big takes three times as long, its requests wait 30 s in vain and are then answered by c/spare in 11 s."""
    slow = parsed("--slowdown", "a/big:00:10-01:00:x3", WORLD)

    walk = walked(tmp_path, rows(20), Terms(events=(slow,), timeout_s=30.0)).estimates[1].walk

    assert walk is not None
    assert (walk.given_up, walk.fell_back) == (10, 10)
    assert walk.waits_s.tolist() == [0.0] * 10 + [30.0] * 10
    assert walk.mean_s == pytest.approx((20.5 + 30 + 11) / 2)
    assert walk.cost == 10 * DOLLAR // 50 + 10 * DOLLAR // 250


def test_a_fallback_without_a_price_is_an_error_not_free(tmp_path: Path) -> None:
    """Unknown is never zero, also where only an outage leads there."""
    bare = replace(WORLD, offers={**WORLD.offers, "c/spare": replace(WORLD.offers["c/spare"], prices=())})
    outage = parsed("--outage", "a/big:00:10-00:15", WORLD)
    question = Question(str(written(tmp_path / "log.jsonl", rows(20))), [("pin", PIN)], NOW, terms=Terms(events=(outage,)))

    with pytest.raises(InputError, match="c/spare"):
        simulate(question, bare)


def test_a_model_that_classifies_costs_in_every_row(tmp_path: Path) -> None:
    """With and without a budget that nobody meets a table with a classifier model costs the same."""
    table = replace(PIN, classifier="b/small")

    estimate = walked(tmp_path, rows(20), Terms(Allowance(DOLLAR * 1000, HOUR)), table=table).estimates[1]

    assert estimate.cost == estimate.by_groups
    assert estimate.cost > 20 * DOLLAR // 50


def test_requests_of_unknown_models_keep_their_stated_cost(tmp_path: Path) -> None:
    """A budget does not make what the catalog does not know free."""
    log = [*rows(4), *rows(2, model="x/unheard", routing="explicit", cost_usd=0.5, request_id="u")]
    log[-1] = {**log[-1], "request_id": "v"}

    estimate = walked(tmp_path, log, Terms(Allowance(DOLLAR * 1000, HOUR))).estimates[1]

    assert estimate.cost == estimate.by_groups == 4 * DOLLAR // 50 + DOLLAR
