"""The page of a catalog comparison: who leads where, bars per unit, a radar over what all have."""

import re
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jc.catalog.compare import compare
from jc.catalog.load import load_catalog
from jc.catalog.names import resolve_all
from jc.report.compare_html import compare_conclusion, compare_page


def metric(name: str, kind: str, unit: str, values: dict[str, str | None], **more: Any) -> dict[str, Any]:
    """One metric as the catalog tells it."""
    known = {model: Decimal(value) if value else None for model, value in values.items()}
    return {"id": name, "name": name, "unit": unit, "kind": kind, "higher_is_better": kind == "score", "values": known,
            "winners": (), "gap": None, "ahead": None, **more}  # fmt: skip


METRICS = [
    metric("MMLU", "score", "%", {"a": "80", "b": "90", "c": None}, winners=("b",), gap=Decimal(-10), ahead=False),
    metric("GPQA", "score", "%", {"a": "50", "b": "60", "c": "70"}, winners=("c",), gap=Decimal(-20), ahead=False),
    metric("HumanEval", "score", "%", {"a": "99", "b": "60", "c": "70"}, winners=("a",), gap=Decimal(29), ahead=True),
    metric("Input", "price", "usd_per_mtok", {"a": "0.05", "b": "1", "c": "2"}, winners=("a",), gap=Decimal(20), ahead=True),
    metric("Nothing", "speed", "s", {"a": None, "b": None, "c": None}),
]


def page_of(models: list[str], metrics: list[dict[str, Any]]) -> str:
    """The page without its scripts and styles."""
    text = compare_page({"models": models, "metrics": metrics}, {"command": "jc catalog compare a b c"})
    return re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)


def test_the_heading_says_who_leads_in_how_many_metrics() -> None:
    """Winners are counted; a metric without winner counts for nobody."""
    assert compare_conclusion(["a", "b", "c"], METRICS[:4]) == "Ahead: a in 2 of 4 metrics, b in 1 and c in 1"
    assert compare_conclusion(["a", "b"], []) == "No metric is known for these models"


def test_bars_are_grouped_by_kind_and_a_radar_has_only_what_all_have() -> None:
    """MMLU is missing for one model, so it stays out of the radar but not out of the bars."""
    text = page_of(["a", "b", "c"], METRICS)
    radar = text.split("Share of the best</p>")[1].split("</table>")[0]

    assert re.findall(r"<h2>(.*?)</h2>", text) == ["All figures", "All together", "Scores", "Price", "How to reproduce"]
    assert "MMLU" not in radar
    assert [word for word in ("GPQA", "HumanEval", "Input") if word in radar] == ["GPQA", "HumanEval", "Input"]
    assert '<td class="right">5%</td>' in radar.split(">b</td>")[1]
    assert "Nothing" not in text


def test_gaps_are_points_for_scores_and_factors_for_prices() -> None:
    """The gap is that of the first model to the best other one."""
    text = page_of(["a", "b", "c"], METRICS)

    assert '<td class="right">−10.0</td>' in text
    assert '<td class="right">+29.0</td>' in text
    assert '<td class="right">20 times better</td>' in text
    assert '<td class="right">$0.05</td>' in text
    assert '<td class="right">$1.00</td>' in text


def test_two_shared_metrics_make_no_radar() -> None:
    """A radar of two axes is a line."""
    assert "All together" not in page_of(["a", "b", "c"], METRICS[1:3])
    assert "All together" not in page_of(["a"], METRICS)


def test_the_catalog_s_own_comparison_fits() -> None:
    """What `jc.catalog.compare` returns for offers of the shipped catalog becomes a page."""
    catalog, names = load_catalog(), ["openai/gpt-4o-mini", "google/gemini-2.5-pro", "deepseek/deepseek-v4-flash"]
    found = compare(catalog, resolve_all(catalog, names), datetime(2026, 7, 15, tzinfo=UTC))
    text = page_of(names, [asdict(one) for one in found])

    assert all(one.name.split(" (")[0] in text for one in found)
