"""The cheapest table where sums are only bounds: sessions that change models lose their prompt cache, so costs do not add up.

A class that stays with one model keeps its cache, so the sum over the classes is never more than what the table costs. Tables are
simulated in the order of that bound; when the next bound is not below the cheapest cost found, no table can be cheaper.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from jc.catalog.model import RouteTable
from jc.simulate.choices import Chooser
from jc.simulate.estimate import Estimate, Estimator
from jc.simulate.optimize import P95, Cell, Optimum, Point, Wanted, table_of

MOST_TRIED = 150
_MOST_LOOKED_AT = 200_000


def settle(optimum: Optimum, estimator: Estimator, chooser: Chooser, base: RouteTable, wanted: Wanted, logged: Estimate) -> None:
    """Choose again by simulated costs where a cache makes the sums bounds; says whether the choice is proven."""
    if optimum.chosen is None or estimator.order is None:
        return
    best: tuple[Fraction, Point] | None = None
    bounds = [(replace(point, threshold=limit) for point in by_bound(cells)) for limit, cells in optimum.by_threshold.items()]
    for number, point in enumerate(heapq.merge(*bounds, key=lambda point: point.cost)):
        if best is not None and point.cost >= best[0]:
            break
        if number >= _MOST_LOOKED_AT or optimum.tried >= MOST_TRIED:
            optimum.proven = False
            break
        if not kept(point, optimum, wanted):
            continue
        optimum.tried += 1
        cost = estimator.of("tried", chooser.choose(table_of(optimum.classes, point, base)), logged).cost
        if best is None or cost < best[0]:
            best = cost, point
    if best is not None:
        chosen = best[1].models, best[1].threshold
        same = (point for point in optimum.frontier if (point.models, point.threshold) == chosen)
        optimum.chosen = next(same, replace(best[1], cost=best[0]))


def kept(point: Point, optimum: Optimum, wanted: Wanted) -> bool:
    """Whether a combination keeps the quality and the time that are wanted."""
    fast = wanted.max_p95_s is None or point.slow <= P95 * optimum.requests + 1e-9
    return fast and point.share >= wanted.min_quality * optimum.best_quality - 1e-9


def by_bound(classes: Sequence[Sequence[Cell]]) -> Iterator[Point]:
    """All combinations, the cheapest sum first: each is reached once, from its cheaper neighbour in the last class that moved."""
    ordered = [sorted(cells, key=lambda cell: (cell.cost, cell.model)) for cells in classes]
    start = (0,) * len(ordered)
    heap = [(sum((cells[0].cost for cells in ordered), Fraction(0)), start)]
    seen = {start}
    while heap:
        cost, places = heapq.heappop(heap)
        chosen = [cells[at] for cells, at in zip(ordered, places, strict=True)]
        models = tuple(cell.model for cell in chosen)
        quality, slow, judged = (sum(getattr(cell, name) for cell in chosen) for name in ("quality", "slow", "judged"))
        yield Point(models, cost, quality, slow, judged)
        for number, at in enumerate(places):
            if at + 1 < len(ordered[number]):
                following = (*places[:number], at + 1, *places[number + 1 :])
                if following not in seen:
                    seen.add(following)
                    step = ordered[number][at + 1].cost - ordered[number][at].cost
                    heapq.heappush(heap, (cost + step, following))
