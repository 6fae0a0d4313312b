"""A cube as the profiles that a change of the catalog is priced with: the same sums, spread evenly over the requests of a group.

A cube is cut where a price or a limit changes, and inside a group cost is linear in tokens, so spread requests cost exactly
what the real ones do. Which equal answers a swap is chosen for the mean request of each group instead of for every one.
"""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jc.catalog.model import Catalog
from jc.errors import InputError
from jc.simulate.catalog_effect import Profile
from jc.simulate.catalog_traffic import Traffic
from jc.traffic.cube import Cube
from jc.traffic.cubefile import load
from jc.traffic.grid import windows_of_minute

_DAY_US = 86_400_000_000
_WEEK_MINUTES = 10_080
_KINDS = ("input", "output", "cached", "written", "images")


class _Share(NamedTuple):
    """Requests of a group that are alike, and the tokens of each by kind."""

    requests: int
    tokens: dict[str, int]


def traffic_of_cube(path: Path, catalogs: Sequence[Catalog]) -> Traffic:
    """The profiles of a cube; InputError when these catalogs change prices inside one of its groups."""
    cube, _ = load(path)
    _refuse_foreign(path, cube, catalogs)
    names = cube.grid.names
    minutes = _minutes(cube)
    profiles: list[Profile] = []
    unnamed = 0
    for number, key in enumerate(cube.keys):
        part = dict(zip(names, key, strict=True))
        if not part["model"]:
            unnamed += int(cube.groups["n"][number])
            continue
        minute = minutes.get(int(part.get("windows", 0))) if cube.grid.windows else None
        profiles += [
            Profile(
                model=str(part["model"]),
                input_tokens=share.tokens["input"],
                output_tokens=share.tokens["output"],
                cached_input_tokens=share.tokens["cached"],
                cache_write_tokens=share.tokens["written"],
                images=share.tokens["images"],
                tools=bool(part["tools"]),
                vision=bool(part["vision"]),
                structured_output=bool(part["structured_output"]),
                explicit=bool(part["explicit"]),
                opted_in=bool(part["swap_opt_in"]),
                region=str(part["region"]) or None,
                mode=str(part["mode"]) or None,
                minute_of_week=minute,
                requests=share.requests,
            )
            for share in spread({name: int(cube.groups[name][number]) for name in ("n", *_KINDS)})
        ]
    opted = any(profile.opted_in for profile in profiles)
    return Traffic(tuple(profiles), _days(cube), opted, unnamed)


def spread(sums: dict[str, int]) -> Iterator[_Share]:
    """The requests of a group with its sums spread evenly: whole tokens, whose sums are exactly those of the group.

    Of `a` tokens for `n` requests each has `a // n` and some have one more. Cached tokens that are left over go to the requests
    from the first on, written ones to those that follow, so that no prompt has more of both than it has tokens.
    """
    n = sums["n"]
    least = {name: sums[name] // n for name in _KINDS}
    more = {name: sums[name] % n for name in _KINDS}
    start = {**dict.fromkeys(_KINDS, 0), "written": more["cached"]}
    cuts = {0, n, *more.values(), more["cached"] + more["written"], more["cached"] + more["written"] - n}
    places = sorted(cut for cut in cuts if 0 <= cut <= n)
    for low, high in itertools.pairwise(places):
        yield _Share(high - low, {name: least[name] + ((low - start[name]) % n < more[name]) for name in _KINDS})


def _refuse_foreign(path: Path, cube: Cube, catalogs: Sequence[Catalog]) -> None:
    """A group has to lie between two sizes at which prices change, and the cube has to know the windows of prices."""
    low, high = cube.groups["least_input"], cube.groups["most_input"]
    for catalog in catalogs:
        found = [override for offer in catalog.offers.values() for row in offer.prices for override in row.overrides]
        sizes = {one.when.prompt_tokens_gt for one in found if one.when.prompt_tokens_gt is not None}
        marginal = {one.when.prompt_tokens_gt for one in found if one.charge == "marginal"} - set(cube.grid.marginal_edges)
        inside = any(bool(((low <= size) & (size < high)).any()) for size in sizes - set(cube.grid.input_edges))
        crossed = any(bool((high > size).any()) for size in marginal if size is not None)
        windows = {window for one in found for window in one.when.utc}
        if inside or crossed or not windows <= set(cube.grid.windows):
            raise InputError(
                f"`{path}` was made for another catalog: it is not cut where prices change now",
                hint="make it again from the log with `jc traffic cube`, or give the log",
            )


def _minutes(cube: Cube) -> dict[int, int]:
    """For each set of open windows a minute of the week at which just these are open."""
    found: dict[int, int] = {}
    for minute in range(_WEEK_MINUTES if cube.grid.windows else 0):
        found.setdefault(windows_of_minute(cube.grid.windows, minute), minute)
    return found


def _days(cube: Cube) -> int | None:
    """Calendar days (UTC) from the first request to the last; None when no request has a time."""
    first, last = cube.groups["first_us"], cube.groups["last_us"]
    timed = last > 0
    if not timed.any():
        return None
    return int(np.max(last[timed])) // _DAY_US - int(np.min(first[timed])) // _DAY_US + 1
