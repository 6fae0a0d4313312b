"""The cheapest model for each class that keeps quality and time: the exact frontier, not a search.

Under a table that routes by class every request's cost, quality and being too slow depend on the model of its own class alone, so
all three add up over the classes. (p95 ≤ T says that at most 5 % of the requests take longer than T, which is a sum too.) Classes
are joined one by one, and what another combination beats in all three is dropped: no combination that is left out can win.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from jc.catalog.model import Offer, RouteTable, Rule, Target
from jc.errors import InputError, Where
from jc.simulate.breakdown import sum_pico
from jc.simulate.choices import Choice, Chooser
from jc.simulate.estimate import Estimate, Estimator
from jc.simulate.quality import Qualities

MOST_POINTS = 20_000
P95 = 0.05
_HERE = Where("optimised")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a table must keep: the share of the best quality that the pool can give, the seconds of p95, the region."""

    min_quality: float = 0.95
    max_p95_s: float | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One class at one model: pico-dollars, quality × requests, requests that take too long, requests."""

    model: str
    cost: Fraction
    quality: float
    slow: float


@dataclass(frozen=True, slots=True)
class Point:
    """One combination: a model for each class, and its sums."""

    models: tuple[str, ...]
    cost: Fraction
    quality: float
    slow: float


@dataclass(slots=True)
class Optimum:
    """The frontier, the chosen point, and what evidence was missing."""

    classes: tuple[str, ...]
    requests: int
    frontier: list[Point]
    chosen: Point | None
    best_quality: float
    estimates: list[tuple[Point, Estimate, RouteTable]] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)
    """Models without a measurement, by class: they could not be weighed."""
    considered: int = 0


def optimise(estimator: Estimator, chooser: Chooser, pool: Sequence[Offer], wanted: Wanted, logged: Estimate) -> Optimum:
    """The frontier of tables over a pool; InputError when no model was measured for a class."""
    book = estimator.book
    classes = [str(one) or "general" for one in book.part("route_class")]
    names = tuple(sorted(set(classes), key=lambda name: -int(book.groups["n"][[one == name for one in classes]].sum())))
    qualities = Qualities(book.catalog, list(pool))
    base = skeleton(pool)
    missing: dict[str, list[str]] = {}
    cells: dict[str, list[Cell]] = {name: [] for name in names}
    for offer in pool:
        table = replace(base, routes={name: Target(model=offer.id) for name in names})
        choice = chooser.choose(table)
        estimate = estimator.of(f"all at {offer.id}", choice, logged)
        if estimate.unpriced or estimate.rejected:
            continue
        slow = _slow_shares(estimator, choice, wanted.max_p95_s)
        for name in names:
            here = np.array([one == name for one in classes])
            share = qualities.share(offer, name)
            if share is None:
                missing.setdefault(name, []).append(offer.id)
                continue
            # Images go to the same model under every table, so they make no difference between two of them.
            quality = share * float(book.groups["n"][here].sum())
            cells[name].append(Cell(offer.id, sum_pico(estimate, here), quality, float(slow[here].sum())))
    without = [name for name in names if not cells[name]]
    if without:
        listed = ", ".join(without)
        raise InputError(
            f"no model of the pool was measured for: {listed}", hint="measure them: jc evals run -c MODELS -p set.jsonl"
        )
    best = sum(max(cell.quality for cell in cells[name]) for name in names)
    points = joined([_undominated(cells[name]) for name in names])
    requests = int(book.groups["n"].sum())
    allowed = [point for point in points if point.slow <= P95 * requests + 1e-9] if wanted.max_p95_s is not None else points
    frontier = _cost_quality(allowed)
    good = [point for point in frontier if point.quality >= wanted.min_quality * best - 1e-9]
    chosen = min(good, key=lambda point: (point.cost, -point.quality)) if good else None
    return Optimum(names, requests, frontier, chosen, best / requests, missing=missing, considered=len(pool))


def skeleton(pool: Sequence[Offer]) -> RouteTable:
    """What all tables share: images go to a model that sees, and what a class's model cannot take falls back to a large one."""
    seeing = [offer for offer in pool if offer.vision]
    large = sorted(pool, key=lambda offer: (not offer.tools, -(offer.context or 0), offer.id))[:2]
    rules = (Rule({"vision": True}, Target(model=seeing[0].id), _HERE),) if seeing else ()
    return RouteTable(
        name="optimised", where=_HERE, description="Chosen by `jc optimize`.", routes={}, rules=rules,
        fallback=tuple(offer.id for offer in large),
    )  # fmt: skip


