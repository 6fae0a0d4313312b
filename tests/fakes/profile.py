"""A made-up traffic profile."""

from typing import Any


def sample_profile() -> dict[str, Any]:
    """A month of requests by class, model, hour and day."""
    classes = {"chat": 16_127, "extract": 18_204, "summarise": 9_870, "reason": 4_011}
    models = {f"lab-{at}/model-{at}": 1_000 * at for at in range(1, 20)}
    hours = [{"hour": hour, "requests": 500 + 120 * min(hour, 23 - hour)} for hour in range(24)]
    days = [{"day": f"2026-10-{day:02}", "requests": 1_400 + 60 * (day % 7)} for day in range(1, 32)]
    by_class = [
        {
            "class": name,
            "requests": requests,
            "input_tokens": requests * 650,
            "output_tokens": requests * 203,
            "cost_usd": "12.50",
        }
        for name, requests in classes.items()
    ]
    return {
        "rows": {"total": 48_324, "used": 48_212, "rejected": 112, "by_reason": {"truncated JSON": 12, "negative tokens": 100}},
        "span": {"first": "2026-10-01T00:00:03Z", "last": "2026-10-31T23:59:58Z"},
        "totals": {
            "input_tokens": 31_400_000,
            "output_tokens": 9_800_000,
            "cached_input_tokens": 7_850_000,
            "cost_usd": "4218.40",
        },
        "shares": {"tools": 0.021, "vision": 0.011, "stream": 0.6, "failed": 0.004},
        "distributions": {
            "input_tokens": {"p50": 310, "p90": 1_600, "p95": 3_100, "p99": 21_000},
            "output_tokens": {"p50": 120, "p90": 450, "p95": 700, "p99": 2_000},
            "cached_input_tokens": {"p50": 0, "p90": 800, "p95": 1_500, "p99": 16_000},
        },
        "by": {
            "class": by_class,
            "model": [{"model": name, "requests": n} for name, n in models.items()],
            "hour": hours,
            "day": days,
        },
        "sessions": {"sessions": 9_211, "requests_per_session": 5.23, "resent_share": 0.41},
        "notes": ["Classes are assumed: the log has neither classes nor prompts."],
    }
