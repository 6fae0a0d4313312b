"""How good a classifier is on labelled prompts: plain counts, the same figures in `score`, `test` and the model card."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jc.routing.classes import ROUTE_CLASSES

HARD: frozenset[str] = frozenset({"reasoning", "code", "agent"})
"""Classes that a small model answers badly: sending one of them to `simple` is the mistake that hurts."""
DEFAULT = "general"
_BINS = 10


class Labelled(NamedTuple):
    """A prompt and the class that a person gave it."""

    prompt: str
    label: str


class Answered(NamedTuple):
    """One labelled prompt as the classifier saw it."""

    label: str
    route_class: str
    confidence: float
    abstained: bool = False


class ClassScore(NamedTuple):
    """One class: how many prompts have it, how many of those are found, how many of those found have it."""

    n: int
    recall: float
    precision: float
    f1: float


class Point(NamedTuple):
    """One point of the risk–coverage curve: the share that is answered, how right it is, and the least confidence in it."""

    coverage: float
    accuracy: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of one set of labelled prompts; shares are 0 to 1.

    `ece` is the expected calibration error over ten equal bins of confidence. `sure_share` and `sure_accuracy` count the prompts
    on which the classifier did not abstain by its own thresholds. `hard_to_simple` is the share of reasoning, code and agent
    prompts that it calls simple; `routed_accuracy` and `routed_hard_to_simple` are what is left when the unsure ones go to
    `general`, as a table without a threshold of its own routes them.
    """

    n: int
    accuracy: float
    macro_f1: float
    ece: float
    per_class: Mapping[str, ClassScore]
    confusion: Mapping[str, Mapping[str, int]]
    risk_coverage: tuple[Point, ...]
    sure_share: float
    sure_accuracy: float
    hard_to_simple: float
    routed_accuracy: float
    routed_hard_to_simple: float

    def to_json(self) -> dict[str, Any]:
        """The fields of `jc.classifier-score/1` that depend on the labels alone."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "ece": self.ece,
            "per_class": {name: one._asdict() for name, one in self.per_class.items()},
            "confusion": {name: dict(row) for name, row in self.confusion.items()},
            "risk_coverage": [point._asdict() for point in self.risk_coverage],
            "sure": {"share": self.sure_share, "accuracy": self.sure_accuracy},
            "hard_to_simple": self.hard_to_simple,
            "routed": {"accuracy": self.routed_accuracy, "hard_to_simple": self.routed_hard_to_simple},
        }


def scored(answers: Sequence[Answered], classes: Sequence[str] = ROUTE_CLASSES) -> Score:
    """The figures of a non-empty set; ValueError when it is empty."""
    if not answers:
        raise ValueError("nothing was labelled")
    names = list(dict.fromkeys([*classes, *(one.label for one in answers), *(one.route_class for one in answers)]))
    confusion = {label: dict.fromkeys(names, 0) for label in names}
    for one in answers:
        confusion[one.label][one.route_class] += 1
    per_class = {name: _class_score(confusion, name) for name in names}
    present = [one.f1 for one in per_class.values() if one.n]
    sure = [one for one in answers if not one.abstained]
    routed = [one._replace(route_class=DEFAULT) if one.abstained else one for one in answers]
    return Score(
        n=len(answers),
        accuracy=_right(answers),
        macro_f1=sum(present) / len(present),
        ece=_ece(answers),
        per_class=per_class,
        confusion=confusion,
        risk_coverage=_risk_coverage(answers),
        sure_share=len(sure) / len(answers),
        sure_accuracy=_right(sure),
        hard_to_simple=_hard_to_simple(answers),
        routed_accuracy=_right(routed),
        routed_hard_to_simple=_hard_to_simple(routed),
    )


def _hard_to_simple(answers: Sequence[Answered]) -> float:
    hard = [one for one in answers if one.label in HARD]
    return sum(one.route_class == "simple" for one in hard) / len(hard) if hard else 0.0


def _right(answers: Sequence[Answered]) -> float:
    return sum(one.label == one.route_class for one in answers) / len(answers) if answers else 0.0


def _class_score(confusion: Mapping[str, Mapping[str, int]], name: str) -> ClassScore:
    n = sum(confusion[name].values())
    found = sum(row[name] for row in confusion.values())
    hits = confusion[name][name]
    return ClassScore(n, hits / n if n else 0.0, hits / found if found else 0.0, 2 * hits / (n + found) if n + found else 0.0)


def _ece(answers: Sequence[Answered]) -> float:
    bins: list[list[Answered]] = [[] for _ in range(_BINS)]
    for one in answers:
        bins[min(_BINS - 1, int(one.confidence * _BINS))].append(one)
    gaps = (len(held) * abs(_right(held) - sum(one.confidence for one in held) / len(held)) for held in bins if held)
    return sum(gaps) / len(answers)


def _risk_coverage(answers: Sequence[Answered]) -> tuple[Point, ...]:
    """Accuracy on the surest 10 %, 20 %, … of the prompts."""
    ranked = sorted(answers, key=lambda one: -one.confidence)
    points = []
    for count in sorted({max(1, round(len(ranked) * tenth / 10)) for tenth in range(1, 11)}):
        held = ranked[:count]
        points.append(Point(len(held) / len(ranked), _right(held), held[-1].confidence))
    return tuple(points)


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n (Wilson 1927)."""
    z = 1.959964
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + z * z / n)), min(1.0, (middle + spread) / (1 + z * z / n))


def unsettled(answers: Sequence[Answered], classify: Callable[[str], str], wrapped: Sequence[str]) -> float:
    """The share of wrapped prompts whose class is the same as without the wrapper."""
    same = sum(classify(text) == one.route_class for one, text in zip(answers, wrapped, strict=True))
    return same / len(answers)
