"""The rules of `jc catalog check` about what a route table does: they know how a decision is made, so they stand here."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.model import Offer, RouteTable, Target
from jc.catalog.names import Names
from jc.catalog.price import blend
from jc.catalog.suggest import suggest
from jc.errors import Where
from jc.routing.candidate import forbidden
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.implied import Conditions, contradiction, implies

GROUP = "routes and plans"
Steps = tuple[str | int, ...]


class _Aim(NamedTuple):
    """A target with its place: the record, the path inside it, how a message calls it, and what its requests are like."""

    target: Target
    record: Where
    path: Steps
    name: str
    when: Conditions


def _aims(table: RouteTable) -> Iterator[_Aim]:
    for name, target in table.routes.items():
        yield _Aim(target, table.where, ("routes", name), f"route `{name}`", {})
    for rule_ in table.rules:
        yield _Aim(rule_.target, rule_.where, (), "this rule", rule_.when)


def _members(book: Book, names: Names, target: Target) -> list[Offer]:
    """The offers of a target that chat; names that are not known are another rule's business."""
    if target.model is not None:
        named: Sequence[Offer | None] = [names.get(target.model)]
    else:
        named = book.offers if target.pool == "any" else [names.get(name) for name in target.pool]
    return [one for one in named if one is not None and "text" in one.input and "text" in one.output]


def _known(target: Target, names: Names) -> bool:
    """Whether every name of a target is known, so that an empty pool is the table's own doing."""
    listed = ([target.model] if target.model else []) + list(target.pool if target.pool != "any" else ())
    return all(names.get(name) is not None for name in listed)


def _classes(table: RouteTable) -> Sequence[str]:
    """The classes that a request can have under a table."""
    return tuple(table.classes) or (ROUTE_CLASSES if table.classifier == "local" else tuple(table.routes))


@rule("JC911", "class-unknown", "error", GROUP, "Routes, conditions and cascades name classes that the classifier can give.")
def _class(book: Book, _at: date) -> Iterator[Remark]:
    for table in book.catalog.routes.values():
        known = _classes(table)
        for name, where in _named_classes(book, table):
            if name not in known:
                yield Remark(where, f"`{table.name}`: no request has the class `{name}`", suggest(name, known))


def _named_classes(book: Book, table: RouteTable) -> Iterator[tuple[str, Where]]:
    for name in table.routes:
        yield name, book.at(table.where, "routes", name, key=True)
    conditions = [(one.when, one.where) for one in table.rules] + [(one.when, one.where) for one in table.overrides]
    for when, where in conditions:
        said = when.get("class", ())
        for name in said if isinstance(said, tuple) else (said,):
            yield str(name), book.at(where, "when", "class")
    if table.cascade is not None:
        for index, name in enumerate(table.cascade.class_in):
            yield name, book.at(table.where, "cascade", "escalate", "class_in", index)


@rule("JC912", "rule-unreachable", "error", GROUP, "Some request can reach each rule: no earlier one takes them all.")
def _unreachable(book: Book, _at: date) -> Iterator[Remark]:
    for table in book.catalog.routes.values():
        for number, one in enumerate(table.rules):
            never = contradiction(one.when)
            if never:
                yield Remark(book.at(one.where, "when"), f"`{table.name}`: this rule never holds: {never}", "mend its conditions")
                continue
            first = next((place for place, other in enumerate(table.rules[:number]) if implies(one.when, other.when)), None)
            if first is not None:
                message = f"`{table.name}`: this rule never decides: rule {first + 1} takes every request that it would"
                yield Remark(book.at(one.where, "when"), message, f"move it above rule {first + 1}, or delete it")


@rule("JC913", "vision-blind", "error", GROUP, "A rule for requests with images names a model that takes images.")
def _blind(book: Book, _at: date) -> Iterator[Remark]:
    names = Names(book.catalog)
    for table, aim in _all_aims(book):
        members = _members(book, names, aim.target)
        if aim.when.get("vision") is True and members and not any(one.vision for one in members):
            what = f"`{members[0].id}` is" if len(members) == 1 else "all of the pool are"
            yield Remark(
                _place(book, aim), f"`{table.name}`: {what} text only, and {aim.name} is for images", "name one that sees"
            )


@rule(
    "JC914",
    "tools-untaken",
    "error",
    GROUP,
    "A rule for requests with tools, and the route of agents, name a model that takes tools.",
)
def _no_tools(book: Book, _at: date) -> Iterator[Remark]:
    names = Names(book.catalog)
    for table, aim in _all_aims(book):
        members = _members(book, names, aim.target)
        meant = aim.when.get("tools") is True or aim.path == ("routes", "agent")
        if meant and members and all(one.tools is False for one in members):
            what = f"`{members[0].id}` takes" if len(members) == 1 else "the models of the pool take"
            yield Remark(
                _place(book, aim),
                f"`{table.name}`: {what} no tools, and {aim.name} gets requests with tools",
                "name one that does",
            )


