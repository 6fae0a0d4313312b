"""Rules that compare a catalog with its base."""

from datetime import date

import pytest

from tests.catalog.sample import FILES, Edit, edited, findings

A = "offers/acme.yaml"
OLD_ROW = """\
      - from: 2026-01-15
        status: confirmed
        usd_per_mtok: {input: 2.50, output: 12.00, cache_read: 0.25, cache_write_5m: 3.00, cache_write_1h: 5.00}
        source: https://acme.example/prices-2025
        checked: 2026-06-01
"""
SMALL = "{input: 0.15, output: 0.60, cache_read: 0.075}"
LAST = "        source: https://acme.example/prices\n        checked: 2026-11-01\n    lifecycle: {released: 2026-06-30}\n"
NEW_ROW = """\
      - from: {day}
        status: {status}
        usd_per_mtok: {{input: 0.10, output: 0.40}}
        source: https://acme.example/prices-2027
        checked: 2026-11-01
"""


def after(*edits: Edit, base: tuple[Edit, ...] = (), at: date = date(2026, 11, 20)) -> list[tuple[str, str, str]]:
    """Name, place and message of what is found after some edits, beside the version before."""
    found = findings(edited(edits)[0], edited(base)[0], at)
    return [(one.name, f"{one.where.line}:{one.where.column}", one.message) for one in found]


def row(day: str, status: str) -> Edit:
    """One more price row of acme/small."""
    return Edit(A, LAST, LAST.replace("    lifecycle", NEW_ROW.format(day=day, status=status) + "    lifecycle"))


@pytest.mark.parametrize(("day", "status"), [("2026-11-10", "confirmed"), ("2027-01-01", "announced")])
def test_a_new_price_is_a_new_row(day: str, status: str) -> None:
    """Adding one, for today or for a day to come, is how prices change."""
    assert after(row(day, status)) == []


def test_a_past_row_that_is_gone_is_found_where_it_stood() -> None:
    """The place is that of the row after it."""
    assert after(Edit(A, OLD_ROW, "")) == [("history-rewritten", "15:15", "`acme/large`: the price row from 2026-01-15 is gone")]


def test_a_row_whose_day_was_moved_is_gone_from_its_old_day() -> None:
    """Moving the day rewrites what held in between."""
    found = after(Edit(A, "from: 2026-01-15", "from: 2026-02-15"))

    assert [(name, message) for name, _, message in found] == [
        ("history-rewritten", "`acme/large`: the price row from 2026-01-15 is gone")
    ]


def test_a_row_to_come_may_change_and_go() -> None:
    """What has not begun is no history yet."""
    base = (row("2027-01-01", "announced"),)

    assert after(base=base) == []
    assert after(row("2027-02-01", "confirmed"), base=base) == []


def test_an_announced_row_may_be_confirmed_but_not_silently_cancelled() -> None:
    """Confirming says the same price more surely; cancelling changes what held."""
    base = (row("2026-11-10", "announced"),)

    assert after(row("2026-11-10", "confirmed"), base=base) == []
    found = after(row("2026-11-10", "cancelled"), base=base)
    assert [(name, message) for name, _, message in found] == [
        (
            "history-rewritten",
            "`acme/small`: the price in force since 2026-11-10 was rewritten: status was announced and is cancelled",
        )
    ]


def test_sources_notes_and_days_of_checking_are_no_prices() -> None:
    """Looking a price up again changes nothing that was paid."""
    found = after(Edit(A, OLD_ROW, OLD_ROW.replace("checked: 2026-06-01", "checked: 2026-11-02\n        note: again")))

    assert found == []


def test_an_override_and_a_unit_price_are_prices() -> None:
    """Both are part of what held."""
    found = after(Edit(A, "multiply: {input: 0.5, output: 0.5}", "multiply: {input: 0.6, output: 0.5}"))
    assert [(name, place) for name, place, _ in found] == [("history-rewritten", "24:11")]

    image = Edit(A, SMALL, SMALL + "\n        usd_per_image: 0.02")
    dearer = Edit(A, SMALL, SMALL + "\n        usd_per_image: 0.03")
    found = after(dearer, base=(image,))
    assert [(name, place) for name, place, _ in found] == [("history-rewritten", "63:24")]


