"""Whatever a file holds, the reader gives evidence or one error that says what is wrong."""

import csv
import io
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from jc.errors import InputError
from jc.evals.foreign import Foreign, read_foreign
from jc.evals.statistics.standings import standings
from jc.evals.statistics.values import Rules

NAMES = st.sampled_from(["prompt_id", "a", "b", "score_a", "candidate", "score", "judge", "order", "cluster", "epoch", "x", "y"])
CELLS = st.one_of(
    st.sampled_from(["p1", "p2", "x", "y", "1", "0", "0.5", "", "ab", "nan", "-1e400", "true"]), st.text(max_size=8)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def read_or_refuse(path: Path) -> Foreign | None:
    """The evidence; None after an error with a message, the only kind of error allowed."""
    try:
        return read_foreign(path)
    except InputError as error:
        return None if error.message or error.problems else read_foreign(path)


def survives(name: str, raw: bytes) -> None:
    """Evidence that the statistics can work on, or an InputError with a message; nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        found = read_or_refuse(path)
    if found is None:
        return
    assert found.games or found.marks
    standings(found.evidence(), Rules(draws=10, flips=50))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["f.csv", "f.jsonl", "f.json", "f.tsv", "f"]), st.binary(max_size=200))
def test_any_bytes(name: str, raw: bytes) -> None:
    """Bytes of any kind under any suffix."""
    survives(name, raw)


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=7, unique=True), st.data())
def test_any_sheet(header: list[str], data: st.DataObject) -> None:
    """A sheet with known columns and cells of any kind."""
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=8))
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    survives("f.csv", text.getvalue().encode("utf-8", "surrogatepass"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=7), max_size=6))
def test_any_json(rows: list[dict[str, object]]) -> None:
    """JSON lines with known keys and values of any kind."""
    survives("f.jsonl", "\n".join(json.dumps(row) for row in rows).encode())
