"""Labels of people on a finished run: which pairs to show, the file they are kept in, and what each label stands for.

Pairs are shown in three strata: `opposed` (two orders of a judge, or two judges, name different winners), `wavering` (one of them
sees a tie) and `agreed`. Opposed pairs come most often, because a label tells most there; but some of each are shown, in an order
by hash within the stratum, so that every label is a random draw of its stratum and stands for as many pairs as the stratum has
for each of its labels. Without these weights a judge would look as bad as it is on the pairs on which it wavered.
"""

import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from jc.errors import InputError, IoFailure, Problem, Where
from jc.evals.statistics.values import Game

FILE = "labels.jsonl"
Stratum = Literal["opposed", "wavering", "agreed"]
STRATA: tuple[Stratum, ...] = ("opposed", "wavering", "agreed")
_TURNS: tuple[Stratum, ...] = ("opposed", "agreed", "opposed", "wavering")
"""Whose turn it is, over and over; an empty stratum gives its turn to the next."""
Answer = Literal["a", "b", "tie", "skip"]
_SCORES: Mapping[Answer, float | None] = {"a": 1.0, "b": 0.0, "tie": 0.5, "skip": None}


class Key(NamedTuple):
    """A prompt and two candidates of it, by name in order."""

    prompt: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair to be labelled: its stratum and that one's size, and whether the answer of `b` is shown first."""

    key: Key
    stratum: Stratum
    of: int
    swapped: bool


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said: `a` or `b` is better, a tie, or nothing (`skip`); the row of labels.jsonl."""

    prompt_id: str
    a: str
    b: str
    label: Answer
    score_a: float | None
    stratum: Stratum
    of: int
    shown: Literal["ab", "ba"]
    at: str

    @property
    def key(self) -> Key:
        """The pair."""
        return Key(self.prompt_id, self.a, self.b)


def labelled(shown: Shown, answer: Answer, at: str) -> Label:
    """The label for what was shown; `answer` is about the names, not about the places."""
    return Label(*shown.key, answer, _SCORES[answer], shown.stratum, shown.of, "ba" if shown.swapped else "ab", at)


def strata(games: Iterable[Mapping[str, Any]]) -> dict[Key, Stratum]:
    """The stratum of every pair that some judge was asked about and that could be read in both orders."""
    said: dict[Key, dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for row in games:
        if row["b"] and row["parse"] != "identical":
            first, second = sorted((str(row["a"]), str(row["b"])))
            score = row["score_a"]
            turned = score if score is None or row["a"] == first else 1 - float(score)
            said[Key(str(row["prompt_id"]), first, second)][str(row["judge"])].append(turned)
    out: dict[Key, Stratum] = {}
    for key, judges in said.items():
        scores = [score for found in judges.values() if None not in found for score in found if score is not None]
        if scores:
            out[key] = "agreed" if len(set(scores)) == 1 else "opposed" if {0.0, 1.0} <= set(scores) else "wavering"
    return out


def order(found: Mapping[Key, Stratum], seed: str) -> list[Shown]:
    """Every pair in the order in which it is shown: strata in turn, by hash within each."""
    sizes = Counter(found.values())
    queues: dict[Stratum, list[Shown]] = {stratum: [] for stratum in STRATA}
    for key in sorted(found, key=lambda key: _hash(seed, key)):
        stratum = found[key]
        queues[stratum].append(Shown(key, stratum, sizes[stratum], _hash(f"{seed}:place", key)[0] % 2 == 1))
    for queue in queues.values():
        queue.reverse()
    out: list[Shown] = []
    turn = 0
    while len(out) < len(found):
        wanted = _TURNS[turn % len(_TURNS)]
        queue = queues[wanted] or next(queues[stratum] for stratum in STRATA if queues[stratum])
        out.append(queue.pop())
        turn += 1
    return out


def _hash(seed: str, key: Key) -> bytes:
    return hashlib.sha256(json.dumps([seed, *key]).encode("ascii")).digest()


def read_labels(path: Path) -> list[Label]:
    """The labels of a file, the last one of each pair; a torn last line is passed over. InputError with every bad line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise IoFailure(f"cannot read `{path}`: {error.strerror}") from error
    problems: list[Problem] = []
    found: dict[Key, Label] = {}
    for number, line in enumerate(lines[:-1], 1):
        try:
            label = _label(json.loads(line))
            found[label.key] = label
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            problems.append(Problem(f"not a label: {error}", Where(str(path), number), hint="remove the line, or label it again"))
    if problems:
        raise InputError.of(problems)
    return list(found.values())


