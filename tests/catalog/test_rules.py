"""Every rule, by a bad example that it finds at its place and a good one that it leaves alone."""

from pathlib import Path

import pytest

from jc.catalog.assemble import assemble
from jc.catalog.check import Book, check
from jc.catalog.documents import read_folder
from jc.catalog.kept import schemas
from tests.catalog.cases import CASES, Case, bad, base, good
from tests.catalog.sample import ALL_RULES, FILES, TODAY, findings, write

ON_DISK = {"JC107", "JC114", "JC116", "JC117"}
"""Rules about how files lie on the disk."""


def test_the_sample_catalog_is_sound() -> None:
    """The catalog that the examples are edits of has no finding at all."""
    assert findings(FILES) == []
    assert findings(FILES, FILES) == []


def test_every_rule_has_its_examples() -> None:
    """No rule is without a bad and a good example."""
    assert {case.rule for case in CASES} | ON_DISK == {rule.id for rule in ALL_RULES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_bad_example_is_found_at_its_place(case: Case) -> None:
    """The rule finds its bad example, at the file, line and column where the mistake stands."""
    files, place = bad(case)
    found = findings(files, base(case))

    mine = [(one.where.file, one.where.line, one.where.column) for one in found if one.rule == case.rule]

    assert place in mine, [f"{one.where} {one.rule} {one.message}" for one in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_good_example_is_left_alone(case: Case) -> None:
    """The rule has nothing to say about its good example."""
    found = findings(good(case), base(case))

    assert [one for one in found if one.rule == case.rule] == []


def _rules_on_disk(root: Path) -> list[tuple[str, str]]:
    found = check(Book.of(assemble(read_folder(root, "c"))), TODAY, ALL_RULES)
    return [(one.rule, str(one.where)) for one in found]


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    """A link is a finding, whatever it points to, and is not followed."""
    root = write(tmp_path)
    (root / "offers" / "more.yaml").symlink_to(root / "offers" / "acme.yaml")

    assert _rules_on_disk(root) == [("JC116", "c/offers/more.yaml")]


def test_a_sparse_gigabyte_is_not_read(tmp_path: Path) -> None:
    """A file above the limit is a finding by its size alone."""
    root = write(tmp_path)
    with (root / "offers" / "huge.yaml").open("wb") as out:
        out.truncate(10**9)

    assert _rules_on_disk(root) == [("JC107", "c/offers/huge.yaml")]


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Something that is no regular file is a finding, not a hang."""
    import os

    root = write(tmp_path)
    os.mkfifo(root / "offers" / "pipe.yaml")

    assert _rules_on_disk(root) == [("JC117", "c/offers/pipe.yaml")]


def test_an_outdated_schema_is_found(tmp_path: Path) -> None:
    """A generated schema that differs from the code is a finding; without any the folder just keeps none."""
    root = write(tmp_path, {**FILES, **{f".schema/{name}": text for name, text in schemas().items()}})
    assert _rules_on_disk(root) == []

    (root / ".schema" / "offers.json").write_text("{}\n")

    assert _rules_on_disk(root) == [("JC114", "c/.schema/offers.json")]
