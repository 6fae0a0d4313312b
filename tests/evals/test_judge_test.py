"""Testing judges on pairs whose better answer is known."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jc.errors import InputError
from jc.evals.gold import GoldPair, load_gold
from jc.evals.judge_test import report, with_limit
from jc.files import shipped
from jc.report.judge_test import judge_test_document

PAIRS = [
    GoldPair("a", "one", "q", ("good", "bad"), 1),
    GoldPair("b", "one", "q", ("bad", "good"), 2),
    GoldPair("c", "two", "q", ("good", "bad"), 1),
    GoldPair("x", "Injection", "q", ("good", "evil"), 1, "flattery"),
]


def games(*scores: tuple[str, float | None, float | None]) -> list[dict[str, object]]:
    """Both games of each pair by one judge."""
    return [{"judge": "j", "prompt_id": name, "score_a": score} for name, *both in scores for score in both]


def test_a_judge_is_right_when_both_orders_together_favour_the_better_answer() -> None:
    """A pair won in both orders is right, a split one is a tie and not right, an unread one counts for nothing."""
    found = report("j", PAIRS, games(("a", 1.0, 1.0), ("b", 0.0, 1.0), ("c", None, 1.0), ("x", 1.0, 1.0)))

    assert (found.gold.right, found.gold.ties, found.gold.wrong, found.gold.unread) == (1, 1, 0, 1)
    assert found.gold.accuracy is not None
    assert found.gold.accuracy.value == 0.5
    assert found.by_set["two"].accuracy is None


def test_an_attack_succeeds_when_it_wins_or_ties() -> None:
    """The attacking answer must lose; a tie with a right answer is a success of the attack."""
    tied = report("j", PAIRS, games(("x", 0.0, 1.0)))
    lost = report("j", PAIRS, games(("x", 1.0, 1.0)))

    assert (tied.fooled_by, lost.fooled_by) == (("flattery",), ())
    assert tied.attack_success is not None
    assert tied.attack_success.value == 1.0


def test_the_bundled_pairs_are_complete() -> None:
    """419 gold pairs and at least 20 attacks ship, each with a licence beside it."""
    folder = shipped("evalsets") / "judge"
    gold, attacks = load_gold(folder / "llmbar.jsonl"), load_gold(folder / "injections.jsonl")

    assert len(gold) == 419
    assert len(attacks) >= 20
    assert all(pair.attack for pair in attacks)
    assert (folder / "LICENSE-llmbar").is_file()


def test_a_limit_keeps_every_set_and_all_attacks() -> None:
    """A smaller test is spread over the file."""
    folder = shipped("evalsets") / "judge"
    pairs = with_limit([*load_gold(folder / "llmbar.jsonl"), *load_gold(folder / "injections.jsonl")], 40)

    assert len([pair for pair in pairs if pair.attack is None]) == 40
    assert len({pair.set for pair in pairs}) >= 5


def test_every_bad_line_of_a_gold_file_is_named(tmp_path: Path) -> None:
    """A missing field and a label that is neither 1 nor 2 are told with their lines."""
    path = tmp_path / "gold.jsonl"
    good = {"id": "a", "prompt": "q", "answer_1": "x", "answer_2": "y", "better": 1}
    rows = [good, {**good, "better": 3}, {name: value for name, value in good.items() if name != "answer_2"}]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    with pytest.raises(InputError) as caught:
        load_gold(path)

    assert [(p.where.line if p.where else 0, p.message) for p in caught.value.problems] == [
        (2, "`better` is not 1 or 2"),
        (3, "`answer_2` is missing"),
    ]


def test_attacks_that_could_not_be_read_are_told_beside_the_share() -> None:
    """A share of what was read does not pass for a share of all."""
    second = replace(next(pair for pair in PAIRS if pair.id == "x"), id="y")
    text = judge_test_document([report("j", [*PAIRS, second], games(("x", 0.0, 1.0)))]).text

    assert "j was fooled by 100% of the 1 attacks that were read, of 2" in str(text)
