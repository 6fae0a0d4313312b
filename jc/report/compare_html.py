"""The page of `jc catalog compare`: scores, speed and price of a few models as bars, all of them together as a radar."""

from collections.abc import Mapping, Sequence
from typing import Any

from jc.report.chart_parts import Axis, Bar, Chart
from jc.report.charts import bars, radar
from jc.report.conclusion import number
from jc.report.html import Block, Grid, Page, Prose, Section, render_page
from jc.report.numbers import UNKNOWN
from jc.report.table import Column, Table

Metric = Mapping[str, Any]


def compare_page(payload: Mapping[str, Any], reproduce: Mapping[str, object]) -> str:
    """The comparison as one HTML file.

    `payload` has `models` (names) and `metrics`, each with `metric` (its name), `unit`, `higher_is_better`, `values` (model →
    figure or None), `winner` and `gap` (the winner's lead over the second, in the unit); further keys do not matter.
    """
    models = [str(name) for name in payload["models"]]
    metrics = [metric for metric in payload["metrics"] if any(_value(metric, name) is not None for name in models)]
    sections = [Section("All figures", [Grid(_table(models, metrics), {}), Prose([_REMARK], muted=True)])]
    if len(axes := _shared(models, metrics)) >= 3:
        sections.append(_radar(models, axes))
    sections.extend(_bars(models, unit, metrics) for unit in dict.fromkeys(str(metric["unit"]) for metric in metrics))
    lead = [f"{len(models)} models, {len(metrics)} metrics; a figure that nobody published is told as unknown, never guessed."]
    return render_page(Page("Catalog: models compared", compare_conclusion(models, metrics), sections, reproduce, lead))


_REMARK = "Scores are compared only where benchmark and variant are the same. The gap is the winner's lead over the second."


def compare_conclusion(models: Sequence[str], metrics: Sequence[Metric]) -> str:
    """Who leads in how many metrics."""
    won = {name: sum(metric.get("winner") == name for metric in metrics) for name in models}
    order = sorted((name for name in models if won[name]), key=lambda name: -won[name])
    if not order:
        return f"No metric tells {_joined(models)} apart"
    parts = [
        f"{name} in {won[name]} of {len(metrics)} metrics" if not at else f"{name} in {won[name]}"
        for at, name in enumerate(order)
    ]
    return f"Ahead: {_joined(parts)}"


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _value(metric: Metric, name: str) -> float | None:
    return number(metric["values"].get(name))


def _written(value: float | None, unit: str) -> str:
    if value is None:
        return UNKNOWN
    text = f"{value:,.4g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return f"${text}" if unit.startswith("USD") else f"{text}%" if unit == "%" else text


def _table(models: Sequence[str], metrics: Sequence[Metric]) -> Table:
    columns = (
        Column("Metric"),
        Column("Unit"),
        *(Column(name, "right") for name in models),
        Column("Winner"),
        Column("Gap", "right"),
    )
    rows = [
        [
            str(metric["metric"]), str(metric["unit"]), *(_written(_value(metric, name), str(metric["unit"])) for name in models),
            str(metric.get("winner") or UNKNOWN), _written(number(metric.get("gap")), str(metric["unit"])),
        ]
        for metric in metrics
    ]  # fmt: skip
    return Table(columns, rows)


def _shared(models: Sequence[str], metrics: Sequence[Metric]) -> list[Metric]:
    """Metrics that every model has above zero, so that a radar has no holes."""
    return [metric for metric in metrics if all((_value(metric, name) or 0) > 0 for name in models)][:10]


def _radar(models: Sequence[str], axes: Sequence[Metric]) -> Section:
    shares: dict[str, list[float]] = {name: [] for name in models}
    for metric in axes:
        values = {name: _value(metric, name) or 0.0 for name in models}
        best = max(values.values()) if metric["higher_is_better"] else min(values.values())
        for name, value in values.items():
            shares[name].append(value / best if metric["higher_is_better"] else best / value)
    titles = [str(metric["metric"]) for metric in axes]
    rows = [[name, *(f"{share * 100:.0f}%" for share in found)] for name, found in shares.items()]
    table = Table((Column("Model"), *(Column(title, "right") for title in titles)), rows, "Share of the best")
    caption = (
        "The rim is the best of these models; where less is better (price, latency) the share is best divided by value. Only "
        "metrics that all of them have are drawn."
    )
    return Section("All together", [Chart("How near each comes to the best", caption, radar(titles, shares), table)])


def _bars(models: Sequence[str], unit: str, metrics: Sequence[Metric]) -> Section:
    chosen = [metric for metric in metrics if str(metric["unit"]) == unit]
    rows = [
        Bar(str(metric["metric"]), name, value, _written(value, unit))
        for metric in chosen
        for name in models
        if (value := _value(metric, name)) is not None
    ]
    better = {bool(metric["higher_is_better"]) for metric in chosen}
    caption = {frozenset({True}): "More is better.", frozenset({False}): "Less is better."}.get(frozenset(better), "")
    title = ", ".join(str(metric["metric"]) for metric in chosen[:6])
    blocks: list[Block] = [Chart(title, caption, bars(rows, Axis(unit, "~g")), _table(models, chosen))]
    return Section(f"In {unit}", blocks)
