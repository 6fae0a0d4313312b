"""`jc evals report`: a run as one HTML page, as Markdown for a pull request, as JUnit XML."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jc.cli.options import command
from jc.cli.output import Out, terminal_width

if TYPE_CHECKING:
    from jc.report.document import Document

_ROWS = {".csv", ".jsonl", ".ndjson"}


def register(app: typer.Typer) -> None:
    """Hang `report` under `jc evals`."""
    command(app, "report")(report)


def report(
    out: Out, name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder, or its results as CSV or JSONL.")]
) -> None:
    """Write the full report of a run: `.html` to look at, `.md` for a pull request, `.xml` (JUnit) for CI.

    \b
    Examples:
      jc evals report demo-97bf46ff -o report.html
      jc evals report eval-results.csv -o report.html -o report.md
      jc evals report runs/nightly -o junit.xml

    Without `--output` it prints the result. The HTML page is one file that asks nobody for anything.
    """
    document = _document(out, name)
    if not out.files:
        out.emit(document)
        return
    for path in out.files:
        out.write_file(document, path)
        out.say(f"Wrote `{path}`.")


def _document(out: Out, name: str) -> "Document":
    from jc.evals.finish import read_summary
    from jc.evals.runfolder import find
    from jc.report.run_document import rows_document, run_document, run_of_rows

    runs, path = Path(out.config.get("runs")), Path(name)
    if path.is_file() and path.suffix.lower() in _ROWS:
        folder = run_of_rows(path, runs)
        if folder is None:
            out.warn(f"the run that wrote `{path}` was not found: the report has its scores, but no judge's words")
            return rows_document(path)
    else:
        folder = find(runs, name)
    return run_document(folder, read_summary(folder), terminal_width(98))
