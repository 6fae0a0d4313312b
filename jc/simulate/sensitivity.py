"""How much an answer hangs on what is assumed: prices, how much other models say, how often the classifier is right.

Cost is linear in prices and in output tokens, so the first two are exact. A classifier that is right with probability a sends the
rest of each class to the models of the other classes, alike: what that costs is priced on the same tokens.
"""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jc.simulate.book import exact_sum
from jc.simulate.breakdown import money_text
from jc.simulate.estimate import Estimate, comparable
from jc.simulate.quality import Qualities, even_confusion, fill
from jc.simulate.simulation import Simulation

PRICES = (Fraction(8, 10), Fraction(12, 10))
WORDS = (Fraction(8, 10), Fraction(125, 100), Fraction(2))
ACCURACIES = (1.0, 0.95, 0.9, 0.8)


def sensitivity_rows(simulation: Simulation) -> list[dict[str, Any]]:
    """One row for each table and each thing that could be otherwise: the cost, its change against the baseline, the quality."""
    rows = []
    for estimate in simulation.estimates[1:]:
        if not estimate.cost or estimate.walk is not None:
            continue
        rows += [_row(simulation, estimate, "prices", float(by), _times(estimate.pico, by)) for by in PRICES]
        said = _output_part(simulation, estimate)
        rows += [
            _row(simulation, estimate, "output tokens", float(by), estimate.pico.astype(object) + _times(said, by - 1))
            for by in WORDS
        ]
        rows += _by_accuracy(simulation, estimate)
    return rows


def _times(pico: NDArray[Any], by: Fraction) -> NDArray[Any]:
    return np.array([Fraction(one) * by for one in pico.tolist()], dtype=object)


def _row(simulation: Simulation, estimate: Estimate, what: str, by: float, pico: NDArray[Any]) -> dict[str, Any]:
    """What an estimate would be with other costs by group."""
    both = comparable(estimate, simulation.baseline)
    before = exact_sum(simulation.baseline.pico[both])
    cost = sum((Fraction(one) for one in pico[estimate.known].tolist()), Fraction(0))
    after = sum((Fraction(one) for one in pico[both].tolist()), Fraction(0))
    return {
        "table": estimate.name,
        "what": what,
        "value": by,
        "cost_usd": money_text(cost),
        "change": None if estimate is simulation.baseline or not before else float(after / before) - 1,
        "quality": estimate.quality,
    }


def _output_part(simulation: Simulation, estimate: Estimate) -> NDArray[Any]:
    """What the output tokens cost of requests that another model answers than in the log, by group."""
    book, estimator = simulation.book, simulation.estimator
    scaled = estimator.assumed.tokens == "scaled"
    out: NDArray[Any] = np.zeros(len(estimate.chosen), dtype=object)
    moved = np.array([before is None for before in book.logged()])
    for code, offer in enumerate(estimate.offers):
        here = (estimate.chosen == code) & (moved | np.array([one is None or one.model != offer.model for one in book.logged()]))
        full = book.costs(offer, book.groups, f"said{scaled}", estimator.ratios.factors(offer) if scaled else None).pico
        bare = book.costs(offer, {**book.groups, "output": book.groups["output"] * 0}, "mute").pico
        out[here] = (full.astype(object) - bare.astype(object))[here]
    return out


def _by_accuracy(simulation: Simulation, estimate: Estimate) -> list[dict[str, Any]]:
    """Cost and quality when a class is taken for another one; nothing where one model answers everything."""
    book = simulation.book
    names = np.array([name or "general" for name in book.part("route_class")], dtype=object)
    classes = list(dict.fromkeys(names.tolist()))
    answers = {name: _mostly(estimate, names == name, book.groups["n"]) for name in classes}
    if len(classes) < 2 or len(set(answers.values())) < 2 or None in answers.values():
        return []
    qualities = simulation.qualities or Qualities(book.catalog, list(estimate.offers))
    measured = all(qualities.share(estimate.offers[code or 0], name) is not None for name in classes for code in answers.values())
    rows = []
    for accuracy in ACCURACIES:
        confusion = even_confusion(classes, accuracy)
        pico: NDArray[Any] = estimate.pico.astype(object)
        for name in classes:
            here = (names == name) & (estimate.chosen == answers[name])
            mixed = sum(
                (_times(_at(simulation, estimate, answers[taken])[here], Fraction(share).limit_denominator(10**6))
                 for taken, share in confusion[name].items()),
                start=np.zeros(int(here.sum()), dtype=object),
            )  # fmt: skip
            own = _at(simulation, estimate, answers[name])[here].astype(object)
            pico[here] = pico[here] + mixed - own
        copy = replace(estimate)
        fill(book, [copy], qualities, confusion)
        # What a model that nobody has measured for a class does to its requests is not known, so neither is the whole.
        quality = copy.quality if measured else estimate.quality if accuracy == 1 else None
        rows.append({**_row(simulation, estimate, "classifier accuracy", accuracy, pico), "quality": quality})
    return rows


def _mostly(estimate: Estimate, here: NDArray[np.bool_], n: NDArray[np.int64]) -> int | None:
    """The code of the offer that answers most of some groups."""
    answered = here & (estimate.chosen >= 0)
    if not answered.any():
        return None
    return int(np.bincount(estimate.chosen[answered], weights=n[answered]).argmax())


def _at(simulation: Simulation, estimate: Estimate, code: int | None) -> NDArray[Any]:
    """What every group would cost at one of an estimate's offers, on its own tokens."""
    offer = estimate.offers[code or 0]
    estimator, book = simulation.estimator, simulation.book
    scaled = estimator.assumed.tokens == "scaled"
    return book.costs(offer, book.groups, f"said{scaled}", estimator.ratios.factors(offer) if scaled else None).pico
