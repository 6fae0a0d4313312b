"""`jc classifier` as a user and a script call it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

SIMPLE, GENERAL, REASONING, CODE, AGENT = "simple", "general", "reasoning", "code", "agent"
CLEAR: Sequence[Mapping[str, Any]] = (
    {"prompt": "What is the capital of France?", "label": SIMPLE},
    {"prompt": "Write an essay about the fall of Rome for my history class", "label": GENERAL},
    {"prompt": "Prove that the square root of 2 is irrational", "label": REASONING},
    {"prompt": "Write a Python function that reverses a linked list", "label": CODE},
    {"prompt": "Book a table for four tonight and put it in my calendar", "label": AGENT},
)


def jc(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One call of `jc` without a terminal."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(place / ".cache"), "NO_COLOR": "1", "COLUMNS": "98"}
    return subprocess.run(
        [sys.executable, "-m", "jc", "classifier", *arguments],
        cwd=place, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def write(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A file of labelled prompts."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_the_json_of_score_has_the_shape_of_the_contract(tmp_path: Path) -> None:
    """`jc.classifier-score/1`: n, accuracy, macro-F1, ECE, each class, the confusion, and the latency in milliseconds."""
    write(tmp_path / "labels.jsonl", CLEAR)
    done = jc(tmp_path, "score", "labels.jsonl", "-f", "json")
    found = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert found["schema"] == "jc.classifier-score/1"
    assert (found["n"], found["accuracy"], found["macro_f1"]) == (5, 1.0, 1.0)
    assert set(found["per_class"]) == set(found["confusion"]) == {SIMPLE, GENERAL, REASONING, CODE, AGENT}
    assert 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["p99"]
    assert 0 <= found["ece"] <= 1


def test_an_accuracy_below_the_wanted_one_is_exit_1(tmp_path: Path) -> None:
    """`--min-accuracy` is a gate; the figures are printed all the same."""
    write(tmp_path / "labels.jsonl", [*CLEAR, {"prompt": "hi", "label": CODE}])

    assert jc(tmp_path, "score", "labels.jsonl", "--min-accuracy", "0.8").returncode == 0
    failed = jc(tmp_path, "score", "labels.jsonl", "--min-accuracy", "90%")
    assert failed.returncode == 1
    assert "83.3% right" in failed.stdout
    assert "below 0.9" in failed.stderr


def test_every_bad_row_is_named_with_line_and_column_at_once(tmp_path: Path) -> None:
    """A slip in a label, a missing prompt, broken JSON and a row that is no object: four errors, one run, exit 2."""
    (tmp_path / "bad.jsonl").write_text(
        '{"prompt": "hi", "label": "simpel"}\n{"promt": "hi", "label": "simple"}\n{"prompt": "x"\n[1]\n', "utf-8"
    )
    done = jc(tmp_path, "score", "bad.jsonl")

    assert done.returncode == 2
    assert "bad.jsonl:1:27: no class `simpel`" in done.stderr
    assert "did you mean `simple`?" in done.stderr
    assert "bad.jsonl:2:1: `prompt` is missing" in done.stderr
    assert "bad.jsonl:3:15: is not JSON" in done.stderr
    assert "bad.jsonl:4:1: is not an object" in done.stderr


def test_a_row_may_be_a_whole_request(tmp_path: Path) -> None:
    """Of messages the last one of the user counts, tools make it an agent's, and a follow-up keeps the session's class."""
    rows: Sequence[Mapping[str, Any]] = [
        {"messages": [{"role": "system", "content": "Prove it"}, {"role": "user", "content": "hello!"}], "label": SIMPLE},
        {"messages": [{"role": "user", "content": "hello!"}], "tools": [{"type": "function"}], "label": AGENT},
        {"prompt": "commit it", "previous": CODE, "label": CODE},
        {"prompt": "yes", "previous": REASONING, "label": REASONING},
    ]
    write(tmp_path / "golden.jsonl", rows)

    done = jc(tmp_path, "test", "golden.jsonl")
    assert (done.returncode, done.stdout) == (0, "4 of 4 prompts go to their class\n"), done.stderr


def test_a_golden_file_that_fails_lists_its_misses(tmp_path: Path) -> None:
    """Exit 1, and each miss with its line, its label, what it was taken for, and the prompt."""
    write(tmp_path / "golden.jsonl", [*CLEAR, {"prompt": "hi there", "label": CODE}])
    done = jc(tmp_path, "test", "golden.jsonl", "-f", "jsonl")

    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "file": "golden.jsonl", "line": 6, "label": CODE, "route_class": SIMPLE, "prompt": "hi there",
    }  # fmt: skip


def test_mistakes_cost_money_under_a_route_table(tmp_path: Path) -> None:
    """With a table score says what was paid as classified and as labelled, and where the mistakes went."""
    write(tmp_path / "labels.jsonl", [*CLEAR, {"prompt": "hi", "label": REASONING}])
    found = json.loads(jc(tmp_path, "score", "labels.jsonl", "-r", "five-way", "-f", "json").stdout)["cost"]

    assert float(found["usd_classified"]) < float(found["usd_labelled"])
    assert (found["weaker"], found["dearer"], found["harmless"]) == (1, 0, 0)
    assert [(slip["label"], slip["route_class"], slip["n"]) for slip in found["slips"]] == [(REASONING, SIMPLE, 1)]


def test_calibrate_finds_the_threshold_and_writes_it_into_a_table(tmp_path: Path) -> None:
    """The lowest confidence that keeps the wanted accuracy; the table gets one line, the rest stays as it was."""
    table = (
        "name: mine\nschema_version: 1\ndefault: general\nroutes:\n"
        "  simple: {model: meta-llama/llama-3.1-8b-instruct}\n  general: {model: deepseek/deepseek-chat-v3-0324}  # as ever\n"
    )
    (tmp_path / "mine.yaml").write_text(table, "utf-8")
    write(tmp_path / "labels.jsonl", CLEAR)
    done = jc(
        tmp_path, "calibrate", "labels.jsonl", "--target-accuracy", "1", "-r", "mine.yaml", "--write", "mine.yaml", "-f", "json"
    )
    found = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert 0 < found["threshold"] <= 1
    written = (tmp_path / "mine.yaml").read_text("utf-8")
    assert written == table.replace("routes:", f"threshold: {found['threshold']:g}\nroutes:")


def test_calibrate_for_a_cost_keeps_the_budget_or_says_no(tmp_path: Path) -> None:
    """Of the thresholds that cost no more than asked the one that routes best; exit 1 when none is that cheap."""
    write(tmp_path / "labels.jsonl", CLEAR)
    done = jc(tmp_path, "calibrate", "labels.jsonl", "--target-usd", "5", "-f", "json")
    found = json.loads(done.stdout)
    chosen = next(one for one in found["levels"] if one["threshold"] == found["threshold"])

    assert done.returncode == 0, done.stderr
    assert float(chosen["usd"]) * 1000 <= 5
    assert jc(tmp_path, "calibrate", "labels.jsonl", "--target-usd", "0.000001").returncode == 1


MODELS = {"meta-llama/llama-3.1-8b-instruct": (0.4, 1e-5), "deepseek/deepseek-chat-v3-0324": (0.9, 1e-3)}


def outcomes(path: Path, count: int) -> Path:
    """Outcomes in which the small model is right on the simple prompts and the large one nearly always."""
    rows = []
    for number in range(count):
        simple = number % 2 == 0
        prompt = f"What is the capital of country {number}?" if simple else f"Write an essay about the history of city {number}"
        for model, (_, usd) in MODELS.items():
            right = simple or "deepseek" in model
            rows.append({"prompt_id": number, "prompt": prompt, "model": model, "quality": int(right), "usd": usd})
    return write(path, rows)


def test_outcomes_measure_a_table_beside_random_best_single_and_oracle(tmp_path: Path) -> None:
    """Where labels decide alone the table reaches the best single model's quality at half its cost."""
    outcomes(tmp_path / "outcomes.jsonl", 40)
    done = jc(tmp_path, "score", "--outcomes", "outcomes.jsonl", "--routes", "five-way", "-f", "json")
    found = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert found["best_single"]["model"] == "deepseek/deepseek-chat-v3-0324"
    assert found["quality"] == found["oracle"]["quality"] == 1.0
    assert found["random"]["quality"] == 0.75
    assert set(found["saving_at"]) == {"0.95", "0.99", "1"}
    assert found["saving_at"]["1"] == pytest.approx(0.495, abs=0.03)
    assert set(found["cpt"]) == {"50", "80", "95"}
    assert found["apgr"] > 0.6


