"""What GitHub Actions reads cannot be broken by what a file or a model says."""

from pathlib import Path

import pytest

from jc.errors import IoFailure, Where
from jc.report.github import MAX_SUMMARY, annotation, append_summary, evals_summary
from tests.fakes.eval_run import sample_run


def test_an_annotation_names_its_place() -> None:
    """File, line, column and title stand before the message."""
    found = annotation("error", "no price", title="price-missing", where=Where("catalogs/qwen.yaml", 42, 7))

    assert found == "::error file=catalogs/qwen.yaml,line=42,col=7,title=price-missing::no price"
    assert annotation("notice", "done") == "::notice::done"
    assert annotation("warning", "whole file", where=Where("a.yaml")) == "::warning file=a.yaml::whole file"


def test_a_message_cannot_start_a_command_of_its_own() -> None:
    """Line ends, percent signs and the characters that part properties are escaped."""
    found = annotation("error", "one\n::set-output name=x::y 100%", title="a,b:c\r\n::error::z")

    assert "\n" not in found
    assert "\r" not in found
    assert found == "::error title=a%2Cb%3Ac%0D%0A%3A%3Aerror%3A%3Az::one%0A::set-output name=x::y 100%25"
    assert annotation("error", "\x1b[31m") == "::error::\\x1b[31m"


def test_a_run_as_markdown_begins_with_its_conclusion() -> None:
    """Conclusion, standings, proofs, judges; markup in a name is escaped."""
    evil = "<img src=x>|b"
    found = evals_summary(sample_run(skills={evil: 1.5, "b": 0.1}).summary)

    assert found.startswith("### &lt;img src=x&gt;\\|b is better than b (p &lt; 0.001)\n")
    assert "| Candidate | Win rate |" in found
    assert "- Proven: &lt;img src=x&gt;\\|b &gt; b (p &lt; 0.001)" in found
    assert "- Judge judge/one: same verdict in both orders" in found
    assert "<img" not in found


def test_the_step_summary_is_appended_when_there_is_one(tmp_path: Path) -> None:
    """Outside of Actions nothing is written; inside, one summary follows the other."""
    path = tmp_path / "summary.md"
    environment = {"GITHUB_STEP_SUMMARY": str(path)}

    assert append_summary({}, "text") is False
    assert append_summary(environment, "one\n") is True
    assert append_summary(environment, "two" + "x" * 2 * MAX_SUMMARY) is True
    assert path.read_text("utf-8").startswith("one\n\ntwo")
    assert path.stat().st_size <= MAX_SUMMARY + 10


def test_a_step_summary_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The error names the file and the variable."""
    with pytest.raises(IoFailure, match="cannot write") as caught:
        append_summary({"GITHUB_STEP_SUMMARY": str(tmp_path)}, "text")

    assert "GITHUB_STEP_SUMMARY" in caught.value.hint
