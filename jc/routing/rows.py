"""Labelled prompts from files: a person's own (`{"prompt", "label"}`), and those that the shipped weights were trained on.

A row may be a whole request (`messages`, `tools`, `previous`) with a label: it is then judged as `jc route` would decide it.
Everything that is wrong with a file is told at once, each with its line and column.
"""

import difflib
import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jc.errors import InputError, IoFailure, Problem, Where
from jc.files import shipped
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.incoming import ask_text
from jc.sanitise import plain

_MOST_PROBLEMS = 20
_MOST_LINE = 16 * 2**20
_QUOTED = 80


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled prompt: where it comes from (a source is never split over training and test) and how it was written.

    `label2` is what a second reader said when it differs. `weight` is what the row counts for in training.
    """

    prompt: str
    label: str
    source: str
    label2: str | None = None
    weight: float = 1.0
    kind: str = ""
    lang: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The request as it stands in the file, with its messages, tools and `previous`; empty for shipped rows."""
    line: int = 0


def read_labels(path: Path, classes: Sequence[str] = ROUTE_CLASSES) -> list[Row]:
    """The rows of a JSON-lines file of labelled prompts; InputError with every line that is wrong, IoFailure when unreadable."""
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, text in _lines(path):
        row = _row(text, Where(str(path), number), classes, problems)
        if row is not None:
            rows.append(row)
        if len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise InputError.of(problems)
    if not rows:
        raise InputError(f"`{path}` holds no labelled prompt", hint='each line is {"prompt": "…", "label": "code"}')
    return rows


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a plain or gzipped file that are not blank, numbered from 1."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                text = raw[:_MOST_LINE].decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape").strip()
                if text:
                    yield number, text
    except FileNotFoundError as error:
        raise InputError(f"there is no file `{path}`", hint="name a JSON-lines file of labelled prompts") from error
    except (OSError, EOFError) as error:
        raise IoFailure(f"cannot read `{path}`: {error}") from error


def read_objects(path: Path, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON-lines file with their line numbers; what is not an object is noted. Errors as `read_labels`."""
    for number, text in _lines(path):
        data = _object(text, Where(str(path), number), problems)
        if data is not None:
            yield number, data


def _object(text: str, where: Where, problems: list[Problem]) -> dict[str, Any] | None:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        problems.append(Problem(f"is not JSON: {error.msg}", _at(where, error.colno), *_quoted(text, error.colno)))
        return None
    except (ValueError, RecursionError) as error:
        problems.append(Problem(f"is not JSON: {error}", _at(where, 1), quoted=text[:_QUOTED]))
        return None
    if not isinstance(data, dict):
        problems.append(Problem("is not an object", _at(where, 1), *_quoted(text, 1), hint="each line is a JSON object"))
        return None
    return data


def _at(where: Where, column: int) -> Where:
    return Where(where.file, where.line, column)


def _quoted(text: str, column: int, length: int = 1) -> tuple[str, int, int]:
    """The part of a line around a column, where the caret stands in it, and how long it is."""
    start = max(0, column - 1 - _QUOTED // 2) if len(text) > _QUOTED else 0
    shown = plain(text[start : start + _QUOTED], keep_newlines=False)
    return shown, column - 1 - start, max(1, min(length, len(shown) - (column - 1 - start)))


def _row(text: str, where: Where, classes: Sequence[str], problems: list[Problem]) -> Row | None:
    data = _object(text, where, problems)
    if data is None:
        return None
    said: list[tuple[str, str, str]] = []
    if isinstance(data.get("messages"), list):
        prompt = ask_text(data)
        if not prompt.strip():
            said.append(("messages", "`messages` holds no message of a user", ""))
    else:
        prompt = data.get("prompt", "")
        if not isinstance(data.get("prompt"), str):
            said.append(("prompt", _missing("prompt", data), _meant("prompt", data)))
    label = data.get("label")
    if not isinstance(label, str):
        said.append(("label", _missing("label", data), _meant("label", data)))
    elif label not in classes:
        close = difflib.get_close_matches(label.lower(), classes, 1, 0.6)
        meant = f"did you mean `{close[0]}`? " if close else ""
        said.append(("label", f"no class `{label}`", f"{meant}Classes: {', '.join(classes)}"))
    for name, message, hint in said:
        column, length = _place(text, name)
        problems.append(Problem(message, _at(where, column), *_quoted(text, column, length), hint=hint))
    if said:
        return None
    return Row(prompt, str(label), str(data.get("source", "own")), kind=str(data.get("kind", "")), body=data, line=where.line)


def _place(text: str, name: str) -> tuple[int, int]:
    """The column of a key's value in a line of JSON and its length; the line's start when the key is not there."""
    found = re.search(rf'"{name}"\s*:\s*("(?:[^"\\]|\\.)*"|[^,}}\s]+)', text)
    return (found.start(1) + 1, len(found.group(1))) if found else (1, 1)


def _missing(name: str, data: dict[str, Any]) -> str:
    return f"`{name}` is not text" if name in data else f"`{name}` is missing"


def _meant(name: str, data: dict[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(data), 1, 0.6)
    said = f"did you mean `{name}` for `{close[0]}`? " if close and name not in data else ""
    return f"{said}Each line needs `prompt` (or `messages`) and `label`."


def find_training_data(folder: Path | None = None) -> Path:
    """The folder of the shipped training data: inside an installed package, or evalsets/routing of a checkout."""
    if folder is not None:
        return folder
    return shipped("evalsets") / "routing"


LICENSED, ORIGINAL, COMPOSED = "licensed.jsonl.gz", "original.jsonl", "composed.jsonl"


def shipped_rows(folder: Path | None = None) -> list[Row]:
    """All rows that the shipped weights are trained on, in a fixed order."""
    home = find_training_data(folder)
    rows: list[Row] = []
    for name in (LICENSED, ORIGINAL, COMPOSED):
        rows.extend(_shipped(_lines(home / name), name))
    return rows


def _shipped(lines: Iterable[tuple[int, str]], name: str) -> Iterator[Row]:
    for _, text in lines:
        data = json.loads(text)
        source = data["source"] if name == LICENSED else f"{name.partition('.')[0]}/{data['writer']}"
        label2 = data.get("label2")
        yield Row(data["prompt"], data["label"], source, label2, 1.0, data.get("kind", ""), data.get("lang", ""))
