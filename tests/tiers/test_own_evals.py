"""Results of own evals as scores."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from jc.errors import InputError
from jc.tiers.own_evals import read_scores
from tests.strategies import catalog, offer

WORLD = catalog([offer("p/a", aliases=("nick",)), offer("q/b", model="lab/b")])


def _read(path: Path) -> list[tuple[str, str, Decimal]]:
    return [(one.model, one.benchmark, one.value) for one in read_scores([path], WORLD)]


def _problems(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_scores([path], WORLD)
    return [problem.message for problem in caught.value.problems]


def test_a_run_folder_gives_the_standings_of_its_summary(tmp_path: Path) -> None:
    """The mean score of each candidate in percent, under the name of the evalset and the offer that it resolved to."""
    summary = {
        "schema": "jc.evals/1",
        "evalset": {"name": "sets/support.jsonl", "sha256": "0"},
        "candidates": [{"candidate": "nick", "offer": "p/a"}, {"candidate": "q/b", "offer": "q/b"}],
        "standings": {"standings": [{"candidate": "nick", "score": {"value": 0.6125}}, {"candidate": "q/b", "score": None}]},
    }
    (tmp_path / "summary.json").write_text(json.dumps(summary))

    assert _read(tmp_path) == [("p/a", "own_eval/support", Decimal("61.25"))]


def test_results_as_csv_give_the_mean_of_each_candidate(tmp_path: Path) -> None:
    """Rows without a score do not count; names are resolved as everywhere."""
    file = tmp_path / "support.csv"
    file.write_text("prompt_id,candidate,score\n1,nick,1\n2,nick,0.5\n3,nick,\n1,b,0\n")

    assert _read(file) == [("p/a", "own_eval/support", Decimal(75)), ("q/b", "own_eval/support", Decimal(0))]


def test_results_as_json_lines(tmp_path: Path) -> None:
    """The same rows, one object a line."""
    file = tmp_path / "support.jsonl"
    file.write_text('{"candidate": "p/a", "score": 0.25}\n\n{"candidate": "p/a", "score": 0.75}\n')

    assert _read(file) == [("p/a", "own_eval/support", Decimal(50))]


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_rows_by_hand(tmp_path: Path, suffix: str) -> None:
    """Score rows of any tool: a model or an offer, a benchmark, a value in percent, a variant."""
    rows = [
        {"model": "lab/b", "benchmark": "own_eval/x", "value": 61.5, "variant": {"tools": True}},
        {"model": "nick", "benchmark": "mmlu-pro", "value": 70},
    ]
    file = tmp_path / f"rows{suffix}"
    file.write_text(json.dumps({"scores": rows} if suffix == ".json" else rows))
    found = read_scores([file], WORLD)

    assert [(one.model, one.benchmark, str(one.value), one.variant, one.by) for one in found] == [
        ("q/b", "own_eval/x", "61.5", (("tools", True),), "own_eval"),
        ("p/a", "mmlu-pro", "70", (), "own_eval"),
    ]


def test_a_model_with_several_offers_is_scored_as_a_model(tmp_path: Path) -> None:
    """The name of a model that is sold twice stands for the model."""
    world = catalog([offer("p/a", model="lab/m"), offer("q/a", model="lab/m")])
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([{"model": "lab/m", "benchmark": "own_eval/x", "value": 1}]))

    assert [one.model for one in read_scores([file], world)] == ["lab/m"]


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """An unknown model with a suggestion, a missing key, a value that is none."""
    file = tmp_path / "rows.yaml"
    file.write_text(
        "- {model: p/aa, benchmark: own_eval/x, value: 1}\n- {model: p/a, benchmark: own_eval/x}\n"
        "- {model: p/a, benchmark: own_eval/x, value: high}\n"
    )

    assert _problems(file) == ["no model `p/aa` in the catalog", "a score needs `value`", "`value` is no number: 'high'"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.yaml", b"a: [", "cannot be read"),
        ("rows.json", b"{", "cannot be read"),
        ("rows.json", b'[{"model": "p/a", "benchmark": "x", "value": NaN}]', "NaN is no number"),
        ("rows.json", b"3", "neither a summary"),
        ("rows.csv", b"prompt_id,score\n1,1\n", "line 2 has no `candidate`"),
        ("rows.csv", b"candidate,score\np/a,good\n", "`score` is no number"),
        ("rows.xlsx", b"PK", "no reader for `.xlsx`"),
        ("rows.json", b"\xff\xfe", "is not UTF-8 text"),
        ("rows.json", b"[" * 100_000, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_told_so(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """Broken, empty or foreign files are errors with the reason, never a crash."""
    file = tmp_path / name
    file.write_bytes(content)

    assert message in _problems(file)[0]


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    """A missing folder or file is an error that names it."""
    assert _problems(tmp_path / "nowhere") == ["there is no such run or file"]
    assert _problems(tmp_path) == ["there is no such run or file"]
