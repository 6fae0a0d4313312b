"""The page of the reliability programme names tests that exist, and every target of the Makefile that it speaks of is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| what", "| ---"))]


def test_every_test_that_the_page_names_exists() -> None:
    """A row that says where it is held can be looked up: the file is there and defines the test."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    sources = {path: (ROOT / path).read_text("utf-8") for path in {path for path, _ in named} if (ROOT / path).is_file()}

    assert len(named) > 60
    assert not [f"{path}::{name}" for path, name in named if f"def {name}(" not in sources.get(path, "")]


def test_every_row_says_what_holds_it() -> None:
    """Each row has three cells, and the second names a test."""
    assert len(ROWS) > 35
    assert not [row for row in ROWS if len(re.split(r"(?<!\\)\|", row)) != 5]
    assert not [row for row in ROWS if "`tests/" not in row.split("|")[2]]


def test_no_figure_is_left_open() -> None:
    """No placeholder is left where a figure was promised, and the page says when they were measured."""
    assert not re.search(r"@\w+@|TODO|TBD", PAGE)
    assert re.search(r"Figures are of \d{4}-\d\d-\d\d", PAGE)


def test_the_targets_of_the_page_are_in_the_makefile() -> None:
    """`make soak`, `make fuzz` and `make mutants` can be run."""
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert not [name for name in set(re.findall(r"make (\w+)`", PAGE)) if not re.search(rf"^{name}:", makefile, re.MULTILINE)]
