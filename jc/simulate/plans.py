"""Paying by the token against flat plans: what a month costs either way, mixed by organisation, and from which volume on."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from jc.catalog.model import Catalog, Plan
from jc.simulate.breakdown import money_text, sum_pico, values_by
from jc.simulate.estimate import Estimate
from jc.simulate.run import span_of
from jc.simulate.simulation import Simulation

MONTH_US = 30 * 86_400_000_000
_LEAST_SPAN_US = 3_600_000_000


def plan_rows(simulation: Simulation, catalog: Catalog, estimate: Estimate) -> list[dict[str, Any]]:
    """One row for each flat plan: a month by the token under an estimate, flat, and each organisation on what is cheaper for it.

    A month is 30 days; a shorter log is scaled up by its span. A plan has unlimited keys, so it is bought once an organisation
    (once in all where the log names none). The break-even is in requests a month at the log's mean cost of one.
    """
    factor = _to_month(simulation)
    spent = {name: cost * factor for name, cost in _by_org(simulation, estimate).items()}
    total = sum(spent.values(), Fraction(0))
    per_request = total / (estimate.requests * factor) if estimate.requests else Fraction(0)
    return [_row(plan, spent, total, per_request) for plan in catalog.plans.values() if plan.usd_per_month is not None]


def _to_month(simulation: Simulation) -> Fraction:
    first, last = span_of(simulation.cube)
    if first is None or last is None or last - first < _LEAST_SPAN_US:
        return Fraction(1)
    return Fraction(MONTH_US, last - first)


def _by_org(simulation: Simulation, estimate: Estimate) -> dict[str, Fraction]:
    if "org" not in simulation.cube.grid.split:
        return {"all": estimate.cost}
    values = np.array(values_by(simulation, "org"), dtype=object)
    return {str(name): sum_pico(estimate, values == name) for name in dict.fromkeys(values.tolist())}


def _row(plan: Plan, spent: Mapping[str, Fraction], total: Fraction, per_request: Fraction) -> dict[str, Any]:
    flat = Fraction(plan.usd_per_month or Decimal(0)) * 10**12
    mixed = sum((min(cost, flat) for cost in spent.values()), Fraction(0))
    return {
        "plan": plan.id,
        "usd_per_month": money_text(flat),
        "orgs": len(spent),
        "flat_usd": money_text(flat * len(spent)),
        "by_token_usd": money_text(total),
        "mixed_usd": money_text(mixed),
        "orgs_better_flat": sum(cost > flat for cost in spent.values()),
        "break_even_requests": None if not per_request else float(flat / per_request),
        "note": plan.note,
    }
