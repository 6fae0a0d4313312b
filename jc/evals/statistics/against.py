"""One run against another: which candidate changed, and is that proven?

Both runs are paired prompt by prompt, so only what changed counts and not how hard the set is. Scores of different judges,
templates or opponents are different quantities; comparing them is refused unless the caller says otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import numpy as np

from jc.evals.statistics.intervals import clustered_mean, wilson
from jc.evals.statistics.paired import Sample, mcnemar, pairs
from jc.evals.statistics.samples import bounds_of, reach_of
from jc.evals.statistics.units import Floats, Ints, Scores, names_of_marks, scores_of_marks
from jc.evals.statistics.values import Mark, Mean, Pair, Rules, Word

MOST_CHANGED = 0.1
"""A judge whose verdicts on the frozen pairs surely changed on more than this share has moved."""


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A judge's verdicts on frozen gold pairs, and the gold: scores of one answer (1, 0.5, 0) by pair."""

    judged: Mapping[str, float]
    gold: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Side:
    """What a comparison needs of one run."""

    name: str
    marks: Sequence[Mark]
    """One score per prompt and candidate: the mean pairwise score, else the pointwise one, else the share of checks passed."""
    basis: Literal["games", "scores"]
    judges: tuple[str, ...] = ()
    judge_digest: str = ""
    """Hash of the judge's template, mode and rules."""
    prompt_digest: Mapping[str, str] = field(default_factory=dict)
    """Hash of each prompt's content; a prompt that was edited under the same id is left out."""
    usd_per_answer: Mapping[str, Decimal | None] = field(default_factory=dict)
    p95_s: Mapping[str, float | None] = field(default_factory=dict)
    coverage: Mapping[str, float] = field(default_factory=dict)
    """Share of the set's prompts with a usable score, by candidate."""
    spared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Prompts of the set that a run which stops when all is decided did not ask, by candidate."""
    sentinels: Mapping[str, Sentinel] = field(default_factory=dict)
    """What each judge said about the frozen pairs of the run, by judge."""
    unreliable: bool = False
    """Whether the run is marked: its judges accepted too many control items."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One candidate in both runs; `difference` is this run minus the base, on the common prompts."""

    candidate: str
    base: Mean
    run: Mean
    difference: Mean
    p: float | None
    p_holm: float | None
    word: Word
    more_prompts: int | None
    usd_base: Decimal | None
    usd_run: Decimal | None
    """USD per answer; None is unknown."""
    p95_base_s: float | None
    p95_run_s: float | None
    coverage: float | None
    """Share of its own prompts with a score, or of the base's that both scored: the smaller; None when that is unknown."""
    common_prompts: int = 0
    """Prompts that both scored for this candidate."""
    base_prompts: int = 0
    """Prompts that the base scored for it, without those that this run spared because all was decided."""

    @property
    def cost_increase(self) -> float | None:
        """Relative change of the cost per answer; None when a cost is unknown; from zero to something is infinite."""
        if self.usd_base is None or self.usd_run is None:
            return None
        if self.usd_base == 0:
            return 0.0 if self.usd_run == 0 else float("inf")
        return float(self.usd_run / self.usd_base - 1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The run against the base; candidates by name."""

    rows: tuple[Changed, ...]
    paired_prompts: int
    changed_winner: int
    """Paired prompts on which another candidate is best now."""
    only_run: tuple[str, ...]
    """Prompts that only this run has; left out."""
    only_base: tuple[str, ...]
    edited: tuple[str, ...]
    """Prompts whose content differs under the same id; left out."""
    missing: tuple[str, ...]
    """Candidates of the base that this run does not have."""


def refusals(run: Side, base: Side, alpha: float = 0.05) -> tuple[str, ...]:
    """Why the two runs cannot be compared, as sentences; empty when they can."""
    out = []
    if run.basis != base.basis:
        out.append(f"{base.name} has scores from {_basis(base)}, {run.name} from {_basis(run)}.")
    if run.judges != base.judges:
        out.append(f"The judges differ: {_listed(base.judges)} in {base.name}, {_listed(run.judges)} in {run.name}.")
    if run.judge_digest != base.judge_digest:
        out.append("The judge's template or rules differ.")
    here, there = ({mark.candidate for mark in side.marks} for side in (run, base))
    if run.basis == base.basis == "games" and here != there:
        out.append(f"A win rate depends on the opponents, and they differ: {_listed(sorted(here ^ there))}.")
    watched = sorted(set(run.sentinels) & set(base.sentinels))
    moved = ((judge, judge_moved(run.sentinels[judge], base.sentinels[judge], alpha)) for judge in watched)
    return (*out, *(f"The judge `{judge}` moved: {why}" for judge, why in moved if why))


def unwatched(run: Side, base: Side) -> str:
    """That nobody knows whether the judges moved, as a sentence, when frozen pairs were asked for; else empty."""
    if not run.sentinels and not base.sentinels:
        return ""
    for judge in run.judges or base.judges:
        here, there = (side.sentinels.get(judge) for side in (run, base))
        if here is None or there is None:
            lacking = run.name if here is None else base.name
            return f"{lacking} has no frozen pairs (`--sentinel`): whether the judge moved is not known."
        if not set(here.judged) & set(there.judged):
            return "The two runs judged different frozen pairs: whether the judge moved is not known."
    return ""


def _basis(side: Side) -> str:
    return "games between candidates" if side.basis == "games" else "single answers"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def judge_moved(run: Sentinel, base: Sentinel, alpha: float = 0.05) -> str | None:
    """Why the judge counts as another one than in the base, as a sentence; None when it stayed or no pair is common.

    It moved when it became better or worse on the frozen pairs (exact McNemar p below alpha), or when the lower Wilson bound of
    the share of changed verdicts is above a tenth.
    """
    common = sorted(set(run.judged) & set(base.judged) & set(run.gold))
    if not common:
        return None
    now = [run.judged[key] == run.gold[key] for key in common]
    then = [base.judged[key] == run.gold[key] for key in common]
    p = mcnemar(
        sum(a and not b for a, b in zip(now, then, strict=True)), sum(b and not a for a, b in zip(now, then, strict=True))
    )
    if p < alpha:
        return f"{sum(then)} of {len(common)} frozen pairs right before, {sum(now)} now (p = {p:.2g})."
    changed = sum(run.judged[key] != base.judged[key] for key in common)
    if wilson(changed, len(common), alpha).low > MOST_CHANGED:
        return f"its verdict changed on {changed} of {len(common)} frozen pairs."
    return None


def compare(run: Side, base: Side, rules: Rules | None = None) -> Comparison:
    """Each candidate of both runs on the prompts that both scored; p by sign flips, Holm over the candidates.

    The word is about this run: "worse" means that it fell.
    """
    rules = rules or Rules()
    edited = {key for key, digest in run.prompt_digest.items() if key in base.prompt_digest and base.prompt_digest[key] != digest}
    new, old = ({mark.prompt for mark in side.marks} for side in (run, base))
    usable = (new & old) - edited
    now, then = _scores(run, base, usable)
    shared = sorted({mark.candidate for mark in run.marks} & {mark.candidate for mark in base.marks})
    samples = [_sample(now, then, candidate) for candidate in shared]
    tested = pairs([sample for sample in samples if sample.difference.size], rules)
    rows = tuple(_changed(pair, now, then, (run, base), rules) for pair in tested)
    return Comparison(
        rows=rows,
        paired_prompts=len(usable),
        changed_winner=_changed_winner(now, then),
        only_run=tuple(sorted(new - old)),
        only_base=tuple(sorted(old - new)),
        edited=tuple(sorted(edited & new & old)),
        missing=tuple(sorted({mark.candidate for mark in base.marks} - {row.candidate for row in rows})),
    )


def _scores(run: Side, base: Side, usable: set[str]) -> tuple[Scores, Scores]:
    """Both runs' scores on the usable prompts, under one set of names; clusters are those of this run."""
    cluster = {mark.prompt: mark.cluster for mark in run.marks}
    now = [mark for mark in run.marks if mark.prompt in usable]
    then = [mark._replace(cluster=cluster[mark.prompt]) for mark in base.marks if mark.prompt in usable]
    names = names_of_marks([*now, *then])
    return scores_of_marks(now, names), scores_of_marks(then, names)


def _both(now: Scores, then: Scores, k: int) -> tuple[Ints, Floats, Floats]:
    """Prompts that both scored for a candidate, its scores now and then."""
    prompts_now, scores_now = now.of(k)
    prompts_then, scores_then = then.of(k)
    common, first, second = np.intersect1d(prompts_now, prompts_then, assume_unique=True, return_indices=True)
    return common, scores_now[first], scores_then[second]


def _sample(now: Scores, then: Scores, candidate: str) -> Sample:
    k = now.names.candidates.index(candidate) if candidate in now.names.candidates else -1
    common, after, before = _both(now, then, k)
    bounds = reach_of(bounds_of(np.concatenate([now.score, then.score])))
    cluster = now.names.cluster_of[common]
    return Sample(candidate, candidate, "scores", after - before, cluster, bounds=bounds)


def _changed(pair: Pair, now: Scores, then: Scores, sides: tuple[Side, Side], rules: Rules) -> Changed:
    name = pair.a
    common, after, before = _both(now, then, now.names.candidates.index(name))
    cluster = now.names.cluster_of[common]
    bounds = bounds_of(np.concatenate([now.score, then.score]))
    of_run = clustered_mean(after, cluster, rules.alpha, bounds)
    of_base = clustered_mean(before, cluster, rules.alpha, bounds)
    assert of_run is not None
    assert of_base is not None
    assert pair.difference is not None
    run, base = sides
    of_the_base = {mark.prompt for mark in base.marks if mark.candidate == name and mark.score is not None}
    asked = len(of_the_base - run.spared.get(name, frozenset()))
    own = run.coverage.get(name)
    return Changed(
        candidate=name,
        base=of_base,
        run=of_run,
        difference=pair.difference,
        p=pair.p,
        p_holm=pair.p_holm,
        word=pair.word,
        more_prompts=pair.more_prompts,
        usd_base=base.usd_per_answer.get(name),
        usd_run=run.usd_per_answer.get(name),
        p95_base_s=base.p95_s.get(name),
        p95_run_s=run.p95_s.get(name),
        coverage=None if own is None else min(own, len(common) / asked if asked else 1.0),
        common_prompts=len(common),
        base_prompts=asked,
    )


def _changed_winner(now: Scores, then: Scores) -> int:
    """Prompts whose set of best candidates differs, among the candidates that both runs scored there."""
    number = max(1, len(now.names.candidates))
    here, there = now.prompt * number + now.candidate, then.prompt * number + then.candidate
    common, first, second = np.intersect1d(here, there, assume_unique=True, return_indices=True)
    best_now: dict[int, tuple[float, set[int]]] = {}
    best_then: dict[int, tuple[float, set[int]]] = {}
    for code, after, before in zip(common.tolist(), now.score[first].tolist(), then.score[second].tolist(), strict=True):
        prompt, candidate = divmod(code, number)
        for best, score in ((best_now, after), (best_then, before)):
            top, who = best.get(prompt, (-np.inf, set()))
            if score > top:
                best[prompt] = (score, {candidate})
            elif score == top:
                who.add(candidate)
    return sum(best_now[prompt][1] != best_then[prompt][1] for prompt in best_now)
