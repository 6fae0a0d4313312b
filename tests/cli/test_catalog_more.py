"""`jc catalog diff`, `import`, `drift`, `calendar`, `compare` and `pick` as a user runs them."""

import json
import os
import pty
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.sample import FILES, write
from tests.fakes.repository import commit_all, edit, git

ROOT = Path(__file__).parent.parent.parent
FIXTURES = ROOT / "tests" / "catalog" / "fixtures"
DAY = ("--as-of", "2026-11-20")
NEW_ROW = """\
      - from: 2026-11-20
        status: confirmed
        usd_per_mtok: {input: 0.30, output: 0.60, cache_read: 0.075}
        source: https://acme.example/prices-november
        checked: 2026-11-20
    lifecycle: {released: 2026-06-30}
"""


def environment(cwd: Path) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("JC_", "GIT_"))}
    return {**inherited, "NO_COLOR": "1", "XDG_CACHE_HOME": str(cwd / ".cache"), "PYTHONPATH": str(ROOT)}


def jc(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of `jc catalog`; line ends come as they were sent."""
    command = [sys.executable, "-m", "jc", "catalog", *words]
    done = subprocess.run(command, cwd=cwd, env=environment(cwd), capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository whose `main` holds the sample catalog."""
    write(tmp_path / "catalogs")
    return commit_all(tmp_path)


def remove_old(root: Path) -> None:
    """Delete acme/old, which names its replacement."""
    path = root / "catalogs" / "offers" / "acme.yaml"
    text = path.read_text()
    path.write_text(text[: text.index("  - id: acme/old")] + text[text.index("  - id: acme/small") :])


def diff(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return jc("diff", "main", "-C", "catalogs", *DAY, *words, cwd=root)


def test_nothing_changed(repository: Path) -> None:
    """Said in two lines."""
    done = diff(repository)

    assert (done.returncode, done.stdout) == (0, "Catalog: main → working tree\n\nNothing changed.\n")


def test_a_diff_reads_like_the_mock_up(repository: Path) -> None:
    """Sign, name, tier and region; figures aligned, with their change; what is new, and what replaces what is gone."""
    edit(repository, "    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    remove_old(repository)
    done = diff(repository)

    assert done.returncode == 0
    assert done.stdout == (
        "Catalog: main → working tree\n"
        "\n"
        "~ acme/small  global  from 2026-11-20, confirmed\n"
        "    input  $0.15 → $0.30 per 1M tokens  +100.0%\n"
        "\n"
        "- acme/old  global  replaced by acme/small\n"
    )


def test_two_refs_are_compared(repository: Path) -> None:
    """Neither of them is the working tree."""
    edit(repository, "input: 0.15, output: 0.60", "input: 0.20, output: 0.60")
    git(repository, "commit", "-q", "-a", "-m", "dearer")
    git(repository, "tag", "v2")
    edit(repository, "input: 0.20, output: 0.60", "input: 9.99, output: 0.60")
    done = jc("diff", "main~1", "v2", "-C", "catalogs", *DAY, cwd=repository)

    assert done.stdout.startswith("Catalog: main~1 → v2\n")
    assert "$0.15 → $0.20" in done.stdout
    assert "9.99" not in done.stdout


def traffic(place: Path) -> Path:
    """Ten days of requests on three models, one of them unknown."""
    rows = [
        {"ts": f"2026-10-{day:02}T12:00:00Z", "model": model, "input_tokens": 123_457, "output_tokens": 1_003}
        for day in range(1, 11)
        for model in ("acme/small", "acme/old", "acme/large", "nobody/x")
    ]
    path = place / "traffic.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def cost(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["schema"] == "jc.catalog-diff/1"
    return found


def test_the_cost_is_split_exactly(repository: Path) -> None:
    """Price, swap target and removal sum to the total to the pico-dollar, for the log and for a month of it."""
    edit(repository, "    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    remove_old(repository)
    done = diff(repository, "--traffic", str(traffic(repository)), "--format", "json")
    found = cost(done)["cost"]
    log = {name: Decimal(value) for name, value in found["log"].items()}
    effects = [Decimal(value) for value in found["effects"].values()]

    # acme/small rises by 0.15 USD a million input tokens; acme/old (0.50 / 1.50) is answered by acme/small (0.30 / 0.60).
    assert log["price_usd"] == Decimal(1_234_570) * Decimal("0.15") / 1_000_000
    assert log["removal_usd"] == (Decimal(1_234_570) * Decimal("-0.20") + Decimal(10_030) * Decimal("-0.90")) / 1_000_000
    assert log["swap_target_usd"] == 0
    assert log["price_usd"] + log["removal_usd"] == log["change_usd"] == log["after_usd"] - log["before_usd"]
    assert effects == [3 * log["price_usd"], 0, 3 * log["removal_usd"]]
    assert sum(effects) == Decimal(found["change_usd"]) == Decimal(found["after_usd"]) - Decimal(found["before_usd"])
    assert (found["days"], found["requests"], found["left_out"]) == (10, 30, {"unknown model": 10})
    assert "10 requests are left out of the cost on both sides: unknown model: nobody/x" in done.stderr


def test_a_cube_prices_a_change_like_its_log(repository: Path) -> None:
    """Without the log: all figures to the last digit, as long as the cube is cut where prices change."""
    log, cube = traffic(repository), repository / "t.cube"
    made = subprocess.run(
        [sys.executable, "-m", "jc", "traffic", "cube", str(log), "-o", str(cube), "-C", "catalogs"],
        cwd=repository, env=environment(repository), capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    edit(repository, "    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    remove_old(repository)
    of_log, of_cube = (cost(diff(repository, "--traffic", str(path), "--format", "json"))["cost"] for path in (log, cube))

    assert of_cube["log"] == of_log["log"]
    assert of_cube["effects"] == of_log["effects"]
    assert (of_cube["days"], of_cube["requests"]) == (of_log["days"], of_log["requests"])


def test_fail_on_is_exit_1_and_says_why(repository: Path) -> None:
    """The difference is printed all the same."""
    edit(repository, "    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    log = str(traffic(repository))

    assert diff(repository, "--traffic", log, "--fail-on", "cost>+500%").returncode == 0
    done = diff(repository, "--traffic", log, "--fail-on", "cost>+1%")
    assert done.returncode == 1
    assert done.stderr.endswith("error: the cost rises by 5.5% (`cost>+1%`)\n")
    assert "Cost of " in done.stdout


@pytest.mark.parametrize(
    ("words", "why", "hint"),
    [
        (["mian"], "no git ref `mian`", "did you mean `main`?"),
        (["--", "-x"], "`-x` is not a git ref", "name a branch"),
        (["main", "--fail-on", "cost>5%"], "needs traffic", "--traffic LOG"),
        (["main", "--fail-on", "cheap"], "not a condition", "cost>+5%"),
        (["main", "--swaps", "some"], "no such choice", "log, all or off"),
        (["main", "--as-of", "soon"], "not a day", "2026-06-30"),
        (["main", "--format", "xml"], "no format `xml`", "markdown"),
        (["main", "--traffic", "nowhere.jsonl"], "nowhere.jsonl", ""),
    ],
)
def test_wrong_usage_of_diff_is_exit_2(repository: Path, words: list[str], why: str, hint: str) -> None:
    """One error, one hint."""
    done = jc("diff", "-C", "catalogs", *words, cwd=repository)

    assert done.returncode == 2
    assert why in done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_working_tree_that_cannot_be_read_is_exit_2(repository: Path) -> None:
    """With the line quoted."""
    edit(repository, "input: 0.15, output: 0.60", "input: $0.15, output: 0.60")
    done = diff(repository)

    assert done.returncode == 2
    assert "error: catalogs/offers/acme.yaml:" in done.stderr
    assert "^" in done.stderr


def test_markdown_is_for_a_pull_request(repository: Path) -> None:
    """Headings and tables; names are escaped."""
    edit(repository, "    lifecycle: {released: 2026-06-30}\n", NEW_ROW)
    done = diff(repository, "-o", "diff.md", "-q")

    assert (repository / "diff.md").read_text().splitlines()[:5] == [
        "### Catalog: `main` → `working tree`",
        "",
        "#### Re-priced",
        "",
        "| Model | What | Before | After | Change | Remark |",
    ]
    assert done.returncode == 0


def test_import_writes_a_candidate_and_counts(tmp_path: Path) -> None:
    """The data on stdout, reasons on stderr, the folder sound."""
    done = jc(
        "import", "openrouter", str(FIXTURES / "openrouter.json"), "--output", "candidate", *DAY, "-f", "json", cwd=tmp_path
    )
    found = json.loads(done.stdout)

    assert done.returncode == 0
    assert (found["schema"], found["entries"], found["imported"]) == ("jc.catalog-import/1", 5, 4)
    assert found["skipped"][0]["id"] == "gateway/auto"
    assert "1 skipped: its price is dynamic" in done.stderr
    assert jc("check", "candidate", *DAY, cwd=tmp_path).returncode == 0
    assert (tmp_path / "candidate" / "skipped.csv").read_text().splitlines()[0] == "id,reason"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["litelm", "x.json", "-o", "c"], "did you mean `litellm`?"),
        (["litellm", "none.json", "-o", "c"], "no file `none.json`"),
        (["litellm", "bad.json", "-o", "c"], "not JSON"),
        (["litellm", str(FIXTURES / "models_dev.json"), "-o", "c"], "it looks like models.dev"),
        (["litellm", str(FIXTURES / "litellm.json")], "--output"),
        (["litellm", str(FIXTURES / "litellm.json"), "-o", "full"], "is not empty, and no import wrote it"),
    ],
)
def test_wrong_usage_of_import_is_exit_2(tmp_path: Path, words: list[str], why: str) -> None:
    """Nothing is written."""
    (tmp_path / "bad.json").write_text('{"a": ')
    (tmp_path / "x.json").write_text("{}")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    done = jc("import", *words, cwd=tmp_path)

    assert done.returncode == 2
    assert why in done.stderr
    assert not (tmp_path / "c").exists()
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


def exact(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str, Decimal]]:
    return [(one["id"], one["field"], Decimal(one["theirs_usd"])) for one in json.loads(done.stdout)["drifts"]]


def test_drift_against_a_list_and_against_a_candidate(tmp_path: Path) -> None:
    """The same differences either way; exit 1 beyond the threshold, 0 within it."""
    list_ = str(FIXTURES / "genai_prices.json")
    jc("import", "genai-prices", list_, "-o", "candidate", *DAY, cwd=tmp_path)
    first = jc("drift", "--against", list_, *DAY, "-f", "json", cwd=tmp_path)
    second = jc("drift", "--against", "candidate", *DAY, "-f", "json", cwd=tmp_path)

    assert first.returncode == second.returncode == 1
    assert exact(first) == exact(second)
    assert json.loads(first.stdout)["schema"] == "jc.catalog-drift/1"
    assert jc("drift", "--against", list_, "--threshold", "100000%", *DAY, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--against", "x.json"], "none of the lists"),
        (["--against", "x.json", "--threshold", "much"], "not a percentage"),
        (["--against", str(FIXTURES / "litellm.json"), "--seller", "a"], "not two names"),
    ],
)
def test_wrong_usage_of_drift_is_exit_2(tmp_path: Path, words: list[str], why: str) -> None:
    """One error, one hint."""
    (tmp_path / "x.json").write_text('{"a": 1}')
    done = jc("drift", *words, cwd=tmp_path)

    assert done.returncode == 2
    assert why in done.stderr


def test_the_calendar_in_two_formats(tmp_path: Path) -> None:
    """A table for people, a file with CRLF for calendars; equal stamps give equal files."""
    write(tmp_path / "catalogs")
    words = ("calendar", "-C", "catalogs", "--from", "2026-11-20", "--days", "120", "--stamp", "2026-11-20T00:00Z")
    table, file = jc(*words, cwd=tmp_path), jc(*words, "--ics", "-o", "c.ics", cwd=tmp_path)

    assert "2027-03-01  removal" in table.stdout
    assert file.stdout.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert (tmp_path / "c.ics").read_bytes().decode() == file.stdout
    assert file.stdout.count("BEGIN:VEVENT") == 4
    assert file.stdout == jc(*words, "--ics", cwd=tmp_path).stdout


def test_compare_prints_the_post(tmp_path: Path) -> None:
    """Values, winner and gap; then bars."""
    done = jc("compare", "qwen3.5-397b-a17b", "gpt-5.4", "claude-opus-4-6", *DAY, cwd=tmp_path)
    table = done.stdout.partition("\n\n")[0]
    rows = {line.split("  ")[0]: line for line in table.splitlines()}

    assert rows["MMLU-Pro"].split() == ["MMLU-Pro", "gpt-5.4", "87.8%", "88.5%", "82.0%", "−0.7", "pts"]
    assert rows["Speed"].endswith("1.1x faster")
    assert rows["Input price"].endswith("4.6x cheaper")
    assert rows["Cost per MMLU-Pro point"].split()[-5:] == ["$0.006", "$0.028", "$0.061", "4.6x", "cheaper"]
    assert "  gpt-5.4            88.5%  ██████████████████████████████" in done.stdout


def test_compare_as_csv_json_and_page(tmp_path: Path) -> None:
    """One row per metric and model; a page that stands alone."""
    done = jc("compare", "gpt-5.4,claude-opus-4-6", *DAY, "-f", "csv", "-o", "c.json", "-o", "c.html", cwd=tmp_path)
    found = json.loads((tmp_path / "c.json").read_text())
    page = (tmp_path / "c.html").read_text()

    assert done.stdout.splitlines()[1] == "MMLU-Pro,mmlu-pro,score,percent,openai/gpt-5.4,88.5,true,6.5"
    assert found["schema"] == "jc.catalog-comparison/1"
    assert found["models"] == ["openai/gpt-5.4", "anthropic/claude-opus-4-6"]
    assert "Content-Security-Policy" in page
    assert "Ahead: openai/gpt-5.4" in page


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["gpt-5.4", "gtp-5"], "no model `gtp-5`"),
        (["gpt-5.4", "--per", "mmlu-por"], "did you mean `mmlu-pro`?"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_of_compare_is_exit_2(tmp_path: Path, words: list[str], why: str) -> None:
    """Names are suggested, never guessed."""
    done = jc("compare", *words, cwd=tmp_path)

    assert done.returncode == 2
    assert why in done.stderr


def test_pick_by_job_and_by_needs(tmp_path: Path) -> None:
    """The first line is the pick."""
    assert jc("pick", "--job", "rag", *DAY, cwd=tmp_path).stdout.splitlines()[0] == "llama-3.3-70b-instruct"
    done = jc("pick", "--vision", "--long-context", "1000000", *DAY, "-f", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert found["schema"] == "jc.catalog-pick/1"
    assert found["pick"]["id"] == "google/gemini-2.5-flash"
    assert {"id": "meta-llama/llama-4-scout", "why": "holds 131,072 tokens of context, not 1,000,000", "named": True} in found[
        "excluded"
    ]


def test_a_need_that_nothing_meets_is_exit_1(tmp_path: Path) -> None:
    """The answer is no."""
    done = jc("pick", "--max-latency", "0.01", *DAY, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (1, "Nothing meets these needs.\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [([], "nothing to pick for"), (["--job", "raag"], "did you mean `rag`?"), (["--max-latency", "soon"], "not a time"),
     (["--embeddings", "--images"], "exclude each other")],
)  # fmt: skip
def test_wrong_usage_of_pick_is_exit_2(tmp_path: Path, words: list[str], why: str) -> None:
    """Off a terminal nothing is asked."""
    done = jc("pick", *words, cwd=tmp_path)

    assert done.returncode == 2
    assert why in done.stderr


def test_on_a_terminal_the_tree_is_asked(tmp_path: Path) -> None:
    """Questions one by one until the first yes; they go to the terminal, the pick to stdout."""
    write(tmp_path / "catalogs", {**FILES, "jobs.yaml": TREE})
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "jc", "catalog", "pick", "-C", "catalogs", *DAY]
    running = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True
    )
    os.close(theirs)
    os.write(ours, b"n\nperhaps\ny\n")
    out, _ = running.communicate(timeout=60)
    asked = os.read(ours, 65536).decode()
    os.close(ours)

    assert running.returncode == 0
    assert out.splitlines()[0] == "acme/large"
    assert asked.index("Images?") < asked.index("Large documents?")
    assert "Never asked?" not in asked


TREE = """\
schema_version: 1
jobs: []
tree:
  - {id: images, question: "Images?", models: [acme/small], needs: {vision: true}}
  - {id: large, question: "Large documents?", models: [acme/large], needs: {long_context: 500000}}
  - {id: never, question: "Never asked?", models: [acme/old]}
  - {id: default, models: [acme/small]}
"""


def test_drift_that_compares_nothing_does_not_say_that_all_is_well(tmp_path: Path) -> None:
    """No offer of a reseller's list is one of ours: told as that, with what to do."""
    done = jc("drift", "--against", str(FIXTURES / "openrouter.json"), *DAY, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (0, "Nothing could be compared.\n")
    assert "Compared 0 prices of 0 offers" in done.stderr
    assert "hint: name its sellers with `--seller THEIRS=OURS`" in done.stderr


def test_a_free_offer_says_why_and_claims_no_gap(tmp_path: Path) -> None:
    """What costs nothing has a reason instead of a price; only what is neither free nor priced is unknown."""
    free = jc("show", "local/llama-3.1-8b", *DAY, cwd=tmp_path).stdout
    unknown = jc("show", "baai/bge-large", *DAY, cwd=tmp_path).stdout

    assert "\nFree        now: runs on your own machine\n" in free
    assert "No price is known." not in free
    assert "No price is known." in unknown


def test_the_list_keeps_within_a_terminal_and_whole_in_a_pipe(tmp_path: Path) -> None:
    """Long ids are cut in the middle where the width is known; a pipe gets them whole."""
    command = [sys.executable, "-m", "jc", "catalog", "list", *DAY]
    piped = {key: value for key, value in environment(tmp_path).items() if key != "COLUMNS"}
    narrow = subprocess.run(command, env={**piped, "COLUMNS": "98"}, capture_output=True, text=True, check=True, cwd=tmp_path)
    whole = subprocess.run(command, env=piped, capture_output=True, text=True, check=True, cwd=tmp_path)
    long = "krutrim/meta-llama/Llama-4-Scout-17B-16E-Instruct"

    assert max(map(len, narrow.stdout.splitlines())) <= 98
    assert long not in narrow.stdout
    assert long in whole.stdout
    assert len(narrow.stdout.splitlines()) == len(whole.stdout.splitlines())
