"""Cubes to keep, and what they cannot tell."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jc.catalog.load import load_catalog
from jc.errors import InputError
from jc.routing.table import load_table
from jc.simulate.cubes import cube_of_log, merged_files
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from jc.traffic.cubefile import save
from jc.traffic.read import ReadOptions, open_log

CATALOG = load_catalog(None)


def kept(folder: Path, name: str, **more: object) -> Path:
    """A cube of a small log."""
    log, cube = folder / f"{name}.jsonl", folder / f"{name}.cube"
    row = {
        "ts": "2026-10-01T10:00:00Z",
        "model": "openai/gpt-4o",
        "session": "s",
        "input_tokens": 900,
        "output_tokens": 50,
        **more,
    }
    log.write_text("".join(json.dumps(row) + "\n" for _ in range(20)))
    with open_log(str(log), ReadOptions()) as opened:
        save(cube_of_log(opened, CATALOG, []), cube, {"total": 20})
    return cube


def test_cubes_of_logs_with_and_without_classes_are_not_added_up(tmp_path: Path) -> None:
    """The one has classes, for the other a mix was assumed; the error says so."""
    kept(tmp_path, "a", route_class="simple")
    kept(tmp_path, "b")

    with pytest.raises(InputError, match="classes"):
        merged_files(str(tmp_path / "*.cube"))


def test_a_cube_says_that_it_cannot_tell_what_a_cache_loses(tmp_path: Path) -> None:
    """Cached tokens without sessions are priced as logged, and that is a warning."""
    cube = kept(tmp_path, "a", route_class="simple", cached_input_tokens=600)
    table = load_table("pin:openai/gpt-4o-mini", CATALOG)

    found = simulate(Question(str(cube), [("pin", table)], datetime(2026, 10, 2, tzinfo=UTC)), CATALOG)

    assert any("no sessions" in one for one in found.warnings)
