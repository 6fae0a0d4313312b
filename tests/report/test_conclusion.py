"""The sentence above a report says what is proven, and no more."""

from typing import Any

import pytest

from jc.report.conclusion import bounds, evals_conclusion, number, simulation_conclusion
from tests.fakes.simulation import sample_simulation


def summary(*pairs: dict[str, Any], names: str = "abc", **score: Any) -> dict[str, Any]:
    """As much of a summary as the conclusion reads."""
    mean = {"value": 0.7, "low": 0.6, "high": 0.8, "n": 40, **score}
    rows = [{"candidate": name, "score": mean, "pass_rate": None} for name in names]
    return {"standings": {"standings": rows, "pairs": list(pairs)}}


def pair(a: str, b: str, word: str, p: float | None = 0.01, more: int | None = None) -> dict[str, Any]:
    """One comparison."""
    return {"a": a, "b": b, "word": word, "p_holm": p, "more_prompts": more}


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (summary(pair("a", "b", "better", 0.0001), names="ab"), "a is better than b (p < 0.001)"),
        (summary(pair("a", "b", "better"), pair("a", "c", "better", 0.03)), "a is better than both others (p ≤ 0.030)"),
        (
            summary(pair("a", "b", "undecided", 0.2, 300), pair("a", "c", "better", 0.004)),
            "a is better than c (p ≤ 0.004); not proven against b (about 300 more prompts would settle it)",
        ),
        (
            summary(pair("a", "b", "undecided", 0.4), pair("a", "c", "undecided", 0.2, 90)),
            "No winner is proven: a leads, but not beyond doubt against b and c",
        ),
        (
            summary(pair("a", "b", "equivalent"), pair("a", "c", "better", 0.02)),
            "a is better than c (p ≤ 0.020) and as good as b",
        ),
        (summary(pair("b", "a", "better"), names="ab"), "a stands first, but b is better head to head"),
        (summary(pair("b", "a", "worse", 0.02), names="ab"), "a is better than b (p ≤ 0.020)"),
        (summary(names="a"), "a scores 70.0% on 40 prompts (95% interval 60.0 – 80.0)"),
        (summary(names="a", low=None, high=None, n=1), "a scores 70.0% on 1 prompt"),
        ({"standings": None}, "Nothing could be scored: no verdict, rating or check came out of this run"),
        (
            {"standings": {"standings": [], "pairs": []}},
            "Nothing could be scored: no verdict, rating or check came out of this run",
        ),
    ],
)
def test_the_conclusion_of_a_run(found: dict[str, Any], sentence: str) -> None:
    """Better, equivalent and undecided each have their words; a lead that is not proven is called so."""
    assert evals_conclusion(found) == sentence


def test_many_names_are_counted() -> None:
    """More than four are not listed."""
    found = summary(*(pair("a", name, "undecided") for name in "bcdefg"), names="abcdefg")

    assert evals_conclusion(found).endswith("against b, c, d, e and 2 others")


def test_a_saving_is_told_with_the_quality_it_takes() -> None:
    """Cheaper but worse is never told as a saving alone."""
    found = sample_simulation()

    assert simulation_conclusion(found) == (
        "cheapest.yaml costs $1,904.77 instead of $4,218.40 (−54.8%), and loses 8.1 points of expected quality"
    )


@pytest.mark.parametrize(
    ("quality", "words"),
    [
        (0.871, " at the same expected quality"),
        (0.9, ", with 2.9 points more expected quality"),
        (None, "; what that does to quality is not known"),
    ],
)
def test_a_saving_without_loss(quality: float | None, words: str) -> None:
    """Equal, better and unknown quality have their own words."""
    found = sample_simulation()
    found["tables"][2]["quality"] = quality

    assert simulation_conclusion(found) == f"cheapest.yaml costs $1,904.77 instead of $4,218.40 (−54.8%){words}"


def test_no_saving_no_table_and_no_cost() -> None:
    """A dearer table is called dearer; without tables or prices the requests are counted."""
    found = sample_simulation()
    tables = found["tables"]
    found["tables"], found["baseline"] = [tables[0], tables[2]], "cheapest.yaml"
    assert simulation_conclusion(found) == "No route table is cheaper than cheapest.yaml ($1,904.77); as logged costs $4,218.40"
    found["tables"], found["baseline"] = tables[:1], None
    assert simulation_conclusion(found) == "48,212 requests cost $4,218.40 as logged"
    found["tables"] = []
    assert simulation_conclusion(found) == "48,212 requests, and no route table to compare"


def test_a_figure_stands_alone_or_with_its_interval() -> None:
    """Numbers, decimal texts and values with bounds are read; yes and no are not numbers."""
    assert [number(value) for value in (1, "1.5", {"value": 2}, {"mean": 3.0})] == [1.0, 1.5, 2.0, 3.0]
    assert [number(value) for value in (None, True, "soon", "nan", float("inf"), 10**400, [1])] == [None] * 7
    assert bounds({"value": 1, "low": 0.5, "high": "2"}) == (0.5, 2.0)
    assert bounds(3) == (None, None)
