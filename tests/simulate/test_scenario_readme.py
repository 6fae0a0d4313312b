"""The commands of docs/scenarios/README.md, run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "docs" / "scenarios" / "README.md"


class Shown(NamedTuple):
    """A block of commands with what the page says they print."""

    heading: str
    commands: list[str]
    lines: list[str]


def blocks() -> list[Shown]:
    """All blocks of the page under their headings."""
    found, heading = [], ""
    for part in re.split(r"(?m)^(?=## |```console$)", README.read_text("utf-8")):
        if part.startswith("## "):
            heading = part.partition("\n")[0].removeprefix("## ")
        if part.startswith("```console"):
            body = part.split("```")[1].splitlines()[1:]
            commands = [line.removeprefix("$ ") for line in body if line.startswith("$ ")]
            found.append(Shown(heading, commands, [line for line in body if not line.startswith("$ ")]))
    return found


@pytest.mark.parametrize("heading", sorted({block.heading for block in blocks()}))
def test_the_page_prints_what_it_says(heading: str, tmp_path: Path) -> None:
    """Every line that is shown stands in the output of the block's commands, in that order."""
    environment = {
        **os.environ, "COLUMNS": "98", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1",
    }  # fmt: skip
    for block in (block for block in blocks() if block.heading == heading):
        script = "\n".join(block.commands).replace("/tmp/jc-", f"{tmp_path}/")
        done = subprocess.run(
            ["sh", "-c", script], cwd=ROOT, env=environment, capture_output=True, check=False, text=True, stdin=subprocess.DEVNULL
        )
        said = iter([" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines()])
        for line in block.lines:
            wanted = " ".join(line.split())
            assert any(other.startswith(wanted) for other in said), (line, done.stdout, done.stderr)
