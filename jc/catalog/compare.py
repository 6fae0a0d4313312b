"""Models side by side: scores, speed, price and cost per quality point, with the winner and the gap for each metric.

A score counts only beside others of the same benchmark and the same variant; of several variants the one that most of the
models share is shown. The gap is that of the first model against the best of the others: points for scores, a factor for speed
and price.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from jc.catalog.model import Benchmark, Catalog, Offer, Score
from jc.catalog.price import Unpriced, rates

QUALITY = "mmlu-pro"
"""The benchmark whose points the cost per quality point divides by."""
_FIRST = ("mmlu-pro", "mmlu", "gpqa-diamond", "gpqa", "livecodebench", "swe-bench-verified", "humaneval", "hle")
_BY = {"own_eval": 0, "independent": 1, "vendor": 2}
Variant = tuple[tuple[str, Any], ...]
MetricKind = Literal["score", "speed", "price"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its values by offer id (None: unknown), its winners, and the gap of the first model to the best other one.

    `gap` is in points for scores, a factor of at least 1 otherwise (`ahead` says in whose favour); None when either is unknown.
    """

    id: str
    name: str
    unit: str
    kind: MetricKind
    higher_is_better: bool
    values: Mapping[str, Decimal | None]
    winners: tuple[str, ...]
    gap: Decimal | None
    ahead: bool | None


def compare(catalog: Catalog, offers: Sequence[Offer], at: datetime, quality: str = QUALITY) -> tuple[Metric, ...]:
    """Every metric on which at least one of the offers has a value, scores first; the last one is per point of `quality`."""
    found = [*_scores(catalog, offers), *_speeds(offers), *_prices(catalog, offers, at, quality)]
    return tuple(metric for metric in found if any(value is not None for value in metric.values.values()))


def _metric(identity: tuple[str, str, str], kind: MetricKind, values: Mapping[str, Decimal | None], *, higher: bool) -> Metric:
    known = {name: value for name, value in values.items() if value is not None}
    best = (max if higher else min)(known.values(), default=None)
    winners = tuple(name for name, value in known.items() if value == best)
    first, *rest = values
    others = [known[name] for name in rest if name in known]
    gap, ahead = None, None
    if first in known and others:
        gap, ahead = _gap(known[first], (max if higher else min)(others), kind, higher=higher)
    return Metric(*identity, kind, higher, values, winners, gap, ahead)


def _gap(mine: Decimal, other: Decimal, kind: MetricKind, *, higher: bool) -> tuple[Decimal | None, bool | None]:
    ahead = mine > other if higher else mine < other
    if kind == "score":
        return mine - other, ahead
    low, high = sorted((mine, other))
    return (high / low, ahead) if low else (None, ahead)


def _scores(catalog: Catalog, offers: Sequence[Offer]) -> Iterator[Metric]:
    """One metric per benchmark that at least two of the models (or the only one) were measured on alike."""
    table: dict[str, dict[Variant, dict[str, Score]]] = {}
    for offer in offers:
        for score in _of(catalog, offer):
            variants = table.setdefault(score.benchmark, {})
            held = variants.setdefault(_variant(score), {})
            if offer.id not in held or _preference(score) < _preference(held[offer.id]):
                held[offer.id] = score
    for benchmark in sorted(table, key=_rank):
        variant, scores = max(table[benchmark].items(), key=lambda item: (len(item[1]), -len(item[0]), str(item[0])))
        if len(scores) < min(2, len(offers)):
            continue
        entry = catalog.benchmarks.get(benchmark)
        values = {offer.id: scores[offer.id].value if offer.id in scores else None for offer in offers}
        identity = (benchmark, _name(entry, benchmark, variant), entry.unit if entry else "points")
        yield _metric(identity, "score", values, higher=entry is None or entry.higher_is_better)


def _of(catalog: Catalog, offer: Offer) -> Iterable[Score]:
    return (score for score in catalog.scores if score.model in {offer.id, offer.model})


def _variant(score: Score) -> Variant:
    """What makes two variants equal: keys that say nothing (null) or no (false) are left out."""
    return tuple(sorted((key, value) for key, value in score.variant if value is not None and value is not False))


def _preference(score: Score) -> tuple[int, int]:
    return _BY[score.by], -score.date.toordinal() if score.date else 0


def _rank(benchmark: str) -> tuple[int, str]:
    return (_FIRST.index(benchmark) if benchmark in _FIRST else len(_FIRST)), benchmark


def _name(entry: Benchmark | None, benchmark: str, variant: Variant) -> str:
    said = ", ".join(key if value is True else f"{key} {value}" for key, value in variant)
    return f"{entry.name if entry else benchmark}{f' ({said})' if said else ''}"


def _speeds(offers: Sequence[Offer]) -> Iterator[Metric]:
    fast = {offer.id: offer.speed.tokens_per_s if offer.speed else None for offer in offers}
    yield _metric(("tokens_per_s", "Speed", "tokens/s"), "speed", fast, higher=True)
    first = {offer.id: offer.speed.ttft_s if offer.speed else None for offer in offers}
    yield _metric(("ttft_s", "First token", "s"), "speed", first, higher=False)


def _prices(catalog: Catalog, offers: Sequence[Offer], at: datetime, quality: str) -> Iterator[Metric]:
    per_offer = {offer.id: _rates(offer, at) for offer in offers}
    for kind, name in (("input", "Input price"), ("output", "Output price")):
        values = {id_: found.get(kind) for id_, found in per_offer.items()}
        yield _metric((kind, name, "usd_per_mtok"), "price", values, higher=False)
    weight = catalog.settings.output_weight
    blends = {id_: _blended(found, weight) for id_, found in per_offer.items()}
    yield _metric(("blend", f"Input + {weight:f} output", "usd_per_mtok"), "price", blends, higher=False)
    points = next((metric.values for metric in _scores(catalog, offers) if metric.id == quality), {})
    per_point = {id_: _per_point(found.get("input"), points.get(id_)) for id_, found in per_offer.items()}
    entry = catalog.benchmarks.get(quality)
    name = f"Cost per {entry.name if entry else quality} point"
    yield _metric(("usd_per_point", name, "usd_per_mtok_point"), "price", per_point, higher=False)


def _rates(offer: Offer, at: datetime) -> Mapping[str, Decimal]:
    try:
        return rates(offer, at)
    except Unpriced:
        return {}


def _blended(found: Mapping[str, Decimal], weight: Decimal) -> Decimal | None:
    return found["input"] + weight * found["output"] if "input" in found and "output" in found else None


def _per_point(usd: Decimal | None, points: Decimal | None) -> Decimal | None:
    return usd / points if usd is not None and points else None


def shares(metric: Metric) -> Mapping[str, float]:
    """Every known value as a share of the largest, for bars."""
    largest = max((value for value in metric.values.values() if value is not None), default=Decimal(0))
    return {id_: float(value / largest) if largest else 0.0 for id_, value in metric.values.items() if value is not None}


def goodness(metric: Metric) -> Mapping[str, float]:
    """Every known value between 0 and 1, 1 for the best, for a radar: its share of the best, or the best's share of it."""
    known: dict[str, Decimal] = {id_: value for id_, value in metric.values.items() if value is not None}
    pick: Callable[..., Decimal] = max if metric.higher_is_better else min
    best = pick(known.values(), default=Decimal(0))
    if metric.higher_is_better:
        return {id_: float(value / best) if best else 0.0 for id_, value in known.items()}
    return {id_: float(best / value) if value else 1.0 for id_, value in known.items()}
