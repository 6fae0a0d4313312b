"""Laws of grouping: figures are the same however the rows of a log are put into groups, also of models that say more or less."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jc.catalog.model import Catalog, RouteTable, Target
from jc.simulate.estimate import Assumed, Estimate
from jc.simulate.result import payload
from jc.simulate.run import simulate
from jc.simulate.simulation import Question, Simulation
from jc.simulate.tariff import scaled
from jc.simulate.terms import Allowance, Terms
from tests.simulate.worlds import CLASSES, NOW, random_rows, rich_catalog, table_of, written

PURE = Assumed(cache="as-logged")
SAME = (
    "cost_usd",
    "change",
    "usd_per_1k",
    "mean_s",
    "energy_j",
    "quality",
    "moved",
    "rejected",
    "cache_blind_usd",
    "lost_cache",
    "models",
)
SPLITS = [(), ("key",), ("org",), ("day",), ("hour",), ("key", "org", "day", "hour")]


def talkative() -> Catalog:
    """The rich catalog, in which every model says another amount."""
    catalog = rich_catalog()
    said = dict(zip(catalog.offers, ("1", "0.7312", "1.9871", "1.3333333", "0.123457", "2", "1"), strict=True))
    models = {
        offer.model: replace(catalog.models[offer.model], verbosity={"default": Decimal(said[name]), "code": Decimal("1.1")})
        for name, offer in catalog.offers.items()
    }
    return replace(catalog, models=models)


CATALOG = talkative()


def rows(seed: int, count: int = 200) -> list[dict[str, Any]]:
    """Rows that every offer has a price for."""
    return [{**row, "mode": "standard"} for row in random_rows(seed, count)]


def replayed(path: Path, log: list[dict[str, Any]], table: RouteTable, assumed: Assumed = PURE, **more: Any) -> Simulation:
    """A log under a table."""
    return simulate(Question(str(written(path / "log.jsonl", log)), [("t", table)], NOW, assumed=assumed, **more), CATALOG)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), by=st.sampled_from(SPLITS[1:]), assumed=st.sampled_from([PURE, Assumed()]))
@example(seed=1659, by=("key",), assumed=Assumed())
def test_a_breakdown_changes_no_figure_of_the_whole(tmp_path: Path, seed: int, by: tuple[str, ...], assumed: Assumed) -> None:
    """Costs to the last digit, change, mean, lost cache and models are the same with `--by` and without."""
    log, table = rows(seed), table_of()
    whole, split = replayed(tmp_path, log, table, assumed), replayed(tmp_path, log, table, assumed, by=by)

    assert whole.estimates[1].cost == split.estimates[1].cost
    for one, other in zip(payload(whole)["tables"], payload(split)["tables"], strict=True):
        assert {name: one[name] for name in SAME} == {name: other[name] for name in SAME}


@pytest.mark.parametrize("by", SPLITS[1:])
def test_a_breakdown_changes_no_figure_of_a_log_that_is_sampled(tmp_path: Path, by: tuple[str, ...]) -> None:
    """A large log tells from a part of its sessions what of the prompt cache is lost, however it is broken down."""
    log = [{**row, "metadata": "x" * 8000} for row in rows(3, 1500)]
    whole, split = (replayed(tmp_path, log, table_of(), Assumed(), by=one) for one in ((), by))

    assert whole.cube.sample is not None
    assert whole.cube.sample.share < 1
    assert whole.estimates[1].lost_cache > 0.1
    assert whole.estimates[1].cost == split.estimates[1].cost
    assert whole.estimates[1].lost_cache == split.estimates[1].lost_cache


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), fast=st.booleans(), by=st.sampled_from(SPLITS))
def test_row_by_row_costs_what_groups_cost(tmp_path: Path, seed: int, fast: bool, by: tuple[str, ...]) -> None:
    """With a budget that nobody meets both engines agree to the pico-dollar, for each group and for the whole."""
    targets = ("c/night", "b/long", "a/dated", "a/dated", "b/long")
    table = table_of(routes=dict(zip(CLASSES, map(Target, targets), strict=True)), fallback=("a/dated",))
    log = [{**row, "routing": "auto"} for row in rows(seed)]
    terms = Terms(Allowance(2**60, 3_600_000_000), fast=fast)

    walked: Estimate = replayed(tmp_path, log, table, terms=terms, by=by).estimates[1]
    grouped = replayed(tmp_path, log, table, by=by).estimates[1]

    assert walked.walk is not None
    assert walked.cost == walked.by_groups == grouped.cost
    assert walked.pico.tolist() == grouped.pico.tolist()


@pytest.mark.parametrize("tokens", ["scaled", "as-logged"])
def test_row_by_row_takes_as_long_as_groups_do(tmp_path: Path, tokens: Any) -> None:
    """The mean of known speeds is the same in both engines, with ratios and without."""
    log = [{**row, "routing": "auto"} for row in rows(5)]
    question = Question(str(written(tmp_path / "log.jsonl", log)), [("t", table_of())], NOW, assumed=Assumed(tokens=tokens))

    grouped = simulate(question, CATALOG).estimates[1]
    walked = simulate(replace(question, terms=Terms(Allowance(2**60, 3_600_000_000))), CATALOG).estimates[1]

    assert walked.mean_s == pytest.approx(grouped.mean_s)


@given(rate=st.integers(0, 10**9), ratio=st.floats(0, 50))
def test_a_scaled_rate_is_a_whole_number_of_pico_dollars(rate: int, ratio: float) -> None:
    """At most half a pico-dollar a token from the product; a ratio of one changes nothing."""
    found = scaled(rate, ratio)

    assert isinstance(found, int)
    assert abs(found - Fraction(ratio) * rate) <= Fraction(1, 2) + Fraction(1, 10**5)
    assert scaled(rate, 1.0) == rate
    assert scaled(Fraction(1, 3), 1.0) == Fraction(1, 3)
