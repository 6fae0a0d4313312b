"""The same cube from many machines: one partial for each file of a log, added up on the way back.

Sums, histograms and the order of the sample do not depend on how a log was split or which machine read what, so the answer is
the one of a single process, also when a worker dies and its files are read again by another.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from jc.errors import InputError
from jc.traffic.cube import Cube, Thinning, cube_from, cube_query, merged
from jc.traffic.grid import Grid, wanted_columns
from jc.traffic.read import Counts, ReadOptions, open_log
from jc.traffic.sources import located

if TYPE_CHECKING:
    from distributed import Client

_RETRIES = 5


@dataclass(frozen=True, slots=True)
class Partial:
    """What one machine makes of one file: its cube, its counts, the hashes of its request ids."""

    cube: Cube
    counts: Counts
    ids: NDArray[np.uint64]
    notes: tuple[str, ...]
    truncated: tuple[str, ...]


def partial(spec: str, grid: Grid, thinning: Thinning, options: ReadOptions) -> Partial:
    """The partial of one file; runs on a worker."""
    with open_log(spec, options) as log:
        answer = log.group(wanted_columns(grid), lambda rows: cube_query(grid, rows, thinning, log.empty))
        cube = cube_from(grid, answer, thinning)
        ids = np.empty(0, dtype=np.uint64)
        if log.holds("request_id"):
            log.table(["id_hash"])
            found = log.ask("SELECT id_hash FROM log_rows WHERE NOT suspect AND id_hash IS NOT NULL")["id_hash"]
            ids = np.sort(found.astype(np.uint64))
        return Partial(cube, log.counts, ids, log.notes, log.truncated)


def files_of(spec: str) -> list[str]:
    """The files of a log as names that any worker can open: paths, or the addresses behind a pattern."""
    if "://" in spec:
        import fsspec

        system, pattern = fsspec.core.url_to_fs(spec)
        found = sorted(system.glob(pattern)) if any(sign in pattern for sign in "*?[") else [pattern]
        return [system.unstrip_protocol(name) for name in found]
    with located(spec) as sources:
        return [str(source.path.absolute()) for source in sources]


def distributed_partials(
    files: Sequence[str], grid: Grid, thinning: Thinning, options: ReadOptions, client: "Client"
) -> list[Partial]:
    """One partial for each file, wherever there is room; a worker that dies is replaced by another."""
    futures = [client.submit(partial, name, grid, thinning, options, pure=False, retries=_RETRIES) for name in files]
    found: list[Partial] = cast("Any", client).gather(futures)
    return found


def joined(partials: Sequence[Partial]) -> tuple[Cube, Counts]:
    """The cube and the counts of the whole log; InputError when one request stands in two files."""
    ids = np.concatenate([one.ids for one in partials])
    ids.sort()
    if (ids[1:] == ids[:-1]).any():
        raise InputError("one request id stands in two files of the log", hint="use --engine local, which counts it once")
    counts = Counts()
    for one in partials:
        counts.total += one.counts.total
        counts.used += one.counts.used
        counts.skipped += one.counts.skipped
        counts.by_reason = Counter(counts.by_reason) + one.counts.by_reason
    return merged([one.cube for one in partials]), counts


@contextmanager
def client_of(scheduler: str | None) -> Iterator["Client"]:
    """A client of an existing cluster, or of one on this machine while no scheduler is named."""
    try:
        import distributed
    except ImportError as error:
        raise InputError("`--engine dask` needs the package `distributed`", hint="pip install 'jc[dask]'") from error
    library: Any = distributed
    if scheduler is None:
        local = library.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")
        with local as cluster, library.Client(cluster) as client:
            yield client
        return
    try:
        found = library.Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(f"no scheduler answers at `{scheduler}`", hint="start one with `dask scheduler`") from error
    with found as client:
        yield client


def without_files(options: ReadOptions) -> ReadOptions:
    """Options as a worker can take them: no standard input, no file of rejects."""
    return replace(options, rejects=None, stdin=None)


__all__ = ["Partial", "client_of", "distributed_partials", "files_of", "joined", "partial", "without_files"]
