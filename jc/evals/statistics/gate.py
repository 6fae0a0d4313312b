"""The gate of a pipeline: may this change go in?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jc.evals.statistics.against import Changed, Comparison


@dataclass(frozen=True, slots=True)
class Limits:
    """What a gate lets through."""

    margin: float = 0.02
    """A proven loss up to this is let through."""
    min_coverage: float = 0.98
    max_cost_increase: float | None = None
    """0.1 is 10 %; None: cost is not looked at."""


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One question of the gate and its answer, as a sentence."""

    name: Literal["regression", "coverage", "cost", "missing", "judge"]
    candidate: str
    passed: bool
    message: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate's answer with every check behind it."""

    passed: bool
    checks: tuple[GateCheck, ...]


def gate(comparison: Comparison, limits: Limits | None = None, *, unreliable: Sequence[str] = ()) -> Gate:
    """Whether this run may pass: no proven loss beyond the margin, enough coverage, no forbidden rise in cost, nobody missing.

    `unreliable` names the runs whose judges accepted too many control items: nothing that they say opens a gate.
    What is not proven passes, and its message says so. An unknown cost fails a limit on cost: unknown is not zero.
    """
    limits = limits or Limits()
    checks = [GateCheck("missing", name, False, f"`{name}` has no score on a prompt of the base.") for name in comparison.missing]
    checks += [GateCheck("judge", name, False, f"The judge of `{name}` accepts known-bad answers.") for name in unreliable]
    for row in comparison.rows:
        checks.append(_regression(row, limits.margin))
        checks.append(_coverage(row, limits.min_coverage))
        if limits.max_cost_increase is not None:
            checks.append(_cost(row, limits.max_cost_increase))
    return Gate(bool(comparison.rows) and all(check.passed for check in checks), tuple(checks))


def _regression(row: Changed, margin: float) -> GateCheck:
    p = 1.0 if row.p_holm is None else row.p_holm
    points = f"{row.difference.value * 100:+.1f} points, p = {p:.3g}".replace("-", "−", 1 if row.difference.value < 0 else 0)
    worse = row.word == "worse" and row.difference.value < -margin
    if worse:
        message = f"`{row.candidate}` got worse: {points}."
    elif row.word == "worse":
        message = f"`{row.candidate}` got worse within the margin of {margin * 100:g} points: {points}."
    elif row.word == "undecided":
        message = f"`{row.candidate}`: no loss proven: {points}."
    else:
        message = f"`{row.candidate}` is {row.word}: {points}."
    return GateCheck("regression", row.candidate, not worse, message)


def _coverage(row: Changed, least: float) -> GateCheck:
    if row.coverage is None:
        return GateCheck("coverage", row.candidate, False, f"`{row.candidate}`: coverage is not known.")
    said = f"{row.common_prompts:,} of the base's {row.base_prompts:,} prompts are compared, coverage {_down(row.coverage)}%"
    message = f"`{row.candidate}`: {said}; {least * 100:g}% are asked for."
    return GateCheck("coverage", row.candidate, row.coverage >= least, message)


def _down(share: float) -> str:
    """A share in percent, rounded down: what is not enough must not look like enough."""
    return f"{math.floor(share * 1000 + 1e-9) / 10:.1f}"


def _cost(row: Changed, most: float) -> GateCheck:
    increase = row.cost_increase
    if increase is None:
        return GateCheck("cost", row.candidate, False, f"`{row.candidate}`: a cost is not known.")
    change = "from nothing" if increase == float("inf") else f"by {increase * 100:+.1f}%".replace("-", "−")
    message = f"`{row.candidate}`: cost per answer changed {change}; at most +{most * 100:g}% is let through."
    return GateCheck("cost", row.candidate, increase <= most + 1e-12, message)
