"""The row engine: every request in its turn, for what depends on those before it.

Order of a request: an outage sends it to the next model that the table would choose; its session's prompt cache and the price
make its cost; its key's budget lets it pass, sends it to a cheaper model, refuses it or parks it; the model's limits and its
queue make it wait. Nothing here is estimated twice: tokens, prices and speeds are those of the cube.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer, RouteTable
from jc.errors import InputError
from jc.quantities import to_pico
from jc.routing.request import Health
from jc.simulate.book import Book
from jc.simulate.choices import REFUSED, Choice, Chooser
from jc.simulate.estimate import Estimate, Estimator
from jc.simulate.events import Event, down_sets, slower
from jc.simulate.scans import DEGRADED, PARKED, coupled, limited, queued, run, state_of
from jc.simulate.scans import REFUSED as STOPPED
from jc.simulate.walked import Stopped, Walk
from jc.traffic.cube import Sample
from jc.traffic.histogram import Histogram

Ints = NDArray[np.int64]
_NO_CAP = 2**61
_FOREVER = 2**61


@dataclass(frozen=True, slots=True)
class Allowance:
    """A budget per key: pico-dollars a window, what happens below a threshold and at the cap."""

    cap: int
    window_us: int
    fixed: bool = False
    below: int = -1
    low: Offer | None = None
    park: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What rows meet on their way: budgets, outages and slowdowns, limits; `None` and empty: nothing of the kind."""

    allowance: Allowance | None = None
    events: tuple[Event, ...] = ()
    limits: bool = False
    fast: bool | None = None
    """Compiled scans: None where numba is installed."""

    @property
    def any(self) -> bool:
        """Whether anything depends on the order of rows."""
        return self.allowance is not None or bool(self.events) or self.limits


@dataclass(slots=True)
class Rows:
    """All rows of a log in the order of time, with the codes of their keys and sessions."""

    order: Ints
    us: Ints
    group: Ints
    key: Ints
    keys: list[str]
    session: Ints
    sessions: int

    @classmethod
    def of(cls, book: Book) -> "Rows":
        """The rows of a book whose cube kept them all; rows of one moment stay in the order of the log."""
        sample = book.cube.sample
        if sample is None or sample.share < 1:
            raise InputError("this question needs every row: ask the log itself, not a cube")
        order = np.argsort(sample.columns["us"], kind="stable")
        group = sample.group[order]
        key_of_group = book.codes.get("key", np.zeros(len(book.cube.keys), dtype=np.int64))
        keys = [str(value) or "–" for value in book.values.get("key", ["all"])]
        _, session = np.unique(sample.columns["cluster"][order], return_inverse=True)
        if book.cube.grid.clustered != "session":
            session = np.arange(len(order))
        return cls(
            order,
            sample.columns["us"][order],
            group,
            key_of_group[group],
            keys,
            session.astype(np.int64),
            int(session.max(initial=0)) + 1,
        )


