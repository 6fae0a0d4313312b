"""The tour: one command without a key or a network walks the whole loop and leaves a folder in which every command works."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jc.cli.demo import STEPS
from tests.fakes.browser import Browser, find_chromium


def jc(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user does, with a proxy that nobody serves: a call to any network would fail."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JC_")}
    environment |= {
        "XDG_CACHE_HOME": str(place / ".cache"),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    return subprocess.run(
        [sys.executable, "-m", "jc", *words], cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a tour, and what it printed."""
    place = tmp_path_factory.mktemp("tour")
    done = jc(place, "demo")
    assert done.returncode == 0, done.stderr
    return place / "jc-demo", done.stdout


def test_the_tour_shows_every_command_that_it_runs(tour: tuple[Path, str]) -> None:
    """Each step stands there as it would be typed."""
    assert [step.typed for step in STEPS if f"$ {step.typed}\n" in tour[1]] == [step.typed for step in STEPS]


def test_each_answer_feeds_the_next(tour: tuple[Path, str]) -> None:
    """The scores of the run are evidence in the catalog, the optimum rests on them, and the replay confirms its cost."""
    folder, _ = tour
    chosen = next(row for row in json.loads((folder / "optimum.json").read_text("utf-8"))["frontier"] if row["chosen"])
    tables = {table["name"]: table for table in json.loads((folder / "simulation.json").read_text("utf-8"))["tables"]}

    assert "own_eval/demo" in (folder / "catalogs/benchmarks/own-eval-demo.yaml").read_text("utf-8")
    # Scaled answers are counted in whole tokens by group, and the two commands group by their own tables.
    assert float(tables["best.yaml"]["cost_usd"]) == pytest.approx(float(chosen["cost_usd"]), rel=1e-5)
    assert tables["best.yaml"]["quality"] == pytest.approx(chosen["quality"])
    assert len(set(chosen["routes"].values())) > 1


def test_commands_of_the_tour_can_be_typed_again(tour: tuple[Path, str]) -> None:
    """The folder's settings name its catalog, so a command needs no further option there."""
    done = jc(tour[0], "route", "-r", "best.yaml", "hi there")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {"demo/hasty", "demo/solid", "demo/strong"}


def test_a_folder_that_holds_something_is_left_alone(tour: tuple[Path, str]) -> None:
    """A second tour into the same folder is refused before anything is written."""
    before = (tour[0] / "tour.html").stat().st_mtime_ns
    done = jc(tour[0].parent, "demo")

    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert (tour[0] / "tour.html").stat().st_mtime_ns == before


def test_the_tour_can_be_told_to_a_machine(tmp_path: Path) -> None:
    """With `-f json` and `-o` the steps are one JSON object and the page stands where it was asked for; `-q` says no more."""
    done = jc(tmp_path, "demo", "-q", "-f", "json", "-o", "page.html")

    assert done.returncode == 0, done.stderr
    assert [one["command"] for one in json.loads(done.stdout)["steps"]] == [step.typed for step in STEPS]
    assert (tmp_path / "page.html").read_text("utf-8").rstrip() == (tmp_path / "jc-demo/tour.html").read_text("utf-8").rstrip()
    assert done.stderr == ""


def test_a_format_that_a_tour_has_not_is_refused_before_it_begins(tmp_path: Path) -> None:
    """An unknown format is an error before anything is written."""
    done = jc(tmp_path, "demo", "-f", "junit")

    assert done.returncode == 2
    assert not (tmp_path / "jc-demo").exists()


def test_who_reads_only_the_first_line_ends_the_tour_quietly(tmp_path: Path) -> None:
    """A pipe that is closed after a line is no failure, as with every other command."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JC_")}
    environment["XDG_CACHE_HOME"] = str(tmp_path / ".cache")
    with subprocess.Popen(
        [sys.executable, "-m", "jc", "demo"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert (process.stderr.read(), process.wait(timeout=120)) == (b"", 0)


def test_the_page_draws_and_asks_nobody(tour: tuple[Path, str], tmp_path: Path) -> None:
    """The one page that the tour ends with opens in a real browser without an error and without a request."""
    program = find_chromium()
    if program is None:
        if os.environ.get("JC_REQUIRE_BROWSER"):
            pytest.fail("JC_REQUIRE_BROWSER is set, but no Chromium was found on PATH")
        pytest.skip("no Chromium on PATH")
    browser = Browser(program, tmp_path)
    try:
        with browser.tab() as tab:
            tab.open(tour[0] / "tour.html")
            drawn = tab.run("[...document.querySelectorAll('.chart')].filter(one => one.querySelector('svg, canvas')).length")

            assert drawn == tab.run("document.querySelectorAll('.chart').length") > 5
            assert tab.requests == [(tour[0] / "tour.html").as_uri()]
    finally:
        browser.close()
