"""JUnit XML: what failed, for whom, and well-formed whatever a model wrote."""

import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from jc.report.junit import MAX_OUTPUT, Demand, gates_junit, junit
from tests.fakes.eval_run import sample_run


def test_each_candidate_is_a_suite_and_each_prompt_a_case() -> None:
    """Counts at the top are those of the cases; failed checks are failures and failed calls errors."""
    run = sample_run(prompts=6)
    root = ET.fromstring(junit(run.summary, iter(run.answers)))

    assert [suite.get("name") for suite in root] == ["acme/strong-1", "bravo/solid-2", "cargo/hasty-mini"]
    assert root.get("tests") == str(len(root.findall(".//testcase"))) == "18"
    assert root.get("failures") == str(len(root.findall(".//failure"))) == "9"
    assert root.get("errors") == str(len(root.findall(".//error"))) == "1"
    error = root.find(".//error")
    assert error is not None
    assert error.attrib == {"type": "server_error", "message": "HTTP 503 four times"}
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "0 of 1 checks passed"
    assert failure.text == "acme/strong-1 answers case 0."


def test_a_refused_answer_is_a_failure_with_its_status() -> None:
    """It is neither passed nor an error of the provider."""
    run = sample_run(prompts=1, cells={"status": "refused"})
    root = ET.fromstring(junit(run.summary, iter(run.answers)))

    assert {failure.get("message") for failure in root.iter("failure")} == {"the answer is refused"}


def test_epochs_have_their_own_cases() -> None:
    """Two answers to one prompt are two cases with different names."""
    run = sample_run(prompts=1)
    rows = [row | {"epoch": epoch} for row in run.answers for epoch in (0, 1)]
    root = ET.fromstring(junit(run.summary | {"epochs": 2}, rows))

    assert [case.get("name") for case in root[0]] == ["case-000 (epoch 1)", "case-000 (epoch 2)"]


def test_a_gate_is_a_suite_of_its_demands() -> None:
    """A demand that does not hold is a failure with what was found."""
    demands = [Demand("coverage", True, "", "a"), Demand("no regression", False, "a lost 4.1 points", "a")]
    root = ET.fromstring(gates_junit("jc evals gate", demands))
    suite = root.find("testsuite[@name='jc evals gate']")

    assert suite is not None
    assert (root.get("tests"), suite.get("failures")) == ("2", "1")
    assert [failure.get("message") for failure in suite.iter("failure")] == ["a lost 4.1 points"]


def test_long_answers_are_cut() -> None:
    """A failure carries enough of the answer to see, not all of it."""
    run = sample_run(prompts=1, texts={"acme/strong-1": "x" * 1_000_000})

    assert len(junit(run.summary, iter(run.answers))) < MAX_OUTPUT + 3_000


HOSTILE = st.sampled_from(["<", "&", "]]>", "--", "-->", "'\"", "\x00", "\ufffe", "\ud800", "</testcase>", "<!--", "&#0;"])


@settings(deadline=None, max_examples=50)
@given(st.lists(HOSTILE | st.text(max_size=10), max_size=5).map("".join))
def test_any_text_gives_well_formed_xml(text: str) -> None:
    """Names, messages and answers of any characters are readable XML 1.0."""
    run = sample_run(prompts=2, skills={f"c{text}": 1.0, "d": 0.1}, texts={f"c{text}": text}, cells={"prompt_id": text})
    for written, tests in ((junit(run.summary, run.answers), "4"), (gates_junit(text, [Demand(text, False, text, text)]), "1")):
        root = ET.fromstring(written.encode("utf-8", "backslashreplace"))

        assert root.get("tests") == tests
