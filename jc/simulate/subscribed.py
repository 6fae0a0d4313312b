"""Whose money a request is: of its key by the token, under the key's budget, or of a flat plan, under what the plan allows.

A plan has as many keys as one likes and is paid for once, so its fee does not depend on them. A request of one of its keys that
a model of the plan answers is not billed by the token and does not meet the budget of keys that are; where the plan has a window
of its own, the value of its answers by the token is held against that one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer, Plan
from jc.errors import InputError
from jc.quantities import to_pico
from jc.simulate.served import added
from jc.simulate.terms import FOREVER, NO_CAP, Allowance, Subscription

Ints = NDArray[np.int64]
BY_TOKEN = -1
_HOUR_US = 3_600_000_000


def covers(subscription: Subscription, offer: Offer) -> bool:
    """Whether a plan answers with an offer: one of its models where it names any, else any of its provider's."""
    plan = subscription.plan
    if plan.models:
        return any(name in {offer.id, offer.model} or fnmatchcase(offer.id, name) for name in plan.models)
    return plan.provider is None or offer.provider == plan.provider


def holders(subscriptions: Sequence[Subscription], keys: Sequence[str]) -> Ints:
    """For each key the first plan that it is on, BY_TOKEN for none; InputError for a name or pattern that is no key's."""
    held = np.full(len(keys), BY_TOKEN, dtype=np.int64)
    strangers = []
    for number, one in enumerate(subscriptions):
        for pattern in one.keys:
            here = np.array([fnmatchcase(key, pattern) for key in keys], dtype=bool)
            if not here.any():
                strangers.append(f"`{pattern}` (on `{one.plan.id}`)")
            held[here & (held == BY_TOKEN)] = number
    if strangers:
        some = ", ".join(f"`{key}`" for key in keys[:5]) + (", …" if len(keys) > 5 else "")
        hint = "the log names no keys" if list(keys) in (["all"], ["–"]) else f"its keys are {some}"
        raise InputError(f"no key of the log is called {', '.join(strangers)}", hint=hint)
    return held


def fee_of(plan: Plan) -> Fraction:
    """What a plan costs a month, in pico-dollars; InputError where that is not known."""
    if plan.usd_per_month is None:
        raise InputError(
            f"the plan `{plan.id}` has no `usd_per_month`", hint="unknown is not free: write its price in plans.yaml"
        )
    return Fraction(plan.usd_per_month) * 10**12


class Accounts(NamedTuple):
    """What every answered row is held against, and the window (µs), cap, threshold and kind of window of each account."""

    row: Ints
    plan: Ints
    """The plan that pays for each row, BY_TOKEN for none."""
    window: Ints
    cap: Ints
    below: Ints
    fixed: Ints

    @property
    def budgets(self) -> tuple[Ints, Ints, Ints, Ints]:
        """As the scan takes them."""
        return self.window, self.cap, self.below, self.fixed


def accounts_of(
    allowance: Allowance,
    subscriptions: Sequence[Subscription],
    rows: tuple[Ints, Ints],
    keys: Sequence[str],
    offers: Sequence[Offer],
) -> Accounts:
    """The accounts of rows (their keys and offers): one for each key by the token, and one for each key of each plan.

    Where the window of a plan is one for the whole account, all of its keys share the first one's.
    """
    key, offer = rows
    count = len(keys)
    held = holders(subscriptions, keys)
    within = np.array([[covers(one, other) for other in offers] for one in subscriptions] + [[False] * len(offers)], dtype=bool)
    plan = np.where(within[held[key], offer] if len(key) else held[key] >= 0, held[key], BY_TOKEN)
    blocks = [_block(allowance, count), *(_plan_block(allowance, one, count) for one in subscriptions)]
    shared = np.array([False, *(one.plan.window_per == "account" for one in subscriptions)], dtype=bool)
    row = (plan + 1) * count + np.where(shared[plan + 1], 0, key)
    return Accounts(row.astype(np.int64), plan.astype(np.int64), *(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def _block(allowance: Allowance, count: int) -> tuple[Ints, ...]:
    values = (allowance.window_us, allowance.cap, allowance.below, int(allowance.fixed))
    return tuple(np.full(max(1, count), value, dtype=np.int64) for value in values)


def _plan_block(allowance: Allowance, one: Subscription, count: int) -> tuple[Ints, ...]:
    """A plan without a window stops nobody; the cheaper model answers near a plan's cap only where the plan has it."""
    plan = one.plan
    if plan.window_usd is None or plan.window_hours is None:
        return _block(Allowance(NO_CAP, FOREVER), count)
    below = allowance.below if allowance.low is not None and covers(one, allowance.low) else -1
    length = int(plan.window_hours * _HOUR_US)
    return _block(Allowance(to_pico(plan.window_usd), length, plan.window_kind == "fixed", below), count)


@dataclass(frozen=True, slots=True)
class OnPlan:
    """What became of the keys of one plan."""

    plan: str
    fee: Fraction
    """Pico-dollars a month."""
    keys: int
    requests: int
    """All requests of its keys, also those of models that the plan has not."""
    covered: int
    """Requests that the plan answered or refused."""
    refused: int
    pico: int
    """What the answers would have cost by the token."""


def told_by_plan(
    subscriptions: Sequence[Subscription],
    keys: tuple[Ints, Sequence[str]],
    plan: tuple[NDArray[np.bool_], Ints],
    refused: NDArray[np.bool_],
    saved: Ints,
) -> tuple[OnPlan, ...]:
    """The rows of each plan in figures: keys of all rows, which have an answer or a refusal, and of those the plan.

    `refused` are those that were refused, `saved` what each row of all is not billed for.
    """
    (key, names), (answered, paid) = keys, plan
    held, size = holders(subscriptions, names), len(subscriptions)
    here = paid != BY_TOKEN
    worth = added(paid[here], saved[answered][here], size)
    every = np.bincount(held[key][held[key] >= 0], minlength=size)
    covered, stopped = np.bincount(paid[here], minlength=size), np.bincount(paid[here & refused], minlength=size)
    return tuple(
        OnPlan(
            one.plan.id,
            fee_of(one.plan),
            int((held == at).sum()),
            int(every[at]),
            int(covered[at]),
            int(stopped[at]),
            int(worth[at]),
        )
        for at, one in enumerate(subscriptions)
    )
