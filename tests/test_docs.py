"""Every command in the documentation is run, or at least parsed: a page cannot promise what the product does not do.

A ```console block holds commands after `$ ` and what a terminal shows under them. The commands of a page run from top to
bottom in one fresh folder that holds the `catalogs`, `docs` and `evalsets` of the repository. `…` in a shown line stands for
anything, a line of `…` alone for any lines, and a command that ends in `# exit 1` must leave with that code. Nothing shown
means: it must succeed. Commands that need a key or a server stand in ```sh blocks; those are parsed, but not run.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from jc.cli.main import app, register

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d+)$")


@dataclass(frozen=True, slots=True)
class Example:
    """A command of a page, the code it leaves with, and what the page shows of its output."""

    command: str
    code: int
    shown: str


def name_of(page: Path) -> str:
    """A page by its path in the repository."""
    return str(page.relative_to(ROOT))


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks of a page in some languages."""
    return [body for language, body in _FENCE.findall(page.read_text("utf-8")) if language in languages]


def examples(block: str) -> list[Example]:
    """The commands of a console block with the lines that stand under each."""
    found: list[tuple[list[str], list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found and found[-1][0][-1].endswith("\\"):
            found[-1][0].append(line)
        elif found:
            found[-1][1].append(line)
    return [_example("\n".join(command), shown) for command, shown in found]


def _example(command: str, shown: list[str]) -> Example:
    code = _EXIT.search(command)
    return Example(_EXIT.sub("", command), int(code[1]) if code else 0, "\n".join(shown).strip("\n"))


def pattern(shown: str) -> re.Pattern[str]:
    """What an output must look like to be the one that is shown; runs of spaces are equal."""
    lines = []
    for line in shown.splitlines():
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
        else:
            words = re.escape(" ".join(line.split())).replace(re.escape("…"), ".*?")
            lines.append(words + r"\n")
    return re.compile("".join(lines) + r"\Z")


def flat(text: str) -> str:
    """The lines of a text with single spaces, without empty lines at its ends."""
    return "\n".join(" ".join(line.split()) for line in text.strip("\n").splitlines()) + "\n"


def run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a terminal would, both streams as one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JC_") and name != "FORCE_COLOR"}
    environment.update(COLUMNS="98", NO_COLOR="1", XDG_CACHE_HOME=str(place / ".cache"), XDG_CONFIG_HOME=str(place / ".config"))
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=place, env=environment, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=name_of)
def test_commands_of_a_page_do_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """All commands of a page run in order, leave with the code it says, and print what stands under them."""
    for name in ("catalogs", "docs", "evalsets"):
        (tmp_path / name).symlink_to(ROOT / name)
    for example in (one for block in blocks(page, "console") for one in examples(block)):
        if example.command.startswith(("make ", "git clone ", "pip ")):
            continue
        done = run(example.command, tmp_path)

        assert done.returncode == example.code, f"{example.command}\n{done.stdout}"
        if example.shown:
            assert pattern(example.shown).match(flat(done.stdout)), f"{example.command}\n{done.stdout}"


def commands_of(page: Path) -> list[str]:
    """The lines that call `jc` in the blocks of a page that are not run, continued lines joined."""
    text = "\n".join(blocks(page, "sh", "bash")).replace("\\\n", " ")
    parts = [part.strip() for line in text.splitlines() for part in re.split(r"\|\|?|&&|;", line.split(" #")[0])]
    return [part for part in (re.sub(r"^\$ ", "", one) for one in parts) if part.startswith("jc ")]


@pytest.mark.parametrize("page", [page for page in PAGES if commands_of(page)], ids=name_of)
def test_commands_that_are_not_run_still_parse(page: Path) -> None:
    """Every command and option in the other blocks exists and takes what the page gives it."""
    register()
    root: Any = get_command(app)
    for line in commands_of(page):
        command: Any = root
        words = [word for word in shlex.split(line)[1:] if word not in {">", ">>", "<", "2>"}]
        while hasattr(command, "resolve_command"):
            context = command.make_context("jc", words, resilient_parsing=False)
            _name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(line, words)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A relative link names a file that is there."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    missing = [
        link
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
        if "://" not in link and not link.startswith("mailto:") and not (page.parent / link).exists()
    ]

    assert missing == []


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"\bmake ([a-z]+)", "\n".join(page.read_text("utf-8") for page in PAGES))))
)
def test_targets_that_pages_name_exist(target: str) -> None:
    """A `make` target that a page names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    prose = {"it", "a", "an", "the", "them", "sure", "no", "up", "of", "one", "that", "this", "each", "what", "decisions"}

    assert target in prose or re.search(rf"^{target}:", makefile, re.MULTILINE)
