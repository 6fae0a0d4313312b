"""Results as pandas DataFrames, for those who ask from Python."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def tables_frame(payload: Mapping[str, Any]) -> "pd.DataFrame":
    """One row for each route table of a payload (`jc.simulate.result.payload`), by its name.

    Objects are flattened (`kept.tools`); money becomes a float in USD: the exact text stays in the payload.
    """
    import pandas as pd

    frame = pd.json_normalize([dict(row) for row in payload["tables"]]).set_index("name")
    return _money(frame.drop(columns=["assumptions"], errors="ignore"))


def breakdown_frame(payload: Mapping[str, Any], dimension: str) -> "pd.DataFrame":
    """One row for each value of a dimension (class, model, key, org, day, hour) and table."""
    import pandas as pd

    return _money(pd.json_normalize([dict(row) for row in payload["by"][dimension]]))


def _money(frame: "pd.DataFrame") -> "pd.DataFrame":
    for name in frame.columns:
        if str(name).endswith("_usd"):
            frame[name] = frame[name].astype(float, errors="ignore")
    return frame
