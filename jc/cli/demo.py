"""`jc demo`: the whole chain of questions on the embedded endpoint and an invented week of traffic, ending in one HTML page.

It runs the commands that anybody would type, in a folder that stays behind, so that each can be typed again and changed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from jc.cli.options import command
from jc.cli.output import SUFFIXES, Out, problem
from jc.errors import StoppedEarly

_POOL = "demo/strong,demo/solid,demo/hasty"
_LINES = 24
FORMATS = ("table", "json", "jsonl", "csv", "markdown", "html")
"""In which the tour can be told."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the tour: the question it answers (empty: it belongs to the one before), and why it is asked."""

    question: str
    why: str
    words: tuple[str, ...]
    files: tuple[str, ...] = ()
    """Files written beside what is shown, so that the page can tell more than the terminal."""
    result: str = ""
    """The file whose charts belong to the step."""

    @property
    def typed(self) -> str:
        """The command as a person types it."""
        return " ".join(("jc", *(f'"{word}"' if " " in word else word for word in self.words)))


STEPS = (
    Step(
        "What do we send?",
        "An invented team sends a week of requests to its strongest model. The log comes first: everything below rests on it.",
        ("traffic", "synth", "week.yaml", "-o", "traffic.jsonl"),
    ),
    Step("", "", ("traffic", "profile", "traffic.jsonl"), ("profile.json",), "profile.json"),
    Step(
        "Which model is good enough for our prompts?",
        "Three candidates answer 42 prompts, a judge compares them pair by pair in both orders, checks need no judge.",
        ("evals", "run", "-c", _POOL, "-p", "demo", "-j", "demo/judge", "--run-dir", "run", "-q"),
        ("evals.html",),
        "run/summary.json",
    ),
    Step(
        "What did we learn about each model?",
        "The scores become evidence in the catalog, by class, with their source: a file that is reviewed like any other.",
        ("catalog", "import", "evals", "run"),
    ),
    Step("", "", ("catalog", "check", "catalogs")),
    Step(
        "Which model for which class?",
        "The cheapest table that keeps 95 % of the best quality, found exactly, and written as a route table.",
        ("optimize", "traffic.jsonl", "--pool", _POOL, "--min-quality", "0.95", "-o", "best.yaml"),
        ("optimum.json",),
        "optimum.json",
    ),
    Step(
        "Which model answers this?",
        "The same decision function answers one request, without a network, and gives every reason.",
        ("route", "-r", "best.yaml", "--explain", "Prove that the square root of 2 is irrational"),
    ),
    Step(
        "What would the week have cost?",
        "The log is replayed: exact money, estimated time, and the quality that was measured, beside what was paid.",
        ("simulate", "traffic.jsonl", "-r", "best.yaml", "-r", "pin:demo/hasty", "--by", "class"),
        ("simulation.json", "simulation.html"),
        "simulation.json",
    ),
)


def demo(
    out: Out,
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the tour; it must be new or empty.")] = Path("jc-demo"),
) -> None:
    """Take a tour with no key and no network: traffic, evals, evidence, optimum, route, simulation, one HTML page.

    The models, their prices and the traffic are invented; the commands, the statistics and the arithmetic are the real ones.

    \b
    Examples:
      jc demo
      jc demo --folder /tmp/tour
      jc demo -q -o tour.html
    """
    from jc.report.tour import Told, tour_document, tour_page

    if out.format not in FORMATS:
        raise problem(f"no format `{out.format}` here", hint=f"formats: {', '.join(FORMATS)}")
    for path in out.files:
        if SUFFIXES[path.suffix.lower()] not in FORMATS:
            raise problem(f"`--output {path}`: a tour has no such format", hint=f"formats: {', '.join(FORMATS)}")
    _furnished(folder)
    # As it goes on for who watches; for a machine once, at the end.
    live = out.format == "table" and not out.quiet
    told = []
    for step in STEPS:
        if step.question and live:
            out.data(f"\n{step.question}\n{step.why}\n")
        shown = _run(step, folder)
        if live:
            out.data(f"\n$ {step.typed}\n{_shortened(shown)}")
        told.append(Told(step.question, step.why, step.typed, shown, step.result))
    page = folder / "tour.html"
    page.write_text(tour_page(folder, told, {"command": "jc demo"}), "utf-8")
    document = tour_document(told, folder, page)
    out.emit(document, to_stdout=not live)
    if live:
        out.data(f"\nThe whole tour with its charts: {page}\nEverything it wrote is in {folder}; type any command again there.\n")


def _furnished(folder: Path) -> None:
    """Lay out what the tour begins with: a catalog, a scenario, and the settings that name the catalog."""
    from jc.files import shipped

    if folder.exists() and any(folder.iterdir()):
        raise problem(f"`{folder}` is not empty", hint="name a new one with --folder, or remove it")
    shutil.copytree(shipped("evalsets") / "tour", folder, dirs_exist_ok=True)


def _run(step: Step, folder: Path) -> str:
    """What one command prints, both streams as a terminal shows them; StoppedEarly when it fails."""
    words = [sys.executable, "-m", "jc", *step.words, *(word for name in step.files for word in ("-o", name))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JC_")} | {"NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603  this very program
        words, cwd=folder, env=environment, text=True, encoding="utf-8", check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise StoppedEarly(f"`{step.typed}` left with {done.returncode}:\n{done.stdout}", hint=f"try it in `{folder}`")
    return done.stdout


def _shortened(shown: str) -> str:
    lines: Sequence[str] = shown.rstrip("\n").splitlines()
    more = len(lines) - _LINES
    kept = [*lines[:_LINES], f"… {more} more lines"] if more > 1 else lines
    return "".join(f"{line}\n" for line in kept)


def add_to(root: typer.Typer) -> None:
    """Hang the command under the root."""
    command(root, "demo", short_help="Take a tour with no key and no network.")(demo)
