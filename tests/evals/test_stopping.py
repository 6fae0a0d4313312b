"""`--stop-when-decided`: a real run stops where its finished units say, and errs no more often than promised."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.evals.asking import Asker
from jc.evals.evalset import Case, EvalSet
from jc.evals.finish import derive
from jc.evals.journal import Journal
from jc.evals.judge import JudgeTemplate, Protocol
from jc.evals.parties import Party
from jc.evals.pipeline import Pipeline
from jc.evals.plan import Plan, Settings
from jc.evals.purse import Purse
from jc.evals.sides import read_side
from jc.evals.statistics.values import Evidence, Game
from jc.evals.stopping import Referee, in_order
from jc.providers.endpoint import Endpoint
from jc.report.evals import evals_document, stopping_line
from tests.evals.conftest import Bench
from tests.fakes.script import Script

EARLY = Settings(max_tokens=64, stop_when_decided=True)
OWN = JudgeTemplate("PICK {{ answer_a }}\n---\n{{ answer_b }}\n{{ question }}", r"^(A|B|TIE)$", {})
# Candidates answer with their name; the judge puts ant before bee before cat, and sees no difference with "even".
RANKED = {
    "PICK ant\\n---\\nbee": "A", "PICK ant\\n---\\ncat": "A", "PICK bee\\n---\\ncat": "A", "PICK": "B",
    '"ant"': "ant", '"bee"': "bee", '"cat"': "cat",
}  # fmt: skip


def run(bench: Bench, prompts: int = 40, name: str = "run", **changes: Any) -> dict[str, Any]:
    """The summary of a run that may stop early."""
    request = bench.request(prompts, **{"judge_template": OWN, "settings": EARLY, **changes})
    with bench.run(request, name=name) as finished:
        return derive(finished)


def test_a_clear_ranking_stops_before_the_end_and_says_what_it_saved(bench: Bench) -> None:
    """Three candidates that the judge always ranks alike are decided on a part of forty prompts; nothing is missing."""
    bench.server.use(Script(answers=RANKED))
    found = run(bench)
    stopping = found["stopping"]
    words = {(pair["a"], pair["b"]): pair["word"] for pair in found["standings"]["pairs"]}

    assert stopping["decided"]
    assert set(words.values()) == {"better"}
    assert stopping["calls_planned"] == 120 + 240
    assert len(bench.server.requests) == stopping["calls_planned"] - stopping["calls_saved"] < 240
    assert found["missing"] == 0
    assert found["answers"] == sum(row["answered"] for row in found["candidates"]) < 120
    assert stopping["usd_saved"] > 0
    assert "calls saved, about $" in stopping_line(found)
    assert stopping_line(found) in (evals_document(found).text or "")


def test_no_difference_is_asked_to_the_end(bench: Bench) -> None:
    """A judge that always sees a tie proves nothing without a margin, so every prompt is asked."""
    answers = {key: "TIE" if "PICK" in key else text for key, text in RANKED.items()}
    bench.server.use(Script(answers=answers))
    found = run(bench, settings=replace(EARLY, margin=0.0))

    assert not found["stopping"]["decided"]
    assert found["stopping"]["calls_saved"] == 0
    assert len(bench.server.requests) == 360


def test_equivalence_within_a_margin_stops_too(bench: Bench) -> None:
    """The same ties with a wide margin are proven equivalent on a part of the prompts."""
    answers = {key: "TIE" if "PICK" in key else text for key, text in RANKED.items()}
    bench.server.use(Script(answers=answers))
    found = run(bench, settings=replace(EARLY, margin=0.3))

    assert {pair["word"] for pair in found["standings"]["pairs"]} == {"equivalent"}
    assert found["stopping"]["calls_saved"] > 0


def test_a_decided_pair_gets_no_more_verdicts_and_an_open_one_does(bench: Bench) -> None:
    """ant beats both at once; bee and cat cannot be told apart and go on to the last prompt, without ant."""
    even = {key: "TIE" if key.startswith("PICK bee") else text for key, text in RANKED.items()}
    even = {"PICK cat\\n---\\nbee": "TIE", **even}
    bench.server.use(Script(answers=even))
    found = run(bench, settings=replace(EARLY, margin=0.0))
    taken = {(pair["a"], pair["b"]): pair["prompts"] for pair in found["stopping"]["pairs"]}
    answered = {row["candidate"]: row["answered"] for row in found["candidates"]}

    assert taken["bee", "cat"] == 40
    assert max(taken["ant", "bee"], taken["ant", "cat"]) < 40
    assert answered == {"ant": max(taken["ant", "bee"], taken["ant", "cat"]), "bee": 40, "cat": 40}


def test_where_it_stops_follows_from_the_journal(bench: Bench) -> None:
    """The same command again asks nobody; a fast and a slow server, and a run that was made to the end before, stop alike."""
    bench.server.use(Script(answers=RANKED, latency_s=0.002, sigma=1.0))
    first = run(bench)
    asked = len(bench.server.requests)
    again = run(bench)
    assert len(bench.server.requests) == asked
    assert again == first

    bench.server.use(Script(answers=RANKED))
    with bench.run(bench.request(40, judge_template=OWN), name="whole") as finished:
        derive(finished)
    after = run(bench, name="whole")
    assert after["stopping"] == first["stopping"]
    assert len((bench.folder / "whole" / "journal.jsonl").read_text("utf-8").splitlines()) == 360


def test_the_coverage_of_a_run_that_stopped_is_that_of_what_it_asked(bench: Bench) -> None:
    """A gate does not fail for prompts that nobody needed; those are named, and no prompt outside the set is."""
    bench.server.use(Script(answers=RANKED))
    run(bench)
    found = read_side(str(bench.folder / "run"), bench.folder)
    scored = {mark.prompt for mark in found.marks if mark.candidate == "ant"}

    assert found.coverage == {"ant": 1.0, "bee": 1.0, "cat": 1.0}
    assert found.spared["ant"]
    assert found.spared["ant"] == set(found.prompt_digest) - scored


def test_checks_alone_can_decide(bench: Bench) -> None:
    """Without a judge the shares of checks passed are compared; ant is always right and the others never."""
    path = bench.folder / "set.jsonl"
    check = [{"type": "contains", "value": "ant"}]
    path.write_text("".join(json.dumps({"id": f"p{n}", "prompt": f"Q{n}", "checks": check}) + "\n" for n in range(40)), "utf-8")
    bench.server.use(Script(answers=RANKED))
    request = bench.request(candidates=("ant", "bee"), judges=(), settings=EARLY)
    with bench.run(request) as finished:
        found = derive(finished)

    assert found["standings"]["pairs"][0]["word"] == "better"
    assert len(bench.server.requests) < 80


def test_one_candidate_has_nothing_to_decide(bench: Bench) -> None:
    """An error before the first call."""
    with pytest.raises(InputError, match="decides between candidates"):
        bench.prepared(bench.request(candidates=("ant",), settings=replace(EARLY, mode="pointwise")))


def small_plan(prompts: int, candidates: str = "xy") -> Plan:
    """A plan without a server."""
    nowhere = Endpoint("http://nowhere.invalid")
    parties = tuple(Party(name, name, nowhere) for name in candidates)
    cases = tuple(Case(f"p{n}", ({"role": "user", "content": str(n)},), str(n)) for n in range(prompts))
    return Plan(EvalSet("set", cases, ""), parties, (Party("j", "j", nowhere),), EARLY, Protocol(b"s"))


def words_of(plan: Plan, pipeline: Pipeline, judge: random.Random, lean: float) -> list[str]:
    """One run in which x wins a decided prompt with probability ½ + lean; the words at its end."""
    games: list[Game] = []
    referee = Referee(plan, lambda: Evidence(games), flips=2_000)
    names = [party.name for party in plan.candidates]
    while (step := referee.next(pipeline)) is not None:
        for case, first, second in sorted(step.bouts):
            score = 0.5 if judge.random() < 0.2 else float(judge.random() < 0.5 + lean)
            games += [Game(f"p{case}", names[first], names[second], score, order, "j") for order in ("ab", "ba")]
    return [pair.word for pair in referee.pairs]


@pytest.fixture
def idle(tmp_path: Path) -> Pipeline:
    """A pipeline that nobody runs: a referee asks it only whether it was stopped."""
    purse = Purse({}, lambda: datetime(2026, 11, 20, tzinfo=UTC))
    with Journal(tmp_path / "journal.jsonl") as journal:
        return Pipeline(small_plan(1), Asker(journal, purse))


def test_no_more_than_five_percent_of_runs_without_a_difference_find_one(idle: Pipeline) -> None:
    """200 seeded runs of ten looks: at most 5 % and three standard errors; looks that paid nothing would err in 19 %."""
    plan = small_plan(40)
    judge = random.Random(11)
    wrong = sum(words_of(plan, idle, judge, 0.0)[0] in {"better", "worse"} for _ in range(200))
    assert wrong <= 200 * 0.05 + 3 * (200 * 0.05 * 0.95) ** 0.5
    strong = [words_of(plan, idle, judge, 0.4)[0] for _ in range(20)]
    assert strong.count("better") >= 18


def test_prompts_are_taken_in_an_order_that_only_seed_and_ids_make() -> None:
    """A permutation, other than that of the file, other for another seed."""
    plan = small_plan(30)
    other = replace(plan, settings=replace(EARLY, seed=1))

    assert sorted(in_order(plan)) == list(range(30))
    assert in_order(plan) == in_order(small_plan(30))
    assert in_order(plan) not in (list(range(30)), in_order(other))
