"""What a person may call a model."""

from pathlib import Path

import pytest

from jc.catalog.load import load_catalog
from jc.catalog.model import Catalog
from jc.catalog.names import Names, resolve, resolve_all, undated
from jc.errors import InputError
from tests.catalog.sample import FILES, write


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """The sample catalog, with an offer that shares an ending with another."""
    more = FILES["offers/hosted.yaml"] + "  - {id: hosted/small, model: acme/small, wire_id: s, free: {reason: x}}\n"
    return load_catalog(write(tmp_path, {**FILES, "offers/hosted.yaml": more}))


@pytest.mark.parametrize(
    ("name", "offer"),
    [
        ("acme/large", "acme/large"),
        ("large", "acme/large"),
        ("tiny", "acme/small"),
        ("painter", "hosted/painter"),
        ("acme/open", "hosted/open"),
        ("acme/open-1", "hosted/open"),
    ],
)
def test_a_name_is_an_id_an_alias_an_ending_or_a_model_with_one_offer(catalog: Catalog, name: str, offer: str) -> None:
    """Full id first, then alias, then the part after the slash, then the name of the model."""
    assert resolve(catalog, name).id == offer
    found = Names(catalog).get(name)
    assert found is not None
    assert found.id == offer


def test_an_alias_outranks_an_ending(catalog: Catalog) -> None:
    """`small` is an alias of one offer and the ending of another's id."""
    assert resolve(catalog, "small").id == "acme/small"


def test_no_name_is_matched_by_likeness(catalog: Catalog) -> None:
    """Case, dots and typing slips are suggested, never resolved."""
    for name in ("Large", "lrge", "acme/lage", ""):
        with pytest.raises(InputError):
            resolve(catalog, name)

    with pytest.raises(InputError) as caught:
        resolve(catalog, "acme/lage")
    assert caught.value.hint.startswith("did you mean `acme/large`")


def test_several_meanings_are_listed(tmp_path: Path) -> None:
    """An ending that fits two offers is a question, answered with both."""
    more = FILES["offers/hosted.yaml"] + "  - {id: hosted/old, model: acme/small, wire_id: s, free: {reason: x}}\n"
    catalog = load_catalog(write(tmp_path, {**FILES, "offers/hosted.yaml": more}))

    with pytest.raises(InputError) as caught:
        resolve(catalog, "old")

    assert "`acme/old`, `hosted/old`" in caught.value.problems[0].message
    assert Names(catalog).get("old") is None


def test_all_wrong_names_are_told_at_once_under_the_words_that_hold_them(catalog: Catalog) -> None:
    """The quoted command line has carets under each wrong name."""
    with pytest.raises(InputError) as caught:
        resolve_all(catalog, ["large", "lrge", "smal"], "--candidates large,lrge,smal")

    first, second = caught.value.problems
    assert first.lines()[1:] == ["  --candidates large,lrge,smal", "                     ^^^^"]
    assert "did you mean `acme/small`" in second.hint


@pytest.mark.parametrize(
    ("name", "offer"),
    [
        ("large-20251001", "acme/large"), ("acme/large-2025-10-01", "acme/large"), ("large@20251001", "acme/large"),
        ("large", None), ("large-3", None), ("large-19991001", None), ("unheard-20251001", None), ("", None),
    ],
)  # fmt: skip
def test_a_dated_id_is_probably_a_version_of_the_offer_before_its_date(catalog: Catalog, name: str, offer: str | None) -> None:
    """A guess only where a date stands at the end and what is before it means a single offer."""
    found = undated(Names(catalog), name)

    assert (found.id if found else None) == offer
    assert Names(catalog).get("large-20251001") is None
