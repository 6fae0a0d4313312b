"""What a run will do, before it does it: which answers, which pairs, how many calls, about how much money and time."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Literal, NamedTuple

from jc.catalog.price import Unpriced, price
from jc.errors import InputError
from jc.evals.evalset import Case, EvalSet
from jc.evals.gold import Probe, Probes
from jc.evals.judge import Protocol
from jc.evals.parties import Party
from jc.quantities import Usage

JudgeMode = Literal["pairwise", "pointwise", "both", "none"]
OnRefusal = Literal["loss", "tie", "exclude"]
# Without a run to learn from: four characters a token (English text), 300 tokens an answer, 250 a judge's reasons.
CHARS_PER_TOKEN = 4
TYPICAL_ANSWER_TOKENS = 300
TYPICAL_REASON_TOKENS = 250
JUDGE_PROMPT_TOKENS = 320
TYPICAL_LATENCY_S = 3.0
NO_PROBES = Probes()


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is done; what is not here cannot change a result."""

    mode: JudgeMode = "pairwise"
    baseline: str | None = None
    pairs_per_prompt: int | None = None
    epochs: int = 1
    seed: int = 0
    max_tokens: int = 4096
    temperature: float | None = None
    on_refusal: OnRefusal = "exclude"
    stream: bool = False
    margin: float = 0.02
    stop_when_decided: bool = False
    """Look at the pairs in between and stop when all are decided; the words then pay for every look."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Prompts × candidates × epochs to answer, pairs to judge in both orders by every judge."""

    evalset: EvalSet
    candidates: tuple[Party, ...]
    judges: tuple[Party, ...]
    settings: Settings
    protocol: Protocol
    probes: Probes = field(default_factory=Probes)
    """Control items and frozen pairs that the judges look at beside the answers."""

    def looks(self) -> list[Probe]:
        """Every look at a gold pair: twice by each judge."""
        return self.probes.looks(len(self.judges))

    @property
    def pairwise(self) -> bool:
        """Whether pairs are judged."""
        return self.settings.mode in {"pairwise", "both"} and bool(self.judges)

    @property
    def pointwise(self) -> bool:
        """Whether answers are rated one by one."""
        return self.settings.mode in {"pointwise", "both"} and bool(self.judges)

    @property
    def answers(self) -> int:
        """How many answers are asked for."""
        return len(self.evalset.cases) * len(self.candidates) * self.settings.epochs

    @property
    def games(self) -> int:
        """How many judge games there are at most: identical answers tie without a call."""
        if not self.pairwise:
            return 0
        pairs = sum(len(self.pairs(number)) for number in range(len(self.evalset.cases)))
        return pairs * 2 * len(self.judges) * self.settings.epochs

    @property
    def ratings(self) -> int:
        """How many ratings there are at most."""
        return self.answers * len(self.judges) if self.pointwise else 0

    def pairs(self, case: int) -> tuple[tuple[int, int], ...]:
        """The pairs of candidates that are compared on a case, by index, the smaller first."""
        names = [party.name for party in self.candidates]
        baseline = names.index(self.settings.baseline) if self.settings.baseline else None
        return pairs_of(len(names), case, baseline, self.settings.pairs_per_prompt)


def pairs_of(candidates: int, case: int, baseline: int | None, per_prompt: int | None) -> tuple[tuple[int, int], ...]:
    """All pairs up to four candidates; else all against the baseline; else a connected design.

    The design lays all pairs out ring by ring (neighbours, then those two apart, …), and each prompt takes the next `per_prompt`
    of them (default: as many as candidates, which is one ring): over the prompts every pair comes up equally often.
    """
    if baseline is not None:
        return tuple((min(baseline, other), max(baseline, other)) for other in range(candidates) if other != baseline)
    number = len(_rings(candidates))
    wanted = min(number, per_prompt or (number if candidates <= 4 else candidates))
    return _row(candidates, case * wanted % max(1, number), wanted)


