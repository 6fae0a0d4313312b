"""What could be otherwise: exact for prices and output tokens, and a classifier that is wrong now and then."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.simulate.run import simulate
from jc.simulate.sensitivity import sensitivity_rows
from jc.simulate.simulation import Question
from tests.simulate.worlds import NOW, catalog_of, offer, price_row, table_of, written

DAY = NOW.date().replace(month=7)
CATALOG = catalog_of(
    offer("x/old", price_row(DAY, input="10", output="10")),
    offer("x/small", price_row(DAY, input="1", output="4")),
    offer("x/large", price_row(DAY, input="5", output="20")),
)


def rows(path: Path) -> dict[tuple[str, float], dict[str, Any]]:
    """Half simple and half code, each a thousand tokens in and five hundred out, at a small and a large model."""
    log = [
        {"ts": "2026-10-05T10:00:00Z", "request_id": f"r{number}", "model": "x/old",
         "route_class": ("simple", "code")[number % 2], "input_tokens": 1000, "output_tokens": 500}
        for number in range(40)
    ]  # fmt: skip
    target = table_of().routes["simple"].__class__
    routes = {"simple": target(model="x/small"), "code": target(model="x/large")}
    table = table_of("two", routes=routes, default="simple", fallback=())
    found = simulate(Question(str(written(path / "log.jsonl", log)), [("two", table)], NOW), CATALOG)
    return {(row["what"], row["value"]): row for row in sensitivity_rows(found)}


def test_prices_and_output_tokens_count_as_they_are(tmp_path: Path) -> None:
    """20 × (1 + 2) + 20 × (5 + 10) thousandths of a dollar; twice the output is 20 × 5 + 20 × 25."""
    found = rows(tmp_path)

    assert Decimal(found["prices", 0.8]["cost_usd"]) == Decimal("0.36") * Decimal("0.8")
    assert Decimal(found["output tokens", 2.0]["cost_usd"]) == Decimal("0.60")
    assert found["prices", 1.2]["change"] == pytest.approx(0.36 * 1.2 / 0.6 - 1)


def test_a_wrong_class_costs_what_the_other_model_asks(tmp_path: Path) -> None:
    """At 90 %: a tenth of 20 simple requests at 15 instead of 3 thousandths, and a tenth of 20 at 3 instead of 15: the same."""
    found = rows(tmp_path)

    assert Decimal(found["classifier accuracy", 1.0]["cost_usd"]) == Decimal("0.36")
    assert Decimal(found["classifier accuracy", 0.9]["cost_usd"]) == Decimal("0.36")
    assert found["classifier accuracy", 0.9]["quality"] is None


def test_one_model_for_everything_has_no_class_to_mistake(tmp_path: Path) -> None:
    """A pin hangs on prices and tokens only."""
    log = [{"ts": "2026-10-05T10:00:00Z", "request_id": "r", "model": "x/old", "input_tokens": 10, "output_tokens": 5}]
    table = table_of("pin", routes={"general": table_of().routes["simple"].__class__(model="x/small")}, fallback=())
    found = simulate(Question(str(written(tmp_path / "log.jsonl", log)), [("pin", table)], NOW), CATALOG)

    assert {row["what"] for row in sensitivity_rows(found)} == {"prices", "output tokens"}
