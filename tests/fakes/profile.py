"""A made-up traffic profile in the shape of schema `jc.traffic-profile/1`."""

from typing import Any

CLASSES = {"extract": 18_204, "chat": 16_127, "summarise": 9_870, "reason": 4_011}


def group(name: str, requests: int) -> dict[str, Any]:
    """The row of one class, model or key."""
    tokens = {"input_tokens": requests * 650, "cached_input_tokens": requests * 130, "output_tokens": requests * 203}
    return {"name": name, "requests": requests, **tokens}


def spread(p50: float, p90: float, p95: float, p99: float) -> dict[str, Any]:
    """A distribution."""
    return {"n": 48_212, "mean": p50 * 1.4, "least": 0.0, "most": p99 * 9, "p50": p50, "p90": p90, "p95": p95, "p99": p99}


def sample_profile() -> dict[str, Any]:
    """A month of requests by class, model, key and hour."""
    return {
        "source": "traffic.jsonl",
        "rows": {"total": 48_324, "used": 48_212, "rejected": 112, "by_reason": {"negative": 100, "truncated": 12}, "skipped": 0},
        "span": {"first": "2026-10-01T00:00:03Z", "last": "2026-10-31T23:59:58Z", "relative": False},
        "tokens": {
            "input": spread(310, 1_600, 3_100, 21_000), "cached_input": spread(0, 800, 1_500, 16_000),
            "output": spread(120, 450, 700, 2_000),
        },
        "totals": {"input_tokens": 31_400_000, "output_tokens": 9_800_000, "cached_input_tokens": 7_850_000, "cost_usd": 4_218.4},
        "shares": {"tools": 0.021, "vision": 0.011, "structured_output": None, "stream": 0.6, "explicit": 0.004, "cached": 0.25},
        "classes": [group(name, requests) for name, requests in CLASSES.items()],
        "models": [group(f"lab-{at}/model-{at}", 1_000 * at) for at in range(12, 0, -1)],
        "keys": [group("", 48_212)],
        "distinct": {"model": 15, "key": 9, "session": 9_211},
        "hours": [{"hour": hour, "requests": 500 + 120 * min(hour, 23 - hour)} for hour in range(24)],
        "sessions": {
            "sessions": 9_211, "mean_requests": 5.23, "most_requests": 214, "resent_tokens": 12_874_000, "resent_share": 0.41,
        },
        "latency_ms": spread(1_310, 2_900, 4_900, 9_100),
        "ttft_ms": None,
        "format": "jsonl",
        "notes": ["classes are assumed from --mix"],
    }  # fmt: skip
