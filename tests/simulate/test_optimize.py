"""The frontier of route tables: exact, and confirmed by a simulation of its tables."""

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jc.catalog.load import cached_catalog
from jc.catalog.model import Offer
from jc.catalog.names import resolve_all
from jc.errors import InputError
from jc.routing.table import load_table
from jc.simulate.optimize import (
    Cell,
    Optimum,
    Point,
    Wanted,
    best_share,
    confirmed,
    joined,
    optimise,
    skeleton,
    table_of,
    table_yaml,
)
from jc.simulate.run import simulate
from jc.simulate.settled import by_bound, settle
from jc.simulate.simulation import Question, Simulation
from tests.simulate.worlds import NOW, written

CELL = st.builds(
    Cell,
    model=st.sampled_from("abcdefgh"),
    cost=st.integers(0, 20).map(Fraction),
    quality=st.integers(0, 10).map(float),
    slow=st.integers(0, 5).map(float),
    judged=st.integers(10, 14).map(float),
)
POOL = ["openai/gpt-4o", "openai/gpt-4o-mini", "deepseek-v3", "llama-3.3-70b-instruct", "google/gemini-2.5-pro"]


@settings(max_examples=80, deadline=None)
@given(classes=st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=4))
def test_nothing_that_is_left_out_could_win(classes: list[list[Cell]]) -> None:
    """Every combination is beaten or matched by one of the frontier: no dearer, no slower, and as good over what was judged."""
    points = joined(classes)

    for combination in itertools.product(*classes):
        cost = sum((cell.cost for cell in combination), Fraction(0))
        share, slow = share_of(combination), sum(cell.slow for cell in combination)
        assert any(point.cost <= cost and point.share >= share and point.slow <= slow for point in points)
    best = max(share_of(combination) for combination in itertools.product(*classes))
    assert best_share(classes) == pytest.approx(best)
    for one, other in itertools.permutations(points, 2):
        worse = one.quality < other.quality or one.judged - one.quality > other.judged - other.quality
        assert not (one.cost <= other.cost and one.slow <= other.slow) or worse


def share_of(cells: Sequence[Cell]) -> float:
    """The quality of a combination over what was judged of it."""
    return sum(cell.quality for cell in cells) / sum(cell.judged for cell in cells)


def log(path: Path, **more: Any) -> Path:
    """Two hundred requests of three classes that were all answered by one model."""
    names = ("simple", "general", "code")
    rows = [
        {"ts": "2026-10-05T10:00:00Z", "request_id": f"r{number}", "model": "openai/gpt-4o", "route_class": names[number % 3],
         "input_tokens": 200 + number, "output_tokens": 50 + number % 90, "vision": number % 40 == 0, **more}
        for number in range(200)
    ]  # fmt: skip
    return written(path / "log.jsonl", rows)


def test_a_chosen_table_is_confirmed_by_a_simulation(tmp_path: Path) -> None:
    """What `jc optimize` says of its table is what `jc simulate` counts for the file it writes."""
    catalog = cached_catalog(None)
    traffic = str(log(tmp_path))
    simulation = simulate(Question(traffic, [], NOW), catalog)
    pool = resolve_all(catalog, POOL)
    bench = (simulation.estimator, simulation.chooser)

    found = optimise(*bench, pool, Wanted(min_quality=0.9), simulation.baseline)
    confirmed(found, *bench, skeleton(pool, NOW), simulation.baseline)

    assert found.chosen is not None
    one = next(one for one in found.shown if one.point is found.chosen)
    estimate, table = one.estimate, one.table
    assert found.chosen.cost == estimate.cost
    assert found.chosen.share >= 0.9 * found.best_quality - 1e-9
    assert estimate.quality == pytest.approx(found.chosen.share)
    path = tmp_path / "table.yaml"
    path.write_text(table_yaml(table, {"why": "a test"}))
    again = simulate(Question(traffic, [("again", load_table(str(path), catalog))], NOW), catalog).estimates[1]
    assert again.cost == estimate.cost
    assert again.latency is not None
    assert estimate.latency is not None
    assert again.latency.quantiles([0.5, 0.95]) == estimate.latency.quantiles([0.5, 0.95])


def test_more_quality_costs_more_and_time_limits_cost_too(tmp_path: Path) -> None:
    """Along the frontier cost and quality rise together; a limit on p95 never makes anything cheaper."""
    catalog = cached_catalog(None)
    simulation = simulate(Question(str(log(tmp_path)), [], NOW), catalog)
    pool = resolve_all(catalog, POOL)

    def frontier(wanted: Wanted) -> list[tuple[Fraction, float]]:
        found = optimise(simulation.estimator, simulation.chooser, pool, wanted, simulation.baseline)
        return [(point.cost, point.share) for point in found.frontier]

    free, timed = frontier(Wanted()), frontier(replace(Wanted(), max_p95_s=6.0))

    assert free == sorted(free)
    assert [quality for _, quality in free] == sorted(quality for _, quality in free)
    assert not timed or timed[0][0] >= free[0][0]


