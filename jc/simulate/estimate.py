"""What a log would have cost under one way of answering it, how fast, how good, at what energy: one estimate.

Money is exact for the tokens it is asked about. What is assumed about those tokens (how much more a model says, what stays in
the cache) is a value beside it and in the words under the table.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer
from jc.simulate.book import Book, exact_sum
from jc.simulate.choices import KEPT, REFUSED, UNKNOWN, Choice
from jc.simulate.energy import joules
from jc.simulate.intervals import Draws, Interval
from jc.simulate.ratios import Ratios
from jc.simulate.served import Served
from jc.simulate.speeds import EXACT, Speeds, spread_out
from jc.simulate.warmth import Kept, Order, kept_sums, kept_tokens
from jc.traffic.cube import bin_tokens
from jc.traffic.grid import served_model
from jc.traffic.histogram import Histogram

if TYPE_CHECKING:
    from jc.simulate.walked import Walk

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Assumed:
    """How counterfactual tokens and caches are reckoned."""

    tokens: Literal["scaled", "as-logged"] = "scaled"
    cache: Literal["aware", "as-logged"] = "aware"
    classifier_prompt_tokens: int = 120
    classifier_answer_tokens: int = 3


@dataclass(slots=True)
class Estimate:
    """One row of the result, with what breakdowns and comparisons need; money in pico-dollars, `None` where it is not known."""

    name: str
    offers: tuple[Offer, ...]
    chosen: Ints
    pico: NDArray[Any]
    known: NDArray[np.bool_]
    """Groups whose cost is known; the others are left out of `cost`."""
    unpriced: dict[str, str]
    """Offers that have no price where one was needed, and why."""
    requests: int
    cost: Fraction
    blind: Fraction | None = None
    """The same with every prompt billed in full, as if there were no prompt cache."""
    lost_cache: float = 0.0
    """The part of the logged cached tokens that moving between models loses."""
    latency: Histogram | None = None
    latency_origin: str = ""
    mean_s: float | None = None
    energy_j: float | None = None
    energy_known: float = 0.0
    moved: float | None = None
    kept: dict[str, int] = field(default_factory=dict)
    unable: Mapping[str, str] = field(default_factory=dict)
    """As in `Choice`."""
    rejected: int = 0
    unknown: int = 0
    backdated: int = 0
    interval: Interval | None = None
    saving: Interval | None = None
    quality: float | None = None
    quality_known: float = 0.0
    points: NDArray[np.float64] | None = None
    """The expected quality of every group's answers, NaN where nobody has measured any of them."""
    judged: Ints | None = None
    """How many requests of each group these points stand for."""
    spreads: dict[str, Interval] = field(default_factory=dict)
    """95 % intervals of p50_s, p95_s, mean_s and quality, where they can be told."""
    overhead_s: float = 0.0
    assumptions: list[str] = field(default_factory=list)
    classifier: Offer | None = None
    """The model that classifies every prompt before it is answered, where one does."""
    by_groups: Fraction | None = None
    """The cost before rows were walked one by one: without refusals, fallbacks and cheaper models."""
    fees: Fraction = Fraction(0)
    """What flat plans cost over the time of the log; a part of `cost`, of no group's."""
    walk: "Walk | None" = None
    """What became of the rows one by one, when that was asked; all figures are then those of what was served."""
    least_budget: int | None = None
    """The smallest cap per key and window (pico-dollars) under which fewer than one request in a hundred stalls."""


