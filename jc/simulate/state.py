"""The row engine: every request in its turn, for what depends on those before it.

Order of a request: an outage sends it to the next model that the table would choose; its session's prompt cache and the price
make its cost; its key's budget lets it pass, sends it to a cheaper model, refuses it or parks it; the model's limits and its
queue make it wait. Nothing here is estimated twice: tokens, prices and speeds are those of the cube.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer, RouteTable
from jc.errors import InputError
from jc.simulate.assignment import Assignment
from jc.simulate.choices import REFUSED, UNKNOWN, Choice, Chooser
from jc.simulate.estimate import Estimator
from jc.simulate.events import slower
from jc.simulate.rowcost import Tokens, row_pico
from jc.simulate.rows import Rows
from jc.simulate.scans import DEGRADED, PARKED, PARKED_LOW, coupled, limited, queued, run, spilled, state_of
from jc.simulate.scans import REFUSED as STOPPED
from jc.simulate.served import COUNTED, Served, added
from jc.simulate.subscribed import BY_TOKEN, accounts_of, covers, told_by_plan
from jc.simulate.terms import FOREVER, NO_CAP, Allowance, Subscription, Terms
from jc.simulate.walked import Stopped, Walk, spent_over_time
from jc.simulate.warmth import kept_tokens
from jc.traffic.cube import Sample
from jc.traffic.histogram import Histogram

Ints = NDArray[np.int64]


class Costs(NamedTuple):
    """What every row would cost with nothing cached and with what is kept; `classified` is a classifier's part of it."""

    base: Ints
    warm: Ints
    classified: Ints


class Budgeted(NamedTuple):
    """What became of every answered row: its status, its cost by the token, its delay (µs), the plan that pays for it."""

    status: Ints
    cost: Ints
    delay: Ints
    plan: Ints


