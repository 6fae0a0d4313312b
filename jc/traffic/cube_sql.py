"""The SQL of a cube over a relation of rows: what is added up by group, and which rows are kept beside the sums."""

from dataclasses import dataclass

from jc.traffic.grid import FACTS, FLAGS, Grid, key_columns, wanted_columns
from jc.traffic.scan import literal

BIN_SCALE = 16
"""A cell holds outputs of one `round(sqrt(16 × tokens))`: 2.5 % wide at 400 tokens, 0.8 % at 4,000."""


@dataclass(frozen=True, slots=True)
class Thinning:
    """How much of a log is kept row by row: one of so many clusters in the sample, one of so many logged latencies."""

    clusters: int = 1
    latencies: int = 1
    sized: bool = False
    """Whether cells keep prompt sizes too, for latencies that depend on them."""
    whole: bool = False
    """Whether every row is kept, with its key: they are asked for by `rows_query`, because lists of them take much memory."""


def cube_query(grid: Grid, rows: str, thinning: Thinning, empty: frozenset[str] = frozenset()) -> str:
    """The SQL of a cube over a relation of rows. Grouped by key only: lists of small numbers are cheaper than many groups.

    `empty` are columns that hold nothing in this relation: what they would give is filled in afterwards.
    """
    named = ", ".join(f"{sql} AS k_{name}" for name, sql in key_columns(grid) if not _is_empty(name, grid, empty))
    picked = "" if thinning.clusters == 1 else " FILTER (picked)"
    thinned = "" if thinning.latencies == 1 else f" AND hash(us, input_tokens, output_tokens) % {thinning.latencies} = 0"
    columns = [f"{sql}::BIGINT AS {name}" for name, sql in {**_SUMS, **_EXTENTS}.items() if SOURCES.get(name) not in empty]
    columns.append(f"list(sqrt(output_tokens * {BIN_SCALE})::USMALLINT) AS bins")
    if thinning.sized:
        columns += ["list(input_tokens) AS inputs", "list(cached_input_tokens) AS cacheds"]
    if "latency_ms" not in empty:
        columns.append(f"list(latency_ms::FLOAT) FILTER (latency_ms IS NOT NULL{thinned}) AS latencies")
    if thinning.whole:
        columns.append(f"min({_code(grid)}) AS code")
    else:
        columns += [f"list({sql}){picked} AS s_{name}" for name, sql in SAMPLED.items() if name not in empty]
    cluster = _cluster(grid)
    relation = f"(SELECT *, {cluster} AS cluster, {cluster} % {thinning.clusters} = 0 AS picked FROM {rows})"
    return f"SELECT {named}, {', '.join(columns)}/*checks*/ FROM {relation} GROUP BY ALL"


def rows_query(grid: Grid, rows: str) -> str:
    """The SQL of all rows, each with the code of its group and the hash of its key."""
    columns = ", ".join(f"{sql} AS {name}" for name, sql in SAMPLED.items())
    return f"SELECT {_code(grid)} AS code, {columns}, {_KEY} AS key FROM (SELECT *, {_cluster(grid)} AS cluster FROM {rows})"


def keys_query(rows: str) -> str:
    """The SQL of the keys of all rows by their hash."""
    return f"SELECT DISTINCT {_KEY} AS hash, coalesce(key, '') AS key FROM {rows}"


def _code(grid: Grid) -> str:
    """What tells the group of a row."""
    return f"hash({', '.join(sql for _, sql in key_columns(grid))})"


def needed_columns(grid: Grid, thinning: Thinning) -> tuple[str, ...]:
    """The columns of a log that a cube needs."""
    return (*wanted_columns(grid), "key") if thinning.whole else wanted_columns(grid)


def _is_empty(name: str, grid: Grid, empty: frozenset[str]) -> bool:
    """Whether a part of the key is the same in every row because its columns hold nothing."""
    if name == "route_class" and (grid.mix or grid.classified):
        return False
    if name == "vision":
        return {"vision", "images"} <= empty
    return name in _PLAIN and {"explicit": "routing"}.get(name, name) in empty


_SUMS = {
    "n": "count(*)", "input": "sum(input_tokens)", "cached": "sum(cached_input_tokens)", "written": "sum(cache_write_tokens)",
    "output": "sum(output_tokens)", "reasoning": "sum(reasoning_tokens)", "images": "sum(images)",
    "priced": "count(cost_usd)", "cost_pico": "coalesce(sum(round(cost_usd * 1e12)::BIGINT), 0)",
    "measured": "count(energy_j)", "energy_mj": "coalesce(sum(round(energy_j * 1e3)::BIGINT), 0)",
    "timed": "count(latency_ms)", "latency_us": "coalesce(sum(round(latency_ms * 1e3)::BIGINT), 0)",
}  # fmt: skip
SOURCES = {
    "reasoning": "reasoning_tokens", "images": "images", "priced": "cost_usd", "cost_pico": "cost_usd",
    "measured": "energy_j", "energy_mj": "energy_j", "timed": "latency_ms", "latency_us": "latency_ms",
}  # fmt: skip
"""The columns of sums that are zero where the column holds nothing."""
_PLAIN = (*FACTS[1:], *FLAGS)
"""Parts of a key that may be left out of a query; the model stays, so that there always is one."""
_EXTENTS = {
    "first_us": "coalesce(min(us), 0)", "last_us": "coalesce(max(us), 0)",
    "least_input": "min(input_tokens)", "most_input": "max(input_tokens)",
}  # fmt: skip
SAMPLED = {
    "us": "coalesce(us, 0)",
    "input": "input_tokens",
    "cached": "cached_input_tokens",
    "written": "cache_write_tokens",
    "output": "output_tokens",
    "images": "images",
    "latency_ms": "coalesce(latency_ms, 'NaN'::DOUBLE)",
    "ttft_ms": "coalesce(ttft_ms, 'NaN'::DOUBLE)",
    "cluster": "cluster",
}


_KEY = "hash(coalesce(key, ''))"


def _cluster(grid: Grid) -> str:
    """What belongs together when intervals are made: the session, else the key, else the request."""
    if grid.clustered == "session":
        return "session_hash"
    if grid.clustered == "key":
        return "hash(key)"
    return f"hash(input_tokens, output_tokens, us, {literal('row')})"
