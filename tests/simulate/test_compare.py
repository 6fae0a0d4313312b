"""A result against an earlier one: what changed, and whether it is more than was allowed."""

import json
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.simulate.compare import Limits, compared, judged, read_result


def result(cost: str | None, p95: float | None, **more: Any) -> dict[str, Any]:
    """A result of one table over a hundred requests."""
    logged = {"name": "as logged", "cost_usd": "10", "p95_s": 9.0, "change": None, "requests": 100, "cost_known": 1.0}
    mine = {"name": "mine", "cost_usd": cost, "p95_s": p95, "change": -0.5, "requests": 100, "rejected": 0, "cost_known": 1.0}
    traffic = {
        "requests": 100,
        "input_tokens": 7,
        "cached_input_tokens": 0,
        "output_tokens": 5,
        "first_day": None,
        "last_day": None,
    }
    return {
        "schema": "jc.simulation/1", "traffic": traffic, "baseline": "as logged", "tables": [logged, {**mine, **more}]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cost", "p95", "limits", "count"),
    [
        ("5.24", 2.0, Limits(0.05, 3.0), 0), ("5.26", 2.0, Limits(0.05, 3.0), 1), ("5.26", 3.1, Limits(0.05, 3.0), 2),
        ("4.00", 3.1, Limits(0.05, None), 0), ("9.99", 9.9, Limits(), 0), ("5.00", 2.0, Limits(-0.1), 2),
    ],
)  # fmt: skip
def test_limits_are_passed_or_not(cost: str, p95: float, limits: Limits, count: int) -> None:
    """Cost by its relative increase over the earlier result, p95 in seconds; the log itself has no p95 to keep."""
    found = judged(result(cost, p95), result("5.00", 1.0), limits)

    assert (len(found.passed), found.unchecked) == (count, ())


def test_without_an_earlier_result_cost_is_held_against_the_baseline() -> None:
    """A table that costs more than what was logged; one that costs less and refuses requests is not let through either."""
    dearer = judged(result("20", 1.0, change=1.0), None, Limits(0.05))
    fewer = judged(result("4", 1.0, over_budget=50), None, Limits(0.05))
    silent = judged(result(None, 1.0, change=None), None, Limits(0.05))

    assert dearer.passed == ("mine costs +100.0%, more than +5.0%",)
    assert fewer.passed == ("mine answers only 50.0% of the requests at a known cost, as logged 100.0%",)
    assert len(silent.unchecked) == 1


def test_refusing_requests_is_no_saving() -> None:
    """What is left costs half of before for a fifth of the requests: dearer by the request, and fewer are answered."""
    now = result("1.00", 1.0, rejected=80)
    row = compared(now, result("2.00", 1.0))[1]

    assert (row["change"], row["before_answered"], row["after_answered"]) == (1.5, 1.0, pytest.approx(0.2))
    assert len(judged(now, result("2.00", 1.0), Limits(0.0)).passed) == 2
    assert len(judged(result("0.10", 1.0, rejected=4), result("2.00", 1.0), Limits(0.05)).passed) == 0
    assert len(judged(result("0.10", 1.0, rejected=6), result("2.00", 1.0), Limits(0.05)).passed) == 1


@pytest.mark.parametrize(
    ("now", "earlier"),
    [
        (result(None, 1.0), result("5", 1.0)), (result("5", 1.0), result(None, 1.0)),
        (result("5", 1.0, name="other"), result("5", 1.0)),
        (result("5", 1.0), {**result("5", 1.0), "traffic": {"requests": 5000}}),
        (result("5", 1.0), {**result("5", 1.0), "traffic": None}),
        ({**result("5", 1.0), "passed_over": {"mine": "no price"}}, result("5", 1.0)),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_not_within_the_limit(now: dict[str, Any], earlier: dict[str, Any]) -> None:
    """An unknown cost on either side, a table that the earlier result does not have or that is passed over now, another log."""
    assert len(judged(now, earlier, Limits(0.05)).unchecked) == 1
    assert judged(now, earlier, Limits()).unchecked == ()


def test_a_time_that_nobody_knows_is_not_within_the_limit() -> None:
    """The p95 of a table without speeds."""
    assert [one.message for one in judged(result("5", None), None, Limits(None, 3.0)).unchecked] == [
        "the p95 of mine is not known, so --max-p95 cannot hold"
    ]


@pytest.mark.parametrize(
    ("now", "earlier"),
    [
        ({"name": "../routes/fw.yaml"}, {"name": "/elsewhere/fw.yaml"}),
        ({"name": "a.yaml", "table_name": "mine"}, {"name": "b.yaml", "table_name": "mine"}),
        (
            {"name": "pin:gpt-4o", "table_name": "pin:openai/gpt-4o"},
            {"name": "pin:openai/gpt-4o", "table_name": "pin:openai/gpt-4o"},
        ),
    ],
)
def test_a_table_is_known_by_another_path(now: dict[str, str], earlier: dict[str, str]) -> None:
    """By its own name where both results have it, else by the name of its file."""
    found = judged(result("6", 1.0, **now), result("5", 1.0, **earlier), Limits(0.05))

    assert found.passed == (f"{now['name']} costs +20.0%, more than +5.0%",)
    assert compared(result("6", 1.0, **now), result("5", 1.0, **earlier))[1]["earlier_name"] == earlier["name"]


def test_what_was_free_may_not_cost() -> None:
    """There is no percentage from zero, and still it is more; free as before is no increase."""
    assert judged(result("0.01", 1.0), result("0", 1.0), Limits(5.0)).passed == ("mine costs $0.01, it was free",)
    assert judged(result("0", 1.0), result("0", 1.0), Limits(0.0)).passed == ()


def test_a_limit_is_told_apart_from_what_passes_it() -> None:
    """Not `+5.1%, more than +5.1%`."""
    found = judged(result("5.2574", 3.001), result("5.00", 1.0), Limits(0.0514, 3.0))

    assert found.passed == (
        "mine costs +5.15%, more than +5.14%", "mine has a p95 of 3.001 s, more than 3 s"
    )  # fmt: skip


@pytest.mark.parametrize("field", ["cost_usd", "p95_s", "requests", "rejected"])
@pytest.mark.parametrize("value", ["NaN", "-1", "1E+999999", "many", [], float("inf")])
def test_a_figure_that_is_none_is_named(tmp_path: Path, field: str, value: object) -> None:
    """An earlier result that was touched, or never was one; `null` stays what nobody knows."""
    path = tmp_path / "old.json"
    path.write_text(json.dumps(result("5", 1.0, **{field: value})))
    with pytest.raises(InputError) as found:
        read_result(path)

    assert f"mine: `{field}`" in found.value.problems[0].message


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
