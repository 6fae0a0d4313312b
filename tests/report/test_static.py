"""The vendored bundles are the ones that the list beside them names."""

import hashlib
import re
from pathlib import Path

import pytest

import jc.report
from jc.report.html import DRAWN_BY, SCRIPTS

STATIC = Path(jc.report.__file__).parent / "static"
LISTED = dict(re.findall(r"^\| `(\S+\.js)` \|.*`([0-9a-f]{64})` \|$", (STATIC / "README.md").read_text("utf-8"), re.MULTILINE))


def test_the_list_names_every_bundle() -> None:
    """Each bundle of a page is in the list, and nothing else."""
    assert set(LISTED) == set(SCRIPTS) - {"page.js"}


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_bundle_is_what_the_list_says(name: str) -> None:
    """Its hash is the listed one, and its version the one that the footer tells."""
    raw = (STATIC / name).read_bytes()
    package = name.removesuffix(".min.js")
    listed = re.search(rf"\| {package} (\d+\.\d+\.\d+),", (STATIC / "README.md").read_text("utf-8"))

    assert hashlib.sha256(raw).hexdigest() == LISTED[name]
    assert listed is not None
    assert f'"{listed[1]}"'.encode() in raw
    assert f"{package} {listed[1]}" in DRAWN_BY.lower()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_can_stand_in_a_page(name: str) -> None:
    """It holds nothing that ends its element, nothing that a parser changes, and no address that a tool would follow."""
    raw = (STATIC / name).read_bytes()

    assert not re.search(rb"</script|<!--|\r|\x00|sourceMappingURL", raw, re.IGNORECASE)


def test_licences_of_all_inner_packages_are_here() -> None:
    """The text names each package that the bundles contain, vega's own and others'."""
    text = (STATIC / "LICENSES.txt").read_text("utf-8")

    for package in (
        "vega 6",
        "vega-lite 6",
        "vega-embed 7",
        "vega-interpreter 2",
        "d3-array",
        "topojson-client",
        "semver",
        "tslib",
    ):
        assert package in text
    assert text.count("Redistribution and use in source and binary forms") >= 3
