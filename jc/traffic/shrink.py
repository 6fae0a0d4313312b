"""The cube of an open log: in one look where a sample of its rows is enough, by way of a table where every row is kept."""

from jc.traffic.cube import Cube, cube_from
from jc.traffic.cube_sql import Thinning, cube_query, keys_query, needed_columns, rows_query
from jc.traffic.grid import Grid
from jc.traffic.read import Log


def shrunk(log: Log, grid: Grid, thinning: Thinning) -> Cube:
    """The cube of a log over a grid; InputError when none of its rows counts."""
    wanted = needed_columns(grid, thinning)
    if not thinning.whole:
        answer = log.group(wanted, lambda rows: cube_query(grid, rows, thinning, log.empty))
        return cube_from(grid, answer, thinning)
    log.table(wanted)
    answer = log.ask(cube_query(grid, log.good, thinning))
    cube = cube_from(grid, answer, thinning, dict(log.ask(rows_query(grid, log.good))))
    if log.holds("key"):
        names = log.ask(keys_query(log.good))
        cube.key_names = dict(zip(names["hash"].tolist(), names["key"].tolist(), strict=True))
    return cube
