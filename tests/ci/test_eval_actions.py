"""The scripts of the eval gate and of the simulation limit, and the actions that call them."""

import csv
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fakes.job import ROOT, Job, run_script

SCRIPTS = {"evals-gate": ROOT / "ci" / "evals-gate.sh", "simulate-limit": ROOT / "ci" / "simulate-limit.sh"}
RUN = {"CANDIDATES": "demo/strong,demo/hasty", "PROMPTS": "demo", "JUDGE": "demo/judge"}


def run(folder: Path, action: str, **variables: str) -> Job:
    """Run the script of an action as the action does."""
    return run_script(SCRIPTS[action].name, folder, folder, **variables)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base run that the script made itself, and results in which one candidate is worse than there."""
    folder = tmp_path_factory.mktemp("gate")
    made = run(folder, "evals-gate", **RUN, RUN="runs/base", BASELINE="runs/base", OUTPUT="made")
    assert made.exit == 0, made.stdout + made.stderr
    with (folder / "made" / "results.csv").open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    for name, worse in (("base.csv", False), ("worse.csv", True)):
        with (folder / name).open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, rows[0].keys())
            writer.writeheader()
            writer.writerows(
                {**row, "score": "0.1" if worse and row["candidate"] == "demo/strong" else row["score"]} for row in rows
            )
    return folder


def test_a_run_is_made_and_passes_against_itself(place: Path) -> None:
    """Exit 0, the table in the summary, results, page and JUnit beside it."""
    job = run(place, "evals-gate", **RUN, RUN="runs/base", BASELINE="runs/base")

    assert (job.exit, job.outputs) == (0, {"gate": "0", "junit": "jc-gate/gate.xml"})
    assert "The gate is open." in job.summary
    assert {path.name for path in (place / "jc-gate").iterdir()} == {"gate.xml", "gate.md", "results.csv", "report.html"}


def test_a_proven_loss_closes_the_gate(place: Path) -> None:
    """Exit 1, an annotation, a failure in JUnit, and the verdict in the summary."""
    job = run(place, "evals-gate", RUN="worse.csv", BASELINE="base.csv")

    assert (job.exit, job.outputs["gate"]) == (1, "1")
    assert "::error title=jc evals gate (regression)::`demo/strong` got worse" in job.stdout
    assert "The gate is closed." in job.summary
    assert "<failure" in (place / "jc-gate" / "gate.xml").read_text("utf-8")


def test_what_cannot_be_compared_is_no_yes(place: Path) -> None:
    """A missing base, no base at all, and a run that cannot start: exit 2 with one annotation each."""
    unknown = {**RUN, "PROMPTS": "none", "BASELINE": "base.csv"}
    for variables in ({"RUN": "worse.csv", "BASELINE": "nowhere"}, {"RUN": "worse.csv"}, unknown):
        job = run(place, "evals-gate", **variables)
        assert (job.exit, job.outputs["gate"]) == (2, "2")
        assert len(re.findall(r"^::error title=", job.stdout, re.MULTILINE)) == 1


def test_a_judge_that_accepts_bad_answers_keeps_the_gate_closed(place: Path) -> None:
    """The demo judge knows nothing of the controls' questions."""
    job = run(place, "evals-gate", **RUN, RUN="runs/watched", BASELINE="runs/base", CONTROLS="10", OUTPUT="watched")

    assert job.exit == 1
    assert "accepts known-bad answers" in job.stdout


def write_log(folder: Path) -> None:
    """Sixty requests of one model."""
    row = {"ts": "2026-10-01T00:00:00Z", "model": "openai/gpt-4o-mini", "input_tokens": 1000, "output_tokens": 100}
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for _ in range(60)), "utf-8")


