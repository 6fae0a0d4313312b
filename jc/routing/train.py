"""Training the classifier: scikit-learn here and nowhere else; what is used later needs none of it.

Sources are never split over training and test: a random split flatters by more than ten points. Weights are learned on features
scaled by how rare they are, folded into plain numbers, calibrated on predictions for sources that were left out, and rounded to
one byte each; every figure is measured with the rounded ones, by the code that is shipped.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.errors import InputError
from jc.routing.calibrate import careful, thresholds_of
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.classify import Classifier
from jc.routing.evaluate import Answered, Score, scored
from jc.routing.evaluation import evaluation
from jc.routing.features import SPACE, WORD_SPACE, extract
from jc.routing.robustness import WRAPPERS
from jc.routing.rows import Row
from jc.routing.weights import Weights

Matrix = Any
"""A scipy sparse matrix; its stubs are not installed everywhere."""
Floats = NDArray[np.float64]

_WRAPPED = 80
"""Prompts of each writer that are wrapped."""
_NUMBER = {name: number for number, name in enumerate(ROUTE_CLASSES)}


@dataclass(frozen=True, slots=True)
class Settings:
    """How the shipped weights are trained; chosen by figures on sources that were left out (docs/classifier.md).

    `inverse_penalty` is scikit-learn's C. `mark_scale` is how much marks count against words. `original_weight` is what a
    prompt written for this project counts for, `own_weight` one of the user's; a licensed row counts `licensed_weight`, and a
    licensed source at most for `source_rows` rows (to the square root); `unused` sources are left out altogether. `balance` 1
    makes all classes count alike, 0 leaves them as they are. `coverage` is the share of prompts that the thresholds keep, and
    `most_hard_to_simple` the share of hard prompts that may be believed to be simple.
    """

    inverse_penalty: float = 1.0
    mark_scale: float = 0.09
    original_weight: float = 12.0
    composed_weight: float = 6.0
    licensed_weight: float = 0.2
    unused: tuple[str, ...] = ("p3_t0_classify", "p3_t0_extract", "p3_t0_write")
    own_weight: float = 30.0
    disputed: float = 0.5
    source_rows: int = 150
    balance: float = 0.4
    coverage: float = 0.87
    most_hard_to_simple: float = 0.01
    steps: int = 300


class Fitted(NamedTuple):
    """Learned weights as real numbers: one row per class over all features, and the biases."""

    weights: Floats
    bias: Floats


class Trained(NamedTuple):
    """New weights, and how they did on the sources that were left out."""

    weights: Weights
    held_out: Score
    by_source: dict[str, Score]
    temperature: float


def matrix(prompts: Sequence[str]) -> Matrix:
    """The features of prompts as a sparse matrix, words already divided by the root of their number."""
    from scipy.sparse import csr_matrix

    starts, columns, values = [0], [], []
    for prompt in prompts:
        found = extract(prompt)
        marks = sorted(set(found.marks))
        columns.extend(found.words)
        values.extend([1 / max(1, len(found.words)) ** 0.5] * len(found.words))
        columns.extend(marks)
        values.extend([1.0] * len(marks))
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), shape=(len(prompts), SPACE))


def row_weights(rows: Sequence[Row], settings: Settings) -> Floats:
    """What each row counts for, 1 on average."""
    sizes = Counter(row.source for row in rows)
    weights = np.array([_row_weight(row, sizes[row.source], settings) for row in rows], dtype=np.float64)
    labels = np.array([_NUMBER[row.label] for row in rows])
    for number in range(len(ROUTE_CLASSES)):
        mine = labels == number
        total = weights[mine].sum()
        if total:
            weights[mine] *= (weights.sum() / len(ROUTE_CLASSES) / total) ** settings.balance
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def _row_weight(row: Row, size: int, settings: Settings) -> float:
    if row.source.startswith("original/"):
        base = settings.original_weight
    elif row.source.startswith("composed/"):
        base = settings.composed_weight
    elif row.source == "own":
        base = settings.own_weight
    else:
        base = settings.licensed_weight * min(1.0, (settings.source_rows / size) ** 0.5) * (row.source not in settings.unused)
    return base * row.weight * (settings.disputed if row.label2 else 1.0)


def _scaling(features: Matrix, settings: Settings) -> Floats:
    """How much each feature may count: rare words and marks more than those in every prompt."""
    count = features.shape[0]
    found = np.asarray((features > 0).sum(axis=0)).ravel()
    rare = np.clip(np.log((count + 1) / (found + 1)) / np.log(count / 50 if count > 5000 else 100), 0.05, 2.0)
    rare[WORD_SPACE:] *= settings.mark_scale
    return np.asarray(rare, dtype=np.float64)


def fit(features: Matrix, rows: Sequence[Row], settings: Settings, start: Fitted | None = None) -> Fitted:
    """Multinomial logistic regression over the rows; InputError when a class has no row at all."""
    from scipy.sparse import diags
    from sklearn.linear_model import LogisticRegression

    labels = np.array([_NUMBER[row.label] for row in rows])
    missing = [name for name, number in _NUMBER.items() if number not in set(labels.tolist())]
    if missing:
        raise InputError(f"no prompt is labelled {', '.join(missing)}", hint="every class needs examples")
    scaling = _scaling(features, settings)
    model = LogisticRegression(C=settings.inverse_penalty, max_iter=settings.steps, tol=1e-4, warm_start=start is not None)
    if start is not None:
        model.classes_ = np.arange(len(ROUTE_CLASSES))
        model.coef_, model.intercept_ = start.weights / scaling, start.bias.copy()
    model.fit(features @ diags(scaling), labels, sample_weight=row_weights(rows, settings))
    return Fitted(model.coef_ * scaling, np.asarray(model.intercept_))


def logits(fitted: Fitted, features: Matrix) -> Floats:
    """The scores of prompts before rounding."""
    return np.asarray(features @ fitted.weights.T + fitted.bias)


def left_out(
    features: Matrix,
    rows: Sequence[Row],
    folds: Sequence[int],
    settings: Settings,
    seen: Callable[[Fitted, list[int]], None] | None = None,
) -> Floats:
    """The scores of each row by weights that never saw its fold; rows of fold −1 are always trained on and score nothing.

    `seen` is told each fold's weights and the numbers of the rows that they did not see.

    When many rows are always trained on, each fold starts from their weights. It must never start from another fold's: those
    have seen the rows that are to be predicted, and a few steps do not make them forget.
    """
    parts = np.array(folds)
    out = np.zeros((len(rows), len(ROUTE_CLASSES)))
    always = np.where(parts == -1)[0]
    start: Fitted | None = None
    if len(always) > len(rows) / 2:
        start = fit(features[always], [rows[number] for number in always], settings)
    for fold in sorted(set(parts.tolist()) - {-1}):
        train, test = np.where(parts != fold)[0], np.where(parts == fold)[0]
        fitted = fit(features[train], [rows[number] for number in train], settings, start)
        out[test] = logits(fitted, features[test])
        if seen is not None:
            seen(fitted, [int(number) for number in test])
    return out


class _Wrapped:
    """Counts how often a wrapper leaves the class of a prompt alone, by weights that never saw the prompt."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows, self.same, self.n = rows, Counter[str](), 0

    def __call__(self, fitted: Fitted, test: list[int]) -> None:
        written = [self.rows[number].prompt for number in test if self.rows[number].source.startswith("original/")]
        prompts = sorted(written, key=lambda prompt: hashlib.sha256(prompt.encode("utf-8", "replace")).digest())[:_WRAPPED]
        if not prompts:
            return
        plain = logits(fitted, matrix(prompts)).argmax(axis=1)
        self.n += len(prompts)
        for name, wrap in WRAPPERS.items():
            found = logits(fitted, matrix([wrap(prompt) for prompt in prompts])).argmax(axis=1)
            self.same[name] += int((found == plain).sum())

    def shares(self) -> dict[str, float]:
        """The share of prompts with the same class, by wrapper."""
        return {name: self.same[name] / max(1, self.n) for name in WRAPPERS}


