"""From which confidence on a class is believed: for a wanted accuracy, or for what a table may cost.

Below its threshold a prompt goes to the table's default. Nothing here needs a library.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from jc.routing.classes import ROUTE_CLASSES
from jc.routing.evaluate import HARD, Answered
from jc.routing.request import EXPECTED_OUTPUT, Request
from jc.routing.rows import Row

if TYPE_CHECKING:
    from jc.routing.decide import Router

STEPS: tuple[float, ...] = tuple(number / 20 for number in range(20))
MOST_THRESHOLD = 0.95


class Level(NamedTuple):
    """One threshold for all classes: the share believed, how right those are, how right all are after the default stepped in,
    how many of the hard prompts end as simple, and mean USD of a request under the table (None: no table, or no price).
    """

    threshold: float
    sure_share: float
    sure_accuracy: float
    routed_accuracy: float
    hard_to_simple: float
    usd: Decimal | None


def level(answers: Sequence[Answered], threshold: float, default: str, usd: Decimal | None = None) -> Level:
    """What one threshold does to a non-empty set of answers."""
    sure = [one for one in answers if one.confidence >= threshold]
    routed = [(one.label, one.route_class if one.confidence >= threshold else default) for one in answers]
    hard = [name for label, name in routed if label in HARD]
    return Level(
        threshold,
        len(sure) / len(answers),
        sum(one.label == one.route_class for one in sure) / len(sure) if sure else 1.0,
        sum(label == name for label, name in routed) / len(routed),
        hard.count("simple") / len(hard) if hard else 0.0,
        usd,
    )


def usd_at(rows: Sequence[Row], requests: Sequence[Request], router: "Router", threshold: float) -> Decimal | None:
    """Mean USD of a request when every class below `threshold` goes to the table's default; None when a price is unknown."""
    total = Decimal(0)
    for row, request in zip(rows, requests, strict=True):
        unsure = (request.confidence or 0.0) < threshold
        name = router.prepared.table.default if unsure else request.route_class
        sized = replace(request, route_class=name, confidence=None, abstained=False,
                        output_tokens=request.output_tokens or EXPECTED_OUTPUT.get(row.label))  # fmt: skip
        usd = router.decide(sized).estimate.usd
        if usd is None:
            return None
        total += usd
    return total / len(rows)


def lowest_for_accuracy(answers: Sequence[Answered], target: float) -> float | None:
    """The lowest threshold at which `target` of the believed are right; None when even the surest are not."""
    ranked = sorted(answers, key=lambda one: -one.confidence)
    best: float | None = None
    right = 0
    for number, one in enumerate(ranked, 1):
        right += one.label == one.route_class
        tied = number < len(ranked) and ranked[number].confidence == one.confidence
        if not tied and right / number >= target:
            best = one.confidence
    return None if best is None else _down(best)


def lowest_by_class(answers: Sequence[Answered], target: float) -> dict[str, float | None]:
    """The same for each class alone; 0 for a class that is right often enough without one, None where no threshold helps."""
    found: dict[str, float | None] = {}
    for name in ROUTE_CLASSES:
        mine = [one for one in answers if one.route_class == name]
        low = lowest_for_accuracy(mine, target) if mine else 0.0
        found[name] = 0.0 if mine and low is not None and low <= min(one.confidence for one in mine) else low
    return found


def _down(confidence: float) -> float:
    """Three decimals, rounded down, so that the prompt that set it is still believed."""
    return int(confidence * 1000) / 1000


def thresholds_of(answers: Sequence[Answered], coverage: float) -> tuple[float, ...]:
    """One confidence per class such that about `coverage` of the answers are kept and the least sure kept are equally right.

    Classes differ: `code` is right at a confidence at which `agent` is not. Precision is made monotone in confidence per class
    (pool adjacent violators), then the bar is moved until the coverage is met.
    """
    curves = {name: _precision_curve([one for one in answers if one.route_class == name]) for name in ROUTE_CLASSES}
    low, high = 0.0, 1.0
    found: dict[str, float] = dict.fromkeys(ROUTE_CLASSES, 0.0)
    for _ in range(30):
        bar = (low + high) / 2
        trial = {name: next((level for level, right in curve if right >= bar), 0.95) for name, curve in curves.items()}
        kept = sum(one.confidence >= trial[one.route_class] for one in answers) / max(1, len(answers))
        if kept >= coverage:
            low, found = bar, trial
        else:
            high = bar
    return tuple(round(min(MOST_THRESHOLD, found[name]), 3) for name in ROUTE_CLASSES)


def careful(answers: Sequence[Answered], thresholds: tuple[float, ...], most: float) -> tuple[float, ...]:
    """The thresholds with that of `simple` raised until at most a share `most` of the hard prompts is believed to be simple.

    That mistake sends a proof to the smallest model; the price is that more easy prompts go to the default.
    """
    simple = ROUTE_CLASSES.index("simple")
    hard = sum(one.label in HARD for one in answers)
    wrong = sorted((one.confidence for one in answers if one.label in HARD and one.route_class == "simple"), reverse=True)
    allowed = int(most * hard)
    needed = wrong[allowed] if len(wrong) > allowed else 0.0
    raised = min(MOST_THRESHOLD, max(thresholds[simple], int(needed * 1000 + 1) / 1000))
    return (*thresholds[:simple], raised, *thresholds[simple + 1 :])


def _precision_curve(answers: Sequence[Answered]) -> list[tuple[float, float]]:
    """Confidence → share right, rising, as steps; the confidences are the lower ends of the steps."""
    blocks: list[list[float]] = []
    for one in sorted(answers, key=lambda one: one.confidence):
        blocks.append([one.confidence, float(one.label == one.route_class), 1.0])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][2] >= blocks[-1][1] / blocks[-1][2]:
            upper = blocks.pop()
            blocks[-1][1] += upper[1]
            blocks[-1][2] += upper[2]
    return [(confidence, right / count) for confidence, right, count in blocks]
