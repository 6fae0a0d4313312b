"""Games become units: one score per prompt, pair, judge and epoch, the mean of its two orders.

A disagreement of the two orders is a tie and nothing is judged again to force a winner. A unit with one unreadable order is left
out as a whole, because a single order would let the judge's preference for a place through; a unit of which only one order was
ever played counts as it is. Everything is sorted here, so that nothing after this depends on the order of rows.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.evals.statistics.values import Game, Mark

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_ORDERS = {"ab": 0, "ba": 1, "": 2}
_BLOCK = 8192
_NO_COLUMNS: tuple[Any, ...] = (*[np.zeros(0, dtype=np.int64)] * 6, *[np.zeros(0)] * 2)


class Unit(NamedTuple):
    """The outcome for one prompt, pair, judge and epoch; `a` < `b` by name."""

    prompt: str
    a: str
    b: str
    judge: str
    epoch: int
    score_a: float | None
    """Mean of the two orders; None when an order was unreadable."""
    consistent: bool | None
    """Whether both orders gave the same verdict; None when fewer than two were read."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the codes, each sorted; `cluster_of` gives the cluster of a prompt."""

    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    judges: tuple[str, ...]
    cluster_of: Ints
    clusters: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Games as columns of codes, sorted, with `i` < `j`; `score` is that of `i`, NaN when unread."""

    names: Names
    prompt: Ints
    i: Ints
    j: Ints
    judge: Ints
    epoch: Ints
    order: Ints
    """0: `i` was shown first, 1: `j`, 2: not known."""
    score: Floats
    length: Floats
    """Length of the answer of `i` minus that of `j`, NaN when not known."""
    unit: Ints
    """Number of the unit that each game belongs to."""


@dataclass(frozen=True, slots=True)
class Units:
    """One row per prompt, pair, judge and epoch."""

    names: Names
    prompt: Ints
    i: Ints
    j: Ints
    judge: Ints
    epoch: Ints
    score: Floats
    """Score of `i`; NaN when the unit is left out."""
    length: Floats
    both: Bools
    """Read in both orders."""
    agree: Bools
    """Read in both orders with the same verdict."""
    half: Bools
    """Left out because only one of two orders could be read."""
    by_order: Floats
    """Mean score of `i` in the orders `i` first, `j` first, not known: three columns, NaN where there is none."""


@dataclass(frozen=True, slots=True)
class Bouts:
    """One row per prompt and pair: the mean over judges and epochs. This is what ratings and differences are made of."""

    names: Names
    prompt: Ints
    i: Ints
    j: Ints
    score: Floats
    length: Floats

    @property
    def cluster(self) -> Ints:
        """The cluster of each row."""
        return self.names.cluster_of[self.prompt]


@dataclass(frozen=True, slots=True)
class Scores:
    """One row per prompt and candidate: the mean over what lies behind it."""

    names: Names
    prompt: Ints
    candidate: Ints
    score: Floats

    def of(self, candidate: int) -> tuple[Ints, Floats]:
        """Prompts and scores of one candidate, by prompt."""
        rows = self.candidate == candidate
        return self.prompt[rows], self.score[rows]


class _Numbers(dict[str, int]):
    """Numbers for names in the order in which they come."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number

    def of(self, names: Sequence[str]) -> Ints:
        """The numbers of some names."""
        return np.fromiter(map(self.__getitem__, names), np.int64, len(names))

    def sorted_as(self, names: Sequence[str]) -> Ints:
        """By number, the place of its name among the sorted `names`."""
        place = {name: k for k, name in enumerate(names)}
        return np.fromiter((place[name] for name in self), np.int64, len(self))


