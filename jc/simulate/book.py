"""A cube made ready to be asked: its groups as arrays of codes, and for each offer what every group would cost there, exactly.

The cost of an offer is worked out once for all groups, so a further route table is a look-up and a sum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Catalog, Offer
from jc.catalog.names import Names
from jc.catalog.price import Unpriced, row_in_force
from jc.simulate.edges import Edges, moment
from jc.simulate.tariff import Place, Sums, Tariff, cost, rate_of, tariff
from jc.traffic.cube import Cube
from jc.traffic.grid import FACTS, FLAGS, mode_of, served_model

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_DAY_US = 86_400_000_000
_SAFE = 2**62


@dataclass(frozen=True, slots=True)
class Costs:
    """What each group costs at one offer, in pico-dollars, and where no price is known (`unpriced`, with the reason)."""

    pico: NDArray[Any]
    unpriced: NDArray[np.bool_]
    why: str
    backdated: NDArray[np.bool_]
    """Groups from before the offer's first price row, priced by that row."""


@dataclass(slots=True)
class Book:
    """A cube, a catalog and a moment for rows without one."""

    cube: Cube
    catalog: Catalog
    edges: Edges
    as_of: datetime
    forced: datetime | None = None
    """Price every row at this moment instead of at its own."""
    names: Names = field(init=False)
    codes: dict[str, Ints] = field(init=False)
    values: dict[str, list[Any]] = field(init=False)
    time: Ints = field(init=False)
    times: list[datetime] = field(init=False)
    _costs: dict[tuple[str, str], Costs] = field(default_factory=dict)
    _places: tuple[Ints, list[Place]] | None = None
    _alike: Ints | None = None
    _tariffs: dict[str, "Tariffs"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = Names(self.catalog)
        self.codes, self.values = _coded(self.cube)
        self.time, self.times = self._timed()

    @property
    def groups(self) -> Mapping[str, Ints]:
        """The sums by group."""
        return self.cube.groups

    def part(self, name: str) -> list[Any]:
        """One part of the key of every group."""
        values = self.values[name]
        return [values[code] for code in self.codes[name].tolist()]

    def _timed(self) -> tuple[Ints, list[datetime]]:
        """A code for every span of time in which nothing changes, and one moment of each."""
        size = len(self.cube.keys)
        if self.forced is not None:
            return np.zeros(size, dtype=np.int64), [self.forced]
        first = self.groups["first_us"]
        if not first.any():
            return np.zeros(size, dtype=np.int64), [self.as_of]
        periods = np.searchsorted(np.array(self.edges.moments, dtype=np.int64), first, side="right")
        windows = np.array([int(bits) for bits in self.part("windows")]) if "windows" in self.codes else np.zeros(size, np.int64)
        _, at, code = np.unique(periods * (1 << 20) + windows, return_index=True, return_inverse=True)
        return code.astype(np.int64), [moment(int(first[index])) for index in at]

    def logged(self) -> list[Offer | None]:
        """The offer that answered each group, None where its name is not in the catalog."""
        found: dict[str, Offer | None] = {}
        out = []
        for key in self.cube.keys:
            name = served_model(key)
            if name not in found:
                found[name] = self.names.get(name) if name else None
            out.append(found[name])
        return out

    def places(self) -> tuple[Ints, list[Place]]:
        """A code for everything a price looks at, and the place that each code means."""
        if self._places is None:
            names = [
                name for name in ("mode", "region", "input_bin", "cached_bin", "known_bin", "marginal_bin") if name in self.codes
            ]
            mixed = self.time.copy()
            for name in names:
                mixed = mixed * len(self.values[name]) + self.codes[name]
            _, at, code = np.unique(mixed, return_index=True, return_inverse=True)
            self._places = code.astype(np.int64), [self._place(int(index)) for index in at]
        return self._places

    def alike(self) -> Ints:
        """A code for what the requests of a group are, without who sent them and when: no breakdown tells these apart."""
        if self._alike is None:
            mixed = np.zeros(len(self.cube.keys), dtype=np.int64)
            for name in (name for name in (*FACTS, *FLAGS, "input_bin") if name in self.codes):
                _, mixed = np.unique(mixed * len(self.values[name]) + self.codes[name], return_inverse=True)
            self._alike = mixed.astype(np.int64)
        return self._alike

    def _place(self, group: int) -> Place:
        def value(name: str, default: Any = "") -> Any:
            return self.values[name][self.codes[name][group]] if name in self.codes else default

        n, tokens = int(self.groups["n"][group]), int(self.groups["input"][group])
        return Place(
            at=self.times[self.time[group]],
            input_tokens=-(-tokens // n),
            mode=mode_of(value("mode")),
            region=value("region") or None,
            starts=self.cube.grid.marginal_edges,
            bins=(int(value("cached_bin", 0)), int(value("known_bin", 0)), int(value("marginal_bin", 0))),
        )

    def costs(self, offer: Offer, sums: Mapping[str, Ints] | None = None, label: str = "", ratio: Floats | None = None) -> Costs:
        """What all groups cost at an offer. `sums` replace the logged ones, under a label that tells them apart.

        `ratio` is how many output tokens the offer's model says for each of these, by group.
        """
        key = (offer.id, label)
        if key not in self._costs:
            said = np.ones(len(self.cube.keys)) if ratio is None else ratio
            self._costs[key] = self._priced(offer, self.groups if sums is None else sums, said)
        return self._costs[key]

    def _priced(self, offer: Offer, sums: Mapping[str, Ints], ratio: Floats) -> Costs:
        code, (tariffs, backdated, why) = self.tariffs(offer)
        _, places = self.places()
        unpriced = np.array([one is None for one in tariffs], dtype=bool)[code]
        pico, reason = _vectorised(tariffs, code, sums, unpriced, ratio)
        if pico is None:
            pico, reason = _one_by_one(list(zip(tariffs, places, strict=True)), code, sums, unpriced, ratio)
        return Costs(pico, unpriced, why or reason, backdated[code])

    def tariffs(self, offer: Offer) -> "tuple[Ints, Tariffs]":
        """The place of every group, and the rates of an offer at all places, worked out once for whatever is asked of it."""
        code, places = self.places()
        if offer.id not in self._tariffs:
            why, backdated = "", np.zeros(len(places), dtype=bool)
            tariffs: list[Tariff | None] = []
            for number, place in enumerate(places):
                at, moved = effective(offer, place.at)
                try:
                    tariffs.append(tariff(offer, replace(place, at=at)))
                    backdated[number] = moved
                except Unpriced as error:
                    tariffs.append(None)
                    why = why or error.message
            self._tariffs[offer.id] = Tariffs(tariffs, backdated, why)
        return code, self._tariffs[offer.id]


class Tariffs(NamedTuple):
    """The rates of one offer by place (None where it has no price), where they were moved in time, and why one is missing."""

    rates: list[Tariff | None]
    backdated: NDArray[np.bool_]
    why: str


def effective(offer: Offer, at: datetime) -> tuple[datetime, bool]:
    """The moment whose price counts, and whether it was moved: rows from before the first price are priced by that first one."""
    if offer.free is not None or row_in_force(offer, at.date()) is not None:
        return at, False
    later = [row.valid_from for row in offer.prices if row.status != "cancelled"]
    if not later or min(later) <= at.date():
        return at, False
    return datetime.combine(min(later), at.timetz() if at.tzinfo else at.time().replace(tzinfo=UTC)), True


def _coded(cube: Cube) -> tuple[dict[str, Ints], dict[str, list[Any]]]:
    codes: dict[str, Ints] = {}
    values: dict[str, list[Any]] = {}
    for position, name in enumerate(cube.grid.names):
        index: dict[Any, int] = {}
        codes[name] = np.array([index.setdefault(key[position], len(index)) for key in cube.keys], dtype=np.int64)
        values[name] = list(index)
    return codes, values


_NEEDS = (("cached", "cache_read"), ("written", "cache_write_5m"), ("fresh", "input"), ("output", "output"))


def _vectorised(
    tariffs: Sequence[Tariff | None], code: Ints, sums: Mapping[str, Ints], unpriced: NDArray[np.bool_], ratio: Floats
) -> tuple[NDArray[Any] | None, str]:
    """All groups at once, when every rate is an integer and no product can overflow; else None."""
    if any(one is not None and not one.simple for one in tariffs):
        return None, ""
    quantities = {**sums, "fresh": sums["input"] - sums["cached"] - sums["written"]}
    names = (*(name for name, _ in _NEEDS), "n", "images")
    table = np.zeros((len(names), len(tariffs)), dtype=np.int64)
    why = ""
    for number, one in enumerate(tariffs):
        if one is not None:
            missing = _fill(table[:, number], one)
            lacking = [(name, said) for name, said in missing if (quantities[name][code == number] > 0).any()]
            for name, said in lacking:
                unpriced |= (code == number) & (quantities[name] > 0)
                why = why or said
    most = max(1.0, float(ratio.max(initial=1.0)))
    if any(int(table[row].max(initial=0)) * most * int(quantities[name].sum()) >= _SAFE for row, name in enumerate(names)):
        return None, ""
    pico = np.zeros(len(code), dtype=np.int64)
    for row, name in enumerate(names):
        rates = table[row][code]
        if name == "output" and (ratio != 1).any():
            rates = np.rint(rates * ratio).astype(np.int64)  # as `scaled`: rates are far below 2^53, so those times 1 stay
        pico += rates * quantities[name]
    pico[unpriced] = 0
    return pico, why


def _fill(column: Ints, one: Tariff) -> list[tuple[str, str]]:
    """Write an offer's rates at one place into a column; gives the quantities that have no rate, and why."""
    rates = one.rates[0]
    missing = []
    if rates.bills_tokens:
        for row, (name, kind) in enumerate(_NEEDS):
            try:
                column[row] = rate_of(rates, kind, one.offer)
            except Unpriced as error:
                missing.append((name, error.message))
    elif "image" not in rates.by_unit:
        missing.append(("images", f"`{one.offer}` has no price per image"))
    column[-2] = rates.by_unit.get("request", 0)
    column[-1] = rates.by_unit.get("image", 0)
    return missing


def _one_by_one(
    at: Sequence[tuple[Tariff | None, Place]], code: Ints, sums: Mapping[str, Ints], unpriced: NDArray[np.bool_], ratio: Floats
) -> tuple[NDArray[Any], str]:
    """Group by group with numbers of any size: marginal charges, rates finer than a pico-dollar, huge sums."""
    pico = np.zeros(len(code), dtype=object)
    why = ""
    for group, number in enumerate(code.tolist()):
        found, place = at[number]
        if found is None:
            continue
        usage = Sums(*(int(sums[name][group]) for name in ("n", "input", "cached", "written", "output", "images")))
        try:
            pico[group] = cost(found, usage, place, float(ratio[group]))
        except Unpriced as error:
            unpriced[group] = True
            why = why or error.message
    return pico, why


def exact_sum(pico: NDArray[Any]) -> Fraction:
    """The sum of costs as an exact number of pico-dollars."""
    if pico.dtype == object:
        return sum((Fraction(one) for one in pico.tolist()), Fraction(0))
    return Fraction(int(pico.sum()))
