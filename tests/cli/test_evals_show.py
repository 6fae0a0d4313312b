"""`jc evals show` and `list` tell again what the run told: what is missing, and what nobody can price."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Script


def jc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One call in a folder."""
    env = {**os.environ, "JC_API_KEY": "k", "XDG_CACHE_HOME": str(folder / "cache"), "NO_COLOR": "1", "COLUMNS": "98"}
    command = [sys.executable, "-m", "jc", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_what_is_missing_is_said_again(tmp_path: Path) -> None:
    """A prompt that one model always fails on: exit 3, and `show` names answer, verdicts and the way on; `list` counts it."""
    lines = (json.dumps({"id": f"p{n}", "prompt": f"Question {n}?"}) for n in range(4))
    (tmp_path / "set.jsonl").write_text("\n".join(lines), "utf-8")
    fault = Fault("status", model="stranger", contains="Question 2?", status=400, message="no such thing")
    with FakeProvider(Script(faults=(fault,))) as server:
        run = jc(
            tmp_path, "evals", "run", "-c", "stranger,other", "-p", "set.jsonl", "-j", "judge", "--base-url", server.url,
            "--run-dir", "runs/one", "-q",
        )  # fmt: skip
    shown, listed = jc(tmp_path, "evals", "show", "one"), jc(tmp_path, "evals", "list")

    assert run.returncode == 3
    assert shown.returncode == 0
    assert "warning: no answer of stranger to prompt `p2`: no such thing" in shown.stderr
    assert "warning: 2 verdicts are missing" in shown.stderr
    assert "jc evals resume runs/one" in shown.stderr
    assert listed.stdout.splitlines()[1].split()[-2:] == ["1", "–"]
