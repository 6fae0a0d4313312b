"""Scores: of a known benchmark and variant, inside its range, and not at odds with another of the same."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from jc.catalog.check import Book, Remark, Rule, rule
from jc.catalog.model import OWN_EVAL, Score
from jc.catalog.suggest import suggest

_DEFAULT_BAND = Decimal(5)


@rule("JC701", "unknown-benchmark", "error", "scores", "Every benchmark that is named is in `benchmarks/registry.yaml`.")
def _unknown(book: Book, _at: date) -> Iterator[Remark]:
    known = book.catalog.benchmarks
    for score in book.catalog.scores:
        if score.benchmark not in known and score.benchmark not in book.lost and not score.benchmark.startswith(OWN_EVAL):
            yield Remark(
                book.at(score.where, "benchmark"), f"there is no benchmark `{score.benchmark}`", suggest(score.benchmark, known)
            )
    for tier in book.catalog.policy.tiers:
        for number, criterion in enumerate(tier.criteria):
            for index, name in enumerate(criterion.benchmarks):
                if name not in known and name not in book.lost and not name.startswith(OWN_EVAL):
                    where = book.at(tier.where, "criteria", number, "benchmarks", index)
                    yield Remark(where, f"there is no benchmark `{name}`", suggest(name, known))
    for benchmark in known.values():
        for index, name in enumerate(benchmark.successors):
            if name not in known and name not in book.lost:
                where = book.at(benchmark.where, "successors", index)
                yield Remark(where, f"there is no benchmark `{name}`", suggest(name, known))


@rule("JC702", "unknown-variant", "error", "scores", "A score's variant has only keys that its benchmark lists.")
def _variant(book: Book, _at: date) -> Iterator[Remark]:
    for score in book.catalog.scores:
        benchmark = book.catalog.benchmarks.get(score.benchmark)
        for key, _value in score.variant:
            if benchmark is not None and key not in benchmark.variant_keys:
                where = book.at(score.where, "variant", key, key=True)
                yield Remark(where, f"`{benchmark.id}` has no variant `{key}`", suggest(key, benchmark.variant_keys))


@rule("JC703", "score-range", "error", "scores", "A score lies inside the range of its benchmark.")
def _range(book: Book, _at: date) -> Iterator[Remark]:
    for score in book.catalog.scores:
        benchmark = book.catalog.benchmarks.get(score.benchmark)
        if benchmark is not None and not benchmark.low <= score.value <= benchmark.high:
            message = f"{score.value} is outside the range of `{benchmark.id}`, {benchmark.low} to {benchmark.high}"
            yield Remark(book.at(score.where, "value"), message, f"its unit is {benchmark.unit}")


@rule("JC704", "score-fraction", "error", "scores", "A score in percent is not written as a fraction.")
def _fraction(book: Book, _at: date) -> Iterator[Remark]:
    for score in book.catalog.scores:
        benchmark = book.catalog.benchmarks.get(score.benchmark)
        if benchmark is not None and benchmark.unit == "percent" and 0 < score.value <= 1:
            message = f"{score.value} percent of `{benchmark.id}`: a fraction?"
            yield Remark(book.at(score.where, "value"), message, f"in percent it is {(score.value * 100).normalize():f}")


@rule(
    "JC705",
    "scores-disagree",
    "warning",
    "scores",
    "Two scores of one model, benchmark and variant are at most half a band apart.",
)
def _disagree(book: Book, _at: date) -> Iterator[Remark]:
    bands = {
        name: criterion.band for tier in book.catalog.policy.tiers for criterion in tier.criteria for name in criterion.benchmarks
    }
    groups: dict[tuple[object, ...], list[Score]] = {}
    for score in book.catalog.scores:
        groups.setdefault((score.model, score.benchmark, score.variant), []).append(score)
    for scores in groups.values():
        if len(scores) < 2:
            continue
        half = bands.get(scores[0].benchmark, _DEFAULT_BAND) / 2
        first, *others = sorted(scores, key=lambda item: item.where)
        for score in others:
            if abs(score.value - first.value) > half:
                message = f"{score.value} for `{score.model}` on `{score.benchmark}`, but {first.value} at {first.where}"
                yield Remark(book.at(score.where, "value"), message, "another variant? Say it: tools, effort, shots")


RULES: tuple[Rule, ...] = (_unknown, _variant, _range, _fraction, _disagree)
