"""Intervals: bootstrap over sessions, keys or requests, of cost, change, latency and quality."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from jc.catalog.load import cached_catalog
from jc.routing.table import load_table
from jc.simulate.intervals import MOST_BLOCKS, Draws
from jc.simulate.run import simulate
from jc.simulate.simulation import Question, Simulation
from jc.simulate.uncertainty import row_costs
from tests.simulate.worlds import NOW, random_rows, rich_catalog, table_of, written


def log(path: Path, **more: object) -> Path:
    """Three hundred requests of thirty sessions, each session of its own size."""
    chance = np.random.default_rng(5)
    sizes = chance.integers(100, 4000, size=30).tolist()
    start = datetime(2026, 10, 5, tzinfo=UTC).timestamp()
    rows = [
        {"ts": start + number * 60, "request_id": f"r{number}", "session": f"s{number % 30}", "model": "openai/gpt-4o",
         "route_class": "general", "input_tokens": sizes[number % 30], "output_tokens": 20 + number % 200, **more}
        for number in range(300)
    ]  # fmt: skip
    return written(path / "log.jsonl", rows)


def replayed(path: Path, seed: int = 0, by: tuple[str, ...] = ()) -> Simulation:
    """The log next to a pin."""
    catalog = cached_catalog(None)
    table = load_table("pin:openai/gpt-4o-mini", catalog)
    return simulate(Question(str(path), [("mini", table)], NOW, seed=seed, by=by), catalog)


def test_every_figure_lies_in_its_interval(tmp_path: Path) -> None:
    """Cost, change, p50, p95, mean and quality; the same seed gives the same intervals."""
    path = log(tmp_path)
    logged, mini = replayed(path).estimates
    again = replayed(path).estimates[1]

    assert mini.interval is not None
    assert mini.interval.low < 1 < mini.interval.high
    assert mini.saving is not None
    assert logged.saving is None
    change = float(mini.cost / logged.cost) - 1
    assert mini.saving.low <= change <= mini.saving.high
    assert mini.latency is not None
    for name, at in (("p50_s", 0.5), ("p95_s", 0.95)):
        value = mini.latency.quantiles([at])[0] or 0.0
        assert mini.spreads[name].low <= value <= mini.spreads[name].high
    assert mini.mean_s is not None
    assert mini.spreads["mean_s"].low < mini.mean_s < mini.spreads["mean_s"].high
    assert mini.quality is not None
    assert mini.spreads["quality"].low == pytest.approx(mini.quality)
    assert again.spreads == mini.spreads


def test_no_breakdown_changes_an_interval_and_rows_count_with_their_own_tokens(tmp_path: Path) -> None:
    """Half of the sessions are long answers to short prompts: the change is drawn from what their own rows cost on both sides."""
    chance = np.random.default_rng(3)
    start = datetime(2026, 10, 5, tzinfo=UTC).timestamp()
    rows = []
    for number in range(400):
        session = number % 40
        tokens, said = int(chance.integers(1000, 3000)), 10 + 900 * (session % 2)
        rows.append(
            {"ts": start + number * 600, "request_id": f"r{number}", "session": f"s{session}", "key": f"k{session % 7}",
             "model": "openai/gpt-5.4", "route_class": "general", "input_tokens": tokens, "output_tokens": said}
        )  # fmt: skip
    path = written(tmp_path / "log.jsonl", rows)
    plain = replayed(path)
    logged, mini = plain.estimates
    for by in (("key",), ("day", "hour"), ("key", "hour")):
        other = replayed(path, by=by).estimates[1]
        assert other.interval == mini.interval
        assert other.saving == mini.saving
        for name, spread in mini.spreads.items():
            assert (other.spreads[name].low, other.spreads[name].high) == pytest.approx((spread.low, spread.high), rel=1e-12)

    sample, draws = plain.cube.sample, plain.estimator.draws
    assert sample is not None
    assert draws is not None
    assert mini.saving is not None
    before, after = (row_costs(one, plain.estimator, sample) for one in (logged, mini))
    assert (before.sum(), after.sum()) == (logged.cost, mini.cost)
    by_session = np.stack([np.bincount(draws.index, weights=one) for one in (before, after)])
    drawn = np.random.default_rng(9).integers(0, 40, (2000, 40))
    changes = by_session[1][drawn].sum(1) / by_session[0][drawn].sum(1) - 1
    low, high = np.quantile(changes, [0.025, 0.975])
    assert high - low > 0.002
    assert mini.saving.high - mini.saving.low == pytest.approx(high - low, rel=0.15)


@pytest.mark.parametrize("seed", range(3))
def test_what_rows_cost_adds_up_to_what_their_groups_cost(tmp_path: Path, seed: int) -> None:
    """Over every condition that a price can have, with caches kept and lost, and with a model that classifies.

    Marginal charges aside where a cache is partly lost: a group's sums do not tell on which side of a step that was.
    """
    catalog = rich_catalog()
    path = written(tmp_path / "log.jsonl", random_rows(seed, 400))
    table = table_of(classifier="c/night")
    found = simulate(Question(str(path), [("routed", table)], NOW, seed=seed, allow_unpriced=True), catalog)
    assert found.cube.sample is not None
    for estimate in found.estimates:
        rows = row_costs(estimate, found.estimator, found.cube.sample)
        by_group = np.bincount(found.cube.sample.group, weights=rows, minlength=len(estimate.pico))
        stepped = np.array([one.id == "d/steps" for one in estimate.offers] + [False])[estimate.chosen]
        told = estimate.known & ~(stepped & (estimate.name != "as logged"))
        assert by_group[told] == pytest.approx(estimate.pico[told].astype(float), abs=400)
        assert not by_group[~estimate.known].any()


def test_the_interval_of_a_mean_covers_it_nineteen_times_in_twenty() -> None:
    """Two hundred samples of forty sessions from a known distribution: 88 to 99 % of the intervals hold its mean."""
    chance = np.random.default_rng(11)
    held = 0
    for trial in range(200):
        session = np.repeat(np.arange(40, dtype=np.uint64), 5)
        values = np.repeat(chance.exponential(10.0, size=40), 5) + chance.exponential(1.0, size=200)
        draws = Draws.of(session, 1.0, trial)
        assert draws is not None
        columns = np.stack([values, np.ones(200)], axis=1)
        drawn = draws.totals(columns)
        found = draws.ratio(columns[:, 0], columns[:, 1], (drawn[:, 0], drawn[:, 1]))
        assert found is not None
        held += found.low <= 11.0 <= found.high
    assert 0.86 <= held / 200 <= 0.99


def test_many_clusters_are_drawn_in_blocks_with_the_same_spread() -> None:
    """Memory stays bounded, and the width of the interval is that of the theory within a tenth."""
    count = 50_000
    values = np.random.default_rng(2).exponential(3.0, size=count)
    draws = Draws.of(np.arange(count, dtype=np.uint64), 1.0, 0)
    assert draws is not None
    assert draws.weights.shape[1] == MOST_BLOCKS
    columns = np.stack([values, np.ones(count)], axis=1)
    drawn = draws.totals(columns)
    found = draws.ratio(columns[:, 0], columns[:, 1], (drawn[:, 0], drawn[:, 1]))

    assert found is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(count), rel=0.12)


def test_few_sessions_say_nothing(tmp_path: Path) -> None:
    """Below ten clusters there is no interval rather than a wrong one."""
    mini = replayed(log(tmp_path, session="one")).estimates[1]

    assert (mini.interval, mini.saving, mini.spreads) == (None, None, {})
