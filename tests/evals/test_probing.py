"""Control items and frozen pairs in a real run: what is asked, what is counted, what is marked."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.evals.finish import derive
from jc.evals.gold import GoldPair, controls, load_gold
from jc.evals.judge import JudgeTemplate
from jc.evals.plan import Settings, loads, money
from jc.evals.probing import PROBE_COLUMNS
from jc.evals.sides import read_side
from jc.evals.statistics.against import refusals
from jc.files import shipped
from jc.report.evals import evals_document
from jc.report.evals_html import evals_page
from tests.evals.conftest import NOW, Bench
from tests.fakes.script import Script

ATTACKS = load_gold(shipped("evalsets") / "judge" / "injections.jsonl")
# A judge prompt whose first line begins with what was shown first, so that a scripted server can read like a judge.
OWN = JudgeTemplate("PICK {{ answer_a }}\n---\n{{ answer_b }}", r"^(A|B|TIE)$", {})


def picking(pairs: list[GoldPair]) -> Script:
    """A judge that knows these pairs: A when the better answer is shown first, else B."""
    first = {f"PICK {json.dumps(pair.answers[pair.better - 1])[1:-1]}\\n---": "A" for pair in pairs}
    return Script(answers={**first, "PICK": "B"})


def summary_of(bench: Bench, name: str = "run", **changes: Any) -> dict[str, Any]:
    """The summary of a run with the judge that can be scripted."""
    with bench.run(bench.request(judge_template=OWN, **changes), name=name) as finished:
        return derive(finished)


def test_a_judge_that_refuses_every_attack_accepts_none(bench: Bench) -> None:
    """Twenty items are forty verdicts; none accepted is 0 % with an upper bound, and the run is not marked."""
    bench.server.use(picking(ATTACKS))
    found = summary_of(bench, controls=20)
    asked = sum("PICK" in str(request.body) for request in bench.server.requests)

    assert found["controls"]["items"] == found["controls"]["read"] == 20
    assert found["controls"]["false_accept"]["value"] == 0
    assert found["controls"]["false_accept"]["high"] == pytest.approx(0.1611, abs=1e-4)  # Wilson, 0 of 20
    assert found["unreliable"] is False
    assert asked == 36 + 40


def test_a_judge_that_always_takes_the_first_ties_with_the_attack_and_marks_the_run(bench: Bench) -> None:
    """A tie with a known-bad answer is an accept; every format says it beside the ranking."""
    bench.server.use(Script(answers={"PICK": "A"}))
    found = summary_of(bench, controls=4)
    document = evals_document(found)
    page = evals_page(found, (), (), {})

    assert found["controls"]["false_accept"]["value"] == 1
    assert found["unreliable"] is True
    for text in (document.text or "", document.markdown or "", page):
        assert "False accepts: 100.0% (4 of 4 known-bad answers; 95% interval 51.0 – 100.0)." in text
        assert "UNRELIABLE: 100.0% of the known-bad answers were accepted" in text


def test_exactly_the_limit_is_let_through(bench: Bench) -> None:
    """One of twenty is 5 %, and the run is marked only above it."""
    bench.server.use(picking(ATTACKS[1:]))
    found = summary_of(bench, controls=20)

    assert found["controls"]["accepted"] == 1
    assert found["controls"]["fooled_by"] == ["fake verdict line"]
    assert found["unreliable"] is False


def test_every_look_has_a_row_and_its_cost_counts_for_the_judge(bench: Bench) -> None:
    """controls.csv has two rows an item; the judge's money contains them, and a start without controls removes the file."""
    bench.server.use(picking(ATTACKS))
    found = summary_of(bench, controls=3)
    with (bench.folder / "run" / "controls.csv").open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    again = summary_of(bench)

    assert tuple(rows[0]) == PROBE_COLUMNS
    assert [(row["order"], row["score_better"]) for row in rows] == [("ab", "1.0"), ("ba", "1.0")] * 3
    assert found["controls"]["cost_usd"] == sum(Decimal(row["cost_usd"]) for row in rows) > 0
    assert found["judge_usd"] - found["controls"]["cost_usd"] == again["judge_usd"]
    assert again["controls"] is None
    assert not (bench.folder / "run" / "controls.csv").exists()


def test_ratings_compare_the_bad_answer_with_the_right_one(bench: Bench) -> None:
    """With pointwise judging a control is accepted when it is rated as high as the right answer."""
    right = {f"RATE {json.dumps(pair.answers[0])[1:-1]}END": "SCORE 9" for pair in ATTACKS}
    own = JudgeTemplate("RATE {{ answer }}END", None, {}, r"SCORE (\d+)")
    bench.server.use(Script(answers={**right, "RATE": "SCORE 4"}))
    request = bench.request(controls=5, judge_template=own, settings=Settings(mode="pointwise", max_tokens=64))
    with bench.run(request) as finished:
        assert derive(finished)["controls"]["accepted"] == 0
    bench.server.use(Script(answers={"RATE": "SCORE 4"}))
    with bench.run(request, name="flat") as finished:
        assert derive(finished)["controls"]["accepted"] == 5


