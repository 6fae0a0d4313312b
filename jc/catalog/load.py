"""From a folder to a Catalog, or to one error that names everything that is wrong with its files."""

from pathlib import Path

import jc
from jc.catalog.assemble import Assembled, Found, assemble
from jc.catalog.documents import read_folder
from jc.catalog.model import Catalog
from jc.errors import InputError, Problem, Where

_QUOTE_WIDTH = 96


def find_catalog(folder: Path | None = None) -> Path:
    """The folder to read: the one named, else the shipped one (inside an installed package, or at the top of a checkout)."""
    if folder is not None:
        return folder
    package = Path(jc.__file__).parent
    inside = package / "data" / "catalogs"
    return inside if inside.is_dir() else package.parent / "catalogs"


def load_catalog(root: Path | None = None) -> Catalog:
    """The catalog of a folder (None: the shipped one); InputError with every problem of its files at once."""
    assembled = load_assembled(root)
    if assembled.flaws:
        found = sorted(assembled.flaws, key=lambda item: (item.document.rel, item.flaw.line, item.flaw.column))
        raise InputError.of([problem(item) for item in found])
    return assembled.catalog


def load_assembled(root: Path | None = None) -> Assembled:
    """The catalog as far as its files can be understood, and what could not; InputError only when there is no catalog."""
    return assemble(read_folder(find_catalog(root)))


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
