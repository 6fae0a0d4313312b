"""A step of a GitHub job: an action's script run as the action runs it, and what it left behind."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Job:
    """What a run of a script left behind."""

    exit: int
    stdout: str
    stderr: str
    summary: str
    outputs: dict[str, str]


def run_script(name: str, cwd: Path, place: Path, **variables: str) -> Job:
    """Run `ci/<name>` in a folder with the variables of its action.

    Summary, outputs and cache go into `place`, and programs that stand there come first.
    """
    command = place / "jc.sh"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jc "$@"\n')
    command.chmod(0o755)
    summary, outputs = place / "summary.md", place / "outputs"
    summary.write_text("")
    outputs.write_text("")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("JC_", "GIT_", "GITHUB_"))}
    env = {
        **inherited, "JC": str(command), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs), "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(place / "cache"),
        "PATH": f"{place}{os.pathsep}{os.environ['PATH']}", **variables,
    }  # fmt: skip
    done = subprocess.run(["bash", str(ROOT / "ci" / name)], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    told = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    return Job(done.returncode, done.stdout, done.stderr, summary.read_text(), told)
