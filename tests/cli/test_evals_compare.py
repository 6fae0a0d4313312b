"""`jc evals compare` and `jc evals gate` on real runs of the demo endpoint."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def jc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One call of `jc` in a folder."""
    return jc_with(folder, {}, *arguments)


def jc_with(folder: Path, variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same with more variables."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / ".cache"), "NO_COLOR": "1", "COLUMNS": "98"}
    environment.pop("GITHUB_STEP_SUMMARY", None)
    environment.update(variables)
    return subprocess.run(
        [sys.executable, "-m", "jc", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, `base` on 20 prompts and `head` on 12 of them, and a CSV in which one candidate got worse."""
    folder = tmp_path_factory.mktemp("runs")
    for name, limit in (("base", "20"), ("head", "12")):
        done = jc(
            folder, "evals", "run", "-c", "demo/strong,demo/hasty", "-p", "demo", "-j", "demo/judge", "-q", "--limit", limit,
            "--run-dir", f"runs/{name}", "-o", f"{name}.csv",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    with (folder / "base.csv").open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    with (folder / "worse.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "score": "0.1" if row["candidate"] == "demo/strong" else row["score"]} for row in rows)
    return folder


def test_equal_runs_are_paired_on_common_prompts(place: Path) -> None:
    """The comparison counts the common prompts, names what was left out, and proves nothing where nothing changed."""
    done = jc(place, "evals", "compare", "head", "base", "-f", "json")
    found = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert found["paired_prompts"] == 12
    assert len(found["only_base"]) == 8
    assert {row["word"] for row in found["rows"]} <= {"equivalent", "undecided"}


def test_the_gate_opens_for_no_change_and_closes_for_a_proven_loss(place: Path) -> None:
    """Exit 0 without a proven regression, exit 1 with one, whose name is in table, annotations and JUnit."""
    same = jc(place, "evals", "gate", "head", "--baseline", "base", "--min-coverage", "0.6")
    worse = jc(place, "evals", "gate", "worse.csv", "--baseline", "base.csv", "-f", "github", "-o", "gate.xml")

    assert (same.returncode, worse.returncode) == (0, 1)
    assert "::error title=jc evals gate (regression)::`demo/strong` got worse" in worse.stdout
    assert '<failure message="`demo/strong` got worse' in (place / "gate.xml").read_text("utf-8")


def test_the_gate_closes_when_the_set_shrank(place: Path) -> None:
    """Twelve of the base's twenty prompts are a coverage of 60 %, which is printed: exit 1, though nothing got worse."""
    done = jc(place, "evals", "gate", "head", "--baseline", "base", "-f", "markdown")

    assert done.returncode == 1, done.stderr
    assert "`demo/strong`: 12 of the base's 20 prompts are compared, coverage 60.0%; 98% are asked for." in done.stdout


def test_another_judge_is_refused_unless_told(place: Path) -> None:
    """Runs judged in another way are different quantities: exit 2, and `--anyway` compares them with a warning."""
    done = jc(
        place, "evals", "run", "-c", "demo/strong,demo/hasty", "-p", "demo", "-j", "demo/judge", "-q", "--limit", "12",
        "--judge-mode", "pointwise", "--run-dir", "runs/points",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    refused = jc(place, "evals", "compare", "points", "base")

    assert refused.returncode == 2
    assert "cannot be compared" in refused.stderr


def test_a_file_that_is_no_result_is_one_clear_error(place: Path) -> None:
    """A CSV without the columns is named with the one that is missing."""
    (place / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    done = jc(place, "evals", "compare", "other.csv", "base")

    assert done.returncode == 2
    assert "has no column `prompt_id`" in done.stderr


def test_a_comparison_is_junit_annotations_and_step_summary_too(place: Path) -> None:
    """A candidate that got worse is a warning, a failure and a row of the summary; exit 0, because comparing is no verdict."""
    summary = place / "summary.md"
    asked = ("evals", "compare", "worse.csv", "base.csv", "-f", "github", "-o", "compare.xml")
    done = jc_with(place, {"GITHUB_STEP_SUMMARY": str(summary)}, *asked)

    assert done.returncode == 0, done.stderr
    assert "::warning title=jc evals compare::`demo/strong`" in done.stdout
    assert (place / "compare.xml").read_text("utf-8").count("<failure") == 1
    assert "| demo/strong |" in summary.read_text("utf-8")


FROZEN = [
    {"id": f"g{k}", "prompt": f"Name the colour {k}.", "answer_1": f"Colour {k} is named here.", "answer_2": "No.", "better": 1}
    for k in range(30)
]


def test_a_gate_refuses_a_judge_that_moved_on_the_frozen_pairs(place: Path) -> None:
    """The same frozen pairs, other verdicts in the base: exit 2 and by how much; `--anyway` compares and warns."""
    (place / "frozen.jsonl").write_text("".join(json.dumps(row) + "\n" for row in FROZEN), "utf-8")
    for name in ("then", "now"):
        done = jc(
            place, "evals", "run", "-c", "demo/strong,demo/hasty", "-p", "demo", "-j", "demo/judge", "-q", "--limit", "6",
            "--run-dir", f"runs/{name}", "--sentinel", "frozen.jsonl",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    same = jc(place, "evals", "gate", "now", "--baseline", "then")
    assert same.returncode == 0, same.stderr
    path = place / "runs" / "then" / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    verdicts = summary["sentinel"]["verdicts"]["demo/judge"]
    summary["sentinel"]["verdicts"]["demo/judge"] = {key: 1.0 - share for key, share in verdicts.items()}
    path.write_text(json.dumps(summary), "utf-8")
    moved = jc(place, "evals", "gate", "now", "--baseline", "then")
    anyway = jc(place, "evals", "compare", "now", "then", "--anyway")

    assert moved.returncode == 2
    assert "The judge `demo/judge` moved:" in moved.stderr
    assert anyway.returncode == 0
    assert "warning: The judge `demo/judge` moved:" in anyway.stderr
