"""stdout carries the data, stderr the story; the only place that prints.

An `Out` belongs to one call of one command. `emit` writes the result to stdout and to every `--output`; `say`, `warn` and `hint`
tell the story. Files are written last and atomically, so a failed run leaves the old file in place.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jc.config import Config, load_config
from jc.errors import InputError, JcError, Problem
from jc.files import check_writable, write_atomically
from jc.report.document import Document, render
from jc.sanitise import plain

SUFFIXES = {
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".md": "markdown", ".markdown": "markdown",
    ".txt": "table", ".html": "html", ".htm": "html", ".xml": "junit", ".sarif": "sarif", ".parquet": "parquet", ".ics": "ics",
    ".yaml": "yaml", ".yml": "yaml",
}  # fmt: skip
_SHORT = {"md": "markdown", "ndjson": "jsonl", "htm": "html", "yml": "yaml", "txt": "table"}
"""Formats by the suffix of their files."""
EXACT = frozenset({"ics"})
"""Formats with line ends of their own, whose writers let no other control character through."""
_STYLES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1"}


@dataclass(slots=True)
class Out:
    """Where one command prints, and how: format, files, quietness, colour and configuration."""

    config: Config
    format: str
    files: tuple[Path, ...]
    quiet: bool
    verbose: bool
    color: bool
    catalog: Path | None
    problems_shown: int = field(default=0)

    @classmethod
    @contextmanager
    def open(
        cls,
        *,
        format_: str | None,
        output: list[str] | None,
        quiet: bool,
        verbose: bool,
        catalog: Path | None,
        color: str | None,
    ) -> Iterator["Out"]:
        """An Out for the shared options of a command; unknown suffixes and unwritable files are errors before any work."""
        config = load_config(Path.cwd(), os.environ)
        when = config.get("color", color)
        if when not in {"auto", "always", "never"}:
            raise InputError(f"`--color {when}`: no such choice", hint="auto, always or never")
        named = [name for name in output or () if name != "-"]
        files = tuple(Path(name) for name in named)
        for path in files:
            if path.suffix.lower() not in SUFFIXES:
                raise InputError(f"`--output {path}`: the suffix chooses the format", hint=f"suffixes: {' '.join(SUFFIXES)}")
            check_writable(path)
        configured = config.get("catalog")
        folder = catalog or (Path(configured) if configured else None)
        chosen = _SHORT.get(format_.lower(), format_) if format_ else "table"
        out = cls(config, chosen, files, quiet, verbose, use_color(when, sys.stderr.isatty()), folder)
        if verbose:
            for line in config.origins():
                out.say(line)
        yield out

    def emit(self, document: Document, *, to_stdout: bool = True) -> None:
        """The result, on stdout in the chosen format and in every file by its suffix."""
        if self.format not in document.formats:
            raise InputError(f"no format `{self.format}` here", hint=f"formats: {', '.join(document.formats)}")
        for path in self.files:
            self.write_file(document, path)
        if to_stdout:
            self.show(document)

    def show(self, document: Document) -> None:
        """The result on stdout, in the chosen format."""
        self.data(render(document, self.format), exact=self.format in EXACT)

    def write_file(self, document: Document, path: Path) -> None:
        """The result in one file, in the format of its suffix."""
        write_atomically(path, render(document, SUFFIXES[path.suffix.lower()]))

    def data(self, text: str, *, exact: bool = False) -> None:
        """Text to stdout as it is, with control characters shown instead of sent; `exact` keeps the line ends of a format.

        A reader who has left is no error: nothing more is sent, files are still written, and the exit code stays the outcome's.
        """
        try:
            sys.stdout.write(text if exact else plain(text))
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def say(self, text: str = "") -> None:
        """A line of the story, on stderr unless `--quiet`."""
        if not self.quiet:
            sys.stderr.write(plain(text) + "\n")
            sys.stderr.flush()

    def warn(self, text: str) -> None:
        """A warning; shown even with `--quiet`, because it may change what the data mean."""
        sys.stderr.write(f"{self.style('warning:', 'yellow')} {plain(text)}\n")

    def hint(self, text: str) -> None:
        """The next step."""
        if not self.quiet:
            sys.stderr.write(f"{self.style('hint:', 'cyan')} {plain(text)}\n")

    def ask(self, question: str) -> bool:
        """A question on stderr, answered with yes or no on stdin (empty: no); InputError when the input ends."""
        while True:
            sys.stderr.write(f"{plain(question)} [y/N] ")
            sys.stderr.flush()
            line = sys.stdin.readline()
            if not line:
                raise InputError("the input ended before the question was answered", hint="answer y or n, or use flags")
            answer = line.strip().lower()
            if answer in {"y", "yes", "n", "no", ""}:
                return answer in {"y", "yes"}

    def style(self, text: str, name: str) -> str:
        """The text in a colour when colours are on."""
        return f"\x1b[{_STYLES[name]}m{text}\x1b[0m" if self.color else text


def use_color(when: str, tty: bool) -> bool:
    """NO_COLOR, FORCE_COLOR and TERM=dumb are obeyed; `--color` outranks them."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return tty and os.environ.get("TERM") != "dumb"


def show_error(error: JcError, color: bool) -> None:
    """What, where with the quoted line and carets, one hint."""
    red = "\x1b[31merror:\x1b[0m" if color else "error:"
    cyan = "\x1b[36mhint:\x1b[0m" if color else "hint:"
    lines: list[str] = []
    if error.message:
        lines.append(f"{red} {plain(error.message)}")
    for problem in error.problems:
        first, *rest = problem.lines()
        lines.append(f"{red} {plain(first)}")
        lines.extend(plain(line) for line in rest)
        if problem.hint and problem.hint != error.hint:
            lines.append(f"  {cyan} {plain(problem.hint)}")
    if error.hint:
        if len(lines) > 2:
            lines.append("")
        lines.append(f"{cyan} {plain(error.hint)}")
    if lines:
        sys.stderr.write("\n".join(lines) + "\n")


def terminal_width(default: int = 100) -> int:
    """The width to lay text out for: COLUMNS, else the terminal, else `default`."""
    import shutil

    return shutil.get_terminal_size((default, 24)).columns


def problem(message: str, **more: Any) -> InputError:
    """One problem as an error."""
    return InputError.of([Problem(message, **more)])
