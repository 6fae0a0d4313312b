"""Decide a file of prompts, line by line: what most lines share is worked out once, so that one core decides 20,000 a second.

Two prompts of the same class, sureness, length and script get the same decision; it is kept ready as text, and only the id and
the confidence are written anew.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from jc.errors import InputError, Problem, Where
from jc.routing.ask import estimate_tokens
from jc.routing.classify import Classifier, Facts
from jc.routing.decide import Router
from jc.routing.incoming import Flags, asks, request_of
from jc.routing.request import Decision, Health
from jc.routing.table import needs_language

_MOST_LINE = 32 * 2**20
_MOST_KEPT = 100_000
_PLAIN = frozenset({"prompt", "id"})


class Batch:
    """Decides the lines of one file by one router; keep it for one run."""

    def __init__(self, router: Router, flags: Flags, classifier: Classifier, health: Health) -> None:
        self.router, self.flags, self.classifier, self.health = router, flags, classifier, health
        self._languages = needs_language(router.prepared.table)
        self._facts = Facts(flags.tools, flags.images, flags.structured_output)
        self._kept: dict[tuple[Any, ...], str] = {}

    def line(self, incoming: dict[str, Any], number: int, file: str, problems: list[Problem]) -> str:
        """The decision about one line as JSON text with a line end; `jc.decision/1` with the line's `id`, or its number.

        Empty when the line asks explicitly for a model that is not known, which is noted.
        """
        try:
            return self._line(incoming, incoming.get("id", number))
        except InputError as error:
            problems += [replace(one, where=Where(file, number)) for one in error.problems] or [
                Problem(error.message, Where(file, number), hint=error.hint)
            ]
            return ""

    def _line(self, incoming: dict[str, Any], name: object) -> str:
        prompt = incoming.get("prompt")
        if not isinstance(prompt, str) or self._languages or self.flags.previous or not incoming.keys() <= _PLAIN:
            request = request_of(incoming, self.flags, self.classifier, languages=self._languages)
            decision = self.router.decide(request, self.health)
            return _text(decision, name, decision.confidence)
        found = self.classifier.classify(prompt, self._facts)
        sure = self.router.prepared.sureness(found.route_class, found.confidence)
        tokens = estimate_tokens(prompt) + 4
        key = (found.route_class, sure, found.abstained, tokens, found.script, found.code)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            request = request_of(incoming, self.flags, self.classifier)
            kept = self._kept[key] = _rest(self.router.decide(request, self.health))
        return f'{{"id": {name if type(name) is int else json.dumps(name)}, "confidence": {found.confidence}, {kept}'


def _rest(decision: Decision) -> str:
    data = {"schema": "jc.decision/1", **decision.to_json()}
    del data["confidence"], data["candidates"]
    return json.dumps(data)[1:] + "\n"  # in ASCII: names from a file may hold what no terminal should get


def _text(decision: Decision, name: object, confidence: float | None) -> str:
    return f'{{"id": {json.dumps(name)}, "confidence": {json.dumps(confidence)}, {_rest(decision)}'


class Line(NamedTuple):
    """One line of the input that could be read."""

    number: int
    incoming: dict[str, Any]


def read_lines(source: Iterable[bytes], name: str, problems: list[Problem]) -> Iterator[Line]:
    """The requests of a file: objects with `prompt` or `messages`, or bare strings; what cannot be read is noted and left out."""
    loads = json.loads
    for number, raw in enumerate(source, 1):
        if len(raw) > _MOST_LINE:
            problems.append(Problem("a line of more than 32 MiB", Where(name, number)))
            continue
        try:
            data = loads(raw)
        except (ValueError, RecursionError) as error:
            if raw.strip():
                said = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"not JSON: {error}"
                problems.append(Problem(said, Where(name, number)))
            continue
        if type(data) is str:
            data = {"prompt": data}
        if not isinstance(data, dict) or not asks(data):
            problems.append(Problem("neither `prompt` nor `messages`", Where(name, number)))
            continue
        yield Line(number, data)
