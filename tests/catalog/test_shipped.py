"""The catalog that comes with the program."""

from collections import Counter

from jc.catalog.assemble import assemble
from jc.catalog.check import Book, check
from jc.catalog.documents import read_folder
from jc.catalog.folder import find_catalog
from tests.catalog.sample import ALL_RULES, TODAY


def test_it_has_no_errors() -> None:
    """Every rule is kept; what is left are warnings of age and notes on what hosts do differently."""
    found = check(Book.of(assemble(read_folder(find_catalog()))), TODAY, ALL_RULES)

    assert [f"{one.where} {one.message}" for one in found if one.severity == "error"] == []
    assert set(Counter(one.name for one in found)) <= {"price-stale", "modality-differs"}
