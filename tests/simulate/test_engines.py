"""A log on a real cluster: the same answer as on one machine, whatever the split, also when a worker is killed."""

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jc.errors import InputError
from jc.simulate.engines import Work, client_of, distributed_partials, files_of, joined, partial, without_files
from jc.simulate.result import payload
from jc.simulate.run import read_options, simulate
from jc.simulate.simulation import Question
from jc.simulate.terms import Allowance, Terms
from jc.traffic.cube import Cube
from jc.traffic.cube_sql import Thinning
from jc.traffic.grid import Grid
from tests.simulate.worlds import NOW, random_rows, rich_catalog, table_of, written

GRID = Grid(input_edges=(500, 1000), clustered="session")
WORK = Work(GRID, Thinning(), without_files(read_options(Question("", [], NOW))))
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


def same(one: Cube, other: Cube | None) -> bool:
    """Whether two cubes are equal to the bit: keys, sums, cells, samples."""
    assert other is not None
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
    whole = partial(files_of(split(tmp_path / "one", 1))[0], WORK).cube
    partials = [partial(name, WORK) for name in files_of(split(tmp_path / "many", parts))]

    cube, counts = joined(partials[::-1])

    assert same(cube, whole)
    assert counts.used == 600


@pytest.mark.slow
def test_a_worker_killed_on_the_way_changes_nothing(tmp_path: Path) -> None:
    """One of two workers is killed after the first files are done: the rest is read elsewhere, the cube is the same."""
    import distributed

    library: Any = distributed
    files = files_of(split(tmp_path / "log", 24))
    expected, _ = joined([partial(name, WORK) for name in files])
    killed: list[int] = []

    def kill_one(client: Any) -> None:
        pids = client.run(os.getpid)
        killed.append(next(iter(pids.values())))
        os.kill(killed[0], signal.SIGKILL)

    made = library.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")
    with made as local, library.Client(local) as client:
        futures = [client.submit(partial, name, WORK, pure=False, retries=5) for name in files]
        library.wait(futures[:4], return_when="FIRST_COMPLETED")
        assert sum(future.done() for future in futures) < len(futures)
        kill_one(client)
        cube, counts = joined(client.gather(futures))
        assert killed[0] not in client.run(os.getpid).values()

    assert same(cube, expected)
    assert counts.used == counts.total == 600


@pytest.mark.slow
@pytest.mark.parametrize("terms", [Terms(), Terms(Allowance(10**9, 3_600_000_000, park=True), limits=True)], ids=["sums", "rows"])
def test_a_simulation_on_a_cluster_is_the_one_of_this_machine(tmp_path: Path, cluster: Any, terms: Terms) -> None:
    """The whole payload is equal: a folder with bad rows, a file without requests, one request in two files, budgets."""
    catalog, folder = rich_catalog(), Path(split(tmp_path / "log", 5))
    rows = random_rows(5, 600)
    written(folder / "5.jsonl", [{**rows[0], "input_tokens": -1, "request_id": "bad"}, rows[1], {**rows[2], "request_id": "new"}])
    written(folder / "6.jsonl", [{"colour": "red"}])
    written(folder / "7.jsonl", [rows[3], rows[3]])
    bad = tmp_path / "here", tmp_path / "there"
    question = Question(str(folder), [("t", table_of())], NOW, allow_unpriced=True, by=("class",), terms=terms, rejects=bad[0])

    here = payload(simulate(question, catalog), by=("class",))
    far = replace(question, engine="dask", scheduler=cluster.scheduler.address, rejects=bad[1])
    there = payload(simulate(far, catalog), by=("class",))

    assert there["tables"] == here["tables"]
    assert there["by"] == here["by"]
    assert there["rows"] == here["rows"]
    assert here["rows"]["by_reason"] == {"negative_tokens": 1, "duplicate_id": 3}
    assert '"reason": "negative_tokens"' in bad[1].read_text()


@pytest.mark.slow
def test_addresses_are_read_through_fsspec(tmp_path: Path, cluster: Any) -> None:
    """A pattern behind `file://` is opened by each worker for itself, and by this machine alike."""
    folder = split(tmp_path / "log", 3)
    catalog = rich_catalog()
    question = Question(f"file://{folder}/*.jsonl", [("t", table_of())], NOW, allow_unpriced=True)

    local = simulate(replace(question, traffic=folder), catalog)
    there = simulate(replace(question, engine="dask", scheduler=cluster.scheduler.address), catalog)

    costs = [[estimate.cost for estimate in one.estimates] for one in (local, simulate(question, catalog), there)]
    assert costs[0] == costs[1] == costs[2]


def test_partials_can_be_asked_of_any_client(tmp_path: Path, cluster: Any) -> None:
    """`distributed_partials` gives them in the order of the files."""
    files = files_of(split(tmp_path / "log", 2))

    found = distributed_partials(files, WORK, cluster)

    assert [one.counts.used for one in found] == [300, 300]


def test_a_cluster_without_requests_is_an_error(tmp_path: Path, cluster: Any) -> None:
    """Files that hold no requests, or only bad ones, are named with their reasons."""
    folder = tmp_path / "log"
    folder.mkdir()
    written(folder / "a.jsonl", [{"colour": "red"}])
    question = Question(str(folder), [("t", table_of())], NOW, engine="dask", scheduler=cluster.scheduler.address)

    with pytest.raises(InputError, match="colour"):
        simulate(question, rich_catalog())

    written(folder / "a.jsonl", [{"input_tokens": -1, "output_tokens": 1}] * 3)
    with pytest.raises(InputError, match="none of the 3 rows can be used: 3 negative_tokens"):
        simulate(question, rich_catalog())


def test_no_scheduler_is_an_error_with_a_hint() -> None:
    """An address where nothing listens is named."""
    with pytest.raises(InputError, match="no scheduler answers"), client_of("tcp://127.0.0.1:9", timeout_s=1):
        pass


def test_without_the_package_the_extra_is_named() -> None:
    """An installation without `distributed` says what to install."""
    code = "import sys; sys.modules['distributed'] = None\nfrom jc.simulate.engines import client_of\nclient_of(None).__enter__()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "`--engine dask` needs the package `distributed`" in done.stderr
