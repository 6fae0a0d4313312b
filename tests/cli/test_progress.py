"""The story of a run off a terminal: short pauses wait for the next line, long ones are told at once."""

from collections.abc import Iterator

import pytest

from jc.cli.output import Out
from jc.cli.progress import RunProgress
from jc.providers.settings import Notice


@pytest.fixture
def out() -> Iterator[Out]:
    """An Out that tells everything on stderr."""
    with Out.open(format_=None, output=None, quiet=False, verbose=False, catalog=None, color="never") as opened:
        yield opened


def test_pauses_of_a_second_are_not_told_one_by_one(out: Out, capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred short waits, recoveries and retries within ten seconds are no line."""
    progress = RunProgress(out, 10, 10, tty=False)
    for _ in range(100):
        progress.notice(Notice("waiting", "acme", "slow down", 1.0))
        progress.notice(Notice("recovered", "acme", "answers again"))
        progress.notice(Notice("retrying", "acme", "HTTP 500", 1.0))

    assert capsys.readouterr().err == ""


def test_long_pauses_and_ends_are_told_at_once(out: Out, capsys: pytest.CaptureFixture[str]) -> None:
    """A minute of Retry-After, a parked budget and an endpoint that is given up: three lines."""
    progress = RunProgress(out, 10, 10, tty=False)
    progress.notice(Notice("waiting", "acme", "slow down", 60.0))
    progress.notice(Notice("parked", "acme", "the budget is used up", 3600.0))
    progress.notice(Notice("stopped", "acme", "HTTP 401"))

    assert capsys.readouterr().err.splitlines() == [
        "acme: waiting for 60 s: slow down",
        "acme: parked for 3600 s: the budget is used up",
        "acme: stopped: HTTP 401",
    ]
