"""Trees that fit their shapes into values: settings, tiers, placements, route tables, plans, jobs."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from jc.catalog.model import (
    Budget,
    Cascade,
    Criterion,
    ForbiddenSwap,
    Job,
    Lock,
    Placement,
    Plan,
    RouteOverride,
    RouteTable,
    Rule,
    Settings,
    Staleness,
    SwapRules,
    Target,
    TierOverride,
    TierPolicy,
    TierRule,
)
from jc.catalog.records import day, number, place, rates
from jc.catalog.tree import Map

_EMPTY: Mapping[str, Any] = {}


def settings(tree: Map) -> Settings:
    """catalog.yaml."""
    notice: Mapping[str, Any] = tree.get("notice") or _EMPTY
    return Settings(
        schema_version=tree["schema_version"],
        staleness={
            kind: Staleness(days["warn_days"], days["error_days"]) for kind, days in tree.get("staleness", _EMPTY).items()
        },
        open_weight_notice_months=notice.get("open_weight_months", 6),
        closed_notice_days=notice.get("closed_days", 60),
        removal_warning_days=notice.get("removal_warning_days", 60),
        default_region=tree.get("default_region", "global"),
        output_weight=Decimal(tree.get("cost_key", _EMPTY).get("output_weight", Decimal("0.2"))),
    )


def policy(tree: Map, file: str) -> TierPolicy:
    """tiers/policy.yaml."""
    return TierPolicy(
        tiers=tuple(_tier(node, file) for node in tree["tiers"]),
        swap=_swap(tree.get("swap") or Map(), file),
        hysteresis=Decimal(tree.get("hysteresis", 1)),
        where=place(file, tree),
    )


def _tier(node: Map, file: str) -> TierRule:
    return TierRule(
        id=node["id"],
        purpose=node["purpose"],
        criteria=tuple(
            Criterion(
                name=item["name"],
                benchmarks=tuple(item["benchmarks"]),
                band=Decimal(item["band"]),
                anchors=rates(item.get("anchors") or _EMPTY),
                variant=dict(item.get("variant") or _EMPTY),
            )
            for item in node["criteria"]
        ),
        where=place(file, node),
        cheapest=dict(node.get("cheapest") or _EMPTY),
        needs=dict(node.get("needs") or _EMPTY),
        vouched=node.get("vouched", True),
    )


def _regions(value: Any) -> str | tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else value


def _swap(node: Map, file: str) -> SwapRules:
    providers: Mapping[str, Any] = node.get("providers") or _EMPTY
    return SwapRules(
        enabled=node.get("enabled", True),
        region=_regions(node.get("region", "same")),
        providers_allow=tuple(providers.get("allow", ())),
        providers_deny=tuple(providers.get("deny", ())),
        removal_within_days=node.get("removal_within_days", 30),
        pins=tuple(node.get("pins", ())),
        never=tuple(
            ForbiddenSwap(item["from"], item["to"], item.get("reason") or "", place(file, item)) for item in node.get("never", ())
        ),
    )


def tier_override(node: Map, file: str) -> TierOverride:
    """One hand placement."""
    return TierOverride(
        model=node["model"],
        tier=node["tier"],
        reason=node["reason"],
        by=node["by"],
        on=date.fromisoformat(node["on"]),
        review_by=date.fromisoformat(node["review_by"]),
        where=place(file, node),
        until=day(node.get("until")),
    )


def lock(tree: Map, file: str) -> Lock:
    """The head of the lock file."""
    return Lock(date.fromisoformat(tree["as_of"]), dict(tree.get("inputs") or _EMPTY), place(file, tree))


def placement(node: Map, file: str) -> Placement:
    """One line of the lock file."""
    return Placement(
        model=node["model"],
        tier=node["tier"],
        state=node["state"],
        since=date.fromisoformat(node["since"]),
        evidence=node.get("evidence") or {},
        where=place(file, node),
    )


def _target(node: Map) -> Target:
    pool = node.get("pool")
    confidence = node.get("min_confidence")
    return Target(
        model=node.get("model"),
        pool="any" if pool == "any" else tuple(pool or ()),
        preference=node.get("preference", "balanced"),
        fallback=tuple(node.get("fallback", ())),
        min_confidence=None if confidence is None else float(confidence),
    )


def _when(node: Map) -> dict[str, Any]:
    """Conditions as they are written; a list of values is a tuple."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in node.items() if value is not None}


def route_table(tree: Map, file: str) -> RouteTable:
    """One file of routes/."""
    swap: Mapping[str, Any] = tree.get("swap") or _EMPTY
    threshold = tree.get("threshold")
    return RouteTable(
        name=tree["name"],
        where=place(file, tree),
        classifier=tree.get("classifier", "local"),
        threshold=None if threshold is None else float(threshold),
        default=tree.get("default", "general"),
        routes={name: _target(node) for name, node in tree["routes"].items()},
        fallback=tuple(tree.get("fallback", ())),
        rules=tuple(Rule(_when(node["when"]), _target(node), place(file, node)) for node in tree.get("rules", ())),
        overrides=tuple(_route_override(node, file) for node in tree.get("overrides", ())),
        swap_mode=swap.get("mode", "off"),
        swap_region=_regions(swap.get("region", "same")),
        cascade=_cascade(tree.get("cascade")),
        budget=_budget(tree.get("budget")),
        description=tree.get("description"),
        classes=dict(tree.get("classes") or _EMPTY),
    )


def _route_override(node: Map, file: str) -> RouteOverride:
    swap = node.get("swap")
    return RouteOverride(
        when=_when(node["when"]),
        where=place(file, node),
        pin=node.get("pin"),
        swap=swap if swap is None or isinstance(swap, bool) else swap == "on",
        never=tuple(node.get("never", ())),
    )


def _cascade(node: Map | None) -> Cascade | None:
    if node is None:
        return None
    escalate: Mapping[str, Any] = node.get("escalate") or _EMPTY
    confidence, judge = escalate.get("confidence_lt"), escalate.get("judge_score_lt")
    return Cascade(
        first=node["first"],
        class_in=tuple(escalate.get("class_in", ())),
        confidence_lt=None if confidence is None else float(confidence),
        judge_score_lt=None if judge is None else float(judge),
    )


def _budget(node: Map | None) -> Budget | None:
    if node is None:
        return None
    low: Mapping[str, Any] = node.get("when_low") or _EMPTY
    return Budget(Decimal(node["key_usd"]), Decimal(node["window_hours"]), number(low.get("below_usd")), low.get("model"))


def plan(node: Map, file: str) -> Plan:
    """One plan."""
    window: Mapping[str, Any] = node.get("window") or _EMPTY
    return Plan(
        id=node["id"],
        provider=node.get("provider"),
        where=place(file, node),
        usd_per_month=number(node.get("usd_per_month")),
        window_hours=number(window.get("hours")),
        window_usd=number(window.get("usd")),
        window_kind=window.get("kind", "first_use"),
        models=tuple(node.get("models", ())),
        note=node.get("note"),
        source=node.get("source"),
        window_per=window.get("per", "key"),
    )


def job(node: Map, file: str) -> Job:
    """One row of a pick-by-job table, or one branch of the decision tree."""
    return Job(
        id=node["id"],
        title=node.get("title", ""),
        models=tuple(node["models"]),
        where=place(file, node),
        needs={key: value for key, value in (node.get("needs") or _EMPTY).items() if value is not None},
        question=node.get("question"),
        why=node.get("why"),
        source=node.get("source"),
    )
