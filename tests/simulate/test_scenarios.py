"""The worked examples of the documents, from their scenarios, with the arithmetic shown."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from jc.catalog.load import cached_catalog
from jc.catalog.model import Catalog
from jc.catalog.names import resolve_all
from jc.simulate.optimize import Wanted, optimise
from jc.simulate.result import payload
from jc.simulate.run import simulate
from jc.simulate.simulation import Question, Simulation
from jc.traffic.scenario import read_scenario
from jc.traffic.synth import synthesised
from tests.simulate.worlds import NOW, catalog_of, offer, price_row, table_of, written

SCENARIOS = Path(__file__).parents[2] / "docs" / "scenarios"
OPUS = catalog_of(
    offer("x/opus", price_row(date(2026, 7, 1), input="15", output="75"), context=1_000_000),
    offer("x/v32", price_row(date(2026, 7, 1), input="0.27", output="1.10"), context=1_000_000),
)


def replayed(name: str, folder: Path, catalog: Catalog, models: tuple[str, ...] = ()) -> Simulation:
    """A scenario's log, with every class at each of some models."""
    rows = synthesised(read_scenario(SCENARIOS / f"{name}.yaml"))
    tables = [
        (
            model,
            table_of(model, routes={"agent": table_of().routes["simple"].__class__(model=model)}, default="agent", fallback=()),
        )
        for model in models
    ]
    return simulate(Question(str(written(folder / f"{name}.jsonl", rows)), tables, NOW), catalog)


@pytest.mark.parametrize(("name", "mean", "change"), [("workload-1000", 2.865, -0.363), ("workload-1000-router", 2.985, -0.337)])
def test_the_workload_of_1000_requests(tmp_path: Path, name: str, mean: float, change: float) -> None:
    """600 × 1.2 + 300 × 4.7 + 70 × 9.0 + 30 × 3.5 = 2,865 s, 36.3 % below 4.5 s each; 2,985 s with the router's 0.2 s for all."""
    rows = payload(replayed(name, tmp_path, cached_catalog(None)))["tables"]

    assert rows[0]["mean_s"] == pytest.approx(mean, abs=1e-9)
    assert round(rows[0]["mean_s"] / 4.5 - 1, 3) == change


def test_the_38_call_task_costs_9_dollars_and_one_and_a_half_cents(tmp_path: Path) -> None:
    """0.506 M × $15 + 0.019 M × $75 = $7.590 + $1.425 = $9.015; at $0.27 and $1.10 it is $0.15752."""
    _, opus, v32 = replayed("agent-task", tmp_path, OPUS, ("x/opus", "x/v32")).estimates

    assert opus.cost == Fraction("9.015") * 10**12
    assert v32.cost == Fraction("0.15752") * 10**12


@pytest.mark.parametrize(
    ("task", "a_day", "day", "month"),
    [("9.18", 20, "183.60", "5508"), ("9.18", 5, "45.90", "1377"), ("4.73", 20, "94.60", "2838"), ("0.16", 20, "3.20", "96"),
     ("9.015", 20, "180.30", "5409"), ("9.015", 5, "45.075", "1352.25")],
)  # fmt: skip
def test_monthly_products(task: str, a_day: int, day: str, month: str) -> None:
    """What a task costs × tasks a day × 30 days: the printed products, and those of the corrected task."""
    assert Decimal(task) * a_day == Decimal(day)
    assert Decimal(day) * 30 == Decimal(month)


def test_a_file_that_is_sent_again_costs_66_000_tokens(tmp_path: Path) -> None:
    """2,000 tokens at 33 remaining steps, and nothing else in this scenario."""
    simulation = replayed("reread-file", tmp_path, OPUS)

    assert simulation.cube.total("input") == 66_000


def test_a_runaway_agent_is_the_one_that_is_stopped(tmp_path: Path) -> None:
    """A dollar each five hours stops the looping key and none of the four at work."""
    from jc.routing.table import load_table
    from jc.simulate.terms import Allowance, Terms

    catalog = cached_catalog(None)
    rows = synthesised(read_scenario(SCENARIOS / "runaway.yaml"))
    terms = Terms(Allowance(10**12, 5 * 3_600_000_000))
    table = load_table("pin:deepseek-v3", catalog)
    question = Question(str(written(tmp_path / "log.jsonl", rows)), [("pin", table)], NOW, terms=terms)

    walk = simulate(question, catalog).estimates[1].walk

    assert walk is not None
    assert [one.key for one in walk.stopped] == ["looping"]
    assert walk.stopped[0].pico > 6 * 10**12


def test_routing_a_mixed_workload_saves_30_to_60_percent_against_pinning_llama(tmp_path: Path) -> None:
    """The mix of docs/scenarios/mixed.yaml: 56 % with a pool of seven at 95 % of its quality, 26 % with the page's own five."""
    catalog = cached_catalog(None)
    simulation = replayed("mixed", tmp_path, catalog)
    page = ["llama-3.3-70b-instruct", "deepseek-v3", "qwen2.5-72b", "mixtral-8x22b", "gpt-oss-120b"]

    def saving(names: list[str]) -> float:
        pool = resolve_all(catalog, names)
        found = optimise(simulation.estimator, simulation.chooser, pool, Wanted(0.95), simulation.baseline)
        assert found.chosen is not None
        return 1 - float(found.chosen.cost / simulation.baseline.cost)

    assert 0.3 <= saving([*page, "deepseek/deepseek-v4-flash", "openai/gpt-4o-mini"]) <= 0.6
    assert 0.2 <= saving(page) < 0.3


def test_results_are_json_as_specified(tmp_path: Path) -> None:
    """`rows`, `tables` and `by` with the fields of jc.simulation/1; money is decimal text."""
    values = payload(replayed("workload-1000", tmp_path, cached_catalog(None)), by=("class",))
    again = json.loads(json.dumps(values))

    assert set(again["rows"]) >= {"total", "used", "rejected", "by_reason"}
    wanted = "name requests cost_usd change p50_s p90_s p95_s p99_s mean_s energy_j quality moved kept rejected assumptions"
    assert set(again["tables"][0]) >= set(wanted.split())
    assert set(again["tables"][0]["kept"]) >= {"tools", "vision", "explicit"}
    assert isinstance(again["tables"][0]["cost_usd"], str)
    assert {row["class"] for row in again["by"]["class"]} == {"simple", "general", "reasoning", "code"}
