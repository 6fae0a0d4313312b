"""What is in a log, before anything is changed: who asks what, how long, when, and how much is sent again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jc.traffic.read import Log

QUANTILES = (0.5, 0.9, 0.95, 0.99)
_COLUMNS = (
    "model", "served_model", "route_class", "key", "org", "session", "tools", "vision", "structured_output", "stream", "routing",
    "images", "reasoning_tokens", "latency_ms", "ttft_ms", "cost_usd",
)  # fmt: skip
_TOP = 20
_GOOD = "(SELECT * FROM log_rows WHERE NOT suspect)"


@dataclass(frozen=True, slots=True)
class Group:
    """The requests of one class, model or key: how many, and their tokens."""

    name: str
    requests: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int


def profile(log: Log) -> dict[str, Any]:
    """The profile of a log as plain values; groups are the largest first."""
    log.table(_COLUMNS)
    return {
        "rows": _rows(log),
        "span": _span(log),
        "tokens": {name: _distribution(log, f"{name}_tokens") for name in ("input", "output")}
        | {"cached_input": _distribution(log, "cached_input_tokens", "cached_input_tokens > 0")},
        "totals": _totals(log),
        "shares": _shares(log),
        "classes": _groups(log, "route_class"),
        "models": _groups(log, "model"),
        "keys": _groups(log, "key"),
        "distinct": _distinct(log),
        "hours": _hours(log),
        "sessions": _sessions(log),
        "latency_ms": _distribution(log, "latency_ms", "latency_ms IS NOT NULL"),
        "ttft_ms": _distribution(log, "ttft_ms", "ttft_ms IS NOT NULL"),
        "format": log.format,
        "notes": list(log.notes),
    }


def _rows(log: Log) -> dict[str, Any]:
    counts = log.counts
    return {
        "total": counts.total,
        "used": counts.used,
        "rejected": counts.rejected,
        "by_reason": {reason.value: count for reason, count in sorted(counts.by_reason.items())},
        "skipped": counts.skipped,
    }


def _one(log: Log, sql: str) -> dict[str, Any]:
    answer = log.ask(sql)
    return {name: _plain(column.tolist()[0]) for name, column in answer.items()}


def _plain(value: Any) -> Any:
    """Numbers as JSON knows them: NaN is nothing."""
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124  only NaN differs from itself


def _span(log: Log) -> dict[str, Any]:
    if not log.holds("ts"):
        return {"first": None, "last": None, "relative": False}
    found = _one(log, f"SELECT strftime(make_timestamp(min(us)), '%Y-%m-%dT%H:%M:%SZ') AS first,"
                      f" strftime(make_timestamp(max(us)), '%Y-%m-%dT%H:%M:%SZ') AS last FROM {_GOOD}")  # fmt: skip
    return {**found, "relative": log.relative_time}


def _distribution(log: Log, column: str, where: str = "true") -> dict[str, Any] | None:
    """Least, quantiles, most and mean of a column; None when it holds nothing."""
    parts = ", ".join(f"quantile_cont({column}, {share})::DOUBLE AS p{round(share * 100)}" for share in QUANTILES)
    found = _one(log, f"SELECT count({column})::BIGINT AS n, avg({column})::DOUBLE AS mean, min({column})::DOUBLE AS least,"
                      f" max({column})::DOUBLE AS most, {parts} FROM {_GOOD} WHERE {where}")  # fmt: skip
    return found if found["n"] else None


def _totals(log: Log) -> dict[str, Any]:
    names = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "images")
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in names)
    return _one(
        log, f"SELECT {sums}, coalesce(sum(cost_usd), 0)::DOUBLE AS cost_usd, count(cost_usd)::BIGINT AS priced FROM {_GOOD}"
    )


def _shares(log: Log) -> dict[str, Any]:
    """Shares of requests with a fact, and of input tokens that were cached; None where the log has no such column."""
    flags = ("tools", "vision", "structured_output", "stream")
    parts = ", ".join(f"avg({name}::INTEGER)::DOUBLE AS {name}" for name in flags)
    found = _one(log, f"SELECT {parts}, avg((coalesce(routing, '') = 'explicit')::INTEGER)::DOUBLE AS explicit,"
                      f" (sum(cached_input_tokens) / greatest(sum(input_tokens), 1))::DOUBLE AS cached FROM {_GOOD}")  # fmt: skip
    known = {**{name: name for name in flags}, "explicit": "routing", "cached": "cached_input_tokens"}
    return {name: value if log.holds(known[name]) else None for name, value in found.items()}


def _groups(log: Log, column: str) -> list[dict[str, Any]]:
    if not log.holds(column):
        return []
    answer = log.ask(
        f"SELECT coalesce({column}, '') AS name, count(*)::BIGINT AS requests, sum(input_tokens)::BIGINT AS input_tokens,"
        f" sum(cached_input_tokens)::BIGINT AS cached_input_tokens, sum(output_tokens)::BIGINT AS output_tokens"
        f" FROM {_GOOD} GROUP BY 1 ORDER BY requests DESC, name LIMIT {_TOP}"
    )
    return rows_of(answer)


def rows_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Columns as rows."""
    names: Sequence[str] = list(answer)
    return [dict(zip(names, values, strict=True)) for values in zip(*(answer[name].tolist() for name in names), strict=True)]


def _distinct(log: Log) -> dict[str, int]:
    names = [name for name in ("model", "key", "org", "session", "route_class") if log.holds(name)]
    if not names:
        return {}
    return _one(log, "SELECT " + ", ".join(f"count(DISTINCT {name})::BIGINT AS {name}" for name in names) + f" FROM {_GOOD}")


def _hours(log: Log) -> list[dict[str, Any]]:
    """Requests by hour of the day (UTC)."""
    if not log.holds("ts"):
        return []
    return rows_of(
        log.ask(
            f"SELECT ((us // 3600000000) % 24)::BIGINT AS hour, count(*)::BIGINT AS requests FROM {_GOOD} GROUP BY 1 ORDER BY 1"
        )
    )


def _sessions(log: Log) -> dict[str, Any] | None:
    """How long sessions are, and how much of what they send repeats the prompt of the request before."""
    if not log.holds("session"):
        return None
    ranked = f"SELECT *, row_number() OVER () AS rank FROM {_GOOD}"
    before = "coalesce(lag(input_tokens) OVER (PARTITION BY session ORDER BY us, rank), 0)"
    steps = f"SELECT session, input_tokens, {before} AS before FROM ({ranked}) WHERE session IS NOT NULL"
    again = "sum(CASE WHEN input_tokens >= before THEN before ELSE 0 END)"
    each = f"SELECT count(*) AS n, sum(input_tokens) AS total, {again} AS again FROM ({steps}) GROUP BY session"
    found = _one(
        log,
        "SELECT count(*)::BIGINT AS sessions, avg(n)::DOUBLE AS mean_requests, max(n)::BIGINT AS most_requests,"
        " sum(again)::BIGINT AS resent_tokens, (sum(again) / greatest(sum(total), 1))::DOUBLE AS resent_share"
        f" FROM ({each})",
    )
    return found if found["sessions"] else None
