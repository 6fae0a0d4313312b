"""Figures of labelled prompts, thresholds from them, and what outcomes say of a route table; small cases worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.routing.calibrate import careful, level, lowest_by_class, lowest_for_accuracy, thresholds_of
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.evaluate import Answered, scored, wilson

A = Answered
FOUR = (
    A("code", "code", 0.9),
    A("code", "simple", 0.6),
    A("simple", "simple", 0.8),
    A("general", "general", 0.5, abstained=True),
)


def test_the_figures_of_four_prompts_by_hand() -> None:
    """Three of four right; code found half, simple right in half of those found; one hard prompt of two called simple."""
    score = scored(FOUR)

    assert score.accuracy == 0.75
    assert tuple(score.per_class["code"]) == pytest.approx((2, 0.5, 1.0, 2 / 3))
    assert tuple(score.per_class["simple"]) == pytest.approx((1, 1.0, 0.5, 2 / 3))
    assert score.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert score.confusion["code"]["simple"] == 1
    assert score.ece == pytest.approx((0.1 + 0.6 + 0.2 + 0.5) / 4)
    assert [score.sure_share, score.sure_accuracy] == pytest.approx([0.75, 2 / 3])
    assert (score.hard_to_simple, score.routed_hard_to_simple) == (0.5, 0.5)


def test_what_is_not_believed_is_routed_as_general() -> None:
    """An abstained answer counts as the default class in the routed figures only."""
    score = scored((A("code", "simple", 0.4, abstained=True), A("general", "code", 0.3, abstained=True)))

    assert (score.accuracy, score.routed_accuracy) == (0.0, 0.5)
    assert (score.hard_to_simple, score.routed_hard_to_simple) == (1.0, 0.0)


def test_the_interval_of_a_share() -> None:
    """Wilson's interval for 80 of 100, from tables."""
    assert wilson(0.8, 100) == pytest.approx((0.7112, 0.8666), abs=1e-3)


def test_risk_falls_with_coverage_on_sorted_confidence() -> None:
    """The curve ends with all prompts, and its first point is the surest ones."""
    points = scored([A("code", "code" if number > 4 else "simple", number / 20) for number in range(20)]).risk_coverage

    assert points[0].accuracy == 1.0
    assert (points[-1].coverage, points[-1].accuracy) == (1.0, 0.75)


ANSWERS = st.lists(
    st.builds(Answered, st.sampled_from(ROUTE_CLASSES), st.sampled_from(ROUTE_CLASSES), st.floats(0.2, 1.0)),
    min_size=1,
    max_size=60,
)


@given(ANSWERS, st.floats(0.5, 1.0))
def test_a_threshold_keeps_its_promise(answers: list[Answered], target: float) -> None:
    """At the lowest threshold for an accuracy those believed are as right as was asked, up to the rounding of the threshold."""
    found = lowest_for_accuracy(answers, target)
    if found is None:
        best = max(one.confidence for one in answers)
        assert level(answers, best, "general").sure_accuracy < target
    else:
        rounded_in = sum(found <= one.confidence < found + 0.001 for one in answers)
        kept = [one for one in answers if one.confidence >= found]
        right = sum(one.label == one.route_class for one in kept)
        assert right + rounded_in >= target * len(kept) - 1e-9


@given(ANSWERS, st.floats(0.0, 0.2))
def test_careful_thresholds_let_few_hard_prompts_pass_as_simple(answers: list[Answered], most: float) -> None:
    """After raising the threshold of simple at most the wanted share of hard prompts is believed to be simple."""
    thresholds = careful(answers, thresholds_of(answers, 0.9), most)
    hard = [one for one in answers if one.label in {"reasoning", "code", "agent"}]
    passed = sum(one.route_class == "simple" and one.confidence >= thresholds[0] for one in hard)

    assert passed <= most * len(hard) or thresholds[0] == 0.95


def test_each_class_has_a_threshold_of_its_own() -> None:
    """A class that is always right needs none, one that never is cannot be helped."""
    answers = [
        A("code", "code", 0.3),
        A("code", "code", 0.9),
        A("simple", "agent", 0.99),
        A("general", "simple", 0.5),
        A("simple", "simple", 0.7),
    ]

    assert lowest_by_class(answers, 1.0) == {"simple": 0.7, "general": 0.0, "reasoning": 0.0, "code": 0.0, "agent": None}


def test_nothing_labelled_has_no_figures() -> None:
    """An empty set is an error, not a perfect score."""
    with pytest.raises(ValueError, match="nothing was labelled"):
        scored(())
