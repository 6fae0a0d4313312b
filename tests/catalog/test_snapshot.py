"""The compiled snapshot: the same catalog, faster, and never a wrong one."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.load import cached_catalog, load_catalog
from jc.catalog.model import Catalog
from jc.catalog.snapshot import snapshot_path
from jc.errors import InputError
from tests.catalog.sample import FILES, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The sample catalog on disk."""
    return write(tmp_path / "catalog")


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    """An empty user cache."""
    return {"XDG_CACHE_HOME": str(tmp_path / "cache")}


def same(left: Catalog, right: Catalog) -> bool:
    """Equal in every field; sequences may be lists or tuples."""
    return all(_plain(getattr(left, field.name)) == _plain(getattr(right, field.name)) for field in fields(Catalog))


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else dict(value) if isinstance(value, Mapping) else value


def test_a_snapshot_is_the_catalog(root: Path, cache: dict[str, str]) -> None:
    """The first call makes it, the second reads it, and both are what a plain load gives."""
    first = cached_catalog(root, cache)
    assert snapshot_path(root, cache).is_file()
    second = cached_catalog(root, cache)

    assert same(first, load_catalog(root))
    assert same(second, first)


def test_the_shipped_catalog_survives_a_snapshot(cache: dict[str, str]) -> None:
    """Every class of value that the shipped files need comes back as it was."""
    cached_catalog(None, cache)

    assert same(cached_catalog(None, cache), load_catalog(None))


def test_a_changed_byte_makes_a_new_one(root: Path, cache: dict[str, str]) -> None:
    """An edit that keeps size and time is seen all the same: the bytes themselves are compared."""
    cached_catalog(root, cache)
    path = root / "offers/acme.yaml"
    times = path.stat()
    path.write_text(FILES["offers/acme.yaml"].replace("input: 0.15", "input: 0.16"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert str(cached_catalog(root, cache).offers["acme/small"].prices[0].usd_per_mtok["input"]) == "0.16"


def test_every_damaged_snapshot_is_made_anew(root: Path, cache: dict[str, str]) -> None:
    """A cut, a flipped byte anywhere or a foreign file is noticed, and repaired without a word."""
    good = cached_catalog(root, cache)
    path = snapshot_path(root, cache)
    raw = path.read_bytes()
    step = max(1, len(raw) // 40)
    damaged = [raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :] for at in range(0, len(raw), step)]
    for bad in [b"", b"x", raw[:50], raw[:-1], raw + b"x", *damaged]:
        path.write_bytes(bad)
        assert same(cached_catalog(root, cache), good)
        assert path.read_bytes() == raw


def test_a_cache_that_cannot_be_written_is_no_error(root: Path, tmp_path: Path) -> None:
    """A file where the folder should be: the catalog is read as always."""
    (tmp_path / "file").write_text("")

    assert same(cached_catalog(root, {"XDG_CACHE_HOME": str(tmp_path / "file")}), load_catalog(root))


def test_a_catalog_with_problems_is_never_kept(root: Path, cache: dict[str, str]) -> None:
    """Its problems are told each time."""
    (root / "plans.yaml").write_text("plans: [")
    for _ in range(2):
        with pytest.raises(InputError):
            cached_catalog(root, cache)

    assert not snapshot_path(root, cache).exists()


def test_a_snapshot_needs_no_parser(root: Path, cache: dict[str, str]) -> None:
    """Reading one imports neither the YAML parser nor the schema library."""
    cached_catalog(root, cache)
    code = (
        "import sys; from pathlib import Path; from jc.catalog.load import cached_catalog;"
        f"cached_catalog(Path({str(root)!r}));"
        "print(sorted({'yaml', 'pydantic', 'numpy', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **cache}, check=True)

    assert done.stdout == "[]\n"
