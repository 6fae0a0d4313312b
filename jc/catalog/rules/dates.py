"""Dates: of this world, in order, announced in time, and looked at again before they are stale."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.model import Offer, Staleness
from jc.catalog.names import Names
from jc.catalog.price import free_on, row_in_force
from jc.catalog.rules.uses import Steps, Use, route_uses
from jc.errors import Where

_FIRST_PARTY = Staleness(60, 180)
_HOST = Staleness(14, 60)
_NEVER_STALE = frozenset({"local", "demo"})


def plus_months(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last day of a shorter month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@rule("JC502", "date-in-future", "error", "dates", "Nothing was checked, measured or released in the future.")
def _future(book: Book, at: date) -> Iterator[Remark]:
    for record, path, day in _past_dates(book):
        if day is not None and day > at:
            yield Remark(book.at(record, *path), f"`{path[-1]}` is {day}, which is after {at}", "a slip of the year?")


def _past_dates(book: Book) -> Iterator[tuple[Where, Steps, date | None]]:
    """Every date that cannot lie ahead, with its record and path."""
    for offer in book.offers:
        yield offer.where, ("lifecycle", "released"), offer.lifecycle.released
        if offer.speed is not None:
            yield offer.where, ("speed", "checked"), offer.speed.checked
        for row in offer.prices:
            yield row.where, ("checked",), row.checked
    for score in book.catalog.scores:
        yield score.where, ("date",), score.date
    for seen in book.catalog.observations:
        yield seen.where, ("date",), seen.date


@rule("JC503", "dates-out-of-order", "error", "dates", "An offer is released, then announced to go, then removed.")
def _order(book: Book, _at: date) -> Iterator[Remark]:
    for offer in book.offers:
        life = offer.lifecycle
        known = [
            (name, day)
            for name, day in (
                ("released", life.released),
                ("deprecation_announced", life.deprecation_announced),
                ("removal", life.removal),
            )
            if day is not None
        ]
        for (before, first), (after, second) in pairwise(known):
            if second < first:
                message = f"`{offer.id}`: {after} ({second}) lies before {before} ({first})"
                yield Remark(book.at(offer.where, "lifecycle", after), message, "released ≤ announced ≤ removal")


@rule("JC504", "replacement-unfit", "error", "dates", "A replacement is active and takes and gives what the old offer did.")
def _replacement(book: Book, at: date) -> Iterator[Remark]:
    names: Names | None = None
    for offer in book.offers:
        if not offer.lifecycle.replacement:
            continue
        names = names or Names(book.catalog)
        other = names.own(offer.lifecycle.replacement)
        reason = _unfit(offer, other, at) if other else ""
        if reason:
            message = f"`{offer.id}`: its replacement {reason}"
            yield Remark(book.at(offer.where, "lifecycle", "replacement"), message, "name an offer that can take its place")


def _unfit(offer: Offer, other: Offer, at: date) -> str:
    """Why an offer cannot replace another; empty when it can."""
    if other is offer:
        return "is itself"
    if gone(other, at):
        return f"`{other.id}` was removed on {other.lifecycle.removal}"
    lost = [*(set(offer.input) - set(other.input)), *(set(offer.output) - set(other.output))]
    return f"`{other.id}` is without {', '.join(sorted(lost))}" if lost else ""


def gone(offer: Offer, at: date) -> bool:
    """Whether an offer no longer answers on a day."""
    return offer.lifecycle.removal is not None and offer.lifecycle.removal <= at


@rule(
    "JC505",
    "notice-open-weights",
    "error",
    "dates",
    "An offer of open weights goes 6 calendar months after it was announced, or later.",
)
def _open_notice(book: Book, _at: date) -> Iterator[Remark]:
    months = book.catalog.settings.open_weight_notice_months
    for offer in book.offers:
        announced, removal = offer.lifecycle.deprecation_announced, offer.lifecycle.removal
        model = book.model_of(offer)
        if announced is None or removal is None or model is None or not model.open_weights:
            continue
        earliest = plus_months(announced, months)
        if removal < earliest:
            message = f"`{offer.id}`: removal on {removal}, announced on {announced}: less than {months} months"
            yield Remark(book.at(offer.where, "lifecycle", "removal"), message, f"not before {earliest}")


@rule("JC506", "notice-short", "warning", "dates", "A closed offer is announced at least 60 days before its removal.")
def _closed_notice(book: Book, _at: date) -> Iterator[Remark]:
    days = book.catalog.settings.closed_notice_days
    for offer in book.offers:
        announced, removal = offer.lifecycle.deprecation_announced, offer.lifecycle.removal
        model = book.model_of(offer)
        if announced is None or removal is None or (model is not None and model.open_weights):
            continue
        if timedelta(0) <= removal - announced < timedelta(days=days):
            message = f"`{offer.id}`: {(removal - announced).days} days from the announcement to the removal"
            yield Remark(
                book.at(offer.where, "lifecycle", "removal"), message, f"its maker promises {days} days: look the dates up"
            )


@rule("JC507", "removed-in-use", "error", "dates", "What is removed is in no tier, route or fallback any more.")
def _removed(book: Book, at: date) -> Iterator[Remark]:
    removed = {offer.id: offer for offer in book.offers if gone(offer, at)}
    if not removed:
        return
    names = Names(book.catalog)
    for use in _live_uses(book, at):
        offer = names.own(use.name)
        if offer is not None and offer.id in removed:
            message = f"`{use.name}` ({use.role}) was removed on {offer.lifecycle.removal}"
            instead = f"`{offer.lifecycle.replacement}` replaces it" if offer.lifecycle.replacement else "name one that answers"
            yield Remark(
                book.at(use.record, *use.path),
                message,
                instead + (", or end the placement: `until`" if use.role == "tier" else ""),
            )


def _live_uses(book: Book, at: date) -> Iterator[Use]:
    """Uses that would send a request, or keep a member in its tier, on a day."""
    yield from (use for use in route_uses(book) if use.role != "forbidden target")
    for override in book.catalog.tier_overrides:
        if override.until is None or override.until > at:
            yield Use(override.model, override.where, ("model",), "tier")
    for placement in book.catalog.placements.values():
        if placement.tier != "unplaced":
            yield Use(placement.model, placement.where, ("model",), "tier lock")


@rule("JC508", "removal-soon", "warning", "dates", "A route does not rest on an offer that is removed within 60 days.")
def _soon(book: Book, at: date) -> Iterator[Remark]:
    limit = at + timedelta(days=book.catalog.settings.removal_warning_days)
    leaving = {offer.id for offer in book.offers if offer.lifecycle.removal is not None and at < offer.lifecycle.removal <= limit}
    if not leaving:
        return
    names = Names(book.catalog)
    for use in route_uses(book):
        offer = names.own(use.name)
        if offer is not None and offer.id in leaving and use.role != "forbidden target":
            left = (offer.lifecycle.removal - at).days if offer.lifecycle.removal else 0
            message = f"`{use.name}` ({use.role}) is removed on {offer.lifecycle.removal}, in {left} days"
            instead = (
                f"`{offer.lifecycle.replacement}` replaces it" if offer.lifecycle.replacement else "choose its successor now"
            )
            yield Remark(book.at(use.record, *use.path), message, instead)


def _ages(book: Book, at: date) -> Iterator[tuple[Offer, Where, int | None, Staleness]]:
    """The price rows that hold today, the days since they were checked, and the policy for their kind of provider."""
    policies = book.catalog.settings.staleness
    for offer in book.offers:
        row = row_in_force(offer, at)
        if (
            row is None
            or gone(offer, at)
            or free_on(offer.free, at)
            or (offer.kind in _NEVER_STALE and offer.kind not in policies)
        ):
            continue
        policy = policies.get(offer.kind) or _default_policy(book, offer)
        yield offer, row.where, None if row.checked is None else (at - row.checked).days, policy


def _default_policy(book: Book, offer: Offer) -> Staleness:
    model = book.model_of(offer)
    hosted = offer.kind == "aggregator" or (offer.kind != "first_party" and model is not None and bool(model.open_weights))
    return _HOST if hosted else _FIRST_PARTY


@rule(
    "JC509",
    "price-stale",
    "warning",
    "dates",
    "A price was checked within 60 days; at hosts of open weights and aggregators within 14.",
)
def _stale(book: Book, at: date) -> Iterator[Remark]:
    for offer, where, age, policy in _ages(book, at):
        if age is not None and policy.warn_days < age <= policy.error_days:
            message = f"`{offer.id}` was checked {age} days ago"
            yield Remark(
                book.at(where, "checked"),
                message,
                f"look the price up and set `checked`; an error after {policy.error_days} days",
            )


@rule(
    "JC510",
    "price-outdated",
    "error",
    "dates",
    "A price was checked within 180 days; at hosts of open weights and aggregators within 60.",
)
def _outdated(book: Book, at: date) -> Iterator[Remark]:
    for offer, where, age, policy in _ages(book, at):
        if age is not None and age > policy.error_days:
            yield Remark(
                book.at(where, "checked"), f"`{offer.id}` was checked {age} days ago", "look the price up and set `checked`"
            )


@rule("JC511", "price-unchecked", "warning", "dates", "A price says when it was last checked.")
def _unchecked(book: Book, at: date) -> Iterator[Remark]:
    for offer, where, age, _policy in _ages(book, at):
        if age is None:
            yield Remark(where, f"`{offer.id}`: its price does not say when it was checked", "add `checked: <date>`")


RULES: tuple[Rule, ...] = (
    Rule("JC501", "wrong-date", "error", "dates", "A date is a day of the calendar, written 2026-06-30.", codes=("wrong-date",)),
    _future, _order, _replacement, _open_notice, _closed_notice, _removed, _soon, _stale, _outdated, _unchecked,
)  # fmt: skip
