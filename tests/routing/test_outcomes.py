"""Quality and cost of a way to choose, on outcomes small enough to work by hand."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.errors import InputError
from jc.routing.outcomes import Outcome, Outcomes, Spot, aiq, hull, measured, read_outcomes, saving, usd_for

SPOTS = st.lists(st.builds(Spot, st.floats(0, 1), st.floats(0.001, 1)), min_size=1, max_size=12)


def four() -> Outcomes:
    """Two easy prompts that both models get right, two hard ones that only the dear one does."""
    easy, hard = {"small": Outcome(1, 0.1), "large": Outcome(1, 1.0)}, {"small": Outcome(0, 0.1), "large": Outcome(1, 1.0)}
    table = {"e1": easy, "e2": easy, "h1": hard, "h2": hard}
    return Outcomes({name: name for name in table}, ("large", "small"), table, 0)


def test_a_perfect_choice_is_the_oracle() -> None:
    """Easy ones to the small model: full quality at 55 % of the cost; the single model needs all of it."""
    found = measured(four(), lambda one: "small" if one[0] == "e" else "large", lambda _: 0.0, lambda one: float(one[0] == "h"))

    assert (found.best_single, found.cheapest) == ("large", "small")
    assert tuple(found.chosen) == tuple(found.oracle) == pytest.approx((1.0, 0.55))
    assert tuple(found.random) == pytest.approx((0.75, 0.55))
    assert found.saving_at["1"] == pytest.approx(0.45)
    assert found.saving_mixed["1"] == 0.0
    assert found.cpt["50"] == pytest.approx(0.25, abs=0.13)
    assert found.cpt["95"] == pytest.approx(0.5, abs=0.13)
    assert found.apgr == pytest.approx(0.75, abs=0.05)


def test_a_choice_against_the_grain_has_an_apgr_below_half() -> None:
    """Ordering prompts by the wrong need recovers nothing until the end."""
    found = measured(four(), lambda _: "small", lambda _: 0.0, lambda one: float(one[0] == "e"))

    assert found.apgr is not None
    assert found.apgr < 0.5


@given(SPOTS)
def test_the_hull_rises_and_bends_down(spots: list[Spot]) -> None:
    """More money never gives less, each further dollar gives less than the one before, and no spot lies above it."""
    found = hull(spots)

    assert all(a.usd < b.usd and a.quality < b.quality for a, b in itertools.pairwise(found))
    for spot in spots:
        usd = usd_for(spots, spot.quality)
        assert usd is not None
        assert usd <= spot.usd + 1e-9


@given(SPOTS)
def test_aiq_lies_between_nothing_and_the_best_quality(spots: list[Spot]) -> None:
    """A mean of qualities cannot exceed the best one."""
    value = aiq(spots, min(one.usd for one in spots), max(one.usd for one in spots))

    assert -1e-9 <= value <= max(one.quality for one in spots) + 1e-9


def test_a_quality_that_is_never_reached_saves_nothing_sayable() -> None:
    """None, not zero: the curve does not get there."""
    assert saving([Spot(0.5, 0.1)], Spot(1.0, 1.0), 0.95) is None


def test_bad_rows_are_told_at_once(tmp_path: Path) -> None:
    """Each wrong line with its place; a prompt that lacks a model is left out and counted."""
    path = tmp_path / "outcomes.jsonl"
    path.write_text('{"prompt_id": 1}\n{"prompt_id": 1, "prompt": "a", "model": "m", "quality": "high", "usd": 1}\n', "utf-8")
    with pytest.raises(InputError) as caught:
        read_outcomes(path)
    assert [problem.message for problem in caught.value.problems] == ["`prompt` is missing", "`quality` is not a number"]

    rows = [{"prompt_id": n, "prompt": "p", "model": m, "quality": 1, "usd": 0} for n, m in ((1, "a"), (1, "b"), (2, "a"))]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    found = read_outcomes(path)
    assert (list(found.prompts), found.left_out) == (["1"], 1)
