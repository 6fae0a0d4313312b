"""A route table as a gateway needs it: who answers each class on a day and who stands in, asked of `decide` itself.

A gateway knows fixed lists, not preferences, so a pool becomes the order that it has for a typical request on the day of the
export. What a list cannot say is not left out in silence: it is a `Left`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from jc.catalog.model import Catalog, Offer, RouteTable, Target
from jc.routing.decide import Router, condition_text
from jc.routing.prepared import prepare
from jc.routing.request import Request

TYPICAL_INPUT = 1_000
"""Prompt tokens of the request that every class is asked with; the answer has the class's usual length."""
MOST_FALLBACKS = 5


class Chain(NamedTuple):
    """Who answers, and who stands in, in order; both as offer ids."""

    name: str
    model: str
    fallbacks: tuple[str, ...]
    why: str


class Left(NamedTuple):
    """A part of the table that the other side cannot say, and what to do instead."""

    part: str
    why: str


class Resolved(NamedTuple):
    """A table on one day: a chain for each class and rule, and what had to be fixed for that."""

    table: RouteTable
    catalog: Catalog
    at: datetime
    classes: tuple[Chain, ...]
    rules: tuple[Chain | None, ...]
    left: tuple[Left, ...]

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Every offer that a chain, a pin or the budget can send a request to, by id."""
        names = {name for chain in (*self.classes, *filter(None, self.rules)) for name in (chain.model, *chain.fallbacks)}
        router = prepare(self.table, self.catalog, self.at)
        named = [one.pin for one in self.table.overrides if one.pin]
        named += [self.table.budget.low_model] if self.table.budget and self.table.budget.low_model else []
        named += [self.table.classifier] if self.table.classifier != "local" else []
        names |= {router.candidate_of(name).id for name in named}
        return tuple(self.catalog.offers[name] for name in sorted(names))


def resolved(table: RouteTable, catalog: Catalog, at: datetime) -> Resolved:
    """The chains of a table on a day; InputError when it names a model that the catalog does not know."""
    router = Router(prepare(table, catalog, at))
    left: list[Left] = []
    classes = [_chain(router, name, Request(route_class=name, input_tokens=TYPICAL_INPUT), left) for name in table.routes]
    rules = [_rule_chain(router, number, left) for number in range(len(table.rules))]
    for name, target in (*table.routes.items(), *((f"rule {n}", one.target) for n, one in enumerate(table.rules, 1))):
        left += _fixed(name, target)
    return Resolved(table, catalog, at, tuple(chain for chain in classes if chain), tuple(rules), tuple(left))


def _chain(router: Router, name: str, request: Request, left: list[Left]) -> Chain | None:
    decision = router.decide(request)
    if decision.model is None:
        left.append(Left(name, f"nobody can answer it on this day: {'; '.join(one.why for one in decision.excluded)}"))
        return None
    if len(decision.fallbacks) > MOST_FALLBACKS:
        more = len(decision.fallbacks) - MOST_FALLBACKS
        left.append(Left(name, f"only the first {MOST_FALLBACKS} models that stand in are listed, {more} more could"))
    return Chain(name, decision.model, decision.fallbacks[:MOST_FALLBACKS], decision.reasons[-1].why)


def _rule_chain(router: Router, number: int, left: list[Left]) -> Chain | None:
    """The chain of a rule, asked with the plainest request that meets it."""
    table = router.prepared.table
    request = _meeting(table.rules[number].when, table)
    name = f"rule {number + 1}"
    first = next((n for n, (_, holds) in enumerate(router.prepared.rules) if holds(request)), None)
    if first != number:
        left.append(Left(name, "no plain request that meets it could be made, or an earlier rule takes it"))
        return None
    return _chain(router, name, request, left)


def _meeting(when: Mapping[str, Any], table: RouteTable) -> Request:
    """A request that meets conditions, and nothing more than they ask."""
    first = {name: value[0] if isinstance(value, tuple) else value for name, value in when.items()}
    above = int(first.get("input_tokens_gt", 32_000 if first.get("long_context") else TYPICAL_INPUT - 1))
    below = int(first.get("input_tokens_lt", above + 2))
    text = {
        name: None if first.get(name) is None else str(first[name]) for name in ("language", "script", "key", "org", "region")
    }
    return Request(
        route_class=str(first.get("class", table.default)),
        input_tokens=min(above + 1, below - 1),
        output_tokens=int(first["output_tokens_gt"]) + 1 if "output_tokens_gt" in first else None,
        images=int(first.get("vision") is True),
        tools=first.get("tools") is True,
        structured_output=first.get("structured_output") is True,
        code=first.get("code") is True,
        requested=None if first.get("model") is None else str(first["model"]),
        language=text["language"],
        script=text["script"],
        key=text["key"],
        org=text["org"],
        region=text["region"],
    )


def _fixed(name: str, target: Target) -> list[Left]:
    if not target.pool:
        return []
    size = "any model" if target.pool == "any" else f"a pool of {len(target.pool)}"
    return [Left(name, f"{size} by {target.preference} is fixed to its order of this day; export again when prices change")]


def payload(found: Resolved) -> dict[str, Any]:
    """`jc.export/1`: the chains, the rules in words and values, the offers with address and price, and what is left out."""
    table = found.table
    return {
        "table": table.name,
        "as_of": found.at.date().isoformat(),
        "catalog": found.catalog.digest,
        "classifier": table.classifier,
        "default": table.default,
        "routes": {chain.name: _chain_json(chain) for chain in found.classes},
        "rules": [
            {"when": dict(rule.when), **(_chain_json(chain) if chain else {"model": None, "fallbacks": []})}
            for rule, chain in zip(table.rules, found.rules, strict=True)
        ],
        "overrides": [
            {"when": dict(one.when), "pin": one.pin, "swap": one.swap, "never": list(one.never)} for one in table.overrides
        ],
        "swap": {"mode": table.swap_mode, "region": table.swap_region},
        "budget": _budget_json(table),
        "models": {offer.id: _offer_json(offer, found) for offer in found.offers},
        "not_expressed": [one._asdict() for one in found.left],
    }


def _chain_json(chain: Chain) -> dict[str, Any]:
    return {"model": chain.model, "fallbacks": list(chain.fallbacks), "why": chain.why}


def _budget_json(table: RouteTable) -> dict[str, Any] | None:
    budget = table.budget
    if budget is None:
        return None
    low = {"below_usd": budget.below_usd, "model": budget.low_model} if budget.low_model else None
    return {"key_usd": budget.key_usd, "window_hours": budget.window_hours, "when_low": low}


def _offer_json(offer: Offer, found: Resolved) -> dict[str, Any]:
    from jc.catalog.price import Unpriced, rates

    provider = found.catalog.providers[offer.provider]
    try:
        prices: Mapping[str, Any] = rates(offer, found.at)
    except Unpriced:
        prices = {}
    return {
        "provider": offer.provider,
        "base_url": provider.api.base_url if provider.api else None,
        "key_env": provider.api.key_env if provider.api else None,
        "wire_id": offer.wire_id,
        "region": offer.region,
        "context": offer.context,
        "max_output": offer.max_output,
        "vision": offer.vision,
        "tools": offer.tools,
        "structured_output": offer.structured_output,
        "usd_per_mtok": {name: usd for name, usd in prices.items() if not name.startswith("usd_per_")},
        "removal": offer.lifecycle.removal,
    }


def rule_text(when: Mapping[str, Any]) -> str:
    """Conditions in words."""
    return condition_text(when)


def listed(left: Sequence[Left]) -> list[str]:
    """What was left out, one line each; the same said of several parts is said once."""
    parts: dict[str, list[str]] = {}
    for one in left:
        parts.setdefault(one.why, []).append(one.part)
    return [f"{', '.join(names)}: {why}" for why, names in parts.items()]
