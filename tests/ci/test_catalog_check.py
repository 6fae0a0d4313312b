"""The action's script on scratch repositories, with good and bad pull requests; and the files that call it."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.catalog.sample import write
from tests.fakes.job import ROOT, Job, run_script
from tests.fakes.repository import commit_all, edit, git

SCRIPT = ROOT / "ci" / "catalog-check.sh"
DAY = "2026-11-20"


@dataclass(frozen=True, slots=True)
class Project:
    """A repository with the sample catalog on `main`, and a branch of a pull request checked out."""

    root: Path
    place: Path

    def edit(self, old: str, new: str, rel: str = "offers/acme.yaml") -> None:
        """Change the catalog and commit it, as a pull request does."""
        edit(self.root, old, new, rel)
        git(self.root, "commit", "-q", "-a", "-m", "a change")

    def check(self, **variables: str) -> Job:
        """Run the script as the action does."""
        return run_script("catalog-check.sh", self.root, self.place, **{"BASE": "main", "AS_OF": DAY, **variables})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh project."""
    root = tmp_path / "project"
    write(root / "catalogs")
    commit_all(root)
    git(root, "checkout", "-q", "-b", "change")
    return Project(root, tmp_path)


NEW_ROW = """\
      - from: 2026-11-20
        status: confirmed
        usd_per_mtok: {input: 0.18, output: 0.60, cache_read: 0.075}
        source: https://acme.example/prices-november
        checked: 2026-11-20
    lifecycle: {released: 2026-06-30}
"""


