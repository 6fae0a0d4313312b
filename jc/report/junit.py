"""An eval run as JUnit XML: one suite per candidate, one test case per prompt, and one suite for the gates.

A failed check or a refused answer is a failure, a call that gave no answer is an error, a gate that does not hold is a failure.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from jc.report.html import cut
from jc.sanitise import plain

MAX_OUTPUT = 2_000
# What XML 1.0 cannot say even as an escape; `plain` has taken care of control characters and surrogates.
_NEVER = re.compile("[\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Gate:
    """One demand on a run: whether it holds, and what was found."""

    name: str
    passed: bool
    message: str = ""
    candidate: str = "gates"


@dataclass(slots=True)
class _Suite:
    cases: list[str] = field(default_factory=list)
    failures: int = 0
    errors: int = 0
    seconds: float = 0.0


def junit(summary: Mapping[str, Any], answers: Iterable[Mapping[str, Any]], gates: Sequence[Gate] = ()) -> str:
    """The XML text; `answers` are rows of results.csv, read once."""
    suites: dict[str, _Suite] = defaultdict(_Suite)
    for row in summary["candidates"]:
        suites[row["candidate"]] = _Suite()
    for row in answers:
        _add_answer(suites[row["candidate"]], row, summary["epochs"] > 1)
    for gate in gates:
        _add_gate(suites["gates"], gate)
    total = [sum(getattr(suite, name) for suite in suites.values()) for name in ("failures", "errors")]
    tests = sum(len(suite.cases) for suite in suites.values())
    head = f"<testsuites name={_attribute('jc evals ' + str(summary['run_id']))} tests={_attribute(tests)}"
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"{head} failures={_attribute(total[0])} errors={_attribute(total[1])}>"]
    for name, suite in suites.items():
        counts = f"tests={_attribute(len(suite.cases))} failures={_attribute(suite.failures)} errors={_attribute(suite.errors)}"
        lines.append(f"<testsuite name={_attribute(name)} {counts} time={_attribute(f'{suite.seconds:.3f}')}>")
        lines += [*suite.cases, "</testsuite>"]
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _add_answer(suite: _Suite, row: Mapping[str, Any], epochs: bool) -> None:
    name = f"{row['prompt_id']} (epoch {int(row['epoch']) + 1})" if epochs else row["prompt_id"]
    seconds = (row["latency_ms"] or 0.0) / 1e3
    suite.seconds += seconds
    open_tag = f"<testcase classname={_attribute(row['candidate'])} name={_attribute(name)} time={_attribute(f'{seconds:.3f}')}"
    said = "" if row["output"] is None else _text(cut(str(row["output"]), MAX_OUTPUT))
    if row["status"] == "error":
        suite.errors += 1
        message = row["error_message"] or row["error_type"] or "no answer"
        inside = f"<error type={_attribute(row['error_type'] or 'error')} message={_attribute(message)}/>"
    elif row["status"] != "ok":
        suite.failures += 1
        why = _attribute(f"the answer is {row['status']}")
        inside = f"<failure type={_attribute(row['status'])} message={why}>{said}</failure>"
    elif (row["checks_passed"] or 0) < (row["checks_total"] or 0):
        suite.failures += 1
        message = f"{row['checks_passed'] or 0} of {row['checks_total']} checks passed"
        inside = f'<failure type="check" message={_attribute(message)}>{said}</failure>'
    else:
        suite.cases.append(f"{open_tag}/>")
        return
    suite.cases.append(f"{open_tag}>{inside}</testcase>")


def _add_gate(suite: _Suite, gate: Gate) -> None:
    open_tag = f"<testcase classname={_attribute(gate.candidate)} name={_attribute(gate.name)}"
    if gate.passed:
        suite.cases.append(f"{open_tag}/>")
        return
    suite.failures += 1
    suite.cases.append(f'{open_tag}><failure type="gate" message={_attribute(gate.message)}/></testcase>')


def _clean(text: object) -> str:
    return _NEVER.sub("\ufffd", plain(str(text)))


def _attribute(value: object) -> str:
    return quoteattr(_clean(value))


def _text(value: str) -> str:
    return escape(_clean(value))
