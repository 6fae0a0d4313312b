"""Games become units: one score per prompt, pair, judge and epoch, the mean of its two orders.

A disagreement of the two orders is a tie and nothing is judged again to force a winner. A unit with one unreadable order is left
out as a whole, because a single order would let the judge's preference for a place through; a unit of which only one order was
ever played counts as it is.
"""

from typing import NamedTuple

from jc.evals.statistics.values import Game


class Unit(NamedTuple):
    """The outcome for one prompt, pair, judge and epoch; `a` < `b` by name."""

    prompt: str
    a: str
    b: str
    judge: str
    epoch: int
    score_a: float | None
    consistent: bool | None
    """Whether both orders gave the same verdict; None when fewer than two were read."""


def unit_list(games: list[Game]) -> list[Unit]:
    """The units of some games, sorted; for the per-row columns of result files."""
    raise NotImplementedError
