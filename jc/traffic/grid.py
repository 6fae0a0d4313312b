"""By what a cube groups: the facts of a request that a decision can look at, and the edges where a price or a limit changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jc.catalog.model import WEEKDAYS, Mode, Window
from jc.traffic.scan import literal

FACTS = ("model", "served_model", "route_class", "region", "mode")
FLAGS = ("tools", "vision", "structured_output", "explicit", "swap_opt_in")
TIMES = ("period", "windows")
"""Parts of a key that only time decides; a shape is a key without them."""
_DAY_US = 86_400_000_000
Split = Literal["key", "org", "day", "hour"]


@dataclass(frozen=True, slots=True)
class Grid:
    """The edges of a cube. A bin holds what is above its lower and at most at its upper edge.

    `periods` are moments (µs since 1970) at which something changes; `daily` makes every day a period instead. `keys` and `orgs`
    are the patterns that tables name; all other keys and organisations are one. `split` adds columns for `--by`.
    """

    input_edges: tuple[int, ...] = ()
    marginal_edges: tuple[int, ...] = ()
    periods: tuple[int, ...] = ()
    daily: bool = False
    windows: tuple[Window, ...] = ()
    keys: tuple[str, ...] = ()
    orgs: tuple[str, ...] = ()
    split: tuple[Split, ...] = ()
    clustered: Literal["session", "key", "row"] = "row"
    mix: tuple[tuple[str, float], ...] = ()
    classified: bool = False
    """Whether prompts were classified: `confidence_edges` are then the limits that tables set, and texts have facts."""
    confidence_edges: tuple[float, ...] = ()
    facts: tuple[str, ...] = ()
    """Facts of texts that tables look at: language, script, code."""
    seed: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The parts of a key, in order."""
        return tuple(name for name, _ in key_columns(self))

    def shapes(self, keys: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The keys without time."""
        places = [place for place, name in enumerate(self.names) if name not in TIMES]
        return [tuple(key[place] for place in places) for key in keys]


def served_model(key: tuple[Any, ...]) -> str:
    """The model that answered a group: as logged, else the one that was asked for; empty when the log names none."""
    return str(key[1] or key[0])


def wanted_columns(grid: Grid) -> tuple[str, ...]:
    """The columns of a log that a cube over this grid needs."""
    named = ["key"] if grid.keys or "key" in grid.split or grid.clustered == "key" else []
    named += ["org"] if grid.orgs or "org" in grid.split else []
    named += ["session_hash"] if grid.clustered == "session" else []
    facts = ("model", "served_model", "route_class", "region", "mode", "tools", "vision", "structured_output", "routing")
    return (*facts, "swap_opt_in", "images", "reasoning_tokens", "latency_ms", "ttft_ms", "cost_usd", "energy_j", *named)


def key_columns(grid: Grid) -> list[tuple[str, str]]:
    """The parts of a key with the SQL that gives them; text is never NULL."""
    parts = [(name, f"coalesce({name}, '')") for name in FACTS]
    if grid.mix:
        parts[2] = ("route_class", _mixed(grid))
    parts += [
        ("tools", "tools"),
        ("vision", "(vision OR images > 0)"),
        ("structured_output", "structured_output"),
        ("explicit", "(coalesce(routing, '') = 'explicit')"),
        ("swap_opt_in", "swap_opt_in"),
        ("input_bin", bin_sql("input_tokens", grid.input_edges)),
    ]
    if grid.marginal_edges:
        parts.append(("cached_bin", bin_sql("cached_input_tokens", grid.marginal_edges)))
        parts.append(("known_bin", bin_sql("(cached_input_tokens + cache_write_tokens)", grid.marginal_edges)))
        parts.append(("marginal_bin", bin_sql("input_tokens", grid.marginal_edges)))
    if grid.classified:
        parts += [("abstained", "abstained"), ("confidence_bin", bin_sql("confidence", grid.confidence_edges, closed=False))]
        parts += [(name, name if name == "code" else f"coalesce({name}, '')") for name in grid.facts]
    parts += _who(grid)
    if grid.daily:
        parts.append(("period", f"coalesce(us // {_DAY_US}, -1)"))
    elif grid.periods:
        parts.append(("period", bin_sql("coalesce(us, 0)", grid.periods, closed=False)))
    if grid.windows:
        parts.append(("windows", windows_sql(grid.windows)))
    if "day" in grid.split:
        parts.append(("day", f"coalesce(us // {_DAY_US}, -1)"))
    if "hour" in grid.split:
        parts.append(("hour", "coalesce((us // 3600000000) % 24, -1)"))
    return parts


def _who(grid: Grid) -> list[tuple[str, str]]:
    """Keys and organisations: all of them when they are asked for, else those that tables name."""
    parts: list[tuple[str, str]] = []
    for name, patterns in (("key", grid.keys), ("org", grid.orgs)):
        if name in grid.split:
            parts.append((name, f"coalesce({name}, '')"))
        elif patterns:
            parts.append((name, _named(name, patterns)))
    return parts


def bin_sql(value: str, edges: Sequence[float], *, closed: bool = True) -> str:
    """The number of the bin of a value: 0 up to the first edge. `closed`: an edge belongs to the bin below it."""
    sign = "<=" if closed else "<"
    whens = " ".join(f"WHEN {value} {sign} {edge} THEN {number}" for number, edge in enumerate(edges))
    return f"CASE {whens} ELSE {len(edges)} END" if edges else "0"


def windows_sql(windows: Sequence[Window]) -> str:
    """Which windows are open at the row's time, as the bits of a number."""
    minute, day = "((us // 60000000) % 1440)", "((us // 86400000000 + 3) % 7)"
    bits = []
    for number, window in enumerate(windows):
        days = [WEEKDAYS.index(name) for name in window.days or WEEKDAYS]
        today = "true" if len(set(days)) == 7 else "(" + " OR ".join(f"{day} = {one}" for one in days) + ")"
        before = "true" if len(set(days)) == 7 else "(" + " OR ".join(f"{day} = {(one + 1) % 7}" for one in days) + ")"
        if window.start < window.end:
            holds = f"({today} AND {minute} >= {window.start} AND {minute} < {window.end})"
        else:
            holds = f"(({today} AND {minute} >= {window.start}) OR ({before} AND {minute} < {window.end}))"
        bits.append(f"coalesce({holds}, false)::INTEGER * {1 << number}")
    return " + ".join(bits)


def windows_of_minute(windows: Sequence[Window], minute: int) -> int:
    """Which windows are open at a minute of the week (from Monday 00:00 UTC), as the same bits."""
    day, clock = divmod(minute, 1440)
    bits = 0
    for number, window in enumerate(windows):
        days = {WEEKDAYS.index(name) for name in window.days or WEEKDAYS}
        if window.start < window.end:
            holds = day in days and window.start <= clock < window.end
        else:
            holds = (day in days and clock >= window.start) or ((day - 1) % 7 in days and clock < window.end)
        bits |= int(holds) << number
    return bits


def _named(column: str, patterns: Sequence[str]) -> str:
    """The value where a table names it (by a pattern with `*` and `?`), empty for all others."""
    tests = " OR ".join(f"{column} GLOB {literal(pattern)}" for pattern in patterns)
    return f"CASE WHEN {tests} THEN {column} ELSE '' END"


def _mixed(grid: Grid) -> str:
    """The logged class, else one by the assumed shares, drawn with a seeded hash of the row."""
    draw = f"(hash(us, input_tokens, output_tokens, {grid.seed}) % 1000000)"
    whens, upto = [], 0.0
    for name, share in grid.mix:
        upto += share
        whens.append(f"WHEN {draw} < {round(upto * 1e6)} THEN {literal(name)}")
    return f"coalesce(nullif(route_class, ''), CASE {' '.join(whens)} ELSE {literal(grid.mix[-1][0])} END)"


_MODES: dict[str, Mode] = {"batch": "batch", "flex": "flex", "priority": "priority"}


def mode_of(text: str) -> Mode:
    """The billing mode that a log's `mode` (or OpenAI's `service_tier`) means; what is not known is standard."""
    return _MODES.get(text, "standard")
