"""Keys on flat plans: never stopped by the budget of those by the token, billed by the month, the others as without them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jc.catalog.model import Plan
from jc.errors import InputError
from jc.simulate.estimate import Assumed
from jc.simulate.plans import plan_rows
from jc.simulate.result import payload
from jc.simulate.run import simulate
from jc.simulate.simulation import Question, Simulation
from jc.simulate.subscribed import covers, holders
from jc.simulate.terms import Allowance, Subscription, Terms
from tests.simulate.worlds import HERE, NOW, catalog_of, offer, price_row, random_rows, rich_catalog, table_of, written

HOUR = 3_600_000_000
DOLLAR = 10**12
JULY = date(2026, 7, 1)
WORLD = catalog_of(
    offer("a/big", price_row(JULY, input="10.00", output="10.00")), offer("b/small", price_row(JULY, input="1.00", output="1.00"))
)
PIN = table_of("pin", routes={"general": replace(table_of().routes["simple"], model="a/big")}, fallback=())
FLAT = Plan("flat", "a", HERE, usd_per_month=Decimal(30))
WINDOWED = replace(FLAT, id="windowed", window_hours=Decimal(5), window_usd=Decimal("0.06"))
CAP = Allowance(DOLLAR // 10, 50 * HOUR)


def rows(count: int, keys: tuple[str, ...] = ("ann", "bob", "bot-1", "bot-2")) -> list[dict[str, Any]]:
    """Requests of two cents each at a/big, one a minute, by keys in turn; the last one ten days later."""
    start = datetime(2026, 10, 1, tzinfo=UTC)
    return [
        {"ts": (start + timedelta(minutes=number) if number < count - 1 else start + timedelta(days=10)).isoformat(),
         "request_id": f"r{number}", "key": keys[number % len(keys)], "model": "a/big", "route_class": "general",
         "input_tokens": 1000, "output_tokens": 1000}
        for number in range(count)
    ]  # fmt: skip


def replayed(path: Path, log: list[dict[str, Any]], *subscriptions: Subscription, **more: Any) -> Simulation:
    """The log under the pin, a budget of ten cents a key, and some plans."""
    terms = Terms(more.pop("allowance", CAP), subscriptions=subscriptions)
    question = Question(str(written(path / "log.jsonl", log)), [("pin", more.pop("table", PIN))], NOW, terms=terms, **more)
    return simulate(question, WORLD)


def test_a_key_on_a_flat_plan_is_never_stopped(tmp_path: Path) -> None:
    """Five requests of ann and of bob pass; all of the robots' do, for a third of a month's fee and nothing by the token."""
    found = replayed(tmp_path, rows(80), Subscription(FLAT, ("bot-*",)), by=("key",))
    estimate = found.estimates[1]
    told = payload(found, by=["key"])
    parts = {row["key"]: (row["cost_usd"], row["over_budget"]) for row in told["by"]["key"] if row["table"] == "pin"}

    assert parts == {"ann": ("0.1", 15), "bob": ("0.1", 15), "bot-1": ("0", 0), "bot-2": ("0", 0)}
    assert estimate.cost == 2 * DOLLAR // 10 + 10 * DOLLAR
    assert told["tables"][1]["on_plans"] == [
        {"plan": "flat", "keys": 2, "requests": 40, "covered": 40, "over_budget": 0, "by_token_usd": "0.8", "fee_usd": "10"}
    ]
    assert told["tables"][1]["fees_usd"] == "10"
    assert told["tables"][1]["change"] == pytest.approx(10.2 / 1.0 - 1)


def test_the_window_of_a_plan_is_its_own(tmp_path: Path) -> None:
    """Six cents in five hours for each of its keys, of which the last comes in a window of its own."""
    found = replayed(tmp_path, rows(80), Subscription(WINDOWED, ("bot-*",)))
    walk = found.estimates[1].walk

    assert walk is not None
    assert [(one.key, one.requests) for one in walk.stopped] == [("bot-1", 17), ("bot-2", 16), ("ann", 15), ("bob", 15)]
    assert (walk.plans[0].covered, walk.plans[0].refused, walk.plans[0].pico) == (40, 33, 7 * DOLLAR // 50)
    assert walk.stalled == 30 / 40


def test_the_window_of_an_account_is_shared_by_its_keys(tmp_path: Path) -> None:
    """Three requests in the first window whoever sends them, and one in the last."""
    plan = replace(WINDOWED, window_per="account")

    walk = replayed(tmp_path, rows(80), Subscription(plan, ("bot-*",))).estimates[1].walk

    assert walk is not None
    assert (walk.plans[0].covered, walk.plans[0].refused) == (40, 36)


def test_what_a_plan_does_not_have_is_paid_by_the_token(tmp_path: Path) -> None:
    """A plan of another provider leaves its keys under the budget, and its fee is paid all the same."""
    found = replayed(tmp_path, rows(80), Subscription(replace(FLAT, provider="b"), ("bot-*",)))
    estimate = found.estimates[1]

    assert estimate.walk is not None
    assert estimate.walk.refused == 59
    assert estimate.cost == 21 * DOLLAR // 50 + 10 * DOLLAR
    assert any("40 requests of keys on flat" in line for line in estimate.assumptions)


def test_a_plan_has_its_models_or_all_of_its_provider() -> None:
    """Models by offer, by model or by pattern; no provider and no models is everything."""
    big = WORLD.offers["a/big"]
    for models in (("a/big",), ("m/a/big",), ("a/*",)):
        assert covers(Subscription(replace(FLAT, models=models), ()), big)
    assert not covers(Subscription(replace(FLAT, models=("a/other",)), ()), big)
    assert not covers(Subscription(FLAT, ()), WORLD.offers["b/small"])
    assert covers(Subscription(replace(FLAT, provider=None), ()), WORLD.offers["b/small"])


def test_a_key_is_on_the_first_plan_that_names_it() -> None:
    """And a name that is no key's is an error: a typing mistake would quietly cap the wrong keys."""
    both = [Subscription(FLAT, ("bob",)), Subscription(WINDOWED, ("b*", "cid"))]

    assert holders(both, ["ann", "bob", "bot", "cid"]).tolist() == [-1, 0, 1, 1]
    with pytest.raises(InputError, match="no key of the log is called `bbo`"):
        holders([Subscription(FLAT, ("bbo",))], ["ann", "bob"])