def columns(games: Iterable[Game]) -> Columns:
    """Games as sorted columns; ValueError when a candidate plays itself or a prompt has two clusters.

    The games are taken a block at a time: as rows they need five times the memory that they need as columns.
    """
    prompts, players, judges = _Numbers(), _Numbers(), _Numbers()
    families: set[tuple[str, str]] = set()
    rows, blocks = iter(games), []
    while block := list(itertools.islice(rows, _BLOCK)):
        of = dict(zip(Game._fields, zip(*block, strict=True), strict=True))
        families.update(zip(of["prompt"], of["cluster"], strict=True))
        blocks.append(
            (
                prompts.of(of["prompt"]), players.of(of["a"]), players.of(of["b"]), judges.of(of["judge"]),
                np.array(of["epoch"], dtype=np.int64), np.array([_ORDERS[order] for order in of["order"]], dtype=np.int64),
                _floats(of["score_a"]), _floats(of["length_a"]) - _floats(of["length_b"]),
            )
        )  # fmt: skip
    prompt, a, b, judge, epoch, order, score, length = (
        [np.concatenate(parts) for parts in zip(*blocks, strict=True)] if blocks else _NO_COLUMNS
    )
    blocks.clear()
    known = sorted(families)
    names = _names([one for one, _ in known], [cluster for _, cluster in known], players, judges)
    place = players.sorted_as(names.candidates)
    a, b = place[a], place[b]
    if (a == b).any():
        raise ValueError(f"a candidate cannot play itself: {names.candidates[a[a == b][0]]!r}")
    swapped = a > b
    table = {
        "prompt": prompts.sorted_as(names.prompts)[prompt],
        "i": np.minimum(a, b),
        "j": np.maximum(a, b),
        "judge": judges.sorted_as(names.judges)[judge],
        "epoch": epoch,
        "order": np.where(swapped & (order < 2), 1 - order, order),
        "score": np.where(swapped, 1.0 - score, score),
        "length": np.where(swapped, -length, length),
    }
    by = np.lexsort([table[name] for name in reversed(table)])
    ordered = {name: column[by] for name, column in table.items()}
    unit = _groups([ordered[name] for name in ("prompt", "i", "j", "judge", "epoch")])
    return Columns(names, **ordered, unit=unit)


def units(games: Columns) -> Units:
    """One row per prompt, pair, judge and epoch, in sorted order."""
    total = int(games.unit[-1]) + 1 if games.unit.size else 0
    read = ~np.isnan(games.score)
    slot = games.unit * 3 + games.order
    by_order = _mean_by(slot[read], games.score[read], total * 3).reshape(total, 3)
    played = np.bincount(slot, minlength=total * 3).reshape(total, 3) > 0
    seen = ~np.isnan(by_order)
    half = (played[:, :2].all(axis=1)) & (seen[:, :2].sum(axis=1) == 1)
    filled = np.where(seen, by_order, 0.0)
    number = seen.sum(axis=1)
    score = np.full(total, np.nan)
    usable = (number > 0) & ~half
    score[usable] = filled[usable].sum(axis=1) / number[usable]
    both = seen[:, 0] & seen[:, 1]
    known = ~np.isnan(games.length)
    length = _mean_by(games.unit[known], games.length[known], total)
    first = np.searchsorted(games.unit, np.arange(total))
    return Units(
        names=games.names,
        prompt=games.prompt[first],
        i=games.i[first],
        j=games.j[first],
        judge=games.judge[first],
        epoch=games.epoch[first],
        score=score,
        length=length,
        both=both,
        agree=both & (by_order[:, 0] == by_order[:, 1]),
        half=half,
        by_order=by_order,
    )


def bouts(rows: Units) -> Bouts:
    """The usable units averaged over judges and epochs, sorted by prompt and pair."""
    keep = ~np.isnan(rows.score)
    prompt, i, j = rows.prompt[keep], rows.i[keep], rows.j[keep]
    group = _groups([prompt, i, j])
    total = int(group[-1]) + 1 if group.size else 0
    length = rows.length[keep]
    known = ~np.isnan(length)
    first = np.searchsorted(group, np.arange(total))
    return Bouts(
        rows.names,
        prompt[first],
        i[first],
        j[first],
        _mean_by(group, rows.score[keep], total),
        _mean_by(group[known], length[known], total),
    )


