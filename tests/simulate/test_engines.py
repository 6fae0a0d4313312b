"""A log on a real cluster: the same answer as on one machine, whatever the split, also when a worker is killed."""

import os
import signal
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.simulate.engines import distributed_partials, files_of, joined, partial, without_files
from jc.simulate.result import payload
from jc.simulate.run import read_options, simulate
from jc.simulate.simulation import Question
from jc.traffic.cube import Cube, Thinning
from jc.traffic.grid import Grid
from tests.simulate.worlds import NOW, random_rows, rich_catalog, table_of, written

GRID = Grid(input_edges=(500, 1000), clustered="session")
pytestmark = pytest.mark.filterwarnings("ignore")  # distributed warns of its own asyncio and of ports in use


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes on loopback."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import distributed

        library: Any = distributed
        made = library.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")
        with made as local, library.Client(local) as client:
            yield client


def split(folder: Path, parts: int) -> str:
    """A log in so many files."""
    folder.mkdir()
    rows = random_rows(5, 600)
    for number in range(parts):
        written(folder / f"{number}.jsonl", rows[number::parts])
    return str(folder)


def same(one: Cube, other: Cube) -> bool:
    """Whether two cubes are equal to the bit: keys, sums, cells, samples."""
    assert one.sample is not None
    assert other.sample is not None
    return (
        one.keys == other.keys
        and all((one.groups[name] == other.groups[name]).all() for name in one.groups)
        and all((one.cells[name] == other.cells[name]).all() for name in one.cells)
        and all((one.sample.columns[name] == other.sample.columns[name]).all() for name in ("us", "input", "cluster", "output"))
    )


@pytest.mark.parametrize("parts", [1, 3, 8])
def test_any_split_gives_the_same_cube(tmp_path: Path, parts: int) -> None:
    """Partials of one, three or eight files add up to one cube, in whatever order they come."""
    options = without_files(read_options(Question("", [], NOW)))
    whole = partial(files_of(split(tmp_path / "one", 1))[0], GRID, Thinning(), options).cube
    partials = [partial(name, GRID, Thinning(), options) for name in files_of(split(tmp_path / "many", parts))]

    cube, counts = joined(partials[::-1])

    assert same(cube, whole)
    assert counts.used == 600


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(tmp_path: Path, cluster: Any) -> None:
    """One of two workers is killed while files are being read: every file is read again elsewhere, the cube is the same."""
    files = files_of(split(tmp_path / "log", 24))
    options = without_files(read_options(Question("", [], NOW)))
    expected, _ = joined([partial(name, GRID, Thinning(), options) for name in files])
    workers = [worker["nanny"] for worker in cluster.scheduler_info()["workers"].values()]
    pids = cluster.run(os.getpid)
    futures = [cluster.submit(partial, name, GRID, Thinning(), options, pure=False, retries=5) for name in files]
    os.kill(next(iter(pids.values())), signal.SIGKILL)

    cube, counts = joined(cluster.gather(futures))

    assert workers
    assert same(cube, expected)
    assert counts.used == counts.total == 600


@pytest.mark.slow
def test_a_simulation_on_a_cluster_is_the_one_of_this_machine(tmp_path: Path, cluster: Any) -> None:
    """The whole payload, costs, quantiles and intervals, is equal."""
    catalog = rich_catalog()
    question = Question(split(tmp_path / "log", 5), [("t", table_of())], NOW, allow_unpriced=True, by=("class",))

    here = payload(simulate(question, catalog), by=("class",))
    there = payload(simulate(replace(question, engine="dask", scheduler=cluster.scheduler.address), catalog), by=("class",))

    assert there["tables"] == here["tables"]
    assert there["by"] == here["by"]
    assert there["rows"] == here["rows"]


def test_partials_can_be_asked_of_any_client(tmp_path: Path, cluster: Any) -> None:
    """`distributed_partials` gives them in the order of the files."""
    files = files_of(split(tmp_path / "log", 2))

    found = distributed_partials(files, GRID, Thinning(), without_files(read_options(Question("", [], NOW))), cluster)

    assert [one.counts.used for one in found] == [300, 300]


def test_one_request_in_two_files_is_refused(tmp_path: Path) -> None:
    """It would count twice; the local engine counts it once."""
    folder = tmp_path / "log"
    folder.mkdir()
    rows = random_rows(5, 10)
    written(folder / "a.jsonl", rows)
    written(folder / "b.jsonl", rows[:1])
    options = without_files(read_options(Question("", [], NOW)))

    with pytest.raises(InputError, match="two files"):
        joined([partial(name, GRID, Thinning(), options) for name in files_of(str(folder))])
