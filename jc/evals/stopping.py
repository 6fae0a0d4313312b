"""`--stop-when-decided`: the plan step by step, with a look at the pairs after each, until every pair is decided.

A look happens when every unit of its step is finished, and follows from these units alone: not from the clock, not from the order
in which answers came. So the same journal stops at the same place, a resumed run goes through the same looks, and the words can
pay for each look by alpha spending.

The prompts are taken in an order of their own (by a hash of seed and id), because a set that is sorted by category would be
judged on its first category alone. Within a step verdicts go to the pairs whose interval they narrow most; a decided pair gets
none, and a candidate without an open pair is asked nothing more.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from jc.evals.pipeline import Bout, Pipeline, Step
from jc.evals.plan import Plan
from jc.evals.statistics.values import Evidence, Pair, Rules, Standings, Word
from jc.evals.work import Slot

LOOKS = 10
"""At most about so many looks: more cost more than they save."""
LEAST_PROMPTS = 4
"""Prompts that a pair takes between two looks, at least."""
FLIPS = 100_000
"""Draws of the permutation test at a look: early bounds lie below what 10,000 draws can show."""


@dataclass(slots=True)
class Progress:
    """How far one pair of candidates (by index) has come through its prompts."""

    first: int
    second: int
    cases: tuple[int, ...]
    """The cases on which the plan judges the pair, in the order in which they are taken."""
    taken: int = 0
    fractions: tuple[float, ...] = ()
    word: Word = "undecided"
    """About the candidate whose name comes first in `names`."""
    p: float | None = None
    p_bound: float = 0.0
    sd: float | None = None
    names: tuple[str, str] = ("", "")

    @property
    def done(self) -> bool:
        """Whether every planned prompt was taken."""
        return self.taken >= len(self.cases)


class Referee:
    """Decides after each step what comes next; `evidence` gives what is finished so far."""

    def __init__(self, plan: Plan, evidence: Callable[[], Evidence], *, flips: int = FLIPS) -> None:
        self.plan = plan
        self.looks = 0
        self._evidence = evidence
        self._rules = Rules(margin=plan.settings.margin or None, seed=plan.settings.seed, flips=flips, draws=0)
        names = [party.name for party in plan.candidates]
        self.pairs = [Progress(*pair, cases, names=_sorted(names, pair)) for pair, cases in _planned(plan)]
        self._asked: set[Slot] = set()

    def next(self, pipeline: Pipeline) -> Step | None:
        """The next step, None when every pair is decided or out of prompts."""
        if self._asked:
            self._look()
        if pipeline.stopped is not None or not any(pair.word == "undecided" and not pair.done for pair in self.pairs):
            return None
        return self._step()

    def _step(self) -> Step:
        bouts: set[Bout] = set()
        for pair, more in self._allocated():
            bouts.update((case, pair.first, pair.second) for case in pair.cases[pair.taken : pair.taken + more])
            pair.taken += more
        epochs = self.plan.settings.epochs
        wanted = {Slot(case, player, epoch) for case, *both in bouts for player in both for epoch in range(epochs)}
        slots = sorted(wanted - self._asked)
        self._asked.update(slots)
        return Step(slots, frozenset(bouts))

    def _allocated(self) -> list[tuple[Progress, int]]:
        """How many more prompts each open pair takes; together as many as the open pairs would take at an even pace."""
        from jc.evals.statistics.sequential import Contest, allocate

        open_ones = [pair for pair in self.pairs if pair.word == "undecided" and not pair.done]
        budget = sum(max(LEAST_PROMPTS, math.ceil(len(pair.cases) / LOOKS)) for pair in open_ones)
        contests = [Contest(*pair.names, pair.taken, pair.sd, most=len(pair.cases)) for pair in open_ones]
        chosen = [(contest.a, contest.b) for contest in allocate(contests, budget)]
        return [(pair, more) for pair in open_ones if (more := chosen.count(pair.names))]

    def _look(self) -> None:
        from jc.evals.statistics.sequential import look

        self.looks += 1
        tested = {_names(pair): pair for pair in self._tested()}
        shown = [tested.get(pair.names) or _nothing(pair.names) for pair in self.pairs]
        for pair, found in zip(self.pairs, shown, strict=True):
            if pair.word == "undecided" and found.difference is not None:
                self._count(pair, found)
        decided = look(shown, [pair.fractions for pair in self.pairs], [pair.word for pair in self.pairs], self._rules.alpha)
        for pair, word, bound in zip(self.pairs, decided.words, decided.p_bounds, strict=True):
            pair.p_bound = bound or pair.p_bound
            pair.word = word

    def _count(self, pair: Progress, found: Pair) -> None:
        """A look at a pair that has more prompts than at the last; the last look has all of alpha, whatever is missing."""
        assert found.difference is not None
        share = 1.0 if pair.done else min(1.0, found.difference.n / len(pair.cases))
        pair.p = found.p
        pair.sd = None if found.difference.se is None else found.difference.se * math.sqrt(found.difference.n)
        if share > (pair.fractions[-1] if pair.fractions else 0.0):
            pair.fractions = (*pair.fractions, share)

    def _tested(self) -> Sequence[Pair]:
        """The pairs that have met, each as its names in order; no ratings, no bootstrap."""
        from jc.evals.statistics.paired import pairs
        from jc.evals.statistics.samples import samples_of_bouts, samples_of_scores
        from jc.evals.statistics.units import bouts, columns, scores_of_marks, units

        evidence = self._evidence()
        if evidence.games:
            rows = bouts(units(columns(evidence.games)))
            samples = samples_of_bouts(rows, range(len(rows.names.candidates)))
            samples = [sample for sample in samples if sample.basis == "direct"]
        else:
            scores = scores_of_marks(evidence.marks)
            samples = samples_of_scores(scores, range(len(scores.names.candidates)))
        return pairs([sample for sample in samples if sample.difference.size], self._rules)

    @property
    def decided(self) -> bool:
        """Whether every pair is."""
        return all(pair.word != "undecided" for pair in self.pairs)

    @property
    def common(self) -> int:
        """How many prompts, from the first on, every pair was judged on; 0 when the plan gives pairs prompts of their own."""
        if len({pair.cases for pair in self.pairs}) != 1:
            return 0
        return min(pair.taken for pair in self.pairs)

    def common_prompts(self) -> frozenset[str]:
        """The ids of these prompts."""
        cases = self.plan.evalset.cases
        return frozenset(cases[case].id for case in self.pairs[0].cases[: self.common])

    def worded(self, found: Standings) -> Standings:
        """The standings with the words of the looks; what no look was at stays undecided."""
        words = {pair.names: pair.word for pair in self.pairs}
        pairs = []
        for pair in found.pairs:
            word = words.get(_names(pair), "undecided")
            pairs.append(replace(pair, word=word if (pair.a, pair.b) == _names(pair) else _MIRRORED[word], more_prompts=None))
        note = (
            f"The words come from {self.looks} look{'' if self.looks == 1 else 's'} with alpha spending (all pairs and looks "
            "together err in at most 5% of runs); p values and intervals are those of a run of this size, as if planned."
        )
        return replace(found, pairs=tuple(pairs), notes=(*found.notes, note))

    def payload(self) -> dict[str, Any]:
        """The looks for the summary."""
        names = [{"a": pair.names[0], "b": pair.names[1]} for pair in self.pairs]
        rows = [
            {**name, "prompts": pair.taken, "planned": len(pair.cases), "word": pair.word, "p": pair.p, "p_bound": pair.p_bound,
             "looks": list(pair.fractions)}
            for name, pair in zip(names, self.pairs, strict=True)
        ]  # fmt: skip
        return {"decided": self.decided, "looks": self.looks, "common_prompts": self.common, "pairs": rows}


_MIRRORED: dict[Word, Word] = {
    "better": "worse", "worse": "better", "equivalent": "equivalent", "undecided": "undecided",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Saved:
    """What was not asked because all was decided; `usd_saved` at the mean cost of what was, None when a price is unknown."""

    calls_planned: int
    calls_saved: int
    usd_saved: float | None

    def payload(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def in_order(plan: Plan) -> list[int]:
    """The cases in the order in which they are taken: by a hash of seed and id, a cluster's prompts each for itself."""
    seed = plan.settings.seed

    def key(case: int) -> bytes:
        return hashlib.sha256(f"{seed}:{plan.evalset.cases[case].id}".encode("utf-8", "surrogatepass")).digest()

    return sorted(range(len(plan.evalset.cases)), key=key)


def _planned(plan: Plan) -> list[tuple[tuple[int, int], tuple[int, ...]]]:
    """Each pair that the plan compares, with its cases in order; without pairs to judge all against all, or the baseline."""
    found: dict[tuple[int, int], list[int]] = {}
    for case in in_order(plan):
        for pair in plan.pairs(case):
            found.setdefault(pair, []).append(case)
    return [(pair, tuple(cases)) for pair, cases in sorted(found.items())]


def _sorted(names: Sequence[str], pair: tuple[int, int]) -> tuple[str, str]:
    first, second = sorted(names[number] for number in pair)
    return first, second


def _names(pair: Pair) -> tuple[str, str]:
    first, second = sorted((pair.a, pair.b))
    return first, second


def _nothing(names: tuple[str, str]) -> Pair:
    return Pair(*names, "direct", None, None, "none", None, None, None, "undecided", None)
