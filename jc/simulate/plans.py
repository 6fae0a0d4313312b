"""Paying by the token against flat plans: what a month costs either way, mixed by organisation, and from which volume on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Catalog, Plan
from jc.simulate.breakdown import money_text, sum_pico, values_by
from jc.simulate.choices import REFUSED
from jc.simulate.estimate import Estimate
from jc.simulate.simulation import Simulation
from jc.simulate.span import spans_a_month

MOST_SPENDERS = 200


def plan_rows(simulation: Simulation, catalog: Catalog, estimate: Estimate) -> list[dict[str, Any]]:
    """One row for each flat plan: a month by the token under an estimate, flat, and each organisation on what is cheaper for it.

    A month is 30 days; a shorter log is scaled up by its span. A plan has unlimited keys, so it is bought once an organisation
    (once in all where the log names none). Break-evens are in requests a month at the mean cost of a request: of the whole log,
    of each organisation, and of each key, should it have a plan of its own. Keys on a plan count by the token.
    """
    factor = spans_a_month(simulation.cube)
    by_token = estimate if estimate.walk is None else replace(estimate, pico=estimate.walk.by_token)
    orgs = _spenders(simulation, by_token, "org", factor) or [
        _spender("all", simulation, by_token, np.ones(len(by_token.known), dtype=bool), factor)
    ]
    keys = _spenders(simulation, by_token, "key", factor)
    return [_row(plan, orgs, keys) for plan in catalog.plans.values() if plan.usd_per_month is not None]


@dataclass(frozen=True, slots=True)
class Spender:
    """Who pays: pico-dollars and requests a month."""

    name: str
    pico: Fraction
    requests: Fraction
    priced: Fraction
    """The requests among them that are answered at a known cost: those that `pico` is for."""

    def even(self, flat: Fraction) -> float | None:
        """The requests a month from which on a plan is cheaper, at the mean cost of priced ones; None where that is nothing."""
        return float(flat * self.priced / self.pico) if self.pico else None

    def better(self, flat: Fraction) -> str | None:
        """`flat` or `by token`; None where what is not known could turn it."""
        if self.pico > flat:
            return "flat"
        return "by token" if self.priced == self.requests else None


def _spenders(simulation: Simulation, estimate: Estimate, part: Literal["key", "org"], factor: Fraction) -> list[Spender]:
    """Who spends how much, the most first; nobody where the log does not tell."""
    if part not in simulation.cube.grid.split:
        return []
    values = np.array(values_by(simulation, part), dtype=object)
    found = []
    for name in dict.fromkeys(values.tolist()):
        here = values == name
        found.append(_spender(str(name), simulation, estimate, here, factor))
    return sorted(found, key=lambda one: (-one.pico, one.name)) if [one.name for one in found] != ["–"] else []


def _spender(name: str, simulation: Simulation, estimate: Estimate, here: NDArray[np.bool_], factor: Fraction) -> Spender:
    """What some groups spend a month; requests that nobody answers count for nothing."""
    n, walk = simulation.book.groups["n"], estimate.walk
    stopped = 0 if walk is None else walk.refusals + walk.losses
    answered = np.where(here & (estimate.chosen != REFUSED), n - stopped, 0)
    counts = int(answered.sum()), int(answered[estimate.known].sum())
    return Spender(name, sum_pico(estimate, here) * factor, counts[0] * factor, counts[1] * factor)


def _row(plan: Plan, orgs: Sequence[Spender], keys: Sequence[Spender]) -> dict[str, Any]:
    flat = Fraction(plan.usd_per_month or Decimal(0)) * 10**12
    sums = (sum((getattr(one, name) for one in orgs), Fraction(0)) for name in ("pico", "requests", "priced"))
    total = Spender("all", *sums)
    mixed = sum((min(one.pico, flat) for one in orgs), Fraction(0))
    return {
        "plan": plan.id,
        "usd_per_month": money_text(flat),
        "orgs": len(orgs),
        "flat_usd": money_text(flat * len(orgs)),
        "by_token_usd": money_text(total.pico),
        "cost_known": float(total.priced / total.requests) if total.requests else 1.0,
        "mixed_usd": money_text(mixed),
        "orgs_better_flat": sum(one.pico > flat for one in orgs),
        "keys_better_flat": sum(one.pico > flat for one in keys),
        "break_even_requests": total.even(flat),
        "by_org": [_told(one, flat) for one in orgs[:MOST_SPENDERS]] if orgs[0].name != "all" else [],
        "by_key": [_told(one, flat) for one in keys[:MOST_SPENDERS]],
        "note": plan.note,
    }


def _told(one: Spender, flat: Fraction) -> dict[str, Any]:
    return {
        "name": one.name,
        "by_token_usd": money_text(one.pico),
        "requests": float(one.requests),
        "cost_known": float(one.priced / one.requests) if one.requests else 1.0,
        "break_even_requests": one.even(flat),
        "better": one.better(flat),
    }
