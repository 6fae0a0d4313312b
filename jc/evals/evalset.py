"""An evalset is a file of cases: JSON lines, or CSV with the same columns. What is wrong with it is said before money is spent.

Data are data: a `{{ jinja }}` inside a prompt is never rendered; only a template that the user names with `--template` is, in
Jinja's sandbox, with the case's `vars` as values.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jc.errors import InputError, Problem, Where
from jc.evals.checks import Check, parse_checks

FIELDS = (
    "id", "prompt", "messages", "reference", "category", "cluster", "tools", "vars", "rubric", "checks", "epoch", "metadata",
)  # fmt: skip
_JSON_COLUMNS = ("messages", "tools", "vars", "checks", "metadata")
MAX_LINE = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt to be answered; `messages` is the chat that is sent, `question` the text that the judge is shown."""

    id: str
    messages: tuple[Mapping[str, Any], ...]
    question: str
    reference: str | None = None
    category: str | None = None
    cluster: str | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    rubric: str | None = None
    checks: tuple[Check, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class EvalSet:
    """The cases of one file in their order; `digest` is the sha256 of what was read."""

    name: str
    cases: tuple[Case, ...]
    digest: str


class _Row(NamedTuple):
    line: int
    text: str
    data: Any


def load_evalset(path: Path, *, template: str | None = None, limit: int | None = None, template_file: str = "") -> EvalSet:
    """The cases of `path`, at most `limit`; InputError with every wrong line at once. `template` is the text of its file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}", hint="name a JSONL or CSV file of prompts") from error
    problems: list[Problem] = []
    text = _decode(raw, path, problems)
    rows = _csv_rows(text, path, problems) if path.suffix.lower() == ".csv" else _json_rows(text, path, problems)
    render = _renderer(template, path, template_file) if template is not None else None
    cases: list[Case] = []
    lines_of: dict[str, int] = {}
    for row in rows:
        case = _case(row, path, render, problems)
        if case is None:
            continue
        if case.id in lines_of:
            message = f"`id` {case.id!r} was already used in line {lines_of[case.id]}"
            problems.append(_problem(row, path, message, json.dumps(case.id)))
            continue
        lines_of[case.id] = row.line
        cases.append(case)
    if problems:
        raise InputError.of(problems)
    if not cases:
        raise InputError(f"`{path}` has no prompts", hint='each line is an object such as {"id": "a", "prompt": "…"}')
    return EvalSet(path.stem, tuple(cases[:limit]), hashlib.sha256(raw).hexdigest())


def _decode(raw: bytes, path: Path, problems: list[Problem]) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        problems.append(
            Problem(f"byte 0x{raw[error.start]:02x} is not UTF-8", Where(str(path), line, column), hint="save it as UTF-8")
        )
        raise InputError.of(problems) from None


def _json_rows(text: str, path: Path, problems: list[Problem]) -> Iterator[_Row]:
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped:
            continue
        if len(stripped) > MAX_LINE:
            problems.append(
                Problem(f"the line has {len(stripped):,} characters, more than {MAX_LINE:,}", Where(str(path), number))
            )
            continue
        try:
            yield _Row(number, line, json.loads(stripped, parse_constant=_no_constant))
        except json.JSONDecodeError as error:
            column = error.colno + len(line) - len(line.lstrip())
            problems.append(_quoted(f"not JSON: {error.msg}", path, number, line, column, 1))
        except (ValueError, RecursionError) as error:
            what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            problems.append(_quoted(f"not JSON: {what}", path, number, line, 1, 0))


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _csv_rows(text: str, path: Path, problems: list[Problem]) -> Iterator[_Row]:
    csv.field_size_limit(MAX_LINE)
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            data: dict[str, Any] = {name: cell for name, cell in row.items() if cell not in {"", None}}
            if None in row:
                problems.append(Problem("more cells than columns", Where(str(path), reader.line_num), hint="quote commas"))
                continue
            bad = _decode_columns(data, path, reader.line_num, problems)
            if not bad:
                yield _Row(reader.line_num, ",".join(str(cell) for cell in row.values()), data)
    except csv.Error as error:
        problems.append(Problem(f"not CSV: {error}", Where(str(path), reader.line_num)))


def _decode_columns(data: dict[str, Any], path: Path, line: int, problems: list[Problem]) -> bool:
    """Columns that hold lists or objects are JSON inside their cell; True when one was not."""
    for name in _JSON_COLUMNS:
        if name in data:
            try:
                data[name] = json.loads(data[name], parse_constant=_no_constant)
            except (ValueError, RecursionError) as error:
                problems.append(Problem(f"column `{name}` is not JSON: {error}", Where(str(path), line)))
                return True
    return False


def _quoted(message: str, path: Path, number: int, line: str, column: int, length: int) -> Problem:
    """A problem with the part of the line that fits a terminal around `column` (1-based)."""
    start = max(0, column - 60)
    shown = line[start : start + 98]
    return Problem(message, Where(str(path), number, column), shown, column - 1 - start, length)


def _problem(row: _Row, path: Path, message: str, marked: str = "", hint: str = "") -> Problem:
    at = row.text.find(marked) if marked else -1
    column = at + 1 if at >= 0 else 1
    found = _quoted(message, path, row.line, row.text, column, len(marked) if at >= 0 and len(marked) < 80 else 0)
    return Problem(found.message, found.where, found.quoted, found.caret_start, found.caret_length, hint)


def _case(row: _Row, path: Path, render: Any, problems: list[Problem]) -> Case | None:
    data = row.data
    if not isinstance(data, dict):
        problems.append(_problem(row, path, "a line is one JSON object", hint='for example {"id": "a", "prompt": "…"}'))
        return None
    before = len(problems)
    _check_fields(data, row, path, problems)
    text = data.get("prompt")
    if render is not None:
        text = render(data, row, problems)
    messages = _messages(data, text)
    checks: tuple[Check, ...] = ()
    try:
        checks = parse_checks(data.get("checks"))
    except ValueError as error:
        problems.append(_problem(row, path, str(error), "checks"))
    if len(problems) > before:
        return None
    identity = str(data["id"]) if data.get("id") not in {None, ""} else str(row.line)
    texts = {name: None if data.get(name) is None else str(data[name]) for name in ("reference", "category", "cluster", "rubric")}
    return Case(
        id=identity, messages=messages, question=_question(messages), tools=tuple(data.get("tools") or ()), checks=checks,
        line=row.line, **texts,
    )  # fmt: skip


def _check_fields(data: dict[str, Any], row: _Row, path: Path, problems: list[Problem]) -> None:
    import difflib

    unknown = [name for name in data if name not in FIELDS]
    missing = data.get("prompt") is None and data.get("messages") is None and data.get("vars") is None
    if missing:
        close = next((name for name in unknown if difflib.get_close_matches(name, ("prompt", "messages"), 1, 0.6)), None)
        hint = f"did you mean `prompt` for `{close}`? " if close else ""
        problems.append(_problem(row, path, "`prompt` is missing", close or "", f"{hint}Each line needs `prompt` or `messages`."))
        return
    wrong = [
        ("prompt", str, "text"),
        ("messages", list, "a list of messages"),
        ("tools", list, "a list of tools"),
        ("vars", dict, "an object"),
        ("checks", list, "a list of checks"),
    ]
    for name, kind, words in wrong:
        value = data.get(name)
        if value is not None and not isinstance(value, kind):
            problems.append(_problem(row, path, f"`{name}` is not {words}", f'"{name}"'))
    problems.extend(
        _problem(row, path, f"`{name}` is not text", f'"{name}"')
        for name in ("id", "reference", "category", "cluster", "rubric")
        if isinstance(data.get(name), (dict, list))
    )
    _check_messages(data, row, path, problems)
    if _has_surrogate(row.data):
        problems.append(_problem(row, path, "half of a surrogate pair (\\ud800 – \\udfff) is not a character"))


def _check_messages(data: dict[str, Any], row: _Row, path: Path, problems: list[Problem]) -> None:
    messages = data.get("messages")
    if isinstance(messages, list):
        good = messages and all(isinstance(m, dict) and isinstance(m.get("role"), str) and "content" in m for m in messages)
        if not good:
            problems.append(_problem(row, path, "each message is an object with `role` and `content`", '"messages"'))
    if isinstance(data.get("prompt"), str) and not data["prompt"].strip():
        problems.append(_problem(row, path, "`prompt` is empty", '"prompt"'))


def _has_surrogate(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _messages(data: dict[str, Any], text: object) -> tuple[Mapping[str, Any], ...]:
    messages = data.get("messages")
    given = tuple(messages) if isinstance(messages, list) else ()
    return (*given, {"role": "user", "content": text}) if isinstance(text, str) else given


def _question(messages: tuple[Mapping[str, Any], ...]) -> str:
    """The conversation as the judge reads it: one user message as it is, more with their roles."""
    if len(messages) == 1:
        return _text_of(messages[0])
    return "\n\n".join(f"{message.get('role')}: {_text_of(message)}" for message in messages)


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return json.dumps(content, ensure_ascii=False)
    parts = []
    for part in content:
        if isinstance(part, Mapping) and part.get("type") == "text":
            parts.append(str(part.get("text", "")))
        else:
            parts.append(f"[{part.get('type', 'part') if isinstance(part, Mapping) else 'part'}]")
    return "\n".join(parts)


_MOST_MISTAKES = 5
"""After so many a template is not tried on: each may take its whole time."""


def _renderer(template: str, path: Path, file: str) -> Any:
    """A function that renders the template with a case's `vars`; a misspelt variable is found before the first call."""
    from jc.evals.templates import Mistake, rendered, template_of

    try:
        compiled = template_of(template, keep_trailing_newline=True)
    except Mistake as error:
        where = Where(file, error.line) if file else None
        raise InputError.of([Problem(f"`--template`: {error}", where, hint="see https://jinja.palletsprojects.com")]) from error
    mistakes: list[Mistake] = []

    def render(data: dict[str, Any], row: _Row, problems: list[Problem]) -> str | None:
        if len(mistakes) >= _MOST_MISTAKES:
            return None
        values = {**(data.get("vars") or {}), "prompt": data.get("prompt"), "id": data.get("id")}
        try:
            return rendered(compiled, values)
        except Mistake as error:
            mistakes.append(error)
            message = f"`--template`: {f'{file}:{error.line}: ' if file else ''}{error}"
            hint = "the template has the names of `vars`, and `prompt` and `id`"
            problems.append(_problem(row, path, message, '"vars"', hint))
            return None

    return render
