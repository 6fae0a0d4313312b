"""What a log cost, by an arithmetic of its own: prices written down here, one row after the other, in decimals."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.model import Catalog, Override, PriceRow, Target, When, Window
from jc.simulate.cubes import cube_of_log
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from jc.traffic.cube import merged
from jc.traffic.cubefile import load, save
from jc.traffic.read import ReadOptions, open_log
from tests.simulate.worlds import DAYS, HERE, NOW, catalog_of, offer, price_row, table_of, written

JULY, TURN = date(2026, 7, 1), date(2026, 10, 10)
MILLION = Decimal(1_000_000)
TABLE = table_of(routes={name: Target("c/night") for name in ("simple", "code")}, fallback=("a/dated",))


def world() -> Catalog:
    """Four offers, as their price pages would say it."""
    batch = Override(When(mode="batch"), {}, {"input": Decimal("0.5"), "output": Decimal("0.5")}, "request", HERE)
    long = Override(When(prompt_tokens_gt=1000), {"input": Decimal(4), "output": Decimal(15)}, {}, "request", HERE)
    night = Override(
        When(utc=(Window(22 * 60, 2 * 60, DAYS),)), {}, {"input": Decimal("0.25"), "output": Decimal("0.25")}, "request", HERE
    )
    dear = {"input": "2.00", "output": "10.00", "cache_read": "0.20", "cache_write_5m": "2.50"}
    half = {"input": "1.00", "output": "5.00", "cache_read": "0.10", "cache_write_5m": "1.25"}
    return catalog_of(
        offer("a/dated", price_row(JULY, **dear), price_row(TURN, **half)),  # type: ignore[arg-type]
        offer("b/long", price_row(JULY, (batch, long), input="2.00", output="8.00")),
        offer("c/night", price_row(JULY, (night,), input="0.27", output="1.10", cache_read="0.07")),
        offer("g/image", PriceRow(JULY, "confirmed", {}, {"image": Decimal("0.04")}, (), None, JULY, HERE), output=("image",)),
    )


def usd(row: dict[str, Any]) -> Decimal:
    """The price of one row by hand; reasoning tokens are part of the output."""
    at = datetime.fromisoformat(row["ts"])
    tokens, cached, wrote, said = (
        int(row[name]) for name in ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")
    )
    if row["model"] == "g/image":
        return Decimal("0.04") * int(row["images"])
    if row["model"] == "a/dated":
        share = Decimal(1) if at.date() < TURN else Decimal("0.5")
        fresh = tokens - cached - wrote
        return share * (2 * fresh + Decimal("0.2") * cached + Decimal("2.5") * wrote + 10 * said) / MILLION
    if row["model"] == "b/long":
        prompt, answer = (Decimal(4), Decimal(15)) if tokens > 1000 else (Decimal(2), Decimal(8))
        if row["mode"] == "batch":
            prompt, answer = (prompt, answer) if tokens > 1000 else (prompt / 2, answer / 2)
        return (prompt * tokens + answer * said) / MILLION
    evening = at if at.hour >= 22 else at - timedelta(days=1)
    cheap = Decimal("0.25") if (at.hour >= 22 or at.hour < 2) and evening.weekday() < 5 else Decimal(1)
    return (cheap * (Decimal("0.27") * (tokens - cached) + Decimal("1.1") * said) + Decimal("0.07") * cached) / MILLION


def rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Six weeks of requests at all edges: the turn of a price, midnight, the long context, nothing, everything cached."""
    chance = random.Random(seed)
    start = datetime(2026, 9, 20, tzinfo=UTC)
    out = []
    for number in range(count):
        model = chance.choice(["a/dated", "b/long", "c/night", "g/image"])
        tokens = chance.choice([0, 1, 999, 1000, 1001, chance.randrange(5000)])
        cached = chance.choice([0, tokens // 3, tokens]) if model in {"a/dated", "c/night"} else 0
        wrote = chance.choice([0, tokens - cached]) if model == "a/dated" else 0
        said = chance.randrange(900)
        seconds = chance.choice([chance.randrange(42 * 86_400), 20 * 86_400 - 1, 20 * 86_400, 79_200, 79_199, 86_400 + 7_200])
        out.append(
            {
                "ts": (start + timedelta(seconds=seconds)).isoformat(), "request_id": f"r{number}", "session": f"s{number // 4}",
                "model": model, "route_class": chance.choice(["simple", "code"]), "input_tokens": tokens,
                "cached_input_tokens": cached, "cache_write_tokens": wrote, "output_tokens": said,
                "reasoning_tokens": said // 2, "images": chance.randrange(3) if model == "g/image" else 0,
                "mode": chance.choice(["standard", "batch"]) if model == "b/long" and tokens <= 1000 else "standard",
            }
        )  # fmt: skip
    return out


def logged(path: str) -> Fraction:
    """The cost as logged, in dollars."""
    return simulate(Question(path, [("t", TABLE)], NOW, allow_unpriced=True), world()).estimates[0].cost / 10**12


@pytest.mark.parametrize("seed", range(6))
def test_as_logged_is_the_sum_of_every_row_by_hand(tmp_path: Path, seed: int) -> None:
    """Dated prices, cached and written tokens, long context, batch, a window over midnight, images, reasoning."""
    made = rows(seed, 700)

    assert logged(str(written(tmp_path / "log.jsonl", made))) == sum((Fraction(usd(row)) for row in made), Fraction(0))


def test_a_cube_file_costs_what_its_log_costs(tmp_path: Path) -> None:
    """Also when it was put together from the cubes of parts, in any order."""
    made = rows(9, 900)
    cubes = []
    for number, part in enumerate((made[:100], made[100:101], made[101:])):
        with open_log(str(written(tmp_path / f"{number}.jsonl", part)), ReadOptions()) as log:
            cubes.append(cube_of_log(log, world(), [TABLE]))
        save(cubes[-1], tmp_path / f"{number}.cube", {"total": len(part)})
    with open_log(str(written(tmp_path / "whole.jsonl", made)), ReadOptions()) as log:
        save(cube_of_log(log, world(), [TABLE]), tmp_path / "whole.cube", {"total": 900})

    kept = [load(tmp_path / f"{number}.cube")[0] for number in (2, 0, 1)]
    save(merged(kept), tmp_path / "merged.cube", {"total": 900})

    assert (tmp_path / "merged.cube").read_bytes() == (tmp_path / "whole.cube").read_bytes()
    assert (
        logged(str(tmp_path / "merged.cube")) == logged(str(tmp_path / "whole.jsonl")) == sum(Fraction(usd(row)) for row in made)
    )