def test_a_key_that_was_unknown_may_become_known() -> None:
    """Filling a gap rewrites nothing; emptying a place does."""
    known = Edit(A, SMALL, "{input: 0.15, output: 0.60, cache_read: 0.075, cache_write_5m: 0.20}")

    assert after(known) == []
    assert [name for name, _, _ in after(base=(known,))] == ["history-rewritten"]


def test_a_correction_is_used_up_by_the_version_that_makes_it() -> None:
    """The next change of the same row needs a reason of its own."""
    fixed = Edit(A, OLD_ROW, OLD_ROW.replace("input: 2.50", "input: 2.60") + "        correction: {reason: a slip}\n")
    again = Edit(A, OLD_ROW, OLD_ROW.replace("input: 2.50", "input: 2.70") + "        correction: {reason: a slip}\n")

    assert after(fixed) == []
    assert [name for name, _, _ in after(again, base=(fixed,))] == ["history-rewritten"]


def test_a_price_that_moves_far_needs_a_new_source() -> None:
    """From row to row: 5 times with the old source is a warning, with a new one it is news."""
    far = OLD_ROW.replace(
        "input: 2.50, output: 12.00, cache_read: 0.25, cache_write_5m: 3.00, cache_write_1h: 5.00", "input: 10, output: 12"
    )

    assert after(Edit(A, OLD_ROW, far), base=(Edit(A, OLD_ROW, far),)) == []
    same_source = far.replace("prices-2025", "prices")
    found = after(Edit(A, OLD_ROW, same_source), base=(Edit(A, OLD_ROW, same_source),))
    assert [(name, place) for name, place, _ in found] == [("price-moved", "22:31")]


def test_an_offer_may_be_deleted_after_its_removal() -> None:
    """Until then it stays, with its prices."""
    old = FILES[A][FILES[A].index("  - id: acme/old") : FILES[A].index("  - id: acme/small")]

    assert [name for name, _, _ in after(Edit(A, old, ""), at=date(2026, 11, 20))] == ["deleted-early"]
    later = [name for name, _, _ in after(Edit(A, old, ""), at=date(2027, 3, 1))]
    assert "deleted-early" not in later


def test_an_offer_that_was_renamed_keeps_its_old_name_as_an_alias() -> None:
    """Then nothing is gone."""
    renamed = (
        Edit(A, "  - id: acme/small", "  - id: acme/small-2026"),
        Edit(A, "aliases: [small, tiny]", "aliases: [small, tiny, acme/small]"),
    )

    assert after(*renamed) == []


def test_a_deleted_file_is_named_as_a_whole() -> None:
    """Its offers have no line any more."""
    files = {rel: text for rel, text in FILES.items() if rel != "offers/hosted.yaml"}
    found = [one for one in findings(files, FILES) if one.name == "deleted-early"]

    assert [(one.where.file, one.where.line) for one in found] == [("offers/hosted.yaml", 0)] * 2


def test_a_model_stays_as_long_as_an_offer_of_it_does() -> None:
    """Deleting the model of a living offer is found at the place where it stood."""
    models = FILES["models/acme.yaml"]
    gone = Edit("models/acme.yaml", models[models.index("  - id: acme/open") : models.index("  - id: acme/small")], "")
    found = after(gone)

    assert ("deleted-early", "10:5", "the model `acme/open` is gone, but `hosted/open` is not removed") in found


def test_lost_tools_need_a_note() -> None:
    """A capability that goes is a mistake or a fact; a fact says so."""
    small = "tools: true, structured_output: true}\n    limits: {context: 200000, output: 16384}"

    assert [(name, place) for name, place, _ in after(Edit(A, small, small.replace("tools: true", "tools: false")))] == [
        ("capability-lost", "57:65")
    ]
    noted = small.replace("tools: true", "tools: false") + "\n    note: the maker took it out"
    assert after(Edit(A, small, noted)) == []
