"""From a folder to a catalog, or to one error that names everything."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from jc.catalog.load import find_catalog, load_catalog
from jc.catalog.model import Staleness, Window
from jc.errors import InputError, Where
from tests.catalog.sample import FILES, write


def test_every_file_becomes_values(tmp_path: Path) -> None:
    """Offers, models, scores, tiers, routes, plans and jobs come out as they were written."""
    catalog = load_catalog(write(tmp_path))

    offer = catalog.offers["acme/large"]
    row = offer.prices[1]
    assert (offer.provider, offer.kind, offer.vision, offer.tools, offer.context) == (
        "acme",
        "first_party",
        True,
        True,
        1_000_000,
    )
    assert row.usd_per_mtok["input"] == Decimal("2.00")
    assert str(row.usd_per_mtok["input"]) == "2.00"
    assert row.valid_from == date(2026, 6, 30)
    assert row.overrides[0].when.mode == "batch"
    assert row.overrides[1].when.prompt_tokens_gt == 200_000
    assert row.overrides[2].when.utc == (Window(60, 240, ("sat", "sun")),)
    assert catalog.settings.staleness["first_party"] == Staleness(60, 180)
    assert catalog.models["acme/large"].energy is not None
    assert catalog.providers["acme"].api is not None
    assert catalog.scores[1].variant == (("shots", 5),)
    assert catalog.policy.tiers[0].criteria[0].anchors == {"mmlu": Decimal(86)}
    assert catalog.tier_overrides[0].review_by == date(2027, 2, 1)
    assert catalog.routes["plain"].routes["code"].pool == ("acme/large", "hosted/open")
    assert catalog.routes["plain"].budget is not None
    assert catalog.plans["acme-pro"].window_usd == Decimal("4.00")
    assert (catalog.jobs[0].id, catalog.tree[0].id) == ("chat", "default")
    assert catalog.offers["hosted/painter"].free is not None


def test_every_record_knows_where_it_was_written(tmp_path: Path) -> None:
    """The place is the first key of the record, in the file as messages name it."""
    catalog = load_catalog(write(tmp_path))

    assert catalog.offers["acme/large"].where == Where(f"{tmp_path}/offers/acme.yaml", 7, 5)
    assert catalog.offers["acme/large"].prices[1].where == Where(f"{tmp_path}/offers/acme.yaml", 20, 9)


def test_all_problems_of_all_files_come_in_one_error(tmp_path: Path) -> None:
    """Each with its file, line, column, the quoted line and a hint."""
    write(tmp_path)
    acme, plans = tmp_path / "offers/acme.yaml", tmp_path / "plans.yaml"
    acme.write_text(acme.read_text().replace("input: 2.00", 'input: "$2.00"').replace("wire_id: old", "wire_di: old"))
    plans.write_text("schema_version: 1\nplans: [\n")

    with pytest.raises(InputError) as caught:
        load_catalog(tmp_path)

    found = [(str(problem.where).removeprefix(f"{tmp_path}/"), problem.hint) for problem in caught.value.problems]
    assert found == [
        ("offers/acme.yaml:22:31", "write 2.00"),
        ("offers/acme.yaml:36:5", "did you mean `wire_id` for `wire_di`?"),
        ("offers/acme.yaml:38:5", "did you mean `wire_id`?"),
        ("plans.yaml:3:1", ""),
    ]
    first = caught.value.problems[0]
    assert first.quoted[first.caret_start :].startswith('"$2.00"')
    assert first.caret_length == len('"$2.00"')


def test_one_id_for_two_offers_is_an_error(tmp_path: Path) -> None:
    """The second one is named, with the place of the first."""
    write(tmp_path)
    path = tmp_path / "offers/hosted.yaml"
    path.write_text(path.read_text().replace("id: hosted/painter", "id: acme/small"))

    with pytest.raises(InputError) as caught:
        load_catalog(tmp_path)

    (problem,) = caught.value.problems
    assert str(problem.where).endswith("offers/hosted.yaml:21:9")
    assert "acme.yaml:53:5" in problem.message


def test_a_folder_without_catalog_is_an_error(tmp_path: Path) -> None:
    """An absent folder, a file and an empty folder each say what they are."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for name, words in (("absent", "does not exist"), ("file", "is not a folder"), ("empty", "holds no catalog")):
        with pytest.raises(InputError, match=words):
            load_catalog(tmp_path / name)


def test_hidden_and_other_files_are_passed_over(tmp_path: Path) -> None:
    """A README, a dot folder and a licence are no part of a catalog."""
    write(tmp_path, {**FILES, "README.md": "# x: [", ".git/config.yaml": "[", "models/LICENSE": "{"})

    assert len(load_catalog(tmp_path).models) == 3


def test_the_shipped_catalog_is_found_and_read() -> None:
    """Without a folder, the catalog that comes with the program is meant."""
    catalog = load_catalog(None)

    assert (find_catalog(None) / "catalog.yaml").is_file()
    assert len(catalog.offers) >= 37
    assert catalog.digest == load_catalog(find_catalog(None)).digest


def test_the_digest_changes_with_any_byte(tmp_path: Path) -> None:
    """Results name the catalog they rest on, comments and all."""
    before = load_catalog(write(tmp_path)).digest
    (tmp_path / "catalog.yaml").write_text(FILES["catalog.yaml"] + "# a comment\n")

    assert load_catalog(tmp_path).digest != before
