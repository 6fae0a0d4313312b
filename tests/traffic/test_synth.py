"""Logs made from scenarios: the documents' worked examples come out to the token."""

from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from jc.errors import InputError
from jc.traffic.scenario import Agent, ReadFile, read_scenario
from jc.traffic.synth import steps, synthesised

FOLDER = Path(__file__).parents[2] / "docs" / "scenarios"
SCENARIOS = sorted(path for path in FOLDER.glob("*.yaml") if "\nstart:" in path.read_text())
"""Beside them stand tables and speeds, which have no start."""


def agent(**more: object) -> Agent:
    """The 38-call task of document 001 without anything in it."""
    return Agent(**{"name": "a", "steps": 38, "model": None, "key": "k", **more})  # type: ignore[arg-type]


def test_a_file_read_at_step_5_is_sent_again_66_000_tokens_worth() -> None:
    """2,000 tokens, read at step 5 of 38: 33 remaining steps × 2,000 = 66,000."""
    with_file = steps(agent(files=(ReadFile(2000, 5),)))
    without = steps(agent())

    assert sum(one for one, _, _ in with_file) - sum(one for one, _, _ in without) == 33 * 2000 == 66_000


def test_the_38_call_task_has_506_thousand_tokens_in_and_19_thousand_out() -> None:
    """156K of system prompts + 280K of context + 70K of tool outputs = 506K; 38 × 500 = 19K."""
    found = steps(
        agent(system_tokens=Fraction(156_000, 38), growth_tokens=Fraction(280_000, 703), tool_tokens=Fraction(70_000, 38))
    )

    assert sum(one for one, _, _ in found) == 506_000
    assert sum(one for _, _, one in found) == 19_000
    assert len(found) == 38


def test_a_runaway_agent_repeats_its_last_step() -> None:
    """A loop gone wrong sends the same context again and again."""
    found = steps(agent(system_tokens=Fraction(100), growth_tokens=Fraction(10), runaway=100))

    assert len(found) == 138
    assert {one for one, _, _ in found[37:]} == {found[37][0]}


def test_what_was_sent_before_counts_as_cached() -> None:
    """The cached part of a step is at most the prompt of the step before."""
    found = steps(agent(system_tokens=Fraction(100), growth_tokens=Fraction(10), cached=True))

    assert found[0][1] == 0
    assert all(cached == before for (_, cached, _), (before, _, _) in zip(found[1:], found, strict=False))


def scenario(path: Path, text: str) -> Path:
    """A scenario file."""
    target = path / "scenario.yaml"
    target.write_text(text)
    return target


def test_shares_come_out_exactly_and_a_seed_makes_the_same_log(tmp_path: Path) -> None:
    """1,000 requests of 60, 30, 7 and 3 percent; another seed shuffles them otherwise."""
    text = "requests: 1000\nclasses:\n" + "".join(
        f"  {name}: {{share: {share}}}\n"
        for name, share in (("simple", 0.6), ("general", 0.3), ("reasoning", 0.07), ("code", 0.03))
    )
    made = read_scenario(scenario(tmp_path, text))

    rows = synthesised(made)

    assert Counter(row["route_class"] for row in rows) == {"simple": 600, "general": 300, "reasoning": 70, "code": 30}
    assert rows == synthesised(made)
    assert [row["route_class"] for row in rows] != [row["route_class"] for row in synthesised(made, seed=5)]


@pytest.mark.parametrize("kind", ["even", "poisson", "daily", "bursts"])
def test_arrivals_are_in_order_and_inside_the_span(tmp_path: Path, kind: str) -> None:
    """Whatever the curve, rows come in the order of time."""
    text = f"requests: 500\nstart: 2026-10-01\narrivals: {{kind: {kind}, over_hours: 24}}\nclasses: {{simple: {{share: 1}}}}\n"

    rows = synthesised(read_scenario(scenario(tmp_path, text)))

    times = [row["ts"] for row in rows]
    assert times == sorted(times)
    assert times[0] >= "2026-10-01"
    assert times[-1] < "2026-10-02T00:00:02"


def test_a_daily_curve_has_its_peak_where_it_was_asked_for(tmp_path: Path) -> None:
    """Around 14:00 there are several times as many requests as around 02:00."""
    text = "requests: 4000\narrivals: {kind: daily, peak_hour: 14}\nclasses: {simple: {share: 1}}\n"

    hours = Counter(row["ts"][11:13] for row in synthesised(read_scenario(scenario(tmp_path, text))))

    assert hours["14"] > 4 * hours["02"]


def test_lognormal_sizes_have_their_mean(tmp_path: Path) -> None:
    """The mean of the drawn sizes is the one that was asked for, not that of the logarithm."""
    text = "requests: 20000\nclasses: {simple: {share: 1, input: {mean: 800, sigma: 0.7}}}\n"

    rows = synthesised(read_scenario(scenario(tmp_path, text)))

    assert sum(row["input_tokens"] for row in rows) / len(rows) == pytest.approx(800, rel=0.03)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("requests: 5\n", "nothing to make"),
        ("classes: {simple: {share: 0.5}}\nrequests: 5\n", "sum to 0.5"),
        ("classes: {simple: {shaer: 1}}\n", "no `shaer`"),
        ("classes: {simple: {share: x}}\n", "not a number"),
        ("classes: {simple: {share: 1}}\narrivals: {kind: never}\n", "no `never`"),
        ("classes: [1]\n", "is a mapping"),
        ("agents: [{steps: 0}]\n", "lies between"),
        ("start: yesterday\nclasses: {simple: {share: 1}}\n", "not a day"),
        ("- 1\n", "a scenario is a mapping"),
        ("a: &x 1\n", ""),
    ],
)
def test_what_is_wrong_with_a_scenario_is_said(tmp_path: Path, text: str, said: str) -> None:
    """Unknown keys with a suggestion, wrong types, shares that do not add up."""
    with pytest.raises(InputError) as caught:
        read_scenario(scenario(tmp_path, text))

    assert any(said in problem.message for problem in caught.value.problems)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_make_logs(path: Path) -> None:
    """Each of them is sound and makes rows."""
    assert synthesised(read_scenario(path))