def test_classes_that_nobody_has_measured_are_an_error(tmp_path: Path) -> None:
    """With the command that measures them; nothing is imputed."""
    catalog = replace(cached_catalog(None), scores=())
    simulation = simulate(Question(str(log(tmp_path)), [], NOW), catalog)
    pool = resolve_all(catalog, POOL)

    with pytest.raises(InputError, match="no model of the pool was measured"):
        optimise(simulation.estimator, simulation.chooser, pool, Wanted(), simulation.baseline)


def share_at(models: Sequence[str], cells: Sequence[Sequence[Cell]]) -> float:
    """The quality of one combination; minus infinity where a model was not measured for its class."""
    picked = [next((cell for cell in cells[at] if cell.model == model), None) for at, model in enumerate(models)]
    return share_of([cell for cell in picked if cell is not None]) if all(picked) else float("-inf")


def brute_force(simulation: Simulation, pool: list[Offer], found: Optimum, wanted: Wanted) -> list[tuple[Fraction, float, float]]:
    """Cost, quality and p95 of every table over a pool, each one simulated for itself."""
    out = []
    for models in itertools.product([offer.id for offer in pool], repeat=len(found.classes)):
        table = table_of(found.classes, Point(models, Fraction(0), 0.0, 0.0, 0.0), skeleton(pool, NOW))
        estimate = simulation.estimator.of("one", simulation.chooser.choose(table), simulation.baseline)
        assert estimate.latency is not None
        quality = share_at(models, found.cells)
        slow = estimate.latency.share_above(wanted.max_p95_s) if wanted.max_p95_s else 0.0
        out.append((estimate.cost, quality, slow or 0.0))
    return out


@pytest.mark.parametrize("wanted", [Wanted(0.95), Wanted(0.9, 6.0), Wanted(0.99, 9.0), Wanted(0.0, 4.0), Wanted(1.0)])
def test_no_table_of_all_that_there_are_is_cheaper(tmp_path: Path, wanted: Wanted) -> None:
    """Brute force over all 125 tables, each simulated for itself, finds the same cost, or finds nothing as well."""
    catalog = cached_catalog(None)
    simulation = simulate(Question(str(log(tmp_path)), [], NOW), catalog)
    pool = resolve_all(catalog, POOL)

    found = optimise(simulation.estimator, simulation.chooser, pool, wanted, simulation.baseline)
    least = wanted.min_quality * found.best_quality
    fit = [
        cost for cost, quality, slow in brute_force(simulation, pool, found, wanted) if quality >= least - 1e-9 and slow <= 0.05
    ]

    assert (found.chosen.cost if found.chosen else None) == (min(fit) if fit else None)
    assert found.chosen is not None or found.nearest


def test_with_a_prompt_cache_no_table_is_cheaper_either(tmp_path: Path) -> None:
    """Sessions that change models lose their cache, so sums are bounds: the choice still is the cheapest of all simulated."""
    catalog = cached_catalog(None)
    rows = [
        {"ts": f"2026-10-05T10:{number % 60:02d}:00Z", "request_id": f"r{number}", "session": f"s{number // 6}",
         "model": "openai/gpt-4o", "route_class": ("simple", "code")[number % 2], "input_tokens": 3000 + 100 * (number % 6),
         "cached_input_tokens": 0 if number % 6 == 0 else 2800, "output_tokens": 60}
        for number in range(240)
    ]  # fmt: skip
    simulation = simulate(Question(str(written(tmp_path / "log.jsonl", rows)), [], NOW), catalog)
    pool = resolve_all(catalog, POOL)
    bench = (simulation.estimator, simulation.chooser)

    for wanted in (Wanted(0.5), Wanted(0.93), Wanted(0.97), Wanted(1.0)):
        found = optimise(*bench, pool, wanted, simulation.baseline)
        settle(found, *bench, skeleton(pool, NOW), wanted, simulation.baseline)
        least = wanted.min_quality * found.best_quality
        fit = [cost for cost, quality, _ in brute_force(simulation, pool, found, wanted) if quality >= least - 1e-9]

        assert found.proven
        assert found.tried >= 1
        assert found.chosen is not None
        assert found.chosen.cost == min(fit) or found.chosen in found.frontier
        table = table_of(found.classes, found.chosen, skeleton(pool, NOW))
        assert simulation.estimator.of("one", simulation.chooser.choose(table), simulation.baseline).cost == min(fit)


