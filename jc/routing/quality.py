"""How good the members of a pool are for a class, from what was measured; nothing is imputed.

Own evals come first, then the class's benchmarks, newest first. Two scores say something of each other only with the same
benchmark and the same variant, so a pool is judged on the one that most of its members were measured on; the others are unknown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from jc.catalog.model import OWN_EVAL, Benchmark, Catalog, Offer, Score
from jc.tiers.bands import CLASS_KEYS, Evidence, Variant, plain_variant, variant_text
from jc.tiers.standing import Standing

BENCHMARKS: Mapping[str, tuple[str, ...]] = {
    "simple": ("mmlu-pro", "mmlu", "mmlu-redux", "simpleqa"),
    "general": ("mmlu-pro", "mmlu", "arena-hard", "mmlu-redux", "ifeval"),
    "reasoning": ("gpqa-diamond", "gpqa", "hle", "aime-2025", "math-500", "math"),
    "code": ("livecodebench", "swe-bench-verified", "aider-polyglot", "humaneval", "mbpp"),
    "agent": ("tau2-retail", "tau-bench-retail", "bfcl-v3", "terminal-bench", "swe-bench-verified"),
}
"""What stands for the quality of a class, best first; a class with another name is judged as `general`."""
DEFAULT_BAND = Decimal(5)


@dataclass(frozen=True, slots=True)
class Judged:
    """The members of one pool on one measurement: points of a hundred by offer id (more is better), and how it is called."""

    measure: str
    points: Mapping[str, Decimal] = field(default_factory=dict)
    benchmark: str = ""
    doubts: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """How far below and above its points an offer's true value may lie (95 %), where its score came with an interval."""
    answers: Mapping[str, int] = field(default_factory=dict)
    """How many answers of an own eval stand behind an offer's points, where its score says so."""

    def points_of(self, name: str) -> float | None:
        """The points of an offer, None when it was not measured."""
        found = self.points.get(name)
        return None if found is None else float(found)

    def best(self, among: Iterable[str]) -> str | None:
        """The best measured offer among these ids; ties go by id."""
        known = [(self.points[name], name) for name in among if name in self.points]
        return min(known, key=lambda pair: (-pair[0], pair[1]))[1] if known else None


NOTHING = Judged("")


def judged(catalog: Catalog, evidence: Evidence, offers: Sequence[Offer], route_class: str, also: Sequence[Offer] = ()) -> Judged:
    """The measurement that says most about a pool for a class: own evals first, then the class's benchmarks.

    `also` have no say in which measurement it is, but get their points on it.
    """
    found: dict[tuple[int, str, Variant], dict[str, Score]] = {}
    for offer in offers:
        for key, score in _speaking(evidence, offer, route_class):
            held = found.setdefault(key, {})
            if offer.id not in held or _newer(score, held[offer.id]):
                held[offer.id] = score
    usable = {key: scores for key, scores in found.items() if len(scores) >= min(2, len(offers))}
    if not usable:
        return NOTHING
    own = [key for key in usable if key[0] < 2]
    key = min(own or usable, key=lambda key: (0 if own else -len(usable[key]), key[0], -len(usable[key]), key[1], str(key[2])))
    benchmark = catalog.benchmarks.get(key[1])
    scores = dict(usable[key])
    for offer in also:
        for other, score in _speaking(evidence, offer, route_class):
            if other == key and offer.id not in usable[key] and (offer.id not in scores or _newer(score, scores[offer.id])):
                scores[offer.id] = score
    points = {name: _percent(score.value, benchmark) for name, score in scores.items()}
    text = variant_text(key[2])
    answers = {name: score.n for name, score in scores.items() if score.n is not None and key[0] < 2}
    return Judged(key[1] + (f" ({text})" if text else ""), points, key[1], _doubts(scores, benchmark), answers)


def _speaking(evidence: Evidence, offer: Offer, route_class: str) -> Iterator[tuple[tuple[int, str, Variant], Score]]:
    """The scores of an offer that say something of a class, with how well, on what."""
    for score in evidence.of(offer):
        rank = _rank(score, route_class)
        if rank is not None:
            yield (rank, score.benchmark, _plain(score)), score


def _doubts(scores: Mapping[str, Score], benchmark: Benchmark | None) -> dict[str, tuple[Decimal, Decimal]]:
    return {
        name: (_percent(score.value - score.interval[0], benchmark), _percent(score.interval[1] - score.value, benchmark))
        for name, score in scores.items()
        if score.interval is not None
    }


def band(standing: Standing, best: str, benchmark: str) -> Decimal:
    """How many points below the pool's best still count as no regression: the band of its tier's criterion for the benchmark."""
    member = standing.members.get(best)
    rules = [standing.rules[member.tier]] if member is not None and member.tier in standing.rules else []
    for rule in (*rules, *standing.rules.values()):
        for criterion in rule.criteria:
            if benchmark in criterion.benchmarks:
                return criterion.band
    return DEFAULT_BAND


def _rank(score: Score, route_class: str) -> int | None:
    """How well a score speaks for a class: own eval of the class, own eval at large, then the benchmarks in order."""
    if score.benchmark.startswith(OWN_EVAL):
        said = dict(score.variant)
        classes = [str(said[key]) for key in CLASS_KEYS if said.get(key)]
        if classes:
            return 0 if route_class in classes else None
        return 0 if score.benchmark == OWN_EVAL + route_class else 1
    listed = BENCHMARKS.get(route_class, BENCHMARKS["general"])
    return 2 + listed.index(score.benchmark) if score.benchmark in listed else None


def _plain(score: Score) -> Variant:
    return plain_variant(pair for pair in score.variant if pair[0] not in CLASS_KEYS)


def _newer(score: Score, held: Score) -> bool:
    return (score.date.toordinal() if score.date else 0) > (held.date.toordinal() if held.date else 0)


def _percent(value: Decimal, benchmark: Benchmark | None) -> Decimal:
    return value * 100 if benchmark is not None and benchmark.unit == "fraction" else value
