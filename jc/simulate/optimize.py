"""The cheapest model for each class that keeps quality and time: the exact frontier, not a search.

Under a table that routes by class every request's cost, quality and being too slow depend on the model of its own class alone, so
all three add up over the classes. (p95 ≤ T says that at most 5 % of the requests take longer than T, which is a sum too. Quality
is a mean over the requests whose quality is known, so two sums: of quality, and of these requests.) Classes are joined one by
one, and what another combination beats in all of them is dropped: no combination that is left out can win.

One thing does not add up: a session whose requests go to several models leaves its prompt cache behind. There the sums are lower
bounds of the cost, and `jc.simulate.settled` weighs the tables in the order of their bounds until no other can be cheaper.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer, RouteTable, Rule, Target
from jc.catalog.price import blend
from jc.errors import InputError, Where
from jc.routing.classes import ROUTE_CLASSES
from jc.simulate.alone import Alone, told_alone
from jc.simulate.book import Book
from jc.simulate.breakdown import sum_pico
from jc.simulate.choices import Choice, Chooser
from jc.simulate.estimate import Estimate, Estimator
from jc.simulate.quality import Belief, Qualities, believed, confidences, fill, widen
from jc.simulate.uncertainty import fill_intervals

MOST_POINTS = 20_000
P95 = 0.05
_HERE = Where("optimised")
_JUST = 1e-9
_OUTPUT = Decimal("0.2")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a table must keep: the share of the best quality that the pool can give, the seconds of p95, the region."""

    min_quality: float = 0.95
    max_p95_s: float | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One class at one model: pico-dollars, the quality of its judged requests added up, requests that take too long, and how
    many requests are judged: those whose answers come from a model that was measured.
    """

    model: str
    cost: Fraction
    quality: float
    slow: float
    judged: float


@dataclass(frozen=True, slots=True)
class Point:
    """One combination: a model for each class, and its sums."""

    models: tuple[str, ...]
    cost: Fraction
    quality: float
    slow: float
    judged: float
    threshold: float | None = None
    """Below this confidence a request goes where the default class goes; None: the classifier's own thresholds."""

    @property
    def share(self) -> float:
        """The expected quality, 0 to 1: over the judged requests, as a simulation tells it."""
        return self.quality / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A point as a simulation sees its table; `why` says for what it stands: frontier, quality or p95 given up."""

    point: Point
    estimate: Estimate
    table: RouteTable
    why: str = "frontier"


@dataclass(slots=True)
class Optimum:
    """The frontier, the chosen point, and what evidence was missing."""

    classes: tuple[str, ...]
    requests: int
    by_threshold: "Cells"
    frontier: list[Point]
    chosen: Point | None
    best_quality: float
    nearest: dict[str, Point] = field(default_factory=dict)
    """Where nothing keeps all that was asked for: the best that gives up `quality`, and the one that gives up `p95`."""
    shown: list[Shown] = field(default_factory=list)
    missing: dict[str, list[tuple[Fraction, str]]] = field(default_factory=dict)
    """Models without a measurement, by class, with what they would cost: they could not be weighed."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Models that cannot answer this traffic, and why."""
    considered: int = 0
    tried: int = 0
    """Tables that were simulated because sums do not tell their cost."""
    proven: bool = True
    qualities: Qualities | None = None
    """The measurements by which points were weighed."""
    alone: Alone | None = None
    """The quality of the chosen table as `jc simulate` tells it of that table alone."""

    @property
    def cells(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells of every class, with the threshold of what was chosen."""
        return self.by_threshold[self.chosen.threshold if self.chosen is not None else None]


Cells = Mapping[float | None, tuple[tuple[Cell, ...], ...]]
"""For each threshold the cells of every class: what a class's model answers depends on who is sent to the default."""


def optimise(estimator: Estimator, chooser: Chooser, pool: Sequence[Offer], wanted: Wanted, logged: Estimate) -> Optimum:
    """The frontier of tables over a pool; InputError when no model was measured for a class."""
    book = estimator.book
    n = book.groups["n"]
    belief = Belief.of(book)
    sizes = {name: int(n[belief.taken == at].sum()) for at, name in enumerate(belief.names)}
    names = tuple(sorted(sizes, key=lambda name: (-sizes[name], name)))
    qualities = Qualities(book.catalog, list(pool), also=[*pool, *logged.offers])
    places = {limit: routed(book, names, limit) for limit in thresholds_of(book, names)}
    missing: dict[str, list[tuple[Fraction, str]]] = {}
    left_out: dict[str, str] = {}
    bounds = estimator
    if estimator.order is not None:
        bounds = replace(estimator, assumed=replace(estimator.assumed, cache="as-logged"))
    cells: dict[float | None, list[list[Cell]]] = {limit: [[] for _ in names] for limit in places}
    base = skeleton(pool, book.times[-1])
    for offer in pool:
        table = replace(base, routes={name: Target(model=offer.id) for name in names})
        choice = chooser.choose(table)
        estimate = bounds.of(f"all at {offer.id}", choice, logged)
        if estimate.unpriced or estimate.rejected:
            left_out[offer.id] = next(iter(estimate.unpriced.values()), f"rejects {estimate.rejected:,} requests")
            continue
        points = believed(estimate, belief, qualities)
        judged = np.where(np.isnan(points), 0, n)
        points = np.nan_to_num(points) * n
        slow = _slow_shares(estimator, choice, wanted.max_p95_s)
        for name in names:
            if qualities.share(offer, name) is None:
                missing.setdefault(name, []).append((sum_pico(estimate, belief.taken == belief.names.index(name)), offer.id))
        for limit, place in places.items():
            for at in range(len(names)):
                here = place == at
                if _measured(offer, belief, qualities, here):
                    sums = float(points[here].sum()), float(slow[here].sum()), float(judged[here].sum())
                    cells[limit][at].append(Cell(offer.id, sum_pico(estimate, here), *sums))
    _refuse_unmeasured(names, dict(zip(names, cells[None], strict=True)), pool)
    whole = {limit: tuple(map(tuple, found)) for limit, found in cells.items() if all(found)}
    found = frontier_of(names, whole, int(n.sum()), wanted)
    found.missing = {name: sorted(models) for name, models in missing.items()}
    found.left_out, found.considered, found.qualities = left_out, len(pool), qualities
    return found


def _measured(offer: Offer, belief: Belief, qualities: Qualities, here: NDArray[np.bool_]) -> bool:
    """Whether an offer was measured for every class that some groups were taken for."""
    return all(qualities.share(offer, belief.names[at]) is not None for at in np.unique(belief.taken[here]).tolist())


def default_of(names: Sequence[str]) -> str:
    """The class that unsure requests go to."""
    return "general" if "general" in names else names[0]


def thresholds_of(book: Book, names: Sequence[str]) -> tuple[float | None, ...]:
    """The thresholds to weigh: the classifier's own, and every confidence at which the log's prompts are told apart."""
    if not book.cube.grid.classified or len(names) < 2:
        return (None,)
    return (None, 0.0, *(edge for edge in book.cube.grid.confidence_edges if 0 < edge <= 1))


def routed(book: Book, names: Sequence[str], limit: float | None) -> NDArray[np.int64]:
    """The class whose route answers each group, as an index into `names`: unsure ones take the default's, as in `jc route`."""
    taken = np.array([names.index(str(one) or "general") for one in book.part("route_class")], dtype=np.int64)
    if not book.cube.grid.classified:
        return taken
    unsure = np.array(book.part("abstained"), dtype=bool) if limit is None else confidences(book) < limit
    if "agent" in names:
        unsure &= ~((taken == names.index("agent")) & np.array(book.part("tools"), dtype=bool))
    return np.where(unsure, names.index(default_of(names)), taken)


def _refuse_unmeasured(names: Sequence[str], cells: Mapping[str, Sequence[Cell]], pool: Sequence[Offer]) -> None:
    without = [name for name in names if not cells[name]]
    if without:
        models = ",".join(offer.id for offer in pool[:3])
        raise InputError(
            f"no model of the pool was measured for: {', '.join(without)}",
            hint=f"measure them: jc evals run -c {models} -p PROMPTS.jsonl -j JUDGE",
        )


def frontier_of(names: tuple[str, ...], cells: Cells, requests: int, wanted: Wanted) -> Optimum:
    """The frontier over the cells of each class, the cheapest point that keeps what is wanted, the nearest where none does."""
    best = max(best_share(found) for found in cells.values())
    points = _pruned(
        [
            replace(point, threshold=limit)
            for limit, found in cells.items()
            for point in joined([_undominated(one) for one in found])
        ]
    )
    limit = P95 * requests + _JUST if wanted.max_p95_s is not None else float("inf")
    allowed = [point for point in points if point.slow <= limit]
    least = wanted.min_quality * best - _JUST
    good = [point for point in allowed if point.share >= least]
    chosen = min(good, key=lambda point: (point.cost, -point.share)) if good else None
    found = Optimum(names, requests, cells, _cost_quality(allowed), chosen, best)
    if chosen is None:
        if allowed:
            found.nearest["quality"] = min(allowed, key=lambda point: (-point.share, point.cost))
        fine = [point for point in points if point.share >= least]
        if fine:
            found.nearest["p95"] = min(fine, key=lambda point: (point.slow, point.cost))
    return found


def best_share(classes: Sequence[Sequence[Cell]]) -> float:
    """The best quality that any combination has: a ratio of two sums, raised until no class can raise it (Dinkelbach)."""
    best, found = -1.0, 0.0
    while found > best:
        best = found
        picked = [max(cells, key=lambda cell: cell.quality - best * cell.judged) for cells in classes]
        judged = sum(cell.judged for cell in picked)
        found = sum(cell.quality for cell in picked) / judged if judged else 0.0
    return best


def skeleton(pool: Sequence[Offer], at: datetime) -> RouteTable:
    """What all tables share: images go to the cheapest model that sees, and what a class's model cannot take to a large one."""
    seeing = sorted((offer for offer in pool if offer.vision), key=lambda offer: (blend(offer, at, _OUTPUT) or 10**9, offer.id))
    large = sorted(pool, key=lambda offer: (not offer.tools, -(offer.context or 0), offer.id))[:2]
    rules = (Rule({"vision": True}, Target(model=seeing[0].id), _HERE),) if seeing else ()
    return RouteTable(
        name="optimised", where=_HERE, description="Chosen by `jc optimize`.", routes={}, rules=rules,
        fallback=tuple(offer.id for offer in large),
    )  # fmt: skip


def _slow_shares(estimator: Estimator, choice: Choice, limit: float | None) -> NDArray[np.float64]:
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
    """Whether one is at least as good as another, whatever they are joined with.

    A joined quality (Q + x) / (J + y) is no worse with more Q and no more J, and as no quality is above 1, also with more J when
    Q - J is no less: then what is judged beside is made up for.
    """
    cheap = one.cost <= other.cost and one.slow <= other.slow
    return cheap and one.quality >= other.quality and one.quality - one.judged >= other.quality - other.judged


def _undominated(cells: Sequence[Cell]) -> list[Cell]:
    kept: list[Cell] = []
    for cell in sorted(cells, key=lambda one: (one.cost, -one.quality, one.judged, one.slow, one.model)):
        if not any(_beats(other, cell) for other in kept):
            kept.append(cell)
    return kept


def joined(classes: Sequence[Sequence[Cell]]) -> list[Point]:
    """All combinations that no other beats in cost, quality and slow requests; InputError when there are too many to prove."""
    points = [Point((), Fraction(0), 0.0, 0.0, 0.0)]
    for cells in classes:
        made = [
            Point(
                (*point.models, cell.model),
                point.cost + cell.cost,
                point.quality + cell.quality,
                point.slow + cell.slow,
                point.judged + cell.judged,
            )
            for point in points
            for cell in cells
        ]
        points = _pruned(made)
        if len(points) > MOST_POINTS:
            raise InputError(f"{len(points):,} combinations are left to weigh", hint="name a smaller --pool")
    return points


def _pruned(points: list[Point]) -> list[Point]:
    """The points that no other beats. In the order of cost only what came before can beat a point."""
    points.sort(key=lambda one: (one.cost, -one.quality, one.judged, one.slow, one.threshold is not None, one.models))
    quality, lost, slow = np.empty(len(points)), np.empty(len(points)), np.empty(len(points))
    kept: list[Point] = []
    for point in points:
        size = len(kept)
        short = point.judged - point.quality
        good = (quality[:size] >= point.quality) & (lost[:size] <= short)
        if size and bool((good & (slow[:size] <= point.slow)).any()):
            continue
        quality[size], lost[size], slow[size] = point.quality, short, point.slow
        kept.append(point)
    return kept


def _cost_quality(points: Sequence[Point]) -> list[Point]:
    """The frontier of cost and quality, the cheapest first."""
    out: list[Point] = []
    for point in sorted(points, key=lambda one: (one.cost, -one.share, one.models)):
        if not out or point.share > out[-1].share + 1e-12:
            out.append(point)
    return out


def confirmed(
    optimum: Optimum, estimator: Estimator, chooser: Chooser, base: RouteTable, logged: Estimate, most: int = 12
) -> None:
    """Estimate the tables of the frontier (at most so many, evenly, with the chosen one) as `jc simulate` would."""
    points = list(optimum.frontier)
    if optimum.chosen is not None and optimum.chosen not in points:
        points = sorted([*points, optimum.chosen], key=lambda point: (point.cost, point.share))
    kept = evenly(points, most, lambda point: point is optimum.chosen)
    asked = [("frontier", point) for point in kept] + list(optimum.nearest.items())
    for number, (why, point) in enumerate(asked, 1):
        table = table_of(optimum.classes, point, base)
        estimate = estimator.of(f"frontier-{number}", chooser.choose(table), logged)
        estimate.name = f"frontier-{number}" if why == "frontier" else f"nearest-{why}"
        optimum.shown.append(Shown(point, estimate, table, why))
    estimates = [one.estimate for one in optimum.shown]
    if estimator.order is not None:
        optimum.shown = _standing(optimum)
    if estimates and optimum.qualities is not None:
        fill(estimator.book, estimates, optimum.qualities)
        fill_intervals(estimates, logged, estimator)
        widen(estimator.book, estimates, optimum.qualities)
    chosen = next((one.estimate for one in optimum.shown if one.point is optimum.chosen), None)
    optimum.alone = None if chosen is None else told_alone(estimator.book, chosen, logged)


def _standing(optimum: Optimum) -> list[Shown]:
    """What is shown in the order of its simulated cost, without what another now beats; the chosen one stays."""

    def beaten(one: Shown) -> bool:
        others = (other for other in optimum.shown if other is not one and other.why == "frontier")
        cost, quality = one.estimate.cost, one.point.share
        return any(
            other.estimate.cost <= cost
            and other.point.share >= quality
            and (other.estimate.cost, -other.point.share) != (cost, -quality)
            for other in others
        )

    kept = [one for one in optimum.shown if one.why != "frontier" or one.point is optimum.chosen or not beaten(one)]
    return sorted(kept, key=lambda one: (one.why != "frontier", one.estimate.cost))


def evenly(points: Sequence[Point], most: int, keep: Callable[[Point], bool]) -> list[Point]:
    """At most so many points, the ends among them and those to keep."""
    if len(points) <= most:
        return list(points)
    places = {round(at) for at in np.linspace(0, len(points) - 1, most)}
    return [point for place, point in enumerate(points) if place in places or keep(point)]


def table_of(classes: Sequence[str], point: Point, base: RouteTable) -> RouteTable:
    """The route table of a point; classes that the log does not have go where the default goes.

    A model that answers everything is no fallback of itself.
    """
    routes = {name: Target(model=model) for name, model in zip(classes, point.models, strict=True)}
    default = default_of(classes)
    for name in ROUTE_CLASSES:
        routes.setdefault(name, routes[default])
    answering = {target.model for target in (*routes.values(), *(rule.target for rule in base.rules))}
    fallback = tuple(name for name in base.fallback if answering != {name})
    return replace(base, routes=routes, default=default, threshold=point.threshold, fallback=fallback)


def table_yaml(table: RouteTable, comments: Mapping[str, str]) -> str:
    """A route table as the YAML that `jc simulate -r` and `jc route --routes` read."""
    lines = [f"# {text}" for text in comments.values()]
    lines += [f"name: {table.name}", "schema_version: 1", f'description: "{table.description}"', "classifier: local"]
    lines += [f"threshold: {table.threshold:g}"] if table.threshold is not None else []
    lines += [f"default: {table.default}", "routes:"]
    lines += [f'  {name}: {{model: "{target.model}"}}' for name, target in table.routes.items()]
    lines.append("fallback: [" + ", ".join(f'"{name}"' for name in table.fallback) + "]")
    if table.rules:
        lines.append("rules:")
        lines += [f'  - {{when: {{vision: true}}, model: "{rule.target.model}"}}' for rule in table.rules]
    return "\n".join(lines) + "\n"
