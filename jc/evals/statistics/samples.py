"""For each two candidates the differences that their comparison rests on, one per common prompt."""

from collections.abc import Sequence

import numpy as np

from jc.evals.statistics.intervals import SHARE, Bounds
from jc.evals.statistics.paired import Sample
from jc.evals.statistics.units import Bouts, Floats, Ints, Scores


def samples_of_bouts(rows: Bouts, order: Sequence[int]) -> list[Sample]:
    """One sample per pair of candidates in the order given: their own games, else games against the same opponents.

    A direct difference is 2s − 1, score of `a` minus score of `b`; an indirect one is the mean over common opponents of the
    difference of the two scores against them. Pairs with neither have an empty sample.
    """
    number = len(rows.names.candidates)
    by_pair = _by_pair(rows)
    out = []
    for place, a in enumerate(order):
        for b in order[place + 1 :]:
            where = by_pair.get((min(a, b), max(a, b)))
            name_a, name_b = rows.names.candidates[a], rows.names.candidates[b]
            if where is not None:
                difference = 2 * rows.score[where] - 1
                difference = difference if a < b else -difference
                out.append(Sample(name_a, name_b, "direct", difference, rows.cluster[where]))
            else:
                prompt, difference = _against_others(rows, by_pair, (a, b), number)
                out.append(Sample(name_a, name_b, "indirect", difference, rows.names.cluster_of[prompt]))
    return out


def _by_pair(rows: Bouts) -> dict[tuple[int, int], Ints]:
    number = len(rows.names.candidates)
    code = rows.i * number + rows.j
    by = np.argsort(code, kind="stable")
    codes, starts = np.unique(code[by], return_index=True)
    parts = np.split(by, starts[1:]) if len(codes) else []
    return {divmod(int(one), number): part for one, part in zip(codes, parts, strict=True)}


def _against_others(rows: Bouts, by_pair: dict[tuple[int, int], Ints], pair: tuple[int, int], number: int) -> tuple[Ints, Floats]:
    """Prompts, and per prompt the mean difference of the scores of the two against the opponents that both met there."""
    prompts, differences = [], []
    for other in range(number):
        sides = []
        for one in pair:
            where = by_pair.get((min(one, other), max(one, other)))
            if one == other or where is None:
                break
            sides.append((rows.prompt[where], rows.score[where] if one < other else 1 - rows.score[where]))
        if len(sides) < 2:
            continue
        common, first, second = np.intersect1d(sides[0][0], sides[1][0], assume_unique=True, return_indices=True)
        prompts.append(common)
        differences.append(sides[0][1][first] - sides[1][1][second])
    if not prompts:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    seen, where_to = np.unique(np.concatenate(prompts), return_inverse=True)
    return seen, np.bincount(where_to, np.concatenate(differences)) / np.bincount(where_to)


def bounds_of(scores: Floats) -> Bounds:
    """0 to 1 when all scores lie there, else the smallest and largest that occur (a rating scale, say)."""
    if not scores.size or (scores.min() >= 0 and scores.max() <= 1):
        return SHARE
    return Bounds(float(scores.min()), float(scores.max()))


def reach_of(bounds: Bounds) -> Bounds:
    """Between what a difference of two scores within `bounds` lies."""
    width = bounds.high - bounds.low
    return Bounds(-width, width)


def right_or_wrong(scores: Floats) -> bool:
    """Whether every score is 0 or 1."""
    return bool(np.isin(scores, (0.0, 1.0)).all())


def samples_of_scores(rows: Scores, order: Sequence[int]) -> list[Sample]:
    """One sample per pair of candidates in the order given: difference of the scores on their common prompts."""
    reach = reach_of(bounds_of(rows.score))
    binary = right_or_wrong(rows.score)
    each = {k: rows.of(k) for k in order}
    out = []
    for place, a in enumerate(order):
        for b in order[place + 1 :]:
            common, first, second = np.intersect1d(each[a][0], each[b][0], assume_unique=True, return_indices=True)
            of_a, of_b = each[a][1][first], each[b][1][second]
            out.append(
                Sample(
                    rows.names.candidates[a],
                    rows.names.candidates[b],
                    "scores",
                    of_a - of_b,
                    rows.names.cluster_of[common],
                    right_a=of_a if binary else None,
                    right_b=of_b if binary else None,
                    bounds=reach,
                )
            )
    return out
