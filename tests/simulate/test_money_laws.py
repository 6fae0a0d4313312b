"""Laws of money: priced by groups is priced row by row, to the last pico-dollar."""

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jc.catalog.model import Catalog, Offer
from jc.catalog.price import Unpriced, price
from jc.quantities import Usage
from jc.routing.decide import decide
from jc.routing.request import Request
from jc.simulate.estimate import Assumed
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from jc.traffic.grid import mode_of
from tests.simulate.worlds import NOW, random_rows, rich_catalog, ruled_table, table_of, written

PURE = Assumed(tokens="as-logged", cache="as-logged")


def row_cost(offer: Offer, row: dict[str, Any]) -> Fraction:
    """The independent calculation: one row, `jc.catalog.price.price`."""
    usage = Usage(
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cached_input_tokens=row["cached_input_tokens"],
        cache_write_5m_tokens=row["cache_write_tokens"],
    )
    return Fraction(price(offer, usage, datetime.fromisoformat(row["ts"]), mode=mode_of(row["mode"])).usd) * 10**12


def priceable(catalog: Catalog, row: dict[str, Any]) -> bool:
    """Whether the row's own model has a price for what the row used (only one offer here sells batches)."""
    try:
        row_cost(catalog.offers[row["model"]], row)
    except Unpriced:
        return False
    return True


@pytest.mark.parametrize("seed", range(6))
def test_as_logged_is_the_sum_of_the_rows(tmp_path: Path, seed: int) -> None:
    """Dated rows, long context, marginal steps, a night window, batches, cached and written tokens: equal to the pico-dollar."""
    catalog = rich_catalog()
    rows = [row for row in random_rows(seed, 400) if priceable(catalog, row)]
    question = Question(str(written(tmp_path / "log.jsonl", rows)), [], NOW, assumed=PURE)

    logged = simulate(question, catalog).estimates[0]

    assert logged.known.all()
    assert logged.cost == sum(row_cost(catalog.offers[row["model"]], row) for row in rows)


def request_of(row: dict[str, Any]) -> Request:
    """What a gateway would have asked for this row."""
    return Request(
        route_class=row["route_class"],
        requested=row["model"],
        routing=row["routing"],
        input_tokens=row["input_tokens"],
        images=1 if row["vision"] else 0,
        tools=row["tools"],
        key=row["key"],
        org=row["org"],
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("table", [table_of(), ruled_table()], ids=["classes", "rules"])
def test_every_row_goes_where_decide_sends_it_and_costs_what_it_costs_there(tmp_path: Path, seed: int, table: Any) -> None:
    """Rules, overrides by pattern, context limits, removals, explicit routing: groups are decided as each of their rows."""
    catalog = rich_catalog()
    rows = [{**row, "mode": "standard"} for row in random_rows(100 + seed, 500)]
    question = Question(str(written(tmp_path / "log.jsonl", rows)), [("t", table)], NOW, assumed=PURE)

    estimate = simulate(question, catalog).estimates[1]

    decisions = [decide(request_of(row), table, catalog, datetime.fromisoformat(row["ts"])) for row in rows]
    expected = sum((row_cost(made.offer, row) for made, row in zip(decisions, rows, strict=True) if made.offer), Fraction(0))
    assert estimate.rejected == sum(made.offer is None for made in decisions)
    assert estimate.kept["explicit"] == sum(made.held == "explicit" for made in decisions)
    assert estimate.cost == expected


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_two_parts_of_a_log_cost_what_the_whole_costs(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Cost is additive over any split of the rows, and the order of the lines does not matter."""
    folder = tmp_path_factory.mktemp("split")
    catalog = rich_catalog()
    rows = [row for row in random_rows(data.draw(st.integers(0, 1000)), 60) if priceable(catalog, row)]
    cut = data.draw(st.integers(1, len(rows) - 1))
    shuffled = data.draw(st.permutations(rows))

    def cost(part: list[dict[str, Any]], name: str) -> list[Fraction]:
        question = Question(str(written(folder / name, part)), [("t", table_of())], NOW, assumed=PURE, allow_unpriced=True)
        return [estimate.cost for estimate in simulate(question, catalog).estimates]

    whole, first, second = cost(rows, "a.jsonl"), cost(shuffled[:cut], "b.jsonl"), cost(shuffled[cut:], "c.jsonl")
    assert whole == [one + other for one, other in zip(first, second, strict=True)]


def test_rows_without_a_price_are_named_not_counted_as_nothing(tmp_path: Path) -> None:
    """An offer without a price for the mode is an error; `allow_unpriced` leaves it out and says how much."""
    from jc.errors import InputError

    catalog = rich_catalog()
    rows = [
        {**random_rows(1, 1)[0], "mode": "batch", "routing": "auto", "route_class": "simple", "tools": False, "vision": False}
    ]
    question = Question(str(written(tmp_path / "log.jsonl", rows)), [("t", table_of())], NOW, assumed=PURE)

    with pytest.raises(InputError) as caught:
        simulate(question, catalog)

    assert "no price for mode `batch`" in caught.value.problems[0].message
