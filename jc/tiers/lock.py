"""The lock file: placements with their evidence, written by a machine and reviewed by people.

It names the inputs it rests on by digests of what they say, not of their bytes: a comment or another order changes nothing.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from jc.catalog.model import Catalog, TierRule
from jc.tiers.assign import UNPLACED, Placed
from jc.tiers.bands import CLASS_KEYS, Measured

PATH = "tiers/placements.lock.yaml"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def inputs(catalog: Catalog) -> Mapping[str, str]:
    """sha256 of what decides placements: tiers and hysteresis of the policy, scores, hand placements.

    Scores by class decide routes, and tiers hold no demo models: an own eval that brings no others leaves the lock as it is.
    """
    sold = {name for one in catalog.offers.values() if one.kind != "demo" for name in (one.id, one.model)}
    demo = {name for one in catalog.offers.values() if one.kind == "demo" for name in (one.id, one.model)} - sold
    policy = [f"hysteresis {_plain(catalog.policy.hysteresis)}", *(_tier(tier) for tier in catalog.policy.tiers)]
    hands = [f"{hand.model}|{hand.tier}|{hand.on}|{hand.until}|{hand.reason}" for hand in catalog.tier_overrides]
    scores = [
        f"{row.model}|{row.benchmark}|{_plain(row.value)}|{row.by}|{row.date}|{sorted(row.variant) if row.variant else ''}"
        for row in catalog.scores
        if row.model not in demo and not any(key in CLASS_KEYS for key, _ in row.variant)
    ]
    return {"overrides": _digest(sorted(hands)), "policy": _digest(policy), "scores": _digest(sorted(scores))}


def _tier(tier: TierRule) -> str:
    criteria = [
        [one.name, one.benchmarks, _plain(one.band), sorted(one.variant.items())]
        + [f"{name} {_plain(value)}" for name, value in sorted(one.anchors.items())]
        for one in tier.criteria
    ]
    return f"{tier.id}|{sorted(tier.needs.items())}|{criteria}"


def _plain(value: Decimal) -> str:
    """A number without the way it is written: 82 and 82.0 are the same."""
    return f"{value.normalize():f}"


def stale_inputs(catalog: Catalog) -> tuple[str, ...]:
    """Which inputs say something else than when the lock was written; empty when it is current or there is none."""
    if catalog.lock is None:
        return ()
    now = inputs(catalog)
    return tuple(name for name in now if catalog.lock.inputs.get(name) != now[name])


def text(catalog: Catalog, placed: Iterable[Placed], on: date) -> str:
    """The lock file for placements of a day; the same placements give the same bytes."""
    lines = [
        "# yaml-language-server: $schema=../.schema/placements.json",
        "# Written by `jc tiers assign --write`, never by hand: change policy, overrides or scores, then write it again.",
        "schema_version: 1",
        f"as_of: {on}",
        "inputs:",
        *(f"  {name}: {digest}" for name, digest in sorted(inputs(catalog).items())),
        "placements:",
    ]
    members = [one for one in placed if one.tier != UNPLACED]
    for one in sorted(members, key=lambda one: one.offer.id):
        lines += _entry(one)
    return "\n".join(lines if members else [*lines[:-1], "placements: []"]) + "\n"


def _entry(one: Placed) -> list[str]:
    evidence = [f"      - {_flow(_score(measured))}" for measured in one.measured]
    return [
        f"  - model: {_scalar(one.offer.id)}",
        f"    tier: {_scalar(one.tier)}",
        f"    state: {one.state}",
        f"    since: {one.since}",
        "    evidence:",
        f"      by: {'hand' if one.hand else 'scores'}",
        *(["      scores:", *(f"  {line}" for line in evidence)] if evidence else ["      scores: []"]),
    ]


def _score(measured: Measured) -> Mapping[str, Any]:
    return {
        "criterion": measured.criterion,
        "benchmark": measured.benchmark,
        **({"variant": dict(measured.variant)} if measured.variant else {}),
        "value": measured.value,
        "floor": measured.floor,
        "by": measured.by,
        "within": measured.within,
    }


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A value that YAML 1.2 reads back as itself; text is quoted unless it is plainly a name."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (int, date)):
        return str(value)
    said = str(value)
    return said if _PLAIN.match(said) and said.lower() not in _WORDS else json.dumps(said, ensure_ascii=False)


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
