"""`jc simulate`, `jc traffic` and `jc optimize` as a user calls them."""

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    {"ts": f"2026-10-05T10:{number % 60:02d}:00Z", "request_id": f"r{number}", "model": "openai/gpt-4o", "route_class": "general",
     "key": f"k{number % 3}", "input_tokens": 500, "output_tokens": 200}
    for number in range(100)
]  # fmt: skip


def jc(*arguments: str, cwd: Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """One call of the command."""
    return subprocess.run([sys.executable, "-m", "jc", *arguments], cwd=cwd, input=stdin, capture_output=True, check=False)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A clean log of a hundred requests."""
    path = tmp_path / "traffic.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_a_log_stands_next_to_a_pin(log: Path) -> None:
    """Data on stdout, the story on stderr: rows in = used + rejected."""
    done = jc("simulate", log.name, "-r", "pin:openai/gpt-4o-mini", "--format", "json", cwd=log.parent)

    values = json.loads(done.stdout)
    assert done.returncode == 0
    assert values["schema"] == "jc.simulation/1"
    assert values["rows"] == {
        "total": 100, "used": 100, "rejected": 0, "by_reason": {}, "unknown_model": 0, "skipped": 0
    }  # fmt: skip
    assert [row["cost_usd"] for row in values["tables"]] == ["0.325", "0.0195"]
    assert b"100 rows in = 100 used + 0 rejected" in done.stderr


def test_limits_exit_with_1_and_say_why(log: Path) -> None:
    """A gate for continuous integration against an earlier result."""
    jc("simulate", log.name, "-r", "pin:openai/gpt-4o-mini", "-o", "old.json", "-q", cwd=log.parent)
    done = jc(
        "simulate", log.name, "-r", "pin:openai/gpt-4o-mini", "--compare-to", "old.json", "--max-p95", "10ms", cwd=log.parent
    )

    assert done.returncode == 1
    assert b"p95" in done.stderr
    assert b"+0.0%" in done.stdout


def test_a_gate_does_not_open_for_what_it_cannot_tell(log: Path) -> None:
    """The same table by another path is compared; a table that is new, another log and refused requests do not pass."""
    table = log.parent / "mine.yaml"
    table.write_text(
        "schema_version: 1\nname: mine\nclassifier: local\nroutes: {general: {model: openai/gpt-4o-mini}}\ndefault: general\n"
    )
    jc("simulate", log.name, "-r", "mine.yaml", "-o", "old.json", "-q", cwd=log.parent)
    table.write_text(table.read_text().replace("gpt-4o-mini", "gpt-4o"))
    gate = ("--compare-to", "old.json", "--max-cost-increase", "5%", "-f", "json")
    path = jc("simulate", log.name, "-r", str(table), *gate, cwd=log.parent)
    new = jc("simulate", log.name, "-r", "five-way", *gate, cwd=log.parent)
    stingy = jc("simulate", log.name, "-r", "mine.yaml", "--budget", "0.01", *gate, cwd=log.parent)
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:50]))
    other = jc("simulate", log.name, "-r", "mine.yaml", *gate, cwd=log.parent)
    shown = jc("simulate", log.name, "-r", "mine.yaml", "--compare-to", "old.json", cwd=log.parent)

    assert (path.returncode, new.returncode, stingy.returncode, other.returncode, shown.returncode) == (1, 2, 1, 2, 0)
    assert b"costs +1566.7%, more than +5.0%" in path.stderr
    assert json.loads(path.stdout)["tables"][1]["table_name"] == "mine"
    assert b"no table `five-way`" in new.stderr
    assert b"it has `as logged`, `mine.yaml`" in new.stderr
    assert b"of the requests at a known cost" in stingy.stderr
    assert b"another log" in other.stderr
    assert json.loads(other.stdout)["limits_unchecked"]
    assert b"warning: the earlier result is of another log" in shown.stderr


def test_too_many_bad_rows_exit_with_2_and_rejects_are_written(log: Path) -> None:
    """Two of 102 rows are bad: more than one percent."""
    with log.open("a") as out:
        out.write('{"input_tokens": -1, "output_tokens": 2, "ts": "2026-10-05T10:00:00Z"}\n{"broken\n')
    allowed = jc("simulate", log.name, "-r", "five-way", "--rejects", "bad.jsonl", cwd=log.parent)
    done = jc("simulate", log.name, "-r", "five-way", "--max-bad", "1%", cwd=log.parent)

    rejected = [json.loads(line) for line in (log.parent / "bad.jsonl").read_text().splitlines()]
    assert [(one["line"], one["reason"]) for one in rejected] == [(101, "negative_tokens"), (102, "truncated_json")]
    assert (allowed.returncode, done.returncode) == (0, 2)


def test_a_truncated_gzip_gives_its_lines_and_exits_with_3(log: Path) -> None:
    """The whole lines are counted, the result is printed, and the file is named."""
    rows = "".join(
        json.dumps({**ROWS[0], "request_id": f"x{number}", "input_tokens": number * 7919 % 5000}) + "\n" for number in range(5000)
    )
    data = gzip.compress(rows.encode())
    (log.parent / "torn.jsonl.gz").write_bytes(data[: len(data) // 2])

    done = jc("simulate", "torn.jsonl.gz", "-r", "five-way", cwd=log.parent)

    assert done.returncode == 3
    assert b"five-way" in done.stdout
    assert b"torn.jsonl.gz" in done.stderr


def test_a_cube_answers_like_its_log(log: Path) -> None:
    """`jc traffic cube` once, then the same costs without the log."""
    made = jc("traffic", "cube", log.name, "-o", "t.cube", cwd=log.parent)
    costs = [
        [
            row["cost_usd"]
            for row in json.loads(jc("simulate", name, "-r", "five-way", "-f", "json", cwd=log.parent).stdout)["tables"]
        ]
        for name in (log.name, "t.cube")
    ]

    assert made.returncode == 0
    assert costs[0] == costs[1]
    assert b"k0" not in (log.parent / "t.cube").read_bytes()


def test_a_scenario_flows_through_a_pipe(tmp_path: Path) -> None:
    """`jc traffic synth … | jc simulate -`."""
    made = jc("traffic", "synth", str(ROOT / "docs" / "scenarios" / "reread-file.yaml"), cwd=tmp_path)
    done = jc("simulate", "-", "-r", "five-way", "-f", "json", cwd=tmp_path, stdin=made.stdout)

    assert json.loads(done.stdout)["traffic"]["input_tokens"] == 66_000


def test_convert_and_profile_other_tools_logs(tmp_path: Path) -> None:
    """A LiteLLM log as canonical lines, and its profile as JSON."""
    source = str(ROOT / "tests" / "traffic" / "fixtures" / "litellm.jsonl")
    lines = jc("traffic", "convert", "litellm", source, cwd=tmp_path).stdout.splitlines()
    profile = json.loads(jc("traffic", "profile", source, "-f", "json", cwd=tmp_path).stdout)

    assert [json.loads(line)["input_tokens"] for line in lines] == [1200, 260]
    assert profile["schema"] == "jc.traffic-profile/1"
    assert profile["rows"]["used"] == 2


def test_optimize_writes_a_table_that_simulate_confirms(log: Path) -> None:
    """The cost that it promises is the cost that the written file has."""
    pool = "openai/gpt-4o,openai/gpt-4o-mini,deepseek-v3"
    found = jc("optimize", log.name, "--pool", pool, "--min-quality", "0.8", "-f", "json", "-o", "t.yaml", cwd=log.parent)
    values = json.loads(found.stdout)
    again = json.loads(jc("simulate", log.name, "-r", "t.yaml", "-f", "json", cwd=log.parent).stdout)

    chosen = next(row for row in values["frontier"] if row["chosen"])
    assert chosen["cost_usd"] == again["tables"][1]["cost_usd"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--slo", "x"], ["--mix", "a=1.5"], ["--by", "colour"], ["--tokens", "some"], ["--at", "noon"], ["--max-bad", "many"],
        ["--outage", "nobody:1-2"], ["--budget", "-1"], ["--window", "0s", "--budget", "1"], ["--park"], ["--engine", "spark"],
        ["--scheduler", "tcp://x"], ["--baseline", "nothing"], ["-r", "nowhere.yaml"], ["--from", "nothing"],
        ["--confusion", "no.json"], ["--limits", "--on-limit", "x"], ["--explain-delta", "--baseline", "five-way"],
        ["--grid-gco2e-per-kwh", "-1"], ["--compare-to", "no.json"], ["--speeds", "no.yaml"], ["--format", "nothing"],
    ],
)  # fmt: skip
def test_wrong_options_exit_with_2_and_a_hint(log: Path, arguments: list[str]) -> None:
    """No traceback, no crash: what is wrong and what to write."""
    done = jc("simulate", log.name, *(["-r", "five-way"] if "-r" not in arguments else []), *arguments, cwd=log.parent)

    assert done.returncode == 2
    assert b"error:" in done.stderr.lower()
    assert b"Traceback" not in done.stderr


def test_a_log_from_before_all_prices_can_be_optimised(log: Path) -> None:
    """Its requests cost what the first known prices say, so its models can be chosen too."""
    old = log.parent / "old.jsonl"
    old.write_text("".join(json.dumps({**row, "ts": str(row["ts"]).replace("2026-10", "2023-11")}) + "\n" for row in ROWS))
    done = jc("optimize", old.name, "--pool", "openai/gpt-4o,openai/gpt-4o-mini", "-f", "json", cwd=log.parent)
    whole = jc("optimize", old.name, "-f", "json", cwd=log.parent)

    assert (done.returncode, whole.returncode) == (0, 0)
    assert json.loads(whole.stdout)["considered"] > 20


def test_names_that_the_catalog_does_not_know_are_told_when_asked(log: Path) -> None:
    """`--verbose` lists them with their requests, otherwise a hint says so; energy becomes CO₂e."""
    with log.open("a") as out:
        out.write(json.dumps({**ROWS[0], "request_id": "x", "model": "nobody/knows"}) + "\n")
    quiet = jc("simulate", log.name, "-r", "pin:deepseek-v3", cwd=log.parent)
    told = jc("simulate", log.name, "-r", "pin:deepseek-v3", "-v", "--grid-gco2e-per-kwh", "360", "-f", "json", cwd=log.parent)

    assert b"name them with --verbose" in quiet.stderr
    assert b"not in the catalog: `nobody/knows`, 1 requests" in told.stderr
    table = json.loads(told.stdout)["tables"][1]
    assert table["co2e_g"] == table["energy_j"] / 10_000


def test_a_page_and_a_tree_come_with_one_command(log: Path) -> None:
    """HTML to a file, the tree on stdout down to the key; a cube has no keys and says the rest."""
    done = jc("simulate", log.name, "-r", "five-way", "--report", "x.html", "--explain-delta", "--sensitivity", cwd=log.parent)
    jc("traffic", "cube", log.name, "-o", "t.cube", cwd=log.parent)
    cube = jc("simulate", "t.cube", "-r", "five-way", "--explain-delta", "--report", "y.html", cwd=log.parent)

    text = done.stdout.decode()
    assert "Where the difference comes from: as logged → five-way" in text
    assert "k0" in text
    assert "What could be otherwise" in text
    assert "What could be otherwise" in (log.parent / "x.html").read_text()
    assert cube.returncode == 0
    assert (log.parent / "y.html").exists()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--budget", "1", "--window", "5"], b"--window 5h"),
        (["--window", "5h"], b"--budget 5.00 --window 5h"),
        (["--window-kind", "fixed"], b"--budget"),
    ],
)
def test_a_window_has_a_unit_and_a_budget(log: Path, arguments: list[str], hint: bytes) -> None:
    """Five what? And of which budget? Neither is guessed; `--slo 2` stays two seconds."""
    done = jc("simulate", log.name, "-r", "five-way", *arguments, cwd=log.parent)
    plain = jc("simulate", log.name, "-r", "five-way", "--slo", "2", "--budget", "1", "--window", "5h", cwd=log.parent)

    assert done.returncode == 2
    assert hint in done.stderr
    assert plain.returncode == 0


def test_a_budget_is_found_beside_the_replay_as_it_is(log: Path) -> None:
    """Without `--budget` nothing is refused, and the smallest one is told."""
    done = jc("simulate", log.name, "-r", "pin:openai/gpt-4o", "--find-budget", "-f", "json", cwd=log.parent)

    table = json.loads(done.stdout)["tables"][1]
    assert (table["over_budget"], table["cost_usd"]) == (0, "0.325")
    assert float(table["smallest_budget_usd"]) > 0
    assert b"no `ts`" not in done.stderr


def test_keys_on_a_flat_plan_are_not_capped(log: Path) -> None:
    """k0 pays by the token and is stopped at its cap; k1 and k2 are on a plan, whose fee is told in every format."""
    told = ("simulate", log.name, "-r", "pin:deepseek/deepseek-chat-v3-0324", "--budget", "0.002", "--on-plan",
            "cheapestinference-pro=k1,k2*", "--by", "key")  # fmt: skip
    done = jc(*told, "-o", "page.html", "-o", "rows.csv", cwd=log.parent)
    table = json.loads(jc(*told, "-f", "json", cwd=log.parent).stdout)["tables"][1]

    assert done.returncode == 0
    assert b"Keys on flat plans, over the time of the log" in done.stdout
    assert b"the fees of flat plans are in the cost" in done.stdout
    assert "Keys on flat plans" in (log.parent / "page.html").read_text()
    assert "fees_usd" in (log.parent / "rows.csv").read_text()
    assert table["over_budget"] > 0
    assert [one["key"] for one in table["stopped"]] == ["k0"]
    assert [(one["keys"], one["covered"], one["over_budget"]) for one in table["on_plans"]] == [(2, 66, 0)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("cheapestinference-pro", b"which keys"), ("cheapestinference-pro=", b"which keys"), ("pro=k1", b"cheapestinference-pro"),
        ("cheapestinference-pro=nobody", b"no key of the log is called `nobody`"),
    ],
)  # fmt: skip
def test_a_plan_needs_a_name_and_keys_that_exist(log: Path, given: str, said: bytes) -> None:
    """Exit 2, and what there is."""
    done = jc("simulate", log.name, "-r", "pin:openai/gpt-4o", "--on-plan", given, cwd=log.parent)

    assert done.returncode == 2
    assert said in done.stderr


def test_a_budget_on_a_log_without_times_warns(log: Path) -> None:
    """Nobody knows which requests came first; no key meets its cap in 1970."""
    rows = [{name: value for name, value in row.items() if name != "ts"} for row in ROWS]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))

    done = jc("simulate", log.name, "-r", "pin:openai/gpt-4o", "--budget", "0.05", cwd=log.parent)

    assert b"warning: the log has no `ts`" in done.stderr
    assert b"Keys that met their cap" in done.stdout
    assert b"1970" not in done.stdout


def test_a_cube_remembers_that_its_classes_are_assumed(log: Path) -> None:
    """The class mix is told when the cube is made, under each table that is asked of it, and by `jc optimize`."""
    rows = [{name: value for name, value in row.items() if name != "route_class"} for row in ROWS]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))

    made = jc("traffic", "cube", log.name, "-o", "t.cube", cwd=log.parent)
    done = jc("simulate", "t.cube", "-r", "five-way", "-f", "json", cwd=log.parent)
    best = jc("optimize", "t.cube", "--pool", "openai/gpt-4o,deepseek-v3", cwd=log.parent)

    said = "the class mix of the guide's workload is assumed (simple 60%"
    assert said in made.stderr.decode()
    assert any(said in line for line in json.loads(done.stdout)["tables"][1]["assumptions"])
    assert said in best.stderr.decode()


def test_a_quality_is_a_share(log: Path) -> None:
    """95 is refused with what was meant; 95% is taken."""
    wrong = jc("optimize", log.name, "--min-quality", "95", cwd=log.parent)
    right = jc("optimize", log.name, "--min-quality", "95%", "--pool", "openai/gpt-4o,deepseek-v3", "-f", "json", cwd=log.parent)

    assert wrong.returncode == 2
    assert "hint: write --min-quality 0.95 or --min-quality 95%" in wrong.stderr.decode()
    assert json.loads(right.stdout)["wanted"]["min_quality"] == 0.95


def test_a_class_that_was_decided_on_few_answers_is_named(log: Path) -> None:
    """With the model, the number of answers of the own eval, and its interval; on the page and in Markdown too."""
    folder = log.parent / "catalogs"
    shutil.copytree(ROOT / "catalogs", folder)
    (folder / "benchmarks" / "mine.yaml").write_text(
        "schema_version: 1\nscores:\n"
        '  - {model: "openai/gpt-4o", benchmark: own_eval/mine, value: 90, interval: [40, 98], n: 6, by: own_eval,'
        " date: 2026-10-01}\n"
        '  - {model: "openai/gpt-4o-mini", benchmark: own_eval/mine, value: 89, interval: [80, 95], n: 60, by: own_eval,'
        " date: 2026-10-01}\n"
    )
    pool = ["--pool", "openai/gpt-4o,openai/gpt-4o-mini", "-C", "catalogs"]
    files = ["-o", "x.html", "-o", "x.md"]
    best = jc("optimize", log.name, *pool, "--min-quality", "1", *files, cwd=log.parent)
    cheap = jc("optimize", log.name, *pool, "--min-quality", "0.9", cwd=log.parent)

    said = "warning: general: openai/gpt-4o was chosen on 6 answers of an own eval (95% interval 40.0% – 98.0%)"
    assert said in best.stderr.decode()
    assert said.removeprefix("warning: ") in (log.parent / "x.md").read_text("utf-8")
    assert said.removeprefix("warning: ") in (log.parent / "x.html").read_text("utf-8")
    assert "was chosen on" not in cheap.stderr.decode()


def test_one_of_a_thing_is_told_as_one(log: Path) -> None:
    """No `1 rows`, no `1 model that are`."""
    log.write_text(json.dumps({**ROWS[0], "model": "nobody/knows"}) + "\n")
    said = jc("simulate", log.name, "-r", "five-way", cwd=log.parent).stderr.decode()

    assert "1 row in = 1 used + 0 rejected" in said
    assert "1 request (100.0%) names 1 model that is not in the catalog" in said


def test_speeds_of_one_origin_are_not_counted_twice(log: Path) -> None:
    """`1 model are 1 the median` is no sentence."""
    shown = jc("simulate", log.name, "-r", "pin:openai/gpt-4o", cwd=log.parent).stdout.decode()

    assert "the speeds of 1 model are the catalog's median" in shown


@pytest.mark.parametrize(
    "line",
    [
        "simulate t.jsonl --mix foo=1", "simulate t.jsonl --mix simple=.5,simple=.5", "simulate t.jsonl --grid-gco2e-per-kwh nan",
        "simulate t.jsonl --grid-gco2e-per-kwh inf", "simulate t.jsonl --max-bad -1%", "simulate t.jsonl --max-bad 101%",
        "simulate t.jsonl --budget 1 --window=", "simulate t.jsonl --by=", "simulate t.jsonl -r=", "simulate t.jsonl --routes ,",
        "simulate t.jsonl --format=", "simulate t.jsonl --report=", "simulate t.jsonl --report .", "simulate t.jsonl --rejects=",
        "simulate t.jsonl --outage openai:14:00-15:30:x3", "simulate t.jsonl --slowdown openai:14:00-15:30",
        "simulate t.jsonl --slowdown openai:14:00-15:30:x0", "simulate t.jsonl --report x.json", "optimize t.jsonl --pool=",
        "traffic convert auto t.jsonl -o x.csv", "traffic convert auto t.jsonl -o x.jsonl.gz",
        "traffic convert auto t.jsonl -f csv",
        "traffic synth week.yaml -o x.parquet", "traffic profile t.jsonl --max-bad 2", "simulate t.jsonl --window 0 --budget 1",
    ],
)  # fmt: skip
def test_odd_values_are_refused_with_one_hint(log: Path, line: str) -> None:
    """None of them is taken for the default, for its opposite or for another format, and nothing is written."""
    shutil.copy(ROOT / "evalsets" / "tour" / "week.yaml", log.parent / "week.yaml")
    log.rename(log.parent / "t.jsonl")
    before = sorted(path.name for path in log.parent.iterdir())
    done = jc(*line.split(), cwd=log.parent)

    assert (done.returncode, done.stderr.count(b"hint:")) == (2, 1), done.stderr
    assert done.stdout == b""
    assert b"--window 0h" not in done.stderr
    assert sorted(path.name for path in log.parent.iterdir()) == before


@pytest.mark.parametrize("words", [("simulate", ""), ("traffic", "profile", ""), ("traffic", "convert", "auto", " ")])
def test_a_log_without_a_name_is_not_this_folder(log: Path, words: tuple[str, ...]) -> None:
    """An empty variable of a script must not replay whatever lies around; `.` is a name."""
    done = jc(*words, cwd=log.parent)

    assert done.returncode == 2
    assert b"the log has no name" in done.stderr
    assert jc("simulate", ".", "-r", "five-way", cwd=log.parent).returncode == 0


def test_a_format_has_the_name_of_its_suffix_too(log: Path) -> None:
    """`-f md` is what `.md` writes."""
    found = [jc("traffic", "profile", log.name, "-f", name, cwd=log.parent) for name in ("md", "markdown")]

    assert found[0].returncode == 0
    assert found[0].stdout == found[1].stdout


def test_convert_says_what_it_detected(log: Path) -> None:
    """As the replay does."""
    done = jc("traffic", "convert", "auto", log.name, cwd=log.parent)

    assert b"traffic.jsonl: read as" in done.stderr
    assert len(done.stdout.splitlines()) == 100


def test_a_dated_id_is_told_how_to_become_known(log: Path) -> None:
    """The offer whose name it begins with, where its aliases stand; with the alias the cost is known."""
    shutil.copytree(ROOT / "catalogs", log.parent / "catalogs")
    log.write_text(log.read_text().replace("openai/gpt-4o", "claude-haiku-4-5-20251001"))
    before = jc("simulate", log.name, "-r", "pin:openai/gpt-4o", "-C", "catalogs", cwd=log.parent)
    offers = log.parent / "catalogs" / "offers" / "anthropic.yaml"
    offers.write_text(offers.read_text().replace("claude-haiku-4.5]", "claude-haiku-4.5, claude-haiku-4-5-20251001]"))
    after = jc("simulate", log.name, "-r", "pin:openai/gpt-4o", "-C", "catalogs", "-f", "json", cwd=log.parent)

    said = before.stderr.decode()
    assert "hint: `claude-haiku-4-5-20251001` looks like a version of `anthropic/claude-haiku-4-5`" in said
    assert "anthropic.yaml:" in said
    assert b"looks like" not in after.stderr
    assert json.loads(after.stdout)["tables"][0]["cost_known"] == 1.0
