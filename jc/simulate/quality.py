"""How good the answers would be: what was measured of each model for each class, and what a misrouted request costs.

Quality is a share of a hundred points of the measurement that most of the models in question have for a class, own evals first.
Nothing is imputed: requests whose model was not measured are left out, and the share of the others is told.
"""

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
from jc.simulate.estimate import Estimate
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
    _judged: dict[str, Judged] = field(default_factory=dict)

    def of(self, route_class: str) -> Judged:
        """The measurement of a class: that which most of the catalog has where it says enough, so that the quality of a table
        does not depend on what it is compared with; else that which most of the offers in question have.
        """
        if route_class not in self._judged:
            evidence, offers = Evidence(self.catalog), list(self.by_class.get(route_class) or self.offers)
            wide = judged(self.catalog, evidence, everyone(self.catalog), route_class)
            own = judged(self.catalog, evidence, offers, route_class)
            covered = sum(offer.id in wide.points for offer in offers)
            self._judged[route_class] = wide if covered and covered >= len(own.points) else own
        return self._judged[route_class]

    def share(self, offer: Offer, route_class: str) -> float | None:
        """The quality of an offer for a class, 0 to 1; None when it was not measured."""
        points = self.of(route_class).points_of(offer.id)
        return None if points is None else points / 100

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
        for name in dict.fromkeys(names.tolist()):
            here = names == name
            for code, offer in enumerate(estimate.offers):
                if n[here & (estimate.chosen == code)].sum() >= _LEAST_ANSWERED * n[here].sum():
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


def fill(book: Book, estimates: Sequence[Estimate], qualities: Qualities, confusion: Confusion | None = None) -> None:
    """Write into each estimate its expected quality and the share of requests for which it is known."""
    classes = [name or "general" for name in book.part("route_class")]
    n = book.groups["n"]
    for estimate in estimates:
        points = np.full(len(n), np.nan)
        for group, (code, name) in enumerate(zip(estimate.chosen.tolist(), classes, strict=True)):
            if code >= 0:
                found = _expected(estimate, estimate.offers[code], name, classes, qualities, confusion)
                points[group] = np.nan if found is None else found
        estimate.points = points
        known = ~np.isnan(points)
        total, answered = float(n.sum()), float(n[known].sum())
        estimate.quality_known = answered / total if total else 0.0
        estimate.quality = _mean(points, n, known) if estimate.quality_known >= _LEAST_KNOWN else None


def _mean(points: NDArray[np.float64], n: NDArray[np.int64], known: NDArray[np.bool_]) -> float:
    return float((points[known] * n[known]).sum() / n[known].sum())


def _expected(
    estimate: Estimate, offer: Offer, name: str, classes: Sequence[str], qualities: Qualities, confusion: Confusion | None
) -> float | None:
    """The quality of a request of a class at its offer, or over the offers that a wrong class would have sent it to."""
    if confusion is None or name not in confusion or estimate.name == "as logged":
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
