"""`jc catalog check` as a continuous-integration job uses it: exit codes, formats, and comparing with a git ref."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalog.sample import FILES, write
from tests.fakes.repository import commit_all, edit, git

DAY = ("--as-of", "2026-11-20")


def jc(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `jc catalog`."""
    command = [sys.executable, "-m", "jc", "catalog", *words]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("JC_", "GIT_"))}
    env = {**inherited, "NO_COLOR": "1", "XDG_CACHE_HOME": str(cwd / ".cache"), "PYTHONPATH": os.getcwd(), **environment}  # noqa: PTH109
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository whose `main` holds the sample catalog."""
    write(tmp_path / "catalogs")
    (tmp_path / ".gitignore").write_text(".cache\n")
    return commit_all(tmp_path)


def test_a_sound_catalog_is_exit_0(repository: Path) -> None:
    """Nothing found, with and without a base."""
    for more in ((), ("--base", "main"), ("--strict",)):
        done = jc("check", "catalogs", *DAY, *more, cwd=repository)
        assert (done.returncode, done.stdout, done.stderr) == (0, "Checked 3 models in 11 files: no findings.\n", "")


def test_warnings_are_exit_1_only_when_strict(repository: Path) -> None:
    """A warning alone does not fail a build, unless asked to."""
    edit(repository, "{input: 0.15, output: 0.60, cache_read: 0.075}", "{input: 0.60, output: 0.15, cache_read: 0.075}")

    assert jc("check", "catalogs", *DAY, cwd=repository).returncode == 0
    assert jc("check", "catalogs", *DAY, "--strict", cwd=repository).returncode == 1


def test_a_rewritten_price_is_found_beside_its_base(repository: Path) -> None:
    """Without a base the new figure is as good as the old one."""
    edit(repository, "{input: 0.15, output: 0.60", "{input: 0.18, output: 0.60")

    assert jc("check", "catalogs", *DAY, cwd=repository).returncode == 0
    done = jc("check", "catalogs", *DAY, "--base", "main", "--format", "json", cwd=repository)

    (found,) = json.loads(done.stdout)["findings"]
    assert done.returncode == 1
    assert (found["rule"], found["file"], found["line"], found["column"]) == ("JC951", "catalogs/offers/acme.yaml", 62, 31)


def test_the_json_has_its_fields(repository: Path) -> None:
    """Schema, version, day, findings and counts, also when there is nothing to tell."""
    body = json.loads(jc("check", "catalogs", *DAY, "--format", "json", cwd=repository).stdout)

    assert body["schema"] == "jc.catalog-check/1"
    assert body["as_of"] == "2026-11-20"
    assert body["findings"] == []
    assert body["counts"] == {"errors": 0, "warnings": 0, "notes": 0, "files": 11, "models": 3, "offers": 5}


@pytest.mark.parametrize(
    ("ref", "words"),
    [("nope", "no git ref `nope`"), ("--help", "not a git ref"), ("main~5", "no git ref `main~5`"), ("", "is given no value")],
)
def test_a_ref_that_is_none_is_exit_2(repository: Path, ref: str, words: str) -> None:
    """An unknown or odd ref is a usage error with one hint, never a traceback."""
    done = jc("check", "catalogs", f"--base={ref}", cwd=repository)

    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_a_ref_without_catalog_is_exit_2(repository: Path) -> None:
    """The message names the ref and the folder."""
    git(repository, "rm", "-q", "-r", "catalogs")
    git(repository, "commit", "-q", "-m", "gone")
    write(repository / "catalogs")
    done = jc("check", "catalogs", "--base", "main", cwd=repository)

    assert done.returncode == 2
    assert "`main` holds no catalog in `catalogs`" in done.stderr


def test_a_shallow_clone_says_how_to_deepen(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The usual mistake of a workflow is answered with its cure."""
    edit(repository, "# The big one.", "# The biggest one.")
    git(repository, "commit", "-q", "-a", "-m", "more")
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", "--depth", "1", f"file://{repository}", ".")
    done = jc("check", "catalogs", "--base", "HEAD~1", cwd=clone)

    assert done.returncode == 2
    assert "shallow" in done.stderr


