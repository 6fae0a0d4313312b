"""The calendar of a catalog in a terminal."""

from datetime import UTC, date, datetime

import pytest

from jc.catalog.calendar import Event
from jc.errors import Where
from jc.report.catalog_answers import calendar_document
from jc.report.document import render

WORDS = "in cheap-fast until then: on the cheap-fast table of the tiers page, after its retirement; taken out when that was read"
EVENTS = [
    Event(date(2026, 11, 20), "review", "krutrim/llama-models/Meta-Llama-3-8B-Instruct", WORDS, Where("tiers.yaml", 1, 1)),
    Event(date(2026, 12, 11), "removal", "openai/gpt-5-nano", "it names no replacement", Where("offers.yaml", 1, 1)),
]


@pytest.mark.parametrize("width", [50, 80, 98, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(width: int) -> None:
    """Details stand beside the other columns, or under them where there is no room."""
    found = calendar_document(EVENTS, date(2026, 11, 1), 365, datetime(2026, 11, 1, tzinfo=UTC), width)
    shown = render(found, "table")

    assert max(map(len, shown.splitlines())) <= width
    assert set(WORDS.split()) <= set(shown.split())
    assert len(found.payload["events"]) == 2
