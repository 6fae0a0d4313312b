"""How good the answers would be: what was measured of each model for each class, and what a misrouted request costs.

Quality is a share of a hundred points of the measurement that most of the models in question have for a class, own evals first.
Nothing is imputed: requests whose model was not measured are left out, and the share of the others is told.
"""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Catalog, Offer
from jc.errors import InputError
from jc.routing.quality import Judged, judged
from jc.simulate.book import Book
from jc.simulate.estimate import Estimate, answered_of, served_by
from jc.simulate.intervals import Interval
from jc.simulate.served import Served
from jc.tiers.bands import Evidence

Confusion = Mapping[str, Mapping[str, float]]
"""For each true class the share of prompts that the classifier takes for each class."""
_LEAST_KNOWN = 0.5
_LEAST_ANSWERED = 0.1


@dataclass(slots=True)
class Qualities:
    """Points of models by class, over the models of all estimates, so that estimates compare on the same measurement."""

    catalog: Catalog
    offers: Sequence[Offer]
    by_class: Mapping[str, Sequence[Offer]] = field(default_factory=dict)
    """The offers that answer a class, where not all of `offers` do."""
    also: Sequence[Offer] = ()
    """Offers that get points without a say in what is measured: those of the log itself."""
    _judged: dict[str, Judged] = field(default_factory=dict)

    def of(self, route_class: str) -> Judged:
        """The measurement of a class: that which most of the catalog has where it says enough, so that the quality of a table
        does not depend on what it is compared with; else that which most of the offers in question have.
        """
        if route_class not in self._judged:
            evidence, offers = Evidence(self.catalog), list(self.by_class.get(route_class) or self.offers)
            wide = judged(self.catalog, evidence, everyone(self.catalog), route_class, self.also)
            own = judged(self.catalog, evidence, offers, route_class, self.also)
            covered = sum(offer.id in wide.points for offer in offers)
            self._judged[route_class] = wide if covered and covered >= len(own.points) else own
        return self._judged[route_class]

    def share(self, offer: Offer, route_class: str) -> float | None:
        """The quality of an offer for a class, 0 to 1; None when it was not measured."""
        points = self.of(route_class).points_of(offer.id)
        return None if points is None else points / 100

    def doubt(self, offer: Offer, route_class: str) -> tuple[float, float] | None:
        """How far below and above its quality an offer may truly lie (95 %, as shares); None when its score has no interval."""
        found = self.of(route_class).doubts.get(offer.id)
        return None if found is None else (float(found[0]) / 100, float(found[1]) / 100)

    def measures(self) -> str:
        """Which measurement stands for which class, in words."""
        found = [f"{name} by {judged.measure}" for name, judged in self._judged.items() if judged.measure]
        return ", ".join(found)


def everyone(catalog: Catalog) -> list[Offer]:
    """All offers that take and give text and are no demonstration."""
    return [one for one in catalog.offers.values() if one.kind != "demo" and "text" in one.input and "text" in one.output]


def answering(book: Book, estimates: Sequence[Estimate]) -> dict[str, list[Offer]]:
    """For each class the offers that answer a tenth of it or more under some estimate; the others decide no measurement."""
    found: dict[str, dict[str, Offer]] = {}
    names = np.array([name or "general" for name in book.part("route_class")], dtype=object)
    n = book.groups["n"]
    for estimate in estimates:
        served = served_by(estimate, book.groups)
        for name in dict.fromkeys(names.tolist()):
            here = names == name
            for code, offer in enumerate(served.offers):
                if served.sums["n"][here[served.group] & (served.code == code)].sum() >= _LEAST_ANSWERED * n[here].sum():
                    found.setdefault(name, {})[offer.id] = offer
    return {name: list(offers.values()) for name, offers in found.items()}


