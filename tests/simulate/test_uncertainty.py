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
from tests.simulate.worlds import NOW, written


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


def replayed(path: Path, seed: int = 0) -> Simulation:
    """The log next to a pin."""
    catalog = cached_catalog(None)
    table = load_table("pin:openai/gpt-4o-mini", catalog)
    return simulate(Question(str(path), [("mini", table)], NOW, seed=seed), catalog)


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
