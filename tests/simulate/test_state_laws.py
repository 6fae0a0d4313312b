"""Laws of the row engine: where nothing holds a row up, rows cost what their groups cost; compiled and plain scans agree."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jc.catalog.model import Target
from jc.simulate.estimate import Assumed
from jc.simulate.events import Event
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from jc.simulate.terms import Allowance, Terms
from jc.simulate.walked import Walk
from tests.simulate.worlds import CLASSES, NOW, random_rows, rich_catalog, ruled_table, table_of, written

HOUR = 3_600_000_000
ENDLESS = Terms(Allowance(2**60, HOUR))
PURE = Assumed(tokens="as-logged", cache="as-logged")


def sellable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that every offer of the rich catalog has a price for: only one of them sells batches."""
    return [{**row, "mode": "standard", "images": number % 3} for number, row in enumerate(rows)]


@pytest.mark.parametrize("table", [table_of(), ruled_table()], ids=["classes", "rules"])
@pytest.mark.parametrize("seed", range(4))
def test_an_endless_budget_costs_what_the_groups_cost(tmp_path: Path, seed: int, table: Any) -> None:
    """Dated prices, windows, long context, marginal charges, cached and written tokens, rates finer than a pico-dollar."""
    log = str(written(tmp_path / "log.jsonl", sellable(random_rows(seed, 400))))
    question = Question(log, [("t", table)], NOW, assumed=PURE, terms=ENDLESS)

    estimate = simulate(question, rich_catalog()).estimates[1]

    assert estimate.walk is not None
    assert estimate.by_groups is not None
    assert abs(estimate.cost - estimate.by_groups) <= Fraction(400, 2)  # half a pico-dollar a row
    assert estimate.walk.refused == estimate.walk.degraded == estimate.walk.parked == 0


def test_an_endless_budget_changes_no_cache(tmp_path: Path) -> None:
    """Sessions that the table moves between models lose the same cached tokens with and without a budget.

    (With marginal charges the rows are exact where groups are not: a group does not know which of its rows lost their cache.)
    """
    rows = [{**row, "cache_write_tokens": 0, "routing": "auto"} for row in sellable(random_rows(3, 600))]
    log = str(written(tmp_path / "log.jsonl", rows))
    targets = ("c/night", "b/long", "a/dated", "a/dated", "c/night")
    table = table_of(routes=dict(zip(CLASSES, map(Target, targets), strict=True)), fallback=("a/dated",))
    question = Question(log, [("t", table)], NOW, assumed=Assumed(tokens="as-logged"), terms=ENDLESS)

    estimate = simulate(question, rich_catalog()).estimates[1]

    assert estimate.by_groups is not None
    assert estimate.lost_cache > 0.1
    assert float(estimate.cost / estimate.by_groups) == pytest.approx(1, rel=1e-4)


def told(walk: Walk) -> tuple[Any, ...]:
    """All that a walk says."""
    counts = (walk.refused, walk.degraded, walk.parked, walk.fell_back, walk.lost, walk.turned_away, walk.given_up)
    return (walk.cost, *counts, walk.waits_s.tolist(), walk.mean_s, walk.pico.tolist(), walk.refusals.tolist(), walk.stopped)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_compiled_and_plain_scans_agree_on_whole_logs(tmp_path: Path, data: st.DataObject) -> None:
    """Budgets, outages, slowdowns, limits with every answer to a 429, timeouts: the same to the integer."""
    rows = sellable(random_rows(data.draw(st.integers(0, 50)), 150))
    draw = data.draw
    catalog = rich_catalog()
    catalog = replace(
        catalog, offers={name: replace(one, rpm=1, tpm=4000, concurrency=1) for name, one in catalog.offers.items()}
    )
    allowance = Allowance(
        draw(st.integers(10**8, 10**11)), draw(st.sampled_from([HOUR, 24 * HOUR])), draw(st.booleans()),
        draw(st.sampled_from([-1, 10**9])), catalog.offers["c/night"], draw(st.booleans()),
    )  # fmt: skip
    terms = Terms(
        draw(st.sampled_from([None, allowance])),
        tuple(
            draw(st.lists(st.sampled_from([Event("d", 0, 6 * HOUR, True), Event("b/long", 0, 20 * HOUR, True, 3.0)]), max_size=2))
        ),
        draw(st.booleans()),
        draw(st.sampled_from(["retry", "fallback", "reject"])),
        draw(st.sampled_from([None, 5.0])),
    )
    log = str(written(tmp_path / "log.jsonl", rows))

    walks = [
        simulate(Question(log, [("t", table_of())], NOW, terms=replace(terms, fast=fast)), catalog).estimates[1].walk
        for fast in (False, True)
    ]

    if terms.any:
        assert walks[0] is not None
        assert walks[1] is not None
        assert told(walks[0]) == told(walks[1])
