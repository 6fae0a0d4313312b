"""A log shrunk to integer sums, from which any route table is priced exactly, without the log.

Rows are grouped by everything that a decision or a price can depend on: cost is linear in tokens inside a group, so sums are
enough. Beside the groups stand cells by shape (a group's key without time) and output size, fine enough for latency quantiles
within one percent. Cubes add up, hold no prompts and no keys but those that a table names, and are small.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jc.traffic.cube_sql import BIN_SCALE, SAMPLED, SOURCES, Thinning
from jc.traffic.grid import FLAGS, Grid, served_model
from jc.traffic.histogram import Histogram

Ints = NDArray[np.int64]

SUMS = ("n", "input", "cached", "written", "output", "reasoning", "images")
"""What is added up: requests, tokens (input includes cached and written ones), images."""
MONEY = ("priced", "cost_pico", "measured", "energy_mj", "timed", "latency_us")
"""Requests whose cost the log states, and the sum in pico-dollars; whose energy, in millijoules; whose latency, in µs."""
EXTENTS = ("first_us", "last_us", "least_input", "most_input")
CELL_SUMS = ("n", "input", "cached")
SAMPLE = ("us", "input", "cached", "written", "output", "images", "latency_ms", "ttft_ms", "cluster")
_MOST_BINS = 1 << 24


def bin_tokens(bins: NDArray[Any]) -> NDArray[np.float64]:
    """The tokens at the middle of completion bins."""
    return np.asarray(bins, dtype=np.float64) ** 2 / BIN_SCALE


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of whole sessions (or keys, or requests), for what sums cannot tell: latency fits and intervals.

    `group` is the index of each row's group; `cluster` a hash of its session. Latencies are NaN where the log has none.
    """

    group: Ints
    columns: Mapping[str, NDArray[Any]]
    share: float = 1.0
    """Which part of all clusters was sampled."""


@dataclass(slots=True)
class Cube:
    """Integer sums by group and by cell. `keys[g]` is the key of group g; `cells["shape"]` points into `shapes`."""

    grid: Grid
    keys: list[tuple[Any, ...]]
    groups: dict[str, Ints]
    shapes: list[tuple[Any, ...]]
    cells: dict[str, Ints]
    of_group: Ints
    """The index of each group's shape."""
    sized: bool = False
    """Whether cells know their own prompt sizes; else those of their shape stand for them."""
    latencies: dict[str, Histogram] = field(default_factory=dict)
    """Logged latencies in milliseconds by served model."""
    sample: Sample | None = None
    key_names: dict[int, str] = field(default_factory=dict)
    """The keys of sampled rows by their hash, where rows keep them."""

    def total(self, name: str) -> int:
        """A sum over all groups."""
        return sum(self.groups[name].tolist())  # Python's integers: the costs of a large log do not fit into 64 bits


def cube_from(
    grid: Grid, answer: Mapping[str, NDArray[Any]], thinning: Thinning, rows: dict[str, NDArray[Any]] | None = None
) -> Cube:
    """The cube that the answer of `cube_query` holds, and that of `rows_query` where every row is kept (it is used up)."""
    answer = _filled(grid, answer)
    raw = list(zip(*(answer[f"k_{name}"].tolist() for name in grid.names), strict=True))
    order = sorted(range(len(raw)), key=raw.__getitem__)
    keys = [raw[at] for at in order]
    answer = {name: column[order] for name, column in answer.items()}  # a copy of its own, which may shrink
    groups = {name: answer[name].astype(np.int64) for name in (*SUMS, *MONEY, *EXTENTS)}
    shapes: dict[tuple[Any, ...], int] = {}
    of_group = np.array([shapes.setdefault(shape, len(shapes)) for shape in grid.shapes(keys)], dtype=np.int64)
    cube = Cube(grid, keys, groups, list(shapes), _cells(of_group, answer, groups), of_group, thinning.sized)
    _fill_sizes(cube)
    served = [served_model(key) for key in keys]
    for name in sorted(set(served)):
        joined = joined_lists([answer["latencies"][at] for at, other in enumerate(served) if other == name], np.float32)
        if len(joined):
            cube.latencies[name] = Histogram.of(joined)
    cube.sample = _picked(answer, thinning) if rows is None else _all(answer, rows)
    return cube


