"""`jc evals run` as a user runs it: a process, a server on loopback, signals, and the same command again."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jc.evals.results import RESULT_COLUMNS
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Script

TIMES = ["run_id", "latency_ms", "ttft_ms", "queue_ms", "attempts", "started_at", "endpoint"]
KEY = "sk-secret-0123456789"


def write_set(folder: Path, prompts: int) -> None:
    """An evalset of so many prompts."""
    lines = (json.dumps({"id": f"p{n}", "prompt": f"Question {n}?", "cluster": f"c{n % 7}"}) for n in range(prompts))
    (folder / "my-eval-set.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def start(folder: Path, url: str, *more: str) -> subprocess.Popen[str]:
    """The command of the source documents against a server on loopback."""
    environment = {**os.environ, "JC_BASE_URL": url, "JC_API_KEY": KEY, "XDG_CACHE_HOME": str(folder / ".cache"), "NO_COLOR": "1"}
    command = [
        sys.executable, "-m", "jc", "evals", "run", "--candidates", "llama-3.3-70b,deepseek-v3,mixtral-8x22b",
        "--prompts", "./my-eval-set.jsonl", "--judge", "gpt-oss-120b", "--output", "./eval-results.csv", *more,
    ]  # fmt: skip
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], timeout: float = 60) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def rows(folder: Path) -> pd.DataFrame:
    """The results as pandas reads them, without what may differ from run to run."""
    return pd.read_csv(folder / "eval-results.csv").drop(columns=TIMES)


def comparisons(folder: Path) -> list[dict[str, Any]]:
    """The games of the only run, without times."""
    (path,) = folder.glob("runs/*/comparisons.csv")
    with path.open(encoding="utf-8") as source:
        return [
            {name: cell for name, cell in row.items() if name not in {"latency_ms", "attempts"}} for row in csv.DictReader(source)
        ]


def test_the_command_of_the_documents_works_with_a_key(tmp_path: Path) -> None:
    """The exact command answers, judges, writes the CSV with the specified columns, and keeps the key to itself."""
    write_set(tmp_path, 5)
    with FakeProvider(Script(keys=frozenset({KEY}))) as server:
        code, out, err = finish(start(tmp_path, server.url))
        models = Counter(request.model for request in server.requests)

    assert code == 0, err
    assert list(pd.read_csv(tmp_path / "eval-results.csv").columns) == list(RESULT_COLUMNS)
    assert models == {"llama-3.3-70b": 5, "deepseek-v3": 5, "mixtral-8x22b": 5, "gpt-oss-120b": 30}
    assert "Win rate" in out
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert KEY not in out + err


def test_killed_at_random_moments_it_ends_with_the_results_of_an_undisturbed_run(tmp_path: Path) -> None:
    """`kill -9`, then the same command, again and again: no finished call is made twice, and the results are the same."""
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    for folder in (calm, rough):
        folder.mkdir()
        write_set(folder, 30)
    with FakeProvider(Script(latency_s=0.05)) as server:
        code, _out, err = finish(start(calm, server.url, "--concurrency", "8"))
        assert code == 0, err
    (run,) = (calm / "runs").iterdir()
    # The same nonces, so that the scripted judge, which decides by the request's hash, gives the same verdicts.
    folder = rough / "run"
    folder.mkdir(mode=0o700)
    shutil.copy(run / "manifest.json", folder / "manifest.json")
    dice = random.Random(3)
    kills = 0
    with FakeProvider(Script(latency_s=0.05)) as server:
        while True:
            process = start(rough, server.url, "--concurrency", "8", "--run-dir", str(folder))
            try:
                code, _out, err = finish(process, timeout=0.6 + dice.random() * 1.2 if kills < 12 else 60)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                continue
            break
        again = sum(count - 1 for count in server.book.attempts.values())

    assert code == 0, err
    assert kills > 0
    assert again <= kills * 8
    pd.testing.assert_frame_equal(rows(calm), rows(rough))


def test_ctrl_c_finishes_what_is_in_flight_and_names_the_way_on(tmp_path: Path) -> None:
    """SIGINT once ends with 130; the same command then continues without repeating anything."""
    write_set(tmp_path, 40)
    with FakeProvider(Script(latency_s=0.1)) as server:
        process = start(tmp_path, server.url, "--concurrency", "4")
        while len(server.requests) < 12:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        code, _out, err = finish(process)
        assert code == 130
        assert "jc evals resume runs/my-eval-set-" in err
        assert "verdicts were not asked for" in err
        assert "failed" not in err
        assert "could not be read" not in err
        code, _out, err = finish(start(tmp_path, server.url, "--concurrency", "32"))
        again = {unit: count for unit, count in server.book.attempts.items() if count > 1}

    assert code == 0, err
    assert again == {}


def test_sigterm_ends_with_143(tmp_path: Path) -> None:
    """SIGTERM is taken like Ctrl-C, with its own exit code."""
    write_set(tmp_path, 40)
    with FakeProvider(Script(latency_s=0.1)) as server:
        process = start(tmp_path, server.url, "--concurrency", "4")
        while len(server.requests) < 8:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        code, _out, _err = finish(process)

    assert code == 143


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    """With calls that hang, two SIGINTs leave within a second."""
    write_set(tmp_path, 4)
    with FakeProvider(Script(latency_s=30)) as server:
        process = start(tmp_path, server.url)
        while len(server.requests) < 12:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        code, _out, _err = finish(process)

    assert code == 130
    assert time.monotonic() - started < 1.0


def test_a_quiet_demo_run_prints_the_result_and_nothing_else(tmp_path: Path) -> None:
    """With `--quiet` a sound run has an empty stderr: no progress, no leftovers of the server that stopped."""
    command = [
        sys.executable, "-m", "jc", "evals", "run", "-c", "demo/strong,demo/hasty", "-p", "demo", "-j", "demo/judge",
        "--limit", "6", "-q",
    ]  # fmt: skip
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "demo/strong" in done.stdout


def test_a_resume_keeps_the_cap_of_its_run(tmp_path: Path) -> None:
    """`jc evals resume` goes on under the cap that the run was started with, and a larger one finishes it."""
    write_set(tmp_path, 12)
    script = Script(usd_per_mtok={"*": (Decimal(1), Decimal(1))})
    with FakeProvider(script) as server:
        code, _out, err = finish(start(tmp_path, server.url, "--max-cost", "0.004", "--max-tokens", "200", "--run-dir", "r"))
        assert code == 3, err
        asked = len(server.requests)
        environment = {**os.environ, "JC_API_KEY": KEY, "XDG_CACHE_HOME": str(tmp_path / ".cache")}
        command = [sys.executable, "-m", "jc", "evals", "resume", "r"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        capped = len(server.requests)
        more = subprocess.run(
            [*command, "--max-cost", "5"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert done.returncode == 3
    assert capped - asked < 30
    assert more.returncode == 0, more.stderr


def test_a_wrong_format_is_refused_before_any_call(tmp_path: Path) -> None:
    """`--format` is checked with the rest of the command line."""
    write_set(tmp_path, 2)
    with FakeProvider() as server:
        code, _out, err = finish(start(tmp_path, server.url, "--format", "xlsx"))

    assert (code, len(server.requests)) == (2, 0)
    assert "no format `xlsx`" in err


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--candidates", "llama-3.3-70b,deepsek-v9"), 2, "did you mean"),
        (("--temperature", "inf"), 2, "not a finite number"),
        (("--base-url", "notaurl"), 2, "not an http address"),
        (("--output", "nowhere/results.csv"), 74, "there is no folder `nowhere`"),
        (("--prompts", "missing.jsonl"), 2, "there is no file `missing.jsonl`"),
    ],
)
def test_a_mistake_is_one_clear_message_before_any_call(tmp_path: Path, more: tuple[str, ...], code: int, words: str) -> None:
    """A wrong name, an unwritable output and a missing file are told before the first call; nobody is asked."""
    write_set(tmp_path, 2)
    with FakeProvider() as server:
        url = "" if "deepsek-v9" in more[1] else server.url
        got, _out, err = finish(start(tmp_path, url, *more))
        asked = len(server.requests)

    assert got == code
    assert words in err
    assert "Traceback" not in err
    assert asked == 0


def test_a_missing_key_is_named_by_its_variable(tmp_path: Path) -> None:
    """Without a gateway each provider's key variable that is not set is named, all at once."""
    write_set(tmp_path, 2)
    code, _out, err = finish(
        start(tmp_path, "", "--candidates", "openai/gpt-4o,anthropic/claude-sonnet-5", "--judge", "gpt-4o-mini")
    )

    assert code == 2
    assert "OPENAI_API_KEY" in err
    assert "ANTHROPIC_API_KEY" in err
