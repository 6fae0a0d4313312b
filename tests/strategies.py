"""Small catalogs for tests: builders with sensible defaults, and hypothesis strategies over them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from jc.catalog.model import (
    Benchmark,
    Catalog,
    Criterion,
    ForbiddenSwap,
    Free,
    Lifecycle,
    Model,
    Offer,
    Override,
    PriceRow,
    Provider,
    Score,
    Settings,
    SwapRules,
    TierOverride,
    TierPolicy,
    TierRule,
    When,
)
from jc.errors import Where

HERE = Where("test.yaml", 1, 1)
DAY = date(2026, 7, 15)
AT = datetime(2026, 7, 15, tzinfo=UTC)


def price_row(
    usd_in: str | None = "1.00",
    usd_out: str | None = "5.00",
    *,
    valid_from: date = date(2026, 7, 1),
    checked: date | None = date(2026, 7, 1),
    overrides: Sequence[Override] = (),
) -> PriceRow:
    """One confirmed price row, USD per million tokens."""
    known = {"input": usd_in, "output": usd_out}
    rates = {kind: Decimal(usd) for kind, usd in known.items() if usd is not None}
    return PriceRow(valid_from, "confirmed", rates, {}, tuple(overrides), "https://example.com/prices", checked, HERE)


def long_context(above: int, usd_in: str, usd_out: str) -> Override:
    """Another price for the whole request above so many prompt tokens."""
    return Override(When(prompt_tokens_gt=above), {"input": Decimal(usd_in), "output": Decimal(usd_out)}, {}, "request", HERE)


def offer(name: str, usd_in: str | None = "1.00", usd_out: str | None = "5.00", **more: Any) -> Offer:
    """An offer of region global that takes text and gives text."""
    rows = (price_row(usd_in, usd_out),) if usd_in is not None or usd_out is not None else ()
    defaults: dict[str, Any] = {
        "model": name,
        "provider": name.partition("/")[0],
        "kind": "first_party",
        "wire_id": name,
        "region": "global",
        "where": HERE,
        "tools": True,
        "structured_output": True,
        "context": 128_000,
        "max_output": 16_000,
        "prices": rows,
    }
    return Offer(id=name, **(defaults | more))


def criterion(name: str, benchmarks: Sequence[str], band: int = 5, **anchors: str) -> Criterion:
    """One criterion; anchors by benchmark with `_` for `-`."""
    values = {key.replace("_", "-"): Decimal(value) for key, value in anchors.items()}
    return Criterion(name, tuple(benchmarks), Decimal(band), values)


TOP = TierRule(
    "top",
    "the best",
    (
        criterion("knowledge", ["mmlu-pro", "mmlu"], 3, mmlu_pro="80", mmlu="88"),
        criterion("science", ["gpqa-diamond"], 5, gpqa_diamond="70"),
        criterion("code", ["livecodebench"], 5, livecodebench="60"),
    ),
    HERE,
)
LOW = TierRule(
    "low",
    "the cheap",
    (
        criterion("knowledge", ["mmlu-pro", "mmlu"], 5, mmlu_pro="60", mmlu="75"),
        criterion("code", ["livecodebench"], 5, livecodebench="30"),
    ),
    HERE,
)
BENCHMARKS = ("mmlu-pro", "mmlu", "gpqa-diamond", "livecodebench")


def benchmark(name: str, *, unit: str = "percent", higher: bool = True) -> Benchmark:
    """A benchmark from 0 to 100 (or 1)."""
    return Benchmark(name, name.upper(), unit, Decimal(0), Decimal(1 if unit == "fraction" else 100), higher, HERE)


def score(model: str, name: str, value: str | int, **more: Any) -> Score:
    """One measurement without a variant, by its maker."""
    said: dict[str, Any] = {
        "model": model,
        "benchmark": name,
        "value": Decimal(value),
        "variant": (),
        "by": "vendor",
        "where": HERE,
    }
    return Score(**(said | more))


def hand(model: str, tier: str, **more: Any) -> TierOverride:
    """A hand placement since the first of July 2026."""
    defaults: dict[str, Any] = {
        "reason": "by hand",
        "by": "somebody",
        "on": date(2026, 7, 1),
        "review_by": date(2027, 1, 1),
        "where": HERE,
    }
    return TierOverride(**({"model": model, "tier": tier} | defaults | more))


def catalog(
    offers: Sequence[Offer],
    *,
    scores: Sequence[Score] = (),
    hands: Sequence[TierOverride] = (),
    tiers: Sequence[TierRule] = (TOP, LOW),
    swap: SwapRules | None = None,
    **more: Any,
) -> Catalog:
    """A catalog of these offers, each of a model of its own name unless it says otherwise."""
    models: Mapping[str, Model] = {one.model: Model(one.model, "lab", HERE, input=one.input, output=one.output) for one in offers}
    defaults: dict[str, Any] = {
        "root": "test",
        "settings": Settings(),
        "providers": {one.provider: Provider(one.provider, one.kind, None, HERE) for one in offers},
        "models": models,
        "offers": {one.id: one for one in offers},
        "benchmarks": {name: benchmark(name) for name in BENCHMARKS},
        "scores": tuple(scores),
        "policy": TierPolicy(tuple(tiers), swap or SwapRules(), Decimal(1), HERE),
        "tier_overrides": tuple(hands),
    }
    return Catalog(**(defaults | more))


REGIONS = ("global", "global", "global", "eu", "in")
RARELY = st.integers(0, 11).map(lambda number: number == 11)
"""True once in twelve, and False when hypothesis simplifies."""
_USD = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(40), places=2).map(str)
_LIMIT = st.one_of(st.none(), st.sampled_from([4_096, 8_192, 32_768, 128_000, 1_000_000]))
_POINTS = st.integers(min_value=70, max_value=80)
_VARIANTS = st.sampled_from([(), (("shots", 5),), (("tools", True),), (("tools", False),)])


@st.composite
def offers(draw: st.DrawFn, name: str) -> Offer:
    """An offer with anything that a swap looks at."""
    made = offer(
        name,
        None if draw(RARELY) else draw(_USD),
        draw(_USD),
        region=draw(st.sampled_from(REGIONS)),
        input=draw(st.sampled_from([("text",), ("text", "image")])),
        output=draw(st.sampled_from([("text",), ("text",), ("text",), ("text", "audio")])),
        tools=draw(st.sampled_from([True, False, None])),
        structured_output=draw(st.sampled_from([True, False, None])),
        context=draw(_LIMIT),
        max_output=draw(_LIMIT),
        lifecycle=Lifecycle(removal=draw(st.dates(date(2026, 6, 1), date(2026, 12, 31))) if draw(RARELY) else None),
    )
    if draw(RARELY):
        made = replace(made, prices=(), free=Free("a gift", None, HERE))
    elif draw(st.booleans()) and made.prices:
        dearer = long_context(draw(st.sampled_from([1_000, 100_000])), draw(_USD), draw(_USD))
        made = replace(made, prices=(replace(made.prices[0], overrides=(dearer,)),))
    if draw(RARELY) and made.prices:
        old = draw(st.dates(date(2025, 1, 1), date(2026, 7, 1)))
        made = replace(made, prices=(replace(made.prices[0], checked=old),))
    return made


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """A catalog of two to seven offers in two tiers, placed by hand or by scores, with a swap policy of its own."""
    names = [f"{provider}/{letter}" for provider, letter in zip(("p", "q", "p", "r", "q", "p", "r"), "abcdefg", strict=True)]
    names = names[: draw(st.integers(3, 7))]
    made = [draw(offers(name)) for name in names]
    rows = [
        score(name, bench, draw(_POINTS), variant=draw(_VARIANTS))
        for name in names
        for bench in BENCHMARKS
        if draw(st.booleans())
    ]
    hands = [hand(name, "low" if draw(RARELY) else "top") for name in names if not draw(RARELY)]
    return catalog(made, scores=rows, hands=hands, swap=draw(policies(names)))


@st.composite
def policies(draw: st.DrawFn, names: Sequence[str]) -> SwapRules:
    """A swap policy: regions, providers, pins and forbidden pairs."""
    anywhere: list[str | tuple[str, ...]] = ["same", "any", ("global", "eu")]
    pairs = st.tuples(st.sampled_from([*names, "*"]), st.sampled_from([*names, "p/*"]))
    return SwapRules(
        enabled=not draw(RARELY),
        region=draw(st.sampled_from(anywhere)),
        providers_deny=("q",) if draw(RARELY) else (),
        providers_allow=("p", "q") if draw(RARELY) else (),
        pins=(draw(st.sampled_from(names)),) if draw(RARELY) else (),
        never=tuple(ForbiddenSwap(*draw(pairs), "no", HERE) for _ in range(2) if draw(RARELY)),
    )
