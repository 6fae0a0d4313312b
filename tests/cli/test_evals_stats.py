"""`jc evals stats` as a user runs it."""

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

VERDICTS = Path(__file__).parent / "golden" / "evals-stats-verdicts" / "files" / "verdicts.csv"


def jc(*words: str, cwd: Path, columns: int = 98) -> subprocess.CompletedProcess[str]:
    """One run of `jc evals stats` in an empty configuration, on a terminal of so many columns."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JC_")}
    environment.update(NO_COLOR="1", XDG_CONFIG_HOME=str(cwd / "config"), COLUMNS=str(columns))
    return subprocess.run(
        [sys.executable, "-m", "jc", "evals", "stats", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def as_json(*words: str, cwd: Path) -> dict[str, Any]:
    """The JSON of a run that must succeed."""
    done = jc(*words, "--format", "json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def test_json_holds_every_figure(tmp_path: Path) -> None:
    """Schema and version on top, then source, standings, pairs, cells, fit, length, judges, rules and notes, unrounded."""
    data = as_json(str(VERDICTS), cwd=tmp_path)
    assert list(data)[:3] == ["schema", "jc_version", "source"]
    assert data["schema"] == "jc.evals-stats/1"
    assert (data["source"]["kind"], data["source"]["rows"], data["source"]["unread"]) == ("games", 144, 1)
    assert {"standings", "pairs", "cells", "fit", "length", "judges", "rules", "notes"} <= set(data)
    best = data["standings"][0]
    assert best["candidate"] == "deepseek-v3"
    assert best["score"]["low"] < best["score"]["value"] < best["score"]["high"]
    assert len(str(best["score"]["se"])) > 10
    assert data["clusters"] == 12
    assert data["judges"][0]["judge"] == "gpt-oss-120b"


@pytest.mark.parametrize("columns", [60, 80, 98, 200])
def test_the_text_is_as_wide_as_the_terminal(tmp_path: Path, columns: int) -> None:
    """COLUMNS is kept: a narrow terminal goes without a column or gets a table in parts, and every candidate is told."""
    done = jc(str(VERDICTS), cwd=tmp_path, columns=columns)
    headline, *lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert max(map(len, lines)) <= columns
    assert "deepseek-v3" in done.stdout
    assert ("McNemar" in done.stdout or "interval" in done.stdout) or columns == 60
    assert str(VERDICTS) in headline


def test_the_order_of_rows_does_not_change_a_byte(tmp_path: Path) -> None:
    """The same rows shuffled, in another file of the same name, give the same JSON."""
    header, *rows = VERDICTS.read_text("utf-8").splitlines()
    random.Random(3).shuffle(rows)
    first, second = tmp_path / "one", tmp_path / "two"
    for folder, lines in ((first, VERDICTS.read_text("utf-8").splitlines()[1:]), (second, rows)):
        folder.mkdir()
        (folder / "v.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")
    one, two = (jc("v.csv", "-f", "json", cwd=folder) for folder in (first, second))
    assert one.stdout == two.stdout


def test_the_seed_moves_only_what_is_drawn(tmp_path: Path) -> None:
    """Another seed changes the bootstrap and leaves means, p of exact tests and ratings."""
    one, two = (as_json(str(VERDICTS), "--seed", seed, cwd=tmp_path) for seed in ("1", "2"))
    assert one["standings"][0]["score"] == two["standings"][0]["score"]
    assert one["standings"][0]["rating"]["low"] == two["standings"][0]["rating"]["low"]
    assert one["standings"][0]["rating"]["boot_low"] != two["standings"][0]["rating"]["boot_low"]
    assert [pair["p"] for pair in one["pairs"] if pair["p_method"] == "exact"] == [
        pair["p"] for pair in two["pairs"] if pair["p_method"] == "exact"
    ]


def test_alpha_draws_and_margin_are_obeyed(tmp_path: Path) -> None:
    """A wider level, no bootstrap, a margin that makes everything equivalent."""
    data = as_json(str(VERDICTS), "--alpha", "0.1", "--draws", "0", "--margin", "5", cwd=tmp_path)
    usual = as_json(str(VERDICTS), cwd=tmp_path)
    assert data["standings"][0]["score"]["low"] > usual["standings"][0]["score"]["low"]
    assert data["standings"][0]["rating"]["boot_low"] is None
    assert {pair["word"] for pair in data["pairs"]} == {"equivalent"}


def test_outputs_by_suffix(tmp_path: Path) -> None:
    """CSV with a row per candidate, JSON lines, Markdown; stdout keeps the table."""
    done = jc(str(VERDICTS), "-o", "s.csv", "-o", "s.jsonl", "-o", "s.md", "-q", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    with (tmp_path / "s.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["candidate"] for row in rows] == ["deepseek-v3", "llama-3.3-70b", "mixtral-8x22b"]
    assert float(rows[0]["rating"]) > 1000
    assert len((tmp_path / "s.jsonl").read_text().splitlines()) == 3
    assert (tmp_path / "s.md").read_text().startswith("| Candidate |")
    assert "Candidate" in done.stdout


def test_hostile_names_do_not_act(tmp_path: Path) -> None:
    """Escape sequences, markup and formulas in names are shown, not sent."""
    evil = "\x1b[31mred\x1b]52;c;x\x07"
    with (tmp_path / "v.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["prompt_id", "a", "b", "score_a"]])
        writer.writerows([[f"p{k}", evil, "=HYPERLINK(1)", str(k % 2)] for k in range(8)])
    done = jc("v.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "\\x1b[31mred" in done.stdout
    assert "'=HYPERLINK(1)" in jc("v.csv", "-f", "csv", cwd=tmp_path).stdout


def test_labels_of_another_kind_are_refused(tmp_path: Path) -> None:
    """Verdicts cannot be checked with scores."""
    (tmp_path / "scores.csv").write_text("prompt_id,candidate,score\np,x,1\n")
    done = jc(str(VERDICTS), "--labels", "scores.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot be compared" in done.stderr


def test_labels_of_other_prompts_are_a_warning(tmp_path: Path) -> None:
    """Nothing matches: the result stands, and the reader is told."""
    (tmp_path / "labels.csv").write_text("prompt_id,a,b,score_a\nelsewhere,x,y,1\n")
    done = jc(str(VERDICTS), "--labels", "labels.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "warning: no label in `labels.csv`" in done.stderr


def test_labels_give_agreement_and_corrected_scores(tmp_path: Path) -> None:
    """People's verdicts on eight prompts of one pair."""
    rows = "".join(f"q{k:02d},deepseek-v3,mixtral-8x22b,1\n" for k in range(8))
    (tmp_path / "people.csv").write_text("prompt_id,a,b,score_a\n" + rows)
    data = as_json(str(VERDICTS), "--labels", "people.csv", cwd=tmp_path)
    agreement = data["judges"][0]["agreement"]
    assert agreement["units"] == 8
    assert 0 <= agreement["accuracy"]["value"] <= 1
    assert {row["candidate"] for row in agreement["corrected"]} == {"deepseek-v3", "mixtral-8x22b"}


OUTSIDE = (
    ("--alpha", "0"), ("--alpha", "1.5"), ("--alpha", "nan"), ("--draws", "x"), ("--margin", "-1"), ("--margin", "inf"),
    ("--margin", "nan"), ("--seed", "-1"),
)  # fmt: skip


@pytest.mark.parametrize("words", OUTSIDE)
def test_values_outside_their_range_are_refused(words: tuple[str, str], tmp_path: Path) -> None:
    """Exit 2, no traceback."""
    done = jc(str(VERDICTS), *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
