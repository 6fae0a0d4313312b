"""What GitHub Actions reads: annotations on stdout and the step summary as Markdown.

Escapes are those of the Actions toolkit (`packages/core/src/command.ts`): a message must not end its own command.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from jc.errors import IoFailure, Where
from jc.report.conclusion import evals_conclusion
from jc.report.evals import evals_document, judge_lines
from jc.report.table import markdown_cell
from jc.sanitise import plain

Level = Literal["error", "warning", "notice"]
SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
MAX_SUMMARY = 1_000_000
"""GitHub drops a step summary of more than 1 MiB whole, so ours is cut before."""


def annotation(level: Level, message: str, *, title: str = "", where: Where | None = None) -> str:
    """One workflow command, `::error file=…,line=…,title=…::message`."""
    parts = []
    if where is not None:
        parts.append(f"file={_property(where.file)}")
        parts += [f"line={where.line}"] if where.line else []
        parts += [f"col={where.column}"] if where.column else []
    if title:
        parts.append(f"title={_property(title)}")
    return f"::{level}{' ' if parts else ''}{','.join(parts)}::{_message(message)}"


def _message(text: str) -> str:
    return plain(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def evals_summary(summary: Mapping[str, Any]) -> str:
    """A run as Markdown for a pull request or a step summary: the conclusion, the tables, the judge."""
    lines = [f"### {markdown_cell(evals_conclusion(summary))}", "", evals_document(summary).markdown or ""]
    if judged := judge_lines(summary):
        lines += ["", *(f"- {markdown_cell(line)}" for line in judged)]
    return "\n".join(lines) + "\n"


def append_summary(environment: Mapping[str, str], text: str) -> bool:
    """Append Markdown to the step summary when this runs in GitHub Actions; whether it did."""
    name = environment.get(SUMMARY_VARIABLE)
    if not name:
        return False
    try:
        with Path(name).open("a", encoding="utf-8", errors="backslashreplace") as out:
            out.write(f"{text[:MAX_SUMMARY].rstrip()}\n\n")
    except OSError as error:
        raise IoFailure(f"cannot write `{name}`: {error.strerror}", hint=f"unset {SUMMARY_VARIABLE}") from error
    return True
