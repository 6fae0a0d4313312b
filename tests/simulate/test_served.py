"""Under budgets and outages all figures are those of what was served, held against a plain program that walks every row."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.load import cached_catalog
from jc.catalog.model import Catalog, Energy, RouteTable, Target
from jc.catalog.price import price
from jc.quantities import Usage
from jc.routing.decide import HEALTHY, Router
from jc.routing.prepared import prepare
from jc.routing.request import Health, Request
from jc.simulate.breakdown import usd
from jc.simulate.estimate import Assumed
from jc.simulate.events import Event
from jc.simulate.result import payload
from jc.simulate.run import simulate
from jc.simulate.simulation import Question, Simulation
from jc.simulate.terms import Allowance, Terms
from tests.simulate.worlds import HERE, NOW, written

HOUR = 3_600_000_000
BIG, CHEAP, SPARE = "openai/gpt-4o", "openai/gpt-4o-mini", "deepseek/deepseek-chat"
DOWN = Event(BIG, 3 * HOUR, 5 * HOUR, daily=True)
TABLE = RouteTable(
    "two",
    HERE,
    default="general",
    routes={"code": Target(BIG), "general": Target(BIG), "simple": Target(CHEAP)},
    fallback=(SPARE,),
)
PURE = Assumed(tokens="as-logged")
CLASSES = ("code", "general", "simple")


def with_energy() -> Catalog:
    """The shipped catalog with a figure for the energy of each of the three."""
    catalog = cached_catalog(None)
    joules = {BIG: 50, CHEAP: 5, SPARE: 20}
    models = dict(catalog.models)
    for name, value in joules.items():
        model = models[catalog.offers[name].model]
        models[model.id] = replace(model, energy=Energy(Decimal(value), "request", "stated"))
    return replace(catalog, models=models)


def random_log(seed: int, count: int = 400) -> list[dict[str, Any]]:
    """Requests of three keys and classes over two days."""
    chance = random.Random(seed)
    start = datetime(2026, 10, 5, tzinfo=UTC)
    moments = sorted(chance.randrange(48 * 3600) for _ in range(count))
    return [
        {"ts": (start + timedelta(seconds=at, microseconds=number)).isoformat(), "request_id": f"r{number}", "model": BIG,
         "key": chance.choice(["ann", "bob", "cid"]), "route_class": chance.choice(CLASSES),
         "input_tokens": chance.randrange(1, 4000), "output_tokens": chance.randrange(1, 900)}
        for number, at in enumerate(moments)
    ]  # fmt: skip


@dataclass(frozen=True)
class Fate:
    """What became of one row: who answered it (None: nobody), at which cost."""

    row: dict[str, Any]
    offer: str | None
    pico: Fraction
    refused: bool = False


def fates(catalog: Catalog, rows: list[dict[str, Any]], table: RouteTable, down: Event | None) -> Iterator[Fate]:
    """The plainest replay: each row is decided, priced and held against its key's window of first use."""
    router = Router(prepare(table, catalog, NOW))
    begun: dict[str, int] = {}
    spent: dict[str, Fraction] = {}
    for row in rows:
        at = datetime.fromisoformat(row["ts"])
        us = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        out = down is not None and down.start_us <= us % (24 * HOUR) < down.end_us
        health = Health.of([(BIG, "outage")]) if out else HEALTHY
        request = Request(route_class=row["route_class"], requested=row["model"], input_tokens=row["input_tokens"])
        offer = router.decide(request, health).offer
        if offer is None:
            yield Fate(row, None, Fraction(0))
            continue

        def cost(name: str, row: dict[str, Any] = row, at: datetime = at) -> Fraction:
            usage = Usage(input_tokens=row["input_tokens"], output_tokens=row["output_tokens"])
            return Fraction(price(catalog.offers[name], usage, at).usd) * 10**12

        key = row["key"]
        if key not in begun or us - begun[key] >= CAP.window_us:
            begun[key], spent[key] = us, Fraction(0)
        left = CAP.cap - spent[key]
        name = CHEAP if left < CAP.below else offer.id
        if cost(name) > left:
            yield Fate(row, None, Fraction(0), refused=True)
            continue
        spent[key] += cost(name)
        yield Fate(row, name, cost(name))


def summed(found: Simulation, own: list[Fate]) -> dict[str, Any]:
    """Cost, energy, quality and counts of some rows, one after the other."""
    assert found.qualities is not None
    served = [one for one in own if one.offer is not None]
    points = [found.qualities.share(CATALOG.offers[one.offer or ""], one.row["route_class"]) for one in served]
    known = [point for point in points if point is not None]
    energies = [CATALOG.models[CATALOG.offers[one.offer or ""].model].energy for one in served]
    return {
        "cost": usd(sum((one.pico for one in served), Fraction(0))),
        "energy": float(sum(one.joules for one in energies if one is not None)),
        "quality": sum(known) / len(known) if known else None,
        "refused": sum(one.refused for one in own),
        "lost": sum(one.offer is None and not one.refused for one in own),
    }


