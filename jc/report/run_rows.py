"""The rows of a finished run, read again from results.csv and comparisons.csv (or the same as JSON lines), with their types.

A spreadsheet's apostrophe in front of `= + - @` is taken off again, so that an answer is shown as it was given.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from jc.errors import InputError, Where

_WHOLE = frozenset(
    ("epoch", "checks_passed", "checks_total", "wins", "ties", "losses", "inconsistent", "unparsed", "judge_n", "input_tokens",
     "cached_input_tokens", "reasoning_tokens", "output_tokens", "attempts")
)  # fmt: skip
_REAL = frozenset(("score", "score_pointwise", "score_a", "latency_ms", "ttft_ms", "queue_ms"))
_MONEY = frozenset(("cost_usd", "judge_cost_usd"))
_ALWAYS_TEXT = frozenset(("b", "order", "prompt_id", "candidate", "a", "judge", "output"))


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The rows one by one; InputError when the file is not one of results with these columns."""
    reader = _json_rows if path.suffix.lower() in {".jsonl", ".ndjson"} else _csv_rows
    try:
        for number, row in reader(path):
            missing = [name for name in columns if name not in row]
            if missing:
                raise InputError(
                    f"`{path}` has no column `{missing[0]}`", hint="name a run, or the CSV or JSONL that `jc evals run -o` wrote"
                )
            yield {name: _typed(name, row[name], path, number) for name in columns}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read `{path}`: {error}") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        for row in reader:
            yield reader.line_num, row


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{Where(str(path), number)}: not a JSON object: {error}") from error
            if not isinstance(row, dict):
                raise InputError(f"{Where(str(path), number)}: not a JSON object")
            yield number, row


def _typed(name: str, value: Any, path: Path, number: int) -> Any:
    if value is None or (value == "" and name not in _ALWAYS_TEXT):
        return None
    convert: Callable[[str], Any] | None = (
        _whole if name in _WHOLE else float if name in _REAL else Decimal if name in _MONEY else None
    )
    if convert is None:
        return _unescaped(value) if isinstance(value, str) else value
    try:
        return convert(str(value))
    except (ValueError, InvalidOperation):
        raise InputError(f"{Where(str(path), number)}: `{name}` is {value!r}, not a number") from None


def _whole(text: str) -> int:
    return int(float(text)) if "." in text else int(text)


def _unescaped(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@", "\t", "\r"} else text
