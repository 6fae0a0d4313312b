from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from jc.evals.statistics.against import Comparison, Sentinel, Side, compare, judge_moved, refusals, unwatched
from jc.evals.statistics.gate import Gate, Limits, gate
from jc.evals.statistics.values import Mark, Rules


def side(name: str, scores: dict[str, list[float | None]], start: int = 0) -> Side:
    marks = [Mark(f"p{start + k}", who, score) for who, row in scores.items() for k, score in enumerate(row)]
    return Side(
        name,
        marks,
        "games",
        judges=("j",),
        judge_digest="d",
        usd_per_answer=dict.fromkeys(scores, Decimal("0.001")),
        coverage=dict.fromkeys(scores, 1.0),
    )


def ups_and_downs(seed: int, shift: float, n: int = 200) -> list[float | None]:
    rng = np.random.default_rng(seed)
    return [float(v) for v in np.clip(rng.choice([0.0, 0.5, 1.0], n) + shift, 0, 1)]


BASE = side("base", {"x": ups_and_downs(1, 0.0), "y": ups_and_downs(2, 0.0)})


def test_the_same_run_has_not_changed() -> None:
    """Against itself: no difference, p = 1, nobody changed winner, and with a wide margin equivalent."""
    found = compare(BASE, BASE, Rules(margin=0.05))
    assert [(row.candidate, row.difference.value, row.p, row.word) for row in found.rows] == [
        ("x", 0.0, 1.0, "equivalent"),
        ("y", 0.0, 1.0, "equivalent"),
    ]
    assert (found.paired_prompts, found.changed_winner, found.only_run, found.missing) == (200, 0, (), ())


def test_a_loss_is_found_on_paired_prompts() -> None:
    """Every score of x half a point lower where it can be: worse; y, untouched on 200 prompts, is shown to be equivalent."""
    run = side("head", {"x": ups_and_downs(1, -0.5), "y": ups_and_downs(2, 0.0)})
    rows = {row.candidate: row for row in compare(run, BASE).rows}
    assert rows["x"].word == "worse"
    assert rows["x"].difference.value == pytest.approx(rows["x"].run.value - rows["x"].base.value)
    assert rows["y"].word == "equivalent"


def test_only_common_prompts_count() -> None:
    """Prompts of one run alone, and prompts edited under the same id, are named and left out."""
    base = replace(side("base", {"x": [1.0, 0.0, 1.0, 0.0]}), prompt_digest={"p0": "a", "p1": "b", "p2": "c", "p3": "d"})
    run = replace(
        side("head", {"x": [0.0, 0.0, 1.0, 1.0]}, start=1), prompt_digest={"p1": "b", "p2": "CHANGED", "p3": "d", "p4": "e"}
    )
    found = compare(run, base)
    assert (found.paired_prompts, found.only_run, found.only_base, found.edited) == (2, ("p4",), ("p0",), ("p2",))
    assert found.rows[0].difference.value == 0.5


def test_changed_winners_are_counted() -> None:
    """Three prompts: x stays best, y takes one, a tie at the top becomes a win."""
    base = side("base", {"x": [1.0, 1.0, 0.5], "y": [0.0, 0.0, 0.5]})
    run = side("head", {"x": [1.0, 0.0, 1.0], "y": [0.0, 1.0, 0.0]})
    assert compare(run, base).changed_winner == 2


def test_missing_candidates_and_unread_scores() -> None:
    """y of the base is gone; a prompt whose score could not be read in one run is not paired."""
    base = side("base", {"x": [1.0, 0.0], "y": [0.0, 1.0]})
    run = side("head", {"x": [None, 1.0], "new": [1.0, 1.0]})
    found = compare(run, base)
    assert found.missing == ("y",)
    assert [(row.candidate, row.difference.n, row.difference.value) for row in found.rows] == [("x", 1, 1.0)]


def test_nothing_in_common_compares_nothing() -> None:
    """No common prompt: no rows, everybody missing, and the gate does not pass."""
    found = compare(side("head", {"x": [1.0]}, start=9), side("base", {"x": [1.0]}))
    assert (found.rows, found.paired_prompts, found.missing) == ((), 0, ("x",))
    assert not gate(found).passed


