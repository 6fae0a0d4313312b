"""Names: each stands for one thing, and every name that is used is known."""

import fnmatch
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from typing import NamedTuple

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.names import Names
from jc.catalog.order import moves
from jc.catalog.rules.uses import Steps, Use, offer_uses
from jc.catalog.suggest import suggest
from jc.errors import Where

UNPLACED = "unplaced"
_SUGGESTED = 25
"""So many unknown names get a suggestion: looking through thousands of names for thousands of others takes minutes."""
_FOLD = str.maketrans("", "", "-._")


class _Claim(NamedTuple):
    """A name, who claims it, and where."""

    name: str
    owner: str
    record: Where
    path: Steps


def _offer_claims(book: Book) -> Iterator[_Claim]:
    for offer in book.offers:
        yield _Claim(offer.id, offer.id, offer.where, ("id",))
        for index, alias in enumerate(offer.aliases):
            yield _Claim(alias, offer.id, offer.where, ("aliases", index))


def _names(book: Book) -> list[str]:
    """Every id and alias of the offers."""
    names = [offer.id for offer in book.offers]
    names += [alias for offer in book.offers for alias in offer.aliases]
    return names


def _folded(name: str) -> str:
    """A name without case and separators."""
    return name.lower().translate(_FOLD)


def _repeats(names: list[str]) -> bool:
    return len(set(names)) < len(names)


def _model_claims(book: Book) -> Iterator[_Claim]:
    for model in book.catalog.models.values():
        yield _Claim(model.id, model.id, model.where, ("id",))
        for index, alias in enumerate(model.aliases):
            yield _Claim(alias, model.id, model.where, ("aliases", index))


@rule("JC201", "duplicate-name", "error", "identity", "An id or alias names one thing; aliases share the name space of the ids.")
def _duplicate_name(book: Book, _at: date) -> Iterator[Remark]:
    if _repeats(_names(book)):
        yield from _claimed_twice(book, list(_offer_claims(book)))
    yield from _claimed_twice(book, list(_model_claims(book)))


def _claimed_twice(book: Book, claims: list[_Claim]) -> Iterator[Remark]:
    """Ids come first, so that an alias is blamed and not the id it collides with; then in the order of places."""
    if len({claim.name for claim in claims}) == len(claims):
        return
    first: dict[str, _Claim] = {}
    for claim in sorted(claims, key=lambda item: (item.path != ("id",), item.record, item.path[1:])):
        holder = first.setdefault(claim.name, claim)
        if holder is not claim:
            what = "is the id of" if holder.path == ("id",) else "is an alias of"
            message = f"`{claim.name}` {what} `{holder.owner}` already, at {book.at(holder.record, *holder.path)}"
            yield Remark(
                book.at(claim.record, *claim.path), message, "a name stands for one thing: take it away from one of them"
            )


@rule("JC202", "confusable-name", "warning", "identity", "Names of different offers differ by more than case and `.`, `-`, `_`.")
def _confusable_name(book: Book, _at: date) -> Iterator[Remark]:
    if not _repeats([_folded(name) for name in _names(book)]):
        return
    first: dict[str, _Claim] = {}
    for claim in _offer_claims(book):
        holder = first.setdefault(_folded(claim.name), claim)
        if holder.owner != claim.owner and holder.name != claim.name:
            message = f"`{claim.name}` differs from `{holder.name}` only in case or in `.`, `-`, `_`"
            yield Remark(
                book.at(claim.record, *claim.path), message, f"`{holder.name}` is at {book.at(holder.record, *holder.path)}"
            )


@rule(
    "JC203",
    "unknown-model",
    "error",
    "identity",
    "Every model and offer that is named exists: in offers, scores, tiers, routes, jobs.",
)
def _unknown_model(book: Book, _at: date) -> Iterator[Remark]:
    models, known = book.catalog.models, {*book.catalog.models, *book.lost}
    asked = count()
    for offer in book.offers:
        if offer.model not in known:
            hint = suggest(offer.model, models) if next(asked) < _SUGGESTED else ""
            yield Remark(
                book.at(offer.where, "model"), f"`{offer.model}` is in no file of `models/`", hint or "add it to `models/`"
            )
    for score in book.catalog.scores:
        if score.model not in known and score.model not in book.catalog.offers:
            hint = suggest(score.model, [*models, *book.catalog.offers]) if next(asked) < _SUGGESTED else ""
            yield Remark(book.at(score.where, "model"), f"`{score.model}` is in no catalog", hint)
    for seen in book.catalog.observations:
        if seen.model not in known and seen.model not in book.catalog.offers:
            yield Remark(book.at(seen.where, "model"), f"`{seen.model}` is in no catalog", "import the run again")
    yield from _unknown_offers(book)


