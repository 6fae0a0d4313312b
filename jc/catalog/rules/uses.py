"""Every place where one part of a catalog names a thing of another part."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jc.catalog.check import Book
from jc.catalog.model import RouteTable, Target
from jc.errors import Where

Steps = tuple[str | int, ...]


class Use(NamedTuple):
    """A name that is used: by which record, at which path inside it, and as what (in words for a message)."""

    name: str
    record: Where
    path: Steps
    role: str


def offer_uses(book: Book) -> Iterator[Use]:
    """Names of offers: routes, fallbacks, tiers, placements, replacements, jobs, plans."""
    for offer in book.offers:
        if offer.lifecycle.replacement:
            yield Use(offer.lifecycle.replacement, offer.where, ("lifecycle", "replacement"), "replacement")
    yield from tier_uses(book)
    yield from route_uses(book)
    for job in (*book.catalog.jobs, *book.catalog.tree):
        yield from _each(job.models, job.where, ("models",), "job")
    for plan in book.catalog.plans.values():
        yield from _each(plan.models, plan.where, ("models",), "plan")


def tier_uses(book: Book) -> Iterator[Use]:
    """Offers that the tiers name: by hand, by the lock file, and in the swap policy."""
    for override in book.catalog.tier_overrides:
        yield Use(override.model, override.where, ("model",), "tier")
    for placement in book.catalog.placements.values():
        yield Use(placement.model, placement.where, ("model",), "tier lock")
    policy = book.catalog.policy
    for tier in policy.tiers:
        for region, name in tier.cheapest.items():
            yield Use(name, tier.where, ("cheapest", region), "stated cheapest")
    yield from _each(policy.swap.pins, policy.where, ("swap", "pins"), "pin")
    for pair in policy.swap.never:
        yield Use(pair.source, pair.where, ("from",), "forbidden pair")
        yield Use(pair.target, pair.where, ("to",), "forbidden pair")


def route_uses(book: Book) -> Iterator[Use]:
    """Offers that route tables name."""
    for table in book.catalog.routes.values():
        yield from table_uses(table)


def table_uses(table: RouteTable) -> Iterator[Use]:
    """Offers that one route table names: targets, fallbacks, rules, pins, cascade, budget and classifier."""
    where = table.where
    for name, target in table.routes.items():
        yield from _target(target, where, ("routes", name))
    yield from _each(table.fallback, where, ("fallback",), "fallback")
    for rule in table.rules:
        yield from _target(rule.target, rule.where, ())
    for override in table.overrides:
        if override.pin:
            yield Use(override.pin, override.where, ("pin",), "pin")
        yield from _each(override.never, override.where, ("never",), "forbidden target")
    if table.cascade:
        yield Use(table.cascade.first, where, ("cascade", "first"), "cascade")
    if table.budget and table.budget.low_model:
        yield Use(table.budget.low_model, where, ("budget", "when_low", "model"), "budget")
    if table.classifier != "local":
        yield Use(table.classifier, where, ("classifier",), "classifier")


def _target(target: Target, record: Where, path: Steps) -> Iterator[Use]:
    if target.model:
        yield Use(target.model, record, (*path, "model"), "route")
    if target.pool != "any":
        yield from _each(target.pool, record, (*path, "pool"), "route")
    yield from _each(target.fallback, record, (*path, "fallback"), "fallback")


def _each(names: Sequence[str], record: Where, path: Steps, role: str) -> Iterator[Use]:
    for index, name in enumerate(names):
        yield Use(name, record, (*path, index), role)
