"""Days to come, as values and as an iCalendar file."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from jc.catalog.calendar import Event, events, ics
from jc.catalog.model import Free, Lifecycle, PriceRow
from jc.errors import Where
from tests.catalog.sample import FILES, Edit, book, edited
from tests.strategies import HERE, catalog, hand, offer, price_row

STAMP = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
FIRST = date(2026, 11, 20)


def test_removals_reviews_and_ends_of_free_use() -> None:
    """Each with its day, what it means, and where it is written."""
    found = events(book(FILES).catalog, FIRST)

    assert [(str(one.day), one.kind, one.subject) for one in found] == [
        ("2027-01-01", "free-ends", "hosted/painter"),
        ("2027-02-01", "review", "acme/large"),
        ("2027-03-01", "removal", "acme/old"),
        ("2027-03-01", "removal", "hosted/open"),
    ]
    assert found[2].text == "its replacement is acme/small"
    assert found[2].where.file == "offers/acme.yaml"


def test_a_price_row_says_what_it_changes() -> None:
    """Old → new, and whether it is confirmed."""
    later = PriceRow(date(2026, 12, 1), "announced", {"input": Decimal(2), "output": Decimal(5)}, {}, (), None, None, HERE)
    one = offer("p/a", prices=(price_row("1.00", "5.00"), later))
    (event,) = events(catalog([one]), FIRST)

    assert (event.kind, event.text) == ("price", "input $1.00 → $2 (announced)")


def test_a_cancelled_row_is_no_event() -> None:
    """What was called off does not happen."""
    off = PriceRow(date(2026, 12, 1), "cancelled", {"input": Decimal(2)}, {}, (), None, None, HERE)

    assert events(catalog([offer("p/a", prices=(price_row(), off))]), FIRST) == []


def test_the_window_of_days_is_inclusive() -> None:
    """From the first day, so many days ahead; what lies before is over."""
    one = offer("p/a", lifecycle=Lifecycle(removal=date(2026, 11, 30)), free=Free("x", date(2026, 11, 19), HERE))
    world = catalog([one], hands=[hand("p/a", "top", until=date(2026, 11, 20))])

    assert [event.kind for event in events(world, FIRST, 10)] == ["placement-ends", "removal"]
    assert [event.kind for event in events(world, FIRST, 9)] == ["placement-ends"]
    assert len(events(world, FIRST, 10**9)) == 3


def test_the_file_is_an_icalendar_file() -> None:
    """Line by line as RFC 5545 wants it; the same catalog and stamp give the same bytes."""
    files, _ = edited([Edit("offers/acme.yaml", "      replacement: acme/small\n", "")])
    (event,) = [one for one in events(book(files).catalog, FIRST) if one.subject == "acme/old"]
    text = ics([event], STAMP)
    uid = next(line for line in text.split("\r\n") if line.startswith("UID:"))

    assert text == ics([event], STAMP)
    assert text.replace(uid, "UID:…").split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//jc//catalog calendar//EN",
        "CALSCALE:GREGORIAN",
        "BEGIN:VEVENT",
        "UID:…",
        "DTSTAMP:20261120T123000Z",
        "DTSTART;VALUE=DATE:20270301",
        "SUMMARY:acme/old is removed",
        f"DESCRIPTION:it names no replacement ({event.where})",
        "CATEGORIES:REMOVAL",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_an_empty_calendar_still_has_a_component() -> None:
    """RFC 5545 asks for at least one."""
    assert "BEGIN:VTIMEZONE" in ics([], STAMP)


def unfolded(text: str) -> list[str]:
    """The content lines of a file, as any reader of calendars puts them together."""
    return text.replace("\r\n ", "").split("\r\n")[:-1]


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_text_breaks_the_file(said: str, subject: str) -> None:
    """Whatever an offer is called: no line above 75 octets, no bare line end, no control character, and it reads back."""
    text = ics([Event(FIRST, "review", subject, said, Where("x.yaml", 1, 1))], STAMP)
    lines = text.split("\r\n")
    values = dict(line.split(":", 1) for line in unfolded(text) if ":" in line)

    assert all(len(line.encode()) <= 75 for line in lines)
    assert not any(char < " " or char == "\x7f" for line in lines for char in line)
    assert len([line for line in unfolded(text) if line.startswith("BEGIN:")]) == 2
    back = (
        values["DESCRIPTION"]
        .replace("\\\\", "\0")
        .replace("\\;", ";")
        .replace("\\,", ",")
        .replace("\\n", "\n")
        .replace("\0", "\\")
    )
    if said.isprintable() and said.isascii():
        assert back == f"{said} (x.yaml:1:1)"
