"""What happens to a log from outside: outages and slowdowns of offers, every day at a time or once."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Catalog
from jc.catalog.names import Names
from jc.errors import InputError

_DAILY = re.compile(r"(?P<name>.+?):(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)(?::x?(?P<factor>\d+(?:\.\d+)?))?\Z")
_ONCE = re.compile(
    r"(?P<name>.+?):(?P<start>\d{4}-\d\d-\d\dT[^/]+)/(?P<end>\d{4}-\d\d-\d\dT[^:]+(?::\d\d)*Z?)(?::x(?P<factor>\d+(?:\.\d+)?))?\Z"
)
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """A span in which an offer (or all offers of a provider) does not answer, or is slower by a factor."""

    name: str
    """Offer id or provider id."""
    start_us: int
    end_us: int
    daily: bool
    factor: float | None = None
    """None: an outage."""

    def covers(self, us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which moments lie in the span; a daily one may go over midnight."""
        at = us % _DAY_US if self.daily else us
        if self.daily and self.end_us <= self.start_us:
            return (at >= self.start_us) | (at < self.end_us)
        return (at >= self.start_us) & (at < self.end_us)


def parsed(flag: str, text: str, catalog: Catalog) -> Event:
    """`openai/gpt-4o:14:00-15:30` (every day, UTC) or with two moments and a stroke; a slowdown ends in `:x3`."""
    daily = _DAILY.match(text)
    once = None if daily else _ONCE.match(text)
    match = daily or once
    if match is None:
        raise InputError(
            f"`{flag} {text}`: not understood", hint="write openai/gpt-4o:14:00-15:30, for a slowdown with :x3 at its end"
        )
    name = _named(match["name"], catalog)
    factor = float(match["factor"]) if match["factor"] else None
    _fitting(flag, text, factor)
    try:
        start, end = (_clock(match[part]) if daily else _moment(match[part]) for part in ("start", "end"))
    except ValueError:
        raise InputError(f"`{flag} {text}`: no such time", hint="times are 00:00 to 23:59, or 2026-10-01T14:00:00Z") from None
    if not daily and end <= start:
        raise InputError(f"`{flag} {text}`: it ends before it begins")
    return Event(name, start, end, bool(daily), factor)


def _fitting(flag: str, text: str, factor: float | None) -> None:
    """An outage has no factor, a slowdown one that makes answers slower."""
    if flag == "--outage" and factor is not None:
        raise InputError(f"`{flag} {text}`: an outage has no factor", hint=f"write --slowdown {text}, or leave the factor out")
    if flag == "--slowdown" and factor is None:
        raise InputError(f"`{flag} {text}`: how much slower?", hint=f"write --slowdown {text}:x3, or --outage {text}")
    if factor is not None and not 1 <= factor < math.inf:
        raise InputError(f"`{flag} {text}`: a slowdown makes answers slower", hint="its factor is 1 or more, as :x3")


def _named(name: str, catalog: Catalog) -> str:
    if name in catalog.providers:
        return name
    found = Names(catalog).get(name)
    if found is None:
        close = Names(catalog).suggestions(name)
        said = f"did you mean {' or '.join(f'`{one}`' for one in close)}?" if close else "name an offer or a provider"
        raise InputError(f"no model or provider `{name}`", hint=said)
    return found.id


def _clock(text: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    return (hours * 60 + minutes) * 60_000_000


def _moment(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6)


def down_sets(events: Sequence[Event], us: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """For each moment which set of names is down, as a code; the sets by code, the empty one first."""
    outages = [event for event in events if event.factor is None]
    bits = np.zeros(len(us), dtype=np.int64)
    for number, event in enumerate(outages):
        bits |= event.covers(us).astype(np.int64) << number
    distinct, code = np.unique(np.concatenate(([0], bits)), return_inverse=True)
    sets = [
        tuple(sorted({event.name for number, event in enumerate(outages) if value >> number & 1})) for value in distinct.tolist()
    ]
    return code[1:].astype(np.int64), sets


def slower(
    events: Sequence[Event], us: NDArray[np.int64], names: Sequence[tuple[str, str]], offer: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The factor on the time of each row: `names` are offer and provider by offer code."""
    factor = np.ones(len(us))
    for event in events:
        if event.factor is not None:
            hit = np.array([event.name in pair for pair in names] + [False, False], dtype=bool)
            factor = np.where(event.covers(us) & hit[offer], factor * event.factor, factor)
    return factor
