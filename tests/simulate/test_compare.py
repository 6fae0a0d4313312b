"""A result against an earlier one: what changed, and whether it is more than was allowed."""

import json
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.simulate.compare import Limits, broken, compared, read_result


def result(cost: str, p95: float) -> dict[str, Any]:
    """A result of one table."""
    logged = {"name": "as logged", "cost_usd": "10", "p95_s": 9.0, "change": None}
    return {"schema": "jc.simulation/1", "tables": [logged, {"name": "mine", "cost_usd": cost, "p95_s": p95, "change": -0.5}]}


@pytest.mark.parametrize(
    ("cost", "p95", "limits", "count"),
    [
        ("5.24", 2.0, Limits(0.05, 3.0), 0), ("5.26", 2.0, Limits(0.05, 3.0), 1), ("5.26", 3.1, Limits(0.05, 3.0), 2),
        ("4.00", 3.1, Limits(0.05, None), 0), ("9.99", 9.9, Limits(), 0), ("5.00", 2.0, Limits(-0.1), 2),
    ],
)  # fmt: skip
def test_limits_are_passed_or_not(cost: str, p95: float, limits: Limits, count: int) -> None:
    """Cost by its relative increase over the earlier result, p95 in seconds; the log itself has no p95 to keep."""
    now = result(cost, p95)

    assert len(broken(now, compared(now, result("5.00", 1.0)), limits)) == count


def test_without_an_earlier_result_cost_is_held_against_the_baseline() -> None:
    """A table that costs more than what was logged."""
    now = result("20", 1.0)
    now["tables"][1]["change"] = 1.0

    assert broken(now, [], Limits(0.05)) == ["mine costs +100.0%, more than +5.0%"]


def test_a_cost_that_one_of_them_does_not_know_is_no_change() -> None:
    """And tables that only one of them has are left out; none in common is an error."""
    now = result("5", 1.0)
    earlier = result("5", 1.0)
    earlier["tables"][1]["cost_usd"] = None

    assert compared(now, earlier)[1]["change"] is None
    with pytest.raises(InputError, match="none of these tables"):
        compared(now, {"tables": [{"name": "other"}]})


@pytest.mark.parametrize(
    "text", ["", "[1]", '{"schema": "jc.optimum/1", "tables": []}', '{"schema": "jc.simulation/1"}', "[" * 9999]
)
def test_what_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    """Whatever else it is."""
    path = tmp_path / "old.json"
    path.write_text(text)
    with pytest.raises(InputError):
        read_result(path)
    path.write_text(json.dumps(result("5", 1.0)))
    assert read_result(path)["tables"]
