"""Findings in the formats of other tools."""

import json
from dataclasses import replace

from jc.catalog.check import Finding
from jc.errors import Where
from jc.report.findings import github, lines_of, sarif, summary
from jc.report.rules_page import every_rule

RULES = every_rule()
FINDING = Finding("JC302", "error", Where("a b/100%,:.yaml", 3, 7), "50 % off:\nfree", "say `free`", "price-zero")
WHOLE_FILE = Finding("JC116", "error", Where("x.yaml"), "a symbolic link", "", "symlink")


def test_annotations_escape_what_github_would_read() -> None:
    """Per cent and line ends everywhere, colons and commas in properties; a whole file has no line."""
    assert github([FINDING, WHOLE_FILE]) == (
        "::error file=a b/100%25%2C%3A.yaml,line=3,col=7,title=price-zero (JC302)::50 %25 off:%0Afree%0Asay `free`\n"
        "::error file=x.yaml,title=symlink (JC116)::a symbolic link\n"
    )


def test_a_note_is_a_notice() -> None:
    """GitHub calls it so."""
    note = Finding("JC403", "note", Where("x.yaml", 1, 1), "m", "", "modality-differs")

    assert github([note]).startswith("::notice file=x.yaml,line=1,col=1,")


def test_sarif_points_into_its_own_rules() -> None:
    """Each result names a rule by id and index; places are URIs; a whole file has no region."""
    body = json.loads(sarif([FINDING, WHOLE_FILE], RULES))
    (run,) = body["runs"]
    first, second = run["results"]

    assert body["version"] == "2.1.0"
    assert [run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] for one in (first, second)] == ["JC302", "JC116"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/100%25%2C%3A.yaml"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_the_summary_counts_in_words() -> None:
    """One is singular, none is not said, nothing at all is."""
    totals = {"models": 37, "files": 1, "errors": 2, "warnings": 1, "notes": 0}

    assert summary(totals) == "Checked 37 models in 1 file: 2 errors, 1 warning."
    assert summary({**totals, "errors": 0, "warnings": 0}) == "Checked 37 models in 1 file: no findings."


def test_a_hint_that_many_share_is_said_once() -> None:
    """After the last of a run of findings with the same hint; another hint in between ends the run."""
    other = replace(FINDING, hint="say it otherwise")

    hints = [line.strip() for line in lines_of([FINDING, FINDING, other, FINDING]) if line.strip().startswith("say")]
    assert hints == ["say `free`", "say it otherwise", "say `free`"]
