"""What a walk over the rows means for an estimate, and the smallest budget that few requests meet."""

from dataclasses import replace
from fractions import Fraction

from jc.catalog.model import RouteTable
from jc.quantities import to_pico
from jc.simulate.book import Book
from jc.simulate.choices import Choice
from jc.simulate.energy import joules
from jc.simulate.estimate import Estimate, Estimator, answered_of, moved_share
from jc.simulate.span import spans_a_month
from jc.simulate.state import Walker
from jc.simulate.terms import FOREVER, NO_CAP, Allowance, Terms
from jc.simulate.walked import Walk


def allowance_of(table: RouteTable, book: Book) -> Allowance | None:
    """The budget that a table sets itself; windows begin at first use."""
    if table.budget is None:
        return None
    budget = table.budget
    low = book.names.get(budget.low_model) if budget.low_model else None
    below = to_pico(budget.below_usd) if budget.below_usd is not None else -1
    return Allowance(to_pico(budget.key_usd), int(budget.window_hours * 3600) * 1_000_000, False, below, low)


def applied(estimate: Estimate, walk: Walk, estimator: Estimator, logged: Estimate) -> None:
    """Put what became of the rows into an estimate: all of its figures are then those of what was served.

    The fees of flat plans count for the part of a month that the log lasts; they are in the cost, in none of its parts.
    """
    estimate.walk = walk
    estimate.fees = sum((one.fee for one in walk.plans), Fraction(0)) / spans_a_month(estimator.book.cube)
    estimate.by_groups, estimate.cost = estimate.cost, walk.cost + estimate.fees
    estimate.pico, estimate.offers = walk.pico, walk.served.offers
    estimate.blind = None
    estimate.rejected += walk.lost + walk.turned_away
    estimate.latency, estimate.mean_s, estimate.latency_origin = walk.latency, walk.mean_s, "estimated"
    told, known = joules(estimator.book.catalog, walk.served)
    estimate.energy_j, estimate.energy_known = (told, known / answered_of(estimate)) if known else (None, 0.0)
    if estimate.moved is not None:
        estimate.moved = moved_share(walk.served, logged, estimate.requests)


def smallest_budget(walker: Walker, table: RouteTable, choice: Choice, terms: Terms, stalls: float = 0.01) -> int:
    """The smallest cap (whole cents, in pico-dollars) under which fewer requests than this share are refused or parked."""
    asked = terms.allowance or Allowance(NO_CAP, FOREVER)

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