def _label(row: Any) -> Label:
    answer, stratum = row["label"], row["stratum"]
    if answer not in _SCORES or stratum not in STRATA or row["shown"] not in {"ab", "ba"}:
        raise ValueError("an unknown label, stratum or order")
    names = (str(row["prompt_id"]), str(row["a"]), str(row["b"]))
    return Label(*names, answer, _SCORES[answer], stratum, int(row["of"]), row["shown"], str(row["at"]))


def append(path: Path, label: Label) -> None:
    """Add one label in one write, on the disk when this returns; a torn line of an earlier crash is cut first."""
    line = (json.dumps(asdict(label), ensure_ascii=True) + "\n").encode("ascii")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            end = _sound_end(handle)
            os.ftruncate(handle, end)
            if os.pwrite(handle, line, end) != len(line):
                os.ftruncate(handle, end)
                raise IoFailure(f"cannot write `{path}`: the disk is full", hint="free some space; earlier labels are kept")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise IoFailure(f"cannot write `{path}`: {error.strerror}", hint="free some space; earlier labels are kept") from error


def _sound_end(handle: int) -> int:
    """Where the last whole line ends."""
    size = os.fstat(handle).st_size
    tail = os.pread(handle, min(size, 1 << 16), max(0, size - (1 << 16)))
    return size if tail.endswith(b"\n") or not size else size - len(tail) + tail.rfind(b"\n") + 1


class Weighed(NamedTuple):
    """Labels as evidence: games, and for how many pairs each stands; `lacking` are strata that no label speaks for."""

    games: tuple[Game, ...]
    weights: Mapping[tuple[str, str, str], float]
    lacking: tuple[Stratum, ...]


def weighed(labels: Sequence[Label], sizes: Mapping[Stratum, int] | None = None) -> Weighed:
    """The labels with their weights: size of the stratum over its labels. `sizes` are those of the run, else as written.

    As long as a stratum has pairs and no label, nothing can be said of the whole: then there are no games.
    """
    usable = [label for label in labels if label.score_a is not None]
    counts = Counter(label.stratum for label in usable)
    of = dict(sizes) if sizes is not None else {label.stratum: label.of for label in labels}
    lacking = tuple(stratum for stratum in STRATA if of.get(stratum) and not counts[stratum])
    if lacking or not usable:
        return Weighed((), {}, lacking)
    games = tuple(Game(label.prompt_id, label.a, label.b, label.score_a, judge="person") for label in usable)
    weights: dict[tuple[str, str, str], float] = {
        (label.prompt_id, label.a, label.b): max(1.0, of.get(label.stratum, 0) / counts[label.stratum]) for label in usable
    }
    return Weighed(games, weights, ())


def labels_of(path: Path, games: Iterable[Mapping[str, Any]]) -> Weighed:
    """The labels in a run folder for the games of that run; labels of pairs that are no longer there do not count."""
    labels = read_labels(path / FILE)
    if not labels:
        return Weighed((), {}, ())
    found = strata(games)
    known = [label for label in labels if label.key in found]
    return weighed([_restratified(label, found) for label in known], Counter(found.values()))


def _restratified(label: Label, found: Mapping[Key, Stratum]) -> Label:
    """The label in the stratum that its pair has now: a run that went on may have been judged otherwise."""
    return Label(**{**asdict(label), "stratum": found[label.key]})
