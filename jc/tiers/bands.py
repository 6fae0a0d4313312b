"""What two scores can say of each other: same benchmark, same variant, one band, one direction.

A band is a one-sided rule for a pair: a candidate may be better by any margin, and worse by at most the band. A floor (anchor
minus band) is the same rule against a score written down by hand, for models that nobody placed. Nothing is imputed: what was
not measured does not count, and what was measured in another variant is another measurement.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from jc.catalog.model import OWN_EVAL, Benchmark, Catalog, Criterion, Offer, Score, TierRule

Variant = tuple[tuple[str, Any], ...]
CLASS_KEYS = frozenset(("class", "route_class"))
"""The keys of a variant that say which class of prompts a score is about."""
_BY = {"own_eval": 0, "independent": 1, "vendor": 2}


class Measured(NamedTuple):
    """One criterion of a tier, measured: the score, where its floor lies, and whether it reaches it (points)."""

    criterion: str
    benchmark: str
    variant: Variant
    value: Decimal
    anchor: Decimal
    band: Decimal
    floor: Decimal
    within: bool
    by: str


class Compared(NamedTuple):
    """One criterion on which two models were measured alike: the score asked for, the one offered, the band between them."""

    criterion: str
    benchmark: str
    variant: Variant
    asked: Decimal
    offered: Decimal
    band: Decimal
    within: bool


def plain_variant(variant: Iterable[tuple[str, Any]]) -> Variant:
    """What makes two variants equal: keys that say nothing (null) or no (false) are left out; `shots: 0` stays."""
    return tuple(sorted((key, value) for key, value in variant if value is not None and value is not False))


def variant_text(variant: Variant) -> str:
    """A variant in words, `5 shots, tools`; empty when there is none."""
    return ", ".join(key if value is True else f"{value} {key}" if key == "shots" else f"{key} {value}" for key, value in variant)


class Evidence:
    """The scores of a catalog (and of own evals), found by offer; built once for many questions."""

    def __init__(self, catalog: Catalog, more: Sequence[Score] = ()) -> None:
        self._benchmarks = catalog.benchmarks
        self._scores: dict[str, list[Score]] = {}
        for score in (*catalog.scores, *more):
            self._scores.setdefault(score.model, []).append(score)

    def at_large(self, offer: Offer) -> list[Score]:
        """The scores of an offer that speak of the whole benchmark: an own eval's scores by class decide routes, not tiers."""
        return [score for score in self.of(offer) if not any(key in CLASS_KEYS for key, _ in score.variant)]

    def of(self, offer: Offer) -> Sequence[Score]:
        """The scores of an offer: its own, and those of its model."""
        own = self._scores.get(offer.id, [])
        return own if offer.id == offer.model else [*own, *self._scores.get(offer.model, [])]

    def plainest(self, offer: Offer, benchmark: str) -> Score | None:
        """The score to show for a benchmark: the plainest variant, the best source, the newest."""
        return min((score for score in self.at_large(offer) if score.benchmark == benchmark), key=_preference, default=None)

    def measure(
        self, offer: Offer, criterion: Criterion, medians: Mapping[str, Decimal], slack: Decimal = Decimal(0)
    ) -> Measured | None:
        """A criterion measured on its newest benchmark that has both a score and an anchor; None when there is none.

        `medians` are the anchors of own evals, by benchmark: the tier's median on the same set. `slack` is how far below its
        floor a member may stand before it leaves.
        """
        for pattern in criterion.benchmarks:
            found = [
                score for score in self.at_large(offer) if fnmatchcase(score.benchmark, pattern) and _counts(criterion, score)
            ]
            for score in sorted(found, key=_preference):
                anchor = criterion.anchors.get(score.benchmark, medians.get(score.benchmark))
                if anchor is not None:
                    return self._measured(criterion, score, anchor, slack)
        return None

    def _measured(self, criterion: Criterion, score: Score, anchor: Decimal, slack: Decimal) -> Measured:
        benchmark = self._benchmarks.get(score.benchmark)
        band = criterion.band * _scale(benchmark)
        return Measured(
            criterion=criterion.name,
            benchmark=score.benchmark,
            variant=plain_variant(score.variant),
            value=score.value,
            anchor=anchor,
            band=band,
            floor=anchor - band if _higher(benchmark) else anchor + band,
            within=_reaches(benchmark, score.value, anchor, band + slack * _scale(benchmark)),
            by=score.by,
        )

    def compare(self, asked: Offer, offered: Offer, tier: TierRule) -> tuple[Compared, ...]:
        """The criteria of a tier on which both were measured alike, each on its newest such benchmark, at its widest gap."""
        out = []
        for criterion in tier.criteria:
            for pattern in criterion.benchmarks:
                pairs = self._alike(asked, offered, pattern)
                if pairs:
                    out.append(min((self._pair(criterion, *pair) for pair in pairs), key=_room))
                    break
        return tuple(out)

    def _alike(self, asked: Offer, offered: Offer, pattern: str) -> list[tuple[Score, Score]]:
        mine = self._by_variant(asked, pattern)
        theirs = self._by_variant(offered, pattern)
        return [(score, theirs[key]) for key, score in mine.items() if key in theirs]

    def _by_variant(self, offer: Offer, pattern: str) -> dict[tuple[str, Variant], Score]:
        found = [score for score in self.at_large(offer) if fnmatchcase(score.benchmark, pattern)]
        return {(score.benchmark, plain_variant(score.variant)): score for score in sorted(found, key=_preference, reverse=True)}

    def _pair(self, criterion: Criterion, asked: Score, offered: Score) -> Compared:
        benchmark = self._benchmarks.get(asked.benchmark)
        band = criterion.band * _scale(benchmark)
        within = _reaches(benchmark, offered.value, asked.value, band)
        return Compared(criterion.name, asked.benchmark, plain_variant(asked.variant), asked.value, offered.value, band, within)


