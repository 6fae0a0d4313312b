"""`jc evals compare` and `jc evals gate`: one run against another."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jc.cli.options import command
from jc.cli.output import Out, problem, terminal_width
from jc.errors import AnswerIsNo, InputError

if TYPE_CHECKING:
    from jc.evals.statistics.against import Comparison, Side

RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder, or a results CSV.")]
Anyway = Annotated[bool, typer.Option("--anyway", help="Compare even when judges or templates differ.")]


def register(app: typer.Typer) -> None:
    """Hang the commands under `jc evals`."""
    command(app, "compare")(compare)
    command(app, "gate")(gate)


def compare(
    out: Out,
    run: RunName,
    base: Annotated[str, typer.Argument(metavar="BASE", help="What it is compared with.")],
    anyway: Anyway = False,
) -> None:
    """Compare a run with another one, paired on their common prompts.

    \b
    Examples:
      jc evals compare head-1a2b3c4d main-5e6f7a8b
      jc evals compare head.csv base.csv --format github -o compare.xml -o compare.md
    """
    from jc.report.document import render
    from jc.report.evals_compare import comparison_document
    from jc.report.github import append_summary

    found, sides = _compared(out, run, base, anyway)
    document = comparison_document(found, *sides, terminal_width(98))
    out.emit(document)
    append_summary(os.environ, render(document, "markdown"))


def gate(
    out: Out,
    run: RunName,
    baseline: Annotated[str | None, typer.Option("--baseline", metavar="BASE", help="The run that must not be lost to.")] = None,
    margin: Annotated[float, typer.Option(metavar="X", min=0, max=1, help="A proven loss up to this passes.")] = 0.02,
    min_coverage: Annotated[
        float, typer.Option(metavar="X", min=0, max=1, help="Least share of BASE's prompts compared.")
    ] = 0.98,
    max_cost_increase: Annotated[str | None, typer.Option(metavar="P%", help="Most that an answer may cost more, 10%.")] = None,
    anyway: Anyway = False,
) -> None:
    """Let a change in only when no candidate got worse: exit 1 on a proven regression.

    \b
    Examples:
      jc evals gate head --baseline main --margin 0.02 --max-cost-increase 10%
      jc evals gate head.csv --baseline base.csv --format github -o gate.xml
    """
    from jc.evals.statistics.gate import Limits
    from jc.evals.statistics.gate import gate as decide
    from jc.report.document import render
    from jc.report.evals_compare import gate_document
    from jc.report.github import append_summary

    if baseline is None:
        raise problem("no baseline", hint="name a run or a results CSV with `--baseline BASE`")
    found, sides = _compared(out, run, baseline, anyway)
    marked = [side.name for side in sides if side.unreliable]
    answer = decide(found, Limits(margin, min_coverage, _share(max_cost_increase)), unreliable=marked)
    document = gate_document(answer, found, *sides, terminal_width(98))
    out.emit(document)
    append_summary(os.environ, render(document, "markdown"))
    if not answer.passed:
        raise AnswerIsNo("")


def _compared(out: Out, run: str, base: str, anyway: bool) -> "tuple[Comparison, tuple[Side, Side]]":
    from jc.evals.sides import comparable, read_side
    from jc.evals.statistics.against import compare as compared
    from jc.evals.statistics.against import refusals, unwatched
    from jc.evals.statistics.values import Rules

    runs = Path(out.config.get("runs"))
    sides = comparable(read_side(run, runs), read_side(base, runs))
    reasons = refusals(*sides)
    if reasons and not anyway:
        raise InputError(f"`{run}` and `{base}` cannot be compared: {' '.join(reasons)}", hint="compare them `--anyway`")
    for reason in (*reasons, *([unknown] if (unknown := unwatched(*sides)) else [])):
        out.warn(reason)
    for side in sides:
        if side.unreliable:
            out.warn(f"{side.name} is marked unreliable: its judge accepts known-bad answers")
    return compared(*sides, Rules(seed=out.config.get("seed"))), sides


def _share(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        value = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if value < 0:
        raise problem(f"`--max-cost-increase {text}`: not a share", hint="for example 10% or 0.1")
    return value
