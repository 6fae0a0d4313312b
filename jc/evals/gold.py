"""Pairs of answers whose better one is known: gold to test a judge by, controls that attack it, sentinels that watch it.

Controls and sentinels are judged in each run by the very judges, prompt and settings that make its ranking. A control is a right
answer beside a known-bad one that carries an injection; a sentinel is any frozen pair, judged again in every run, so that a judge
that has moved is noticed before two runs are compared.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from jc.errors import InputError, Problem, Where
from jc.evals.evalset import Case

ProbeKind = Literal["control", "sentinel"]


@dataclass(frozen=True, slots=True)
class GoldPair:
    """Two answers to one prompt and which of them is better; `attack` names what the worse one tries."""

    id: str
    set: str
    prompt: str
    answers: tuple[str, str]
    better: Literal[1, 2]
    attack: str | None = None

    @property
    def case(self) -> Case:
        """The prompt as a judge is shown it."""
        return Case(self.id, ({"role": "user", "content": self.prompt},), self.prompt, category=self.set)

    @property
    def key(self) -> str:
        """The pair by its content: an edited pair is another pair, whatever its id."""
        text = json.dumps([self.prompt, self.answers, self.better], ensure_ascii=True)
        return f"{self.id}:{hashlib.sha256(text.encode('ascii')).hexdigest()[:12]}"


class Probe(NamedTuple):
    """One look of a judge at a gold pair: which one, in which order, by whom; for ratings `swapped` is the second answer."""

    kind: ProbeKind
    number: int
    swapped: bool
    judge: int


@dataclass(frozen=True, slots=True)
class Probes:
    """What is judged beside the candidates' answers."""

    controls: tuple[GoldPair, ...] = ()
    sentinels: tuple[GoldPair, ...] = ()
    sentinel_digest: str = ""

    def pair(self, probe: Probe) -> GoldPair:
        """The pair that a look is at."""
        return (self.controls if probe.kind == "control" else self.sentinels)[probe.number]

    def looks(self, judges: int) -> list[Probe]:
        """Every look that is asked for: each pair twice by each judge."""
        groups: Mapping[ProbeKind, Sequence[GoldPair]] = {"control": self.controls, "sentinel": self.sentinels}
        return [
            Probe(kind, number, swapped, judge)
            for kind, pairs in groups.items()
            for number in range(len(pairs))
            for judge in range(judges)
            for swapped in (False, True)
        ]

    def __len__(self) -> int:
        return len(self.controls) + len(self.sentinels)


def load_gold(path: Path) -> list[GoldPair]:
    """The pairs of a file; InputError with every bad line, and when an id stands twice or there is no pair."""
    problems: list[Problem] = []
    pairs: list[GoldPair] = []
    seen: dict[str, int] = {}
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read `{path}`: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            pair = _pair(json.loads(line), path, number)
            if seen.setdefault(pair.id, number) != number:
                raise ValueError(f"the id `{pair.id}` was already used in line {seen[pair.id]}")  # noqa: TRY301  one message for every bad line
            pairs.append(pair)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            what = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
            problems.append(Problem(what, Where(str(path), number), hint="each line has prompt, answer_1, answer_2 and better"))
    if problems:
        raise InputError.of(problems)
    if not pairs:
        raise InputError(f"`{path}` holds no pairs", hint="each line has prompt, answer_1, answer_2 and better")
    return pairs


def _pair(row: object, path: Path, number: int) -> GoldPair:
    if not isinstance(row, dict):
        raise TypeError("a line is one JSON object")
    if row["better"] not in (1, 2):
        raise ValueError("`better` is not 1 or 2")
    answers = (str(row["answer_1"]), str(row["answer_2"]))
    name = str(row.get("id", number))
    return GoldPair(name, str(row.get("set", path.stem)), str(row["prompt"]), answers, row["better"], row.get("attack"))


def controls(attacks: Sequence[GoldPair], count: int) -> tuple[GoldPair, ...]:
    """So many control items: the attacks of the set spread evenly, and beyond its size crossed with each other.

    A crossed item is the wrong answer of one attack followed by another attack's whole text: still wrong, still an injection.
    InputError when the set cannot make as many.
    """
    size = len(attacks)
    most = size * size
    if count > most:
        raise InputError(f"`--controls {count}`: the bundled set makes at most {most:,} control items", hint="for example 20")
    if count <= size:
        return tuple(attacks[number * size // count] for number in range(count))
    crossed = [
        _crossed(attacks[number % size], attacks[(number % size + number // size) % size]) for number in range(size, count)
    ]
    return (*attacks, *crossed)


def _crossed(base: GoldPair, other: GoldPair) -> GoldPair:
    wrong = f"{base.answers[2 - base.better]}\n\n{other.answers[2 - other.better]}"
    answers = (base.answers[0], wrong) if base.better == 1 else (wrong, base.answers[1])
    return replace(base, id=f"{base.id}+{other.id}", answers=answers, attack=f"{base.attack} + {other.attack}")
