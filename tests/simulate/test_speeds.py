"""How fast an offer answers, by the best evidence there is."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jc.catalog.load import load_catalog
from jc.catalog.model import Catalog, Observation
from jc.simulate.speeds import Speeds

CATALOG = load_catalog(None)
UNTIMED = next(offer for offer in CATALOG.offers.values() if offer.speed is None and offer.kind != "demo")


def watched(*rows: dict[str, Any]) -> Catalog:
    """The shipped catalog with what own evals saw of a model whose speed it does not know."""
    where = CATALOG.observations[0].where if CATALOG.observations else UNTIMED.where
    plain = {"benchmark": "own-eval-a", "route_class": None, "answers": 10, "output_tokens": Decimal(100), "where": where}
    return replace(CATALOG, observations=tuple(Observation(**{"model": UNTIMED.id, **plain, **row}) for row in rows))


def test_what_an_own_eval_took_comes_before_the_median_of_others() -> None:
    """100 tokens in 2.5 s, the first after 0.5 s: 20 ms a token."""
    speed = Speeds(watched({"latency_s": Decimal("2.5"), "ttft_s": Decimal("0.5")})).of(UNTIMED)

    assert speed is not None
    assert (speed.origin, speed.ttft_s) == ("evals", 0.5)
    assert speed.s_per_output == pytest.approx(0.02)


def test_the_newest_own_eval_counts() -> None:
    """An older one that was slower changes nothing."""
    old = {"latency_s": Decimal(9), "ttft_s": Decimal(1), "date": date(2026, 1, 1)}
    new = {"latency_s": Decimal(2), "ttft_s": Decimal(1), "date": date(2026, 9, 1), "benchmark": "own-eval-b"}

    speed = Speeds(watched(old, new)).of(UNTIMED)

    assert speed is not None
    assert speed.s_per_output == pytest.approx(0.01)


def test_an_eval_without_times_says_nothing_of_speed() -> None:
    """The tier's or the catalog's median stands in, as without an eval."""
    assert Speeds(watched({"latency_s": None})).of(UNTIMED) == Speeds(CATALOG).of(UNTIMED)
