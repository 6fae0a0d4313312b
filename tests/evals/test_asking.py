"""What a run has spent is read from its journal, whatever happened to the calls since."""

from decimal import Decimal
from pathlib import Path

from jc.evals.asking import spent_usd
from jc.evals.journal import Journal

FAILED = {"reply": {"status": "error"}, "lost_usd": "0.02"}
DONE = {"reply": {"status": "ok", "text": '"cost_usd":"9","copied":true'}, "cost_usd": "0.005", "lost_usd": "0.001"}


def test_a_failed_call_that_was_made_again_was_paid_for_too(tmp_path: Path) -> None:
    """Cost and what failed attempts may have cost count, also of a record that a later one replaced; words of a text do not."""
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.append("ab" * 32, FAILED)
        journal.append("cd" * 32, {"reply": {"status": "ok"}})
        journal.append("ab" * 32, DONE)

        assert spent_usd(journal) == Decimal("0.026")


def test_answers_of_another_run_and_repeated_lines_cost_nothing(tmp_path: Path) -> None:
    """A copied record was paid for where it came from; a line that stands twice was paid for once."""
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append("ab" * 32, DONE)
        journal.append("cd" * 32, {**DONE, "copied": True})
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])
    with Journal(path) as journal:
        assert spent_usd(journal) == Decimal("0.006")