@dataclass(slots=True)
class Walker:
    """Walks the rows of a book under tables."""

    estimator: Estimator
    chooser: Chooser
    rows: Rows

    def walk(self, table: RouteTable, choice: Choice, terms: Terms) -> Walk:
        """The rows under one table and these terms."""
        offers, chosen, before = self._offers(table, choice, terms)
        answered = chosen >= 0
        base, warm = self._costs(offers, chosen)
        status, cost, delay = self._budgeted(offers, chosen, answered, base, warm, terms)
        passed = answered.copy()
        passed[answered] = status != STOPPED
        seconds, waits = self._times(offers, chosen, passed, answered, delay, terms)
        codes = np.zeros(len(chosen), dtype=np.int64)
        codes[answered] = status
        histogram = Histogram.of(seconds) if seconds is not None and len(seconds) else None
        spent = np.bincount(self.rows.key[answered], weights=cost.astype(np.float64), minlength=len(self.rows.keys))
        return Walk(
            cost=Fraction(int(cost.sum())),
            refused=int((status == STOPPED).sum()),
            degraded=int((status == DEGRADED).sum()),
            parked=int((status == PARKED).sum()),
            fell_back=int((answered & (chosen != before) & (before >= 0)).sum()),
            lost=int(((chosen == REFUSED) & (before >= 0)).sum()),
            waits_s=waits,
            latency=histogram,
            mean_s=float(seconds.mean()) if seconds is not None and len(seconds) else None,
            stopped=self._stopped(answered, status, warm),
            rows=len(chosen),
            spent_by_key={name: Fraction(round(value)) for name, value in zip(self.rows.keys, spent.tolist(), strict=True)},
        )

    def _offers(self, table: RouteTable, choice: Choice, terms: Terms) -> tuple[tuple[Offer, ...], Ints, Ints]:
        """The offer of every row with outages, as codes over one list; and the codes without outages."""
        offers: dict[str, int] = {offer.id: code for code, offer in enumerate(choice.offers)}
        by_id = {offer.id: offer for offer in choice.offers}
        before = choice.chosen[self.rows.group]
        chosen = before.copy()
        which, sets = down_sets(terms.events, self.rows.us)
        for code, names in enumerate(sets):
            if not names:
                continue
            health = Health.of([(name, "outage") for name in names])
            other = replace_health(self.chooser, health).choose(table)
            mapping = np.array([offers.setdefault(offer.id, len(offers)) for offer in other.offers] + [-2, -1], dtype=np.int64)
            by_id.update({offer.id: offer for offer in other.offers})
            here = which == code
            chosen[here] = mapping[other.chosen[self.rows.group[here]]]
        if terms.allowance is not None and terms.allowance.low is not None:
            offers.setdefault(terms.allowance.low.id, len(offers))
            by_id[terms.allowance.low.id] = terms.allowance.low
        return tuple(by_id[name] for name in offers), chosen, before

    def _costs(self, offers: Sequence[Offer], chosen: Ints) -> tuple[Ints, Ints]:
        """What every row costs with nothing cached, and with the logged tokens cached, in pico-dollars."""
        base, warm = np.zeros(len(chosen), dtype=np.int64), np.zeros(len(chosen), dtype=np.int64)
        for code, offer in enumerate(offers):
            here = np.flatnonzero(chosen == code)
            if len(here):
                base[here], warm[here] = self._row_costs(offer, here)
        return base, warm

    def _row_costs(self, offer: Offer, here: Ints) -> tuple[Ints, Ints]:
        book, sample = self.estimator.book, self._sample()
        code, rates = book.unit_rates(offer)
        group = self.rows.group[here]
        rows = self.rows.order[here]
        place = code[group]
        tokens = {name: sample.columns[name][rows] for name in ("input", "cached", "written", "output")}
        if self.estimator.assumed.tokens == "scaled":
            tokens["output"] = np.rint(tokens["output"] * self.estimator.ratios.factors(offer)[group]).astype(np.int64)
        fresh = tokens["input"] - tokens["cached"] - tokens["written"]
        rest = rates["output"][place] * tokens["output"] + rates["request"][place] + rates["input"][place] * fresh
        again = np.where(tokens["written"] > 0, rates["written"][place], rates["input"][place])
        written = rates["written"][place] * tokens["written"]
        return rest + written + again * tokens["cached"], rest + written + rates["cached"][place] * tokens["cached"]

    def _sample(self) -> Sample:
        sample = self.estimator.book.cube.sample
        assert sample is not None
        return sample

    def _budgeted(
        self, offers: Sequence[Offer], chosen: Ints, answered: NDArray[np.bool_], base: Ints, warm: Ints, terms: Terms
    ) -> tuple[Ints, Ints, Ints]:
        """Cache, price and budget in the order of time; the columns are those of the answered rows."""
        allowance = terms.allowance or Allowance(_NO_CAP, _FOREVER)
        here = np.flatnonzero(answered)
        low = base[here]
        if allowance.low is not None:
            low = self._row_costs(allowance.low, here)[0]
        ttl = np.array([self.estimator.ttl_us(offer) for offer in offers] or [0], dtype=np.int64)
        status, cost, delay = (np.zeros(len(here), dtype=np.int64) for _ in range(3))
        scan_terms = np.array(
            [allowance.window_us, allowance.cap, allowance.below, int(allowance.fixed), int(allowance.park)], dtype=np.int64
        )
        state = [state_of(self.rows.sessions, -1), state_of(self.rows.sessions), state_of(len(self.rows.keys), -_FOREVER)]
        columns = [
            self.rows.us[here],
            self.rows.key[here],
            self.rows.session[here],
            chosen[here],
            base[here],
            warm[here],
            low,
            ttl,
        ]
        run(coupled, [*columns, scan_terms, *state, state_of(len(self.rows.keys)), status, cost, delay], fast=terms.fast)
        return status, cost, delay

    def _times(
        self,
        offers: Sequence[Offer],
        chosen: Ints,
        passed: NDArray[np.bool_],
        answered: NDArray[np.bool_],
        delay: Ints,
        terms: Terms,
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
        """Seconds of every answered request with its waits, and the waits; None when a speed is not known."""
        here = np.flatnonzero(passed)
        parked = delay[passed[answered]]
        us = self.rows.us[here] + parked
        seconds = self._service(offers, chosen, here)
        if seconds is None:
            return None, parked / 1e6
        names = [(offer.id, offer.provider) for offer in offers]
        seconds = seconds * slower(terms.events, self.rows.us[here], names, chosen[here])
        waits = np.zeros(len(here), dtype=np.int64)
        if terms.limits:
            waits = self._limited(offers, chosen[here], us, self.rows.order[here], seconds, terms.fast)
        total = waits + parked
        return seconds + total / 1e6, total / 1e6

    def _service(self, offers: Sequence[Offer], chosen: Ints, here: Ints) -> NDArray[np.float64] | None:
        sample, group = self._sample(), self.rows.group[here]
        rows = self.rows.order[here]
        seconds = np.zeros(len(here))
        for code, offer in enumerate(offers):
            mine = chosen[here] == code
            if not mine.any():
                continue
            speed = self.estimator.speeds.of(offer)
            if speed is None:
                return None
            cached = sample.columns["cached"][rows[mine]].astype(np.float64)
            output = sample.columns["output"][rows[mine]] * self.estimator.ratios.factors(offer)[group[mine]]
            seconds[mine] = speed.seconds(sample.columns["input"][rows[mine]] - cached, cached, output)
        return seconds

    def _limited(
        self, offers: Sequence[Offer], chosen: Ints, us: Ints, rows: Ints, seconds: NDArray[np.float64], fast: bool | None
    ) -> Ints:
        """Waits for the minutes' limits and then for a free place, in the order in which requests can begin."""
        sample = self._sample()
        tokens = sample.columns["input"][rows] + sample.columns["output"][rows]
        rpm, tpm, size = (
            np.array(
                [getattr(offer, name) if getattr(offer, name) is not None else none for offer in offers] or [none], dtype=np.int64
            )
            for name, none in (("rpm", -1), ("tpm", -1), ("concurrency", 0))
        )
        order = np.argsort(us, kind="stable")
        minute = state_of(len(us))
        state = (minute, state_of(len(offers), -1), state_of(len(offers)), state_of(len(offers)))
        run(limited, [us[order], chosen[order], tokens[order], rpm, tpm, state], fast=fast)
        waits = np.zeros(len(us), dtype=np.int64)
        waits[order] = minute[: len(us)]
        begins = us + waits
        order = np.argsort(begins, kind="stable")
        first = np.concatenate(([0], np.cumsum(size)))[:-1].astype(np.int64)
        service = np.rint(seconds * 1e6).astype(np.int64)
        place, free = state_of(len(us)), state_of(int(size.sum()), -_FOREVER)
        run(queued, [begins[order], chosen[order], service[order], first, size, (place, free)], fast=fast)
        waits[order] += place[: len(us)]
        return waits

    def _stopped(self, answered: NDArray[np.bool_], status: Ints, warm: Ints) -> list[Stopped]:
        """The keys that met their cap, the most money first."""
        here = np.flatnonzero(answered)[status == STOPPED]
        out = []
        for code in np.unique(self.rows.key[here]).tolist():
            mine = here[self.rows.key[here] == code]
            out.append(Stopped(self.rows.keys[code], int(self.rows.us[mine].min()), len(mine), int(warm[mine].sum())))
        return sorted(out, key=lambda one: (-one.pico, one.key))


def replace_health(chooser: Chooser, health: Health) -> Chooser:
    """The same chooser in a world where some offers are down."""
    return Chooser(chooser.book, Health.of([*chooser.health.down, *health.down]))


def allowance_of(table: RouteTable, book: Book) -> Allowance | None:
    """The budget that a table sets itself; windows begin at first use."""
    if table.budget is None:
        return None
    budget = table.budget
    low = book.names.get(budget.low_model) if budget.low_model else None
    below = to_pico(budget.below_usd) if budget.below_usd is not None else -1
    return Allowance(to_pico(budget.key_usd), int(budget.window_hours * 3600) * 1_000_000, False, below, low)


def applied(estimate: Estimate, walk: Walk) -> None:
    """Put what became of the rows into an estimate."""
    estimate.by_groups = estimate.cost
    estimate.cost = walk.cost
    estimate.blind = None
    estimate.rejected += walk.lost
    if walk.latency is not None:
        estimate.latency, estimate.mean_s, estimate.latency_origin = walk.latency, walk.mean_s, "estimated"
    estimate.walk = walk


def smallest_budget(walker: Walker, table: RouteTable, choice: Choice, terms: Terms, stalls: float = 0.01) -> int:
    """The smallest cap (whole cents, in pico-dollars) under which fewer requests than this share are refused or parked."""
    asked = terms.allowance or Allowance(_NO_CAP, _FOREVER)

    def stalled(cents: int) -> bool:
        capped = replace(terms, allowance=replace(asked, cap=cents * 10**10))
        return walker.walk(table, choice, capped).stalled >= stalls

    high = 1
    while stalled(high) and high < 10**9:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if stalled(middle) else (low, middle)
    return high * 10**10


__all__ = ["Allowance", "Rows", "Stopped", "Terms", "Walk", "Walker", "allowance_of", "applied", "smallest_budget"]
