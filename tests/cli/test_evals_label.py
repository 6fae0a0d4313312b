"""`jc evals label` as a person uses it: through a pipe, on a terminal, again, and what the other commands then tell."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

LABEL = [sys.executable, "-m", "jc", "evals", "label", "runs/one"]


def environment(folder: Path) -> dict[str, str]:
    """No colours, an own cache."""
    return {**os.environ, "XDG_CACHE_HOME": str(folder / ".cache"), "NO_COLOR": "1", "COLUMNS": "98"}


def jc(folder: Path, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    """One call of `jc` with answers on stdin."""
    command = [sys.executable, "-m", "jc", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(folder), input=answers, capture_output=True, text=True, check=False
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A finished run of the demo endpoint."""
    done = jc(
        tmp_path, "evals", "run", "-c", "demo/strong,demo/solid,demo/hasty", "-p", "demo", "-j", "demo/judge", "--limit", "16",
        "--run-dir", "runs/one", "-q",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return tmp_path


def rows(folder: Path) -> list[dict[str, object]]:
    """The lines of labels.jsonl."""
    path = folder / "runs" / "one" / "labels.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def test_labels_come_through_a_pipe_and_go_on_where_they_stopped(place: Path) -> None:
    """Three answers and q keep three labels; the end of the input keeps two more; no pair is shown twice, no name is shown."""
    first = jc(place, "evals", "label", "one", "-f", "json", answers="a\nx\nt\ns\nq\nb\n")
    assert first.returncode == 0, first.stderr
    assert [row["label"] for row in rows(place)].count("tie") == 1
    assert len(rows(place)) == 3
    second = jc(place, "evals", "label", "one", answers="b\na")

    assert len({(row["prompt_id"], row["a"], row["b"]) for row in rows(place)}) == len(rows(place)) == 5
    assert json.loads(first.stdout)["labelled"] == 2
    assert json.loads(first.stdout)["skipped"] == 1
    assert "no key `x`" in first.stderr
    assert "demo/" not in first.stderr + second.stderr
    assert "Answer A:" in second.stderr


def test_what_is_pressed_is_about_the_answer_that_was_shown_there(place: Path) -> None:
    """`a` always means the one shown first: the winner's name follows the order."""
    jc(place, "evals", "label", "one", answers="a\n" * 12)
    assert {row["shown"] for row in rows(place)} == {"ab", "ba"}
    assert all(row["score_a"] == (1.0 if row["shown"] == "ab" else 0.0) for row in rows(place))


def test_labels_reach_the_judge_card_everywhere(place: Path) -> None:
    """show, its JSON, stats, report and a run that goes on tell κ, α and corrected scores."""
    jc(place, "evals", "label", "one", answers="a\nb\nt\n" * 20)
    shown = jc(place, "evals", "show", "one")
    found = json.loads(jc(place, "evals", "show", "one", "-f", "json").stdout)
    stats = jc(place, "evals", "stats", "runs/one/comparisons.csv")
    assert jc(place, "evals", "report", "one", "-o", "page.html", "-o", "page.md").returncode == 0
    agreement = found["standings"]["judges"][0]["agreement"]
    again = jc(place, "evals", "resume", "one", "-f", "json")

    assert agreement["units"] > 20
    assert agreement["corrected"]
    for text in (shown.stdout, stats.stdout, *((place / name).read_text("utf-8") for name in ("page.html", "page.md"))):
        assert "Krippendorff" in text
        assert "Scores corrected with the labels (PPI++)" in text
    assert json.loads(again.stdout)["standings"]["judges"][0]["agreement"] == agreement


def test_a_run_without_pairs_has_nothing_to_label(place: Path) -> None:
    """Ratings are no pairs: exit 2 and why."""
    jc(
        place,
        "evals",
        "run",
        "-c",
        "demo/hasty",
        "-p",
        "demo",
        "-j",
        "demo/judge",
        "--limit",
        "2",
        "--run-dir",
        "runs/single",
        "-q",
    )
    done = jc(place, "evals", "label", "single")
    assert done.returncode == 2
    assert "no judged pairs" in done.stderr


def test_on_a_terminal_a_key_needs_no_return(place: Path) -> None:
    """Pressed keys on a pseudo terminal: two labels, then q leaves with 0."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        LABEL, cwd=place, env=environment(place), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    os.close(theirs)
    assert process.stderr is not None
    for key in (b"a", b"t", b"q"):
        seen = ""
        while not seen.endswith("q quit] "):
            seen += process.stderr.read(1)
        os.write(ours, key)
    _out, err = process.communicate(timeout=30)
    os.close(ours)

    assert process.returncode == 0, err
    assert [row["score_a"] for row in rows(place)][1] == 0.5
    assert len(rows(place)) == 2
