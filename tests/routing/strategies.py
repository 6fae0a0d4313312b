"""Worlds for the laws of `decide`: a catalog, a table over it, a request, and who is out of service.

Each is built from one drawn number: a catalog has hundreds of choices, and hypothesis takes a hundred times as long to draw them
one by one as a decision takes. A failure names the number, which builds the same world again.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from jc.catalog.model import Budget, Cascade, Catalog, Lifecycle, Offer, RouteOverride, RouteTable, Rule, Speed, SwapRules, Target
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.request import Health, Request
from tests.strategies import BENCHMARKS, DAY, HERE, REGIONS, catalog, hand, long_context, offer, score

PREFERENCES = ("balanced", "quality", "speed", "cost", "auto")
NAMES = ("p/a", "q/b", "p/c", "r/d", "q/e", "p/f", "r/g")
_LIMITS = (None, None, 4_096, 8_192, 32_768, 128_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class World:
    """All that `decide` takes but the moment; `seed` builds it again."""

    seed: int
    catalog: Catalog
    table: RouteTable
    request: Request
    health: Health


def worlds() -> st.SearchStrategy[World]:
    """Any world."""
    return st.integers(0, 2**40).map(world_of)


def requests(names: Sequence[str]) -> st.SearchStrategy[Request]:
    """Any request to a catalog with these offers."""
    return st.integers(0, 2**40).map(lambda seed: _Chance(seed).request(names))


def world_of(seed: int) -> World:
    """The world of a number."""
    chance = _Chance(seed)
    made = chance.catalog()
    names = sorted(made.offers)
    down = [(name, "down") for name in chance.some([*names, "q"], 2)] if chance.rarely() else []
    return World(seed, made, chance.table(names), chance.request(names), Health.of(down))


class _Chance(random.Random):
    """Chooses the parts of a world."""

    def rarely(self) -> bool:
        return self.random() < 1 / 10

    def some(self, names: Sequence[str], most: int, least: int = 0) -> tuple[str, ...]:
        return tuple(self.sample(list(names), min(self.randint(least, most), len(names))))

    def usd(self) -> str:
        return str(Decimal(self.randint(1, 4_000)) / 100)

    def offer(self, name: str) -> Offer:
        removal = DAY + timedelta(self.randint(-40, 150)) if self.rarely() else None
        made = offer(
            name,
            None if self.rarely() else self.usd(),
            self.usd(),
            region=self.choice(REGIONS),
            input=self.choice([("text",), ("text", "image")]),
            output=("text", "audio") if self.rarely() else ("text",),
            tools=self.choice([True, True, False, None]),
            structured_output=self.choice([True, False, None]),
            context=self.choice(_LIMITS),
            max_output=self.choice(_LIMITS),
            speed=Speed(Decimal(self.randint(1, 30)) / 10, Decimal(self.randint(10, 200))) if self.random() < 0.7 else None,
            lifecycle=Lifecycle(removal=removal),
        )
        if self.random() < 0.4:
            dearer = long_context(self.choice([1_000, 100_000]), self.usd(), self.usd())
            made = replace(made, prices=(replace(made.prices[0], overrides=(dearer,)),))
        return made

    def catalog(self) -> Catalog:
        names = NAMES[: self.randint(3, 7)]
        rows = [score(name, bench, self.randint(70, 80)) for name in names for bench in BENCHMARKS if self.random() < 0.6]
        hands = [hand(name, "low" if self.rarely() else "top") for name in names if not self.rarely()]
        region: Any = self.choice(["same", "same", "any", ("global", "eu")])
        policy = SwapRules(enabled=not self.rarely(), region=region, pins=(names[0],) if self.rarely() else ())
        return catalog([self.offer(name) for name in names], scores=rows, hands=hands, swap=policy)

    def target(self, names: Sequence[str]) -> Target:
        kind, fallback = self.choice(["model", "pool", "any"]), self.some(names, 2)
        if kind == "model":
            return Target(model=self.choice(names), fallback=fallback)
        preference: Any = self.choice(PREFERENCES)
        return Target(pool="any" if kind == "any" else self.some(names, 5, 1), preference=preference, fallback=fallback)

    def when(self, names: Sequence[str]) -> dict[str, Any]:
        known: list[dict[str, Any]] = [
            {"vision": True}, {"tools": True}, {"input_tokens_gt": self.choice([100, 10_000])}, {"language": ("zh", "ja")},
            {"key": "k*"}, {"model": self.choice(names)},
        ]  # fmt: skip
        return self.choice(known)

    def override(self, names: Sequence[str]) -> RouteOverride:
        return RouteOverride(
            self.when(names),
            HERE,
            pin=self.choice(names) if self.random() < 0.5 else None,
            swap=self.choice([None, False, True]),
            never=self.choice([(), ("p/*",), (names[0],)]),
        )

    def table(self, names: Sequence[str]) -> RouteTable:
        cascade = Cascade(self.choice(names), ("code",), 0.7, None)
        budget = Budget(Decimal(5), Decimal(5), Decimal("0.1"), self.choice(names))
        mode: Any = self.choice(["off", "opt_in", "all"])
        return RouteTable(
            "drawn",
            HERE,
            threshold=self.choice([None, 0.5]),
            routes={name: self.target(names) for name in ROUTE_CLASSES if name == "general" or not self.rarely()},
            fallback=self.some(names, 2),
            rules=tuple(Rule(self.when(names), self.target(names), HERE) for _ in range(self.randint(0, 2))),
            overrides=tuple(self.override(names) for _ in range(self.randint(0, 2))),
            swap_mode=mode,
            swap_region=self.choice(["same", "any"]),
            cascade=cascade if self.rarely() else None,
            budget=budget if self.random() < 0.3 else None,
        )

    def request(self, names: Sequence[str]) -> Request:
        routing: Any = self.choice(["auto", "auto", "auto", "explicit"])
        return Request(
            route_class=self.choice([None, *ROUTE_CLASSES]),
            confidence=self.choice([None, 0.3, 0.6, 0.9]),
            requested=self.choice([None, "auto", *names]),
            routing=routing,
            input_tokens=self.choice([1, 500, 500, 5_000, 40_000, 200_000]),
            output_tokens=self.choice([None, None, 10, 5_000]),
            max_output_tokens=self.choice([None, None, 100, 10_000]),
            images=self.choice([0, 0, 1]),
            tools=self.random() < 0.3,
            structured_output=self.rarely(),
            language=self.choice([None, "en", "ja"]),
            key=self.choice([None, "k1"]),
            region=self.choice([None, None, None, None, "any", "eu", "global"]),
            swap_opt_in=self.random() < 0.5,
            previous=self.choice([None, *names]),
            cached_input_tokens=self.choice([0, 400]),
            follow_up=self.rarely(),
            max_latency_s=self.choice([None, None, None, None, 1.0]),
            max_usd=self.choice([None, None, Decimal(self.randint(1, 5_000)) / 10_000]),
            budget_left_usd=self.choice([None, None, Decimal(0), Decimal("0.05"), Decimal(1)]),
        )
