"""The answer as plain values: the payload of `jc.simulation/1`. Money is exact decimal text, shares are between 0 and 1."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from jc.simulate.backtest import Backtest, Score
from jc.simulate.book import exact_sum
from jc.simulate.breakdown import by_rows, money_text
from jc.simulate.choices import UNKNOWN
from jc.simulate.edges import moment
from jc.simulate.estimate import Estimate, served_by
from jc.simulate.intervals import Interval
from jc.simulate.overload import OverloadTest
from jc.simulate.paired import answered, latency_known, mean_change, priced
from jc.simulate.run import change, days
from jc.simulate.simulation import Simulation
from jc.simulate.span import span_of, spans_a_month
from jc.traffic.grid import served_model
from jc.traffic.histogram import Histogram

SCHEMA = "jc.simulation/1"
QUANTILES = (("p50_s", 0.5), ("p90_s", 0.9), ("p95_s", 0.95), ("p99_s", 0.99))

CURVE = (0.01, 0.05, *(at / 20 for at in range(2, 20)), 0.99)
"""The shares of requests whose seconds draw a distribution."""


def payload(
    simulation: Simulation, *, by: Sequence[str] = (), slo_s: float | None = None, gco2e_per_kwh: float | None = None
) -> dict[str, Any]:
    """Everything that the machine formats carry; with grams of CO₂e per kWh also what the energy emits."""
    counts = simulation.counts
    span = days(span_of(simulation.cube)) if simulation.timed else None
    return {
        "traffic": {
            "source": simulation.traffic,
            "requests": counts.used,
            "input_tokens": simulation.cube.total("input"),
            "cached_input_tokens": simulation.cube.total("cached"),
            "output_tokens": simulation.cube.total("output"),
            "first_day": span[0].isoformat() if span else None,
            "last_day": span[1].isoformat() if span else None,
        },
        "rows": {
            "total": counts.total,
            "used": counts.used,
            "rejected": counts.rejected,
            "by_reason": {reason.value: count for reason, count in sorted(counts.by_reason.items())},
            "unknown_model": simulation.estimates[0].unknown,
            "skipped": counts.skipped,
        },
        "baseline": simulation.baseline.name,
        "shipped": simulation.shipped,
        "tables": [
            {**table_row(estimate, simulation, slo_s), **emission_fields(estimate, gco2e_per_kwh)}
            for estimate in simulation.estimates
        ],
        "by": {name: by_rows(simulation, name) for name in by},
        **({"backtest": backtest_fields(simulation.backtest)} if simulation.backtest is not None else {}),
        **({"overload": overload_fields(simulation.overload)} if simulation.overload is not None else {}),
        "unknown_models": unknown_models(simulation),
        "passed_over": simulation.passed_over,
        "notes": simulation.notes,
        "warnings": simulation.warnings,
    }


def backtest_fields(found: Backtest) -> dict[str, Any]:
    """The backtest: relative errors, the coverage of the 90 % interval, and the same for a mean per model."""

    def score(one: Score) -> dict[str, Any]:
        names = ("p50", "p90", "p95", "p99")
        return {
            "total": one.total,
            **dict(zip(names, one.quantiles, strict=True)),
            "median_error": one.median_error,
            "mape": one.mean_error,
        }

    return {
        "rows": found.rows,
        "sessions": found.sessions,
        "left_out": found.unfitted_rows,
        "coverage_90": found.coverage,
        "fit": score(found.fitted),
        "mean_per_model": score(found.constant),
    }


def overload_fields(found: OverloadTest) -> dict[str, Any]:
    """The batching server of a log, how far it is off on the half it was not fitted on, and other rates of arrival."""
    server = found.server
    return {
        "server": {
            "step_s": server.a_s,
            "step_s_per_running": server.b_s,
            "prefill_s_per_token": server.prefill_s,
            "places": server.places,
            "memory_tokens": server.tokens,
        },
        "rows": found.rows,
        "measured_mean_s": found.measured_mean_s,
        "mean": found.mean,
        "p50": found.p50,
        "p95": found.p95,
        "loads": [{"rate": rate, "mean_s": mean, "p95_s": p95} for rate, mean, p95 in found.loads],
    }


def table_row(estimate: Estimate, simulation: Simulation, slo_s: float | None) -> dict[str, Any]:
    """One estimate as a row of `tables`."""
    known = bool(estimate.known.any())
    latency = estimate.latency
    quantiles = latency.quantiles([share for _, share in QUANTILES]) if latency is not None else [None] * len(QUANTILES)
    moved = estimate.moved
    return {
        "name": estimate.name,
        "requests": estimate.requests,
        "cost_usd": money_text(estimate.cost) if known else None,
        "cost_interval_usd": interval_usd(estimate),
        "change": change(estimate, simulation),
        "change_interval": _pair(estimate.saving),
        "cost_known": cost_known(estimate, simulation),
        "compared": compared_fields(estimate, simulation),
        "usd_per_1k": money_text(estimate.cost * 1000 / count) if (count := priced(estimate, simulation.estimator)) else None,
        **{name: value for (name, _), value in zip(QUANTILES, quantiles, strict=True)},
        "mean_s": estimate.mean_s,
        "mean_change": mean_change(estimate, simulation.baseline, simulation.estimator),
        "latency_known": latency_known(estimate, simulation.estimator),
        "intervals": {name: _pair(found) for name, found in estimate.spreads.items()},
        "latency_curve": [] if latency is None else [
            [share, value] for share, value in zip(CURVE, latency.quantiles(CURVE), strict=True)
        ],
        "latency": estimate.latency_origin if latency is not None else None,
        "over_slo": latency.share_above(slo_s) if latency is not None and slo_s is not None else None,
        "energy_j": estimate.energy_j,
        "energy_known": estimate.energy_known,
        "quality": estimate.quality,
        "quality_known": estimate.quality_known,
        "moved": moved,
        "kept": {name: estimate.kept.get(name, 0) for name in ("tools", "vision", "explicit", "swap_off", "unable")},
        "rejected": estimate.rejected,
        "unknown_model": estimate.unknown,
        "unpriced": estimate.unpriced,
        "unpriced_tokens": unpriced_share(estimate, simulation),
        "cache_blind_usd": None if estimate.blind is None else money_text(estimate.blind),
        "lost_cache": estimate.lost_cache,
        **walk_fields(estimate),
        **plan_fields(estimate, simulation),
        "models": model_rows(estimate, simulation),
        "assumptions": estimate.assumptions,
    }  # fmt: skip


def compared_fields(estimate: Estimate, simulation: Simulation) -> dict[str, Any] | None:
    """What a change is told over: requests that both sides answer at a known cost, what they cost before and after.

    None for the baseline, and where there are none.
    """
    if estimate is simulation.baseline or not (pair := simulation.pair_of(estimate)).n.any():
        return None
    before, after = pair.totals
    return {"requests": int(pair.n.sum()), "before_usd": money_text(before), "after_usd": money_text(after)}


def _pair(found: Interval | None) -> list[float] | None:
    return None if found is None else [found.low, found.high]


def cost_known(estimate: Estimate, simulation: Simulation) -> float:
    """The share of the answered requests whose cost is known; 1 where nobody is answered, as nothing is unknown."""
    count = answered(estimate)
    return priced(estimate, simulation.estimator) / count if count else 1.0


def emission_fields(estimate: Estimate, gco2e_per_kwh: float | None) -> dict[str, Any]:
    """Grams of CO₂ equivalents of the known energy; empty without a figure for the grid."""
    if gco2e_per_kwh is None:
        return {}
    return {"co2e_g": None if estimate.energy_j is None else estimate.energy_j / 3.6e6 * gco2e_per_kwh}


def unknown_models(simulation: Simulation) -> dict[str, int]:
    """The names that the catalog does not know, with their requests, the most first."""
    found: Counter[str] = Counter()
    logged = simulation.estimates[0]
    for key, code, n in zip(simulation.cube.keys, logged.chosen, simulation.book.groups["n"].tolist(), strict=True):
        if code == UNKNOWN and served_model(key):
            found[served_model(key)] += n
    return dict(found.most_common())


def walk_fields(estimate: Estimate) -> dict[str, Any]:
    """What became of the rows one by one; empty when that was not asked."""
    walk = estimate.walk
    if walk is None:
        return {}
    waits = np.asarray(walk.waits_s)
    return {
        "over_budget": walk.refused,
        "degraded": walk.degraded,
        "parked": walk.parked,
        "stalled": walk.stalled,
        "fell_back": walk.fell_back,
        "lost_to_outage": walk.lost,
        "turned_away": walk.turned_away,
        "given_up": walk.given_up,
        "turned_away_by_limits": walk.turned_away,
        "given_up_after_timeout": walk.given_up,
        "wait_mean_s": float(waits.mean()) if len(waits) else 0.0,
        "wait_p95_s": float(np.quantile(waits, 0.95)) if len(waits) else 0.0,
        "smallest_budget_usd": None if estimate.least_budget is None else money_text(estimate.least_budget),
        "spending": {
            key: [[moment(us).isoformat(), money_text(pico)] for us, pico in points] for key, points in walk.timeline.items()
        },
        "stopped": [
            {
                "key": one.key,
                "first": moment(one.first_us).isoformat(),
                "requests": one.requests,
                "saved_usd": money_text(one.pico),
            }
            for one in walk.stopped
        ],
    }


def plan_fields(estimate: Estimate, simulation: Simulation) -> dict[str, Any]:
    """What became of the keys on flat plans, and the fees over the time of the log; empty when no key is on one."""
    if estimate.walk is None or not estimate.walk.plans:
        return {}
    share = spans_a_month(simulation.cube)
    return {
        "fees_usd": money_text(estimate.fees),
        "on_plans": [
            {
                "plan": one.plan,
                "keys": one.keys,
                "requests": one.requests,
                "covered": one.covered,
                "over_budget": one.refused,
                "by_token_usd": money_text(one.pico),
                "fee_usd": money_text(one.fee / share),
            }
            for one in estimate.walk.plans
        ],
    }


def interval_usd(estimate: Estimate) -> list[str] | None:
    """The 95 % interval of the cost, None when it is not known."""
    if estimate.interval is None or not estimate.cost:
        return None
    return [
        money_text(estimate.fees + (estimate.cost - estimate.fees) * Fraction(bound).limit_denominator(10**9))
        for bound in (estimate.interval.low, estimate.interval.high)
    ]


def unpriced_share(estimate: Estimate, simulation: Simulation) -> float:
    """The share of all tokens that the sum leaves out because no price is known."""
    groups = simulation.book.groups
    tokens = groups["input"] + groups["output"]
    total = float(tokens.sum())
    return float(tokens[~estimate.known].sum()) / total if total else 0.0


def model_rows(estimate: Estimate, simulation: Simulation) -> list[dict[str, Any]]:
    """Requests, tokens and cost by the model that answers, the dearest first."""
    served = served_by(estimate, simulation.book.groups)
    known = estimate.known[served.group]
    rows = []
    for code, offer in enumerate(served.offers):
        here = served.code == code
        if not here.any():
            continue
        rows.append(
            {
                "model": offer.id,
                "requests": int(served.sums["n"][here].sum()),
                "input_tokens": int(served.sums["input"][here].sum()),
                "output_tokens": int(served.sums["output"][here].sum()),
                "cost_usd": money_text(exact_sum(served.pico[here & known])),
            }
        )
    return sorted(rows, key=lambda row: (-Decimal(row["cost_usd"]), row["model"]))


def latency_of(simulation: Simulation) -> Mapping[str, Histogram | None]:
    """The latency histogram of every estimate."""
    return {estimate.name: estimate.latency for estimate in simulation.estimates}
