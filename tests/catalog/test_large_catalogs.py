"""Catalogs of thousands of models, sound and spoilt, are answered in a moment."""

import time

import pytest

from tests.catalog.sample import findings

MANY = 3000
HEAD = "schema_version: 1\nprovider: x\nkind: first_party\noffers:\n"
ROW = """\
  - id: x/{0}
    model: m/{0}
    wire_id: w
    prices:
      - from: 2026-01-01
        status: confirmed
        usd_per_mtok: {{input: 1, output: 2}}
        source: "https://x.example"
        checked: 2026-11-10
"""
MODELS = "schema_version: 1\nlab: m\nmodels:\n" + "".join(f"  - id: m/{number:05d}\n" for number in range(MANY))
OFFERS = HEAD + "".join(ROW.format(f"{number:05d}") for number in range(MANY))
SOUND = {"models/m.yaml": MODELS, "offers/x.yaml": OFFERS}

SPOILT = {
    "unknown models": ({**SOUND, "models/m.yaml": MODELS.replace("m/", "n/")}, "unknown-model", MANY),
    "negative prices": ({**SOUND, "offers/x.yaml": OFFERS.replace("input: 1", "input: -1")}, "price-negative", MANY),
    "one alias": (
        {**SOUND, "offers/x.yaml": OFFERS.replace("wire_id: w", "wire_id: w\n    aliases: [a]")},
        "duplicate-name",
        MANY - 1,
    ),
    "no wire ids": ({**SOUND, "offers/x.yaml": OFFERS.replace("    wire_id: w\n", "")}, "missing-key", 1000),
    "no order": (
        {**SOUND, "offers/x.yaml": HEAD + "".join(ROW.format(f"{n * 7 % MANY:05d}") for n in range(MANY))},
        "unsorted",
        1,
    ),
    "a tag each": ({**SOUND, "offers/x.yaml": OFFERS.replace("wire_id: w", "wire_id: !x w")}, "alias", 1000),
}


def test_a_sound_one_has_no_findings() -> None:
    """Three thousand offers, no finding, in well under two seconds of work."""
    start = time.process_time()

    assert findings(SOUND) == []
    assert time.process_time() - start < 2


@pytest.mark.parametrize("name", SPOILT)
def test_the_same_mistake_in_every_row_takes_no_longer_than_it_must(name: str) -> None:
    """Thousands of findings, not one of them quadratic."""
    files, rule, least = SPOILT[name]
    start = time.process_time()
    found = findings(files)

    assert sum(one.name == rule for one in found) >= least
    assert time.process_time() - start < 4


def test_a_whole_provider_that_goes_is_told_offer_by_offer() -> None:
    """Comparing with a base in which everything still stood."""
    start = time.process_time()
    found = findings({**SOUND, "offers/x.yaml": HEAD.replace("offers:", "offers: []")}, SOUND)

    assert sum(one.name == "deleted-early" for one in found) == MANY
    assert time.process_time() - start < 4


def test_too_many_problems_of_one_file_are_counted_not_listed() -> None:
    """A thousand of them are told, the others by their number; nothing of the file is used."""
    found = findings({**SOUND, "offers/x.yaml": OFFERS.replace("wire_id", "wire_di")})

    assert [one.message for one in found if one.name == "too-large"] == [f"{2 * MANY - 1000:,} more problems in this file"]
