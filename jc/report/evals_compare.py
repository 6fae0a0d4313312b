"""One run against another for people and machines, and the gate's answer as table, JUnit, annotations and step summary."""

from dataclasses import asdict
from textwrap import fill
from typing import Any

from jc.evals.statistics.against import Changed, Comparison, Side
from jc.evals.statistics.gate import Gate
from jc.report.document import Document
from jc.report.github import annotation
from jc.report.junit import Demand, gates_junit
from jc.report.narrow import narrow
from jc.report.numbers import MINUS, UNKNOWN, percent, seconds, usd_amount
from jc.report.table import Column, Table

_SPARE = ("p95", "$/1k answers")


def _points(row: Changed) -> str:
    return f"{row.difference.value * 100:+.1f}".replace("-", MINUS)


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _word(row: Changed) -> str:
    p = UNKNOWN if row.p_holm is None else f"{row.p_holm:.2g}"
    if row.word == "undecided":
        more = f"; about {row.more_prompts:,} more prompts" if row.more_prompts else ""
        return f"not proven (p = {p}{more})"
    return f"{row.word} (p = {p})"


def _thousand(usd: Any) -> str:
    return UNKNOWN if usd is None else usd_amount(usd * 1000)


def _table(found: Comparison, basis: str) -> Table:
    score = "Win rate" if basis == "games" else "Score"
    columns = (
        Column("Candidate"),
        Column(score),
        Column("Points", "right"),
        Column("$/1k answers"),
        Column("p95"),
        Column("Verdict"),
    )
    rows = [
        [
            row.candidate,
            _arrow(percent(row.base.value), percent(row.run.value)),
            _points(row),
            _arrow(_thousand(row.usd_base), _thousand(row.usd_run)),
            _arrow(seconds(row.p95_base_s), seconds(row.p95_run_s)),
            _word(row),
        ]
        for row in found.rows
    ]
    return Table(columns, rows)


def _notes(found: Comparison, run: Side, base: Side) -> str:
    parts = [f"{found.paired_prompts:,} paired prompts; {found.changed_winner:,} changed winner."]
    for count, words in (
        (len(found.only_run), f"new in {run.name}"),
        (len(found.only_base), f"only in {base.name}"),
        (len(found.edited), "edited under the same id"),
    ):
        if count:
            parts.append(f"{count:,} {'is' if count == 1 else 'are'} {words} and {'was' if count == 1 else 'were'} left out.")
    if found.missing:
        parts.append(f"Without a score now: {', '.join(found.missing)}.")
    return " ".join(parts)


def comparison_document(found: Comparison, run: Side, base: Side, width: int = 98) -> Document:
    """The comparison in every format; differences are run minus base."""
    table = _table(found, run.basis)
    notes = _notes(found, run, base)
    payload = {"run": run.name, "base": base.name, **asdict(found)}
    records = [
        {"candidate": row.candidate, "difference": row.difference.value, "p": row.p_holm, "word": row.word} for row in found.rows
    ]
    return Document(
        "jc.evals-comparison/1", payload, records, [table],
        text=f"{narrow(table, width, _SPARE)}\n\n{fill(notes, width)}", markdown=f"{table.markdown()}\n\n{notes}",
        extra={"junit": lambda: _compared_junit(found), "github": lambda: _compared_annotations(found)},
    )  # fmt: skip


def _said(row: Changed) -> str:
    scores = f"{percent(row.base.value)} → {percent(row.run.value)}"
    return f"`{row.candidate}`: {scores}, {_points(row)} points, {_word(row)}."


def _compared_junit(found: Comparison) -> str:
    """A case for each candidate; worse is a failure, and so is one without a score now."""
    demands = [Demand("compare", row.word != "worse", _said(row), row.candidate) for row in found.rows]
    gone = [Demand("compare", False, f"`{name}` has no score on a prompt of the base.", name) for name in found.missing]
    return gates_junit("jc evals compare", [*demands, *gone])


def _compared_annotations(found: Comparison) -> str:
    title = "jc evals compare"
    lines = [annotation("warning" if row.word == "worse" else "notice", _said(row), title=title) for row in found.rows]
    gone = [annotation("warning", f"`{name}` has no score on a prompt of the base.", title=title) for name in found.missing]
    return "\n".join([*lines, *gone])


def gate_document(answer: Gate, found: Comparison, run: Side, base: Side, width: int = 98) -> Document:
    """The gate's answer; `junit` and `github` beside the usual formats."""
    table = Table(
        (Column("Check"), Column("Candidate"), Column("Answer"), Column("Why")),
        [[check.name, check.candidate, "pass" if check.passed else "FAIL", check.message] for check in answer.checks],
    )
    verdict = "The gate is open." if answer.passed else "The gate is closed."
    comparison = _table(found, run.basis)
    payload = {"run": run.name, "base": base.name, "passed": answer.passed, "checks": [asdict(check) for check in answer.checks]}
    return Document(
        "jc.evals-gate/1",
        payload,
        [asdict(check) for check in answer.checks],
        [table],
        text=f"{narrow(comparison, width, _SPARE)}\n\n{narrow(table, width)}\n\n{verdict}",
        markdown=f"### Evals: {verdict}\n\n{comparison.markdown()}\n\n{table.markdown()}",
        extra={"junit": lambda: _junit(answer), "github": lambda: _annotations(answer)},
    )


def _junit(answer: Gate) -> str:
    return gates_junit(
        "jc evals gate", [Demand(check.name, check.passed, check.message, check.candidate) for check in answer.checks]
    )


def _annotations(answer: Gate) -> str:
    return "\n".join(
        annotation("notice" if check.passed else "error", check.message, title=f"jc evals gate ({check.name})")
        for check in answer.checks
    )
