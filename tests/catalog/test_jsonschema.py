"""The JSON Schemas for editors."""

import json
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jc.catalog.documents import document, read_folder
from jc.catalog.folder import find_catalog
from jc.catalog.jsonschema import generated
from jc.catalog.kept import kept_schemas, schemas
from jc.catalog.schema import FILES as SHAPES
from tests.catalog.cases import CASES
from tests.catalog.sample import FILES, edited

SCHEMAS = {name.removesuffix(".json"): json.loads(text) for name, text in schemas().items()}


def plain(node: Any) -> Any:
    """A tree as JSON has it."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    return float(node) if isinstance(node, Decimal) else node


def test_the_shipped_schemas_are_the_generated_ones() -> None:
    """`jc catalog schema --write` was run after the last change."""
    folder = find_catalog() / ".schema"

    assert {path.name: path.read_text() for path in folder.glob("*.json")} == schemas()


def test_the_kept_schemas_are_the_generated_ones() -> None:
    """`make docs` was run after the last change of a shape."""
    assert kept_schemas() == json.loads(json.dumps(generated()))


@pytest.mark.parametrize("kind", SHAPES)
def test_a_schema_is_a_schema(kind: str) -> None:
    """Each kind of file has one, and it is valid itself."""
    Draft202012Validator.check_schema(SCHEMAS[kind])


def test_every_shipped_file_names_its_schema_and_fits_it() -> None:
    """Line 1 tells an editor which schema to use; the schema accepts what `jc` accepts."""
    for found in read_folder(find_catalog(), ""):
        ups = "../" * found.rel.count("/")
        assert found.raw.decode().split("\n")[0] == f"# yaml-language-server: $schema={ups}.schema/{found.kind}.json", found.rel
        assert list(Draft202012Validator(SCHEMAS[str(found.kind)]).iter_errors(plain(found.tree))) == [], found.rel


@pytest.mark.parametrize("rel", FILES)
def test_the_sample_files_fit(rel: str) -> None:
    """Every key of the sample is in its schema."""
    found = document("", rel, FILES[rel].encode())

    assert list(Draft202012Validator(SCHEMAS[str(found.kind)]).iter_errors(plain(found.tree))) == []


@pytest.mark.parametrize("rule", ["JC109", "JC110", "JC111", "JC112", "JC113"])
def test_what_the_shapes_refuse_the_schema_refuses(rule: str) -> None:
    """An editor marks unknown keys, missing ones, wrong types, wrong values and unknown versions as `jc` does."""
    case = next(case for case in CASES if case.rule == rule)
    files = edited(case.bad)[0]
    rel = case.bad[0].file
    found = document("", rel, files[rel].encode())

    assert list(Draft202012Validator(SCHEMAS[str(found.kind)]).iter_errors(plain(found.tree)))
