"""Which routes a change of the catalog sends elsewhere: asked of `decide` itself, so that what is told is what will happen."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from jc.catalog.diff_values import Change, Delta
from jc.catalog.model import Catalog, RouteTable, Target
from jc.errors import InputError
from jc.routing.decide import Router
from jc.routing.prepared import prepare
from jc.routing.request import Request

TYPICAL_INPUT = 1_000
"""Prompt tokens of the request that every route is asked with."""


class _Answer(NamedTuple):
    """Who answers, and why nobody does."""

    model: str | None
    why: str = ""


def route_changes(before: Catalog, after: Catalog, at: datetime) -> list[Change]:
    """Tables that came or went, and per class of the others: another target written, or another model deciding.

    Each class is asked with a text and with an image, 1,000 prompt tokens and the class's usual answer.
    """
    out: list[Change] = []
    for name in sorted(before.routes.keys() | after.routes.keys()):
        old, new = before.routes.get(name), after.routes.get(name)
        if old is None or new is None:
            out.append(Change("route", name, (Delta("table", _there(old), _there(new)),), where=new.where if new else None))
        else:
            out += _table_changes(_Side(before, old, at), _Side(after, new, at))
    return out


def _there(table: RouteTable | None) -> str | None:
    return None if table is None else "there"


class _Side:
    """One table in one catalog, prepared once."""

    def __init__(self, catalog: Catalog, table: RouteTable, at: datetime) -> None:
        self.table = table
        self._problem = ""
        self._router: Router | None = None
        try:
            self._router = Router(prepare(table, catalog, at))
        except InputError as error:
            self._problem = error.message or "; ".join(problem.message for problem in error.problems[:2])

    def answer(self, route_class: str, images: int) -> _Answer:
        """Who answers a typical request of a class."""
        if self._router is None:
            return _Answer(None, self._problem)
        decision = self._router.decide(Request(route_class=route_class, input_tokens=TYPICAL_INPUT, images=images))
        return _Answer(decision.model, decision.reasons[-1].why if decision.model is None and decision.reasons else "")


def _table_changes(old: _Side, new: _Side) -> Iterator[Change]:
    for route_class in dict.fromkeys([*new.table.routes, *old.table.routes]):
        written = (_written(old.table.routes.get(route_class)), _written(new.table.routes.get(route_class)))
        deltas = [Delta("target", *written)] if written[0] != written[1] else []
        why = ""
        for images, kind in ((0, "text"), (1, "image")):
            was, now = old.answer(route_class, images), new.answer(route_class, images)
            if was.model != now.model:
                deltas.append(Delta(f"answers {kind}", was.model, now.model))
                why = why or now.why
        if deltas:
            yield Change("route", f"{new.table.name}: {route_class}", tuple(deltas), where=new.table.where, note=why)


def _written(target: Target | None) -> str | None:
    """A target as it stands in the table."""
    if target is None:
        return None
    pool = "any" if target.pool == "any" else ", ".join(target.pool)
    head = target.model or f"{target.preference} of {pool}"
    return f"{head}, else {', '.join(target.fallback)}" if target.fallback else head