@settings(max_examples=50, deadline=None)
@given(classes=st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=4))
def test_combinations_come_in_the_order_of_their_sums(classes: list[list[Cell]]) -> None:
    """Each once, the cheapest first."""
    found = list(by_bound(classes))

    assert [point.cost for point in found] == sorted(
        sum((cell.cost for cell in combination), Fraction(0)) for combination in itertools.product(*classes)
    )


def jc(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """One call of the command."""
    return subprocess.run([sys.executable, "-m", "jc", *arguments], cwd=cwd, capture_output=True, check=False)


def test_what_cannot_be_kept_exits_with_1_and_names_what_can(tmp_path: Path) -> None:
    """The hint holds: with it the same command finds a table."""
    name = log(tmp_path).name
    asked = ("optimize", name, "--pool", ",".join(POOL), "-f", "json")
    done = jc(*asked, "--max-p95", "0.1s", cwd=tmp_path)
    values = json.loads(done.stdout)
    said = done.stderr.decode().partition("--max-p95 ")[2].split()[0]
    again = jc(*asked, "--max-p95", said, cwd=tmp_path)

    assert done.returncode == 1
    assert values["chosen"] is None
    assert [row["gives_up"] for row in values["nearest"]] == ["p95"]
    assert again.returncode == 0
    chosen = next(row for row in json.loads(again.stdout)["frontier"] if row["chosen"])
    assert chosen["p95_s"] <= float(said.removesuffix("s"))


def test_the_file_is_a_sound_table(tmp_path: Path) -> None:
    """`jc catalog check` finds nothing in a catalog that holds it, and says no less about the rest."""
    root = Path(__file__).parents[2]
    shutil.copytree(root / "catalogs", tmp_path / "catalogs")
    before = json.loads(jc("catalog", "check", "-C", "catalogs", "-f", "json", cwd=tmp_path).stdout)
    done = jc("optimize", log(tmp_path).name, "--pool", ",".join(POOL), "-o", "catalogs/routes/mine.yaml", "-q", cwd=tmp_path)
    after = json.loads(jc("catalog", "check", "-C", "catalogs", "-f", "json", cwd=tmp_path).stdout)

    assert done.returncode == 0
    assert [one for one in after["findings"] if "mine.yaml" in json.dumps(one)] == []
    assert len(after["findings"]) == len(before["findings"])


def test_the_page_draws_the_frontier(tmp_path: Path) -> None:
    """As HTML, with its figures beside."""
    done = jc("optimize", log(tmp_path).name, "--pool", ",".join(POOL), "-f", "html", cwd=tmp_path)

    assert done.returncode == 0
    assert b"Quality against cost" in done.stdout
    assert b"vega-lite" in done.stdout


@pytest.mark.parametrize("more", [{"vision": False}, {}])
def test_simulate_gives_the_same_cost_quality_and_speed_for_the_file(tmp_path: Path, more: dict[str, Any]) -> None:
    """Of the whole catalog: the figures of the chosen row are those of its file, also where images go to an unmeasured model."""
    name = log(tmp_path, **more).name
    found = json.loads(jc("optimize", name, "-o", "t.yaml", "-f", "json", cwd=tmp_path).stdout)
    again = json.loads(jc("simulate", name, "-r", "t.yaml", "-f", "json", cwd=tmp_path).stdout)["tables"][1]

    chosen = next(row for row in found["frontier"] if row["chosen"])
    assert again["cost_usd"] == chosen["cost_usd"]
    assert again["quality_known"] == chosen["quality_known"]
    assert again["quality"] == pytest.approx(chosen["quality"])
    assert (again["p50_s"], again["p95_s"]) == (chosen["p50_s"], chosen["p95_s"])
    assert again["change"] == pytest.approx(chosen["change"])
    assert all("jc evals run" in one["command"] for one in found["evidence"])


def test_a_quality_that_nobody_measured_is_a_dash(tmp_path: Path) -> None:
    """Not zero: images alone, all answered by a model without scores."""
    name = log(tmp_path, images=1).name
    asked = ("optimize", name, "--pool", "deepseek-v3,gpt-4o-mini,meta-llama/llama-4-scout")
    found = json.loads(jc(*asked, "-o", "t.yaml", "-f", "json", cwd=tmp_path).stdout)

    chosen = next(row for row in found["frontier"] if row["chosen"])
    assert (chosen["quality"], chosen["quality_known"], chosen["intervals"].get("quality")) == (None, 0.0, None)
    assert "quality not known." in (tmp_path / "t.yaml").read_text("utf-8")
    assert "quality –" in jc(*asked, cwd=tmp_path).stdout.decode().splitlines()[0]


def test_the_file_tells_what_simulate_says_where_it_measures_otherwise(tmp_path: Path) -> None:
    """A pool is compared by what its members share; the answer and the file have the figure of `jc simulate` beside."""
    name = log(tmp_path).name
    asked = ("optimize", name, "--pool", "gpt-4o-mini,deepseek-v3,llama-3.3-70b", "--at", "2026-11-01")
    found = json.loads(jc(*asked, "-o", "t.yaml", "-f", "json", cwd=tmp_path).stdout)
    told = jc(*asked, cwd=tmp_path).stdout.decode()
    again = json.loads(jc("simulate", name, "-r", "t.yaml", "--at", "2026-11-01", "-f", "json", cwd=tmp_path).stdout)["tables"][1]

    chosen = next(row for row in found["frontier"] if row["chosen"])
    text = (tmp_path / "t.yaml").read_text("utf-8")
    assert found["simulated"]["quality"] == again["quality"] != chosen["quality"]
    assert f"`jc simulate {name} --at 2026-11-01 -r` this file confirms its cost and speed." in text
    assert f"Its quality there is {again['quality']:.3f}" in text
    assert f"tells {again['quality']:.1%} of the chosen table" in " ".join(told.split())
    assert again["cost_usd"] == chosen["cost_usd"]


def test_thresholds_are_weighed_too(tmp_path: Path) -> None:
    """On classified prompts: brute force over all models and thresholds, each table simulated, finds nothing cheaper."""
    catalog = cached_catalog(None)
    texts = ["What is the capital of France?", "Prove that the root of 2 is irrational", "Write a sort in Python", "hm, well",
             "Compare these two poems", "Fix it", "Is 91 prime? Explain step by step", "Hello there"]  # fmt: skip
    rows = [
        {"ts": "2026-10-05T10:00:00Z", "request_id": f"r{number}", "model": "openai/gpt-4o", "input_tokens": 100 + number % 9,
         "output_tokens": 80, "prompt": f"{texts[number % 8]} ({number // 8 % 3})"}
        for number in range(160)
    ]  # fmt: skip
    traffic = str(written(tmp_path / "log.jsonl", rows))
    simulation = simulate(Question(traffic, [], NOW), catalog)
    pool = resolve_all(catalog, ["openai/gpt-4o", "openai/gpt-4o-mini", "google/gemini-2.5-pro"])
    bench = (simulation.estimator, simulation.chooser)

    for share in (0.9, 0.97, 1.0):
        found = optimise(*bench, pool, Wanted(share), simulation.baseline)
        assert len(found.by_threshold) > 2
        least = share * found.best_quality
        fit = []
        for limit, cells in found.by_threshold.items():
            for models in itertools.product([offer.id for offer in pool], repeat=len(found.classes)):
                quality = share_at(models, cells)
                table = table_of(found.classes, Point(models, Fraction(0), 0.0, 0.0, 0.0, limit), skeleton(pool, NOW))
                estimate = simulation.estimator.of("one", simulation.chooser.choose(table), simulation.baseline)
                if quality >= least - 1e-9:
                    fit.append(estimate.cost)
        assert found.chosen is not None
        assert found.chosen.cost == min(fit)
        confirmed(found, *bench, skeleton(pool, NOW), simulation.baseline)
        one = next(one for one in found.shown if one.point is found.chosen)
        path = tmp_path / "table.yaml"
        path.write_text(table_yaml(one.table, {}))
        again = simulate(Question(traffic, [("again", load_table(str(path), catalog))], NOW), catalog).estimates[1]
        assert again.cost == one.estimate.cost == found.chosen.cost
        assert one.estimate.quality == pytest.approx(found.chosen.share)


def test_a_model_is_no_fallback_of_itself_and_is_weighed_once(tmp_path: Path) -> None:
    """Where one model answers everything the fallbacks are others; a model that the pool names twice is one model."""
    traffic = log(tmp_path)
    command = [sys.executable, "-m", "jc", "optimize", str(traffic), "--pool", "gpt-4o,openai/gpt-4o,deepseek-v3", "-o", "t.yaml"]
    done = subprocess.run([*command, "-f", "json"], cwd=tmp_path, capture_output=True, check=False)
    table = load_table(str(tmp_path / "t.yaml"), cached_catalog(None))
    pool = resolve_all(cached_catalog(None), ["openai/gpt-4o", "deepseek-v3"])
    alone = table_of(("general",), Point(("openai/gpt-4o",), Fraction(0), 0.0, 0.0, 0.0), skeleton(pool, NOW))

    assert json.loads(done.stdout)["considered"] == 2
    assert len(set(table.fallback)) == len(table.fallback)
    assert alone.fallback == ("deepseek-v3",)