CATALOG = with_energy()
CAP = Allowance(10**10, 5 * HOUR, below=4 * 10**9, low=CATALOG.offers[CHEAP])


def replayed(path: Path, rows: list[dict[str, Any]], table: RouteTable, down: Event | None, **more: Any) -> Simulation:
    """The log under the table, the budget and an outage."""
    terms = Terms(CAP, (down,) if down else ())
    log = str(written(path / "log.jsonl", rows))
    return simulate(Question(log, [("two", table)], NOW, terms=terms, assumed=PURE, **more), CATALOG)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("down", "fallback"), [(None, (SPARE,)), (DOWN, (SPARE,)), (DOWN, ())], ids=["up", "spare", "lost"])
def test_energy_quality_and_cost_are_those_of_what_was_served(
    tmp_path: Path, seed: int, down: Event | None, fallback: tuple[str, ...]
) -> None:
    """Refused and lost requests use nothing; degraded and fallen-back ones count as the model that answered them."""
    table, rows = replace(TABLE, fallback=fallback), random_log(seed)
    found = replayed(tmp_path, rows, table, down)
    own = list(fates(CATALOG, rows, table, down))
    expected = summed(found, own)
    row = payload(found)["tables"][1]

    assert expected["refused"] > 0
    assert {one.offer for one in own} >= {BIG, CHEAP}
    assert Decimal(row["cost_usd"]) == expected["cost"]
    assert row["energy_j"] == pytest.approx(expected["energy"])
    assert row["quality"] == pytest.approx(expected["quality"])
    assert (row["over_budget"], row["rejected"]) == (expected["refused"], expected["lost"])
    assert (row["energy_known"], row["quality_known"]) == (1, 1)
    answers = {name: sum(one.offer == name for one in own) for name in {one.offer for one in own} - {None}}
    assert {one["model"]: one["requests"] for one in row["models"]} == answers
    assert row["moved"] == pytest.approx(sum(one.offer not in {None, BIG} for one in own) / len(own))


@pytest.mark.parametrize("by", ["class", "key", "day", "hour"])
@pytest.mark.parametrize("down", [None, DOWN], ids=["up", "down"])
def test_the_parts_of_a_budget_are_those_of_its_rows(tmp_path: Path, by: str, down: Event | None) -> None:
    """Each class, key, day and hour has the cost, quality and refusals of its own rows, and together they are the whole."""
    table, rows = replace(TABLE, fallback=()), random_log(7)
    found = replayed(tmp_path, rows, table, down, by=() if by == "class" else (by,))
    own = list(fates(CATALOG, rows, table, down))

    def value(row: dict[str, Any]) -> str:
        cut = {"class": row["route_class"], "key": row["key"], "day": row["ts"][:10], "hour": row["ts"][11:13]}
        return str(cut[by])

    whole = payload(found, by=[by])
    parts = {row[by]: row for row in whole["by"][by] if row["table"] == "two"}

    assert set(parts) == {value(row) for row in rows}
    for name, part in parts.items():
        expected = summed(found, [one for one in own if value(one.row) == name])
        assert Decimal(part["cost_usd"] or 0) == expected["cost"]
        assert (part["over_budget"], part["rejected"]) == (expected["refused"], expected["lost"])
        assert part["quality"] == (None if expected["quality"] is None else pytest.approx(expected["quality"]))
    assert sum(Decimal(part["cost_usd"]) for part in parts.values()) == Decimal(whole["tables"][1]["cost_usd"])


def test_a_parked_request_that_the_cheaper_model_answers_has_its_energy(tmp_path: Path) -> None:
    """Half a cent is below the threshold, so the cheap one answers at once; its price does not fit: it waits and stays cheap."""
    rows = [{**random_log(1, 1)[0], "ts": f"2026-10-05T00:0{at}:00Z", "request_id": f"r{at}", "input_tokens": 0,
             "output_tokens": 1000} for at in range(2)]  # fmt: skip
    price_of_cheap = 1000 * 600_000
    allowance = Allowance(price_of_cheap, HOUR, below=price_of_cheap + 1, low=CATALOG.offers[CHEAP], park=True)
    question = Question(str(written(tmp_path / "log.jsonl", rows)), [("two", TABLE)], NOW, terms=Terms(allowance), assumed=PURE)

    estimate = simulate(question, CATALOG).estimates[1]

    assert estimate.walk is not None
    assert (estimate.walk.degraded, estimate.walk.parked) == (1, 1)
    assert estimate.energy_j == 2 * 5
    assert estimate.cost == 2 * price_of_cheap
