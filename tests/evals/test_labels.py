"""Which pairs are shown, how labels are kept, and what they stand for."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.evals.labels import Key, Label, append, labelled, order, read_labels, strata, weighed


def game(prompt: str, score: float | None, order: str, judge: str = "j") -> dict[str, Any]:
    """A row of comparisons.csv about x and y."""
    return {"prompt_id": prompt, "a": "x", "b": "y", "order": order, "judge": judge, "score_a": score, "parse": "line"}


def both(prompt: str, first: float | None, second: float | None, judge: str = "j") -> list[dict[str, Any]]:
    """Both orders."""
    return [game(prompt, first, "ab", judge), game(prompt, second, "ba", judge)]


def test_pairs_are_told_apart_by_what_the_judges_said() -> None:
    """Two winners are opposed, a winner and a tie waver, the same twice agrees; unread and identical ones are not shown."""
    rows = [
        *both("flip", 1.0, 0.0), *both("half", 1.0, 0.5), *both("same", 0.0, 0.0), *both("ties", 0.5, 0.5),
        *both("jury", 1.0, 1.0), *both("jury", 0.0, 0.0, "k"), *both("unread", 1.0, None),
        game("alike", 0.5, "ab") | {"parse": "identical"}, game("rated", None, "") | {"b": ""},
        game("turned", 1.0, "ab"), game("turned", 0.0, "ba") | {"a": "y", "b": "x"},
    ]  # fmt: skip

    assert {key.prompt: stratum for key, stratum in strata(rows).items()} == {
        "flip": "opposed", "half": "wavering", "same": "agreed", "ties": "agreed", "jury": "opposed", "turned": "agreed",
    }  # fmt: skip


def many() -> dict[Key, Any]:
    """Forty pairs of each stratum."""
    return {Key(f"{name}{k}", "x", "y"): name for name in ("opposed", "wavering", "agreed") for k in range(40)}


def test_opposed_pairs_come_first_and_most_often_but_not_alone() -> None:
    """Half of the first forty are opposed, the others of both other kinds; every pair comes once; sides are mixed."""
    shown = order(many(), "secret")

    assert Counter(one.stratum for one in shown[:40]) == {"opposed": 20, "agreed": 10, "wavering": 10}
    assert {one.stratum for one in shown[:4]} == {"opposed", "agreed", "wavering"}
    assert len({one.key for one in shown}) == len(shown) == 120
    assert all(one.of == 40 for one in shown)
    assert 40 < sum(one.swapped for one in shown) < 80


def test_the_order_is_that_of_the_run_whatever_was_labelled() -> None:
    """The same secret gives the same order, so a label file is resumed; another run has another."""
    assert order(many(), "secret") == order(dict(reversed(many().items())), "secret")
    assert order(many(), "secret") != order(many(), "other")


def a_label(prompt: str, stratum: Any = "agreed", answer: Any = "a", of: int = 10) -> Label:
    """A label of x against y."""
    scores = {"a": 1.0, "b": 0.0, "tie": 0.5, "skip": None}
    return Label(prompt, "x", "y", answer, scores[answer], stratum, of, "ab", "2026-11-20T12:00:00+00:00")


def test_labels_are_kept_one_by_one_and_the_last_of_a_pair_counts(tmp_path: Path) -> None:
    """What was appended is read again; the file is private."""
    path = tmp_path / "labels.jsonl"
    for label in (a_label("p"), a_label("q", answer="skip"), a_label("p", answer="b")):
        append(path, label)

    assert read_labels(path) == [a_label("p", answer="b"), a_label("q", answer="skip")]
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_labels(tmp_path / "none.jsonl") == []


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    """At every byte at which a crash can cut the last line, the labels before it are read and the next one is sound."""
    whole = tmp_path / "whole.jsonl"
    append(whole, a_label("p"))
    append(whole, a_label("q"))
    raw = whole.read_bytes()
    first = raw.index(b"\n") + 1
    for cut in range(first, len(raw)):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(raw[:cut])
        assert read_labels(path) == [a_label("p")]
        append(path, a_label("r"))
        assert read_labels(path) == [a_label("p"), a_label("r")]


def test_bad_lines_are_named(tmp_path: Path) -> None:
    """An unknown label, a missing field and no JSON: three problems with their lines."""
    path = tmp_path / "labels.jsonl"
    append(path, a_label("p"))
    good = path.read_text("utf-8")
    path.write_text(good + good.replace('"a", "score', '"maybe", "score') + '{"a": 1}\n' + "what\n", "utf-8")
    with pytest.raises(InputError) as raised:
        read_labels(path)

    assert [problem.where.line for problem in raised.value.problems if problem.where] == [2, 3, 4]


def test_a_label_stands_for_its_share_of_the_stratum() -> None:
    """Two of ten opposed stand for five each, one of forty agreed for forty; a skipped one stands for nothing."""
    labels = [a_label("p", "opposed"), a_label("q", "opposed"), a_label("r", "agreed", of=40), a_label("s", answer="skip", of=40)]
    found = weighed(labels)

    assert [found.weights[key] for key in (("p", "x", "y"), ("q", "x", "y"), ("r", "x", "y"))] == [5, 5, 40]
    assert len(found.games) == 3
    assert found.lacking == ()


def test_nothing_is_said_before_each_kind_has_a_label() -> None:
    """Labels of opposed pairs alone speak for these alone."""
    found = weighed([a_label("p", "opposed")], {"opposed": 10, "agreed": 40})
    assert found.games == ()
    assert found.lacking == ("agreed",)


def test_an_answer_is_about_names_not_places() -> None:
    """What is kept says who won, and which order was shown."""
    shown = next(one for one in order(many(), "secret") if one.swapped)
    kept = labelled(shown, "a", "now")
    assert (kept.a, kept.score_a, kept.shown) == ("x", 1.0, "ba")