def test_different_judges_templates_or_opponents_are_refused() -> None:
    """Each reason is a sentence; the same run has none."""
    assert refusals(BASE, BASE) == ()
    assert "judges differ: j in base, k in base" in refusals(replace(BASE, judges=("k",)), BASE)[0]
    assert "template" in refusals(replace(BASE, judge_digest="other"), BASE)[0]
    assert "single answers" in refusals(BASE, replace(BASE, basis="scores"))[0]
    other = side("head", {"x": [1.0], "z": [0.0]})
    assert refusals(other, BASE) == ("A win rate depends on the opponents, and they differ: y, z.",)
    assert refusals(replace(other, basis="scores"), replace(BASE, basis="scores")) == ()


def sentinel(right: int, wrong: int, changed: int = 0) -> Sentinel:
    gold = {f"g{k}": 1.0 for k in range(right + wrong)}
    judged = {f"g{k}": 1.0 if k < right else (0.0 if k >= right + changed else 0.5) for k in range(right + wrong)}
    return Sentinel(judged, gold)


def test_a_judge_that_lost_accuracy_on_frozen_pairs_has_moved() -> None:
    """95 of 100 right before and 80 now: McNemar on 15 pairs; 93 now is no proof."""
    assert judge_moved(sentinel(80, 20), sentinel(95, 5)) == "95 of 100 frozen pairs right before, 80 now (p = 6.1e-05)."
    assert judge_moved(sentinel(93, 7), sentinel(95, 5)) is None
    run, base = (replace(BASE, judges=("j",), sentinels={"j": sentinel(right, 100 - right)}) for right in (80, 95))
    assert [line[:25] for line in refusals(run, base)] == ["The judge `j` moved: 95 o"]
    assert unwatched(run, base) == ""


def test_frozen_pairs_of_one_run_alone_tell_nothing_and_that_is_said() -> None:
    """Without the other run's verdicts nobody knows whether the judge moved; without any nobody asked."""
    run = replace(BASE, judges=("j",), sentinels={"j": sentinel(80, 20)})
    other = replace(run, sentinels={"j": Sentinel({"elsewhere": 1.0}, {"elsewhere": 1.0})})

    assert unwatched(BASE, BASE) == ""
    assert "`--sentinel`" in unwatched(run, replace(BASE, judges=("j",)))
    assert "different frozen pairs" in unwatched(run, other)


def test_a_judge_that_changed_many_verdicts_has_moved_even_at_equal_accuracy() -> None:
    """Forty wrong verdicts of another kind: surely more than a tenth changed."""
    moved = judge_moved(sentinel(60, 40, changed=40), sentinel(60, 40))
    assert moved == "its verdict changed on 40 of 100 frozen pairs."
    assert judge_moved(sentinel(3, 0), Sentinel({}, {})) is None


def passes(run: Side, limits: Limits | None = None) -> Gate:
    return gate(compare(run, BASE), limits)


def test_the_gate_lets_an_unchanged_run_through() -> None:
    """Nothing got worse, coverage is full, cost was not asked for."""
    found = passes(BASE, Limits())
    assert found.passed
    assert [(check.name, check.candidate) for check in found.checks] == [
        ("regression", "x"),
        ("coverage", "x"),
        ("regression", "y"),
        ("coverage", "y"),
    ]


def test_the_gate_stops_a_proven_loss() -> None:
    """Half a point down on 200 prompts; the message says by how much."""
    found = passes(side("head", {"x": ups_and_downs(1, -0.5), "y": ups_and_downs(2, 0.0)}))
    failed = [check for check in found.checks if not check.passed]
    assert [(check.name, check.candidate) for check in failed] == [("regression", "x")]
    assert failed[0].message.startswith("`x` got worse: −")


def test_the_gate_lets_an_unproven_loss_through_and_says_so() -> None:
    """Two of 200 prompts a little lower is no proof."""
    scores = ups_and_downs(1, 0.0)
    lower = [0.0 if k in {3, 7} else score for k, score in enumerate(scores)]
    found = passes(side("head", {"x": lower, "y": ups_and_downs(2, 0.0)}))
    assert found.passed
    assert "no loss proven" in found.checks[0].message


