"""What an import makes of a foreign list: offers and models as values, and everything that could not be taken, with its reason.

A whole entry that is not taken is `Skipped`; a figure of an entry that is taken is `LeftOut`. Together with the offers they say
everything that the list said about prices, limits and dates. A price of zero is never taken: lists write 0 for free, for flat
rates and for unknown alike, and in a catalog only `free: {reason}` costs nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from jc.catalog.importers.reading import number, scaled, whole
from jc.catalog.model import Catalog, Kind, Model, Offer, Override, PriceRow, Provider, When
from jc.errors import Where
from jc.sanitise import plain as printable

NOWHERE = Where("")
NO_UNIT = "the catalog has no unit for it"
ZERO = "0 can mean free, a flat rate or unknown: write `free: {reason}` by hand if it is free"
_LONGEST_ID = 200


class Skipped(NamedTuple):
    """An entry that was not taken, and why."""

    id: str
    reason: str


class LeftOut(NamedTuple):
    """A figure of an entry that was taken: which, what it said, and why the catalog does not hold it."""

    id: str
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """The outcome of one import; `entries` is how many the list has: imported plus skipped."""

    format: str
    read_on: date
    offers: tuple[Offer, ...]
    models: tuple[Model, ...]
    providers: tuple[Provider, ...]
    skipped: tuple[Skipped, ...]
    left_out: tuple[LeftOut, ...]
    origin: Mapping[str, str]
    """Under which name the list has each offer, by offer id."""

    @property
    def entries(self) -> int:
        return len(self.offers) + len(self.skipped)

    def catalog(self) -> Catalog:
        """The offers, models and providers as a catalog in memory."""
        return Catalog(
            root="",
            providers={one.id: one for one in self.providers},
            models={one.id: one for one in self.models},
            offers={one.id: one for one in self.offers},
        )


@dataclass(slots=True)
class Entry:
    """One entry while it is read: its prices, and what is left out of it.

    `power` is the power of ten from the list's unit to USD per million tokens: 6 for a price per token, 0 for one per million.
    `as_listed` keeps the overrides in the order of the list, where that order decides which of them wins.
    """

    name: str
    power: int
    as_listed: bool = False
    base: dict[str, Decimal] = field(default_factory=dict)
    per_unit: dict[str, Decimal] = field(default_factory=dict)
    overrides: list[Override] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def leave(self, what: str, value: object, reason: str) -> None:
        """Note a figure that is not taken."""
        self.left_out.append(LeftOut(self.name, what, said(value), reason))

    def usd(self, what: str, value: object, power: int | None = None) -> Decimal | None:
        """A price in the catalog's unit; None when it says nothing, or nothing that can be taken (then it is noted)."""
        if value is None:
            return None
        found = number(value)
        reason = "not a number" if found is None else "a negative price" if found < 0 else ZERO if found == 0 else ""
        if found is None or reason:
            self.leave(what, value, reason)
            return None
        return scaled(found, self.power if power is None else power)

    def rate(self, kind: str, what: str, value: object) -> None:
        """A base price per token of a kind."""
        usd = self.usd(what, value)
        if usd is not None:
            self.base[kind] = usd

    def unit(self, unit: str, what: str, value: object, power: int = 0) -> None:
        """A price per image, second or request."""
        usd = self.usd(what, value, power)
        if usd is not None:
            self.per_unit[unit] = usd

    def override(self, when: When, rates: Mapping[str, Decimal], context: int | None = None) -> None:
        """Rates that hold on a condition; nothing when none is known. A threshold that no prompt can reach is noted instead."""
        if not rates:
            return
        threshold = when.prompt_tokens_gt
        if threshold is not None and context is not None and threshold >= context:
            for kind, usd in rates.items():
                self.leave(f"{kind} above {threshold} tokens", usd, f"no prompt is longer than the context of {context:,} tokens")
            return
        if when.utc:
            when = replace(when, days=when.utc[0].days)
        self.overrides.append(Override(when, dict(rates), {}, "request", NOWHERE))

    def row(self, read_on: date, source: str | None, valid_from: date | None = None) -> tuple[PriceRow, ...]:
        """The one price row of the entry; none when no price is known."""
        if not self.base and not self.per_unit:
            for override in self.overrides:
                for kind, usd in override.set.items():
                    self.leave(f"{kind} on a condition", usd, "there is no price without the condition")
            return ()
        row = PriceRow(
            valid_from=valid_from or read_on,
            status="confirmed",
            usd_per_mtok=self.base,
            usd_per_unit=self.per_unit,
            overrides=tuple(self.overrides if self.as_listed else sorted(self.overrides, key=_narrowness)),
            source=source,
            checked=read_on,
            where=NOWHERE,
        )
        return (row,)