def own_medians(evidence: Evidence, members: Iterable[Offer]) -> dict[str, Decimal]:
    """The median of a tier's members on each own eval that at least two of them were measured on: the anchor of that set."""
    values: dict[str, list[Decimal]] = {}
    for offer in members:
        for score in evidence.at_large(offer):
            if score.benchmark.startswith(OWN_EVAL):
                values.setdefault(score.benchmark, []).append(score.value)
    return {benchmark: _median(found) for benchmark, found in values.items() if len(found) >= 2}


def required(rule: TierRule) -> tuple[Criterion, ...]:
    """The criteria that `verified` asks for: all but those that only own evals can measure."""
    return tuple(criterion for criterion in rule.criteria if not all(name.startswith(OWN_EVAL) for name in criterion.benchmarks))


def _counts(criterion: Criterion, score: Score) -> bool:
    """Whether a score is of the variant that the criterion counts; a key that a score leaves out counts as false."""
    said = dict(score.variant)
    return all((said.get(key) or False) == value for key, value in criterion.variant.items())


def _preference(score: Score) -> tuple[int, int, int, Decimal]:
    """The plainest variant first, then own evals before independent ones before the maker's, then the newest, then the lowest."""
    newest = -score.date.toordinal() if score.date else 0
    return len(plain_variant(score.variant)), _BY[score.by], newest, score.value


def _reaches(benchmark: Benchmark | None, value: Decimal, anchor: Decimal, band: Decimal) -> bool:
    return value >= anchor - band if _higher(benchmark) else value <= anchor + band


def _higher(benchmark: Benchmark | None) -> bool:
    return benchmark is None or benchmark.higher_is_better


def _scale(benchmark: Benchmark | None) -> Decimal:
    """Bands are points of a hundred; a benchmark in fractions has them in hundredths."""
    return Decimal("0.01") if benchmark is not None and benchmark.unit == "fraction" else Decimal(1)


def _room(pair: Compared) -> tuple[bool, Decimal]:
    return pair.within, pair.band - abs(pair.asked - pair.offered)


def _median(values: Sequence[Decimal]) -> Decimal:
    ranked = sorted(values)
    middle = len(ranked) // 2
    return ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2
