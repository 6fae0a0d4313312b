"""Golden command lines: each folder under golden/ holds `cmd`, and what it must print and return.

`make golden` writes them anew; the difference is read before it is committed. In `cmd`, `$FILES` is the case's folder of files,
copied to an empty place in which the command runs.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/cmd"))
# What differs from run to run: durations, versions, temporary names.
_VARIES = [(re.compile(r"\d+(\.\d+)? (ms|s)\b"), "N s"), (re.compile(r"jc \d+\.\d+\.\d+"), "jc X.Y.Z")]


def run_case(case: Path, place: Path) -> dict[str, str]:
    """Run a case's command in an empty place and return what it gave, with varying parts made equal."""
    if (case / "files").is_dir():
        shutil.copytree(case / "files", place, dirs_exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JC_") and name != "FORCE_COLOR"}
    environment.update(COLUMNS="98", NO_COLOR="1", XDG_CACHE_HOME=str(place / ".cache"), XDG_CONFIG_HOME=str(place / ".config"))
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", (case / "cmd").read_text("utf-8")], cwd=place, env=environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    return {"stdout": same(done.stdout), "stderr": same(done.stderr), "exit": f"{done.returncode}\n"}


def same(text: str) -> str:
    """The text with its varying parts made equal."""
    for pattern, word in _VARIES:
        text = pattern.sub(word, text)
    return text


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_golden(case: Path, tmp_path: Path) -> None:
    """The command prints to stdout and stderr, and returns, what its folder holds."""
    got = run_case(case, tmp_path)
    if os.environ.get("JC_GOLDEN") == "write":
        for name, text in got.items():
            (case / name).write_text(text, "utf-8")
    expected = {name: (case / name).read_text("utf-8") for name in got}

    assert expected == got
