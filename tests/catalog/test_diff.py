"""What changed between two catalogs, as values."""

from datetime import UTC, date, datetime
from decimal import Decimal

from jc.catalog.diff import Change, Delta, diff
from jc.catalog.diff_values import ChangeKind
from jc.errors import Where
from tests.catalog.sample import FILES, Edit, book, edited

AT = datetime(2026, 11, 20, tzinfo=UTC)
ACME = "offers/acme.yaml"
SMALL = """\
      - from: 2026-06-30
        status: confirmed
        usd_per_mtok: {input: 0.15, output: 0.60, cache_read: 0.075}
        source: https://acme.example/prices
        checked: 2026-11-01
    lifecycle: {released: 2026-06-30}
"""


def changes(*edits: Edit) -> list[Change]:
    """What an edit of the sample changes, with exact places."""
    files, _ = edited(edits)
    old, new = book(FILES), book(files)
    return diff(old.catalog, new.catalog, AT, lambda where, path: new.at(where, *path))


def only(kind: ChangeKind, *edits: Edit) -> Change:
    """The one change of an edit, which is of this kind."""
    (change,) = changes(*edits)
    assert change.kind == kind
    return change


def row(start: str, status: str, rates: str) -> str:
    return SMALL.replace("2026-06-30\n        status: confirmed", f"{start}\n        status: {status}", 1).replace(
        "{input: 0.15, output: 0.60, cache_read: 0.075}", rates
    )


def appended(start: str, status: str, rates: str) -> Edit:
    """A new dated row behind the one of acme/small."""
    head = SMALL.partition("    lifecycle")[0]
    tail = SMALL.removeprefix(head)
    return Edit(ACME, SMALL, head + row(start, status, rates).partition("    lifecycle")[0] + tail)


def test_nothing_changed() -> None:
    """A catalog differs in nothing from itself."""
    assert changes() == []


def test_an_overwritten_price() -> None:
    """Old → new for each figure that moved, from the day of the row."""
    change = only("repriced", Edit(ACME, "input: 0.15, output: 0.60", "input: 0.30, output: 0.60"))

    assert change.subject == "acme/small"
    assert change.deltas == (Delta("input", Decimal("0.15"), Decimal("0.30"), "usd_per_mtok"),)
    assert (change.effective, change.status) == (date(2026, 6, 30), "confirmed")
    assert change.deltas[0].share == 1


def test_a_new_dated_row_is_told_with_its_day_and_status() -> None:
    """An announced price is compared with what would have held on that day."""
    change = only("repriced", appended("2026-12-15", "announced", "{input: 0.10, output: 0.60, cache_read: 0.05}"))

    assert (change.effective, change.status) == (date(2026, 12, 15), "announced")
    assert [delta.field for delta in change.deltas] == ["input", "cache_read"]
    assert change.weight == Decimal("-0.05")


def test_two_new_rows_are_two_changes() -> None:
    """Each from its own day."""
    first = appended("2026-12-01", "confirmed", "{input: 0.20, output: 0.60, cache_read: 0.075}")
    second = row("2027-01-01", "announced", "{input: 0.25, output: 0.60}").partition("    lifecycle")[0]
    both = Edit(first.file, first.old, first.new.replace("    lifecycle", f"{second}    lifecycle"))

    assert sorted(str(one.effective) for one in changes(both)) == ["2026-12-01", "2027-01-01"]


def test_a_cancelled_row_gives_the_price_before_it_back() -> None:
    """What an announced row had promised is taken back."""
    announced, _ = edited([appended("2026-12-15", "announced", "{input: 0.10, output: 0.60}")])
    cancelled, _ = edited([appended("2026-12-15", "cancelled", "{input: 0.10, output: 0.60}")])
    (change,) = diff(book(announced).catalog, book(cancelled).catalog, AT)

    assert change.effective == date(2026, 12, 15)
    assert change.deltas[0] == Delta("input", Decimal("0.10"), Decimal("0.15"), "usd_per_mtok")


def test_an_announced_price_that_is_confirmed() -> None:
    """The price stays, its status does not."""
    announced, _ = edited([appended("2026-12-15", "announced", "{input: 0.10, output: 0.60}")])
    confirmed, _ = edited([appended("2026-12-15", "confirmed", "{input: 0.10, output: 0.60}")])
    (change,) = diff(book(announced).catalog, book(confirmed).catalog, AT)

    assert change.kind == "lifecycle"
    assert change.deltas == (Delta("status", "announced", "confirmed", condition="price from 2026-12-15"),)


