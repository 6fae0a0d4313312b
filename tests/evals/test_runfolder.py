"""Names and order of run folders, and what a start in an old one says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.evals.finish import changed_settings, derive, overview
from jc.evals.judge import JudgeTemplate
from jc.evals.plan import Settings
from jc.evals.run import Request, run_name
from jc.evals.runfolder import RunFolder, find, listed
from tests.evals.conftest import Bench, catalog
from tests.fakes.script import Fault, Script

USUAL = Request("set.jsonl", ("a", "b"), ("j",))


def name(request: Request) -> str:
    """The folder of a request."""
    return run_name(request, Path(request.prompts))


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": Settings(temperature=0.7)},
        {"settings": Settings(max_tokens=100)},
        {"settings": Settings(stream=True)},
        {"template": "t.j2"},
        {"judge_template": JudgeTemplate("{{ answer_a }}", "A|B")},
        {"scale": (1.0, 5.0), "settings": Settings(mode="pointwise")},
        {"judges": ("k",)},
    ],
)
def test_settings_that_change_requests_get_a_folder_of_their_own(changes: dict[str, Any]) -> None:
    """Two such runs never share a journal, and each command finds its own again."""
    changed = replace(USUAL, **changes)
    assert name(changed) != name(USUAL)
    assert name(changed) == name(replace(USUAL, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"limit": 5},
        {"controls": 20},
        {"settings": Settings(epochs=3)},
        {"settings": Settings(stop_when_decided=True)},
        {"settings": Settings(mode="both")},
        {"candidates": ("b", "a")},
    ],
)
def test_settings_that_ask_for_more_of_the_same_share_one(changes: dict[str, Any]) -> None:
    """What is finished is not paid for again."""
    assert name(replace(USUAL, **changes)) == name(USUAL)


def test_a_start_with_other_settings_in_the_same_folder_says_so(bench: Bench) -> None:
    """`--limit 2` and then all: the difference is named; the same again has none."""
    with bench.run(bench.request(limit=2)):
        pass
    assert changed_settings(bench.prepared(bench.request(limit=2))) == []
    assert changed_settings(bench.prepared(bench.request())) == ["--limit 2"]
    both = bench.request(settings=Settings(max_tokens=64, epochs=2), limit=3)
    assert changed_settings(bench.prepared(both)) == ["--epochs 1", "--limit 2"]


def test_runs_are_listed_by_when_they_were_started(tmp_path: Path) -> None:
    """A resume writes the manifest again and changes no place."""
    for run, created in (("late", "2026-11-20T12:00:00Z"), ("early", "2026-11-19T12:00:00Z"), ("broken", "")):
        (tmp_path / run).mkdir()
        text = json.dumps({"created": created, "secret": "00"}) if created else "what"
        (tmp_path / run / "manifest.json").write_text(text, "utf-8")

    assert [folder.id for folder in listed(tmp_path)] == ["broken", "early", "late"]


def test_an_unknown_price_is_not_told_as_nothing(bench: Bench) -> None:
    """The overview marks a run with answers that nobody can price."""
    unpriced = Bench(bench.folder, bench.server, catalog("ant", "bee", "judge"))
    with bench.run(name="priced") as finished:
        derive(finished)
    with unpriced.run(name="partly") as finished:
        derive(finished)

    assert overview(RunFolder(bench.folder / "priced"))["unpriced"] is False
    assert overview(RunFolder(bench.folder / "partly"))["unpriced"] is True


def test_the_summary_counts_missing_verdicts(bench: Bench) -> None:
    """One candidate fails on one of six prompts: two pairs in both orders are missing; with a failing judge all are."""
    bench.server.use(Script(faults=(Fault("status", model="ant", contains="Question 2?", status=500),)))
    with bench.run() as finished:
        assert derive(finished)["missing_verdicts"] == 4
    bench.server.use(Script(faults=(Fault("status", model="judge", status=400),)))
    with bench.run(name="unjudged") as finished:
        assert derive(finished)["missing_verdicts"] == 36


def test_an_unknown_run_is_told_with_the_latest_and_how_many_more(tmp_path: Path) -> None:
    """Of eight runs the hint names five and counts the other three."""
    for number in range(8):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"created": f"2026-01-0{number + 1}"}), "utf-8")
    with pytest.raises(InputError) as caught:
        find(tmp_path, "zzz")
    assert caught.value.hint == "runs: run-3, run-4, run-5, run-6, run-7 and 3 more"
