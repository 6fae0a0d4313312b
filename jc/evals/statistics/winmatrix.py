"""Who wins how often against whom: one cell per ordered pair that played."""

import numpy as np

from jc.evals.statistics.intervals import SHARE, clustered_mean
from jc.evals.statistics.units import Bouts, Units
from jc.evals.statistics.values import Cell


def win_matrix(rows: Units, played: Bouts, alpha: float = 0.05) -> tuple[Cell, ...]:
    """Both cells of each played pair, by name: counts of units, mean score with its clustered interval.

    A cell and its mirror add up to 1 in the score and have wins and losses exchanged.
    """
    names = rows.names
    usable = ~np.isnan(rows.score)
    number = len(names.candidates)
    unit_pair = rows.i[usable] * number + rows.j[usable]
    score = rows.score[usable]
    bout_pair = played.i * number + played.j
    cluster = played.cluster
    cells: dict[tuple[int, int], Cell] = {}
    for pair in np.unique(bout_pair):
        i, j = divmod(int(pair), number)
        at = score[unit_pair == pair]
        wins, ties = int(np.sum(at > 0.5)), int(np.sum(at == 0.5))
        losses = at.size - wins - ties
        here = bout_pair == pair
        values, of = played.score[here], cluster[here]
        a, b = names.candidates[i], names.candidates[j]
        cells[i, j] = Cell(a, b, at.size, wins, ties, losses, clustered_mean(values, of, alpha, SHARE))
        cells[j, i] = Cell(b, a, at.size, losses, ties, wins, clustered_mean(1.0 - values, of, alpha, SHARE))
    return tuple(cells[key] for key in sorted(cells))