def read_confusion(path: Path) -> dict[str, dict[str, float]]:
    """The shares of `jc classifier score --format json`: for each true class, how often it is taken for each class.

    InputError when the file holds no such matrix.
    """
    hint = "write one with `jc classifier score LABELLED.jsonl -o FILE.json`"
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path}` is no JSON", hint=hint) from error
    matrix = found.get("confusion") if isinstance(found, dict) else None
    if not isinstance(matrix, dict) or not all(_is_row(row) for row in matrix.values()):
        raise InputError(f"`{path}` holds no confusion of classes", hint=hint)
    return {
        name: {taken: count / total for taken, count in row.items() if count}
        for name, row in matrix.items()
        if (total := sum(row.values())) > 0
    }


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and all(
        isinstance(one, (int, float)) and not isinstance(one, bool) and math.isfinite(one) and one >= 0 for one in row.values()
    )


def even_confusion(classes: Sequence[str], accuracy: float) -> dict[str, dict[str, float]]:
    """A classifier that is right with one probability for every class, and else takes each other class alike."""
    names = list(dict.fromkeys(classes))
    wrong = (1 - accuracy) / max(1, len(names) - 1)
    return {name: {other: accuracy if other == name else wrong for other in names} for name in names}


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of the true class of every group: the class it was taken for, how likely that is, the shares of classes.

    Logged classes are taken for true. A classified prompt belongs to its class with the classifier's calibrated confidence (the
    middle of its bin), else to another one in proportion to the log's shares.
    """

    names: tuple[str, ...]
    taken: NDArray[np.int64]
    sure: NDArray[np.float64]
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, book: Book) -> "Belief":
        """The belief about the groups of a book."""
        classes = [name or "general" for name in book.part("route_class")]
        names = tuple(dict.fromkeys(classes))
        taken = np.array([names.index(name) for name in classes], dtype=np.int64)
        n = book.groups["n"]
        shares = np.bincount(taken, weights=n, minlength=len(names)) / max(1, n.sum())
        return cls(names, taken, confidences(book), shares)

    def expected(self, points: Sequence[float | None]) -> NDArray[np.float64]:
        """The expected quality of every group at an offer with these points by class (in the order of `names`); NaN: unknown."""
        own = np.array([np.nan if one is None else one for one in points])
        known = ~np.isnan(own)
        weight = np.where(known, self.shares, 0.0)
        rest = np.array([np.delete(weight, at).sum() for at in range(len(own))])
        among = np.array([np.delete(weight * np.nan_to_num(own), at).sum() for at in range(len(own))])
        others = np.where(rest > 0, among / np.where(rest > 0, rest, 1.0), own)
        return np.asarray(self.sure * own[self.taken] + (1 - self.sure) * others[self.taken])


def confidences(book: Book) -> NDArray[np.float64]:
    """How sure the classifier was of every group's class (the middle of its bin); 1 where classes were logged or assumed."""
    edges = book.cube.grid.confidence_edges
    if not book.cube.grid.classified or "confidence_bin" not in book.codes:
        return np.ones(len(book.cube.keys))
    bounds = [0.0, *edges, 1.0]
    middles = np.array([(low + high) / 2 for low, high in itertools.pairwise(bounds)])
    return np.asarray(middles[np.array(book.part("confidence_bin"), dtype=np.int64)])


def fill(book: Book, estimates: Sequence[Estimate], qualities: Qualities, confusion: Confusion | None = None) -> None:
    """Write into each estimate its expected quality and the share of requests for which it is known."""
    belief = Belief.of(book)
    for estimate in estimates:
        served = served_by(estimate, book.groups)
        points = _points(served, belief, qualities) if confusion is None else _confused(book, estimate, qualities, confusion)
        n = np.where(np.isnan(points), 0, served.sums["n"])
        estimate.judged = served.by_group(n, len(estimate.chosen))
        total = np.bincount(served.group, weights=np.nan_to_num(points) * n, minlength=len(estimate.chosen))
        estimate.points = np.where(estimate.judged > 0, total / np.maximum(estimate.judged, 1), np.nan)
        asked = answered_of(estimate)
        estimate.quality_known = int(n.sum()) / asked if asked else 0.0
        estimate.quality = float(total.sum() / n.sum()) if estimate.quality_known >= _LEAST_KNOWN else None


def widen(book: Book, estimates: Sequence[Estimate], qualities: Qualities) -> bool:
    """Add to the intervals of quality how well models were measured, where all scores that count have intervals; whether it is.

    Scores of different classes come from different prompts, so their errors add as squares, weighted by their requests.
    """
    classes = [name or "general" for name in book.part("route_class")]
    whole = True
    for estimate in estimates:
        if estimate.quality is None:
            continue
        weights = _weights(served_by(estimate, book.groups), classes, estimate)
        doubts = {cell: qualities.doubt(estimate.offers[cell[0]], cell[1]) for cell in weights}
        if not all(doubts.values()):
            whole = False
            continue
        total = sum(weights.values())
        below, above = (
            math.hypot(*(weights[cell] / total * doubt[side] for cell, doubt in doubts.items() if doubt)) for side in (0, 1)
        )
        held = estimate.spreads.get("quality") or Interval(estimate.quality, estimate.quality)
        low = estimate.quality - math.hypot(estimate.quality - held.low, below)
        high = estimate.quality + math.hypot(held.high - estimate.quality, above)
        estimate.spreads["quality"] = Interval(max(0.0, low), min(1.0, high))
    return whole


def _weights(served: Served, classes: Sequence[str], estimate: Estimate) -> dict[tuple[int, str], int]:
    """How many judged requests each offer answers of each class."""
    weights: dict[tuple[int, str], int] = {}
    assert estimate.judged is not None
    known = estimate.judged[served.group] > 0
    for code, group, count in zip(
        served.code[known].tolist(), served.group[known].tolist(), served.sums["n"][known].tolist(), strict=True
    ):
        cell = code, classes[group]
        weights[cell] = weights.get(cell, 0) + count
    return weights


def believed(estimate: Estimate, belief: Belief, qualities: Qualities) -> NDArray[np.float64]:
    """The expected quality of every group under an estimate, as its models were chosen."""
    points = np.full(len(estimate.chosen), np.nan)
    here = np.flatnonzero(estimate.chosen >= 0)
    points[here] = _expected_at(estimate.offers, (here, estimate.chosen[here]), belief, qualities)
    return points


def _points(served: Served, belief: Belief, qualities: Qualities) -> NDArray[np.float64]:
    return _expected_at(served.offers, (served.group, served.code), belief, qualities)


def _expected_at(
    offers: Sequence[Offer], at: tuple[NDArray[np.int64], NDArray[np.int64]], belief: Belief, qualities: Qualities
) -> NDArray[np.float64]:
    """The expected quality of groups at offers (codes), pair by pair."""
    group, code = at
    points = np.full(len(group), np.nan)
    for number, offer in enumerate(offers):
        here = code == number
        if here.any():
            points[here] = belief.expected([qualities.share(offer, name) for name in belief.names])[group[here]]
    return points


def _confused(book: Book, estimate: Estimate, qualities: Qualities, confusion: Confusion) -> NDArray[np.float64]:
    """The same for what was served, with logged classes taken for true and mistaken as a matrix says."""
    classes = [name or "general" for name in book.part("route_class")]
    served = served_by(estimate, book.groups)
    points = np.full(len(served.group), np.nan)
    for entry, (group, code) in enumerate(zip(served.group.tolist(), served.code.tolist(), strict=True)):
        found = _expected(estimate, served.offers[code], classes[group], classes, qualities, confusion)
        points[entry] = np.nan if found is None else found
    return points


def _expected(
    estimate: Estimate, offer: Offer, name: str, classes: Sequence[str], qualities: Qualities, confusion: Confusion
) -> float | None:
    """The quality of a request of a class at its offer, or over the offers that a wrong class would have sent it to."""
    if name not in confusion or estimate.name == "as logged":
        return qualities.share(offer, name)
    total = weight = 0.0
    for taken, share in confusion[name].items():
        other = offer if taken == name else _offer_of_class(estimate, taken, classes) or offer
        found = qualities.share(other, name)
        if found is not None:
            total += share * found
            weight += share
    return total / weight if weight else None


def _offer_of_class(estimate: Estimate, name: str, classes: Sequence[str]) -> Offer | None:
    """The offer that answers most groups of a class under an estimate; None when the log has none of that class."""
    counts = np.bincount(
        [code for code, other in zip(estimate.chosen.tolist(), classes, strict=True) if other == name and code >= 0]
    )
    return estimate.offers[int(counts.argmax())] if len(counts) else None
