"""Prices of an offer as labelled figures, and what changed between two versions of them.

A price row is a base with overrides. Told as labels (`input`, `output above 200,000 prompt tokens`, `input, batch`), two rows can
be compared figure by figure, whoever wrote them. Rows are compared on every day on which either version begins a row, so a new
dated row, an overwritten one and a cancelled one are each found, with the day on which they take effect.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from jc.catalog.diff_values import Change, Delta
from jc.catalog.model import TOKEN_KINDS, UNIT_KINDS, Offer, PriceRow, When, Window
from jc.catalog.price import free_on, row_in_force

FREE = "free"
_BASE_UNITS = {f"usd_per_{unit}": f"usd_per_{unit}" for unit in UNIT_KINDS}


class Label(NamedTuple):
    """Which figure of a price row: the kind of token or the unit, and the condition under which it holds (empty: always)."""

    field: str
    condition: str = ""

    @property
    def unit(self) -> str:
        """`usd_per_mtok` for tokens, else the unit's own key."""
        return _BASE_UNITS.get(self.field, "usd_per_mtok")


Figures = Mapping[Label, Decimal]


def labelled(row: PriceRow) -> Figures:
    """Every rate of a row: the base ones, and under each override's condition those that it replaces or scales."""
    base: dict[str, Decimal] = {**row.usd_per_mtok, **{f"usd_per_{unit}": usd for unit, usd in row.usd_per_unit.items()}}
    out = {Label(kind): usd for kind, usd in base.items()}
    for override in row.overrides:
        condition = condition_text(override.when, marginal=override.charge == "marginal")
        for kind, factor in override.multiply.items():
            if kind in base:
                out[Label(kind, condition)] = base[kind] * factor
        out.update({Label(kind, condition): usd for kind, usd in override.set.items()})
    return out


def condition_text(when: When, *, marginal: bool = False) -> str:
    """A condition in words: `above 200,000 prompt tokens, batch`."""
    parts = []
    if when.prompt_tokens_gt is not None:
        what = "for the prompt tokens above" if marginal else "above"
        parts.append(f"{what} {when.prompt_tokens_gt:,}{'' if marginal else ' prompt tokens'}")
    if when.mode is not None:
        parts.append(when.mode)
    if when.region is not None:
        parts.append(f"region {when.region}")
    if when.utc:
        parts.append(windows_text(when.utc))
    return ", ".join(parts)


def windows_text(windows: tuple[Window, ...]) -> str:
    """Windows of the day in words: `01:00-04:00 UTC on mon tue`."""
    days: dict[tuple[str, ...], list[str]] = {}
    for window in windows:
        days.setdefault(window.days, []).append(f"{clock(window.start)}-{clock(window.end)}")
    return "; ".join(f"{' '.join(spans)} UTC{_days_text(when)}" for when, spans in days.items())


def _days_text(days: tuple[str, ...]) -> str:
    return f" on {' '.join(days)}" if 0 < len(days) < 7 else ""


def clock(minutes: int) -> str:
    """Minutes since midnight as `HH:MM`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


class _State(NamedTuple):
    """What an offer costs on one day."""

    free: bool
    figures: Figures

    @classmethod
    def of(cls, offer: Offer, on: date) -> "_State":
        row = row_in_force(offer, on)
        free = free_on(offer.free, on)
        return cls(free, {} if free or row is None else labelled(row))


def price_changes(before: Offer, after: Offer, output_weight: Decimal) -> Iterator[Change]:
    """Every day on which the two versions of an offer begin to disagree on its price, oldest first; then changes of status."""
    last: tuple[_State, _State] | None = None
    for on in _days(before, after):
        states = (_State.of(before, on), _State.of(after, on))
        if states[0] != states[1] and states != last:
            row = row_in_force(after, on)
            yield Change(
                "repriced",
                after.id,
                tuple(_deltas(*states)),
                effective=on,
                status=row.status if row is not None else None,
                weight=_key(states[1], output_weight) - _key(states[0], output_weight),
                where=row.where if row is not None else after.where,
                region=after.region,
            )
        last = states
    yield from _status_changes(before, after)


def _days(before: Offer, after: Offer) -> list[date]:
    days = {row.valid_from for offer in (before, after) for row in offer.prices}
    untils = {offer.free.until for offer in (before, after) if offer.free is not None and offer.free.until is not None}
    if before.free is not None or after.free is not None:
        first = min(days | untils, default=date.max)
        days.add(first - timedelta(days=1) if first < date.max else date(1970, 1, 1))
    return sorted(days | untils)


def _deltas(before: _State, after: _State) -> Iterator[Delta]:
    if before.free != after.free:
        yield Delta(FREE, before.free, after.free)
    labels = sorted({*before.figures, *after.figures}, key=_rank)
    for label in labels:
        old, new = before.figures.get(label), after.figures.get(label)
        if old != new:
            yield Delta(label.field, old, new, label.unit, label.condition)


def _rank(label: Label) -> tuple[str, int, str]:
    order: dict[str, int] = {kind: index for index, kind in enumerate(TOKEN_KINDS)}
    return label.condition, order.get(label.field, len(order)), label.field


def _key(state: _State, output_weight: Decimal) -> Decimal:
    """The cost key of a state, counting what is unknown as nothing: it orders changes and is never shown as a price."""
    figures = state.figures
    return figures.get(Label("input"), Decimal(0)) + output_weight * figures.get(Label("output"), Decimal(0))


def _status_changes(before: Offer, after: Offer) -> Iterator[Change]:
    """Rows whose price stayed and whose status did not, `announced` → `confirmed`."""
    old = {row.valid_from: row for row in before.prices}
    for row in after.prices:
        was = old.get(row.valid_from)
        if was is None or was.status == row.status or "cancelled" in {was.status, row.status}:
            continue
        if labelled(was) == labelled(row):
            delta = Delta("status", was.status, row.status, condition=f"price from {row.valid_from}")
            yield Change("lifecycle", after.id, (delta,), row.valid_from, row.status, where=row.where, region=after.region)