@cache
def _rings(candidates: int) -> tuple[tuple[int, int], ...]:
    """All pairs, ring by ring."""
    rings = [(first, (first + stride) % candidates) for stride in range(1, candidates // 2 + 1) for first in range(candidates)]
    return tuple(dict.fromkeys((min(pair), max(pair)) for pair in rings))


@cache
def _row(candidates: int, start: int, wanted: int) -> tuple[tuple[int, int], ...]:
    every = _rings(candidates)
    return tuple(sorted(every[(start + number) % len(every)] for number in range(wanted)))


def make_plan(
    evalset: EvalSet,
    candidates: Sequence[Party],
    judges: Sequence[Party],
    settings: Settings,
    protocol: Protocol,
    probes: Probes = NO_PROBES,
) -> Plan:
    """A plan that can be carried out; InputError when there is nothing to compare by."""
    has_checks = any(case.checks for case in evalset.cases)
    if not candidates:
        raise InputError("no candidates", hint="name them with `--candidates a,b`")
    if not judges and not has_checks:
        raise InputError("nothing to judge by: no `--judge`, and no prompt has `checks`", hint="add `--judge MODEL`")
    if settings.mode == "pairwise" and judges and len(candidates) < 2:
        raise InputError("pairs need two candidates", hint="add a candidate, or use `--judge-mode pointwise`")
    if settings.baseline and settings.baseline not in [party.name for party in candidates]:
        raise InputError(f"the baseline `{settings.baseline}` is not a candidate", hint="name one of `--candidates`")
    if probes and not judges:
        raise InputError("control items and frozen pairs need a judge", hint="add `--judge MODEL`")
    if settings.stop_when_decided and len(candidates) < 2:
        raise InputError("`--stop-when-decided` decides between candidates, and there is one", hint="add a candidate")
    return Plan(evalset, tuple(candidates), tuple(judges), settings, protocol, probes)


class Money(NamedTuple):
    """About how much, and at most (without retries), in USD; `unpriced` lists who has no price."""

    about: Decimal
    at_most: Decimal
    unpriced: tuple[str, ...]


class Load(NamedTuple):
    """How many calls one party gets, and the tokens of a typical and of the largest one."""

    party: Party
    calls: int
    typical: Usage
    largest: Usage


def loads(plan: Plan) -> Iterator[Load]:
    """The calls of the plan by party, with typical and largest token counts a call."""
    cases = plan.evalset.cases
    question = max(1, round(sum(_tokens(case) for case in cases) / len(cases)))
    per_candidate = len(cases) * plan.settings.epochs
    answer = min(TYPICAL_ANSWER_TOKENS, plan.settings.max_tokens)
    reason = min(TYPICAL_REASON_TOKENS, plan.protocol.max_tokens)
    for party in plan.candidates:
        yield Load(party, per_candidate, Usage(question, answer), Usage(question, plan.settings.max_tokens))
    for answers, calls in ((2, plan.games), (1, plan.ratings)):
        base = JUDGE_PROMPT_TOKENS + question
        typical = Usage(base + answers * answer, reason)
        largest = Usage(base + answers * plan.settings.max_tokens, plan.protocol.max_tokens)
        if calls:
            yield from (Load(party, calls // len(plan.judges), typical, largest) for party in plan.judges)
    if plan.probes and plan.judges:
        pairs = (*plan.probes.controls, *plan.probes.sentinels)
        size = sum(len(pair.prompt) + sum(map(len, pair.answers)) for pair in pairs) // len(pairs) // CHARS_PER_TOKEN
        most = max(len(pair.prompt) + sum(map(len, pair.answers)) for pair in pairs)
        typical = Usage(JUDGE_PROMPT_TOKENS + size, reason)
        largest = Usage(JUDGE_PROMPT_TOKENS + most, plan.protocol.max_tokens)
        yield from (Load(party, 2 * len(pairs), typical, largest) for party in plan.judges)


def _tokens(case: Case) -> int:
    return len(json.dumps(case.messages, ensure_ascii=False)) // CHARS_PER_TOKEN + 1


def money(plan: Plan, at: datetime) -> Money:
    """What the plan costs: typical, and when every answer is as long as it may be."""
    about, at_most = Decimal(0), Decimal(0)
    unpriced: list[str] = []
    for load in loads(plan):
        if load.party.offer is None:
            unpriced.append(load.party.name)
            continue
        try:
            about += load.calls * price(load.party.offer, load.typical, at).usd
            at_most += load.calls * price(load.party.offer, load.largest, at).usd
        except Unpriced:
            unpriced.append(load.party.name)
    return Money(about, at_most, tuple(dict.fromkeys(unpriced)))


def duration_s(plan: Plan, concurrency: int) -> float:
    """About how long the run takes in seconds: each endpoint works through its calls, `concurrency` at a time."""
    busy: dict[str, float] = {}
    for load in loads(plan):
        speed = load.party.offer.speed if load.party.offer else None
        latency = TYPICAL_LATENCY_S
        if speed and speed.tokens_per_s:
            latency = float(speed.ttft_s or 0) + load.typical.output_tokens / float(speed.tokens_per_s)
        address = load.party.endpoint.address
        busy[address] = busy.get(address, 0) + load.calls * latency / concurrency
    return max(busy.values(), default=0.0)
