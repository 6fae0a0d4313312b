"""From a folder to a Catalog, or to one error that names everything that is wrong with its files.

Nothing heavy is imported here: the YAML parser and the schema library come in only when files are really parsed.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from jc.catalog.folder import Files, find_catalog, read_files, shown
from jc.catalog.model import Catalog
from jc.catalog.snapshot import Snapshot
from jc.errors import InputError

__all__ = ["cached_catalog", "find_catalog", "load_catalog"]


def load_catalog(root: Path | None = None) -> Catalog:
    """The catalog of a folder (None: the shipped one); InputError with every problem of its files at once."""
    folder = find_catalog(root)
    return _loaded(shown(folder), read_files(folder))


def cached_catalog(root: Path | None = None, environment: Mapping[str, str] | None = None) -> Catalog:
    """As `load_catalog`, through a compiled snapshot in the user's cache when the files have not changed a byte since."""
    folder = find_catalog(root)
    files = read_files(folder)
    snapshot = Snapshot(folder, files, os.environ if environment is None else environment)
    found = snapshot.read()
    if found is not None:
        return found
    catalog = _loaded(shown(folder), files)
    snapshot.write(catalog)
    return catalog


def _loaded(name: str, files: Files) -> Catalog:
    from jc.catalog.assemble import assemble
    from jc.catalog.documents import documents
    from jc.catalog.problems import problem

    assembled = assemble(documents(name, files))
    if assembled.flaws:
        found = sorted(assembled.flaws, key=lambda item: (item.document.rel, item.flaw.line, item.flaw.column))
        raise InputError.of([problem(item) for item in found])
    return assembled.catalog
