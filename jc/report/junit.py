"""An eval run as JUnit XML, one suite per candidate and one test case per prompt; a gate as one suite of its demands.

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
class Demand:
    """One demand of a gate on a candidate: whether it holds, and what was found."""

    name: str
    passed: bool
    message: str
    candidate: str


@dataclass(slots=True)
class _Suite:
    cases: list[str] = field(default_factory=list)
    failures: int = 0
    errors: int = 0
    seconds: float = 0.0


def junit(summary: Mapping[str, Any], answers: Iterable[Mapping[str, Any]]) -> str:
    """The XML text; `answers` are rows of results.csv, read once."""
    suites: dict[str, _Suite] = defaultdict(_Suite)
    for row in summary["candidates"]:
        suites[row["candidate"]] = _Suite()
    for row in answers:
        _add_answer(suites[row["candidate"]], row, summary["epochs"] > 1)
    return _written(f"jc evals {summary['run_id']}", suites)


def gates_junit(name: str, demands: Sequence[Demand]) -> str:
    """A gate's answer as one suite with a case for each demand."""
    suite = _Suite()
    for demand in demands:
        _add_demand(suite, demand)
    return _written(name, {name: suite})


def _written(name: str, suites: Mapping[str, _Suite]) -> str:
    failures, errors = (sum(getattr(suite, kind) for suite in suites.values()) for kind in ("failures", "errors"))
    counts = _counts(sum(len(suite.cases) for suite in suites.values()), failures, errors)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites name={_attribute(name)} {counts}>"]
    for title, suite in suites.items():
        counts = _counts(len(suite.cases), suite.failures, suite.errors)
        lines.append(f"<testsuite name={_attribute(title)} {counts} time={_attribute(f'{suite.seconds:.3f}')}>")
        lines += [*suite.cases, "</testsuite>"]
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _counts(tests: int, failures: int, errors: int) -> str:
    return f'tests="{tests}" failures="{failures}" errors="{errors}"'


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


def _add_demand(suite: _Suite, demand: Demand) -> None:
    open_tag = f"<testcase classname={_attribute(demand.name)} name={_attribute(demand.candidate)}"
    if demand.passed:
        suite.cases.append(f"{open_tag}/>")
        return
    suite.failures += 1
    suite.cases.append(f'{open_tag}><failure message={_attribute(demand.message)} type="gate"/></testcase>')


def _clean(text: object) -> str:
    return _NEVER.sub("\ufffd", plain(str(text)))


def _attribute(value: object) -> str:
    return quoteattr(_clean(value))


def _text(value: str) -> str:
    return escape(_clean(value))
