"""What a `jc.toml` may hold, and how it is told what is wrong with it."""

from pathlib import Path

import pytest

from jc.config import load_config
from jc.errors import InputError


@pytest.mark.parametrize(("written", "value"), [("1.5", "1.5"), ("2", "2"), ('"0.10"', "0.10")])
def test_a_cap_is_a_number_or_a_text(written: str, value: str, tmp_path: Path) -> None:
    """`max_cost = 1.5` is what anybody writes; a text keeps its digits."""
    (tmp_path / "jc.toml").write_text(f"max_cost = {written}\n", "utf-8")
    assert load_config(tmp_path, {"HOME": str(tmp_path)}).get("max_cost") == value


def test_every_wrong_value_has_its_line_and_a_hint(tmp_path: Path) -> None:
    """Wrong kinds of values are told in one pass, each with what to write instead."""
    (tmp_path / "jc.toml").write_text('judge = 3\nconcurrency = "many"\nmax_cost = true\n', "utf-8")
    with pytest.raises(InputError) as caught:
        load_config(tmp_path, {"HOME": str(tmp_path)})

    told = caught.value.problems
    assert [one.where.line for one in told if one.where is not None] == [1, 2, 3]
    assert [one.message.split(":")[0] for one in told] == [
        "`judge` is not text", "`concurrency` is not a whole number", "`max_cost` is not text"
    ]  # fmt: skip
    assert ['judge = "…"' in told[0].hint, "concurrency = 32" in told[1].hint, "max_cost" in told[2].hint] == [True] * 3