def _narrowness(override: Override) -> tuple[bool, bool, int]:
    """Later overrides win: windows first, then thresholds from low to high, then modes, then thresholds inside a mode."""
    when = override.when
    return when.mode is not None, when.prompt_tokens_gt is not None, when.prompt_tokens_gt or 0


def said(value: object) -> str:
    """A foreign value in one short line."""
    return printable(str(value), keep_newlines=False)[:200]


@dataclass(slots=True)
class Builder:
    """Collects the offers of one list; ids are unique, and only those that a catalog can hold are taken."""

    format: str
    read_on: date
    providers: dict[str, Provider] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)

    def skip(self, name: object, reason: str) -> None:
        """Note an entry that is not taken."""
        self.skipped.append(Skipped(said(name), reason))

    def provider(self, id_: str, kind: Kind, name: str | None = None) -> Provider:
        """The seller with this id, made when it is met for the first time."""
        return self.providers.setdefault(id_, Provider(id_, kind, None, NOWHERE, name if name and usable(name) else None))

    def add(self, entry: Entry, offer: Offer, model: Model) -> None:
        """Take an offer with its model, unless its id cannot be held or is taken already."""
        if not all(usable(text) for text in (offer.id, offer.wire_id, offer.provider, offer.region)):
            self.skip(entry.name, "its name holds characters that a catalog cannot")
            return
        other = self.offers.get(offer.id)
        if other is not None:
            same = offer == other
            what = "says the same of" if same else "says something else of"
            self.skip(entry.name, f"`{self.origin[offer.id]}` {what} the same offer, `{offer.id}`")
            return
        self.offers[offer.id] = offer
        self.models[model.id] = model
        self.origin[offer.id] = entry.name
        self.left_out.extend(entry.left_out)

    def done(self) -> Candidate:
        """Everything, sorted by id."""
        used = {offer.provider for offer in self.offers.values()}
        return Candidate(
            self.format,
            self.read_on,
            tuple(self.offers[key] for key in sorted(self.offers)),
            tuple(self.models[key] for key in sorted(self.models)),
            tuple(self.providers[key] for key in sorted(self.providers) if key in used),
            tuple(self.skipped),
            tuple(self.left_out),
            self.origin,
        )


def usable(text: str) -> bool:
    """Whether a text can be an id: printable, not empty, no blank at its ends, not longer than 200 characters."""
    return bool(text) and len(text) <= _LONGEST_ID and text.isprintable() and text == text.strip()


def text_of(value: object) -> str | None:
    """A text that a catalog can hold on one line; None for everything else."""
    if not isinstance(value, str):
        return None
    line = " ".join(value.split())
    return line[:500] if line and line.isprintable() else None


def link(value: object) -> str | None:
    """An https link; None for everything else."""
    return value if isinstance(value, str) and value.startswith("https://") and usable(value) and " " not in value else None


def day(value: object) -> date | None:
    """A whole ISO date; None for everything else (`2026-01` is no day)."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def modalities(values: Iterable[object], names: Mapping[str, str]) -> tuple[str, ...]:
    """Foreign names of modalities as the catalog's, in their order; unknown ones are left out."""
    return tuple(dict.fromkeys(names[value] for value in values if isinstance(value, str) and value in names))


def limits(entry: Entry, context: object, output: object, names: tuple[str, str]) -> tuple[int | None, int | None]:
    """Context and output limit; what is no limit, and an output limit above the context, is noted."""
    holds, gives = whole(context), whole(output)
    for name, value, found in zip(names, (context, output), (holds, gives), strict=True):
        if value is not None and found is None:
            entry.leave(name, value, "not a number of tokens above zero")
    if holds is not None and gives is not None and gives > holds:
        entry.leave(names[1], output, f"above the context of {holds:,} tokens")
        gives = None
    return holds, gives
