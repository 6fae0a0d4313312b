"""What the lines below an eval's table say of a pair."""

from typing import Any

import pytest

from jc.report.evals import proof_lines


def said(difference: float, more: int | None) -> list[str]:
    """The lines for one undecided pair."""
    pair: dict[str, Any] = {
        "a": "one", "b": "two", "basis": "games", "word": "undecided", "p_holm": 1.0, "more_prompts": more,
        "difference": {"value": difference, "low": -0.2, "high": 0.2},
    }  # fmt: skip
    return proof_lines({"standings": {"pairs": [pair]}})


@pytest.mark.parametrize("difference", [0.0, -0.0, 1e-17])
def test_a_tie_names_no_leader_and_no_number_of_prompts(difference: float) -> None:
    """Where nobody is ahead, neither stands above the other."""
    assert said(difference, 10_695) == ["Not proven: one and two: no difference seen (p = 1.00)"]


def test_a_lead_that_is_not_proven_names_what_would_settle_it() -> None:
    """The one that is ahead stands first."""
    assert said(-0.1, 1200) == ["Not proven: two > one (p = 1.00; about 1,200 more prompts would settle it)"]
