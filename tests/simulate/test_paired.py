"""A change, its headline and its tree are over what both sides answer at a known cost; an unknown is never a zero."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.load import cached_catalog
from jc.catalog.model import Catalog, RouteTable
from jc.report.conclusion import simulation_conclusion
from jc.report.simulation import main_table
from jc.routing.table import load_table
from jc.simulate.explain import explained
from jc.simulate.plans import plan_rows
from jc.simulate.result import payload
from jc.simulate.run import simulate
from jc.simulate.simulation import Question, Simulation
from jc.simulate.terms import FOREVER, Allowance, Terms
from tests.simulate.worlds import NOW, written

CATALOG: Catalog = cached_catalog(None)
TABLES: list[tuple[str, RouteTable]] = [
    (name, load_table(name, CATALOG)) for name in ("pin:openai/gpt-4o-mini", "pin:deepseek-v3")
]


def replayed(path: Path, terms: Terms | None = None, **more: Any) -> Simulation:
    """A hundred requests: a half names a model that nobody knows, a tenth of all is too long for the first table."""
    rows = [
        {"ts": f"2026-10-05T10:{number % 60:02d}:00Z", "request_id": f"r{number}", "key": f"k{number % 20}",
         "route_class": "general", "model": "gpt-4o" if number % 2 else "somebody/else",
         "latency_ms": 1000 * (1 + number % 2), "output_tokens": 100,
         "input_tokens": 130_000 if number % 20 in {1, 2} else 1000}
        for number in range(100)
    ]  # fmt: skip
    question = Question(str(written(path / "log.jsonl", rows)), TABLES, NOW, by=("key",), terms=terms or Terms(), **more)
    return simulate(question, CATALOG)


def test_a_thousand_requests_cost_what_a_thousand_answered_and_priced_ones_cost(tmp_path: Path) -> None:
    """As logged half of the requests have a price: $/1k and break-evens are theirs, with a star."""
    found = replayed(tmp_path)
    told = payload(found)
    logged = told["tables"][0]

    assert logged["cost_known"] == 0.5
    assert Decimal(logged["usd_per_1k"]) == Decimal(logged["cost_usd"]) * 20
    assert main_table(told).rows[0][3].endswith("*")
    for row in told["tables"][1:]:
        served = (100 - row["rejected"]) * row["cost_known"]
        assert float(row["usd_per_1k"]) * served / 1000 == pytest.approx(float(row["cost_usd"]))
    plan = plan_rows(found, CATALOG, found.estimates[0])[0]
    assert plan["cost_known"] == 0.5
    assert plan["break_even_requests"] == pytest.approx(float(plan["usd_per_month"]) / float(logged["usd_per_1k"]) * 1000)


def test_a_headline_compares_the_same_requests_and_names_the_table_that_saves_most(tmp_path: Path) -> None:
    """Its change is that of the table, over the requests that both sides answer at a known cost."""
    told = payload(replayed(tmp_path))
    best = min(told["tables"][1:], key=lambda row: row["change"])
    said = simulation_conclusion(told)

    assert said.startswith(f"{best['name']} costs ")
    assert f"(−{abs(best['change']):.1%})" in said
    assert f"for the {best['compared']['requests']} of 100 requests that both answer at a known cost" in said
    assert best["compared"]["requests"] <= 50
    before, after = (float(best["compared"][name]) for name in ("before_usd", "after_usd"))
    assert after / before - 1 == pytest.approx(best["change"])


def test_the_tree_is_that_of_the_change(tmp_path: Path) -> None:
    """What one side rejects is no branch and no money; a level that says nothing is left out."""
    found = replayed(tmp_path, baseline="pin:openai/gpt-4o-mini")
    row = payload(found)["tables"][2]
    tree = explained(found, found.baseline, found.estimates[2]).to_json()

    assert (tree["before_usd"], tree["after_usd"]) == (row["compared"]["before_usd"], row["compared"]["after_usd"])
    assert tree["requests"] == row["compared"]["requests"] < 100
    assert "nobody" not in str(tree)
    assert Decimal(tree["usd"]) == Decimal(tree["after_usd"]) - Decimal(tree["before_usd"])
    assert "'name': '–'" not in str(tree)


def test_times_that_cover_a_part_have_a_star_and_change_over_what_both_tell(tmp_path: Path) -> None:
    """A swap that moves nobody: the rows of the unknown model have no estimate, and the log's mean is that of the others."""
    table = load_table("tier-swap", CATALOG)
    rows = [
        {"ts": "2026-10-05T10:00:00Z", "request_id": f"r{number}", "route_class": "general", "input_tokens": 100,
         "output_tokens": 100, "model": "gpt-4o" if number % 2 else "somebody/else", "latency_ms": 1000 * (1 + number % 2)}
        for number in range(60)
    ]  # fmt: skip
    found = simulate(Question(str(written(tmp_path / "log.jsonl", rows)), [("swap", table)], NOW), CATALOG)
    told = payload(found)
    logged, swap = told["tables"]

    assert (logged["latency_known"], swap["latency_known"]) == (1.0, 0.5)
    assert (logged["mean_s"], logged["mean_change"]) == (1.5, 0.0)
    assert swap["mean_change"] == pytest.approx(swap["mean_s"] / 2.0 - 1)
    cells = main_table(told).rows
    assert not any("s*" in cell for cell in cells[0])
    assert sum(cell.endswith("s*") for cell in cells[1]) == 3


@pytest.mark.parametrize("cap", [10**6, 2 * 10**9])
def test_a_budget_saves_nothing_by_refusing(tmp_path: Path, cap: int) -> None:
    """Of what it serves the change is told, with its interval around it; of nothing no time, no change, no cost a thousand."""
    free, capped = (replayed(tmp_path, one) for one in (Terms(), Terms(allowance=Allowance(cap, FOREVER))))
    whole, row = (payload(found, by=["key"])["tables"][2] for found in (free, capped))
    walk = capped.estimates[2].walk

    assert walk is not None
    assert walk.refused > 0
    if not walk.served.sums["n"].sum():
        assert (row["change"], row["p50_s"], row["mean_s"], row["usd_per_1k"], row["compared"]) == (None,) * 5
        assert row["change_interval"] is None
    else:
        assert row["change"] == pytest.approx(whole["change"], abs=0.02)
        assert row["change_interval"][0] <= row["change"] + 1e-12
        assert row["change_interval"][1] >= row["change"] - 1e-12
        assert float(row["compared"]["before_usd"]) < float(whole["compared"]["before_usd"])
