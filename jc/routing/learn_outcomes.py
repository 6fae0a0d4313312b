"""A router learned from a user's own outcomes: one ridge regression of quality per model, on the features of the classifier.

Every figure is held out: prompts are split into folds, a fold is predicted by weights that never saw it, and the interval is a
bootstrap over prompts. Below a data floor nothing is learned, because the figure would be noise.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.errors import InputError
from jc.routing.outcomes import LEVELS, Outcomes, Spot, saving
from jc.routing.train import matrix

FLOOR = 300
"""Prompts with an outcome for every model, below which nothing is learned."""
_FOLDS = 5
_DRAWS = 1000
_PENALTIES = (3.0, 30.0, 300.0)
_PRICES = 41

Floats = NDArray[np.float64]


class Saving(NamedTuple):
    """The share of the best single model's cost that is saved at a level of its quality, with its 95 % interval."""

    level: float
    share: float | None
    low: float | None
    high: float | None


class Learned(NamedTuple):
    """What a router learned from outcomes saves on prompts that it did not see, and how it compares."""

    prompts: int
    models: tuple[str, ...]
    best_single: str
    savings: tuple[Saving, ...]
    penalty: float


def learn(outcomes: Outcomes, seed: int = 0) -> Learned:
    """Held-out savings of a learned router; InputError below the data floor."""
    ids = sorted(outcomes.prompts)
    if len(ids) < FLOOR:
        message = f"{len(ids)} prompts with an outcome for every model are too few to learn from: {FLOOR} is the floor"
        raise InputError(message, hint="collect more outcomes, or score a route table with `jc classifier score --outcomes`")
    features = matrix([outcomes.prompts[one] for one in ids])
    quality = np.array([[outcomes.table[one][model].quality for model in outcomes.models] for one in ids])
    usd = np.array([[outcomes.table[one][model].usd for model in outcomes.models] for one in ids])
    random = np.random.default_rng(seed)
    folds = random.permutation(len(ids)) % _FOLDS
    trials = [(penalty, _predicted(features, quality, folds, penalty)) for penalty in _PENALTIES]
    penalty, predicted = min(trials, key=lambda trial: float(((trial[1] - quality) ** 2).mean()))
    picks = _picks(predicted, usd, folds)
    best = int(np.lexsort((usd.mean(axis=0), -quality.mean(axis=0)))[0])
    rows = np.arange(len(ids))
    drawn = [rows, *(random.integers(0, len(ids), len(ids)) for _ in range(_DRAWS))]
    curves = [[_saved(picks, quality, usd, best, draw, level) for draw in drawn] for level in LEVELS]
    savings = tuple(_interval(level, found) for level, found in zip(LEVELS, curves, strict=True))
    return Learned(len(ids), outcomes.models, outcomes.models[best], savings, penalty)


def _predicted(features: Any, quality: Floats, folds: NDArray[np.int64], penalty: float) -> Floats:
    """Quality by prompt and model, each fold by weights of the others."""
    from sklearn.linear_model import Ridge

    out = np.zeros_like(quality)
    for fold in range(_FOLDS):
        train, test = np.where(folds != fold)[0], np.where(folds == fold)[0]
        model = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-4).fit(features[train], quality[train])
        out[test] = model.predict(features[test]).reshape(len(test), -1)
    return out


def _picks(predicted: Floats, usd: Floats, folds: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The model of each prompt for a rising price of money; what models cost is taken from the other folds' means."""
    means = np.zeros_like(usd)
    for fold in range(_FOLDS):
        means[folds == fold] = usd[folds != fold].mean(axis=0)
    scale = (predicted.max() - predicted.min() + 1e-9) / (means.max() + 1e-18)
    prices = [0.0, *(scale * 10.0 ** (step / 8 - 4) for step in range(_PRICES))]
    return [np.argmax(predicted - price * means, axis=1) for price in prices]


def _saved(
    picks: list[NDArray[np.int64]], quality: Floats, usd: Floats, best: int, draw: NDArray[np.int64], level: float
) -> float | None:
    spots = [Spot(float(quality[draw, pick[draw]].mean()), float(usd[draw, pick[draw]].mean())) for pick in picks]
    single = Spot(float(quality[draw, best].mean()), float(usd[draw, best].mean()))
    return saving([*spots, single], single, level)


def _interval(level: float, found: list[float | None]) -> Saving:
    point, draws = found[0], [one for one in found[1:] if one is not None]
    if point is None or len(draws) < _DRAWS / 2:
        return Saving(level, point, None, None)
    low, high = np.quantile(np.array(draws), [0.025, 0.975])
    return Saving(level, point, float(low), float(high))
