"""Classes for a log that has prompts instead: every prompt (or a sample of a large log) through the classifier of `jc route`."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from jc.catalog.model import RouteTable
from jc.routing.classify import Classifier, classifier
from jc.routing.incoming import Flags, request_of
from jc.routing.request import Request
from jc.routing.table import needs_language
from jc.simulate.edges import conditions
from jc.traffic.read import Log

MOST_CLASSIFIED = 100_000
_COLUMNS = "id BIGINT, route_class VARCHAR, confidence DOUBLE, abstained BOOLEAN, language VARCHAR, script VARCHAR, code BOOLEAN"
_BATCH = 5000
THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Confidences at which classified prompts are told apart: what `jc optimize` weighs, and how sure an expected quality is."""
_ROW_BYTES = 400


@dataclass(frozen=True, slots=True)
class Classing:
    """What classifying found: the limits that tables set on confidence, the facts they look at, and how it was done, in words."""

    confidence_edges: tuple[float, ...]
    facts: tuple[str, ...]
    said: str


def classify_log(log: Log, tables: Sequence[RouteTable], wanted: Sequence[str], *, everything: bool, seed: int) -> Classing:
    """Give every row of the log's table its class; beyond 100,000 rows those of a sample, the rest by its shares.

    `wanted` are the columns that the table is to have besides.
    """
    one_in = 1 if everything else max(1, log.size // _ROW_BYTES // MOST_CLASSIFIED)
    log.table([*wanted, "prompt", "messages", "route_class", "tools", "vision", "images", "structured_output"], one_in)
    work = _Work(classifier(), any(needs_language(table) for table in tables))
    lines = work.lines(log, one_in > 1, Random(seed))  # noqa: S311  an assignment by shares, not a secret
    log.enrich(lines, _COLUMNS, ["route_class"])
    edges = sorted({*THRESHOLDS, *(limit for table in tables for limit in limits(table))})
    facts = tuple(name for name in ("language", "script", "code") if any(name in when for when in conditions(tables)))
    said = f"{sum(work.found.values()):,} prompts were classified by the local classifier"
    if one_in > 1:
        said += f"; the others ({work.assigned:,}) were given classes by the same shares (--classify all classifies them)"
    return Classing(tuple(edges), facts, said)


def limits(table: RouteTable) -> Iterator[float]:
    """The confidences at which a table changes its mind."""
    for limit in (table.threshold, *(target.min_confidence for target in table.routes.values())):
        if limit is not None:
            yield float(limit)
    if table.cascade is not None and table.cascade.confidence_lt is not None:
        yield float(table.cascade.confidence_lt)


class _Work:
    """Classifies the rows of a log, each distinct text once in a while."""

    def __init__(self, classes: Classifier, languages: bool) -> None:
        self.classes, self.languages = classes, languages
        self.found: Counter[str] = Counter()
        self.assigned = 0
        self._known: dict[tuple[Any, ...], Request] = {}

    def lines(self, log: Log, sampled: bool, chance: Random) -> Iterator[str]:
        """One line of CSV for every row that counts; rows without a text come last, by the shares of the others."""
        later: list[int] = []
        sql = "SELECT rowid AS id, prompt, messages, tools, vision, structured_output FROM log_rows WHERE NOT suspect"
        for row in log.each(sql, _BATCH):
            number, prompt, messages, tools, vision, structured = row
            if prompt is None and messages is None and sampled:
                later.append(number)
                continue
            request = self._request(prompt, messages, bool(tools), bool(vision), bool(structured))
            self.found[str(request.route_class)] += 1
            yield _line(number, request)
        self.assigned = len(later)
        names, weights = list(self.found), list(self.found.values())
        for number in later:
            yield f"{number},{chance.choices(names, weights)[0] if names else 'general'},,false,,,false\n"

    def _request(self, prompt: str | None, messages: str | None, tools: bool, vision: bool, structured: bool) -> Request:
        key = (prompt, messages, tools, vision, structured)
        if key not in self._known:
            if len(self._known) > MOST_CLASSIFIED:
                self._known.clear()
            flags = Flags(tools=tools, images=int(vision), structured_output=structured)
            self._known[key] = request_of(body_of(prompt, messages), flags, self.classes, languages=self.languages)
        return self._known[key]


def body_of(prompt: str | None, messages: str | None) -> dict[str, Any]:
    """The body of a request as a log keeps it: messages as JSON text, or a prompt."""
    if messages is not None:
        try:
            found = json.loads(messages)
        except (ValueError, RecursionError):
            return {"prompt": messages}
        if isinstance(found, list):
            return {"messages": found}
    return {"prompt": prompt or ""}


def _line(number: int, request: Request) -> str:
    code, abstained = str(request.code).lower(), str(request.abstained).lower()
    confidence = "" if request.confidence is None else repr(request.confidence)
    return f"{number},{request.route_class},{confidence},{abstained},{request.language or ''},{request.script or ''},{code}\n"
