"""Candidates on disk: the files say what the values say, are sound, and never replace a person's."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from jc.catalog.assemble import assemble
from jc.catalog.check import Book, check
from jc.catalog.documents import read_folder
from jc.catalog.importers import litellm, openrouter
from jc.catalog.importers.candidate import NOWHERE, Candidate
from jc.catalog.importers.folder import write_candidate
from jc.catalog.importers.formats import READERS, candidate, detected
from jc.catalog.importers.reading import parse_json, read_json
from jc.catalog.importers.writing import files, text
from jc.catalog.load import load_catalog
from jc.catalog.model import Offer
from jc.catalog.rules.all import RULES
from jc.errors import InputError, IoFailure

READ_ON = date(2026, 11, 20)
FIXTURES = Path(__file__).parent.parent / "fixtures"
LISTS = {"litellm": "litellm.json", "models.dev": "models_dev.json", "openrouter": "openrouter.json",
         "genai-prices": "genai_prices.json"}  # fmt: skip


def imported(name: str) -> Candidate:
    return candidate(name, read_json(FIXTURES / LISTS[name]), READ_ON)


def without_places(offer: Offer) -> Offer:
    """The offer as if it had been written nowhere, so that it can be compared."""
    rows = tuple(
        replace(row, where=NOWHERE, overrides=tuple(replace(one, where=NOWHERE) for one in row.overrides)) for row in offer.prices
    )
    free = replace(offer.free, where=NOWHERE) if offer.free else None
    return replace(offer, where=NOWHERE, prices=rows, free=free)


@pytest.mark.parametrize("name", LISTS)
def test_a_folder_that_is_read_back_says_the_same(name: str, tmp_path: Path) -> None:
    """Every offer comes back as it was, to the last digit."""
    found = imported(name)
    write_candidate(found, tmp_path / "candidate")
    catalog = load_catalog(tmp_path / "candidate")

    assert [without_places(one) for one in catalog.offers.values()] == list(found.offers)


@pytest.mark.parametrize("name", LISTS)
def test_a_candidate_has_no_errors(name: str, tmp_path: Path) -> None:
    """The check finds no error in it; what it warns of is in the list itself."""
    write_candidate(imported(name), tmp_path / "candidate")
    findings = check(Book.of(assemble(read_folder(tmp_path / "candidate"))), READ_ON, RULES)

    assert [one for one in findings if one.severity == "error"] == []
    assert {one.name for one in findings} <= {"price-digits", "cache-write-below-input", "price-ratio"}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_recognised_by_its_shape(name: str) -> None:
    """Each of the four lists, and nothing else."""
    assert detected(read_json(FIXTURES / LISTS[name])) == name
    assert detected({"a": 1}) is None


def test_the_same_list_gives_the_same_bytes() -> None:
    """An import can be compared with the one before by a plain diff."""
    assert files(imported("litellm")) == files(imported("litellm"))


def test_an_import_may_replace_an_import(tmp_path: Path) -> None:
    """A folder that holds nothing but an import is written anew, and files that are not needed any more go."""
    folder = tmp_path / "candidate"
    write_candidate(imported("litellm"), folder)
    write_candidate(imported("openrouter"), folder)

    assert sorted(path.name for path in (folder / "offers").iterdir()) == ["openrouter.yaml"]


@pytest.mark.parametrize("name", ["mine.yaml", "offers/mine.yaml", "notes.txt"])
def test_a_file_that_no_import_wrote_stops_the_import(name: str, tmp_path: Path) -> None:
    """Nothing is written beside or over a person's file."""
    folder = tmp_path / "candidate"
    write_candidate(imported("openrouter"), folder)
    (folder / name).write_text("by hand")
    before = _digests(folder)

    with pytest.raises(InputError, match="was not written by the import"):
        write_candidate(imported("litellm"), folder)
    assert _digests(folder) == before


def test_a_changed_file_stops_the_import(tmp_path: Path) -> None:
    """A row that was edited is a person's row."""
    folder = tmp_path / "candidate"
    write_candidate(imported("openrouter"), folder)
    path = folder / "offers" / "openrouter.yaml"
    path.write_text(path.read_text() + "# looked over\n")

    with pytest.raises(InputError, match="has been changed since the import"):
        write_candidate(imported("openrouter"), folder)


def test_a_catalog_is_never_written_over(tmp_path: Path) -> None:
    """A folder without the note of an import is left alone, whatever the note claims."""
    (tmp_path / "offers").mkdir()
    (tmp_path / "offers" / "openai.yaml").write_text("schema_version: 1\n")
    with pytest.raises(InputError, match="is not empty, and no import wrote it"):
        write_candidate(imported("openrouter"), tmp_path)
    (tmp_path / "import.json").write_text('{"schema": "jc.catalog-import/1", "files": []}')
    with pytest.raises(InputError, match="is not empty, and no import wrote it"):
        write_candidate(imported("openrouter"), tmp_path)


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    """A candidate is a folder."""
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match="is not a folder"):
        write_candidate(imported("openrouter"), tmp_path / "x")


