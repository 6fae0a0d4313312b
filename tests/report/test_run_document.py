"""A finished run in all its formats, from its folder or from its rows alone."""

import json
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.evals.outputs import write_csv, write_jsonl
from jc.evals.results import GAME_COLUMNS, RESULT_COLUMNS
from jc.evals.runfolder import RunFolder
from jc.report.document import render
from jc.report.run_document import (
    prompt_texts,
    reproduce,
    rows_document,
    run_command,
    run_document,
    run_of_rows,
)
from jc.report.run_rows import read_rows
from tests.fakes.eval_run import SampleRun, sample_run

SETTINGS = {
    "mode": "pairwise", "baseline": None, "pairs_per_prompt": None, "epochs": 1, "seed": 0, "max_tokens": 4096,
    "temperature": None, "on_refusal": "exclude", "stream": False, "margin": 0.02,
}  # fmt: skip
REQUEST: dict[str, Any] = {
    "prompts": "my set.jsonl", "candidates": ["a", "b"], "judges": ["j"], "base_url": None, "key_env": "JC_API_KEY",
    "settings": SETTINGS, "template": None, "limit": None,
}  # fmt: skip


def folder_of(run: SampleRun, path: Path, **request: Any) -> RunFolder:
    """A run folder with the derived files of a made-up run."""
    path.mkdir(parents=True)
    party = {"name": "acme/strong-1", "wire_id": "strong-1", "endpoint": "https://user:sesame@host.example/v1?key=sesame"}
    manifest = {
        "schema": "jc.run/1", "jc_version": "0.1.0", "python": "3.11.7", "created": "2026-11-20T12:00:00Z",
        "request": REQUEST | request, "evalset_sha256": "ab" * 32, "catalog_sha256": "cd" * 32, "candidates": [party],
        "judges": [],
        "secret": "00" * 16,
    }  # fmt: skip
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    write_csv(path / "results.csv", RESULT_COLUMNS, run.answers)
    write_csv(path / "comparisons.csv", GAME_COLUMNS, run.games)
    lines = [json.dumps({"id": name, "prompt": text}) for name, text in run.prompts.items()]
    (path / "evalset.jsonl").write_text("\n".join(lines), "utf-8")
    return RunFolder(path)


def test_a_run_knows_html_junit_and_markdown(tmp_path: Path) -> None:
    """The formats of reports come beside the common ones, made from the folder's files."""
    run = sample_run(prompts=12)
    document = run_document(folder_of(run, tmp_path / "run"), run.summary)

    html = render(document, "html")
    assert {"html", "junit"} <= set(document.formats)
    assert "What is the capital of place case-001?" in html
    assert "A was bravo/solid-2, B was acme/strong-1" in html
    assert ET.fromstring(render(document, "junit")).get("tests") == "36"
    assert render(document, "markdown").startswith("### ")
    assert "sesame" not in html


def test_rows_come_back_from_their_files_with_their_types(tmp_path: Path) -> None:
    """CSV and JSON lines give the rows that were written, apostrophes for spreadsheets taken off again."""
    run = sample_run(prompts=4, texts={"acme/strong-1": "=1+1", "bravo/solid-2": "'quoted'", "cargo/hasty-mini": '-\n,"x'})
    write_csv(tmp_path / "rows.csv", RESULT_COLUMNS, run.answers)
    write_jsonl(tmp_path / "rows.jsonl", RESULT_COLUMNS, run.answers)
    written = [{name: value for name, value in row.items() if name not in {"cached", "output"}} for row in run.answers]

    for name in ("rows.csv", "rows.jsonl"):
        found = list(read_rows(tmp_path / name, RESULT_COLUMNS))
        assert [row["output"] or None for row in found] == [row["output"] for row in run.answers]
        assert [{key: value for key, value in row.items() if key not in {"cached", "output"}} for row in found] == written


def test_an_answer_of_megabytes_comes_back(tmp_path: Path) -> None:
    """The limit of the CSV reader does not apply."""
    run = sample_run(prompts=1, texts={"acme/strong-1": "A" * 3_000_000})
    write_csv(tmp_path / "rows.csv", RESULT_COLUMNS, run.answers)

    assert len(next(read_rows(tmp_path / "rows.csv", RESULT_COLUMNS))["output"]) == 3_000_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", "prompt_id,answer\n1,2\n", "has no column `run_id`"),
        ("x.jsonl", "{}\n", "has no column `run_id`"),
        ("x.jsonl", "[1]\n", "x.jsonl:1: not a JSON object"),
        ("x.jsonl", "{,}\n", "x.jsonl:1: not a JSON object"),
        ("x.csv", "", "has no rows"),
        ("x.csv", "\udcff", "cannot read"),
    ],
)
def test_a_file_that_holds_no_results_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    """Wrong columns, no JSON, nothing, or no UTF-8: an error that says which file and what."""
    path = tmp_path / name
    path.write_text(content, "utf-8", "surrogateescape")

    with pytest.raises(InputError, match=message):
        run_of_rows(path, tmp_path)