def scores_of_bouts(rows: Bouts) -> Scores:
    """Each candidate's mean score per prompt over its opponents: its win rate with ties as one half."""
    prompt = np.concatenate([rows.prompt, rows.prompt])
    candidate = np.concatenate([rows.i, rows.j])
    return _averaged(rows.names, prompt, candidate, np.concatenate([rows.score, 1.0 - rows.score]))


def names_of_marks(marks: Sequence[Mark]) -> Names:
    """The names that occur in marks, also where a mark could not be read; ValueError when a prompt has two clusters."""
    prompts, candidates, _, judges, clusters, _ = zip(*marks, strict=True) if marks else ((),) * len(Mark._fields)
    return _names(prompts, clusters, candidates, judges)


def scores_of_marks(marks: Sequence[Mark], names: Names | None = None) -> Scores:
    """Each candidate's mean mark per prompt over judges and epochs; unread ones are left out. `names` must cover the marks."""
    names = names or names_of_marks(marks)
    score = _floats([m.score for m in marks])
    prompt = _codes([m.prompt for m in marks], names.prompts)
    candidate = _codes([m.candidate for m in marks], names.candidates)
    keep = ~np.isnan(score)
    return _averaged(names, prompt[keep], candidate[keep], score[keep])


def unit_list(games: Sequence[Game]) -> list[Unit]:
    """The units of some games, sorted by prompt, pair, judge and epoch; for the per-row columns of result files."""
    rows = units(columns(games))
    names = rows.names
    out = []
    for k in range(rows.prompt.size):
        score = float(rows.score[k])
        out.append(
            Unit(
                names.prompts[rows.prompt[k]],
                names.candidates[rows.i[k]],
                names.candidates[rows.j[k]],
                names.judges[rows.judge[k]],
                int(rows.epoch[k]),
                None if np.isnan(score) else score,
                bool(rows.agree[k]) if rows.both[k] else None,
            )
        )
    return out


def _averaged(names: Names, prompt: Ints, candidate: Ints, score: Floats) -> Scores:
    by = np.lexsort((score, candidate, prompt))
    prompt, candidate, score = prompt[by], candidate[by], score[by]
    group = _groups([prompt, candidate])
    total = int(group[-1]) + 1 if group.size else 0
    first = np.searchsorted(group, np.arange(total))
    return Scores(names, prompt[first], candidate[first], _mean_by(group, score, total))


def _names(prompts: Sequence[str], clusters: Sequence[str], candidates: Iterable[str], judges: Iterable[str]) -> Names:
    known = sorted(set(zip(prompts, clusters, strict=True)))
    distinct = tuple(sorted(set(prompts)))
    if len(known) != len(distinct):
        twice = next(one[0] for one, other in itertools.pairwise(known) if one[0] == other[0])
        raise ValueError(f"prompt {twice!r} belongs to two clusters")
    # A named cluster and a prompt that stands for itself may have the same name and are still two things.
    labels = [("cluster", cluster) if cluster else ("prompt", prompt) for prompt, cluster in known]
    number = {label: k for k, label in enumerate(sorted(set(labels)))}
    cluster_of = np.array([number[label] for label in labels], dtype=np.int64)
    return Names(distinct, tuple(sorted(set(candidates))), tuple(sorted(set(judges))), cluster_of, len(number))


def _codes(values: Sequence[str], names: Sequence[str]) -> Ints:
    number = {name: k for k, name in enumerate(names)}
    return np.fromiter((number[value] for value in values), np.int64, len(values))


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _groups(keys: Sequence[Ints]) -> Ints:
    """Numbers of the runs of equal rows in sorted columns."""
    size = keys[0].size
    if not size:
        return np.zeros(0, dtype=np.int64)
    new = np.zeros(size, dtype=np.int64)
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.cumsum(new)


def _mean_by(group: Ints, values: Floats, total: int) -> Floats:
    """Mean of the values of each group, NaN for an empty one."""
    number = np.bincount(group, minlength=total)
    sums = np.bincount(group, weights=values, minlength=total)
    out: Floats = np.divide(sums, number, out=np.full(total, np.nan), where=number > 0)
    return out
