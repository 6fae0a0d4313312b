"""A batching server under overload: what it makes of a load, and how well one fitted from half a log predicts the other half."""

import json
from pathlib import Path

import numpy as np
import pytest

from jc.simulate.overload import Load, Served, Server, fit_server, overload_test, served

FIXTURES = Path(__file__).parents[1] / "traffic" / "fixtures"
ROOMY = Server(0.01, 0.001, 0.0001, 100, 1e9)


def load_of(arrive: list[float], prompt: list[int], output: list[int]) -> Load:
    """A load from lists."""
    return Load(np.array(arrive, dtype=float), np.array(prompt), np.array(output))


def test_one_request_alone_takes_its_prefill_and_its_steps() -> None:
    """100 prompt tokens and 10 output tokens: one step with the prefill, nine more."""
    found = served(load_of([5.0], [100], [10]), ROOMY)

    assert found.first_s[0] == pytest.approx(0.011 + 0.01)
    assert found.last_s[0] == pytest.approx(10 * 0.011 + 0.01)


def test_two_at_once_share_every_step() -> None:
    """Steps are longer by one running request; both finish together."""
    found = served(load_of([0.0, 0.0], [0, 0], [5, 5]), ROOMY)

    assert found.last_s.tolist() == pytest.approx([5 * 0.012] * 2)


def test_with_one_place_the_second_waits_for_the_first() -> None:
    """First come, first served."""
    found = served(load_of([0.0, 0.0], [0, 0], [5, 5]), Server(0.01, 0.001, 0.0, 1, 1e9))

    assert found.last_s.tolist() == pytest.approx([0.055, 0.11])


def test_memory_limits_what_runs_at_once() -> None:
    """Two requests of 100 tokens do not fit into 150 tokens of memory: the second waits."""
    found = served(load_of([0.0, 0.0], [100, 100], [5, 5]), Server(0.01, 0.0, 0.0, 10, 150.0))

    assert found.last_s.tolist() == pytest.approx([0.05, 0.1])


def test_every_request_is_served_in_the_end() -> None:
    """Under any load and memory nothing is lost, and nothing ends before it begins."""
    chance = np.random.default_rng(4)
    load = Load(np.sort(chance.random(200) * 10), chance.integers(1, 900, 200), chance.integers(1, 300, 200))

    found = served(load, Server(0.005, 0.0005, 1e-5, 20, 9000.0))

    assert np.isfinite(found.last_s).all()
    assert (found.last_s >= found.first_s).all()
    assert (found.first_s > 0).all()


def test_a_known_server_is_found_again() -> None:
    """From the times of half of its requests, the rest is predicted within two percent."""
    chance = np.random.default_rng(1)
    load = Load(np.sort(chance.random(160) * 10), chance.integers(50, 900, 160), chance.integers(50, 400, 160))
    truth = served(load, Server(0.015, 0.0004, 1e-4, 24, 1e9))

    server = fit_server(load, truth, 80)

    assert server is not None
    made = served(load, server)
    assert made.last_s[80:].mean() == pytest.approx(truth.last_s[80:].mean(), rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vllm_rtx4090_llama-3.1-8b", "vllm_rtxpro6000_qwen3-32b"])
def test_real_vllm_logs_under_overload_are_predicted(name: str) -> None:
    """Fitted on the first half, the mean end-to-end time of the second half is less than ten percent off."""
    rows = [json.loads(line) for line in (FIXTURES / f"{name}.jsonl").read_text().splitlines()]
    queued = np.array([row["queued_ts"] for row in rows])
    load = Load(
        queued - queued.min(), np.array([row["input_toks"] for row in rows]), np.array([row["output_toks"] for row in rows])
    )
    seen = Served(
        np.array([row["first_token_ts"] for row in rows]) - queued, np.array([row["last_token_ts"] for row in rows]) - queued
    )

    found = overload_test(load, seen)

    assert found is not None
    assert abs(found.mean) < 0.1
    assert found.measured_mean_s > 100


def test_a_short_log_is_refused() -> None:
    """Ten requests say nothing about a server."""
    load = load_of([0.0] * 10, [10] * 10, [10] * 10)

    assert overload_test(load, served(load, ROOMY)) is None
