"""Results as DataFrames."""

from decimal import Decimal
from pathlib import Path

import pytest

from jc.simulate.frames import breakdown_frame, tables_frame
from jc.simulate.result import payload
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from tests.simulate.worlds import NOW, random_rows, rich_catalog, table_of, written


def test_tables_and_breakdowns_come_as_frames(tmp_path: Path) -> None:
    """One row a table, money as numbers; the classes of a table add up to it."""
    log = str(written(tmp_path / "log.jsonl", random_rows(1, 200)))
    question = Question(log, [("t", table_of())], NOW, allow_unpriced=True, by=("class",))
    values = payload(simulate(question, rich_catalog()), by=("class",))

    tables, classes = tables_frame(values), breakdown_frame(values, "class")

    assert list(tables.index) == ["as logged", "t"]
    assert tables.loc["t", "cost_usd"] == float(Decimal(values["tables"][1]["cost_usd"]))
    assert classes[classes["table"] == "t"]["cost_usd"].sum() == pytest.approx(tables.loc["t", "cost_usd"])