def test_overrides_are_told_with_their_condition() -> None:
    """A long-context rate and a batch factor are figures like others."""
    change = only(
        "repriced",
        Edit(ACME, "set: {input: 4.00, output: 15.00}", "set: {input: 4.00, output: 18.00}"),
        Edit(ACME, "multiply: {input: 0.5, output: 0.5}", "multiply: {input: 0.4, output: 0.5}"),
    )

    assert [(one.field, one.condition, one.before, one.after) for one in change.deltas] == [
        ("output", "above 200,000 prompt tokens", Decimal("15.00"), Decimal("18.00")),
        ("input", "batch", Decimal("1.000"), Decimal("0.800")),
    ]


def test_the_end_of_a_free_offer() -> None:
    """Free until a day is a price like another."""
    change = only("repriced", Edit("offers/hosted.yaml", "free: {reason: a trial of the host, until: 2027-01-01}", "prices: []"))

    assert change.subject == "hosted/painter"
    assert change.deltas == (Delta("free", True, False),)


def test_a_new_offer_has_its_price() -> None:
    """Its base prices, unknown before."""
    text = FILES[ACME].rstrip()
    new = text[text.rindex("  - id: acme/small") :].replace("acme/small", "acme/zeta").replace("[small, tiny]", "[zeta]")
    change = only(
        "new", Edit(ACME, "", FILES[ACME].rstrip() + "\n" + new.replace("model: acme/zeta", "model: acme/small") + "\n")
    )

    assert change.subject == "acme/zeta"
    assert Delta("input", None, Decimal("0.15"), "usd_per_mtok") in change.deltas


def test_a_removed_offer_says_what_replaces_it_and_where_it_is_named() -> None:
    """Its replacement, and every place that still names it, with line and column."""
    text = FILES[ACME]
    start, end = text.index("  - id: acme/old"), text.index("  - id: acme/small")
    named = Edit("routes/plain.yaml", "fallback: [hosted/open]", "fallback: [hosted/open, §acme/old]")
    old_files, place = edited([named])
    new_files, _ = edited([named, Edit(ACME, text[start:end], "")])
    new = book(new_files)
    (change,) = diff(book(old_files).catalog, new.catalog, AT, lambda where, path: new.at(where, *path))

    assert place is not None
    assert change.kind == "removed"
    assert change.replacement == "acme/small"
    assert change.used_by == (Where(*place),)


def test_lifecycle_capabilities_and_limits() -> None:
    """Each kind of change is told apart, in this order."""
    found = changes(
        Edit(ACME, "      removal: 2027-03-01", "      removal: 2027-06-01"),
        Edit(ACME, "structured_output: true, reasoning: false}", "structured_output: true, reasoning: true}"),
        Edit(ACME, "{context: 1000000, output: 128000}", "{context: 500000, output: 128000}"),
        Edit(ACME, "tokens_per_s: 46", "tokens_per_s: 60"),
    )

    assert [one.kind for one in found] == ["lifecycle", "capability", "limit", "fact"]
    assert found[0].deltas == (Delta("removal", date(2027, 3, 1), date(2027, 6, 1)),)
    assert found[1].deltas == (Delta("reasoning", False, True),)
    assert found[2].deltas == (Delta("context", 1_000_000, 500_000, "tokens"),)


def test_facts_and_scores_of_models() -> None:
    """Energy and measurements, since estimates and tiers rest on them."""
    found = changes(
        Edit("models/acme.yaml", "joules: 6.5", "joules: 7.5"), Edit("benchmarks/scores.yaml", "value: 88.0", "value: 84.0")
    )

    assert [(one.kind, one.subject) for one in found] == [("score", "acme/large"), ("fact", "acme/large")]
    assert found[0].deltas == (Delta("mmlu", Decimal("88.0"), Decimal("84.0"), "points", "vendor"),)
    assert found[1].deltas == (Delta("energy", "6.5 J per request", "7.5 J per request"),)


def test_the_most_costly_change_comes_first() -> None:
    """Ordered by how much the cost key grows."""
    found = changes(
        Edit(ACME, "input: 0.15, output: 0.60", "input: 0.25, output: 0.60"),
        Edit(ACME, "input: 2.00, output: 10.00", "input: 1.00, output: 10.00"),
        Edit("offers/hosted.yaml", "input: 0.10, output: 0.40", "input: 5.10, output: 0.40"),
    )

    assert [one.subject for one in found] == ["hosted/open", "acme/small", "acme/large"]