@dataclass(slots=True)
class Walker:
    """Walks the rows of a book under tables."""

    estimator: Estimator
    chooser: Chooser
    rows: Rows
    overhead_s: float = 0.0

    def walk(self, table: RouteTable, choice: Choice, terms: Terms) -> Walk:
        """The rows under one table and these terms."""
        self.overhead_s = choice.overhead_s
        placed = Assignment.of(self.chooser, table, choice, (self.rows.group, self.rows.us), terms.events)
        lost = int(((placed.chosen == REFUSED) & (placed.before >= 0)).sum())
        given_up = self._given_up(placed, terms)
        turned_away = self._spill(placed, terms)
        cheap = placed.code(terms.allowance.low) if terms.allowance is not None and terms.allowance.low is not None else -1
        chosen, answered = placed.chosen, placed.chosen >= 0
        costs = self._costs(placed, choice)
        found = self._budgeted(placed, costs, cheap, terms)
        status = found.status
        passed = answered.copy()
        passed[answered] = status != STOPPED
        final = chosen.copy()
        final[np.flatnonzero(answered)[(status == DEGRADED) | (status == PARKED_LOW)]] = cheap
        seconds, waits = self._times(placed.offers, final, passed, found.delay[passed[answered]], terms, given_up)
        worth, bill = np.zeros(len(chosen), dtype=np.int64), np.zeros(len(chosen), dtype=np.int64)
        worth[answered] = found.cost
        bill[answered] = billed(found, costs.classified[answered], choice.classifier, terms.subscriptions)
        stopped = (status == STOPPED) | (status == PARKED) | (status == PARKED_LOW)
        by_token = found.plan == BY_TOKEN
        return Walk(
            pico=self._by_group(choice, bill),
            by_token=self._by_group(choice, worth),
            served=self._served(placed.offers, final, passed, bill),
            refusals=self._counted(answered & ~passed),
            losses=self._counted(~answered & (placed.before >= 0)),
            row_cost=self._in_sample(bill),
            answered=self._in_sample(passed) > 0,
            refused=int((status == STOPPED).sum()),
            degraded=int((status == DEGRADED).sum()),
            parked=int(((status == PARKED) | (status == PARKED_LOW)).sum()),
            fell_back=int((answered & (chosen != placed.before) & (placed.before >= 0)).sum()),
            lost=lost,
            turned_away=turned_away,
            given_up=int(given_up.sum()),
            waits_s=waits,
            latency=Histogram.of(seconds) if seconds is not None and len(seconds) else None,
            mean_s=float(seconds.mean()) if seconds is not None and len(seconds) else None,
            stopped=self._stopped(answered, status, costs.warm),
            rows=len(chosen),
            stalled=int((stopped & by_token).sum()) / max(1, len(chosen) - int((~by_token).sum())),
            plans=told_by_plan(
                terms.subscriptions, (self.rows.key, self.rows.keys), (answered, found.plan), status == STOPPED, worth - bill
            ),
            timed_group=self.rows.group[passed].astype(np.int32),
            seconds=seconds,
            timeline=spent_over_time(self.rows.us[answered], self.rows.key[answered], found.cost, self.rows.keys),
        )

    def _by_group(self, choice: Choice, bill: Ints) -> Ints:
        """What the rows of each group are billed for.

        Requests of models that the catalog does not know keep what the log says of them; budgets do not meet them.
        """
        groups = self.estimator.book.groups
        stated = (choice.chosen == UNKNOWN) & (groups["priced"] == groups["n"])
        return added(self.rows.group, bill, len(choice.chosen)) + np.where(stated, groups["cost_pico"], 0)

    def _counted(self, here: NDArray[np.bool_]) -> Ints:
        """How many of these rows each group has."""
        return np.bincount(self.rows.group[here], minlength=len(self.estimator.book.cube.keys)).astype(np.int64)

    def _in_sample(self, bill: Ints | NDArray[np.bool_]) -> NDArray[np.float64]:
        out = np.empty(len(bill))
        out[self.rows.order] = bill
        return out

    def _served(self, offers: Sequence[Offer], final: Ints, passed: NDArray[np.bool_], bill: Ints) -> Served:
        """Who answered the rows in the end."""
        columns = {name: self._column(name, passed) for name in COUNTED}
        return Served.of_rows(offers, (self.rows.group[passed], final[passed]), columns, bill[passed])

    def _given_up(self, placed: Assignment, terms: Terms) -> NDArray[np.bool_]:
        """Which rows take longer than the timeout where they go; they move on to what answers instead."""
        none = np.zeros(len(placed.chosen), dtype=bool)
        if terms.timeout_s is None:
            return none
        here = np.flatnonzero(placed.chosen >= 0)
        seconds = self._service(placed.offers, placed.chosen, here, terms)
        if seconds is None:
            raise InputError("a timeout needs speeds of all models", hint="give them with --speeds FILE")
        none[here] = seconds > terms.timeout_s
        placed.chosen[none] = placed.spare(none)[none]
        return none

    def _spill(self, placed: Assignment, terms: Terms) -> int:
        """Requests over the limits of a minute go elsewhere or are turned away; gives the number of these."""
        if not terms.limits or terms.on_limit == "retry":
            return 0
        here = np.flatnonzero(placed.chosen >= 0)
        rpm, tpm = self._limits(placed.offers)[:2]
        bound = (rpm >= 0) | (tpm >= 0)
        hit = np.zeros(len(placed.chosen), dtype=bool)
        hit[here] = bound[placed.chosen[here]]
        spare = placed.spare(hit) if terms.on_limit == "fallback" else np.where(hit, -2, -1)
        spare[(spare == placed.chosen) | (spare == UNKNOWN) & (terms.on_limit == "fallback")] = -1
        rpm, tpm = self._limits(placed.offers)[:2]
        size = len(placed.offers)
        to = placed.chosen[here].copy()
        state = (to, state_of(size, -1), state_of(size), state_of(size))
        tokens = self._column("input", here) + self._column("output", here)
        run(spilled, [self.rows.us[here], placed.chosen[here], tokens, spare[here], (rpm, tpm), state], fast=terms.fast)
        placed.chosen[here] = to
        return int((to < 0).sum())

    def _limits(self, offers: Sequence[Offer]) -> tuple[Ints, Ints, Ints]:
        """Requests and tokens a minute (-1: no limit) and requests at once (0: no limit) by offer code."""
        named = (("rpm", -1), ("tpm", -1), ("concurrency", 0))
        rpm, tpm, size = (
            np.array([none if (limit := getattr(one, name)) is None else limit for one in offers] or [none], dtype=np.int64)
            for name, none in named
        )
        return rpm, tpm, size

    def _column(self, name: str, here: Ints | NDArray[np.bool_] | slice = slice(None)) -> Ints:
        """A column of some rows in the order of time, wide enough to be multiplied."""
        return np.asarray(self._sample().columns[name][self.rows.order[here]], dtype=np.int64)

    def _tokens(self, here: Ints) -> Tokens:
        """The logged usage of some rows."""
        return Tokens(*(self._column(name, here) for name in ("input", "cached", "written", "output", "images")))

    @property
    def _scaled(self) -> bool:
        return self.estimator.assumed.tokens == "scaled"

    def _ratio(self, offer: Offer, here: Ints) -> NDArray[np.float64]:
        return np.asarray(self.estimator.ratios.factors(offer)[self.rows.group[here]])

    def _costs(self, placed: Assignment, choice: Choice) -> Costs:
        """What every row costs with nothing cached, and with what its session's cache keeps, in pico-dollars."""
        size = len(placed.chosen)
        base, warm, classified = (np.zeros(size, dtype=np.int64) for _ in range(3))
        kept = self._kept(placed)
        for code, offer in enumerate(placed.offers):
            here = np.flatnonzero(placed.chosen == code)
            if len(here):
                base[here], warm[here] = self._row_costs(offer, here, kept[here])
        if choice.classifier is not None:
            here = np.flatnonzero(placed.chosen >= 0)
            classified[here] = self._classified(choice.classifier, here)
        return Costs(base + classified, warm + classified, classified)

    def _kept(self, placed: Assignment) -> Ints:
        """The cached tokens of every row that its offer still has, by the order of its session."""
        cached = self._column("cached")
        if self.estimator.order is None or self.estimator.assumed.cache == "as-logged":
            return cached
        offer = np.empty(len(placed.chosen), dtype=np.int64)
        offer[self.rows.order] = placed.chosen
        kept = kept_tokens(self.estimator.order, self._sample(), offer, self._ttl(placed.offers))
        return np.asarray(kept[self.rows.order])

    def _ttl(self, offers: Sequence[Offer]) -> Ints:
        return np.array([self.estimator.ttl_us(offer) for offer in offers] or [0], dtype=np.int64)

    def _row_costs(self, offer: Offer, here: Ints, kept: Ints) -> tuple[Ints, Ints]:
        book, group, tokens = self.estimator.book, self.rows.group[here], self._tokens(here)
        ratio = self._ratio(offer, here) if self._scaled else None
        cold = row_pico(book, offer, group, tokens.keeping(kept * 0), ratio)
        return cold, row_pico(book, offer, group, tokens.keeping(kept), ratio) if tokens.cached.any() else cold

    def _classified(self, offer: Offer, here: Ints) -> Ints:
        """What a model costs that classifies these rows before they are answered."""
        assumed, tokens = self.estimator.assumed, self._column("input", here)
        nothing = np.zeros_like(tokens)
        asked = tokens + assumed.classifier_prompt_tokens
        said = nothing + assumed.classifier_answer_tokens
        return row_pico(self.estimator.book, offer, self.rows.group[here], Tokens(asked, nothing, nothing, said, nothing))

    def _sample(self) -> Sample:
        sample = self.estimator.book.cube.sample
        assert sample is not None
        return sample

    def _budgeted(self, placed: Assignment, costs: Costs, cheap: int, terms: Terms) -> Budgeted:
        """Cache, price and budget in the order of time; the columns are those of the answered rows."""
        allowance = terms.allowance or Allowance(NO_CAP, FOREVER)
        here = np.flatnonzero(placed.chosen >= 0)
        base, warm = costs.base[here], costs.warm[here]
        low, low_warm = base, base
        if allowance.low is not None:
            bare = self._row_costs(allowance.low, here, self._column("cached", here))
            low, low_warm = (one + costs.classified[here] for one in bare)
        rows = self.rows.key[here], placed.chosen[here]
        accounts = accounts_of(allowance, terms.subscriptions, rows, self.rows.keys, placed.offers)
        size = len(accounts.cap)
        status, cost, delay = (np.zeros(len(here), dtype=np.int64) for _ in range(3))
        columns = [
            self.rows.us[here], accounts.row, self.rows.session[here], placed.chosen[here], base, warm, low, low_warm,
            self._ttl(placed.offers), accounts.budgets, np.array([int(allowance.park), cheap], dtype=np.int64),
        ]  # fmt: skip
        windows = (state_of(size), state_of(size, -FOREVER), state_of(size))
        state = [state_of(self.rows.sessions, -1), state_of(self.rows.sessions), windows]
        run(coupled, [*columns, *state, status, cost, delay], fast=terms.fast)
        return Budgeted(status, cost, delay, accounts.plan)

    def _times(
        self,
        offers: Sequence[Offer],
        chosen: Ints,
        passed: NDArray[np.bool_],
        parked: Ints,
        terms: Terms,
        given_up: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
        """Seconds of every answered request with its waits, and the waits; None when a speed is not known."""
        here = np.flatnonzero(passed)
        before = parked + np.rint(given_up[here] * (terms.timeout_s or 0.0) * 1e6).astype(np.int64)
        seconds = self._service(offers, chosen, here, terms)
        if seconds is None:
            return None, before / 1e6
        waits = np.zeros(len(here), dtype=np.int64)
        if terms.limits:
            waits = self._limited(offers, chosen[here], self.rows.us[here] + before, here, seconds, terms.fast)
        total = waits + before
        return seconds + total / 1e6, total / 1e6

    def _service(self, offers: Sequence[Offer], chosen: Ints, here: Ints, terms: Terms) -> NDArray[np.float64] | None:
        """The seconds of some rows without waits: predicted, spread by each row's luck, slowed down; None without a speed."""
        seconds = np.zeros(len(here))
        for code, offer in enumerate(offers):
            at = np.flatnonzero(chosen[here] == code)
            if not len(at):
                continue
            speed, rows = self.estimator.speeds.of(offer), here[at]
            if speed is None:
                return None
            cached = self._column("cached", rows).astype(np.float64)
            output = self._column("output", rows).astype(np.float64)
            if self._scaled:
                output *= self._ratio(offer, rows)
            predicted = speed.seconds(self._column("input", rows) - cached, cached, output)
            factors = np.asarray(speed.spread.factors)
            node = (self.rows.luck[rows] * factors.shape[1]).astype(np.int64)
            seconds[at] = predicted * factors[np.searchsorted(speed.spread.edges, predicted), node] + self.overhead_s
        names = [(offer.id, offer.provider) for offer in offers]
        return seconds * slower(terms.events, self.rows.us[here], names, chosen[here])

    def _limited(
        self, offers: Sequence[Offer], chosen: Ints, us: Ints, here: Ints, seconds: NDArray[np.float64], fast: bool | None
    ) -> Ints:
        """Waits for the minutes' limits and then for a free place, in the order in which requests can begin."""
        tokens = self._column("input", here) + self._column("output", here)
        rpm, tpm, size = self._limits(offers)
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
        place, free = state_of(len(us)), state_of(int(size.sum()), -FOREVER)
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


def billed(found: Budgeted, classified: Ints, classifier: Offer | None, subscriptions: Sequence[Subscription]) -> Ints:
    """What is paid for answered rows by the token: all of it, or of rows on a plan what a model costs that it has not."""
    own = np.array([classifier is not None and not covers(one, classifier) for one in subscriptions] + [False], dtype=bool)
    rest = np.where(own[found.plan] & (found.status != STOPPED), classified, 0)
    return np.where(found.plan == BY_TOKEN, found.cost, rest)
