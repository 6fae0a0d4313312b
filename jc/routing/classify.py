"""The class of a prompt: local, free, deterministic, in some tens of microseconds, with the standard library only.

A multinomial logistic regression over the features of `features`, weights in int8 (`weights`), probabilities
calibrated on sources that it was not trained on (docs/classifier.md). What the request carries outranks the text: a request with
tools is an agent's.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, sqrt
from pathlib import Path
from typing import NamedTuple

from jc.routing.classes import ROUTE_CLASSES
from jc.routing.features import Features, extract
from jc.routing.weights import Weights, load_weights

_AGENT = ROUTE_CLASSES.index("agent")
_LOW = 0xFFFFFF


class Facts(NamedTuple):
    """What a request carries besides its text."""

    tools: bool = False
    images: int = 0
    structured_output: bool = False


class Classified(NamedTuple):
    """A class and how sure it is.

    `probabilities` are in the order of ROUTE_CLASSES and sum to 1; `confidence` is the largest. `abstained` says that it is below
    the classifier's own threshold for that class. `script`, `code` and `tokens` are facts of the text; `by_facts` says that what
    the request carries decided, not the text.
    """

    route_class: str
    confidence: float
    probabilities: tuple[float, ...]
    abstained: bool
    script: str
    code: bool
    by_facts: bool = False


class Classifier:
    """Classifies by one set of weights; thread-safe, it holds nothing that changes."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._first = weights.first.__getitem__
        self._second = weights.second.__getitem__
        self._vectors = tuple(zip(weights.bias, weights.word_scale, weights.mark_scale, strict=True))

    def classify(self, text: str, facts: Facts | None = None) -> Classified:
        """The class of a prompt and of what it carries."""
        features = extract(text)
        shares = self.probabilities(features)
        if facts is not None and facts.tools:
            sure = tuple(1.0 if number == _AGENT else 0.0 for number in range(len(ROUTE_CLASSES)))
            return Classified("agent", 1.0, sure, abstained=False, script=features.script, code=features.code, by_facts=True)
        best = max(shares)
        number = shares.index(best)
        best = round(best, 6)  # platforms differ in the last digits of `exp`; they shall print the same
        return Classified(
            ROUTE_CLASSES[number], best, shares, best < self.weights.thresholds[number], features.script, features.code
        )

    def logits(self, features: Features) -> list[float]:
        """The five scores before they become probabilities; integers up to the last multiplication."""
        words, marks = features.words, features.marks
        word_sums, mark_sums = self._sums(words), self._sums(marks)
        root = 1 / sqrt(len(words)) if words else 0.0
        return [
            bias + word_scale * words_sum * root + mark_scale * marks_sum
            for (bias, word_scale, mark_scale), words_sum, marks_sum in zip(self._vectors, word_sums, mark_sums, strict=True)
        ]

    def probabilities(self, features: Features) -> tuple[float, ...]:
        """Calibrated probabilities in the order of ROUTE_CLASSES."""
        logits = self.logits(features)
        top = max(logits)
        odds = [exp(logit - top) for logit in logits]
        total = sum(odds)
        return tuple([one / total for one in odds])

    def _sums(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """The sum of the weights of these features, by class."""
        first, second = sum(map(self._first, numbers)), sum(map(self._second, numbers))
        zero = 128 * len(numbers)
        return (
            (first & _LOW) - zero,
            (first >> 24 & _LOW) - zero,
            (first >> 48) - zero,
            (second & _LOW) - zero,
            (second >> 24) - zero,
        )


@lru_cache(maxsize=4)
def classifier(path: Path | None = None) -> Classifier:
    """The classifier of a weights file (None: the shipped one), loaded once; errors as `load_weights`."""
    return Classifier(load_weights(path))


def classify(text: str, *, facts: Facts | None = None) -> Classified:
    """The class of a prompt by the shipped weights."""
    return classifier().classify(text, facts)
