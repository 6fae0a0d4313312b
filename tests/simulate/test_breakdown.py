"""A result by class, model, key, day and hour: parts that add up, and unknown that stays unknown."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.load import cached_catalog
from jc.routing.table import load_table
from jc.simulate.result import payload
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from tests.simulate.worlds import NOW, written

DIMENSIONS = ("class", "model", "key", "org", "day", "hour")


def answered(path: Path, rows: list[dict[str, Any]], table: str = "five-way") -> dict[str, Any]:
    """The payload of some rows under one table, by everything."""
    catalog = cached_catalog(None)
    question = Question(str(written(path / "log.jsonl", rows)), [(table, load_table(table, catalog))], NOW, by=DIMENSIONS)
    return payload(simulate(question, catalog), by=DIMENSIONS, slo_s=2.0)


def rows(**more: Any) -> list[dict[str, Any]]:
    """A hundred requests of three keys and two classes over two days."""
    return [
        {"ts": f"2026-10-0{5 + number % 2}T{number % 24:02d}:00:00Z", "request_id": f"r{number}", "model": "openai/gpt-4o",
         "key": f"k{number % 3}", "org": "acme", "route_class": ("simple", "code")[number % 2], "input_tokens": 100 + number,
         "output_tokens": 10 + number, **more}
        for number in range(100)
    ]  # fmt: skip


@pytest.mark.parametrize("name", DIMENSIONS)
def test_the_parts_add_up_to_the_whole(tmp_path: Path, name: str) -> None:
    """Costs to the last digit, requests and tokens, for every dimension and table."""
    found = answered(tmp_path, rows())

    for table in found["tables"]:
        parts = [row for row in found["by"][name] if row["table"] == table["name"]]
        assert sum(Decimal(row["cost_usd"]) for row in parts) == Decimal(table["cost_usd"])
        assert sum(row["requests"] for row in parts) == 100
        assert sum(row["input_tokens"] for row in parts) == found["traffic"]["input_tokens"]


def test_a_part_tells_its_own_speed_and_change(tmp_path: Path) -> None:
    """The small model of the simple class is faster and saves more than the coder."""
    by_class = {(row["class"], row["table"]): row for row in answered(tmp_path, rows())["by"]["class"]}

    simple, code = by_class["simple", "five-way"], by_class["code", "five-way"]
    assert simple["p95_s"] < code["p95_s"]
    assert simple["change"] < code["change"] < 0
    assert by_class["simple", "as logged"]["change"] is None


def test_what_nobody_knows_the_price_of_has_no_cost(tmp_path: Path) -> None:
    """Requests to an unknown model cost neither nothing nor something as logged; their cost under the table is known."""
    mixed = [*rows()[:50], *({**row, "model": "nobody/knows"} for row in rows()[50:])]
    found = answered(tmp_path, mixed)

    by_model = {(row["model"], row["table"]): row for row in found["by"]["model"]}
    assert by_model["nobody/knows", "as logged"]["cost_usd"] is None
    assert by_model["nobody/knows", "five-way"]["saved_usd"] is None
    assert Decimal(by_model["nobody/knows", "five-way"]["cost_usd"]) > 0
    assert found["tables"][0]["cost_known"] == 0.5
    assert found["unknown_models"] == {"nobody/knows": 50}


def test_a_change_is_told_over_what_both_sides_answer(tmp_path: Path) -> None:
    """A table that rejects the dear half saves nothing by it."""
    long = [{**row, "input_tokens": 300_000 if number % 2 else 100} for number, row in enumerate(rows())]
    found = answered(tmp_path, long, "pin:deepseek-v3")

    pin = found["tables"][1]
    assert pin["rejected"] == 50
    small = sum(Decimal(100) * Decimal("2.5") + row["output_tokens"] * 10 for row in long[::2]) / 10**6
    assert pin["change"] == pytest.approx(float(Decimal(pin["cost_usd"]) / small) - 1)
