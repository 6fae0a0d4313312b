"""Verdicts, scores and right/wrong matrices that other tools and people have written, as evidence for the statistics.

Three kinds of file, told apart by their columns, as CSV, JSON lines or one JSON list:

games    `prompt_id, a, b, score_a` with 1, 0.5 or 0; optional `judge, order, cluster, epoch, length_a, length_b`
scores   `prompt_id, candidate, score`; optional `judge, cluster, epoch`
matrix   `prompt_id` and one column per candidate with 1 or 0; optional `cluster`

The columns of Chatbot Arena and MT-Bench, `model_a, model_b, winner`, are read as games too (`question_id` for `prompt_id`,
`turn` for `epoch`). An empty score is a verdict that could not be read: a gap, never a loss. Every bad row is named in one pass.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from jc.errors import InputError
from jc.evals.statistics.values import Evidence, Game, Mark, Order
from jc.evals.tabular import BadRows, Row, rows_of

Kind = Literal["games", "scores", "matrix"]

SHAPES = "`prompt_id,a,b,score_a`, `prompt_id,candidate,score`, or `prompt_id` and a column of 1 and 0 per candidate"
LARGEST = 1e12
"""Scores, lengths and epochs beyond it are taken for damage; it keeps every sum finite."""
_GAME = ("prompt_id", "a", "b", "score_a")
_SCORE = ("prompt_id", "candidate", "score")
_ARENA = ("model_a", "model_b", "winner")
_WINNERS = {"model_a": "1", "model_b": "0", "tie": "0.5", "tie (bothbad)": "0.5", "tie (inconsistent)": "0.5", "both_bad": "0.5"}
_RENAMED = {"model_a": "a", "model_b": "b", "winner": "score_a", "question_id": "prompt_id", "turn": "epoch"}
_BESIDE_MATRIX = frozenset({"prompt_id", "cluster", "category", "epoch", "judge", "run_id"})
_RIGHT = {"1": 1.0, "1.0": 1.0, "true": 1.0, "right": 1.0, "0": 0.0, "0.0": 0.0, "false": 0.0, "wrong": 0.0}
_ORDERS: dict[str, Order] = {"": "", "ab": "ab", "ba": "ba", "a": "ab", "b": "ba", "first": "ab", "second": "ba"}


@dataclass(frozen=True, slots=True)
class Foreign:
    """One file as evidence."""

    path: str
    kind: Kind
    games: tuple[Game, ...]
    marks: tuple[Mark, ...]
    rows: int
    unread: int
    """Rows (cells of a matrix) without a score."""
    unused: tuple[str, ...]
    """Columns that say nothing here."""

    def evidence(self, labels: "Foreign | None" = None) -> Evidence:
        """The rows as evidence, with the labels of another file."""
        return Evidence(
            games=self.games,
            marks=self.marks,
            label_games=labels.games if labels else (),
            label_marks=labels.marks if labels else (),
        )


@dataclass(slots=True)
class _Reading:
    """What one pass over a file has found."""

    bad: BadRows
    columns: tuple[str, ...] = ()
    games: list[Game] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    orders: list[tuple[int, str, int | None]] = field(default_factory=list)
    """Line, order as written, and the place of the game; None when the row is bad for another reason."""
    cluster_of: dict[str, tuple[str, int]] = field(default_factory=dict)
    unread: int = 0
    rows: int = 0


def read_foreign(path: Path) -> Foreign:
    """The verdicts, scores or matrix in `path`; InputError with every bad row as `file:line`."""
    bad = BadRows(str(path))
    reading = _Reading(bad)
    rows = (_renamed(row) for row in rows_of(path, bad, f"name a CSV or JSONL file with {SHAPES}"))
    first = next(rows, None)
    if first is None:
        bad.check()
        raise InputError(f"`{path}` has no rows", hint=f"columns: {SHAPES}")
    kind = _kind(first, bad)
    reading.columns = tuple(first.data)
    take = {"games": _game, "scores": _score, "matrix": _cells}[kind]
    seen: dict[str, int] = {}
    for row in itertools.chain([first], rows):
        reading.rows += 1
        prompt = _prompt(row, reading)
        if prompt is None:
            continue
        if kind == "matrix" and seen.setdefault(prompt, row.line) != row.line:
            bad.add(row.line, f"`prompt_id` {_shown(prompt)} was already used in line {seen[prompt]}")
            continue
        take(row, prompt, reading)
    _resolve_orders(reading)
    bad.check()
    if not reading.games and not reading.marks:
        raise InputError(f"`{path}` has no {kind}", hint=f"columns: {SHAPES}")
    unused = _unused(kind, reading.columns)
    return Foreign(str(path), kind, tuple(reading.games), tuple(reading.marks), reading.rows, reading.unread, unused)


def _renamed(row: Row) -> Row:
    """A row of an arena under the names used here; its winner becomes a score, what is no winner stays and is found wrong."""
    if not set(_ARENA) <= set(row.data):
        return row
    data = {_RENAMED.get(name, name): value for name, value in row.data.items()}
    winner = _text(data["score_a"])
    data["score_a"] = _WINNERS.get(winner.lower(), winner)
    return Row(row.line, data, row.header)


def _unused(kind: Kind, columns: tuple[str, ...]) -> tuple[str, ...]:
    used = {
        "games": {*_GAME, "judge", "order", "cluster", "epoch", "length_a", "length_b"},
        "scores": {*_SCORE, "judge", "cluster", "epoch"},
        "matrix": set(columns),
    }
    return tuple(name for name in columns if name not in used[kind])


def _kind(row: Row, bad: BadRows) -> Kind:
    """Which of the three kinds the columns are; InputError when none."""
    names = set(row.data)
    if set(_GAME) <= names:
        return "games"
    if set(_SCORE) <= names:
        return "scores"
    wanted = _GAME if {"a", "b"} <= names else _SCORE if {"candidate", "score"} & names else ("prompt_id",)
    missing = [f"`{name}`" for name in wanted if name not in names]
    if missing:
        known = ", ".join(f"`{name}`" for name in row.data) or "none"
        are = "is" if len(missing) == 1 else "are"
        bad.add(row.header, f"{' and '.join(missing)} {are} missing; columns: {known}", f"columns: {SHAPES}")
        bad.fail()
    if not names - _BESIDE_MATRIX:
        bad.add(row.header, "there is no candidate beside `prompt_id`", f"columns: {SHAPES}")
        bad.fail()
    return "matrix"


def _prompt(row: Row, reading: _Reading) -> str | None:
    """The prompt of a row, with its cluster checked: a prompt belongs to one."""
    prompt = _text(row.data.get("prompt_id"))
    if not prompt:
        reading.bad.add(row.line, "`prompt_id` is empty")
        return None
    cluster = _text(row.data.get("cluster"))
    known, line = reading.cluster_of.setdefault(prompt, (cluster, row.line))
    if known != cluster:
        reading.bad.add(
            row.line, f"prompt {_shown(prompt)} is in cluster {_shown(cluster)} here and in {_shown(known)} in line {line}"
        )
        return None
    return prompt


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _game(row: Row, prompt: str, reading: _Reading) -> None:
    data, bad = row.data, reading.bad
    a, b = _text(data.get("a")), _text(data.get("b"))
    if a and not b and "parse" in data:
        return  # a rating in the comparisons.csv of jc itself: it has one side, and results.csv has its score
    if not a or not b:
        bad.add(row.line, f"`{'b' if a else 'a'}` is empty")
        return
    if a == b:
        bad.add(row.line, f"{_shown(a)} is compared with itself")
        return
    before = bad.count
    score = _verdict(row, bad)
    epoch = _epoch(row, bad)
    lengths = [_number(row, name, bad) for name in ("length_a", "length_b")]
    good = bad.count == before
    reading.orders.append((row.line, _text(data.get("order")), len(reading.games) if good else None))
    if not good:
        return
    reading.unread += score is None
    cluster = reading.cluster_of[prompt][0]
    reading.games.append(Game(prompt, a, b, score, "", _text(data.get("judge")), cluster, epoch, lengths[0], lengths[1]))


def _shown(value: object) -> str:
    """A value as it is quoted in a message, at most 60 characters of it."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _verdict(row: Row, bad: BadRows) -> float | None:
    before = bad.count
    score = _number(row, "score_a", bad)
    if bad.count == before and score not in {None, 0.0, 0.5, 1.0}:
        hint = "1 when `a` won, 0.5 for a tie, 0 when `b` won; graded scores go into `prompt_id,candidate,score`"
        bad.add(row.line, f"`score_a` is {_shown(row.data['score_a'])}, not 1, 0.5 or 0", hint)
    return score


