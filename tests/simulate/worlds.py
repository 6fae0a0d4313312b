"""Small catalogs, tables and logs to simulate with: every condition that a price or a decision can have."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from jc.catalog.model import (
    TOKEN_KINDS,
    Catalog,
    Lifecycle,
    Model,
    Offer,
    Override,
    PriceRow,
    Provider,
    RouteOverride,
    RouteTable,
    Rule,
    Speed,
    Target,
    TokenKind,
    When,
    Window,
)
from jc.errors import Where

HERE = Where("test.yaml")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri")
CLASSES = ("simple", "general", "reasoning", "code", "agent")


def price_row(
    day: date, overrides: tuple[Override, ...] = (), rates: dict[TokenKind, str] | None = None, **more: str
) -> PriceRow:
    """A price row from rates as text."""
    said: dict[TokenKind, str] = {**(rates or {}), **{kind: more[kind] for kind in TOKEN_KINDS if kind in more}}
    return PriceRow(day, "confirmed", {kind: Decimal(rate) for kind, rate in said.items()}, {}, overrides, None, day, HERE)


def offer(name: str, *rows: PriceRow, **more: Any) -> Offer:
    """An offer of its own model at its own provider."""
    given: dict[str, Any] = {
        "region": "global", "tools": True, "context": 200_000, "speed": Speed(Decimal("0.5"), Decimal(50)), **more
    }  # fmt: skip
    provider = name.partition("/")[0]
    return Offer(
        id=name, model=f"m/{name}", provider=provider, kind="first_party", wire_id=name, where=HERE, prices=rows, **given
    )


def catalog_of(*offers: Offer, verbosity: dict[str, str] | None = None) -> Catalog:
    """A catalog of these offers."""
    said = verbosity or {}
    models = {
        one.model: Model(one.model, "lab", HERE, verbosity={"default": Decimal(said[one.id])} if one.id in said else {})
        for one in offers
    }
    providers = {one.provider: Provider(one.provider, "first_party", None, HERE, cache_ttl_s=300) for one in offers}
    return Catalog("test", offers={one.id: one for one in offers}, models=models, providers=providers)


def rich_catalog() -> Catalog:
    """Dated rows, long-context and marginal charges, a window over midnight, batch, cached and written tokens, fine rates."""
    july, october = date(2026, 7, 1), date(2026, 10, 10)
    dear: dict[TokenKind, str] = {
        "input": "2.00",
        "output": "10.00",
        "cache_read": "0.20",
        "cache_write_5m": "2.50",
        "cache_write_1h": "4.00",
    }
    half: dict[TokenKind, str] = {kind: str(Decimal(rate) / 2) for kind, rate in dear.items()}
    long_context = Override(When(prompt_tokens_gt=1000), {"input": Decimal(4), "output": Decimal(15)}, {}, "request", HERE)
    batch = Override(When(mode="batch"), {}, {"input": Decimal("0.5"), "output": Decimal("0.5")}, "request", HERE)
    night = Override(
        When(utc=(Window(22 * 60, 2 * 60, DAYS),)), {}, {"input": Decimal("0.25"), "output": Decimal("0.25")}, "request", HERE
    )
    steps = (
        Override(When(prompt_tokens_gt=500), {"input": Decimal("1.5"), "cache_read": Decimal("0.3")}, {}, "marginal", HERE),
        Override(When(prompt_tokens_gt=1500), {"input": Decimal(3), "output": Decimal(9)}, {}, "marginal", HERE),
    )
    return catalog_of(
        offer("a/dated", price_row(july, rates=dear), price_row(october, rates=half), input=("text", "image")),
        offer("b/long", price_row(july, (batch, long_context), input="2.00", output="8.00"), context=4000),
        offer("c/night", price_row(july, (night,), input="0.27", output="1.10", cache_read="0.07"), tools=False),
        offer("d/steps", price_row(july, steps, input="1.00", output="3.00", cache_read="0.10")),
        offer("e/fine", price_row(july, input="0.0123457", output="0.7654321"), context=2500, region="eu"),
        offer("f/gone", price_row(july, input="0.10", output="0.20"), lifecycle=Lifecycle(removal=date(2026, 10, 15))),
        offer("g/image", PriceRow(july, "confirmed", {}, {"image": Decimal("0.04")}, (), None, july, HERE), output=("image",)),
    )  # fmt: skip


def table_of(name: str = "by-class", **more: Any) -> RouteTable:
    """Routes by class over the rich catalog, with fallbacks."""
    routes = {
        "simple": Target(model="c/night"),
        "general": Target(model="b/long"),
        "reasoning": Target(model="d/steps", fallback=("a/dated",)),
        "code": Target(model="e/fine"),
        "agent": Target(model="f/gone"),
    }
    return RouteTable(**{"name": name, "where": HERE, "routes": routes, "fallback": ("d/steps", "a/dated"), **more})


def ruled_table() -> RouteTable:
    """The same with rules and overrides by key, organisation, size and flags."""
    rules = (
        Rule({"vision": True}, Target(model="a/dated"), HERE),
        Rule({"input_tokens_gt": 2200}, Target(model="d/steps"), HERE),
        Rule({"tools": True, "input_tokens_lt": 300}, Target(model="a/dated"), HERE),
    )
    overrides = (
        RouteOverride({"key": "vip-*"}, HERE, pin="a/dated"),
        RouteOverride({"org": ["acme", "umbrella"]}, HERE, never=("e/*",)),
    )
    return table_of("ruled", rules=rules, overrides=overrides)


def random_rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Rows over six weeks that touch every edge of the rich catalog."""
    chance = random.Random(seed)
    start = datetime(2026, 9, 20, tzinfo=UTC)
    rows = []
    for number in range(count):
        tokens = chance.choice([0, 1, 499, 500, 501, 999, 1000, 1001, 1500, 1501, 2199, 2200, 2201, chance.randrange(5000)])
        cached = chance.choice([0, 0, tokens // 2, tokens, min(tokens, 500), min(tokens, 501)])
        written = chance.choice([0, 0, 0, tokens - cached])
        rows.append(
            {
                "ts": (start + timedelta(seconds=chance.randrange(42 * 86400))).isoformat(),
                "request_id": f"r{number}",
                "session": f"s{chance.randrange(count // 5 + 1)}",
                "key": chance.choice(["k1", "k2", "vip-1"]),
                "org": chance.choice(["acme", "globex", "umbrella"]),
                "model": chance.choice(["a/dated", "b/long", "c/night", "d/steps", "e/fine"]),
                "route_class": chance.choice([*CLASSES, "unheard-of"]),
                "input_tokens": tokens,
                "cached_input_tokens": cached,
                "cache_write_tokens": written,
                "output_tokens": chance.choice([0, 1, 7, chance.randrange(900)]),
                "tools": chance.random() < 0.2,
                "vision": chance.random() < 0.1,
                "routing": chance.choice(["auto", "auto", "explicit"]),
                "mode": chance.choice(["standard", "standard", "batch"]) if number % 3 == 0 else "standard",
            }
        )
    return rows


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
