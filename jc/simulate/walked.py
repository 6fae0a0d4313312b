"""What became of the rows of a log, one by one, under a table: refused, sent elsewhere, made to wait."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from jc.simulate.served import Served
from jc.simulate.subscribed import OnPlan
from jc.traffic.histogram import Histogram

MOST_KEYS, MOMENTS = 8, 72


def spent_over_time(
    us: NDArray[np.int64], key: NDArray[np.int64], pico: NDArray[np.int64], keys: list[str]
) -> dict[str, list[tuple[int, int]]]:
    """For the keys that spend most what each had spent at evenly spread moments."""
    if not len(us):
        return {}
    total = np.bincount(key, weights=pico.astype(np.float64), minlength=len(keys))
    moments = np.linspace(int(us.min()), int(us.max()), MOMENTS).astype(np.int64)
    found = {}
    for code in np.argsort(-total, kind="stable")[:MOST_KEYS].tolist():
        here = np.flatnonzero(key == code)
        if len(here):
            upto = np.concatenate(([0], np.cumsum(pico[here])))
            at = np.searchsorted(us[here], moments, side="right")
            found[keys[code]] = list(zip(moments.tolist(), upto[at].tolist(), strict=True))
    return found


@dataclass(frozen=True, slots=True)
class Stopped:
    """A key that met its cap: when first, how many requests were refused, what they would have cost."""

    key: str
    first_us: int
    requests: int
    pico: int


@dataclass(slots=True)
class Walk:
    """What became of the rows under one table."""

    pico: NDArray[np.int64]
    """What the answered requests of each group are billed for, in pico-dollars."""
    by_token: NDArray[np.int64]
    """What they would be billed for if no key were on a flat plan."""
    served: Served
    """Who answered how many requests of each group."""
    refusals: NDArray[np.int64]
    """The requests of each group that a budget refused."""
    losses: NDArray[np.int64]
    """The requests of each group that nothing answered because of an outage or a limit of the minute."""
    row_cost: NDArray[np.float64]
    """What every row of the sample is billed for, in its order; zero for those of models that the catalog does not know."""
    answered: NDArray[np.bool_]
    """Which rows of the sample were answered, in its order; none of those of models that the catalog does not know."""
    refused: int
    degraded: int
    parked: int
    fell_back: int
    lost: int
    """Requests that nothing answered because of an outage."""
    turned_away: int
    """Requests over an offer's limits of the minute that went nowhere else."""
    given_up: int
    """Requests that took longer than the timeout where they went first."""
    waits_s: NDArray[np.float64]
    latency: Histogram | None
    mean_s: float | None
    stopped: list[Stopped]
    rows: int
    stalled: float
    """The share of the requests under a budget per key that it refused or parked; those on a flat plan aside."""
    plans: tuple[OnPlan, ...]
    """What became of the keys of each flat plan."""
    timed_group: NDArray[np.int32]
    """The groups of the answered rows, in the order of `seconds`."""
    seconds: NDArray[np.float64] | None
    """How long each answered row took with its waits; None where a speed is not known."""
    timeline: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """For the keys that spend most: moments (µs since 1970) with what had been spent until then, in pico-dollars."""

    @property
    def cost(self) -> Fraction:
        """What all answers are billed for, in pico-dollars."""
        return Fraction(sum(self.pico.tolist()))
