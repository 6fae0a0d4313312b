"""A made-up simulation in the shape of schema `jc.simulation/1`."""

from typing import Any

TABLES = (
    ("as logged", "4218.40", None, (1.31, 2.9, 4.9, 9.1), 0.871, 0.0),
    ("routes.yaml", "2671.12", -0.3668, (1.12, 2.5, 4.61, 8.2), 0.862, 0.412),
    ("cheapest.yaml", "1904.77", -0.5485, (0.98, 3.1, 5.83, 11.4), 0.790, 0.63),
)
MODELS = ("lab/a", "lab/b")
CLASSES = {
    "extract": (18_204, "1204.10", "212.44", "150.00"),
    "summarise": (9_870, "902.31", "611.02", "500.10"),
    "reason": (4_011, "1411.77", "1203.90", "902.20"),
    "chat": (16_127, "700.22", "643.76", "352.47"),
}


def sample_simulation(names: tuple[str, ...] = ()) -> dict[str, Any]:
    """Three route tables over a month, by class and day; `names` renames the tables."""
    called = names or tuple(row[0] for row in TABLES)
    tables: list[dict[str, Any]] = [
        {
            "name": name, "requests": 48_212, "cost_usd": cost, "change": change, "p50_s": times[0], "p90_s": times[1],
            "p95_s": times[2], "p99_s": times[3], "mean_s": 1.9, "energy_j": 1.48e8,
            "quality": {"value": quality, "low": quality - 0.02, "high": quality + 0.02}, "moved": moved,
            "kept": {"tools": 964, "vision": 530, "explicit": 0, "swap_off": 0}, "rejected": 0,
            "cost_interval_usd": [f"{float(cost) * 0.94:.2f}", f"{float(cost) * 1.07:.2f}"],
            "change_interval": [change - 0.04, change + 0.05] if change else None, "energy_known": 1.0, "quality_known": 0.8,
            "cache_blind_usd": f"{float(cost) * 1.9:.2f}", "lost_cache": moved / 4, "over_slo": 0.11, "unpriced": {},
            "models": [{"model": model, "requests": 24_106, "cost_usd": f"{float(cost) / 2:.2f}"} for model in MODELS],
            "assumptions": ["9 of 12 models use their tier's median speed", f"quality of {name} from 2 runs"],
        }
        for name, (_, cost, change, times, quality, moved) in zip(called, TABLES, strict=True)
    ]  # fmt: skip
    by_class = [
        {"class": name, "table": table, "requests": figures[0], "cost_usd": figures[1 + at]}
        for name, figures in CLASSES.items()
        for at, table in enumerate(called)
    ]
    by_day = [
        {
            "day": f"2026-10-{day:02}",
            "table": table["name"],
            "requests": 1_555,
            "cost_usd": f"{float(table['cost_usd']) / 31:.2f}",
        }
        for day in range(1, 32)
        for table in tables
    ]
    rows = {"total": 48_324, "used": 48_212, "rejected": 112, "by_reason": {"unknown model": 100, "truncated JSON": 12}}
    traffic = {"source": "traffic.jsonl", "first_day": "2026-10-01", "last_day": "2026-10-31"}
    return {
        "traffic": traffic, "rows": rows, "baseline": called[0], "tables": tables, "by": {"class": by_class, "day": by_day},
        "passed_over": {}, "notes": [], "warnings": [],
    }  # fmt: skip
