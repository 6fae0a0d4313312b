"""The tables of a simulation in a terminal: the columns of the mock-up, at any width, and nothing unknown told as zero."""

import json
from typing import Any

import pytest

from jc.report.document import render
from jc.report.numbers import seconds
from jc.report.simulation import simulation_document


def row(name: str, **more: Any) -> dict[str, Any]:
    """One route table's figures."""
    base: dict[str, Any] = {
        "name": name, "requests": 48_212, "cost_usd": "4218.40", "cost_known": 1.0, "cost_interval_usd": None, "change": None,
        "change_interval": None, "usd_per_1k": "87.5", "p50_s": 1.31, "p90_s": 3.0, "p95_s": 4.9, "p99_s": 9.0, "mean_s": 1.9,
        "intervals": {}, "over_slo": None, "energy_j": 1.482e8, "energy_known": 1.0, "quality": None, "quality_known": 0.0,
        "moved": None, "kept": {"tools": 1000, "vision": 494, "explicit": 0, "swap_off": 0}, "rejected": 0,
        "cache_blind_usd": None, "models": [], "assumptions": [],
    }  # fmt: skip
    return {**base, **more}


def payload(*tables: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The mock-up's traffic."""
    traffic = {
        "source": "traffic.jsonl", "requests": 48_212, "input_tokens": 31_400_000, "output_tokens": 9_800_000,
        "first_day": "2026-10-01", "last_day": "2026-10-31",
    }  # fmt: skip
    return {
        "traffic": traffic, "rows": {"total": 48_212, "rejected": 0}, "baseline": "as logged", "shipped": False,
        "tables": list(tables), "by": {}, "passed_over": {}, **more,
    }  # fmt: skip


ROUTES = row("routes.yaml", cost_usd="2671.12", change=-0.3668, moved=0.412)


def text(found: dict[str, Any], width: int = 98) -> str:
    """What a terminal of that width shows."""
    return render(simulation_document(found, {}, width), "table")


def test_the_table_is_that_of_the_mock_up() -> None:
    """Headline, columns and figures at the width of the mock-ups."""
    lines = text(payload(row("as logged"), ROUTES)).splitlines()

    assert lines[0] == "traffic.jsonl: 48,212 requests, 31.4 M input and 9.8 M output tokens, 1 – 31 October 2026"
    assert lines[2].split("  ")[0] == "Route table"
    assert lines[2].split()[2:] == ["Cost", "Change", "$/1k", "p50", "p95", "Energy", "Moved", "Kept", "(tools,", "vision)"]
    assert lines[3].split()[2:6] == ["$4,218.40", "—", "$87.50", "1.31"]
    assert "−36.7%" in lines[4]
    assert "3.1%" in lines[4]


def test_a_wide_terminal_has_the_mean_and_the_cost_of_a_thousand_too() -> None:
    """They are the first to go."""
    long = {**ROUTES, "name": "routes-of-the-whole-company.yaml"}
    heads = [text(payload(row("as logged"), long), width).splitlines()[2].split() for width in (125, 112, 105)]

    assert [name for name in heads[0] if name not in heads[1]] == ["Mean"]
    assert [name for name in heads[1] if name not in heads[2]] == ["$/1k"]


@pytest.mark.parametrize("width", [40, 60, 80, 98, 120])
def test_no_line_of_a_table_is_wider_than_the_terminal(width: int) -> None:
    """Headings are shortened, then columns stand one under the other; no figure is lost."""
    wide = row("routes.yaml", change=-0.3, quality=0.81, quality_known=1.0, over_slo=0.1, rejected=12, co2e_g=12.0)
    shown = text(payload(row("as logged"), wide), width)

    table = shown.partition("\n\n")[2].partition("\n\nWhat this")[0]
    assert max(map(len, table.splitlines())) <= width
    assert "81.0%" in shown
    assert "12.0 g" in shown


def test_a_cost_that_is_partly_known_carries_a_mark() -> None:
    """And the foot says of how many requests."""
    shown = text(payload(row("as logged", cost_known=0.16), ROUTES))

    assert "$4,218.40*" in shown
    assert "* cost is known for a part of the requests: as logged 16%" in shown


def test_cheaper_but_worse_is_told() -> None:
    """A saving never stands alone where it takes quality."""
    worse = row("routes.yaml", change=-0.5, quality=0.70, quality_known=1.0)
    shown = text(payload(row("as logged", quality=0.80, quality_known=1.0), worse))

    assert "routes.yaml is cheaper but worse: −50.0% for −10.0 points of quality" in shown


def part(table: str, value: str, cost: str | None, saved: str | None) -> dict[str, Any]:
    """One cell of a breakdown."""
    return {"class": value, "table": table, "requests": 10, "cost_usd": cost, "cost_known": 1.0, "saved_usd": saved}


def test_the_first_table_that_was_named_tells_where_it_saves() -> None:
    """As in the mock-up, with an unknown cost as a dash; of the shipped tables it is the cheapest."""
    cells = [
        part("as logged", "extract", "10", None), part("routes.yaml", "extract", "4", "6"), part("best", "extract", "1", "9"),
        part("as logged", "chat", None, None), part("routes.yaml", "chat", "4", None), part("best", "chat", "1", None),
    ]  # fmt: skip
    tables = (row("as logged"), ROUTES, row("best", cost_usd="2.00", change=-0.9))
    shown = text(payload(*tables, by={"class": cells}))

    assert "Where routes.yaml saves" in shown
    assert "Where best saves" in text(payload(*tables, by={"class": cells}, shipped=True))
    chat = next(line for line in shown.splitlines() if line.startswith("chat"))
    assert chat.split()[2:] == ["–", "$4.00", "–"]


def test_breakdowns_are_rows_of_the_machine_formats() -> None:
    """With `by` and `value`; a negative saving is a number, not text that a spreadsheet would have to escape."""
    cells = [part("as logged", "chat", "1", None), part("routes.yaml", "chat", "4", "-3")]
    document = simulation_document(payload(row("as logged"), ROUTES, by={"class": cells}), {})

    lines = render(document, "csv").splitlines()
    assert lines[0].startswith("by,value,name,requests,cost_usd")
    assert lines[-1].startswith("class,chat,routes.yaml,10,4")
    assert ",-3" in lines[-1]


def test_machine_formats_have_the_same_columns_whatever_is_known() -> None:
    """Intervals are there under the names of the JSON, empty where there are none; every row has every name."""
    known = row(
        "routes.yaml",
        cost_interval_usd=["1.5", "2.5"],
        change_interval=[-0.4, -0.3],
        intervals={"p50_s": [1.0, 1.5]},
        co2e_g=3,
    )
    cells = {"class": [part("as logged", "chat", "1", None), part("routes.yaml", "chat", "4", "-3")]}
    with_, without = (simulation_document(payload(row("as logged"), one, by=cells), {}) for one in (known, ROUTES))
    lines = [json.loads(line) for line in render(with_, "jsonl").splitlines()]
    heads = [render(one, "csv").partition("\n")[0].split(",") for one in (with_, without)]

    assert {tuple(line) for line in lines} == {tuple(heads[0])}
    assert set(heads[0]) - set(heads[1]) == {"co2e_g"}
    assert {"cost_interval_usd", "change_interval", "p95_interval_s", "quality_interval", "kept_tools"} <= set(heads[1])
    assert (lines[1]["cost_interval_usd"], lines[1]["p50_interval_s"], lines[1]["co2e_g"]) == (["1.5", "2.5"], [1.0, 1.5], 3)
    assert lines[0]["co2e_g"] is lines[2]["change_interval"] is None
    assert '"[""1.5"", ""2.5""]"' in render(with_, "csv")


def test_a_loss_is_no_saving_in_another_form() -> None:
    """A class that costs more has a minus before its bar."""
    cells = [
        part("as logged", "extract", "10", None), part("routes.yaml", "extract", "4", "6"),
        part("as logged", "chat", "1", None), part("routes.yaml", "chat", "4", "-3"),
    ]  # fmt: skip
    lines = text(payload(row("as logged"), ROUTES, by={"class": cells})).splitlines()

    bars = {line.split()[0]: line.split()[-1] for line in lines if line.startswith(("extract", "chat"))}
    assert bars == {"extract": "█" * 20, "chat": "−" + "█" * 10}


@pytest.mark.parametrize(
    ("value", "told"), [(599.0, "599 s"), (600.0, "10 min"), (3599.0, "1 h 0 min"), (31_979.0, "8 h 53 min"), (None, "–")]
)
def test_long_waits_are_told_in_hours_and_minutes(value: float | None, told: str) -> None:
    """Nobody reads 31,979 seconds."""
    assert seconds(value) == told


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Neither the first line nor a title: a long path and a table of plans by key."""
    each = {"name": "k1", "by_token_usd": "72.53", "requests": 3568.0, "break_even_requests": 984.0, "better": "flat"}
    plan = {
        "plan": "one", "usd_per_month": "20", "by_token_usd": "72.53", "flat_usd": "20", "mixed_usd": "20",
        "break_even_requests": 984.0, "by_org": [], "by_key": [each],
    }  # fmt: skip
    found = payload(row("as logged"), ROUTES, plans={"routes.yaml": [plan]})
    found["traffic"]["source"] = "logs/of/the/gateway/in/october/traffic.jsonl.gz"
    lines = text(found, width).splitlines()

    assert max(len(line) for line in lines) <= width
    assert "A month under routes.yaml by key, and the requests from which a plan is cheaper (← it is)" in " ".join(
        line.strip() for line in lines
    )


def test_an_interval_of_one_figure_is_told_once_and_that_of_a_quality_not_at_all() -> None:
    """Equal ends of a change are one figure; of a quality nothing is known but how one model was measured."""
    spreads = {"quality": [0.087, 0.087], "p50_s": [1.0, 2.0]}
    shown = text(payload(row("as logged"), {**ROUTES, "change_interval": [-0.4, -0.4], "intervals": spreads, "quality": 0.087}))

    assert "8.7% – 8.7%" not in shown
    assert "−40.0% to −40.0%" not in shown
    assert "−40.0%" in shown