def test_what_was_skipped_and_left_out_stands_beside_the_files(tmp_path: Path) -> None:
    """Two tables: entries with their reason, figures with their value and reason; a formula is no formula there."""
    node = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": Decimal("1e-6"), "search_cost": "=1+1"}
    found = litellm.read({"acme/x": node, "=cmd()": {"litellm_provider": "acme", "mode": "video"}}, READ_ON)
    write_candidate(found, tmp_path / "c")

    assert (tmp_path / "c" / "skipped.csv").read_text().splitlines()[1].startswith("'=cmd(),mode `video`")
    assert "acme/x,search_cost,'=1+1," in (tmp_path / "c" / "left-out.csv").read_text()


def test_no_name_in_the_list_becomes_a_path(tmp_path: Path) -> None:
    """Providers called `../../x`, `CON/` and `...` are written under plain names inside the folder."""
    tree = {
        f"{number}": {"litellm_provider": provider, "mode": "chat", "input_cost_per_token": Decimal("1e-6")}
        for number, provider in enumerate(["../../escape", "/etc/passwd", "...", "Acme", "acme", "a\\b", "a/b"])
    }
    folder = tmp_path / "inside" / "candidate"
    folder.parent.mkdir()
    write_candidate(litellm.read(tree, READ_ON), folder)
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())

    assert all(name.startswith("inside/candidate/") for name in written)
    assert len(load_catalog(folder).offers) == 7


@pytest.mark.parametrize("name", ["evil\nid: x", "tab\tname", "bell\x07", " blank ", "x" * 201, "", "\ud800"])
def test_an_id_that_a_catalog_cannot_hold_is_skipped(name: str) -> None:
    """Control characters, blanks at the ends, lone surrogates and endless names are no ids."""
    found = openrouter.read({"data": [{"id": name, "pricing": {"prompt": "0.000001", "completion": "0.000001"}}]}, READ_ON)

    assert found.offers == ()
    assert found.skipped[0].reason == "its name holds characters that a catalog cannot"


@pytest.mark.parametrize(
    "value", ["yes", "no", "1.5", "null", "a: b", "#x", "ü", "\U0001f600", '"', "\\", "- x", "{a}", "2026-01-01"]
)
def test_texts_survive_yaml(value: str, tmp_path: Path) -> None:
    """Words that YAML takes for something else, and characters beyond ASCII, come back as the text they were."""
    found = openrouter.read({"data": [{"id": f"x{value}", "name": value, "pricing": {"prompt": "0.000001"}}]}, READ_ON)
    write_candidate(found, tmp_path / "c")
    catalog = load_catalog(tmp_path / "c")

    assert catalog.offers[f"openrouter/x{value}"].wire_id == f"x{value}"
    assert catalog.models[f"openrouter/x{value}"].name == value
    assert text(value).isascii()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"a": NaN}', "no number"),
        (b'{"a": Infinity}', "no number"),
        (b'{"a": 1', "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"a": 1e9999999999999999999999}', "no number that can be held"),
        (b"[" * 200_000, "nested too deeply"),
        (b"1" * 5000, "x.json"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(raw: bytes, why: str) -> None:
    """An error in words, never a traceback."""
    with pytest.raises(InputError, match=why):
        parse_json(raw, "x.json")


@pytest.mark.parametrize("value", ["1e999999999", "0." + "1" * 100, "NaN", "Infinity", "abc", True, [1], {"a": 1}, "1e-60"])
def test_a_number_that_no_price_can_be_is_left_out(value: object) -> None:
    """It is listed; the disk is not filled with its digits."""
    found = openrouter.read({"data": [{"id": "x", "pricing": {"prompt": value, "completion": "0.000001"}}]}, READ_ON)

    assert "input" not in found.offers[0].prices[0].usd_per_mtok
    assert [(one.field, one.reason) for one in found.left_out] == [("pricing.prompt", "not a number")]


def test_the_note_names_every_file_with_its_digest(tmp_path: Path) -> None:
    """So that a later import knows what it may replace."""
    write_candidate(imported("openrouter"), tmp_path / "c")
    note = json.loads((tmp_path / "c" / "import.json").read_text())
    found = _digests(tmp_path / "c")
    found.pop("import.json")

    assert note["files"] == found


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    """What cannot be read is an error with its name."""
    with pytest.raises(InputError, match="no file"):
        read_json(tmp_path / "none.json")
    with pytest.raises(InputError, match="is a folder"):
        read_json(tmp_path)
    locked = tmp_path / "locked"
    locked.write_text("{}")
    with pytest.raises((InputError, IoFailure)):
        read_json(locked / "below")


def test_a_misspelt_format_is_suggested() -> None:
    """`model.dev` may mean models.dev; nothing is guessed."""
    with pytest.raises(InputError) as caught:
        candidate("model.dev", {}, READ_ON)

    assert caught.value.hint == "did you mean `models.dev`?"
    assert set(READERS) == set(LISTS)


def test_the_wrong_format_is_told_from_the_shape() -> None:
    """The error says which list it looks like."""
    with pytest.raises(InputError) as caught:
        candidate("litellm", read_json(FIXTURES / "openrouter.json"), READ_ON)

    assert caught.value.hint == "it looks like openrouter"


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
