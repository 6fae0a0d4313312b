"""A pandas DataFrame as a log: the columns are those of a log, one row is one request."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_WHOLE = 2**53
"""Whole numbers are exact in a float up to here."""


@contextmanager
def frame_file(frame: "pd.DataFrame") -> Iterator[str]:
    """The path of a file with the rows of a DataFrame, as long as it is needed; InputError for anything else.

    The rows go through the same checks as those of any file, so bad ones are counted by reason.
    """
    columns, rows = getattr(frame, "columns", None), getattr(frame, "shape", None)
    if columns is None or rows is None or not hasattr(frame, "to_json"):
        raise InputError(f"a log is a path or a DataFrame, not {type(frame).__name__}")
    with tempfile.TemporaryDirectory(prefix="jc-frame-") as folder:
        yield str(_written(frame.rename(columns=str), Path(folder)))


def _written(frame: "pd.DataFrame", folder: Path) -> Path:
    """As Parquet where each column holds one kind of value, else as JSON lines."""
    import duckdb

    target = folder / "DataFrame.parquet"
    try:
        with duckdb.connect() as connection:
            relation: Any = connection.from_df(_whole(frame))
            relation.write_parquet(str(target))
    except (duckdb.Error, ValueError, TypeError):
        target = folder / "DataFrame.jsonl"
        frame.to_json(target, orient="records", lines=True, date_format="iso", date_unit="us", default_handler=str)
    return target


def _whole(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Counts that pandas keeps as floats because one is missing, as whole numbers again; object columns must be of one kind."""
    import numpy as np
    import pandas as pd

    out = frame.copy(deep=False)
    for name in out.columns:
        column = out[name]
        if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
            filled = column.dropna()
            if len(filled) and (np.abs(filled) < _WHOLE).all() and (filled % 1 == 0).all():
                out[name] = column.astype("Int64")
        elif column.dtype == object and pd.api.types.infer_dtype(column, skipna=True).startswith("mixed"):
            raise ValueError(f"several kinds of values in {name}")
    return out