def _picked(answer: dict[str, NDArray[Any]], thinning: Thinning) -> Sample:
    """The rows that the lists of the groups hold."""
    sizes = np.array([_length(one) for one in answer["s_input"]], dtype=np.int64)
    columns = {name: joined_lists(answer.pop(f"s_{name}"), _KINDS[name]) for name in SAMPLED}
    return _in_order(np.repeat(np.arange(len(sizes)), sizes), columns, 1 / thinning.clusters)


def _all(answer: Mapping[str, NDArray[Any]], rows: dict[str, NDArray[Any]]) -> Sample:
    """All rows, placed in their groups by the codes that both have."""
    order = np.argsort(answer["code"])
    group = order[np.searchsorted(answer["code"][order], rows.pop("code"))]
    return _in_order(group, {name: rows.pop(name).astype(kind, copy=False) for name, kind in _KINDS.items()}, 1.0)


def _filled(grid: Grid, answer: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    """The answer with everything that the query left out because nothing was in it."""
    size = len(answer["n"])
    out = dict(answer)
    for name in grid.names:
        if f"k_{name}" not in out:
            out[f"k_{name}"] = np.full(size, False if name in FLAGS else "", dtype=object)
    for name in SOURCES:
        out.setdefault(name, np.zeros(size, dtype=np.int64))
    out.setdefault("latencies", np.full(size, None, dtype=object))
    for name, value in (("latency_ms", np.nan), ("ttft_ms", np.nan), ("images", 0)):
        if "s_input" in out and f"s_{name}" not in out:
            out[f"s_{name}"] = np.array([np.full(_length(one), value) for one in out["s_input"]] + [None], dtype=object)[:-1]
    return out


_KINDS: Mapping[str, Any] = {
    **dict.fromkeys(("input", "cached", "written", "output", "images"), np.int32),
    "us": np.int64,
    "latency_ms": np.float64,
    "ttft_ms": np.float64,
    "cluster": np.uint64,
    "key": np.uint64,
}
"""Tokens of one request fit into 32 bits; what is multiplied with prices is widened first."""


def _in_order(group: Ints, columns: dict[str, NDArray[Any]], share: float) -> Sample:
    """A sample in an order of its own, so that it is the same however the log was read or split; the columns are used up."""
    order = np.lexsort([columns["latency_ms"], columns["output"], columns["input"], columns["us"], columns["cluster"], group])
    return Sample(group[order], {name: columns.pop(name)[order] for name in list(columns)}, share)


def _length(one: Any) -> int:
    return 0 if one is None or isinstance(one, float) else len(one)


def joined_lists(lists: Iterable[Any], kind: Any) -> NDArray[Any]:
    """Lists of numbers as one array; an absent list is empty."""
    filled = [np.asarray(one, dtype=kind) for one in lists if _length(one)]
    return np.concatenate(filled) if filled else np.empty(0, kind)


def _cells(of_group: Ints, answer: Mapping[str, NDArray[Any]], groups: Mapping[str, Ints]) -> dict[str, Ints]:
    """Rows counted by shape and completion bin, with prompt sizes where they were kept (else the group's mean for each)."""
    bins = joined_lists(answer["bins"], np.uint16)
    width = int(bins.max(initial=0)) + 1
    places = np.repeat(of_group * width, groups["n"]) + bins
    sized = {"input": "inputs", "cached": "cacheds"} if "inputs" in answer else {}
    least = int(of_group.max(initial=0)) + 1
    if least * width > _MOST_BINS:
        filled, places = np.unique(places, return_inverse=True)
        counts = np.bincount(places)
    else:
        counts = np.bincount(places, minlength=least * width)
        filled = np.flatnonzero(counts)
        counts = counts[filled]
    cells = {"shape": filled // width, "bin": filled % width, "n": counts}
    for name, column in sized.items():
        sums = np.bincount(places, weights=joined_lists(answer[column], np.float64))
        cells[name] = (sums if least * width > _MOST_BINS else sums[filled]).astype(np.int64)
    return cells


def _fill_sizes(cube: Cube) -> None:
    """Prompt sizes of cells that do not know their own: the means of their shapes, from exact sums."""
    if cube.sized:
        return
    n = np.maximum(np.bincount(cube.of_group, weights=cube.groups["n"]), 1)
    for name in ("input", "cached"):
        mean = np.bincount(cube.of_group, weights=cube.groups[name]) / n
        cube.cells[name] = np.rint(cube.cells["n"] * mean[cube.cells["shape"]]).astype(np.int64)


def added(raw: Mapping[str, Ints], by: Sequence[str], sums: Sequence[str]) -> dict[str, Ints]:
    """Rows with equal keys added up, in the order of their keys."""
    order = np.lexsort([raw[name] for name in reversed(by)])
    ordered = {name: raw[name][order] for name in (*by, *sums)}
    if not len(order):
        return ordered
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = np.logical_or.reduce([ordered[name][1:] != ordered[name][:-1] for name in by])
    starts = np.flatnonzero(fresh)
    return {**{name: ordered[name][starts] for name in by}, **{name: np.add.reduceat(ordered[name], starts) for name in sums}}


def merged(cubes: Sequence[Cube]) -> Cube:
    """Cubes over the same grid as one; sums add up, so the order of the cubes does not matter. Samples are joined."""
    first = cubes[0]
    keys = sorted({key for cube in cubes for key in cube.keys})
    at = {key: number for number, key in enumerate(keys)}
    groups = {name: np.zeros(len(keys), dtype=np.int64) for name in (*SUMS, *MONEY)}
    groups |= {name: np.full(len(keys), np.iinfo(np.int64).max if _least(name) else -1) for name in EXTENTS}
    shapes: dict[tuple[Any, ...], int] = {}
    of_group = np.array([shapes.setdefault(shape, len(shapes)) for shape in first.grid.shapes(keys)], dtype=np.int64)
    parts: list[dict[str, Ints]] = []
    for cube in cubes:
        places = np.array([at[key] for key in cube.keys], dtype=np.int64)
        for name in (*SUMS, *MONEY):
            np.add.at(groups[name], places, cube.groups[name])
        for name in EXTENTS:
            (np.minimum if _least(name) else np.maximum).at(groups[name], places, cube.groups[name])
        of_shape = np.array([shapes[shape] for shape in cube.shapes], dtype=np.int64)
        parts.append({**cube.cells, "shape": of_shape[cube.cells["shape"]]})
    raw = {name: np.concatenate([part[name] for part in parts]) for name in ("shape", "bin", *CELL_SUMS)}
    sized = all(cube.sized for cube in cubes)
    whole = Cube(first.grid, keys, groups, list(shapes), added(raw, ("shape", "bin"), CELL_SUMS), of_group, sized)
    _fill_sizes(whole)
    for name in sorted({name for cube in cubes for name in cube.latencies}):
        whole.latencies[name] = Histogram.merged(cube.latencies[name] for cube in cubes if name in cube.latencies)
    whole.sample = _joined_samples(cubes, at)
    for cube in cubes:
        whole.key_names |= cube.key_names
    return whole


def _least(name: str) -> bool:
    return name in {"first_us", "least_input"}


def _joined_samples(cubes: Sequence[Cube], at: Mapping[tuple[Any, ...], int]) -> Sample | None:
    found = [(cube, cube.sample) for cube in cubes if cube.sample is not None]
    if not found:
        return None
    group = np.concatenate([np.array([at[key] for key in cube.keys], dtype=np.int64)[sample.group] for cube, sample in found])
    columns = {name: np.concatenate([sample.columns[name] for _, sample in found]) for name in found[0][1].columns}
    return _in_order(group, columns, found[0][1].share)
