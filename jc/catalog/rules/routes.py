"""Route tables, plans and energy: complete, and able to answer when a provider is down."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.model import RouteTable, Target
from jc.catalog.names import Names
from jc.catalog.rules.uses import Steps
from jc.errors import Where

CLASSES = ("simple", "general", "reasoning", "code", "agent")


class _Aim(NamedTuple):
    """A target with its place: the record, the path inside it, and what it is called in a message."""

    target: Target
    record: Where
    path: Steps
    name: str


def _aims(table: RouteTable) -> Iterator[_Aim]:
    for name, target in table.routes.items():
        yield _Aim(target, table.where, ("routes", name), f"route `{name}`")
    for rule_ in table.rules:
        yield _Aim(rule_.target, rule_.where, (), "rule")


@rule("JC901", "category-missing", "error", "routes and plans", "Every class of the classifier has a route.")
def _category(book: Book, _at: date) -> Iterator[Remark]:
    for table in book.catalog.routes.values():
        wanted = tuple(table.classes) or (CLASSES if table.classifier == "local" else ())
        missing = [name for name in wanted if name not in table.routes]
        if missing:
            where = book.at(table.where, "routes", key=True)
            yield Remark(where, f"`{table.name}` has no route for {', '.join(missing)}", "each class needs a target")


@rule("JC902", "default-unlisted", "error", "routes and plans", "The default class has a route.")
def _default(book: Book, _at: date) -> Iterator[Remark]:
    for table in book.catalog.routes.values():
        if table.default not in table.routes:
            where = book.at(table.where, "default")
            yield Remark(
                where, f"`{table.name}`: the default `{table.default}` has no route", f"routes: {', '.join(table.routes)}"
            )


@rule("JC903", "target-unclear", "error", "routes and plans", "A route names one model, or a pool that is not empty.")
def _target(book: Book, _at: date) -> Iterator[Remark]:
    for table in book.catalog.routes.values():
        for aim in _aims(table):
            if bool(aim.target.model) == bool(aim.target.pool):
                what = "both a model and a pool" if aim.target.model else "neither a model nor a pool"
                yield Remark(book.at(aim.record, *aim.path), f"`{table.name}`: {aim.name} has {what}", "write one of them")


@rule("JC904", "fallback-missing", "warning", "routes and plans", "A route has a fallback.")
def _no_fallback(book: Book, _at: date) -> Iterator[Remark]:
    for table in book.catalog.routes.values():
        if not table.fallback and any(not aim.target.fallback for aim in _aims(table)):
            hint = "add `fallback: [...]` with a model at another provider"
            yield Remark(book.at(table.where, "routes", key=True), f"`{table.name}` has no fallback for all its routes", hint)


@rule(
    "JC905",
    "fallback-same-provider",
    "warning",
    "routes and plans",
    "A fallback is at another provider than what it stands in for.",
)
def _same_provider(book: Book, _at: date) -> Iterator[Remark]:
    names = Names(book.catalog) if book.catalog.routes else None
    for table in book.catalog.routes.values():
        for aim in _aims(table):
            chain = (*aim.target.fallback, *table.fallback)
            if names is None or aim.target.model is None or not chain:
                continue
            offer = names.own(aim.target.model)
            others = [names.own(name) for name in chain]
            if offer is not None and all(other is not None and other.provider == offer.provider for other in others):
                message = f"`{table.name}`: every fallback of {aim.name} is at `{offer.provider}` too"
                yield Remark(book.at(aim.record, *aim.path), message, "an outage takes them all: add one at another provider")


@rule("JC906", "confidence-range", "error", "routes and plans", "Thresholds of confidence lie between 0 and 1.")
def _confidence(book: Book, _at: date) -> Iterator[Remark]:
    for table in book.catalog.routes.values():
        known = [(table.threshold, table.where, ("threshold",))]
        known += [(aim.target.min_confidence, aim.record, (*aim.path, "min_confidence")) for aim in _aims(table)]  # type: ignore[misc]
        if table.cascade is not None:
            for name, share in (("confidence_lt", table.cascade.confidence_lt), ("judge_score_lt", table.cascade.judge_score_lt)):
                known.append((share, table.where, ("cascade", "escalate", name)))  # type: ignore[arg-type]
        for value, record, path in known:
            if value is not None and not 0 <= value <= 1:
                yield Remark(book.at(record, *path), f"`{table.name}`: {path[-1]} is {value}", "it is a share, 0 to 1")


@rule("JC907", "override-empty", "error", "routes and plans", "An override of a route table pins, switches swaps, or forbids.")
def _empty(book: Book, _at: date) -> Iterator[Remark]:
    for table in book.catalog.routes.values():
        for override in table.overrides:
            if override.pin is None and override.swap is None and not override.never:
                yield Remark(override.where, f"`{table.name}`: this override does nothing", "add `pin`, `swap` or `never`")


@rule(
    "JC908",
    "budget-unclear",
    "error",
    "routes and plans",
    "A plan or budget says its window in hours and its cap in USD, both above zero.",
)
def _budget(book: Book, _at: date) -> Iterator[Remark]:
    for plan in book.catalog.plans.values():
        has_window = plan.window_hours is not None or plan.window_usd is not None
        if not has_window and plan.usd_per_month is None:
            yield Remark(plan.where, f"the plan `{plan.id}` has neither a price nor a window", "add `usd_per_month` or `window`")
        for key, value in (("hours", plan.window_hours), ("usd", plan.window_usd)):
            if has_window and value is None and not _said_unknown(book, plan.where, key):
                where = book.at(plan.where, "window")
                yield Remark(
                    where, f"the window of `{plan.id}` has no `{key}`", f"add `{key}`, or `{key}: null` when it is unknown"
                )
    for what, amount, record, path in _amounts(book):
        if amount is not None and amount <= 0:
            yield Remark(book.at(record, *path), f"{what} is {amount}", "it is above zero, or left out")


def _said_unknown(book: Book, plan: Where, key: str) -> bool:
    """Whether the window says in so many words that it does not know."""
    document = book.documents.find(plan)
    node = document.node(plan) if document else None
    return node is not None and key in node["window"]


def _amounts(book: Book) -> Iterator[tuple[str, Decimal | None, Where, Steps]]:
    """Every figure of plans and budgets that must be above zero."""
    for plan in book.catalog.plans.values():
        yield f"the monthly price of `{plan.id}`", plan.usd_per_month, plan.where, ("usd_per_month",)
        yield f"the window of `{plan.id}`", plan.window_hours, plan.where, ("window", "hours")
        yield f"the cap of `{plan.id}`", plan.window_usd, plan.where, ("window", "usd")
    for table in book.catalog.routes.values():
        if table.budget is not None:
            yield f"the cap of `{table.name}`", table.budget.key_usd, table.where, ("budget", "key_usd")
            yield f"the window of `{table.name}`", table.budget.window_hours, table.where, ("budget", "window_hours")


@rule(
    "JC909", "energy-method", "warning", "routes and plans", "An energy says how it was come by: stated, measured or estimated."
)
def _energy(book: Book, _at: date) -> Iterator[Remark]:
    for model in book.catalog.models.values():
        if model.energy is not None and model.energy.method is None:
            yield Remark(book.at(model.where, "energy"), f"the energy of `{model.id}` has no method", "add `method: stated`")


@rule("JC910", "energy-range", "error", "routes and plans", "An energy is above zero.")
def _joules(book: Book, _at: date) -> Iterator[Remark]:
    for model in book.catalog.models.values():
        if model.energy is not None and model.energy.joules <= 0:
            where = book.at(model.where, "energy", "joules")
            yield Remark(where, f"the energy of `{model.id}` is {model.energy.joules} joules", "leave it out when it is unknown")


RULES: tuple[Rule, ...] = (
    _category, _default, _target, _no_fallback, _same_provider, _confidence, _empty, _budget, _energy, _joules,
)  # fmt: skip
