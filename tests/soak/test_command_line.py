"""Whatever is given to an option or an argument, the answer is an exit code of the table and words, never a traceback."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.soak.command_lines import BASE, VALUES, attempts, leaves, world
from tests.soak.forks import Done, Forks, environment
from tests.soak.scale import FULL, scaled

ALLOWED = {0, 1, 2, 3, 74}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
EVERY = scaled(120, int(os.environ.get("JC_SOAK_EVERY", "1")))


@pytest.fixture(scope="module")
def place(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that a command wants, and a finished run of the demo; `..` leads into a temporary folder too."""
    folder = tmp_path_factory.mktemp("command-line") / "here"
    folder.mkdir()
    world(folder)
    line = ["evals", "run", "-c", "demo/strong,demo/hasty", "-p", "set.jsonl", "-j", "demo/judge", "--run-dir", "run", "-q"]
    done = forks.run(folder, line, where(folder))
    assert done.code == 0, done.err
    return folder


def where(folder: Path) -> dict[str, str]:
    """The environment of the folder: its own catalog, nobody's key."""
    return environment(folder, JC_CATALOG="catalogs", TMPDIR=str(folder))


def objections(done: Done) -> list[str]:
    """What is wrong with an end."""
    found = []
    if done.code not in ALLOWED:
        found.append(f"exit {done.code}")
    if "Traceback" in done.err or "this is a bug" in done.err:
        found.append(f"traceback: {done.err[-300:]}")
    if done.code in {2, 74} and "error" not in done.err.lower():
        found.append("no word about the error")
    if _CONTROL.search(done.err) or _CONTROL.search(done.out):
        found.append("a control character reaches the terminal")
    found += [f"network: {line}" for line in done.network if "127.0.0.1" not in line]
    return found


def test_every_command_has_arguments_that_work(place: Path, forks: Forks) -> None:
    """What the other test varies is a command that does its work; only the tour and the training of a classifier say no."""
    ends = {name: forks.run(place, [*name.split(), *BASE.get(name, "").split()], where(place)) for name, _ in leaves()}
    refused = {name: done.err for name, done in ends.items() if done.code not in {0, 1}}

    assert set(refused) <= {"demo", "classifier train"}, refused
    assert not [name for name, done in ends.items() if objections(done)]


def test_no_value_of_any_option_ends_in_a_traceback(place: Path, forks: Forks) -> None:
    """Empty, huge, negative, of the wrong type, not UTF-8, like a path: an exit code of the table and words (nightly: all)."""
    slips = []
    codes: Counter[int] = Counter()
    for number, (what, kind, line) in enumerate(attempts()):
        if number % EVERY != number // len(VALUES) % EVERY:
            continue
        done = forks.run(place, line, where(place), timeout=30)
        codes[done.code] += 1
        slips += [f"{what} with {kind}: {slip}" for slip in objections(done)]
    if FULL:
        print(dict(codes))  # noqa: T201  the figure of the nightly run

    assert slips == [], "\n".join(slips)
    assert codes[2] > codes.total() / 3
