"""Flat plans against paying by the token: months, break-evens, and who is better off with which."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.model import Plan
from jc.simulate.plans import plan_rows
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from tests.simulate.worlds import HERE, NOW, catalog_of, offer, price_row, written

CATALOG = replace(
    catalog_of(offer("x/one", price_row(NOW.date().replace(month=7), input="1", output="1"))),
    plans={"flat": Plan("flat", "x", HERE, usd_per_month=Decimal(20))},
)


def planned(path: Path, split: tuple[str, ...]) -> dict[str, Any]:
    """Fifteen days: `big` of acme sends 29 requests of a million tokens, `small` of globex one."""
    start = datetime(2026, 10, 1, tzinfo=UTC)
    rows = [
        {"ts": (start + timedelta(hours=12) * number).isoformat(), "request_id": f"r{number}", "model": "x/one",
         "key": "big" if number else "small", "org": "acme" if number else "globex", "input_tokens": 1_000_000,
         "output_tokens": 0}
        for number in range(30)
    ]  # fmt: skip
    rows.append({**rows[-1], "ts": "2026-10-16T00:00:00Z", "request_id": "last", "input_tokens": 0})
    found = simulate(Question(str(written(path / "log.jsonl", rows)), [], NOW, by=split), CATALOG)
    return plan_rows(found, CATALOG, found.estimates[0])[0]


def test_a_month_is_thirty_days(tmp_path: Path) -> None:
    """$30 in fifteen days are $60 a month by the token; from 31 × 2 × 20 ÷ 60 requests on the plan is cheaper."""
    row = planned(tmp_path, ())

    assert (row["by_token_usd"], row["flat_usd"], row["mixed_usd"]) == ("60", "20", "20")
    assert row["break_even_requests"] == pytest.approx(62 * 20 / 60)
    assert (row["by_org"], row["by_key"]) == ([], [])


def test_each_organisation_pays_what_is_cheaper_for_it(tmp_path: Path) -> None:
    """acme $58 flat for $20, globex $2 by the token: $22 mixed, $40 with two plans."""
    row = planned(tmp_path, ("key", "org"))

    assert (row["mixed_usd"], row["flat_usd"], row["orgs_better_flat"], row["keys_better_flat"]) == ("22", "40", 1, 1)
    acme, globex = row["by_org"]
    assert (acme["name"], acme["by_token_usd"], acme["better"]) == ("acme", "58", "flat")
    assert (globex["by_token_usd"], globex["better"], globex["break_even_requests"]) == ("2", "by token", 20.0)
    assert [one["name"] for one in row["by_key"]] == ["big", "small"]
