"""What is said about a tree that has not the shape of its file."""

# ruff: noqa: E501  an example is one line

import pytest

from jc.catalog.conform import misfits
from jc.catalog.documents import document


def said(rel: str, text: str) -> list[tuple[str, str, str]]:
    """Place, message and hint of every misfit."""
    found = document("", rel, text.encode())
    assert found.kind is not None
    return [
        (f"{where.line}:{where.column}", one.message, one.hint)
        for one in misfits(found.kind, found.tree)
        for where in [found.where(one.path, key=one.at_key)]
    ]


OFFER = """\
schema_version: 1
provider: acme
kind: first_party
offers:
  - id: acme/a
    model: acme/a
    wire_id: a
    {}
"""


@pytest.mark.parametrize(
    ("line", "place", "message", "hint"),
    [
        ("contxt: 5", "8:5", "unknown key `contxt`", "known: "),
        ("alias: [a]", "8:5", "unknown key `alias`", "did you mean `aliases`?"),
        ("limits: {contxt: 5}", "8:14", "unknown key `contxt`", "did you mean `context`?"),
        ("limits: {context: -5}", "8:23", "`context` is `-5`, expected a whole number above zero", "null when it is unknown"),
        ('limits: {context: "128,000"}', "8:23", "`context` is the text `128,000`, expected a whole number above zero", "write 128000"),
        ("aliases: a", "8:14", "`aliases` is the text `a`, expected a list", "write [a]"),
        ("aliases: [4.10]", "8:15", "`the value` is `4.10`, expected text", 'put it in quotes: "4.10"'),
        ("capabilities: {tools: yes}", "8:27", "`tools` is the text `yes`, expected true or false", "write true"),
        ("capabilities: {input: [text, imag]}", "8:34", "`the value` is the text `imag`, expected text, image, audio", "did you mean `image`?"),
        ("prices: [{from: 2026-01-01, status: live}]", "8:41", "`status` is the text `live`, expected confirmed, announced, cancelled", ""),
        ("prices: [{from: 2026-02-30, status: confirmed}]", "8:21", "`from` is `2026-02-30`: there is no such day", "year-month-day"),
        ("prices: [{from: 20260230, status: confirmed}]", "8:21", "`from` is `20260230`, expected a date", "2026-06-30"),
        ("prices: [{status: confirmed}]", "8:14", "`from` is missing", ""),
        ("prices: [{form: 2026-01-01, status: confirmed}]", "8:14", "`from` is missing", "did you mean `from` for `form`?"),
        ('prices: [{from: 2026-01-01, status: confirmed, usd_per_mtok: {input: "$2.50"}}]', "8:74", "the text `$2.50`, expected a number", "write 2.50"),
        ("prices: [{from: 2026-01-01, status: confirmed, usd_per_mtok: {input: 2_500}}]", "8:74", "expected a number", "write 2500"),
        ("free: true", "8:11", "`free` is true, expected a mapping", ""),
        ("wire_id: 3", "", "", ""),
    ],
)  # fmt: skip
def test_a_misfit_says_what_was_found_and_what_was_expected(line: str, place: str, message: str, hint: str) -> None:
    """The place is the key's for an unknown key, the value's for a wrong value, the mapping's for a missing key."""
    if line.startswith("wire_id"):
        found = said("offers/acme.yaml", OFFER.replace("wire_id: a", line).format("aliases: []"))
        assert found == [("7:14", "`wire_id` is `3`, expected text", 'put it in quotes: "3"')]
        return
    found = said("offers/acme.yaml", OFFER.format(line))

    assert any(one[0] == place and message in one[1] and hint in one[2] for one in found), found


def test_a_window_without_zone_is_told_how_to_write_one() -> None:
    """The unknown key `hours` in a condition is answered with the right spelling, not with the nearest key."""
    line = "prices: [{from: 2026-01-01, status: confirmed, overrides: [{when: {hours: x}}]}]"

    assert any("utc" in hint and "days" in hint for _, _, hint in said("offers/acme.yaml", OFFER.format(line)))


def test_all_misfits_of_a_file_come_at_once() -> None:
    """Nothing stops at the first one."""
    text = OFFER.format("limits: {context: x, output: y}").replace("kind: first_party", "kind: firstparty\nextra: 1")

    assert [place for place, _, _ in said("offers/acme.yaml", text)] == ["3:7", "9:23", "9:34", "4:1"]


def test_an_unknown_version_is_named_as_such() -> None:
    """A file of a later version is not told that its number is wrong."""
    (found,) = said("plans.yaml", "schema_version: 2\nplans: []\n")

    assert found == ("1:17", "`schema_version` is `2`, which this `jc` does not know", "it knows 1")


def test_a_key_of_a_closed_mapping_is_checked() -> None:
    """The kinds of providers under `staleness` are a closed set."""
    (found,) = said("catalog.yaml", "schema_version: 1\nstaleness: {frst_party: {warn_days: 1, error_days: 2}}\n")

    assert found[0] == "2:13"
    assert found[2] == "did you mean `first_party`?"