def test_a_router_is_learned_only_above_the_data_floor(tmp_path: Path) -> None:
    """300 prompts are the floor; above it the saving is held out and has an interval."""
    outcomes(tmp_path / "few.jsonl", 60)
    few = jc(tmp_path, "train", "--outcomes", "few.jsonl")
    assert few.returncode == 2
    assert "300 is the floor" in few.stderr

    outcomes(tmp_path / "enough.jsonl", 300)
    done = jc(tmp_path, "train", "--outcomes", "enough.jsonl", "-f", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    at_99 = next(one for one in found["savings"] if one["level"] == 0.99)
    assert 0.3 < at_99["low"] <= at_99["share"] <= at_99["high"] < 0.7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("score",), "needs one file"),
        (("score", "none.jsonl"), "there is no file"),
        (("score", "labels.jsonl", "--min-accuracy", "2"), "between 0 and 1"),
        (("score", "labels.jsonl", "--weights", "labels.jsonl"), "is no weights file"),
        (("score", "labels.jsonl", "-r", "five-wya"), "five-way"),
        (("calibrate", "labels.jsonl", "--target-accuracy", "1", "--target-usd", "1"), "exclude each other"),
        (("train", "labels.jsonl", "-o", "my.bin"), "end in .weights"),
        (("train", "--outcomes", "labels.jsonl"), "`prompt_id` is missing"),
    ],
)
def test_a_mistake_is_exit_2_with_what_and_a_hint(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """Wrong usage and wrong files are told, never a traceback."""
    write(tmp_path / "labels.jsonl", CLEAR)
    done = jc(tmp_path, *arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert "hint:" in done.stderr


def test_training_without_scikit_learn_says_what_to_install(tmp_path: Path) -> None:
    """Only training needs the extra `train`; the hint is the command that installs it."""
    write(tmp_path / "labels.jsonl", CLEAR)
    script = "import sys; sys.modules['sklearn'] = None; from jc.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "classifier", "train", str(tmp_path / "labels.jsonl")],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "pip install 'jc[train]'" in done.stderr


def test_own_weights_are_used_by_a_table_and_by_route(tmp_path: Path) -> None:
    """`classifier: my.weights` is looked up beside the table; `--classifier my.weights` and `--weights` mean the same."""
    import shutil

    from jc.routing.weights import SHIPPED

    folder = tmp_path / "tables"
    folder.mkdir()
    shutil.copy(SHIPPED, folder / "my.weights")
    (folder / "mine.yaml").write_text(
        "name: mine\nschema_version: 1\nclassifier: my.weights\ndefault: general\nroutes:\n"
        "  simple: {model: meta-llama/llama-3.1-8b-instruct}\n  general: {model: deepseek/deepseek-chat-v3-0324}\n",
        "utf-8",
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / ".cache"), "NO_COLOR": "1"}

    def routed(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jc", "route", "hello!", *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    small = "meta-llama/llama-3.1-8b-instruct\n"
    assert routed("-r", "tables/mine.yaml").stdout == small
    assert routed("--classifier", "tables/my.weights").stdout == small
    assert routed("--weights", "tables/my.weights").stdout == small
    (folder / "my.weights").unlink()
    gone = routed("-r", "tables/mine.yaml")
    assert gone.returncode == 2
    assert "there is no weights file" in gone.stderr


def test_train_writes_weights_that_the_other_commands_use(tmp_path: Path) -> None:
    """From a folder of rows and a few of one's own: before and after with an interval, and a file that scores and routes."""
    import gzip

    data = tmp_path / "data"
    data.mkdir()
    more = [
        {"prompt": f"{row['prompt']} ({number})", "label": row["label"], "writer": writer}
        for row in CLEAR for number in range(4) for writer in ("a", "b")
    ]  # fmt: skip
    write(data / "original.jsonl", more)
    write(data / "composed.jsonl", [])
    (data / "licensed.jsonl.gz").write_bytes(gzip.compress(b""))
    own = [{"prompt": f"unit {number}: vent the row", "label": AGENT} for number in range(24)]
    write(tmp_path / "own.jsonl", own)

    done = jc(tmp_path, "train", "own.jsonl", "--data", "data", "-o", "my.weights", "-f", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["after"]["accuracy"] > found["before"]["accuracy"]
    assert found["gain"]["low"] <= found["gain"]["accuracy"] <= found["gain"]["high"]
    scored = jc(tmp_path, "score", "own.jsonl", "--weights", "my.weights", "--min-accuracy", "0.95")
    assert scored.returncode == 0, scored.stderr


def test_a_threshold_on_few_labels_warns(tmp_path: Path) -> None:
    """Five labels give a threshold and no confidence in it; fifty give no warning."""
    write(tmp_path / "few.jsonl", CLEAR)
    write(tmp_path / "more.jsonl", [{**row, "prompt": f"{row['prompt']} {number}"} for row in CLEAR for number in range(10)])

    assert "warning: 5 labels say little about a threshold" in jc(tmp_path, "calibrate", "few.jsonl").stderr
    assert "warning" not in jc(tmp_path, "calibrate", "more.jsonl", "--target-accuracy", "0.5").stderr


def test_no_mistakes_have_no_table(tmp_path: Path) -> None:
    """What the mistakes cost is a table only where there are some."""
    write(tmp_path / "labels.jsonl", CLEAR)
    shown = jc(tmp_path, "score", "labels.jsonl", "-r", "five-way").stdout

    assert "Under five-way" in shown
    assert "What the mistakes cost" not in shown