def source_folds(rows: Sequence[Row], count: int = 3) -> list[int]:
    """A fold for each row such that no source is in two folds; each writer of original prompts is a fold of its own."""
    writers = sorted({row.source for row in rows if row.source.startswith("original/")})
    others = sorted({row.source for row in rows if not row.source.startswith(("original/", "composed/"))})
    ranked = sorted(others, key=lambda name: hashlib.sha256(name.encode()).digest())
    fold = {name: number for number, name in enumerate(writers)}
    fold.update({name: len(writers) + number % count for number, name in enumerate(ranked)})
    return [fold.get(row.source, -1) for row in rows]


def temperature_of(scores: Floats, labels: NDArray[np.int64]) -> float:
    """The number by which scores are divided so that confidence is the share of right answers (least log loss)."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        shrunk = scores / np.exp(log_temperature)
        shrunk = shrunk - shrunk.max(axis=1, keepdims=True)
        odds = shrunk - np.log(np.exp(shrunk).sum(axis=1, keepdims=True))
        return float(-odds[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def answers_of(
    scores: Floats, rows: Sequence[Row], temperature: float, thresholds: Sequence[float] | None = None
) -> list[Answered]:
    """Scores as answers with calibrated confidence."""
    shrunk = scores / temperature
    odds = np.exp(shrunk - shrunk.max(axis=1, keepdims=True))
    shares = odds / odds.sum(axis=1, keepdims=True)
    out = []
    for row, share in zip(rows, shares, strict=True):
        number = int(share.argmax())
        confidence = float(share[number])
        out.append(Answered(row.label, ROUTE_CLASSES[number], confidence, bool(thresholds and confidence < thresholds[number])))
    return out


def quantised(fitted: Fitted, temperature: float, thresholds: Sequence[float], info: dict[str, Any]) -> Weights:
    """Weights of one byte each, the temperature folded in; words and marks have a scale of their own per class."""
    shrunk = fitted.weights / temperature
    parts, scales = [], []
    for piece in (shrunk[:, :WORD_SPACE], shrunk[:, WORD_SPACE:]):
        scale = np.maximum(np.quantile(np.abs(piece), 0.9999, axis=1), 1e-9) / 127
        parts.append(np.clip(np.rint(piece / scale[:, None]), -127, 127).astype(np.int16) + 128)
        scales.append(scale)
    planes = np.concatenate(parts, axis=1).astype(np.uint8)
    return Weights(
        bias=tuple(round(float(value), 6) for value in fitted.bias / temperature),
        word_scale=tuple(float(f"{value:.8g}") for value in scales[0]),
        mark_scale=tuple(float(f"{value:.8g}") for value in scales[1]),
        thresholds=tuple(thresholds),
        planes=tuple(plane.tobytes() for plane in planes),
        info=info,
    )


def answered(classifier: Classifier, rows: Sequence[Row]) -> list[Answered]:
    """The rows as the shipped code classifies them."""
    out = []
    for row in rows:
        found = classifier.classify(row.prompt)
        out.append(Answered(row.label, found.route_class, found.confidence, found.abstained))
    return out


def train(rows: Sequence[Row], settings: Settings | None = None, features: Matrix | None = None) -> Trained:
    """Weights from all rows, calibrated on sources left out; the figures are those of the left-out sources."""
    chosen = settings or Settings()
    found = matrix([row.prompt for row in rows]) if features is None else features
    folds = source_folds(rows)
    wrapped = _Wrapped(rows)
    scores = left_out(found, rows, folds, chosen, wrapped)
    chat = np.array([row.source.startswith("original/") and row.label2 is None for row in rows])
    labels = np.array([_NUMBER[row.label] for row in rows])
    temperature = temperature_of(scores[chat], labels[chat])
    judged = [row for row, mine in zip(rows, chat, strict=True) if mine]
    answers = answers_of(scores[chat], judged, temperature)
    thresholds = careful(answers, thresholds_of(answers, chosen.coverage), chosen.most_hard_to_simple)
    tested = [number for number, fold in enumerate(folds) if fold >= 0]
    all_answers = answers_of(scores[tested], [rows[number] for number in tested], temperature, thresholds)
    by_source: dict[str, list[Answered]] = {}
    for number, one in zip(tested, all_answers, strict=True):
        by_source.setdefault(rows[number].source, []).append(one)
    held = [one for name, group in by_source.items() if name.startswith("original/") for one in group]
    scores_by_source = {name: scored(group) for name, group in sorted(by_source.items())}
    overall = scored(held or all_answers)
    info = {
        "rows": len(rows),
        "sources": len({row.source for row in rows}),
        "data": digest(rows),
        "temperature": round(temperature, 4),
        "evaluation": evaluation(overall, scores_by_source, wrapped.shares()),
    }
    weights = quantised(fit(found, rows, chosen), temperature, thresholds, info)
    return Trained(weights, overall, scores_by_source, temperature)


def digest(rows: Sequence[Row]) -> str:
    """A short hash of the rows, so that weights name what they were made from."""
    found = hashlib.sha256()
    for row in rows:
        found.update(f"{row.source}\t{row.label}\t{row.label2}\t{row.prompt}\n".encode("utf-8", "surrogateescape"))
    return found.hexdigest()[:16]


class Improved(NamedTuple):
    """What a user's own rows brought: figures on them before, and after by cross-validation, and the new weights.

    `gain` is the difference of the two accuracies with its 95 % interval over pairs of the same prompt.
    """

    weights: Weights
    before: Score
    after: Score
    folds: int
    gain: tuple[float, float, float]


def improve(shipped: Sequence[Row], own: Sequence[Row], before: Classifier, settings: Settings | None = None) -> Improved:
    """Weights from the shipped rows and the user's; `after` is measured on own rows that the weights did not see.

    InputError below 20 own rows: nothing could be said about them.
    """
    if len(own) < 20:
        message = f"{len(own)} labelled prompts are too few to measure anything"
        raise InputError(message, hint="label at least 20, better 100: sample your own traffic")
    chosen = settings or Settings()
    mine = [replace(row, source="own") for row in own]
    prompts = {row.prompt for row in mine}
    rows = [row for row in shipped if row.prompt not in prompts] + mine
    found = matrix([row.prompt for row in rows])
    count = min(5, len(own) // 4)
    order = sorted(range(len(mine)), key=lambda number: hashlib.sha256(mine[number].prompt.encode("utf-8", "replace")).digest())
    fold_of = {number: place % count for place, number in enumerate(order)}
    first = len(rows) - len(mine)
    folds = [-1] * first + [fold_of[number] for number in range(len(mine))]
    scores = left_out(found, rows, folds, chosen)[first:]
    info = {"rows": len(rows), "own": len(mine), "data": digest(rows)}
    thresholds = before.weights.thresholds
    labels = np.array([_NUMBER[row.label] for row in mine])
    temperature = temperature_of(scores, labels) if len(mine) >= 100 else _temperature(before)
    weights = quantised(fit(found, rows, chosen), temperature, thresholds, {**info, "temperature": round(temperature, 4)})
    old, new = answered(before, mine), answers_of(scores, mine, temperature, thresholds)
    return Improved(weights, scored(old), scored(new), count, _gain(old, new))


def _gain(old: Sequence[Answered], new: Sequence[Answered]) -> tuple[float, float, float]:
    """The mean difference of right answers and its 95 % interval (normal, paired)."""
    pairs = np.array([(b.route_class == b.label) - float(a.route_class == a.label) for a, b in zip(old, new, strict=True)])
    mean, spread = float(pairs.mean()), 1.959964 * float(pairs.std(ddof=1)) / len(pairs) ** 0.5
    return mean, mean - spread, mean + spread


def _temperature(before: Classifier) -> float:
    """The temperature of weights that are in use; few rows cannot say it better."""
    return float(before.weights.info.get("temperature", 1.0))


def write_shipped() -> Score:
    """Train the shipped weights anew from the shipped rows and put them in their place (`make weights`); the held-out figures."""
    from jc.files import write_atomically
    from jc.routing.rows import shipped_rows
    from jc.routing.weights import SHIPPED

    trained = train(shipped_rows())
    write_atomically(SHIPPED, trained.weights.to_bytes())
    return trained.held_out


if __name__ == "__main__":
    write_shipped()
