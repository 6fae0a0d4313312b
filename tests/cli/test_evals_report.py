"""`jc evals report` as a user calls it: by run, by results file, in every format."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest


def jc(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `jc` in a folder."""
    command = [sys.executable, "-m", "jc", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished demo run and its results."""
    folder = tmp_path_factory.mktemp("runs")
    parties = ["-c", "demo/strong,demo/hasty", "-p", "demo", "-j", "demo/judge", "--limit", "4"]
    done = jc(folder, "evals", "run", *parties, "--run-dir", "runs/one", "-o", "results.csv", "-q")
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_is_written_in_every_format_by_suffix(place: Path) -> None:
    """The files hold page, Markdown and JUnit; stdout stays empty and stderr names what was written."""
    done = jc(place, "evals", "report", "one", "-o", "report.html", "-o", "report.md", "-o", "report.xml", "-o", "report.json")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "".join(f"Wrote `report.{suffix}`.\n" for suffix in ("html", "md", "xml", "json"))
    heading = (place / "report.md").read_text("utf-8").splitlines()[0].removeprefix("### ")
    assert "demo/strong" in heading
    assert f"<h1>{heading}</h1>" in (place / "report.html").read_text("utf-8")
    assert ET.parse(place / "report.xml").getroot().get("tests") == "8"
    assert '"schema": "jc.evals/1"' in (place / "report.json").read_text("utf-8")


def test_a_page_says_how_to_get_it_again_and_holds_no_secret(place: Path) -> None:
    """The command, the hashes and the date are there; the secret of the run, which nonces come from, is not."""
    jc(place, "evals", "report", "one", "-o", "again.html")
    text = (place / "again.html").read_text("utf-8")
    manifest = (place / "runs" / "one" / "manifest.json").read_text("utf-8")
    secret = manifest.split('"secret": "')[1].split('"')[0]

    assert "jc evals run --candidates demo/strong,demo/hasty --prompts demo --judge demo/judge" in text
    assert "<dt>evalset sha256</dt>" in text
    assert len(secret) == 32
    assert secret not in text


def test_the_results_file_leads_to_its_run(place: Path) -> None:
    """`jc evals report results.csv`, as the hint after a run says, gives the same page as the run's name."""
    by_file = jc(place, "evals", "report", "results.csv", "-o", "file.html")
    jc(place, "evals", "report", "one", "-o", "name.html")

    assert by_file.stderr == "Wrote `file.html`.\n"
    assert (place / "file.html").read_bytes() == (place / "name.html").read_bytes()


def test_a_results_file_without_its_run_still_gives_a_page(place: Path, tmp_path: Path) -> None:
    """The scores are there, and a warning says what is not."""
    (tmp_path / "alone.csv").write_bytes((place / "results.csv").read_bytes())
    done = jc(tmp_path, "evals", "report", "alone.csv", "-o", "alone.html")

    assert done.returncode == 0
    assert done.stderr.startswith("warning: the run that wrote `alone.csv` was not found")
    assert "Judge health" not in (tmp_path / "alone.html").read_text("utf-8")


def test_without_output_it_prints(place: Path) -> None:
    """The result stands on stdout, in the format asked for."""
    table = jc(place, "evals", "report", "one")
    page = jc(place, "evals", "show", "one", "-f", "html")
    unknown = jc(place, "evals", "report", "one", "-f", "pdf")

    assert table.stdout.startswith("Candidate")
    assert page.stdout.startswith("<!doctype html>")
    assert unknown.returncode == 2
    assert "formats: table, json, jsonl, csv, markdown, html, junit" in unknown.stderr


def test_a_page_on_stdout_is_the_page_of_the_file(place: Path) -> None:
    """Printing changes nothing in it, or the hashes of its policy would not hold."""
    jc(place, "evals", "report", "one", "-o", "printed.html")

    assert jc(place, "evals", "report", "one", "-f", "html").stdout == (place / "printed.html").read_text("utf-8")
