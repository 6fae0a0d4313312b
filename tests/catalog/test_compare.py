"""Models side by side: the figures of the benchmark post, and the rules behind them."""

from datetime import UTC, datetime
from decimal import Decimal

from jc.catalog.compare import Metric, compare, goodness, shares
from jc.catalog.load import load_catalog
from jc.catalog.model import Speed
from jc.catalog.names import resolve_all
from tests.strategies import AT, benchmark, catalog, offer, score

TODAY = datetime(2026, 11, 20, tzinfo=UTC)
POST = ("qwen/qwen3.5-397b-a17b", "openai/gpt-5.4", "anthropic/claude-opus-4-6", "qwen/qwen3.5-35b-a3b")


def post(*names: str) -> dict[str, Metric]:
    """The comparison of the post's models in the shipped catalog."""
    shipped = load_catalog()
    return {metric.id: metric for metric in compare(shipped, resolve_all(shipped, names or POST), TODAY)}


def test_the_scores_speeds_and_prices_of_the_post() -> None:
    """As its charts have them."""
    found = post()
    figures = {name: [None if value is None else str(value) for value in found[name].values.values()] for name in found}

    assert figures["mmlu-pro"] == ["87.8", "88.5", "82.0", "85.3"]
    assert figures["gpqa-diamond"] == ["88.4", "92.0", "91.3", "84.2"]
    assert figures["livecodebench"] == ["83.6", "84.0", "76.0", "74.6"]
    assert figures["tokens_per_s"] == ["84", "78", "46", "178"]
    assert figures["input"] == ["0.54", "2.50", "5.00", "0.22"]


def test_the_cost_per_quality_point_of_the_post() -> None:
    """Input price divided by MMLU-Pro points: 0.006, 0.028, 0.061 and 0.003, to the third decimal."""
    values = post()["usd_per_point"].values

    assert [f"{value:.3f}" for value in values.values() if value is not None] == ["0.006", "0.028", "0.061", "0.003"]


def test_winners_and_gaps_of_the_post() -> None:
    """The 397B against GPT-5.4 and Opus: behind by 0.7, 3.6 and 0.4 points, 1.1 times as fast, 4.6 times cheaper."""
    found = post(*POST[:3])

    assert {name: found[name].winners for name in ("mmlu-pro", "tokens_per_s", "input")} == {
        "mmlu-pro": ("openai/gpt-5.4",),
        "tokens_per_s": ("qwen/qwen3.5-397b-a17b",),
        "input": ("qwen/qwen3.5-397b-a17b",),
    }
    gaps = [found[name].gap for name in ("mmlu-pro", "gpqa-diamond", "livecodebench")]
    assert gaps == [Decimal("-0.7"), Decimal("-3.6"), Decimal("-0.4")]
    assert [f"{found[name].gap:.1f}" for name in ("tokens_per_s", "input")] == ["1.1", "4.6"]
    assert found["input"].ahead is True


def test_an_unknown_value_wins_nothing() -> None:
    """A model without an output price is not the cheapest, and has no gap."""
    found = post()["output"]

    assert found.values["qwen/qwen3.5-397b-a17b"] is None
    assert found.winners == ("openai/gpt-5.4",)
    assert found.gap is None


def test_scores_of_different_variants_stand_apart() -> None:
    """With tools and without are two measurements; the variant that most of them share is shown."""
    rows = [
        score("p/a", "mmlu", 80),
        score("p/b", "mmlu", 81, variant=(("tools", False),)),
        score("p/a", "mmlu", 95, variant=(("tools", True),)),
        score("p/c", "mmlu", 97, variant=(("tools", True),)),
        score("p/b", "mmlu", 96, variant=(("tools", True),)),
    ]
    world = catalog([offer("p/a"), offer("p/b"), offer("p/c")], scores=rows)
    (metric,) = [one for one in compare(world, list(world.offers.values()), AT) if one.kind == "score"]

    assert metric.name == "MMLU (tools)"
    assert metric.winners == ("p/c",)


def test_a_score_that_only_one_of_them_has_is_left_out() -> None:
    """There is nothing to compare it with; alone, a model shows all its scores."""
    world = catalog([offer("p/a"), offer("p/b")], scores=[score("p/a", "mmlu", 80)])

    assert [one for one in compare(world, list(world.offers.values()), AT) if one.kind == "score"] == []
    assert [one.id for one in compare(world, [world.offers["p/a"]], AT) if one.kind == "score"] == ["mmlu"]


def test_where_less_is_better_the_lowest_wins() -> None:
    """A benchmark may count errors."""
    world = catalog(
        [offer("p/a"), offer("p/b")],
        scores=[score("p/a", "errors", 3), score("p/b", "errors", 5)],
        benchmarks={"errors": benchmark("errors", higher=False)},
    )
    metric = compare(world, list(world.offers.values()), AT)[0]

    assert metric.winners == ("p/a",)
    assert (metric.gap, metric.ahead) == (Decimal(-2), True)


def test_own_evals_outrank_a_maker_s_own_figure() -> None:
    """Of two measurements alike, the more independent one is shown."""
    rows = [score("p/a", "mmlu", 90), score("p/a", "mmlu", 84, by="own_eval"), score("p/b", "mmlu", 85)]
    world = catalog([offer("p/a"), offer("p/b")], scores=rows)

    assert compare(world, list(world.offers.values()), AT)[0].values["p/a"] == 84


def test_bars_and_radar_are_shares() -> None:
    """Bars are shares of the largest value, a radar shows how near each comes to the best."""
    world = catalog([offer("p/a", "1.00"), offer("p/b", "4.00")])
    metric = next(one for one in compare(world, list(world.offers.values()), AT) if one.id == "input")

    assert shares(metric) == {"p/a": 0.25, "p/b": 1.0}
    assert goodness(metric) == {"p/a": 1.0, "p/b": 0.25}


def test_equal_values_have_several_winners() -> None:
    """And a gap of one."""
    fast = Speed(Decimal("0.2"), Decimal(100))
    world = catalog([offer("p/a", speed=fast), offer("p/b", speed=fast)])
    metric = next(one for one in compare(world, list(world.offers.values()), AT) if one.id == "tokens_per_s")

    assert metric.winners == ("p/a", "p/b")
    assert (metric.gap, metric.ahead) == (Decimal(1), False)