def test_a_plan_without_a_price_is_an_error_not_free(tmp_path: Path) -> None:
    """Unknown is never zero."""
    with pytest.raises(InputError, match="usd_per_month"):
        replayed(tmp_path, rows(8), Subscription(replace(FLAT, usd_per_month=None), ("ann",)))


def test_a_classifier_that_the_plan_has_not_is_paid_by_the_token(tmp_path: Path) -> None:
    """Its 1,120 tokens in and three out for each request of the robots, also where the answer is the plan's."""
    table = replace(PIN, classifier="b/small")

    walk = replayed(tmp_path, rows(8), Subscription(FLAT, ("bot-*",)), table=table).estimates[1].walk

    assert walk is not None
    assert walk.cost == 4 * DOLLAR // 50 + 8 * 1123 * 10**6
    assert walk.plans[0].pico == 4 * DOLLAR // 50


def test_the_cheaper_model_answers_near_a_plans_cap_only_where_the_plan_has_it(tmp_path: Path) -> None:
    """Near the cap of a plan without it requests are refused; of a plan with it they are degraded."""
    allowance = replace(CAP, below=DOLLAR // 20, low=WORLD.offers["b/small"])
    for provider, degraded in (("a", 0), (None, 37)):
        plan = Subscription(replace(WINDOWED, provider=provider), ("bot-*",))
        walk = replayed(tmp_path, rows(80), plan, allowance=allowance).estimates[1].walk
        assert walk is not None
        assert walk.degraded == degraded + 2 * 17


def test_plans_compare_by_the_token_also_keys_that_are_on_one(tmp_path: Path) -> None:
    """`--plans` asks what they would pay by the token: four requests of two cents a key in ten days are 24 cents a month."""
    found = replayed(tmp_path, rows(16), Subscription(FLAT, ("bot-*",)), by=("key",))
    catalog = replace(WORLD, plans={"flat": FLAT})

    row = plan_rows(found, catalog, found.estimates[1])[0]

    assert {one["name"]: one["by_token_usd"] for one in row["by_key"]} == dict.fromkeys(("ann", "bob", "bot-1", "bot-2"), "0.24")
    assert row["by_token_usd"] == "0.96"


def test_the_smallest_budget_looks_at_those_by_the_token(tmp_path: Path) -> None:
    """Robots on a plan with a window of its own, which refuses most of theirs, do not raise the budget of the others."""
    log = rows(80)
    alone = replayed(tmp_path, [row for row in log if not row["key"].startswith("bot")], find_budget=True).estimates[1]
    mixed = replayed(tmp_path, log, Subscription(WINDOWED, ("bot-*",)), find_budget=True).estimates[1]

    assert alone.least_budget == mixed.least_budget == 4 * DOLLAR // 10


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 500), cap=st.integers(10**7, 10**11), park=st.booleans(), below=st.sampled_from([-1, 10**9]),
    window=st.sampled_from([None, Decimal("0.001"), Decimal(1)]), fast=st.booleans(),
)  # fmt: skip
def test_keys_by_the_token_fare_as_if_the_others_were_not_there(
    tmp_path: Path, seed: int, cap: int, park: bool, below: int, window: Decimal | None, fast: bool
) -> None:
    """What k1 and k2 cost, wait and are refused is that of a log without vip-1, which only its own window stops."""
    catalog = rich_catalog()
    log = [{**row, "mode": "standard", "session": f"{row['key']}-{row['session']}"} for row in random_rows(seed, 150)]
    plan = Plan("p", None, HERE, usd_per_month=Decimal(20), window_hours=Decimal(5) if window else None, window_usd=window)
    allowance = Allowance(cap, 5 * HOUR, False, below, catalog.offers["c/night"], park)

    def asked(part: list[dict[str, Any]], *subscriptions: Subscription) -> Simulation:
        terms = Terms(allowance, fast=fast, subscriptions=subscriptions)
        path = str(written(tmp_path / "log.jsonl", part))
        question = Question(path, [("t", table_of())], NOW, by=("key",), terms=terms, assumed=Assumed(cache="as-logged"))
        return simulate(question, catalog)

    mixed = asked(log, Subscription(plan, ("vip-*",)))
    alone = asked([row for row in log if row["key"] != "vip-1"])
    shown = ("requests", "cost_usd", "over_budget", "quality", "rejected", "p50_s", "p95_s")
    parts = [
        {row["key"]: [row[name] for name in shown] for row in payload(found, by=["key"])["by"]["key"] if row["table"] == "t"}
        for found in (mixed, alone)
    ]

    vip = parts[0].pop("vip-1")
    assert parts[0] == parts[1]
    assert vip[1] in {"0", None}
    assert window is not None or vip[2] == 0
