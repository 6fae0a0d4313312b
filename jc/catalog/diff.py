"""What changed between two catalogs, as values: pure, so the same two catalogs always give the same list.

Everything that can be known from the catalogs alone is here; what follows from it for tiers and routes is told by
`jc.tiers.changes` and `jc.routing.changes`, which give the same `Change` values.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from jc.catalog.check import Book
from jc.catalog.diff_prices import price_changes
from jc.catalog.diff_values import KINDS, Change, ChangeKind, Delta, Figure, ordered
from jc.catalog.model import Catalog, Model, Offer, Score
from jc.catalog.names import Names
from jc.catalog.price import blend, utc
from jc.catalog.rules.uses import Steps, offer_uses
from jc.errors import Where

__all__ = ["KINDS", "Change", "ChangeKind", "Delta", "diff", "ordered"]
_ZERO = Decimal(0)
_CAPABILITIES = ("input", "output", "tools", "structured_output", "reasoning", "region", "wire_id", "aliases", "model")
_LIMITS = {"context": "tokens", "max_output": "tokens", "rpm": "requests a minute", "tpm": "tokens a minute", "concurrency": ""}
_LIFECYCLE = ("released", "deprecation_announced", "removal", "replacement")
Locate = Callable[[Where, Steps], Where]


def diff(before: Catalog, after: Catalog, at: datetime, locate: Locate | None = None) -> list[Change]:
    """Everything that changed from one catalog to the other, by kind, the most costly first.

    `at` is the moment whose prices give new and removed offers their weight; `locate` finds the exact place of a name inside a
    record (by default the record itself is named).
    """
    weight = after.settings.output_weight
    out: list[Change] = []
    for id_, offer in after.offers.items():
        old = before.offers.get(id_)
        if old is None:
            out.append(_new(offer, at, weight))
        else:
            out += price_changes(old, offer, weight)
            out += _offer_changes(old, offer)
    out += _removed(before, after, at, locate or _record)
    out += _model_changes(before.models, after.models)
    out += _score_changes(before.scores, after.scores)
    return ordered(out)


def _record(where: Where, _path: Steps) -> Where:
    return where


def _new(offer: Offer, at: datetime, weight: Decimal) -> Change:
    return Change(
        "new",
        offer.id,
        tuple(_whole(offer, at, new=True)),
        effective=offer.lifecycle.released,
        weight=blend(offer, at, weight) or _ZERO,
        where=offer.where,
        region=offer.region,
    )


def _whole(offer: Offer, at: datetime, *, new: bool) -> Iterator[Delta]:
    """The base prices of an offer that came or went."""
    from jc.catalog.diff_prices import FREE, labelled
    from jc.catalog.price import free_on, row_in_force

    on = utc(at).date()
    if free_on(offer.free, on):
        yield Delta(FREE, None if new else True, True if new else None)
        return
    row = row_in_force(offer, on)
    if row is None and new and offer.prices:
        row = min(offer.prices, key=lambda one: one.valid_from)
    for label, usd in labelled(row).items() if row is not None else ():
        if not label.condition:
            yield Delta(label.field, None if new else usd, usd if new else None, label.unit)


def _offer_changes(before: Offer, after: Offer) -> Iterator[Change]:
    """Lifecycle, capabilities, limits and speed of one offer."""
    groups: tuple[tuple[ChangeKind, Iterable[Delta]], ...] = (
        ("lifecycle", (_delta(name, before.lifecycle, after.lifecycle) for name in _LIFECYCLE)),
        ("capability", (_delta(name, before, after) for name in _CAPABILITIES)),
        ("limit", (_delta(name, before, after, unit) for name, unit in _LIMITS.items())),
        ("fact", _speed_deltas(before, after)),
    )
    for kind, deltas in groups:
        changed = tuple(delta for delta in deltas if delta.before != delta.after)
        if changed:
            replacement = after.lifecycle.replacement if kind == "lifecycle" else None
            yield Change(kind, after.id, changed, replacement=replacement, where=after.where, region=after.region)


def _delta(name: str, before: object, after: object, unit: str = "") -> Delta:
    return Delta(name, getattr(before, name), getattr(after, name), unit)


def _speed_deltas(before: Offer, after: Offer) -> Iterator[Delta]:
    for name, unit in (("ttft_s", "s"), ("tokens_per_s", "tokens/s")):
        yield Delta(
            name,
            getattr(before.speed, name) if before.speed else None,
            getattr(after.speed, name) if after.speed else None,
            unit,
        )


def _removed(before: Catalog, after: Catalog, at: datetime, locate: Locate) -> Iterator[Change]:
    gone = [offer for id_, offer in before.offers.items() if id_ not in after.offers]
    if not gone:
        return
    named = _still_named(before, after, locate)
    names = Names(after)
    for offer in gone:
        wanted = offer.lifecycle.replacement or offer.id
        heir = names.get(wanted)
        yield Change(
            "removed",
            offer.id,
            tuple(_whole(offer, at, new=False)),
            effective=offer.lifecycle.removal,
            weight=blend(offer, at, before.settings.output_weight) or _ZERO,
            replacement=heir.id if heir is not None else None,
            used_by=tuple(named.get(offer.id, ())),
            where=offer.where,
            region=offer.region,
        )


def _still_named(before: Catalog, after: Catalog, locate: Locate) -> Mapping[str, list[Where]]:
    """Where names that meant a removed offer are still used."""
    old, new = Names(before), Names(after)
    out: dict[str, list[Where]] = {}
    for use in offer_uses(_book(after)):
        if new.matches(use.name):
            continue
        was = old.get(use.name)
        if was is not None:
            where = locate(use.record, use.path)
            if where not in out.setdefault(was.id, []):
                out[was.id].append(where)
    return {name: sorted(places) for name, places in out.items()}


def _book(catalog: Catalog) -> Book:
    """A catalog as the book that `offer_uses` walks through, without the documents it was read from."""
    from jc.catalog.documents import Documents

    return Book(catalog, Documents(catalog.root, (), catalog.digest), offers=list(catalog.offers.values()))


def _model_changes(before: Mapping[str, Model], after: Mapping[str, Model]) -> Iterator[Change]:
    """Facts of models that cost or routing rest on: energy, weights, licence, verbosity."""
    for id_, model in after.items():
        old = before.get(id_)
        if old is None:
            continue
        deltas = [_delta(name, old, model) for name in ("open_weights", "licence", "positioning", "params_b", "active_params_b")]
        deltas.append(Delta("energy", _energy(old), _energy(model)))
        keys = sorted({*old.verbosity, *model.verbosity})
        deltas.extend(Delta(f"verbosity {key}", old.verbosity.get(key), model.verbosity.get(key)) for key in keys)
        changed = tuple(delta for delta in deltas if delta.before != delta.after)
        if changed:
            yield Change("fact", id_, changed, where=model.where)


def _energy(model: Model) -> str | None:
    return None if model.energy is None else f"{model.energy.joules} J per {model.energy.per.replace('_', ' ')}"


def _score_changes(before: Iterable[Score], after: Iterable[Score]) -> Iterator[Change]:
    old, new = _scores(before), _scores(after)
    deltas: dict[str, list[Delta]] = {}
    for key in sorted({*old, *new}):
        model, benchmark, variant, by = key
        was: Figure = old[key].value if key in old else None
        now: Figure = new[key].value if key in new else None
        if was != now:
            deltas.setdefault(model, []).append(Delta(benchmark, was, now, "points", f"{variant} {by}".strip()))
    for model, changed in deltas.items():
        yield Change("score", model, tuple(changed))


def _scores(scores: Iterable[Score]) -> dict[tuple[str, str, str, str], Score]:
    return {
        (score.model, score.benchmark, ", ".join(f"{key} {value}" for key, value in score.variant), score.by): score
        for score in scores
    }


def largest_rise(changes: Iterable[Change], on: date | None = None) -> Decimal | None:
    """The largest relative rise of any price, 0.05 for +5 %; None when no price rises. `on` leaves out what begins later."""
    rises = [
        delta.share
        for change in changes
        if change.kind == "repriced" and (on is None or change.effective is None or change.effective <= on)
        for delta in change.deltas
        if delta.share is not None and delta.share > 0
    ]
    return max(rises, default=None)
