"""Who answered the requests of each group: one offer as it was decided, or several where rows went their own ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer

Ints = NDArray[np.int64]
COUNTED = ("input", "output", "images")
"""The sums that a part of the answers is told by, beside its requests (`n`)."""

_COUNTED_UP_TO = 1 << 22


@dataclass(frozen=True, slots=True)
class Served:
    """Answered requests by group and offer: one entry for each pair that occurs, with its sums of logged usage.

    Requests that nobody answered are in no entry.
    """

    offers: tuple[Offer, ...]
    group: Ints
    code: Ints
    """The offer of each entry, into `offers`."""
    sums: Mapping[str, Ints]
    pico: NDArray[np.generic]
    """What each entry is billed for, in pico-dollars."""

    @classmethod
    def whole(cls, offers: Sequence[Offer], chosen: Ints, groups: Mapping[str, Ints], pico: NDArray[np.generic]) -> "Served":
        """Every group at the offer that was chosen for it."""
        here = np.flatnonzero(chosen >= 0)
        return cls(tuple(offers), here, chosen[here], {name: groups[name][here] for name in ("n", *COUNTED)}, pico[here])

    @classmethod
    def of_rows(cls, offers: Sequence[Offer], rows: tuple[Ints, Ints], columns: Mapping[str, Ints], pico: Ints) -> "Served":
        """Answered rows (their groups and offers), their usage and what each is billed for, added up."""
        group, code = rows
        size = max(1, len(offers))
        pairs, at = _ranked(group * size + code)
        sums = {name: added(at, columns[name], len(pairs)) for name in COUNTED}
        sums["n"] = np.bincount(at, minlength=len(pairs)).astype(np.int64)
        return cls(tuple(offers), pairs // size, pairs % size, sums, added(at, pico, len(pairs)))

    def by_group(self, values: Ints, groups: int) -> Ints:
        """Integers of the entries added up by group."""
        return added(self.group, values, groups)


def _ranked(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values in order and the place of each among them: by counting while they are small, else by sorting."""
    if not len(values) or int(values.max()) >= _COUNTED_UP_TO:
        distinct, at = np.unique(values, return_inverse=True)
        return distinct, at.astype(np.int64)
    distinct = np.flatnonzero(np.bincount(values))
    place = np.zeros(int(distinct[-1]) + 1, dtype=np.int64)
    place[distinct] = np.arange(len(distinct))
    return distinct, place[values]


def added(at: Ints, values: Ints, size: int) -> Ints:
    """Integers added up by place, exactly."""
    out = np.zeros(size, dtype=np.int64)
    np.add.at(out, at, values)
    return out
