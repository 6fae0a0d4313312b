"""Sorting rows by id without touching anything else."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from jc.catalog.documents import document
from jc.catalog.order import in_order, moves
from tests.catalog.sample import FILES


def ordered(text: str) -> str | None:
    """The text of a models file in order."""
    return in_order(document("", "models/acme.yaml", text.encode()))


def test_rows_move_with_their_comments() -> None:
    """A comment directly above a row belongs to it; those of the file stay where they are."""
    text = """\
# The models of acme.
schema_version: 1
lab: acme
models:
  # About b.
  - id: acme/b
    family: b  # inside

  # About a,
  # on two lines.
  - id: acme/a
# The end.
"""
    assert (
        ordered(text)
        == """\
# The models of acme.
schema_version: 1
lab: acme
models:
  # About a,
  # on two lines.
  - id: acme/a
  # About b.
  - id: acme/b
    family: b  # inside

# The end.
"""
    )


def test_a_file_in_order_is_left_alone() -> None:
    """Nothing to do is nothing done."""
    assert ordered(FILES["models/acme.yaml"]) is None


def test_a_file_that_cannot_be_moved_safely_is_left_alone() -> None:
    """Rows in one line, a flawed file, or a result that would say something else: hands off."""
    assert ordered("schema_version: 1\nlab: a\nmodels: [{id: b}, {id: a}]\n") is None
    assert ordered("schema_version: 1\nlab: a\nlab: b\nmodels:\n  - id: b\n  - id: a\n") is None


def test_the_last_row_may_lack_a_line_end() -> None:
    """A file without a final line end gets one where it is needed."""
    assert (
        ordered("schema_version: 1\nlab: a\nmodels:\n- id: b\n- id: a")
        == "schema_version: 1\nlab: a\nmodels:\n- id: a\n- id: b\n"
    )


@given(st.lists(st.text("abc", max_size=3), max_size=12))
def test_the_moves_sort_the_rows_and_are_the_fewest(ids: Sequence[str]) -> None:
    """Doing them gives the sorted list; the rows that stay rise already."""
    found = moves(ids)
    moved = {index for index, _ in found}
    stay = [key for index, key in enumerate(ids) if index not in moved]

    assert stay == sorted(stay)
    assert (found == []) == (list(ids) == sorted(ids))
    for index, after in found:
        assert after is None or after <= ids[index]


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=8, unique=True), st.booleans())
def test_sorting_changes_only_the_order(ids: list[str], indented: bool) -> None:
    """Afterwards the ids are sorted and every line is still there."""
    pad = "  " if indented else ""
    rows = "".join(f"{pad}# about {key}\n{pad}- id: {key}\n{pad}  family: {key}\n" for key in ids)
    text = f"schema_version: 1\nlab: a\nmodels:\n{rows}"
    after = ordered(text) or text

    assert sorted(after.split("\n")) == sorted(text.split("\n"))
    assert [row["id"] for row in document("", "models/acme.yaml", after.encode()).tree["models"]] == sorted(ids)
