"""Cubes to keep: a log over a grid of days, and several cubes added up."""

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jc.catalog.model import Catalog, RouteTable
from jc.errors import InputError
from jc.simulate.edges import edges, grid_of
from jc.simulate.run import thinning_of
from jc.simulate.told import GUIDE_MIX
from jc.traffic.cube import Cube, merged
from jc.traffic.cubefile import is_cube, load
from jc.traffic.read import Log
from jc.traffic.shrink import shrunk


def cube_of_log(log: Log, catalog: Catalog, tables: Sequence[RouteTable], mix: tuple[tuple[str, float], ...] = ()) -> Cube:
    """The cube of a log with a day as its smallest span, cut where prices and limits of the catalog change."""
    found = edges(catalog, tables)
    grid = grid_of(found, tables, (None, None), daily=True, mix=() if log.holds("route_class") else mix or GUIDE_MIX)
    cube = shrunk(log, grid, thinning_of(log))
    cube.sample = None
    return cube


def merged_files(pattern: str) -> tuple[Cube, Mapping[str, Any]] | None:
    """The cubes that a name or pattern means, added up; None when it means no cubes. InputError when their grids differ."""
    names = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  a pattern
    if not names or not all(is_cube(Path(name)) for name in names):
        return None
    loaded = [load(Path(name)) for name in names]
    grids = {cube.grid for cube, _ in loaded}
    if len({bool(grid.mix) for grid in grids}) > 1:
        raise InputError(
            "some of these cubes are of logs with classes, the others of logs without, for which a mix was assumed",
            hint="simulate them apart, or make a cube of logs that all have classes",
        )
    if len(grids) > 1:
        raise InputError(
            "these cubes were made over different grids", hint="make them again with one catalog and the same tables"
        )
    reasons: dict[str, int] = {}
    for _, about in loaded:
        for reason, count in dict(about.get("by_reason", {})).items():
            reasons[reason] = reasons.get(reason, 0) + int(count)
    total = sum(int(about.get("total", cube.total("n"))) for cube, about in loaded)
    return merged([cube for cube, _ in loaded]), {"total": total, "by_reason": reasons}
