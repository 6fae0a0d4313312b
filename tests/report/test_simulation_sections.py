"""Further sections of a simulation's page: they draw what the payload has, and nothing of what it lacks."""

from typing import Any

from jc.report.conclusion import simulation_conclusion
from jc.report.simulation_html import simulation_page
from jc.report.simulation_sections import day_curve, distributions, plans, sensitivity, spending
from tests.fakes.simulation import sample_simulation


def full() -> dict[str, Any]:
    """A payload with everything."""
    found = sample_simulation()
    for number, table in enumerate(found["tables"]):
        table["latency_curve"] = [[0.1, 0.5 + number], [0.5, 1.0 + number], [0.9, 4.0 + number]]
    found["tables"][1]["spending"] = {"loop": [["2026-10-01T00:00:00+00:00", "0"], ["2026-10-01T05:00:00+00:00", "1.00"]]}
    found["tables"][1]["stopped"] = [{"key": "loop", "first": "2026-10-01T00:39:00+00:00", "requests": 701, "saved_usd": "6.27"}]
    found["day_curve"] = [
        {"hour": f"{hour:02}", "table": "as logged", "requests": 10, "cost_usd": str(hour)} for hour in range(24)
    ]
    plan = {"plan": "pro", "usd_per_month": "50", "by_token_usd": "100", "mixed_usd": "50", "break_even_requests": 24_000.0}
    found["plans"] = {"routes.yaml": [plan]}
    found["sensitivity"] = [
        {"table": "routes.yaml", "what": "prices", "value": 1.2, "cost_usd": "3205.34", "change": -0.24, "quality": 0.8},
        {
            "table": "routes.yaml",
            "what": "classifier accuracy",
            "value": 0.9,
            "cost_usd": "2800.00",
            "change": -0.3,
            "quality": None,
        },
    ]
    return found


def test_every_section_has_its_chart_and_its_figures() -> None:
    """Distribution, budgets, the day's curve, plans, what could be otherwise."""
    text = simulation_page(full(), {})

    for said in ("Distribution", "Spending under routes.yaml", "2026-10-01 00:39", "Cost over the hours", "Break-even of plans",
                 "24,000", "What could be otherwise", "prices × 1.2", "classifier 90% right", "$3,205.34"):  # fmt: skip
        assert said in text


def test_a_payload_without_them_has_no_sections() -> None:
    """Nothing is drawn from nothing."""
    found = sample_simulation()

    assert [spending(found["tables"]), plans(found), day_curve(found), sensitivity(found), distributions(found["tables"])] == [
        None
    ] * 5


def test_a_line_of_spending_ends_at_what_the_key_spent() -> None:
    """And the table beside it says when it was first refused, and what was not spent."""
    section = spending(full()["tables"])

    assert section is not None
    chart: Any = section.blocks[0]
    assert chart.table.rows == [["loop", "$1.00", "701", "2026-10-01 00:39", "$6.27"]]
    assert [value["y"] for value in chart.spec["data"]["values"]] == [0.0, 1.0]


def test_the_conclusion_of_a_log_without_known_cost_names_the_cheapest_table() -> None:
    """Instead of a dash."""
    found = sample_simulation()
    found["tables"][0]["cost_usd"] = None

    assert simulation_conclusion(found) == "cheapest.yaml is cheapest: $1,904.77 for 48,212 requests"


def test_hours_are_drawn_once() -> None:
    """By the breakdown where there is one, else as the curve of the day."""
    found = full()
    found["by"]["hour"] = found["day_curve"]

    assert simulation_page(full(), {}).count("<h2>Over the hours") == simulation_page(found, {}).count("<h2>Over the hours")
    assert simulation_page(found, {}).count("Cost over the hours") == simulation_page(full(), {}).count("Cost over the hours") > 0
