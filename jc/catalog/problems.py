"""Flaws of files as problems for people: the message, the place, the line quoted with carets under it."""

from jc.catalog.assemble import Found
from jc.errors import Problem, Where

_QUOTE_WIDTH = 96


def problem(found: Found) -> Problem:
    """A flaw as a message with its line quoted and carets under the place."""
    document, flaw = found
    if not flaw.line:
        return Problem(flaw.message, Where(document.file), hint=flaw.hint)
    line = document.line(flaw.line)
    quoted, shift = _window(line, flaw.column - 1)
    at = flaw.column - 1 - shift
    return Problem(
        flaw.message,
        Where(document.file, flaw.line, flaw.column),
        quoted,
        at,
        max(1, min(flaw.length or _token(quoted[at:]), len(quoted) - at)),
        flaw.hint,
    )


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a line around a column that fits a terminal, and how many characters before it were left out."""
    start = len(line) - len(line.lstrip(" "))
    if column - start > _QUOTE_WIDTH - 20:
        start = column - _QUOTE_WIDTH // 2
    return line[start : start + _QUOTE_WIDTH], start


def _token(text: str) -> int:
    """How many characters the word or quoted text at the beginning takes."""
    if text[:1] in {'"', "'"}:
        end = text.find(text[0], 1)
        return end + 1 if end > 0 else len(text)
    return next(
        (i for i, char in enumerate(text) if char in " ,{}[]:" and (char != ":" or text[i + 1 : i + 2] in {"", " "})), len(text)
    )