def test_no_repository_is_exit_2(tmp_path: Path) -> None:
    """Comparing needs a repository; checking does not."""
    write(tmp_path / "catalogs")

    assert jc("check", "catalogs", *DAY, cwd=tmp_path).returncode == 0
    done = jc("check", "catalogs", "--base", "main", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert done.returncode == 2
    assert "git repository" in done.stderr


def test_a_broken_base_does_not_hide_todays_findings(repository: Path) -> None:
    """A mistake that was merged before does not make the next pull request uncheckable."""
    edit(repository, "wire_id: small-2026", "wire_id: [")
    git(repository, "commit", "-q", "-a", "-m", "a slip")
    edit(repository, "wire_id: [", "wire_id: small-2026")
    edit(repository, "input: 0.15", "input: -1")
    done = jc("check", "catalogs", *DAY, "--base", "main", cwd=repository)

    assert done.returncode == 1
    assert "price-negative" in done.stdout


def test_findings_go_to_files_by_their_suffix(repository: Path) -> None:
    """One run writes SARIF for code scanning and Markdown for the summary, and annotations to stdout."""
    edit(repository, "input: 0.15, output: 0.60, cache_read: 0.075", "input: 0, output: 0.60")
    done = jc("check", "catalogs", *DAY, "-f", "github", "-o", "out.sarif", "-o", "out.md", cwd=repository)

    assert done.returncode == 1
    assert done.stdout.startswith("::error file=catalogs/offers/acme.yaml,line=62,col=31,title=price-zero (JC302)::")
    assert "| catalogs/offers/acme.yaml:62:31 | error | JC302 price-zero |" in (repository / "out.md").read_text()
    run = json.loads((repository / "out.sarif").read_text())["runs"][0]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "JC302"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "catalogs/offers/acme.yaml"},
        "region": {"startLine": 62, "startColumn": 31},
    }


def test_fix_writes_nothing_but_the_order(repository: Path) -> None:
    """After `--fix` the same rows stand in order, and a second run changes nothing."""
    before = FILES["models/acme.yaml"]
    rows = before.index("  - id: acme/open"), before.index("  - id: acme/small")
    path = repository / "catalogs/models/acme.yaml"
    path.write_text(before[: rows[0]] + before[rows[1] :] + before[rows[0] : rows[1]])

    first = jc("check", "catalogs", *DAY, "--fix", cwd=repository)
    assert (first.returncode, first.stderr) == (0, "Sorted `catalogs/models/acme.yaml`.\n")
    assert path.read_text() == before
    assert jc("check", "catalogs", *DAY, "--fix", cwd=repository).stderr == ""


def test_hostile_names_do_not_act_on_a_terminal(repository: Path) -> None:
    """An escape sequence in a value is shown, not sent, in every format."""
    edit(
        repository,
        "status: confirmed\n        usd_per_mtok: {input: 0.15",
        'status: "\\e]0;x\\a"\n        usd_per_mtok: {input: 0.15',
    )
    for fmt in ("text", "github", "markdown", "csv", "json", "sarif"):
        done = jc("check", "catalogs", *DAY, "--format", fmt, cwd=repository)
        assert done.returncode == 1
        assert "\x1b" not in done.stdout
        assert "\x07" not in done.stdout


def test_the_schemas_are_written_and_then_current(repository: Path) -> None:
    """After `schema --write` the check has nothing to say about them; a changed one is an error."""
    assert jc("schema", "--write", "-C", "catalogs", cwd=repository).returncode == 0
    assert jc("check", "catalogs", *DAY, cwd=repository).returncode == 0
    (repository / "catalogs/.schema/plans.json").write_text("{}")

    done = jc("check", "catalogs", *DAY, cwd=repository)
    assert done.returncode == 1
    assert "catalogs/.schema/plans.json" in done.stdout