def test_a_sound_pull_request(project: Project) -> None:
    """Exit 0; the summary has the verdict and what the change is."""
    project.edit("    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    job = project.check()

    assert (job.exit, job.outputs) == (0, {"check": "0", "diff": "0"})
    assert "no findings" in job.summary
    assert "| acme/small | input per 1M tokens | $0.15 | $0.18 | +20.0% | from 2026-11-20, confirmed |" in job.summary
    assert "::error" not in job.stdout


def test_a_slip_is_annotated_at_its_line(project: Project) -> None:
    """Exit 1, with file, line and column for the reviewer."""
    project.edit("input: 0.15, output: 0.60", "input: -1, output: 0.60")
    job = project.check()

    assert job.exit == 1
    assert re.search(r"^::error file=catalogs/offers/acme\.yaml,line=\d+,col=\d+", job.stdout, re.MULTILINE)
    assert "price-negative" in job.summary


def test_an_overwritten_price_is_found_by_comparing(project: Project) -> None:
    """History is rewritten only with a reason, which only a comparison can see."""
    project.edit("input: 0.15, output: 0.60", "input: 0.14, output: 0.60")

    assert project.check().exit == 1
    assert project.check(BASE="").exit == 0


def test_a_file_that_cannot_be_read(project: Project) -> None:
    """Its error is annotated; that nothing could be compared does not hide it."""
    project.edit("kind: first_party", "kind: [first_party")
    job = project.check()

    assert job.exit != 0
    assert "::error file=catalogs/offers/acme.yaml" in job.stdout


def test_warnings_fail_only_when_strict(project: Project) -> None:
    """A source that is no https link."""
    project.edit("https://acme.example/speed", "http://acme.example/speed")

    assert project.check().exit == 0
    assert project.check(STRICT="true").exit == 1


def test_a_condition_on_prices(project: Project) -> None:
    """The rise of 20 % is more than 10 % and not more than 30 %."""
    project.edit("    lifecycle: {released: 2026-06-30}\n", NEW_ROW)

    assert project.check(FAIL_ON="price>+30%\n").exit == 0
    job = project.check(FAIL_ON="price>+10%\nremoved>0\n")
    assert (job.exit, job.outputs) == (1, {"check": "0", "diff": "1"})
    assert "a price rises by 20.0% (`price&gt;+10%`)" in job.summary


def test_a_condition_on_the_cost_of_traffic(project: Project) -> None:
    """Priced before and after, with the three effects in the summary."""
    project.edit("    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    log = project.place / "log.jsonl"
    log.write_text('{"ts": "2026-10-01T00:00:00Z", "model": "acme/small", "input_tokens": 100000, "output_tokens": 10}\n')
    job = project.check(TRAFFIC=str(log), FAIL_ON="cost>+5%")

    assert job.exit == 1
    assert "| prices | +$0.09 |" in job.summary


def test_a_condition_that_cannot_be_looked_at_is_no_yes(project: Project) -> None:
    """A misspelt condition is exit 2, not a green tick."""
    assert project.check(FAIL_ON="cash>5%").exit == 2


def test_a_base_that_is_not_in_the_clone(project: Project) -> None:
    """The error says how to check out."""
    job = project.check(BASE="0123456789012345678901234567890123456789")

    assert job.exit == 2
    assert "fetch-depth: 0" in job.stdout


def test_a_base_without_the_catalog(project: Project) -> None:
    """The first pull request that adds a catalog is checked by itself."""
    git(project.root, "checkout", "-q", "--orphan", "empty")
    git(project.root, "rm", "-r", "-q", "--cached", ".")
    (project.root / "README.md").write_text("hello")
    git(project.root, "add", "README.md")
    git(project.root, "commit", "-q", "-m", "nothing")
    git(project.root, "checkout", "-q", "-f", "change")
    job = project.check(BASE="empty")

    assert job.exit == 0
    assert "::notice::catalogs is new since empty" in job.stdout


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_a_push_of_a_new_branch_has_no_base(project: Project, base: str) -> None:
    """GitHub writes zeros."""
    job = project.check(BASE=base)

    assert job.exit == 0
    assert job.outputs == {"check": "0", "diff": "0"}


def test_a_missing_catalog_is_exit_2(project: Project) -> None:
    """There was nothing to check."""
    job = project.check(CATALOG="elsewhere")

    assert job.exit == 2
    assert "could not be checked" in job.summary


def test_inputs_are_never_commands(project: Project) -> None:
    """Text of a pull request's author comes in as a value."""
    mark = project.place / "mark"
    project.check(CATALOG=f"$(touch {mark})", FAIL_ON=f"`touch {mark}`", BASE=f"main; touch {mark}", AS_OF=f"$(touch {mark})")

    assert not mark.exists()


GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$GH_LOG"
for word in "$@"; do [ "$word" = --edit-last ] && [ ! -e "$GH_LOG.commented" ] && exit 1; done
touch "$GH_LOG.commented"
while [ "$1" != --body-file ]; do shift; done
cp "$2" "$GH_LOG.body"
"""


def test_the_comment_is_written_once_and_then_updated(project: Project) -> None:
    """The first run adds it, the second one edits it."""
    program, log = project.place / "gh", project.place / "gh.log"
    program.write_text(GH)
    program.chmod(0o755)
    project.edit("    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    variables = {"COMMENT": "true", "PR_NUMBER": "7", "GH_LOG": str(log)}
    assert project.check(**variables).exit == 0
    assert project.check(**variables).exit == 0

    calls = [line.split(" --body-file")[0] + (" edit" if "--edit-last" in line else "") for line in log.read_text().splitlines()]
    assert calls == ["pr comment 7 edit", "pr comment 7", "pr comment 7 edit"]
    assert Path(f"{log}.body").read_text().startswith("### Catalog: `main` → `working tree`")


def test_a_comment_that_may_not_be_written_is_a_warning(project: Project) -> None:
    """Pull requests from forks get no permission; the check still counts."""
    program = project.place / "gh"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    project.edit("    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    job = project.check(COMMENT="true", PR_NUMBER="7")

    assert job.exit == 0
    assert "::warning::no comment could be written" in job.stdout


def described(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def test_the_action_hands_every_input_to_the_script() -> None:
    """Each variable that the script reads comes from an input or the event, none is written into a command."""
    action = described("action.yml")
    install, check = action["runs"]["steps"]
    used = " ".join([*check["env"].values(), *install["env"].values()])

    assert set(re.findall(r"inputs\.([a-z-]+)", used)) == set(action["inputs"])
    assert "${{" not in check["run"] + install["run"]
    assert check["run"].strip().endswith('"$GITHUB_ACTION_PATH/ci/catalog-check.sh"')
    assert os.access(SCRIPT, os.X_OK)
    read = set(re.findall(r"\$\{([A-Z_]+):-", SCRIPT.read_text()))
    assert read - set(check["env"]) <= {"JC", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"}


def test_the_outputs_of_the_action_are_those_of_the_script(project: Project) -> None:
    """`check` and `diff`."""
    assert set(described("action.yml")["outputs"]) == set(project.check().outputs)


def test_the_hook_runs_the_check(project: Project) -> None:
    """Its entry and arguments are a command of jc that says what the script says."""
    (hook,) = described(".pre-commit-hooks.yaml")
    words = [*hook["entry"].split(), *hook["args"]]
    assert words[0] == "jc"
    assert hook["pass_filenames"] is False
    assert re.match(hook["files"], "catalogs/offers/acme.yaml")

    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(project.place)}
    command = [sys.executable, "-m", "jc", *words[1:], "--as-of", DAY]
    assert subprocess.run(command, cwd=project.root, env=env, check=False, capture_output=True).returncode == 0
    project.edit("input: 0.15, output: 0.60", "input: -1, output: 0.60")
    assert subprocess.run(command, cwd=project.root, env=env, check=False, capture_output=True).returncode == 1


def test_the_guide_names_inputs_that_exist() -> None:
    """Every input of the table is one of the action, and the other way round."""
    guide = (ROOT / "docs" / "how-to" / "catalog-in-ci.md").read_text()
    table = guide.partition("| input |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == set(described("action.yml")["inputs"])
