"""What weights say of themselves: the figures of writers and sources that were left out, kept in the head of the file.

The model card is made from them, so that a card and its weights cannot part.
"""

from collections.abc import Mapping
from typing import Any

from jc.routing.evaluate import Score

_DIGITS = 4


def evaluation(writers: Score, by_source: Mapping[str, Score], same: Mapping[str, float]) -> dict[str, Any]:
    """The figures as JSON: all left-out writers together, every source by itself, and the class after each wrapper."""
    licensed = {name: score for name, score in by_source.items() if not name.startswith("original/")}
    n = sum(score.n for score in licensed.values())
    return {
        "writers": rounded(writers.to_json()),
        "licensed": {
            "n": n,
            "sources": len(licensed),
            "accuracy": round(sum(one.accuracy * one.n for one in licensed.values()) / max(1, n), _DIGITS),
            "mean_of_sources": round(sum(one.accuracy for one in licensed.values()) / max(1, len(licensed)), _DIGITS),
        },
        "by_source": {name: rounded(_short(score)) for name, score in by_source.items()},
        "robustness": rounded(dict(same)),
    }


def _short(score: Score) -> dict[str, Any]:
    return {
        "n": score.n, "accuracy": score.accuracy, "ece": score.ece, "sure_share": score.sure_share,
        "sure_accuracy": score.sure_accuracy, "hard_to_simple": score.hard_to_simple,
    }  # fmt: skip


def rounded(value: Any) -> Any:
    """Numbers with four decimals, in mappings and lists too."""
    if isinstance(value, Mapping):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(one) for one in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
