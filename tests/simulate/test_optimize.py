"""The frontier of route tables: exact, and confirmed by a simulation of its tables."""

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jc.catalog.load import cached_catalog
from jc.catalog.names import resolve_all
from jc.errors import InputError
from jc.routing.table import load_table
from jc.simulate.optimize import Cell, Wanted, confirmed, joined, optimise, skeleton, table_yaml
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from tests.simulate.worlds import NOW, written

CELL = st.builds(
    Cell,
    model=st.sampled_from("abcdefgh"),
    cost=st.integers(0, 20).map(Fraction),
    quality=st.integers(0, 10).map(float),
    slow=st.integers(0, 5).map(float),
)
POOL = ["openai/gpt-4o", "openai/gpt-4o-mini", "deepseek-v3", "llama-3.3-70b-instruct", "google/gemini-2.5-pro"]


@settings(max_examples=80, deadline=None)
@given(classes=st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=4))
def test_nothing_that_is_left_out_could_win(classes: list[list[Cell]]) -> None:
    """Every combination is beaten or matched by one of the frontier, and none of the frontier beats another."""
    points = joined(classes)

    for combination in itertools.product(*classes):
        cost = sum((cell.cost for cell in combination), Fraction(0))
        quality, slow = sum(cell.quality for cell in combination), sum(cell.slow for cell in combination)
        assert any(point.cost <= cost and point.quality >= quality and point.slow <= slow for point in points)
    for one, other in itertools.permutations(points, 2):
        assert not (one.cost <= other.cost and one.quality >= other.quality and one.slow <= other.slow)


def log(path: Path) -> Path:
    """Two hundred requests of three classes that were all answered by one model."""
    names = ("simple", "general", "code")
    rows = [
        {"ts": "2026-10-05T10:00:00Z", "request_id": f"r{number}", "model": "openai/gpt-4o", "route_class": names[number % 3],
         "input_tokens": 200 + number, "output_tokens": 50 + number % 90, "vision": number % 40 == 0}
        for number in range(200)
    ]  # fmt: skip
    return written(path / "log.jsonl", rows)


def test_a_chosen_table_is_confirmed_by_a_simulation(tmp_path: Path) -> None:
    """What `jc optimize` says of its table is what `jc simulate` counts for the file it writes."""
    catalog = cached_catalog(None)
    traffic = str(log(tmp_path))
    simulation = simulate(Question(traffic, [], NOW), catalog)
    pool = resolve_all(catalog, POOL)
    bench = (simulation.estimator, simulation.chooser)

    found = optimise(*bench, pool, Wanted(min_quality=0.9), simulation.baseline)
    confirmed(found, *bench, skeleton(pool), simulation.baseline)

    assert found.chosen is not None
    estimate, table = next((estimate, table) for point, estimate, table in found.estimates if point is found.chosen)
    assert found.chosen.cost == estimate.cost
    assert found.chosen.quality >= 0.9 * found.best_quality * found.requests - 1e-9
    path = tmp_path / "table.yaml"
    path.write_text(table_yaml(table, {"why": "a test"}))
    again = simulate(Question(traffic, [("again", load_table(str(path), catalog))], NOW), catalog).estimates[1]
    assert again.cost == estimate.cost


def test_more_quality_costs_more_and_time_limits_cost_too(tmp_path: Path) -> None:
    """Along the frontier cost and quality rise together; a limit on p95 never makes anything cheaper."""
    catalog = cached_catalog(None)
    simulation = simulate(Question(str(log(tmp_path)), [], NOW), catalog)
    pool = resolve_all(catalog, POOL)

    def frontier(wanted: Wanted) -> list[tuple[Fraction, float]]:
        found = optimise(simulation.estimator, simulation.chooser, pool, wanted, simulation.baseline)
        return [(point.cost, point.quality) for point in found.frontier]

    free, timed = frontier(Wanted()), frontier(replace(Wanted(), max_p95_s=6.0))

    assert free == sorted(free)
    assert [quality for _, quality in free] == sorted(quality for _, quality in free)
    assert not timed or timed[0][0] >= free[0][0]


def test_classes_that_nobody_has_measured_are_an_error(tmp_path: Path) -> None:
    """With the command that measures them; nothing is imputed."""
    catalog = replace(cached_catalog(None), scores=())
    simulation = simulate(Question(str(log(tmp_path)), [], NOW), catalog)
    pool = resolve_all(catalog, POOL)

    with pytest.raises(InputError, match="no model of the pool was measured"):
        optimise(simulation.estimator, simulation.chooser, pool, Wanted(), simulation.baseline)