def test_a_route_within_its_limits_passes_and_its_result_is_the_next_base(tmp_path: Path) -> None:
    """Exit 0; a dearer table under the same name against that result is exit 1 with the reason."""
    write_log(tmp_path)
    table = "schema_version: 1\nname: mine\ndefault: general\nroutes:\n  general: {{model: {model}}}\n"
    (tmp_path / "mine.yaml").write_text(table.format(model="openai/gpt-4o-mini"), "utf-8")
    variables = {"TRAFFIC": "log.jsonl", "ROUTES": "mine.yaml\n"}
    first = run(tmp_path, "simulate-limit", **variables, MAX_P95="60s")
    assert first.exit == 0, first.stdout + first.stderr
    assert first.outputs == {"limit": "0", "result": "jc-simulation/simulation.json"}
    assert "| mine" in first.summary
    (tmp_path / "jc-simulation" / "simulation.json").rename(tmp_path / "accepted.json")
    (tmp_path / "mine.yaml").write_text(table.format(model="openai/gpt-4o"), "utf-8")
    second = run(tmp_path, "simulate-limit", **variables, COMPARE_TO="accepted.json", MAX_COST_INCREASE="5%")

    assert (second.exit, second.outputs["limit"]) == (1, "1")
    assert re.search(r"^::error title=jc simulate::.*mine", second.stdout, re.MULTILINE)
    assert "**" in second.summary


def test_a_log_that_cannot_be_read_is_exit_2(tmp_path: Path) -> None:
    """The summary says so, and there is one annotation."""
    job = run(tmp_path, "simulate-limit", TRAFFIC="nowhere.jsonl")

    assert (job.exit, job.outputs["limit"]) == (2, "2")
    assert "could not be replayed" in job.summary
    assert job.stdout.count("::error") == 1


def test_inputs_are_never_commands(place: Path) -> None:
    """Text of a pull request's author comes in as a value."""
    mark = place / "mark"
    evil = f"$(touch {mark})"
    run(place, "evals-gate", RUN=evil, BASELINE=f"`touch {mark}`", MARGIN=f"0; touch {mark}", OUTPUT="evil")
    run(place, "evals-gate", CANDIDATES=evil, PROMPTS=evil, JUDGE=f"; touch {mark}", BASELINE="base.csv", OUTPUT="evil")
    run(place, "simulate-limit", TRAFFIC=evil, ROUTES=f"{evil}\n`touch {mark}`", MAX_P95=evil, OUTPUT="evil")

    assert not mark.exists()


def described(action: str) -> Any:
    return yaml.safe_load((ROOT / "actions" / action / "action.yml").read_text())


@pytest.mark.parametrize("action", list(SCRIPTS))
def test_each_action_hands_every_input_to_its_script(action: str) -> None:
    """Each variable that the script reads comes from an input; none is written into a command; the script can be run."""
    found = described(action)
    install, check = found["runs"]["steps"]
    used = " ".join([*check["env"].values(), *install["env"].values()])

    assert set(re.findall(r"inputs\.([a-z0-9-]+)", used)) == set(found["inputs"])
    assert all(name == value.split("inputs.")[1].split(" ")[0].upper().replace("-", "_") for name, value in check["env"].items())
    assert "${{" not in check["run"] + install["run"]
    assert check["run"].strip().endswith(f'"$GITHUB_ACTION_PATH/../../ci/{action}.sh"')
    assert os.access(SCRIPTS[action], os.X_OK)
    read = set(re.findall(r"\$\{([A-Z][A-Z0-9_]+):-", SCRIPTS[action].read_text()))
    assert read - set(check["env"]) <= {"JC", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"}
    assert set(check["env"]) <= read


@pytest.mark.parametrize("action", list(SCRIPTS))
def test_the_guide_names_the_inputs_and_defaults_that_exist(action: str) -> None:
    """Its tables hold every input and no other."""
    guide = (ROOT / "docs" / "how-to" / "evals-in-ci.md").read_text()
    parts = [part.partition("\n\n")[0] for part in guide.split("| input |")[1:]]
    tables = [set(re.findall(r"^\| `([a-z0-9-]+)` \|", part, re.MULTILINE)) for part in parts]
    assert set(described(action)["inputs"]) in tables
