"""How fast an offer answers: measured in the log where it has latencies, else the catalog's figures, else its tier's median.

Seconds = time to first token + prefill of uncached and of cached tokens + writing the answer, and a spread around that sum.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Catalog, Offer
from jc.quantities import counted
from jc.traffic.histogram import Histogram

Origin = Literal["log", "file", "catalog", "evals", "tier", "median"]
WORDS: Mapping[Origin, str] = {
    "log": "fitted from the log",
    "file": "from the speeds file",
    "catalog": "measured in the catalog",
    "evals": "measured by own evals",
    "tier": "their tier's median",
    "median": "the catalog's median",
}


@dataclass(frozen=True, slots=True)
class Spread:
    """How far answers lie from their prediction: equally likely factors, by bins of predicted seconds (`edges` between them)."""

    edges: tuple[float, ...]
    factors: tuple[tuple[float, ...], ...]


EXACT = Spread((), ((1.0,),))
"""No spread is known: every answer takes what is predicted."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of one offer: at least, per uncached, cached and output token, and the spread around their sum."""

    ttft_s: float
    s_per_fresh: float
    s_per_cached: float
    s_per_output: float
    spread: Spread
    origin: Origin

    def seconds(
        self, fresh: NDArray[np.float64], cached: NDArray[np.float64], output: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The predicted seconds of requests, without their spread."""
        return self.ttft_s + self.s_per_fresh * fresh + self.s_per_cached * cached + self.s_per_output * output


@dataclass(slots=True)
class Speeds:
    """The speeds of offers, each found once; `fitted` come from the log or a file, by offer id."""

    catalog: Catalog
    fitted: Mapping[str, Speed] = field(default_factory=dict)
    _found: dict[str, Speed | None] = field(default_factory=dict)
    _medians: dict[str | None, tuple[float, float] | None] = field(default_factory=dict)

    def of(self, offer: Offer) -> Speed | None:
        """The speed of an offer, None when nothing in the catalog lets one say."""
        if offer.id not in self._found:
            self._found[offer.id] = self.fitted.get(offer.id) or self._from_catalog(offer)
        return self._found[offer.id]

    def _from_catalog(self, offer: Offer) -> Speed | None:
        speed = offer.speed
        ttft = float(speed.ttft_s) if speed is not None and speed.ttft_s is not None else None
        rate = float(speed.tokens_per_s) if speed is not None and speed.tokens_per_s else None
        if ttft is not None and rate is not None:
            return Speed(ttft, 0.0, 0.0, 1 / rate, EXACT, "catalog")
        seen = self._from_evals(offer, ttft)
        if seen is not None:
            return seen
        placement = self.catalog.placements.get(offer.id)
        origins: tuple[tuple[Origin, str | None], ...] = (("tier", placement.tier if placement else ""), ("median", None))
        for origin, tier in origins:
            medians = self._median(tier)
            if medians is not None:
                usual_ttft, usual_rate = medians
                filled_ttft = usual_ttft if ttft is None else ttft
                return Speed(filled_ttft, 0.0, 0.0, 1 / (usual_rate if rate is None else rate), EXACT, origin)
        return None

    def _from_evals(self, offer: Offer, ttft: float | None) -> Speed | None:
        """Time to first token and seconds per token that its answers in the newest own eval took; None when none was timed.

        Where nobody timed the first token it is taken to come after what is usual in the catalog, and in half the time at most.
        """
        named = [one for one in self.catalog.observations if one.model in {offer.id, offer.model}]
        seen = [one for one in named if one.latency_s and one.output_tokens and one.answers]
        if not seen:
            return None
        newest = max((one.date.toordinal() if one.date else 0, one.benchmark) for one in seen)
        rows = [one for one in seen if (one.date.toordinal() if one.date else 0, one.benchmark) == newest]
        first = [float(one.ttft_s) for one in rows if one.ttft_s is not None]
        least = min(float(one.latency_s or 0) for one in rows)
        usual = self._median(None)
        begun = median(first) if first else ttft if ttft is not None else usual[0] if usual else 0.0
        begun = min(begun, least / 2)
        spent = sum(one.answers * (float(one.latency_s or 0) - begun) for one in rows)
        written = sum(one.answers * float(one.output_tokens) for one in rows)
        return Speed(begun, 0.0, 0.0, spent / written, EXACT, "evals")

    def _median(self, tier: str | None) -> tuple[float, float] | None:
        """Median time to first token and tokens per second of a tier (None: of the whole catalog) over offers that have both."""
        if tier not in self._medians:
            placed = self.catalog.placements
            members = [
                offer.speed
                for offer in self.catalog.offers.values()
                if offer.kind != "demo" and (tier is None or (offer.id in placed and placed[offer.id].tier == tier))
            ]
            both = [
                (float(speed.ttft_s), float(speed.tokens_per_s))
                for speed in members
                if speed is not None and speed.ttft_s is not None and speed.tokens_per_s
            ]
            self._medians[tier] = (median(one for one, _ in both), median(one for _, one in both)) if both else None
        return self._medians[tier]

    def said(self, offers: Iterable[Offer]) -> str:
        """Where the speeds of these offers come from, in words; empty when there are none."""
        counts: dict[Origin | None, int] = {}
        for offer in offers:
            speed = self.of(offer)
            origin = None if speed is None else speed.origin
            counts[origin] = counts.get(origin, 0) + 1
        if not counts:
            return ""
        parts = [f"{counts[origin]} {WORDS[origin]}" for origin in WORDS if origin in counts]
        if None in counts:
            parts.append(f"{counts[None]} unknown")
        if len(parts) == 1:
            parts = [parts[0].partition(" ")[2]]
        return f"speeds of {counted(sum(counts.values()), 'model')} are {', '.join(parts)}"


def spread_out(
    seconds: Sequence[NDArray[np.float64]], spreads: Sequence[Spread], n: Sequence[NDArray[np.int64]]
) -> tuple[Histogram, float | None]:
    """The histogram of seconds with their spreads (each value stands for equally likely ones around it), and their mean."""
    nodes = math.lcm(*{len(spread.factors[0]) for spread in spreads}) if spreads else 1
    parts, total, count = [], 0.0, 0
    for values, spread, counts in zip(seconds, spreads, n, strict=True):
        factors = np.asarray(spread.factors)
        weight = nodes // factors.shape[1]
        around = values[:, None] if spread == EXACT else values[:, None] * factors[np.searchsorted(spread.edges, values)]
        parts.append(Histogram.of(around.ravel(), np.repeat(counts * weight, factors.shape[1])))
        total += float((around.mean(axis=1) * counts).sum())
        count += int(counts.sum())
    return Histogram.merged(parts), total / count if count else None
