"""Which offer every row goes to while some are down: the table's own choice, made again for each set of offers that are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer, RouteTable
from jc.routing.request import Health
from jc.simulate.choices import Choice, Chooser
from jc.simulate.events import Event, down_sets

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Assignment:
    """The offer of every row as a code into `offers`, which grows as fallbacks come up; negative codes as in `Choice`."""

    chooser: Chooser
    table: RouteTable
    group: Ints
    codes: dict[str, int]
    offers: list[Offer]
    chosen: Ints
    before: Ints
    """The codes without outages."""
    which: Ints
    sets: list[tuple[str, ...]]
    """By code in `which`: the names that are down at that moment."""
    _made: dict[tuple[str, ...], Ints] = field(default_factory=dict)

    @classmethod
    def of(
        cls, chooser: Chooser, table: RouteTable, choice: Choice, rows: tuple[Ints, Ints], events: Sequence[Event]
    ) -> "Assignment":
        """The rows (their groups and times) under a choice, each at what answers at its moment."""
        group, us = rows
        which, sets = down_sets(events, us)
        before = choice.chosen[group]
        codes = {offer.id: code for code, offer in enumerate(choice.offers)}
        made = cls(chooser, table, group, codes, list(choice.offers), before.copy(), before, which, sets)
        for code, names in enumerate(sets):
            if names:
                here = which == code
                made.chosen[here] = made.under(names)[group[here]]
        return made

    def code(self, offer: Offer) -> int:
        """The code of an offer; a new one for an offer that was not there."""
        if offer.id not in self.codes:
            self.codes[offer.id] = len(self.offers)
            self.offers.append(offer)
        return self.codes[offer.id]

    def under(self, names: tuple[str, ...]) -> Ints:
        """The codes of all groups while these offers and providers do not answer."""
        if names not in self._made:
            health = Health.of([*self.chooser.health.down, *((name, "outage") for name in names)])
            other = Chooser(self.chooser.book, health).choose(self.table)
            mapping = np.array([self.code(offer) for offer in other.offers] + [-2, -1], dtype=np.int64)
            self._made[names] = mapping[other.chosen]
        return self._made[names]

    def spare(self, rows: NDArray[np.bool_]) -> Ints:
        """For these rows the code of what answers when their own offer does not, either; -1 for all the others."""
        out = np.full(len(self.chosen), -1, dtype=np.int64)
        for code in np.unique(self.chosen[rows & (self.chosen >= 0)]).tolist():
            for number in np.unique(self.which[rows & (self.chosen == code)]).tolist():
                here = rows & (self.chosen == code) & (self.which == number)
                out[here] = self.under((*self.sets[number], self.offers[code].id))[self.group[here]]
        return out