@dataclass(slots=True)
class Estimator:
    """A book with everything that estimates need beside it, worked out once for all tables."""

    book: Book
    speeds: Speeds
    ratios: Ratios
    assumed: Assumed
    draws: Draws | None = None
    order: Order | None = None

    def as_logged(self, name: str = "as logged") -> Estimate:
        """What the log's own models cost: its tokens at the prices of their time; unknown models at their logged cost."""
        logged = self.book.logged()
        offers: dict[str, int] = {}
        by_id: dict[str, Offer] = {}
        chosen = np.full(len(logged), UNKNOWN, dtype=np.int64)
        for group, offer in enumerate(logged):
            if offer is not None:
                chosen[group] = offers.setdefault(offer.id, len(offers))
                by_id[offer.id] = offer
        choice = Choice(tuple(by_id[one] for one in offers), chosen, np.full(len(logged), -1, np.int64), 0.0, None, 0)
        estimate = self._money(name, choice, scaled=False)
        self._logged_latency(estimate, choice)
        self._energy(estimate, choice, logged=True)
        return estimate

    def of(self, name: str, choice: Choice, reference: Estimate) -> Estimate:
        """What the log would have cost under a table's choices."""
        estimate = self._money(name, choice, scaled=self.assumed.tokens == "scaled")
        self._latency(estimate, choice, scaled=self.assumed.tokens == "scaled")
        self._energy(estimate, choice, logged=False)
        self._moved(estimate, choice, reference)
        return estimate

    # money

    def _money(self, name: str, choice: Choice, *, scaled: bool) -> Estimate:
        book = self.book
        kept = self._kept(choice) if name != "as logged" else None
        pico: NDArray[Any] = np.zeros(len(choice.chosen), dtype=np.int64)
        blind: NDArray[Any] = np.zeros(len(choice.chosen), dtype=np.int64)
        known = choice.chosen >= 0
        unpriced: dict[str, str] = {}
        backdated = np.zeros(len(choice.chosen), dtype=bool)
        for code, offer in enumerate(choice.offers):
            here = choice.chosen == code
            sums, said = self._sums(offer, kept, scaled=scaled), self.ratios.factors(offer) if scaled else None
            costs = book.costs(offer, sums, f"{'scaled' if scaled else ''}{'' if kept is None else name}", said)
            uncached = {**sums, "cached": sums["cached"] * 0, "written": sums["written"] * 0}
            bare = book.costs(offer, uncached, f"blind{scaled}", said)
            pico = _placed(pico, costs.pico, here)
            blind = _placed(blind, bare.pico, here)
            missing = here & costs.unpriced
            if missing.any():
                unpriced[offer.id] = costs.why
                known = known & ~missing
            backdated |= here & costs.backdated
        stated = (choice.chosen == UNKNOWN) & (book.groups["priced"] == book.groups["n"]) & (book.groups["n"] > 0)
        pico = _placed(pico, book.groups["cost_pico"], stated)
        blind = _placed(blind, book.groups["cost_pico"], stated)
        known |= stated
        known |= choice.chosen == REFUSED
        pico, blind = self._classified(choice, pico), self._classified(choice, blind)
        cached = float(book.groups["cached"][choice.chosen >= 0].sum())
        lost = 0.0 if kept is None or not cached else 1 - float(kept.still[choice.chosen >= 0].sum()) / cached
        n = book.groups["n"]
        return Estimate(
            name=name,
            offers=choice.offers,
            chosen=choice.chosen,
            pico=pico,
            known=known,
            unpriced=unpriced,
            requests=int(n.sum()),
            cost=exact_sum(pico[known]),
            blind=exact_sum(blind[known]) if cached else None,
            lost_cache=lost,
            rejected=int(n[choice.chosen == REFUSED].sum()),
            unknown=int(n[choice.chosen == UNKNOWN].sum()),
            backdated=int(n[backdated].sum()),
            overhead_s=choice.overhead_s,
            kept={reason: int(n[choice.kept == number].sum()) for number, reason in enumerate(KEPT)},
            unable=choice.unable,
            classifier=choice.classifier,
        )

    def _sums(self, offer: Offer, kept: Kept | None, *, scaled: bool) -> dict[str, Ints]:
        """The logged tokens of every group with what this offer would find cached; its prompts by its own tokenizer."""
        sums = dict(self.book.groups)
        if kept is not None:
            sums["cached"], sums["written"] = kept.still, sums["written"] + kept.rewritten
        return self.ratios.prompt(offer, sums) if scaled else sums

    def _kept(self, choice: Choice) -> Kept | None:
        """What of each group's cached tokens is still cached under a choice; None when nothing was cached."""
        sample, book = self.book.cube.sample, self.book
        kept = None if sample is None else self.kept_of_rows(choice.offers, choice.chosen[sample.group])
        if sample is None or kept is None:
            return None
        size = len(choice.offers) + 2
        return kept_sums(sample, kept, book.groups["cached"], book.alike() * size + choice.chosen + 2, book.places()[0])

    def kept_of_rows(self, offers: Sequence[Offer], chosen: Ints) -> Ints | None:
        """The cached tokens that every sampled row finds at the offer that is chosen for it (a code a row).

        None when nothing was cached, and when caches are taken as they were logged.
        """
        sample = self.book.cube.sample
        if sample is None or self.order is None or self.assumed.cache != "aware" or not self.book.groups["cached"].any():
            return None
        ttl = np.array([self.ttl_us(offer) for offer in offers] or [0], dtype=np.int64)
        return kept_tokens(self.order, sample, chosen, ttl)

    def ttl_us(self, offer: Offer) -> int:
        """How long the prompt cache of an offer lives, in microseconds."""
        provider = self.book.catalog.providers.get(offer.provider)
        seconds = provider.cache_ttl_s if provider is not None and provider.cache_ttl_s else 300
        return seconds * 1_000_000

    def _classified(self, choice: Choice, pico: NDArray[Any]) -> NDArray[Any]:
        """The costs with those of a model that classifies every prompt before it is answered."""
        if choice.classifier is None:
            return pico
        n, tokens = self.book.groups["n"], self.book.groups["input"]
        asked = {
            **self.book.groups,
            "input": tokens + n * self.assumed.classifier_prompt_tokens,
            "cached": tokens * 0,
            "written": tokens * 0,
            "output": n * self.assumed.classifier_answer_tokens,
            "images": tokens * 0,
        }
        extra = self.book.costs(choice.classifier, asked, "classifier")
        return _placed(pico, pico + extra.pico, choice.chosen >= 0)

    # speed

    def _logged_latency(self, estimate: Estimate, choice: Choice) -> None:
        """Latency as the log has measured it, when it has for half of its requests; else as its models' speeds say."""
        groups = self.book.groups
        measured = Histogram.merged(self.book.cube.latencies.values())
        timed = int(groups["timed"].sum())
        if timed and timed >= 0.5 * groups["n"].sum():
            estimate.latency, estimate.latency_origin = _in_seconds(measured), "measured"
            estimate.mean_s = float(groups["latency_us"].sum()) / timed / 1e6
        else:
            self._latency(estimate, choice, scaled=False)

    def _latency(self, estimate: Estimate, choice: Choice, *, scaled: bool) -> None:
        """The distribution of seconds over all cells; nothing when the speed of an offer that answers is not known."""
        cells, of_group = self.book.cube.cells, self.book.cube.of_group
        seconds, spreads, counts = [], [], []
        for code, offer in enumerate(choice.offers):
            here = choice.chosen == code
            if not here.any():
                continue
            speed = self.speeds.of(offer)
            if speed is None:
                return
            share = self._share(of_group, here)
            there = np.flatnonzero((share > 0)[cells["shape"]])
            shape, rows = cells["shape"][there], cells["n"][there]
            output = bin_tokens(cells["bin"][there])
            if scaled:
                output = output * self.ratios.by_shape(offer, of_group, len(share))[shape]
            cached = cells["cached"][there] / rows
            fresh = cells["input"][there] / rows - cached
            seconds.append(speed.seconds(fresh, cached, output) + choice.overhead_s)
            spreads.append(speed.spread)
            counts.append(np.rint(rows * share[shape]).astype(np.int64))
        if counts:
            estimate.latency, estimate.mean_s = spread_out(seconds, spreads, counts)
            if all(spread == EXACT for spread in spreads):
                estimate.mean_s = self._exact_mean(choice, scaled=scaled)
            estimate.latency_origin = "estimated"

    def _exact_mean(self, choice: Choice, *, scaled: bool) -> float | None:
        """The mean of seconds without a spread: they are linear in tokens, so sums tell it without any bins."""
        groups, parts, count = self.book.groups, [0.0], 0
        for code, offer in enumerate(choice.offers):
            here, speed = choice.chosen == code, self.speeds.of(offer)
            if speed is None:
                return None
            n, fresh, cached = (int(groups[name][here].sum()) for name in ("n", "input", "cached"))
            parts += [n * (speed.ttft_s + choice.overhead_s), speed.s_per_fresh * (fresh - cached), speed.s_per_cached * cached]
            ratio, output = self.ratios.factors(offer)[here], groups["output"][here]
            for one in np.unique(ratio).tolist():
                parts.append(speed.s_per_output * ((one if scaled else 1.0) * int(output[ratio == one].sum())))
            count += n
        return math.fsum(parts) / count if count else None

    def latency_of(self, choice: Choice) -> Histogram | None:
        """The distribution of seconds under a choice alone; None when a speed is not known or nothing answers."""
        bare = Estimate("", choice.offers, choice.chosen, choice.chosen, choice.chosen >= 0, {}, 0, Fraction(0))
        self._latency(bare, choice, scaled=self.assumed.tokens == "scaled")
        return bare.latency

    def mean_of(self, estimate: Estimate) -> float | None:
        """The mean seconds of what an estimate chooses, None when a speed is not known; the estimate stays as it is."""
        scaled = estimate.name != "as logged" and self.assumed.tokens == "scaled"
        choice = Choice(estimate.offers, estimate.chosen, estimate.chosen, estimate.overhead_s, None, 0)
        bare = Estimate("", choice.offers, choice.chosen, choice.chosen, choice.chosen >= 0, {}, 0, Fraction(0))
        self._latency(bare, choice, scaled=scaled)
        return bare.mean_s

    def _share(self, of_group: Ints, here: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The part of each shape's requests that lies in these groups."""
        n = self.book.groups["n"]
        return np.bincount(of_group, weights=n * here) / np.maximum(np.bincount(of_group, weights=n), 1)

    # energy, movement

    def _energy(self, estimate: Estimate, choice: Choice, *, logged: bool) -> None:
        groups = self.book.groups
        measured = groups["measured"] == groups["n"] if logged else np.zeros(len(choice.chosen), dtype=bool)
        served = Served.whole(choice.offers, np.where(measured, REFUSED, choice.chosen), groups, estimate.pico)
        told, known = joules(self.book.catalog, served)
        told += float(groups["energy_mj"][measured].sum()) / 1000
        known += float(groups["n"][measured].sum())
        total = float(groups["n"].sum())
        estimate.energy_known = known / total if total else 0.0
        estimate.energy_j = told if known else None

    def _moved(self, estimate: Estimate, choice: Choice, reference: Estimate) -> None:
        """The share of requests that another offer answers than in the log; None when the log names no model."""
        if any(served_model(key) for key in self.book.cube.keys):
            served = Served.whole(choice.offers, choice.chosen, self.book.groups, estimate.pico)
            estimate.moved = moved_share(served, reference, estimate.requests)


def moved_share(served: Served, reference: Estimate, requests: int) -> float:
    """The share of all requests that are answered by another offer than under a reference."""
    here = np.array([offer.id for offer in served.offers] + [""], dtype=object)[served.code]
    there = np.array([offer.id for offer in reference.offers] + ["", ""], dtype=object)[reference.chosen[served.group]]
    return float(served.sums["n"][here != there].sum()) / max(1, requests)


def comparable(one: Estimate, other: Estimate) -> NDArray[np.bool_]:
    """The groups whose cost both estimates know and which both answer: only over them a change means something."""
    found: NDArray[np.bool_] = one.known & other.known & (one.chosen != REFUSED) & (other.chosen != REFUSED)
    return found


def rows_of_both(one: Estimate, other: Estimate, group: Ints) -> NDArray[np.bool_]:
    """The sampled rows, of these groups, that both estimates answer at a known cost."""
    found: NDArray[np.bool_] = comparable(one, other)[group]
    for estimate in (one, other):
        if estimate.walk is not None:
            found = found & (estimate.walk.answered | (estimate.chosen[group] == UNKNOWN))
    return found


def _placed(into: NDArray[Any], values: NDArray[Any], where: NDArray[np.bool_]) -> NDArray[Any]:
    """The values where they belong; big exact numbers make the whole column exact."""
    if values.dtype == object and into.dtype != object:
        into = into.astype(object)
    out: NDArray[Any] = np.where(where, values, into)
    return out


def _in_seconds(histogram: Histogram) -> Histogram:
    """A histogram of milliseconds as one of seconds."""
    middles = histogram.middles()
    return Histogram.of(middles / 1000, histogram.counts)


def served_by(estimate: Estimate, groups: Mapping[str, Ints]) -> Served:
    """Who answered the requests of each group under an estimate: row by row where they were walked, else as decided."""
    if estimate.walk is not None:
        return estimate.walk.served
    return Served.whole(estimate.offers, estimate.chosen, groups, estimate.pico)


def answered_of(estimate: Estimate) -> int:
    """The requests that a share of known figures is told of: where rows were walked those that were answered, else all."""
    return estimate.requests if estimate.walk is None else estimate.requests - estimate.walk.refused - estimate.rejected


def offers_of(estimates: Sequence[Estimate]) -> list[Offer]:
    """All offers that answer in any of the estimates, each once."""
    return list({offer.id: offer for estimate in estimates for offer in estimate.offers}.values())
