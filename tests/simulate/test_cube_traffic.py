"""A cube as profiles: the same sums, windows at a minute where just they are open, and a refusal where prices change inside."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.catalog.model import WEEKDAYS, Window
from jc.catalog.price import window_open
from jc.errors import InputError
from jc.simulate.catalog_effect import effect
from jc.simulate.catalog_traffic import traffic
from jc.simulate.cube_traffic import spread, traffic_of_cube
from jc.simulate.cubes import cube_of_log
from jc.traffic.cubefile import save
from jc.traffic.grid import windows_of_minute
from jc.traffic.read import ReadOptions, open_log
from tests.simulate.worlds import NOW, catalog_of, offer, price_row, random_rows, rich_catalog


@given(
    n=st.integers(1, 50),
    parts=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=50),
    output=st.integers(0, 10**6),
    images=st.integers(0, 100),
)
def test_spread_requests_have_the_sums_of_their_group(
    n: int, parts: list[tuple[int, int, int]], output: int, images: int
) -> None:
    """Whole tokens, as many requests, and no prompt with more cached and written tokens than it has."""
    requests = [parts[number % len(parts)] for number in range(n)]
    fresh, cached, written = (sum(one[place] for one in requests) for place in range(3))
    sums = {"n": n, "input": fresh + cached + written, "cached": cached, "written": written, "output": output, "images": images}
    shares = list(spread(sums))

    assert sum(share.requests for share in shares) == n
    for name in ("input", "cached", "written", "output", "images"):
        assert sum(share.requests * share.tokens[name] for share in shares) == sums[name]
    assert all(share.tokens["cached"] + share.tokens["written"] <= share.tokens["input"] for share in shares)


@given(
    start=st.integers(0, 1439),
    end=st.integers(0, 1439),
    days=st.sets(st.sampled_from(WEEKDAYS)),
    minute=st.integers(0, 10_079),
)
def test_a_minute_is_in_a_window_as_the_price_sees_it(start: int, end: int, days: set[str], minute: int) -> None:
    """Also over midnight, where the day is that on which the window began."""
    window = Window(start, end, tuple(day for day in WEEKDAYS if day in days))
    at = datetime(2026, 10, 5, tzinfo=UTC) + timedelta(minutes=minute)

    assert windows_of_minute((window,), minute) == int(window_open(window, at))


def test_a_log_and_its_cube_give_the_same_effect(tmp_path: Path) -> None:
    """Rows that touch every edge of a catalog with windows, batches, long contexts and marginal charges; no swaps."""
    before = rich_catalog()
    dearer = offer("b/long", price_row(NOW.date().replace(month=7), input="3.00", output="8.50"), context=4000)
    after = catalog_of(*(dearer if one.id == "b/long" else one for one in before.offers.values()))
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in random_rows(3, 400)))
    with open_log(str(path), ReadOptions()) as log:
        of_log = traffic(log, windows=True)
    with open_log(str(path), ReadOptions()) as log:
        save(cube_of_log(log, before, []), tmp_path / "t.cube", {})
    of_cube = traffic_of_cube(tmp_path / "t.cube", (before, after))

    one, other = (effect(found.profiles, before, after, NOW, "off") for found in (of_log, of_cube))
    assert (other.before, other.after, other.price) == (one.before, one.after, one.price)
    assert other.left_out == one.left_out
    assert (of_cube.days, of_cube.unnamed) == (of_log.days, of_log.unnamed)


def test_a_cube_that_is_not_cut_where_prices_change_is_refused(tmp_path: Path) -> None:
    """With what to do; a catalog with no such price takes it."""
    plain = catalog_of(offer("a/dated", price_row(NOW.date().replace(month=7), input="1.00", output="2.00")))
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in random_rows(4, 100)))
    with open_log(str(path), ReadOptions()) as log:
        save(cube_of_log(log, plain, []), tmp_path / "t.cube", {})

    assert traffic_of_cube(tmp_path / "t.cube", (plain, plain)).profiles
    with pytest.raises(InputError, match="not cut where prices change"):
        traffic_of_cube(tmp_path / "t.cube", (plain, rich_catalog()))
