"""A cube as a file: small enough for git, the same bytes for the same log, readable without the log.

A line with the version, a line of JSON (grid, keys, shapes, the list of columns), then each column as zlib-packed differences.
No pickles: reading a file that someone else wrote can fail, but not run anything. Samples stay out: they are for the log at hand.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Window
from jc.errors import InputError
from jc.files import write_atomically
from jc.traffic.cube import CELL_SUMS, EXTENTS, MONEY, SUMS, Cube
from jc.traffic.grid import Grid
from jc.traffic.histogram import Histogram

MAGIC = "jc.cube/1"
_MOST_VALUES = 50_000_000


def save(cube: Cube, path: Path, about: Mapping[str, Any]) -> None:
    """Write a cube; `about` says what log it came from and which rows were left out."""
    names, packed = [], []
    for name, column in _columns(cube):
        data = _packed(column)
        names.append([name, len(column), len(data)])
        packed.append(data)
    head = {
        "about": dict(about),
        "grid": asdict(cube.grid),
        "keys": cube.keys,
        "sized": cube.sized,
        "shapes": cube.shapes,
        "columns": names,
    }
    line = json.dumps(head, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    write_atomically(path, f"{MAGIC}\n{line}\n".encode() + b"".join(packed))


def load(path: Path) -> tuple[Cube, Mapping[str, Any]]:
    """The cube of a file and what it says about its log; InputError when it is none, or of another version."""
    raw = path.read_bytes()
    version, _, rest = raw.partition(b"\n")
    if version != MAGIC.encode():
        raise InputError(f"`{path}` is no cube of this version ({MAGIC})", hint="make it again with `jc traffic cube`")
    line, _, body = rest.partition(b"\n")
    try:
        head = json.loads(line)
        columns, at = {}, 0
        for name, length, size in head["columns"]:
            columns[name] = _unpacked(body[at : at + size], length)
            at += size
        grid = _grid(head["grid"])
        keys, shapes = [tuple(key) for key in head["keys"]], [tuple(shape) for shape in head["shapes"]]
        index = {shape: number for number, shape in enumerate(shapes)}
        cube = Cube(
            grid,
            keys,
            {name: columns[name] for name in (*SUMS, *MONEY, *EXTENTS)},
            shapes,
            {name: columns[f"cell.{name}"] for name in ("shape", "bin", *CELL_SUMS)},
            np.array([index[shape] for shape in grid.shapes(keys)], dtype=np.int64),
            bool(head["sized"]),
        )
        for name, column in columns.items():
            if name.startswith("bins."):
                model = name.removeprefix("bins.")
                cube.latencies[model] = Histogram(column, columns[f"counts.{model}"])
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError) as error:
        raise InputError(f"`{path}` is no cube", hint="make one with `jc traffic cube LOG -o FILE.cube`") from error
    if any(len(column) != len(cube.keys) for column in cube.groups.values()) or (
        len(cube.cells["shape"]) and int(np.max(cube.cells["shape"])) >= len(cube.shapes)
    ):
        raise InputError(f"`{path}` is damaged", hint="make it again with `jc traffic cube`")
    return cube, head["about"]


def is_cube(path: Path) -> bool:
    """Whether a file is a cube, by its first bytes."""
    if not path.is_file():
        return False
    family = MAGIC.partition("/")[0].encode()
    with path.open("rb") as stream:
        return stream.read(len(family)) == family


def _columns(cube: Cube) -> Iterator[tuple[str, NDArray[np.int64]]]:
    yield from cube.groups.items()
    for name, column in cube.cells.items():
        yield f"cell.{name}", column
    for name, histogram in sorted(cube.latencies.items()):
        yield f"bins.{name}", histogram.bins
        yield f"counts.{name}", histogram.counts


def _packed(column: NDArray[np.int64]) -> bytes:
    """Differences, split into planes of bytes: equal high bytes pack to nothing."""
    differences = np.diff(np.asarray(column, dtype="<i8"), prepend=np.int64(0))
    folded = ((differences << 1) ^ (differences >> 63)).astype("<u8")
    return zlib.compress(folded.view(np.uint8).reshape(-1, 8).T.tobytes(), 9)


def _unpacked(data: bytes, length: int) -> NDArray[np.int64]:
    if length > _MOST_VALUES:
        raise ValueError("too long")
    engine = zlib.decompressobj()
    raw = engine.decompress(data, length * 8 + 1)
    if len(raw) != length * 8:
        raise ValueError("wrong length")
    folded = np.frombuffer(raw, dtype=np.uint8).reshape(8, length).T.copy().view("<u8").reshape(length)
    differences = (folded >> np.uint64(1)).astype(np.int64) ^ -(folded & np.uint64(1)).astype(np.int64)
    return np.cumsum(differences, dtype=np.int64)


def _grid(raw: Mapping[str, Any]) -> Grid:
    lists = ("input_edges", "marginal_edges", "periods", "keys", "orgs", "split", "confidence_edges", "facts")
    windows = tuple(Window(one["start"], one["end"], tuple(one["days"])) for one in raw["windows"])
    return Grid(
        **{name: tuple(raw[name]) for name in lists},
        daily=raw["daily"],
        classified=raw["classified"],
        windows=windows,
        clustered=raw["clustered"],
        mix=tuple((name, share) for name, share in raw["mix"]),
        seed=raw["seed"],
    )
