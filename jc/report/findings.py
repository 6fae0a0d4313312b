"""Findings of `jc catalog check` in every format: for people, for machines, for GitHub's annotations and code scanning."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import jc
from jc.catalog.check import Book, Finding, Rule, counts
from jc.report.document import Document
from jc.report.github import Level, annotation
from jc.report.table import Column, Table
from jc.sanitise import display_width, plain

_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
_COMMANDS: Mapping[str, Level] = {"error": "error", "warning": "warning", "note": "notice"}
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def findings_document(findings: Sequence[Finding], book: Book, rules: Sequence[Rule], payload: Mapping[str, Any]) -> Document:
    """The findings as a document; `payload` holds what else the JSON says (as_of, base)."""
    totals = {
        **counts(findings),
        "files": len(book.documents.files),
        "models": _rows(book, "models"),
        "offers": _rows(book, "offers"),
    }
    records = [record(finding) for finding in findings]
    text = "\n".join([*lines_of(findings), *([""] if findings else []), summary(totals)])
    extra: dict[str, Callable[[], str]] = {
        "text": lambda: text,
        "github": lambda: github(findings),
        "sarif": lambda: sarif(findings, rules),
    }
    return Document(
        "jc.catalog-check/1",
        {**payload, "findings": records, "counts": totals},
        records,
        [_table(findings)],
        text,
        _markdown(findings, totals),
        extra,
    )


def _rows(book: Book, kind: str) -> int:
    """How many rows the files of a kind have, the broken ones too."""
    lists = [document.tree.get(kind) for document in book.documents.of_kind(kind)]
    return sum(len(rows) for rows in lists if isinstance(rows, list))


def record(finding: Finding) -> dict[str, Any]:
    """A finding as a row; line and column are 0 when the whole file is meant."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "file": finding.where.file,
        "line": finding.where.line,
        "column": finding.where.column,
        "message": finding.message,
        "hint": finding.hint,
    }


def summary(totals: Mapping[str, int]) -> str:
    """`Checked 37 models in 6 files: 2 errors, 1 warning.`"""
    said = [_count(totals[f"{kind}s"], kind) for kind in ("error", "warning", "note") if totals[f"{kind}s"]]
    return (
        f"Checked {_count(totals['models'], 'model')} in {_count(totals['files'], 'file')}: {', '.join(said) or 'no findings'}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def lines_of(findings: Sequence[Finding]) -> list[str]:
    """One line a finding, its hint on the next one under the message; equal hints of a run of findings once, after the last."""
    places = [plain(str(finding.where), keep_newlines=False) for finding in findings]
    width = max(map(display_width, places), default=0)
    names = max((len(finding.name) for finding in findings), default=0)
    out = []
    following = [*(one.hint for one in findings[1:]), ""][: len(findings)]
    for place, finding, after in zip(places, findings, following, strict=True):
        gap = " " * (width - display_width(place))
        head = f"{place}{gap} {finding.severity:<8} {finding.name:<{names}}  "
        out.append(head + plain(finding.message, keep_newlines=False))
        if finding.hint and finding.hint != after:
            out.append(" " * display_width(head) + plain(finding.hint, keep_newlines=False))
    return out


def _table(findings: Sequence[Finding]) -> Table:
    columns = ("Where", "Severity", "Rule", "Finding", "Hint")
    rows = [(str(one.where), one.severity, f"{one.rule} {one.name}", one.message, one.hint) for one in findings]
    return Table(tuple(map(Column, columns)), rows)


def _markdown(findings: Sequence[Finding], totals: Mapping[str, int]) -> str:
    head = f"**Catalog check.** {summary(totals)}"
    return f"{head}\n\n{_table(findings).markdown()}" if findings else head


def github(findings: Sequence[Finding]) -> str:
    """Workflow commands that GitHub Actions shows beside the lines of a pull request."""
    return "".join(_annotation(finding) for finding in findings)


def _annotation(finding: Finding) -> str:
    message = finding.message + (f"\n{finding.hint}" if finding.hint else "")
    title = f"{finding.name} ({finding.rule})"
    return annotation(_COMMANDS[finding.severity], message, title=title, where=finding.where) + "\n"


def sarif(findings: Sequence[Finding], rules: Sequence[Rule]) -> str:
    """SARIF 2.1.0, as code scanning reads it."""
    index = {one.id: number for number, one in enumerate(rules)}
    driver = {
        "name": "jc",
        "semanticVersion": jc.__version__,
        "rules": [
            {
                "id": one.id,
                "name": one.name,
                "shortDescription": {"text": one.what},
                "defaultConfiguration": {"level": _LEVELS[one.severity]},
                "properties": {"group": one.group},
            }
            for one in rules
        ],
    }
    results = [
        {
            "ruleId": one.rule,
            "ruleIndex": index[one.rule],
            "level": _LEVELS[one.severity],
            "message": {"text": one.message + (f" ({one.hint})" if one.hint else "")},
            "locations": [{"physicalLocation": _location(one)}],
        }
        for one in findings
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _location(finding: Finding) -> dict[str, Any]:
    where = finding.where
    out: dict[str, Any] = {"artifactLocation": {"uri": quote(where.file.replace("\\", "/"))}}
    if where.line:
        out["region"] = {"startLine": where.line, **({"startColumn": where.column} if where.column else {})}
    return out