def test_a_proven_loss_within_the_margin_passes() -> None:
    """The loss is about 33 points; a margin of 40 lets it through in words."""
    run = side("head", {"x": ups_and_downs(1, -0.5), "y": ups_and_downs(2, 0.0)})
    comparison = compare(run, BASE, Rules(margin=None))
    assert gate(comparison, Limits(margin=0.4)).passed
    assert "within the margin of 40 points" in gate(comparison, Limits(margin=0.4)).checks[0].message
    assert not gate(comparison, Limits(margin=0.02)).passed


def test_the_gate_asks_for_coverage() -> None:
    """95 % is too little for 98 %, and unknown is not enough."""
    assert not passes(replace(BASE, coverage={"x": 0.95, "y": 1.0})).passed
    assert passes(replace(BASE, coverage={"x": 0.95, "y": 1.0}), Limits(min_coverage=0.9)).passed
    assert not passes(replace(BASE, coverage={})).passed


def test_a_set_that_shrank_does_not_open_the_gate() -> None:
    """Ten of the base's 200 prompts, all with a score, are a coverage of 5 %; what a decided run spared is not asked for."""
    few = side("head", {name: row[:10] for name, row in (("x", ups_and_downs(1, 0.0)), ("y", ups_and_downs(2, 0.0)))})
    spared = frozenset(f"p{k}" for k in range(10, 200))
    failed = [check for check in passes(few).checks if not check.passed]

    assert [(check.name, check.candidate) for check in failed] == [("coverage", "x"), ("coverage", "y")]
    assert failed[0].message == "`x`: 10 of the base's 200 prompts are compared, coverage 5.0%; 98% are asked for."
    assert passes(few, Limits(min_coverage=0.05)).passed
    assert passes(replace(few, spared={"x": spared, "y": spared})).passed


def test_coverage_is_not_rounded_up() -> None:
    """97.96 % is less than 98 % and must not read as 98.0 %."""
    base = side("base", {"x": [0.5] * 2500})
    found = gate(compare(side("head", {"x": [0.5] * 2449}), base))
    assert "coverage 97.9%; 98% are asked for." in next(check.message for check in found.checks if not check.passed)


def test_the_gate_asks_for_cost_only_when_told() -> None:
    """20 % dearer passes without a limit and fails at 10 %; exactly 10 % passes; unknown or from nothing fails."""
    limits = Limits(max_cost_increase=0.10)
    dearer = replace(BASE, usd_per_answer={"x": Decimal("0.0012"), "y": Decimal("0.001")})
    assert passes(dearer).passed
    assert not passes(dearer, limits).passed
    assert passes(replace(BASE, usd_per_answer={"x": Decimal("0.0011"), "y": Decimal("0.0005")}), limits).passed
    assert not passes(replace(BASE, usd_per_answer={"x": None, "y": Decimal("0.001")}), limits).passed
    free = replace(BASE, usd_per_answer={"x": Decimal(0), "y": Decimal(0)})
    assert gate(compare(free, free), limits).passed
    found = gate(compare(BASE, free), limits)
    assert "from nothing" in next(check.message for check in found.checks if check.name == "cost")
    assert not found.passed


def test_the_gate_stops_when_a_candidate_is_missing() -> None:
    """y of the base has no score any more."""
    found = passes(side("head", {"x": ups_and_downs(1, 0.0)}))
    assert not found.passed
    assert found.checks[0].message == "`y` has no score on a prompt of the base."


def test_the_gate_stops_when_the_judge_accepts_bad_answers() -> None:
    """A run that is marked unreliable opens no gate."""
    found = gate(compare(BASE, BASE), unreliable=["head"])
    assert not found.passed
    assert found.checks[0].message == "The judge of `head` accepts known-bad answers."


def test_a_comparison_of_nothing_does_not_pass() -> None:
    """An empty comparison proves nothing."""
    assert not gate(Comparison((), 0, 0, (), (), (), ())).passed
