"""What a catalog says about days to come: removals, prices, ends of free use, and hand placements to be looked at again.

Events are values; `ics` writes them as RFC 5545 says (CRLF, lines folded at 75 octets, stable UIDs), with the moment of writing
given as an argument, so that the same catalog always gives the same calendar.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from jc.catalog.diff_prices import Figures, labelled
from jc.catalog.model import Catalog, Offer
from jc.catalog.price import row_in_force
from jc.errors import Where
from jc.sanitise import plain

EventKind = Literal["removal", "price", "free-ends", "review", "placement-ends"]
_FOLD = 75
_SUMMARIES: dict[EventKind, str] = {
    "removal": "{} is removed",
    "price": "{}: a new price",
    "free-ends": "{} is no longer free",
    "review": "{}: review its tier",
    "placement-ends": "{}: its hand placement ends",
}


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something that happens to an offer on a day, what it means, and where the catalog says so."""

    day: date
    kind: EventKind
    subject: str
    text: str
    where: Where

    @property
    def summary(self) -> str:
        """One line for a calendar."""
        return _SUMMARIES[self.kind].format(self.subject)


def events(catalog: Catalog, first: date, days: int | None = None) -> list[Event]:
    """Every event from a day on, within so many days (None: all), in the order of time."""
    last = date.max if days is None else first + timedelta(days=min(days, (date.max - first).days))
    return sorted(event for event in _events(catalog) if first <= event.day <= last)


def _events(catalog: Catalog) -> Iterator[Event]:
    for offer in catalog.offers.values():
        life = offer.lifecycle
        if life.removal is not None:
            heir = f"its replacement is {life.replacement}" if life.replacement else "it names no replacement"
            yield Event(life.removal, "removal", offer.id, heir, offer.where)
        yield from _price_events(offer)
        if offer.free is not None and offer.free.until is not None:
            yield Event(offer.free.until, "free-ends", offer.id, f"it was free: {offer.free.reason}", offer.free.where)
    for hand in catalog.tier_overrides:
        yield Event(hand.review_by, "review", hand.model, f"in {hand.tier} by {hand.by}: {hand.reason}", hand.where)
        if hand.until is not None:
            yield Event(hand.until, "placement-ends", hand.model, f"in {hand.tier} until then: {hand.reason}", hand.where)


def _price_events(offer: Offer) -> Iterator[Event]:
    for row in offer.prices:
        if row.status == "cancelled" or row.valid_from == date.min:
            continue
        before = row_in_force(offer, row.valid_from - timedelta(days=1))
        said = _price_text(labelled(before) if before is not None else {}, labelled(row))
        if said:
            yield Event(row.valid_from, "price", offer.id, f"{said} ({row.status})", row.where)


def _price_text(before: Figures, after: Figures) -> str:
    parts = []
    for label, usd in after.items():
        old = before.get(label)
        if old != usd:
            name = f"{label.field.replace('_', ' ')}{f' {label.condition}' if label.condition else ''}"
            parts.append(f"{name} {f'{_usd(old)} → ' if old is not None else ''}{_usd(usd)}")
    parts += [f"{label.field} {label.condition} ends".replace("  ", " ") for label in before if label not in after]
    return ", ".join(parts)


def _usd(usd: Decimal) -> str:
    return f"${usd:f}"


def ics(found: Iterable[Event], stamp: datetime) -> str:
    """The events as an iCalendar file (RFC 5545), each a whole day; `stamp` is the moment of writing."""
    at = (stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//jc//catalog calendar//EN", "CALSCALE:GREGORIAN"]
    components = [line for event in found for line in _component(event, at)]
    lines += components or _NOTHING
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


_NOTHING = [
    "BEGIN:VTIMEZONE", "TZID:UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0000",
    "END:STANDARD", "END:VTIMEZONE",
]  # fmt: skip
"""A calendar holds at least one component; this one shows nothing."""


def _component(event: Event, stamp: str) -> list[str]:
    identity = f"{event.kind}\n{event.subject}\n{event.day}\n{event.text}"
    return [
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(identity.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@catalog.jc",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        f"SUMMARY:{_escaped(event.summary)}",
        f"DESCRIPTION:{_escaped(f'{event.text} ({event.where})')}",
        f"CATEGORIES:{event.kind.upper()}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    """A TEXT value: backslash, semicolon, comma and line ends are escaped; other control characters are shown, not sent."""
    out = plain(text).replace("\t", " ")
    for char in ("\\", ";", ","):
        out = out.replace(char, f"\\{char}")
    return out.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets, continued after a blank; no character is cut in two."""
    piece, size = "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > _FOLD:
            yield piece
            piece, size = " ", 1
        piece, size = piece + char, size + octets
    yield piece
