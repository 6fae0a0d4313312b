"""Tables within the width of a terminal."""

import pytest

from jc.report.evals import evals_document
from jc.report.narrow import narrow, shorten
from jc.report.table import Column, Table
from jc.sanitise import display_width
from tests.fakes.eval_run import sample_run

LONG = {"krutrim/meta-llama/Meta-Llama-3-8B-Instruct-Turbo": 1.4, "together/meta-llama/Meta-Llama-3-70B-Instruct": 0.4, "c": 0.1}


def widest(text: str) -> int:
    """The columns of the widest line."""
    return max(display_width(line) for line in text.splitlines())


def wide(names: list[str], columns: int = 4) -> Table:
    """A table of names and figures."""
    heads = (Column("Candidate"), *(Column(f"Figure {k}", "right") for k in range(columns)))
    return Table(heads, [[name, *["12.3%"] * columns] for name in names], "A title that may be longer than the table")


def test_what_fits_stays_as_it_is() -> None:
    """No name is cut and no column goes where there is room."""
    table = wide(["deepseek-v3", "x"])
    assert narrow(table, 98, ("Figure 0",)) == table.text()


def test_names_are_cut_before_columns_go() -> None:
    """A long name keeps both ends, and every column stays."""
    text = narrow(wide(list(LONG)), 72, ("Figure 0",))
    assert widest(text.partition("\n\n")[2]) <= 72
    assert "Figure 0" in text
    assert "krutrim/" in text
    assert "Instruct-Turbo" in text


def test_spare_columns_go_before_the_table_is_taken_apart() -> None:
    """One column too many goes; with nothing to spare the last columns stand below with the names again."""
    table = wide(["deepseek-v3", "mixtral-8x22b"], 6)
    body = narrow(table, 70, ("Figure 2",)).partition("\n\n")[2]
    assert "Figure 2" not in body
    assert body.count("deepseek-v3") == 1
    parts = narrow(table, 50).partition("\n\n")[2]
    assert widest(parts) <= 50
    assert parts.count("deepseek-v3") == 2
    assert all(f"Figure {k}" in parts for k in range(6))


def test_two_names_never_become_one() -> None:
    """Names that differ only in the middle are left whole."""
    names = ["provider/first-of-the-models-v1", "provider/other-of-the-models-v1"]
    text = narrow(wide(names, 5), 60)
    assert all(name in text for name in names)


def test_a_cut_name_keeps_its_ends() -> None:
    """At most as long as asked, never shorter than fourteen."""
    assert shorten("0123456789abcdefghij", 16) == "01234…abcdefghij"
    assert len(shorten("krutrim/meta-llama/Meta-Llama-3-8B", 20)) == 20
    assert len(shorten("krutrim/meta-llama/Meta-Llama-3-8B", 3)) == 14
    assert shorten("short", 3) == "short"


@pytest.mark.parametrize("width", [60, 80, 98, 140])
def test_no_table_of_a_run_is_wider_than_the_terminal(width: int) -> None:
    """Standings, pairs and matrix of a run with long names, at four widths; the file formats keep the names."""
    document = evals_document(sample_run(skills=LONG).summary, width)
    assert document.text is not None
    tables = [line for line in document.text.splitlines() if not line.startswith("Paired differences")]
    assert max(display_width(line) for line in tables) <= width
    assert all(name in (document.markdown or "") for name in LONG)
