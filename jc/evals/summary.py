"""Every figure of a run in one value: totals by candidate and category, and the standings."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from jc.evals.plan import Plan
from jc.evals.statistics.values import Standings

SCHEMA = "jc.evals/1"


@dataclass(slots=True)
class Totals:
    """What one candidate's answers add up to; fed row by row, so that a run of any size fits."""

    statuses: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    ttfts_ms: list[float] = field(default_factory=list)
    cost_usd: Decimal = Decimal(0)
    judge_cost_usd: Decimal = Decimal(0)
    unpriced: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    checks_passed: int = 0
    checks_total: int = 0
    attempts: int = 0
    by_category: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one row of the results."""
        self.statuses[row["status"]] += 1
        if row["error_type"]:
            self.errors[row["error_type"]] += 1
        if row["latency_ms"] is not None and row["status"] != "error":
            self.latencies_ms.append(row["latency_ms"])
        if row["ttft_ms"] is not None:
            self.ttfts_ms.append(row["ttft_ms"])
        self.unpriced += row["cost_usd"] is None and row["status"] != "error"
        self.cost_usd += row["cost_usd"] or 0
        self.judge_cost_usd += row["judge_cost_usd"] or 0
        self.input_tokens += row["input_tokens"] or 0
        self.output_tokens += row["output_tokens"] or 0
        self.reasoning_tokens += row["reasoning_tokens"] or 0
        if row["checks_passed"] is not None:
            self.checks_passed += row["checks_passed"]
            self.checks_total += row["checks_total"]
        self.attempts += row["attempts"]
        if row["score"] is not None:
            self.by_category[row["category"] or ""].append(row["score"])

    @property
    def answered(self) -> int:
        """Answers that came, in whatever state."""
        return sum(self.statuses.values()) - self.statuses["error"]


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """p50, p95 and p99 by linear interpolation; None without values."""
    import numpy as np

    if not values:
        return {"p50": None, "p95": None, "p99": None}
    found = np.percentile(np.asarray(values), [50, 95, 99])
    return dict(zip(("p50", "p95", "p99"), (float(value) for value in found), strict=True))


def summarise(
    plan: Plan, run_id: str, totals: Mapping[str, Totals], standings: Standings | None, spent_usd: Decimal
) -> dict[str, Any]:
    """The summary as plain JSON values (money as Decimal); `standings` is None when nothing could be scored."""
    rows = {standing.candidate: standing for standing in standings.standings} if standings else {}
    order = {name: number for number, name in enumerate(rows)}
    parties = sorted(plan.candidates, key=lambda party: order.get(party.name, len(order)))
    return {
        "run_id": run_id,
        "demo": any(party.demo for party in (*plan.candidates, *plan.judges)),
        "prompts": len(plan.evalset.cases),
        "epochs": plan.settings.epochs,
        "evalset": {"name": plan.evalset.name, "sha256": plan.evalset.digest},
        "judge_mode": plan.settings.mode if plan.judges else "none",
        "judges": [party.name for party in plan.judges],
        "answers": plan.answers,
        "missing": sum(total.statuses["error"] for total in totals.values()),
        "spent_usd": spent_usd,
        "judge_usd": sum((total.judge_cost_usd for total in totals.values()), Decimal(0)),
        "candidates": [totalled(party.name, party.offer.id if party.offer else None, totals[party.name]) for party in parties],
        "standings": asdict(standings) if standings else None,
    }


def totalled(name: str, offer: str | None, totals: Totals) -> dict[str, Any]:
    """One candidate's row of the summary."""
    answered = totals.answered
    priced = answered - totals.unpriced
    return {
        "candidate": name,
        "offer": offer,
        "answered": answered,
        "failed": totals.statuses["error"],
        "statuses": dict(sorted(totals.statuses.items())),
        "errors": dict(sorted(totals.errors.items())),
        "cost_usd": totals.cost_usd if priced else None,
        "usd_per_1k_answers": totals.cost_usd / priced * 1000 if priced else None,
        "unpriced_answers": totals.unpriced,
        "input_tokens": totals.input_tokens,
        "output_tokens": totals.output_tokens,
        "reasoning_tokens": totals.reasoning_tokens,
        "latency_ms": percentiles(totals.latencies_ms),
        "ttft_ms": percentiles(totals.ttfts_ms),
        "checks_passed": totals.checks_passed,
        "checks_total": totals.checks_total,
        "attempts": totals.attempts,
        "by_category": {name: {"n": len(v), "mean": sum(v) / len(v)} for name, v in sorted(totals.by_category.items())},
    }