def test_the_plan_counts_and_prices_them(bench: Bench) -> None:
    """Ten items of two looks are in the calls of the judge, and the plan costs more with them."""
    without, with_them = (bench.prepared(bench.request(controls=number)).plan for number in (0, 10))

    assert sum(load.calls for load in loads(with_them)) - sum(load.calls for load in loads(without)) == 20
    assert money(with_them, NOW).about > money(without, NOW).about
    assert money(with_them, NOW).at_most > money(without, NOW).at_most


def test_a_resumed_run_asks_no_control_twice(bench: Bench) -> None:
    """Looks at controls are calls in the journal like all others."""
    bench.server.use(picking(ATTACKS))
    first = summary_of(bench, controls=6)
    asked = len(bench.server.requests)
    assert summary_of(bench, controls=6) == first
    assert len(bench.server.requests) == asked


def test_more_controls_than_attacks_are_crossed_and_never_equal() -> None:
    """A hundred items are a hundred different wrong answers; too many are an error; few are spread over the set."""
    made = controls(ATTACKS, 100)

    assert len({pair.answers for pair in made}) == 100
    assert len({pair.id for pair in made}) == 100
    assert all(pair.attack for pair in made)
    assert controls(ATTACKS, 2) == (ATTACKS[0], ATTACKS[12])
    with pytest.raises(InputError, match="at most 576"):
        controls(ATTACKS, 577)


def test_controls_without_a_judge_are_refused(bench: Bench) -> None:
    """There is nobody who could be fooled."""
    path = bench.folder / "set.jsonl"
    path.write_text('{"id": "a", "prompt": "x", "checks": [{"type": "contains", "value": "x"}]}\n', "utf-8")
    with pytest.raises(InputError, match="need a judge"):
        bench.prepared(bench.request(judges=(), controls=5))


def write_frozen(folder: Path, number: int = 40) -> tuple[str, list[GoldPair]]:
    """A file of frozen pairs and what stands in it."""
    path = folder / "frozen.jsonl"
    rows = [
        {"id": f"g{k}", "prompt": f"Name {k}.", "answer_1": f"right {k}", "answer_2": f"wrong {k}", "better": 1}
        for k in range(number)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path), load_gold(path)


def test_a_judge_that_moved_since_the_base_makes_the_comparison_refused(bench: Bench) -> None:
    """The same judge name with other verdicts on the frozen pairs is another judge; an unchanged one is not."""
    frozen, pairs = write_frozen(bench.folder)
    bench.server.use(picking(pairs))
    base = summary_of(bench, "base", sentinel=frozen)
    summary_of(bench, "same", sentinel=frozen)
    bench.server.use(picking(pairs[:25]))
    summary_of(bench, "head", sentinel=frozen)
    sides = {name: read_side(str(bench.folder / name), bench.folder) for name in ("base", "same", "head")}

    assert base["sentinel"]["by_judge"][0]["right"] == 40
    assert refusals(sides["same"], sides["base"]) == ()
    assert refusals(sides["head"], sides["base"]) == (
        "The judge `judge` moved: 40 of 40 frozen pairs right before, 25 now (p = 6.1e-05).",
    )


def test_the_folder_keeps_its_frozen_pairs(bench: Bench) -> None:
    """When the file is gone a resume reads the run's own copy, and asks nobody again."""
    frozen, pairs = write_frozen(bench.folder, 5)
    bench.server.use(picking(pairs))
    first = summary_of(bench, sentinel=frozen)
    asked = len(bench.server.requests)
    Path(frozen).unlink()

    assert summary_of(bench, sentinel=frozen)["sentinel"] == first["sentinel"]
    assert len(bench.server.requests) == asked


def test_bad_frozen_pairs_are_named_before_the_first_call(bench: Bench) -> None:
    """Every bad line at once: a missing answer, a twin id; and an empty file is no set."""
    path = bench.folder / "frozen.jsonl"
    good = {"id": "x", "prompt": "p", "answer_1": "a", "answer_2": "b", "better": 1}
    path.write_text("\n".join(json.dumps(row) for row in (good, good, {**good, "id": "y", "better": 3})), "utf-8")
    with pytest.raises(InputError) as raised:
        bench.prepared(bench.request(sentinel=str(path)))

    assert [problem.message for problem in raised.value.problems] == [
        "the id `x` was already used in line 1",
        "`better` is not 1 or 2",
    ]
    path.write_text("\n", "utf-8")
    with pytest.raises(InputError, match="holds no pairs"):
        bench.prepared(bench.request(sentinel=str(path)))
    assert bench.server.requests == []
