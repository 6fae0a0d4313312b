"""Where the difference between two estimates comes from: a tree of classes, of models left and taken, and of keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from jc.simulate.breakdown import money_text, values_by
from jc.simulate.estimate import Estimate
from jc.simulate.paired import Paired, paired
from jc.simulate.simulation import Simulation

MOST_CHILDREN = 12


@dataclass(frozen=True, slots=True)
class Branch:
    """One node: what it is, its cost before and after in pico-dollars, how many requests, what it is made of."""

    name: str
    before: Fraction
    after: Fraction
    requests: int
    children: tuple["Branch", ...] = ()

    @property
    def delta(self) -> Fraction:
        """What the change costs; negative is a saving."""
        return self.after - self.before

    def to_json(self) -> dict[str, Any]:
        """The node as plain values, money as decimal text."""
        return {
            "name": self.name,
            "usd": money_text(self.delta),
            "before_usd": money_text(self.before),
            "after_usd": money_text(self.after),
            "requests": self.requests,
            "children": [child.to_json() for child in self.children],
        }


def explained(simulation: Simulation, before: Estimate, after: Estimate) -> Branch:
    """The difference of two estimates over the requests that both answer at a known cost; the parts add up to it exactly."""
    pair = simulation.pair_of(after) if before is simulation.baseline else paired(after, before, simulation.estimator)
    levels = [values_by(simulation, "class"), _moves(before, after)]
    levels += [values_by(simulation, name) for name in ("key", "org") if name in simulation.cube.grid.split]
    columns = [np.array(level, dtype=object) for level in levels if set(level) != {"–"}]
    return _branch(f"{before.name} → {after.name}", pair, pair.n > 0, columns)


def _moves(before: Estimate, after: Estimate) -> list[str]:
    """For each group the model it leaves and the one it goes to, as they are called in the catalog."""
    old = [*(offer.id for offer in before.offers), "nobody", "another model"]
    new = [*(offer.id for offer in after.offers), "nobody", "as logged"]
    pairs = zip(before.chosen.tolist(), after.chosen.tolist(), strict=True)
    return [
        old[one] if one >= 0 and old[one] == new[other] else f"{_name(old, one)} → {_name(new, other)}" for one, other in pairs
    ]


def _name(names: Sequence[str], code: int) -> str:
    return names[code] if code >= 0 else names[-2] if code == -1 else names[-1]


def _branch(
    name: str,
    pair: Paired,
    here: "np.ndarray[Any, np.dtype[np.bool_]]",
    columns: Sequence["np.ndarray[Any, np.dtype[Any]]"],
) -> Branch:
    children: list[Branch] = []
    if columns:
        column, *rest = columns
        values = dict.fromkeys(column[here].tolist())
        children = [_branch(str(value), pair, here & (column == value), rest) for value in values]
        children.sort(key=lambda child: (-abs(child.delta), child.name))
        children = _joined(children)
    return Branch(name, *pair.sums(here), int(pair.n[here].sum()), tuple(children))


def _joined(children: list[Branch]) -> list[Branch]:
    """The children that matter most; the rest as one, so that they still add up."""
    if len(children) <= MOST_CHILDREN:
        return children
    rest = children[MOST_CHILDREN - 1 :]
    other = Branch(
        f"{len(rest)} others",
        sum((child.before for child in rest), Fraction(0)),
        sum((child.after for child in rest), Fraction(0)),
        sum(child.requests for child in rest),
    )
    return [*children[: MOST_CHILDREN - 1], other]
