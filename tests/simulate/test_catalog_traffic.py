"""A traffic log as profiles, and what a month of it is."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from jc.simulate.catalog_effect import Effect, Profile
from jc.simulate.catalog_traffic import Traffic, monthly, traffic
from jc.traffic.read import ReadOptions, open_log


def read(place: Path, rows: list[dict[str, Any]], *, windows: bool = False) -> Traffic:
    path = place / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with open_log(str(path), ReadOptions()) as log:
        return traffic(log, windows=windows)


def test_equal_requests_are_one_profile(tmp_path: Path) -> None:
    """Counted, not repeated; what the log does not say is not assumed."""
    row = {"model": "p/a", "input_tokens": 10, "output_tokens": 2, "ts": "2026-10-01T00:00:00Z"}
    found = read(tmp_path, [row, {**row, "ts": "2026-10-03T00:00:00Z"}, {**row, "tools": True}])

    assert set(found.profiles) == {Profile("p/a", 10, 2, requests=2), Profile("p/a", 10, 2, tools=True)}
    assert found.days == 3
    assert not found.says_opt_in


def test_every_column_that_matters_is_read(tmp_path: Path) -> None:
    """Cache, images, vision, routing, opt-in, region, mode."""
    row = {
        "model": "p/a", "input_tokens": 100, "output_tokens": 2, "cached_input_tokens": 40, "cache_write_tokens": 10, "images": 1,
        "vision": True, "structured_output": True, "routing": "explicit", "swap_opt_in": True, "region": "eu", "mode": "batch",
    }  # fmt: skip
    found = read(tmp_path, [row])

    assert found.profiles == (
        Profile(
            "p/a", 100, 2, 40, 10, 1, vision=True, structured_output=True, explicit=True, opted_in=True, region="eu", mode="batch"
        ),
    )
    assert found.says_opt_in
    assert found.days is None


def test_the_minute_of_the_week_is_kept_where_prices_depend_on_it(tmp_path: Path) -> None:
    """Monday 00:01 UTC is minute 1, Sunday 23:59 the last one."""
    row = {"model": "p/a", "input_tokens": 1, "output_tokens": 1}
    rows = [{**row, "ts": "2026-10-05T00:01:30Z"}, {**row, "ts": "2026-10-11T23:59:00Z"}]

    assert sorted(one.minute_of_week or 0 for one in read(tmp_path, rows, windows=True).profiles) == [1, 10_079]
    assert [one.minute_of_week for one in read(tmp_path, rows).profiles] == [None]


def test_requests_without_a_model_are_counted(tmp_path: Path) -> None:
    """They have no price of their own."""
    found = read(tmp_path, [{"input_tokens": 1, "output_tokens": 1}, {"model": "p/a", "input_tokens": 1, "output_tokens": 1}])

    assert found.unnamed == 1
    assert [one.model for one in found.profiles] == ["p/a"]


def effect_of(price: str) -> Effect:
    return Effect(before=Decimal(10), after=Decimal(10) + Decimal(price), price=Decimal(price))


def test_a_month_has_thirty_days() -> None:
    """Ten days count three times; 28 to 31 days are a month as they are, and so is a log without times."""
    assert monthly(effect_of("1"), 10).total == 3
    assert [monthly(effect_of("1"), days).total for days in (28, 30, 31, None)] == [1, 1, 1, 1]
    assert monthly(effect_of("1"), 60).before == 5


def test_a_month_is_rounded_to_the_pico_dollar() -> None:
    """30/7 of an odd amount has no end; the parts still sum to the total."""
    month = monthly(effect_of("0.000001"), 7)

    assert month.price == Decimal("0.000004285714")
    assert month.after - month.before == month.total == month.price
