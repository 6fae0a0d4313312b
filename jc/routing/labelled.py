"""Labelled prompts as `jc route` sees them: their class, what the mistakes cost under a route table, how long it takes."""

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from jc.routing.classify import Classifier
from jc.routing.evaluate import Answered
from jc.routing.incoming import Flags, request_of
from jc.routing.request import EXPECTED_OUTPUT, Request
from jc.routing.rows import Row

if TYPE_CHECKING:
    from jc.routing.decide import Router

_FLAGS = Flags()


def requests_of(rows: Sequence[Row], classifier: Classifier) -> list[Request]:
    """Each row as the request that would be decided: its own messages, tools and `previous` count."""
    return [request_of(row.body or {"prompt": row.prompt}, _FLAGS, classifier) for row in rows]


def answers_of(rows: Sequence[Row], requests: Sequence[Request]) -> list[Answered]:
    """The class of each row beside its label."""
    return [
        Answered(row.label, request.route_class or "", request.confidence or 0.0, request.abstained)
        for row, request in zip(rows, requests, strict=True)
    ]


class Latency(NamedTuple):
    """Milliseconds of one classification in this process, warm."""

    p50: float
    p99: float


def latency_ms(rows: Sequence[Row], classifier: Classifier) -> Latency:
    """How long the prompts take, each by itself; call it after they were classified once."""
    took = []
    for row in rows:
        started = time.perf_counter_ns()
        classifier.classify(row.prompt)
        took.append((time.perf_counter_ns() - started) / 1e6)
    took.sort()
    return Latency(took[len(took) // 2], took[min(len(took) - 1, math.ceil(len(took) * 0.99) - 1)])


class Slip(NamedTuple):
    """All prompts of one class that were taken for another: how many, where they went and belong, and USD more or less."""

    label: str
    route_class: str
    n: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class MistakeCost:
    """What a table pays for prompts as they are classified, and as they are labelled; USD of all of them.

    `weaker` prompts went to a cheaper model than the one that their label asks for (answers may be worse), `dearer` ones to one
    that costs more; the other mistakes cost nothing, because both classes lead to the same model. `unpriced` prompts have no
    known price.
    """

    table: str
    usd_classified: Decimal
    usd_labelled: Decimal
    weaker: int
    dearer: int
    harmless: int
    unpriced: int
    slips: tuple[Slip, ...]


def mistake_cost(rows: Sequence[Row], requests: Sequence[Request], router: "Router") -> MistakeCost:
    """The cost of the mistakes under a table, thresholds included; the answer is as long as the label's class has it."""
    classified = labelled = Decimal(0)
    counts = dict.fromkeys(("weaker", "dearer", "harmless", "unpriced"), 0)
    slips: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for row, request in zip(rows, requests, strict=True):
        sized = replace(request, output_tokens=request.output_tokens or EXPECTED_OUTPUT.get(row.label))
        found = router.decide(sized)
        right = router.decide(replace(sized, route_class=row.label, confidence=None, abstained=False))
        if found.estimate.usd is None or right.estimate.usd is None:
            counts["unpriced"] += 1
            continue
        classified += found.estimate.usd
        labelled += right.estimate.usd
        if found.route_class == row.label:
            continue
        more = found.estimate.usd - right.estimate.usd
        slips[row.label, found.route_class].append(more)
        counts["harmless" if found.model == right.model else "dearer" if more > 0 else "weaker"] += 1
    listed = [Slip(label, name, len(usd), sum(usd, Decimal(0))) for (label, name), usd in slips.items()]
    listed.sort(key=lambda slip: (-slip.n, slip.label, slip.route_class))
    return MistakeCost(router.prepared.table.name, classified, labelled, slips=tuple(listed), **counts)