def _resolve_orders(reading: _Reading) -> None:
    """Put the orders into the games: `ab` and `ba`, or numbers counted from 0 or from 1 as the whole file has them."""
    written = {text for _, text, _ in reading.orders}
    numbers: dict[str, Order] = {"0": "ab", "1": "ba"} if "0" in written else {"1": "ab", "2": "ba"}
    known: Mapping[str, Order] = {**_ORDERS, **numbers}
    for line, text, place in reading.orders:
        order = known.get(text.lower())
        if order is None:
            hint = "`ab` when the answer of `a` was shown first, `ba` when that of `b` was"
            reading.bad.add(line, f"`order` {_shown(text)} is neither `ab` nor `ba`", hint)
        elif order and place is not None:
            reading.games[place] = reading.games[place]._replace(order=order)


def _score(row: Row, prompt: str, reading: _Reading) -> None:
    candidate = _text(row.data.get("candidate"))
    if not candidate:
        reading.bad.add(row.line, "`candidate` is empty")
        return
    before = reading.bad.count
    score = _number(row, "score", reading.bad)
    epoch = _epoch(row, reading.bad)
    if reading.bad.count == before:
        reading.unread += score is None
        cluster = reading.cluster_of[prompt][0]
        reading.marks.append(Mark(prompt, candidate, score, _text(row.data.get("judge")), cluster, epoch))


