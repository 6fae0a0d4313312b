"""Rows with their line numbers from CSV, TSV, JSON lines or one JSON list, and the collector of what is wrong with them.

The standard library's readers only: they say in which line something is wrong, and 100,000 rows take a third of a second.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from jc.errors import InputError, Problem, Where

MOST_PROBLEMS = 100
"""Bad rows that are named; the rest are counted."""
_MOST_CELL = 64 * 2**20


class Row(NamedTuple):
    """One row: where it begins, its cells by column, and where its columns are named."""

    line: int
    data: Mapping[str, Any]
    header: int


@dataclass(slots=True)
class BadRows:
    """What one pass over a file found wrong; all of it becomes one error at the end."""

    path: str
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, message: str, hint: str = "") -> None:
        """Remember a bad row; beyond a hundred only their number."""
        self.count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(message, Where(self.path, line), hint=hint))

    def check(self) -> None:
        """InputError with all problems, if there are any."""
        if self.count:
            self.fail()

    def fail(self) -> NoReturn:
        """InputError with all problems."""
        more = self.count - len(self.problems)
        rest = [Problem(f"and {more:,} more bad rows", Where(self.path))] if more else []
        raise InputError.of([*sorted(self.problems, key=lambda problem: problem.where or Where(self.path)), *rest])


def rows_of(path: Path, bad: BadRows, hint: str) -> Iterator[Row]:
    """The rows of a file, by its suffix and else by its first character; what cannot be read goes to `bad`.

    InputError when the file cannot be opened, with `hint`.
    """
    text = _decoded(path, bad, hint)
    suffix = path.suffix.lower()
    start = text.lstrip()[:1]
    sheet = suffix in {".csv", ".tsv"}
    if suffix == ".json" or (start == "[" and not sheet):
        yield from _json_list(text, bad)
    elif suffix in {".jsonl", ".ndjson"} or (start == "{" and not sheet):
        yield from _json_lines(text, bad)
    else:
        yield from _csv(text, "\t" if suffix == ".tsv" else ",", bad)


def _decoded(path: Path, bad: BadRows, hint: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}", hint=hint) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        bad.add(line, f"byte 0x{raw[error.start]:02x} is not UTF-8", "save it as UTF-8")
        bad.fail()


def _json_lines(text: str, bad: BadRows) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            bad.add(number, _not_json(error))
        else:
            if isinstance(value, dict):
                yield Row(number, value, number)
            else:
                bad.add(number, "a line is one JSON object", 'for example {"prompt_id": "p", "candidate": "m", "score": 1}')


def _json_list(text: str, bad: BadRows) -> Iterator[Row]:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        bad.add(error.lineno if isinstance(error, json.JSONDecodeError) else 1, _not_json(error))
        bad.fail()
    if not isinstance(value, list):
        bad.add(1, "not a JSON list of rows", "one object a row in a list, or JSON lines in a `.jsonl` file")
        bad.fail()
    for number, row in enumerate(value, 1):
        if isinstance(row, dict):
            yield Row(number, row, number)
        else:
            bad.add(number, f"entry {number} of the list is not an object")


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _not_json(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "not JSON: nested too deeply"
    return f"not JSON: {error.msg if isinstance(error, json.JSONDecodeError) else error}"


def _csv(text: str, delimiter: str, bad: BadRows) -> Iterator[Row]:
    csv.field_size_limit(_MOST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    line = head = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not cells:
                continue
            if header is None:
                header, head = _header(cells, start, bad), start
            elif len(cells) != len(header):
                few = "fewer" if len(cells) < len(header) else "more"
                message = f"{len(cells)} cells, {few} than the {len(header)} columns"
                bad.add(start, message, "a cell with a comma in it stands in quotes")
            else:
                yield Row(start, dict(zip(header, cells, strict=True)), head)
    except csv.Error as error:
        bad.add(line, f"not CSV: {error}")


def _header(cells: list[str], line: int, bad: BadRows) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        bad.add(line, f"column {twice[0]!r} stands twice")
        bad.fail()
    return names