@rule("JC915", "fallback-repeats", "warning", GROUP, "A fallback is another model than what it stands in for, and named once.")
def _repeats(book: Book, _at: date) -> Iterator[Remark]:
    names = Names(book.catalog)
    for table in book.catalog.routes.values():
        chains = [(aim.target.fallback, aim.record, (*aim.path, "fallback"), aim.target.model) for aim in _aims(table)]
        for chain, record, path, model in (*chains, (table.fallback, table.where, ("fallback",), None)):
            seen = {offer.id for offer in [names.get(model)] if offer} if model else set()
            for index, name in enumerate(chain):
                offer = names.get(name)
                if offer is not None and offer.id in seen:
                    message = f"`{table.name}`: `{name}` has failed already when it would stand in"
                    yield Remark(book.at(record, *path, index), message, "name another model")
                seen.add(offer.id if offer else name)


@rule("JC916", "pool-empty", "error", GROUP, "Somebody in a pool can answer on the day.")
def _empty(book: Book, at: date) -> Iterator[Remark]:
    names = Names(book.catalog)
    for table, aim in _all_aims(book):
        if not aim.target.pool or not _known(aim.target, names):
            continue
        members = _members(book, names, aim.target)
        left = [one for one in members if one.lifecycle.removal is None or one.lifecycle.removal > at]
        left = [one for one in left if one.vision or aim.when.get("vision") is not True]
        regions = aim.when.get("region")
        wanted = regions if isinstance(regions, tuple) else (regions,)
        left = [one for one in left if regions is None or one.region in wanted]
        if not left and (members or aim.target.pool == "any") and not _blind_only(members, aim, at):
            yield Remark(
                _place(book, aim), f"`{table.name}`: nobody of the pool of {aim.name} can answer", "add a model that can"
            )


def _blind_only(members: Sequence[Offer], aim: _Aim, at: date) -> bool:
    """Whether the pool is empty for its eyes alone, which JC913 tells."""
    left = [one for one in members if one.lifecycle.removal is None or one.lifecycle.removal > at]
    return aim.when.get("vision") is True and bool(left) and not any(one.vision for one in left)


@rule(
    "JC917",
    "pin-forbidden",
    "error",
    GROUP,
    "What is pinned is not forbidden by the same conditions, and an earlier pin leaves it a request.",
)
def _pins(book: Book, _at: date) -> Iterator[Remark]:
    names = Names(book.catalog)
    for table in book.catalog.routes.values():
        for number, one in enumerate(table.overrides):
            pinned = names.get(one.pin) if one.pin else None
            if pinned is None:
                continue
            against = [other for other in table.overrides if forbidden(pinned.id, other.never) and implies(one.when, other.when)]
            if against:
                message = f"`{table.name}`: `{pinned.id}` is pinned here, and forbidden for the same requests"
                yield Remark(book.at(one.where, "pin"), message, "a pin wins: take it out of `never`, or pin another model")
            if any(other.pin and implies(one.when, other.when) for other in table.overrides[:number]):
                message = f"`{table.name}`: this pin never holds: an earlier one takes every request that it would"
                yield Remark(book.at(one.where, "pin"), message, "move it above the other, or delete it")


@rule("JC918", "low-model-dearer", "warning", GROUP, "The model of a low budget is cheaper than what it stands in for.")
def _low(book: Book, at: date) -> Iterator[Remark]:
    names, moment = Names(book.catalog), datetime.combine(at, time(12), UTC)
    weight = book.catalog.settings.output_weight
    for table in book.catalog.routes.values():
        low = names.get(table.budget.low_model) if table.budget and table.budget.low_model else None
        mine = blend(low, moment, weight) if low else None
        if low is None or mine is None:
            continue
        others = [one for aim in _aims(table) for one in _members(book, names, aim.target) if aim.target.pool != "any"]
        prices = [price for one in others if (price := blend(one, moment, weight)) is not None]
        if prices and mine >= max(prices):
            where = book.at(table.where, "budget", "when_low", "model")
            yield Remark(where, f"`{table.name}`: `{low.id}` is no cheaper than what it stands in for", "name a cheaper one")


@rule("JC919", "context-small", "error", GROUP, "A rule for long requests names a model that holds them.")
def _small(book: Book, _at: date) -> Iterator[Remark]:
    names = Names(book.catalog)
    for table, aim in _all_aims(book):
        above = int(aim.when.get("input_tokens_gt") or 0)
        members = _members(book, names, aim.target)
        if above and members and all(one.context is not None and one.context <= above for one in members):
            most = max(one.context or 0 for one in members)
            message = f"`{table.name}`: {aim.name} is for more than {above:,} input tokens, and its target holds {most:,}"
            yield Remark(_place(book, aim), message, "name one with more context")


def _all_aims(book: Book) -> Iterator[tuple[RouteTable, _Aim]]:
    for table in book.catalog.routes.values():
        for aim in _aims(table):
            yield table, aim


def _place(book: Book, aim: _Aim) -> Where:
    return book.at(aim.record, *aim.path, "model" if aim.target.model else "pool")


RULES: tuple[Rule, ...] = (_class, _unreachable, _blind, _no_tools, _repeats, _empty, _pins, _low, _small)
