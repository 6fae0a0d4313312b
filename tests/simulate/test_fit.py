"""Speeds from latencies, and how well they predict what they have not seen."""

from pathlib import Path

import numpy as np
import pytest

from jc.errors import InputError
from jc.simulate.backtest import backtest, timed_rows
from jc.simulate.fit import Timed, fit, least_squares, robust, speeds_of
from jc.simulate.speedfile import read_speeds, write_speeds
from jc.traffic.cube import cube_from
from jc.traffic.cube_sql import Thinning, cube_query
from jc.traffic.grid import Grid, wanted_columns
from jc.traffic.read import ReadOptions, open_log

AGENTS = Path(__file__).parents[1] / "traffic" / "fixtures" / "agent_sessions.jsonl.gz"


def made(rows: int, seed: int = 0, outliers: float = 0.0) -> Timed:
    """Requests of two models whose true speeds are known."""
    chance = np.random.default_rng(seed)
    fresh, cached = chance.lognormal(7, 1, rows), chance.lognormal(9, 1, rows)
    output, model = chance.lognormal(5, 1, rows), chance.integers(0, 2, rows)
    truth = np.where(model == 0, 0.5 + 2e-4 * fresh + 1e-5 * cached + 0.02 * output, 2.0 + 0.01 * output)
    seconds = truth * chance.lognormal(0, 0.1, rows)
    slow = chance.random(rows) < outliers
    seconds[slow] += 300
    return Timed(fresh, cached, output, seconds, model, chance.integers(0, rows // 10, rows).astype(np.uint64))


def test_known_speeds_are_found_again() -> None:
    """Time to first token, prefill of uncached and cached tokens and decoding come out within a few percent."""
    fitted = fit(made(4000), calibrated=False)

    assert fitted is not None
    assert fitted.coefficients[0] == pytest.approx([0.5, 2e-4, 1e-5, 0.02], rel=0.1)
    assert fitted.coefficients[1][0] == pytest.approx(2.0, rel=0.05)
    assert fitted.coefficients[1][3] == pytest.approx(0.01, rel=0.05)


def test_an_outage_does_not_move_the_speeds() -> None:
    """Three percent of answers that took five minutes longer leave the coefficients where they were."""
    fitted = fit(made(4000, outliers=0.03), calibrated=False)

    assert fitted is not None
    assert fitted.coefficients[0][3] == pytest.approx(0.02, rel=0.1)


def test_no_coefficient_is_negative() -> None:
    """A term that would have to be negative is left out, and the others are those without it."""
    chance = np.random.default_rng(1)
    matrix = chance.random((200, 3))
    target = matrix @ np.array([2.0, -1.0, 0.5])

    found = least_squares(matrix, target)
    without, *_ = np.linalg.lstsq(matrix[:, [0, 2]], target, rcond=None)

    assert found[1] == 0
    assert found[[0, 2]] == pytest.approx(without)


def test_robust_agrees_with_the_truth_without_noise() -> None:
    """Exact data give exact coefficients."""
    rows = made(500)
    truth = np.array([0.7, 1e-4, 2e-5, 0.03])

    assert robust(rows.terms(), rows.terms() @ truth) == pytest.approx(truth, rel=1e-6)


def test_too_few_rows_or_sessions_are_refused() -> None:
    """Twenty requests, or one session, say nothing about a model."""
    rows = made(200)

    assert fit(rows.where(np.arange(200) < 20)) is None
    one = Timed(rows.fresh, rows.cached, rows.output, rows.seconds, rows.model, np.zeros(200, dtype=np.uint64))
    assert fit(one) is None
    assert backtest(one) is None


def agent_rows() -> Timed:
    """The real agent sessions."""
    grid = Grid(clustered="session")
    with open_log(str(AGENTS), ReadOptions()) as log:
        thinning = Thinning(sized=True)
        cube = cube_from(grid, log.group(wanted_columns(grid), lambda rows: cube_query(grid, rows, thinning)), thinning)
    found = timed_rows(cube)
    assert found is not None
    return found[0]


def test_unseen_agent_sessions_are_predicted() -> None:
    """22,447 real requests: total within 2 %, p50, p95 and p99 within 5 %, 87–93 % covered, far better than a mean per model."""
    found = backtest(agent_rows())

    assert found is not None
    assert found.rows == 22_447
    assert abs(found.fitted.total) <= 0.02
    p50, _, p95, p99 = found.fitted.quantiles
    assert max(abs(p50), abs(p95), abs(p99)) <= 0.05
    assert 0.87 <= found.coverage <= 0.93
    assert found.fitted.median_error < 0.25 * found.constant.median_error
    assert max(abs(one) for one in found.constant.quantiles) > 0.34


def test_speeds_are_kept_in_a_file(tmp_path: Path) -> None:
    """What was written is read again, to six digits, as coming from a file."""
    fitted = fit(made(2000), calibrated=False)
    assert fitted is not None
    speeds = speeds_of(fitted, ["a/model", "b/model"])
    path = tmp_path / "speeds.yaml"

    write_speeds(path, speeds)
    again = read_speeds(path)

    assert set(again) == {"a/model", "b/model"}
    assert again["a/model"].s_per_output == pytest.approx(speeds["a/model"].s_per_output, rel=1e-5)
    assert len(again["a/model"].spread.factors) == len(speeds["a/model"].spread.factors)
    assert again["a/model"].origin == "file"


@pytest.mark.parametrize(
    "text", ["", "models: {}", "models: {a: {ttft_s: x}}", "models: {a: {ttft_s: -1, s_per_uncached_token: 0}}", "a: [", "&a x"]
)
def test_a_bad_speeds_file_is_an_error(tmp_path: Path, text: str) -> None:
    """With what each model needs."""
    path = tmp_path / "speeds.yaml"
    path.write_text(text)

    with pytest.raises(InputError):
        read_speeds(path)