def _slow_shares(estimator: Estimator, choice: Choice, limit: float | None) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """How many requests of each group take longer than a limit; nothing without a limit."""
    n = estimator.book.groups["n"]
    out = np.zeros(len(n))
    if limit is None:
        return out
    for code in range(len(choice.offers)):
        for shape in np.unique(estimator.book.cube.of_group[choice.chosen == code]).tolist():
            here = (choice.chosen == code) & (estimator.book.cube.of_group == shape)
            alone = replace(choice, chosen=np.where(here, choice.chosen, -1))
            histogram = estimator.latency_of(alone)
            share = histogram.share_above(limit) if histogram is not None else 1.0
            out[here] = n[here] * (share or 0.0)
    return out


def _beats(one: Cell | Point, other: Cell | Point) -> bool:
    """Whether one is at least as good as another in every sum."""
    return one.cost <= other.cost and one.quality >= other.quality and one.slow <= other.slow


def _undominated(cells: Sequence[Cell]) -> list[Cell]:
    kept: list[Cell] = []
    for cell in sorted(cells, key=lambda one: (one.cost, -one.quality, one.slow, one.model)):
        if not any(_beats(other, cell) for other in kept):
            kept.append(cell)
    return kept


def joined(classes: Sequence[Sequence[Cell]]) -> list[Point]:
    """All combinations that no other beats in cost, quality and slow requests; InputError when there are too many to prove."""
    points = [Point((), Fraction(0), 0.0, 0.0)]
    for cells in classes:
        made = [
            Point((*point.models, cell.model), point.cost + cell.cost, point.quality + cell.quality, point.slow + cell.slow)
            for point in points
            for cell in cells
        ]
        points = _pruned(made)
        if len(points) > MOST_POINTS:
            raise InputError(f"{len(points):,} combinations are left to weigh", hint="name a smaller --pool")
    return points


def _pruned(points: list[Point]) -> list[Point]:
    """The points that no other beats. In the order of cost only what came before can beat a point."""
    points.sort(key=lambda one: (one.cost, -one.quality, one.slow, one.models))
    quality, slow = np.empty(len(points)), np.empty(len(points))
    kept: list[Point] = []
    for point in points:
        size = len(kept)
        if size and bool(((quality[:size] >= point.quality) & (slow[:size] <= point.slow)).any()):
            continue
        quality[size], slow[size] = point.quality, point.slow
        kept.append(point)
    return kept


def _cost_quality(points: Sequence[Point]) -> list[Point]:
    """The frontier of cost and quality, the cheapest first."""
    out: list[Point] = []
    for point in sorted(points, key=lambda one: (one.cost, -one.quality, one.models)):
        if not out or point.quality > out[-1].quality + 1e-12:
            out.append(point)
    return out


def confirmed(
    optimum: Optimum, estimator: Estimator, chooser: Chooser, base: RouteTable, logged: Estimate, most: int = 12
) -> None:
    """Estimate the tables of the frontier (at most so many, evenly, with the chosen one) as `jc simulate` would."""
    shown = evenly(optimum.frontier, most, lambda point: point is optimum.chosen)
    for number, point in enumerate(shown, 1):
        table = table_of(optimum.classes, point, base)
        estimate = estimator.of(f"frontier-{number}", chooser.choose(table), logged)
        optimum.estimates.append((point, estimate, table))


def evenly(points: Sequence[Point], most: int, keep: Callable[[Point], bool]) -> list[Point]:
    """At most so many points, the ends among them and those to keep."""
    if len(points) <= most:
        return list(points)
    places = {round(at) for at in np.linspace(0, len(points) - 1, most)}
    return [point for place, point in enumerate(points) if place in places or keep(point)]


def table_of(classes: Sequence[str], point: Point, base: RouteTable) -> RouteTable:
    """The route table of a point."""
    routes = {name: Target(model=model) for name, model in zip(classes, point.models, strict=True)}
    default = "general" if "general" in routes else classes[0]
    return replace(base, routes=routes, default=default)


def table_yaml(table: RouteTable, comments: Mapping[str, str]) -> str:
    """A route table as the YAML that `jc simulate -r` and `jc route --routes` read."""
    lines = [f"# {text}" for text in comments.values()]
    lines += [f"name: {table.name}", "schema_version: 1", f'description: "{table.description}"', "classifier: local"]
    lines += [f"default: {table.default}", "routes:"]
    lines += [f'  {name}: {{model: "{target.model}"}}' for name, target in table.routes.items()]
    lines.append("fallback: [" + ", ".join(f'"{name}"' for name in table.fallback) + "]")
    if table.rules:
        lines.append("rules:")
        lines += [f'  - {{when: {{vision: true}}, model: "{rule.target.model}"}}' for rule in table.rules]
    return "\n".join(lines) + "\n"