def test_a_number_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    """The error says file, line, column and value."""
    rows = [row | {"latency_ms": "soon"} for row in sample_run(prompts=1).answers]
    write_csv(tmp_path / "rows.csv", RESULT_COLUMNS, rows)

    with pytest.raises(InputError, match=r"rows.csv:2: `latency_ms` is 'soon', not a number"):
        list(read_rows(tmp_path / "rows.csv", RESULT_COLUMNS))


def test_results_find_their_run_only_while_they_say_the_same(tmp_path: Path) -> None:
    """The run of the rows is found under the runs or beside the file; a run that has changed since is not taken for it."""
    run = sample_run(prompts=3)
    folder = folder_of(run, tmp_path / "runs" / "sample")
    copy = tmp_path / "copy.csv"
    copy.write_bytes((folder.path / "results.csv").read_bytes())

    assert run_of_rows(copy, tmp_path / "runs") == folder
    copy.write_bytes(copy.read_bytes().replace(b"answers case 1", b"answers case 7"))
    assert run_of_rows(copy, tmp_path / "runs") is None


def test_a_run_id_from_a_file_is_never_a_path(tmp_path: Path) -> None:
    """A results file cannot lead the reader out of the folder of runs."""
    run = sample_run(prompts=2, cells={"run_id": "../../outside"})
    folder_of(run, tmp_path / "outside")
    (tmp_path / "a" / "runs").mkdir(parents=True)
    path = tmp_path / "a" / "rows.csv"
    path.write_bytes((tmp_path / "outside" / "results.csv").read_bytes())

    assert run_of_rows(path, tmp_path / "a" / "runs") is None


def test_rows_alone_give_a_report_with_scores(tmp_path: Path) -> None:
    """Without the run there are standings by score, costs and answers, but no judge's words."""
    run = sample_run(prompts=20)
    path = tmp_path / "results.csv"
    write_csv(path, RESULT_COLUMNS, run.answers)
    document = rows_document(path)
    html = render(document, "html")

    assert document.payload["standings"]["basis"] == "scores"
    assert [row["candidate"] for row in document.payload["candidates"]] == ["acme/strong-1", "bravo/solid-2", "cargo/hasty-mini"]
    assert document.payload["spent_usd"] == sum(
        ((row["cost_usd"] or Decimal(0)) + row["judge_cost_usd"] for row in run.answers), Decimal(0)
    )
    assert "Judge health" not in html
    assert "<dt>made from</dt><dd>results.csv</dd>" in html
    assert ET.fromstring(render(document, "junit")).get("tests") == "60"


def test_rows_without_any_score_still_make_a_report(tmp_path: Path) -> None:
    """Nothing could be scored is a result too."""
    write_csv(tmp_path / "results.csv", RESULT_COLUMNS, sample_run(prompts=2, cells={"score": None}).answers)

    assert "Nothing could be scored" in render(rows_document(tmp_path / "results.csv"), "markdown")


def test_the_command_is_told_with_what_differs_from_the_defaults() -> None:
    """Names with blanks are quoted, defaults are left out, credentials never stand in it."""
    assert run_command(REQUEST) == "jc evals run --candidates a,b --prompts 'my set.jsonl' --judge j --judge-mode pairwise"
    settings = SETTINGS | {"seed": 7, "epochs": 3, "stream": True, "temperature": 0.2, "baseline": "a"}
    request = REQUEST | {
        "settings": settings, "limit": 8, "judges": [], "base_url": "https://user:sesame@host.example:8000/v1",
        "candidates": ["a=b@http://u:sesame@127.0.0.1/v1?key=sesame", "c"],
    }  # fmt: skip

    assert run_command(request) == (
        "jc evals run --candidates a=b@http://127.0.0.1/v1,c --prompts 'my set.jsonl' --base-url https://host.example:8000/v1 "
        "--baseline a --temperature 0.2 --epochs 3 --seed 7 --limit 8 --ttft"
    )


def test_how_to_reproduce_names_hashes_and_date(tmp_path: Path) -> None:
    """Seed, versions, hashes, parties and the start of the run."""
    found = reproduce(folder_of(sample_run(prompts=1), tmp_path / "run"))

    assert found["evalset sha256"] == "ab" * 32
    assert found["catalog sha256"] == "cd" * 32
    assert found["started"] == "2026-11-20T12:00:00Z"
    assert found["candidates"] == "acme/strong-1 = strong-1 at https://host.example/v1"
    assert "sesame" not in str(found)


def test_prompts_of_a_lost_template_are_left_out(tmp_path: Path) -> None:
    """Answers without their prompt are better than no report."""
    run = sample_run(prompts=2)
    folder = folder_of(run, tmp_path / "run", template=str(tmp_path / "gone.j2"))

    assert prompt_texts(folder) == {}
    assert "<h3>Prompt</h3>" not in render(run_document(folder, run.summary), "html")
