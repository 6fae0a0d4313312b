"""A DataFrame as a log."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jc.errors import InputError
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from jc.traffic.frames import frame_file
from jc.traffic.read import ReadOptions, open_log
from tests.simulate.worlds import NOW, random_rows, rich_catalog, table_of, written


def counted(frame: pd.DataFrame) -> tuple[int, int, int, dict[str, int]]:
    """Rows used, input and cached tokens, and what was rejected."""
    with frame_file(frame) as path, open_log(path, ReadOptions()) as log:
        log.table([])
        sql = "SELECT sum(input_tokens)::BIGINT AS i, sum(cached_input_tokens)::BIGINT AS c FROM log_rows WHERE NOT suspect"
        sums = log.ask(sql)
        reasons = {reason.value: count for reason, count in log.counts.by_reason.items()}
        return log.counts.used, int(sums["i"][0]), int(sums["c"][0]), reasons


@pytest.mark.parametrize("moment", ["text", "aware", "naive", "epoch"])
def test_a_frame_costs_what_its_file_costs(tmp_path: Path, moment: str) -> None:
    """The same rows as JSON lines and in a DataFrame, whatever its times are, give the same exact costs and counts."""
    rows = random_rows(4, 300)
    frame = pd.DataFrame(rows)
    if moment != "text":
        frame["ts"] = pd.to_datetime(frame["ts"], utc=True)
    if moment == "naive":
        frame["ts"] = frame["ts"].dt.tz_localize(None)
    if moment == "epoch":
        frame["ts"] = frame["ts"].map(dt.datetime.timestamp)
    question = Question("", [("t", table_of())], NOW, allow_unpriced=True)

    from_frame = simulate(question, rich_catalog(), frame)
    from_file = simulate(
        Question(str(written(tmp_path / "log.jsonl", rows)), question.tables, NOW, allow_unpriced=True), rich_catalog()
    )

    assert [one.cost for one in from_frame.estimates] == [one.cost for one in from_file.estimates]
    assert from_frame.counts.used == 300
    assert from_frame.traffic == "DataFrame"


def test_missing_counts_do_not_make_the_others_fractions() -> None:
    """pandas keeps a column with a gap as floats: 7.0 is seven tokens, the gap is none."""
    frame = pd.DataFrame({"input_tokens": [10, 20], "cached_input_tokens": [7, None], "output_tokens": [1, 2]})

    assert counted(frame) == (2, 30, 7, {})


def test_bad_rows_of_a_frame_are_counted_by_reason() -> None:
    """Text, negative and missing tokens in a column of objects."""
    values: list[Any] = [10, "12", -3, None, 1.5, np.inf]
    frame = pd.DataFrame({"input_tokens": pd.Series(values, dtype=object), "output_tokens": 1})

    used, tokens, _, reasons = counted(frame)

    assert (used, tokens) == (1, 10)
    assert sum(reasons.values()) == 5
    assert reasons["negative_tokens"] == 1
    assert reasons["wrong_type"] >= 2


def test_messages_and_tools_may_be_objects() -> None:
    """Lists and dictionaries in cells are read as those of a file."""
    frame = pd.DataFrame(
        {
            "input_tokens": [1, 2],
            "output_tokens": [1, 1],
            "tools": [[{"name": "x"}], []],
            "messages": [[{"role": "user", "content": "hello"}], [{"role": "user", "content": "again"}]],
        }
    )

    assert counted(frame)[:2] == (2, 3)


@pytest.mark.parametrize("thing", [None, 7, [{"input_tokens": 1}]])
def test_anything_else_is_refused(thing: Any) -> None:
    """A list of dictionaries is no log; the message says what is."""
    with pytest.raises(InputError, match="a log is a path or a DataFrame"), frame_file(thing):
        pass


def test_an_empty_frame_holds_no_requests() -> None:
    """As an empty file."""
    with pytest.raises(InputError, match="no requests"):
        counted(pd.DataFrame({"input_tokens": [], "output_tokens": []}))