def _unknown_offers(book: Book) -> Iterator[Remark]:
    names: Names | None = None
    asked = count()
    for use in offer_uses(book):
        if use.name in book.catalog.offers or use.name in book.lost:
            continue
        names = names or Names(book.catalog)
        remark = _unresolved(use, names, book.lost)
        if remark is None:
            continue
        near = names.suggestions(use.name, 1) if not remark.hint and next(asked) < _SUGGESTED else []
        hint = f"did you mean `{near[0]}`?" if near else remark.hint
        yield Remark(book.at(use.record, *use.path), remark.message, hint)


def _unresolved(use: Use, names: Names, lost: frozenset[str]) -> Remark | None:
    """What is wrong with a name that is no offer's id: nothing, when it is an alias, an ending or a pattern of some offer."""
    if "*" in use.name:
        if any(fnmatch.fnmatchcase(offer, use.name) for offer in (*names.catalog.offers, *lost)):
            return None
        return Remark(use.record, f"no offer matches `{use.name}` ({use.role})", "patterns are matched against full ids")
    found = names.own_matches(use.name)
    if len(found) == 1:
        return None
    if found:
        listed = ", ".join(f"`{offer.id}`" for offer in found)
        return Remark(use.record, f"`{use.name}` ({use.role}) means {len(found)} offers: {listed}", "write the full id of one")
    return Remark(use.record, f"`{use.name}` ({use.role}) is in no catalog")


@rule("JC204", "unknown-tier", "error", "identity", "Every tier that is named is one of `tiers/policy.yaml`.")
def _unknown_tier(book: Book, _at: date) -> Iterator[Remark]:
    known = [tier.id for tier in book.catalog.policy.tiers]
    if not known:
        return
    named = [(item.tier, item.where, "tier") for item in book.catalog.tier_overrides]
    named += [(item.tier, item.where, "tier") for item in book.catalog.placements.values()]
    named += [(model.positioning, model.where, "positioning") for model in book.catalog.models.values() if model.positioning]
    for name, record, key in named:
        if name not in known and name != UNPLACED:
            yield Remark(book.at(record, key), f"there is no tier `{name}`", suggest(name, known))


@rule("JC205", "unknown-provider", "error", "identity", "Every provider that is named has a file in `offers/`.")
def _unknown_provider(book: Book, _at: date) -> Iterator[Remark]:
    known = book.catalog.providers
    swap, policy = book.catalog.policy.swap, book.catalog.policy.where
    named: list[tuple[str, Where, Steps]] = [
        (plan.provider, plan.where, ("provider",)) for plan in book.catalog.plans.values() if plan.provider
    ]
    for key, names in (("allow", swap.providers_allow), ("deny", swap.providers_deny)):
        named += [(name, policy, ("swap", "providers", key, index)) for index, name in enumerate(names)]
    for name, record, path in named:
        if name not in known and name not in book.lost:
            yield Remark(book.at(record, *path), f"there is no provider `{name}`", suggest(name, known))


@rule(
    "JC206",
    "unsorted",
    "warning",
    "identity",
    "Models and offers stand in the order of their ids, so that differences stay readable.",
)
def _unsorted(book: Book, _at: date) -> Iterator[Remark]:
    for document in book.documents:
        if document.kind not in {"models", "offers"} or not isinstance(document.tree, dict):
            continue
        rows = document.tree.get(document.kind)
        ids = [str(row.get("id")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        for index, after in moves(ids):
            place = f"after `{after}`" if after is not None else "to the top"
            where = document.where((document.kind, index, "id"))
            yield Remark(where, f"move `{ids[index]}` {place}", "or let `jc catalog check --fix` do it")


RULES: tuple[Rule, ...] = (
    replace(_duplicate_name, codes=("duplicate-id",)),
    _confusable_name,
    _unknown_model,
    _unknown_tier,
    _unknown_provider,
    _unsorted,
)
