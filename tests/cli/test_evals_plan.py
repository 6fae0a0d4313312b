"""`jc evals plan` on stdout in every format, and a run whose disk is full at its end."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RUN = ("-c", "demo/strong,demo/hasty", "-p", "set.jsonl", "-j", "demo/judge")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with six prompts."""
    rows = [{"id": f"p{n}", "prompt": f"Name {n} colours."} for n in range(6)]
    (tmp_path / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path


def jc(place: Path, *words: str, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """One call of `jc` in a folder."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(place / ".cache"), "NO_COLOR": "1", "OPENAI_API_KEY": "x"}
    return subprocess.run(
        [sys.executable, "-m", "jc", *words], cwd=place, env=environment, capture_output=True, text=True, check=False,
        preexec_fn=before,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "begins"),
    [("table", "Plan      2 candidates × 6 prompts"), ("markdown", "| Plan | Value |"), ("csv", "prompts,cand")],
)
def test_a_plan_is_data_in_every_format(place: Path, name: str, begins: str) -> None:
    """What was asked for stands on stdout, and is not said a second time on stderr."""
    done = jc(place, "evals", "plan", *RUN, "-f", name)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(begins)
    assert "candidates" not in done.stderr


def test_the_usual_cost_is_never_above_the_highest(place: Path) -> None:
    """With short answers allowed the guess is as short: `about` respects `--max-tokens`."""
    done = jc(place, "evals", "plan", "-c", "demo/strong,openai/gpt-4o", *RUN[2:], "--max-tokens", "20", "-f", "json")
    found = json.loads(done.stdout)

    assert 0 < float(found["about_usd"]) <= float(found["at_most_usd"])


def test_a_disk_that_is_full_at_the_end_is_a_stop_that_goes_on(place: Path) -> None:
    """The journal is whole and the tables do not fit: exit 3 and the way on; with space the same command makes them."""
    words = ("evals", "run", *RUN, "--run-dir", "one", "-q")
    assert jc(place, *words).returncode == 0
    written = max((place / "one" / name).stat().st_size for name in ("manifest.json", "evalset.jsonl")) + 200
    assert written < (place / "one/results.csv").stat().st_size

    full = jc(place, *words, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (written, written)))
    again = jc(place, *words)

    assert full.returncode == 3, full.stderr
    assert "cannot write `one/" in full.stderr
    assert "the same command continues" in full.stderr
    assert again.returncode == 0, again.stderr