def _cells(row: Row, prompt: str, reading: _Reading) -> None:
    unknown = [name for name in row.data if name not in reading.columns]
    if unknown:
        reading.bad.add(row.line, f"column {_shown(unknown[0])} is not in the first row")
        return
    for name in reading.columns:
        if name in _BESIDE_MATRIX:
            continue
        text = _text(row.data.get(name)).lower()
        if text and text not in _RIGHT:
            hint = "a matrix holds 1 for right and 0 for wrong; graded scores go into `prompt_id,candidate,score`"
            reading.bad.add(row.line, f"`{name}` is {_shown(row.data[name])}, neither 1 nor 0", hint)
            continue
        reading.unread += not text
        reading.marks.append(Mark(prompt, name, _RIGHT.get(text), cluster=reading.cluster_of[prompt][0]))


def _number(row: Row, name: str, bad: BadRows) -> float | None:
    """A number of at most 10^12, true and false as 1 and 0, or None for an empty cell; anything else is a bad row."""
    value = row.data.get(name)
    if isinstance(value, str):
        value = value.strip()
        value = {"true": "1", "false": "0"}.get(value.lower(), value)
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, (str, int, float)) else math.nan
    except ValueError:
        number = math.nan
    except OverflowError:
        number = math.inf
    if not abs(number) <= LARGEST:
        what = "not a number" if math.isnan(number) else "too large"
        bad.add(row.line, f"`{name}` is {_shown(row.data[name])}, {what}")
        return None
    return number


def _epoch(row: Row, bad: BadRows) -> int:
    number = _number(row, "epoch", bad)
    if number is not None and number != int(number):
        bad.add(row.line, f"`epoch` is {_shown(row.data['epoch'])}, not a whole number")
    return int(number or 0)
