"""Training: deterministic, honest about what it left out, and better with a user's own rows."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from jc.errors import InputError
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.classify import Classifier
from jc.routing.rows import ORIGINAL, Row, find_training_data, read_labels
from jc.routing.train import Settings, improve, source_folds, train
from jc.routing.weights import load_weights, parse_weights

pytest.importorskip("sklearn")
WRITERS = ("a", "b")
FAST = Settings(steps=25)


def some_rows(per_class: int = 12) -> list[Row]:
    """A small, balanced part of two writers' prompts."""
    counts: dict[tuple[str, str], int] = {}
    rows = []
    for line in (find_training_data() / ORIGINAL).read_text("utf-8").splitlines():
        data = json.loads(line)
        key = (data["writer"], data["label"])
        if data["writer"] in WRITERS and counts.get(key, 0) < per_class:
            counts[key] = counts.get(key, 0) + 1
            rows.append(Row(data["prompt"], data["label"], f"original/{data['writer']}"))
    return rows


def test_the_same_rows_give_the_same_file_and_the_file_reads_back() -> None:
    """Bytes are equal from run to run, within the size limit, and hold the evaluation of what was left out."""
    rows = some_rows()
    first, second = train(rows, FAST).weights.to_bytes(), train(rows, FAST).weights.to_bytes()
    found = parse_weights(first, Path("x.weights"))

    assert first == second
    assert len(first) <= 1_000_000
    assert set(found.info["evaluation"]["by_source"]) == {"original/a", "original/b"}
    assert found.info["rows"] == len(rows)


def test_no_source_is_split_over_training_and_test() -> None:
    """A fold is a set of whole sources; each writer is a fold alone; composed rows are never tested on."""
    sources = ["original/a", "original/b", "gsm8k", "snips", "composed/frames", "hwu64"]
    rows = [Row(f"{source} {number}", "code", source) for source in sources for number in range(3)]
    folds = dict(zip((row.source for row in rows), source_folds(rows), strict=True))

    assert all(
        len({fold for row, fold in zip(rows, source_folds(rows), strict=True) if row.source == source}) == 1 for source in sources
    )
    assert folds["composed/frames"] == -1
    assert [source for source in sources if folds[source] == folds["original/a"]] == ["original/a"]


def domain(count: int) -> list[Row]:
    """A trade whose words mean something of their own: what a blaster's cabin sends, half orders, half sums."""
    shots = (
        "seal shot {n} and hold the row",
        "arm row {n} after the horn",
        "hold shot {n}, wind over",
        "release row {n} when clear",
    )
    sums = ("burden for {n} mm holes at bench {n}", "delay between rows at {n} ms burden", "powder factor at bench {n}",
            "stemming for a {n} mm collar")  # fmt: skip
    rows = []
    for number in range(count):
        rows.append(Row(shots[number % 4].format(n=number + 3), "agent", "own"))
        rows.append(Row(sums[number % 4].format(n=number + 3), "reasoning", "own"))
    return rows


def test_a_labelled_sample_of_ones_own_improves_the_classifier_measurably() -> None:
    """On a trade's prompts accuracy rises, by cross-validation, with an interval above zero; the general classes stay."""
    before = Classifier(load_weights())
    improved = improve(some_rows(25), domain(24), before, FAST)

    assert improved.before.accuracy < 0.8
    assert improved.after.accuracy > improved.before.accuracy + 0.1
    assert improved.gain[1] > 0
    after = Classifier(improved.weights)
    assert after.classify("Write a Python function that reverses a list").route_class == "code"
    assert after.classify("seal shot 99 and hold the row").route_class == "agent"


def test_too_few_own_rows_are_refused() -> None:
    """Below twenty nothing could be said about them."""
    with pytest.raises(InputError, match="too few"):
        improve(some_rows(5), domain(4), Classifier(load_weights()), FAST)


def test_a_class_without_examples_is_named() -> None:
    """Training needs every class."""
    rows: Sequence[Row] = [row for row in some_rows(5) if row.label != "agent"]
    with pytest.raises(InputError, match="agent"):
        train(rows, FAST)


def test_the_shipped_rows_read_as_labels_too() -> None:
    """The file of prompts written for this project can be scored like a user's own."""
    rows = read_labels(find_training_data() / ORIGINAL)

    assert len(rows) >= 3_000
    assert {row.label for row in rows} == set(ROUTE_CLASSES)
