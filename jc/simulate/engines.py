"""The same cube from many machines: one partial for each file of a log, added up on the way back.

Sums, histograms and the order of the sample do not depend on how a log was split or which machine read what, so the answer is
the one of a single process, also when a worker dies and its files are read again by another.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from jc.errors import InputError
from jc.traffic.cube import Cube, merged
from jc.traffic.cube_sql import Thinning, needed_columns
from jc.traffic.grid import Grid
from jc.traffic.read import Counts, Log, ReadOptions, open_log
from jc.traffic.schema import NAMES
from jc.traffic.shrink import shrunk
from jc.traffic.sources import located

if TYPE_CHECKING:
    from distributed import Client

_RETRIES = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What a glance at files shows: how large they are, which columns they hold, over which time, and whether they are a log."""

    size: int = 0
    columns: frozenset[str] = frozenset()
    span: tuple[int | None, int | None] = (None, None)
    refused: str = ""
    """Why a file is no log; it is passed over, as one in a folder is."""

    def holds(self, column: str) -> bool:
        """Whether any of the files has this column."""
        return column in self.columns


@dataclass(frozen=True, slots=True)
class Work:
    """What is made of every file: over which grid, how much of it is kept row by row, how it is read."""

    grid: Grid
    thinning: Thinning
    options: ReadOptions
    rejects: bool = False


@dataclass(frozen=True, slots=True)
class Partial:
    """What one machine makes of one file: its cube (None without a row that counts), its counts, the hashes of its ids."""

    cube: Cube | None
    counts: Counts
    ids: NDArray[np.uint64]
    notes: tuple[str, ...]
    truncated: tuple[str, ...]
    rejects: str = ""


def look(spec: str, options: ReadOptions) -> Look:
    """A glance at one file; runs on a worker."""
    try:
        with open_log(spec, options) as log:
            return Look(log.size, frozenset(name for name in NAMES if log.holds(name)), log.sampled_span)
    except InputError as error:
        return Look(refused=error.message or spec)


def looked(files: Sequence[str], options: ReadOptions, client: "Client") -> tuple[list[str], Look, list[str]]:
    """The files that hold requests, what they show together, notes about the others; InputError when there are only others."""
    looks: list[Look] = _gathered(look, [(name, options) for name in files], client)
    good = [(name, one) for name, one in zip(files, looks, strict=True) if not one.refused]
    if not good:
        raise InputError(looks[0].refused, hint="none of the files holds requests")
    firsts = [one.span[0] for _, one in good if one.span[0] is not None]
    lasts = [one.span[1] for _, one in good if one.span[1] is not None]
    whole = Look(
        sum(one.size for _, one in good),
        frozenset().union(*(one.columns for _, one in good)),
        (min(firsts, default=None), max(lasts, default=None)),
    )
    return [name for name, _ in good], whole, [f"passed over: {one.refused}" for one in looks if one.refused]


def partial(spec: str, work: Work, known: NDArray[np.uint64] | None = None) -> Partial:
    """The partial of one file, without the requests whose ids are known from another file; runs on a worker."""
    with tempfile.TemporaryDirectory(prefix="jc-partial-") as folder:
        kept = Path(folder) / "rejects" if work.rejects else None
        with open_log(spec, replace(work.options, rejects=kept)) as log:
            log.keeps_ids = True
            cube = _cube_of(log, work, known)
            ids = log.ids() if cube is not None else np.empty(0, dtype=np.uint64)
            counts, notes, truncated = log.counts, log.notes, log.truncated
        return Partial(cube, counts, ids, notes, truncated, kept.read_text("utf-8") if kept is not None else "")


def _cube_of(log: Log, work: Work, known: NDArray[np.uint64] | None) -> Cube | None:
    """The cube of a file; None when none of its rows counts."""
    try:
        if known is not None:
            log.leave_out(known, needed_columns(work.grid, work.thinning))
        cube = shrunk(log, work.grid, work.thinning)
    except InputError:
        if log.counts.total and not log.counts.used:
            return None
        raise
    return cube if cube.keys else None


def files_of(spec: str) -> list[str]:
    """The files of a log as names that any worker can open: paths, or the addresses behind a pattern."""
    if "://" in spec:
        import fsspec

        system, pattern = fsspec.core.url_to_fs(spec)
        found = sorted(system.glob(pattern)) if any(sign in pattern for sign in "*?[") else [pattern]
        return [system.unstrip_protocol(name) for name in found]
    with located(spec) as sources:
        return [str(source.path.absolute()) for source in sources]


def distributed_partials(files: Sequence[str], work: Work, client: "Client") -> list[Partial]:
    """One partial for each file, wherever there is room; a worker that dies is replaced by another.

    A request that stands in two files counts in the first one: the later files are read again without it.
    """
    found: list[Partial] = _gathered(partial, [(name, work, None) for name in files], client)
    later = {number: known for number, known in enumerate(doubles(found)) if len(known)}
    again = _gathered(partial, [(files[number], work, known) for number, known in later.items()], client) if later else []
    for number, one in zip(later, again, strict=True):
        found[number] = one
    return found


def _gathered(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], client: "Client") -> list[Any]:
    futures = [client.submit(function, *task, pure=False, retries=_RETRIES) for task in tasks]
    found: list[Any] = cast("Any", client).gather(futures)
    return found


def doubles(partials: Sequence[Partial]) -> list[NDArray[np.uint64]]:
    """For each file the ids of requests that stand in an earlier one too."""
    ids = np.concatenate([one.ids for one in partials])
    file = np.repeat(np.arange(len(partials)), [len(one.ids) for one in partials])
    order = np.lexsort([file, ids])
    ids, file = ids[order], file[order]
    again = np.zeros(len(ids), dtype=bool)
    again[1:] = ids[1:] == ids[:-1]
    return [ids[again & (file == number)] for number in range(len(partials))]


def joined(partials: Sequence[Partial]) -> tuple[Cube, Counts]:
    """The cube and the counts of the whole log."""
    counts = Counts()
    for one in partials:
        counts.total += one.counts.total
        counts.used += one.counts.used
        counts.skipped += one.counts.skipped
        counts.by_reason = Counter(counts.by_reason) + one.counts.by_reason
    cubes = [one.cube for one in partials if one.cube is not None]
    if not cubes:
        reasons = ", ".join(f"{count:,} {reason.value}" for reason, count in counts.by_reason.most_common())
        raise InputError(f"none of the {counts.total:,} rows can be used: {reasons}", hint="see them with --rejects FILE")
    return merged(cubes), counts


@contextmanager
def client_of(scheduler: str | None, timeout_s: float = 10) -> Iterator["Client"]:
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
        found = library.Client(scheduler, timeout=timeout_s)
    except (OSError, ValueError) as error:
        raise InputError(f"no scheduler answers at `{scheduler}`", hint="start one with `dask scheduler`") from error
    with found as client:
        yield client


def without_files(options: ReadOptions) -> ReadOptions:
    """Options as a worker can take them: no standard input, no file of rejects."""
    return replace(options, rejects=None, stdin=None)


__all__ = [
    "Look",
    "Partial",
    "Work",
    "client_of",
    "distributed_partials",
    "files_of",
    "joined",
    "looked",
    "partial",
    "without_files",
]
