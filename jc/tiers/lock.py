"""The lock file: placements with their evidence, written by a machine and reviewed by people.

It names the inputs it rests on by digests of what they say, not of their bytes: a comment or another order changes nothing.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from jc.catalog.model import Catalog
from jc.errors import Where
from jc.tiers.assign import UNPLACED, Placed
from jc.tiers.bands import Measured

PATH = "tiers/placements.lock.yaml"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def inputs(catalog: Catalog) -> Mapping[str, str]:
    """sha256 of what decides placements: tiers and hysteresis of the policy, scores, hand placements."""
    policy = [[tier.id, tier.criteria, tier.needs] for tier in catalog.policy.tiers]
    return {
        "overrides": _digest(sorted((_said(hand) for hand in catalog.tier_overrides), key=str)),
        "policy": _digest([_said(policy), _said(catalog.policy.hysteresis)]),
        "scores": _digest(sorted((_said(score) for score in catalog.scores), key=str)),
    }


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


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _said(value: Any) -> Any:
    """What a value says, without where it stands: 82 and 82.0 say the same."""
    if is_dataclass(value) and not isinstance(value, type):
        said = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _said(item) for name, item in said.items() if not isinstance(item, Where)}
    if isinstance(value, Mapping):
        return {str(key): _said(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_said(item) for item in value]
    if isinstance(value, Decimal):
        return str(value.normalize())
    return value if value is None or isinstance(value, (bool, int)) else str(value)
