"""The page of `jc catalog compare`: scores, speed and price of a few models as bars, all of them together as a radar."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jc.report.chart_parts import Axis, Bar, Chart
from jc.report.charts import bars, radar
from jc.report.conclusion import joined, number
from jc.report.html import Grid, Page, Prose, Section, render_page
from jc.report.numbers import MINUS, UNKNOWN, usd_per_mtok, usd_request
from jc.report.table import Column, Table

Metric = Mapping[str, Any]
MAX_SPOKES = 10
_UNITS = {
    "usd_per_mtok": "USD per 1M tokens",
    "usd_per_mtok_point": "USD per 1M tokens and point",
    "usd_per_point": "USD per point",
    "s": "seconds",
    "percent": "%",
}
_KINDS = {"score": "Scores", "speed": "Speed", "price": "Price"}


def compare_page(payload: Mapping[str, Any], reproduce: Mapping[str, object]) -> str:
    """The comparison as one HTML file.

    `payload` has `models` (offer ids, the first one is compared with the others) and `metrics`: the fields of
    `jc.catalog.compare.Metric`, in its order.
    """
    models = [str(name) for name in payload["models"]]
    metrics = [metric for metric in payload["metrics"] if any(_value(metric, name) is not None for name in models)]
    sections = [Section("All figures", [Grid(_table(models, metrics)), Prose([_remark(models)], muted=True)])]
    if len(spokes := _shared(models, metrics)) >= 3 and len(models) > 1:
        sections.append(_radar(models, spokes))
    kinds = dict.fromkeys(str(metric["kind"]) for metric in metrics)
    sections += [_bars(models, kind, [metric for metric in metrics if metric["kind"] == kind]) for kind in kinds]
    lead = [f"{len(models)} models, {len(metrics)} metrics; a figure that nobody published is unknown here, never guessed."]
    return render_page(Page("Catalog: models compared", compare_conclusion(models, metrics), sections, reproduce, lead))


def compare_conclusion(models: Sequence[str], metrics: Sequence[Metric]) -> str:
    """Who leads in how many metrics."""
    won = {name: sum(name in metric["winners"] for metric in metrics) for name in models}
    order = sorted((name for name in models if won[name]), key=lambda name: -won[name])
    if not order:
        return "No metric is known for these models"
    parts = [f"{name} in {won[name]}{'' if at else f' of {len(metrics)} metrics'}" for at, name in enumerate(order)]
    return f"Ahead: {joined(parts)}"


def _remark(models: Sequence[str]) -> str:
    return (
        "Scores stand beside each other only where benchmark and variant are the same. The gap is that of "
        f"{models[0]} to the best of the others: points for scores, a factor for speed and price."
    )


def _value(metric: Metric, name: str) -> float | None:
    return number(metric["values"].get(name))


def _written(value: float | None, unit: str) -> str:
    if value is None:
        return UNKNOWN
    if unit == "usd_per_mtok":
        return f"${value:,.2f}" if value >= 1 else usd_per_mtok(Decimal(repr(value)))
    if unit.startswith("usd"):
        return usd_request(value)
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.4g}"


def _gap(metric: Metric) -> str:
    gap = number(metric.get("gap"))
    if gap is None:
        return UNKNOWN
    if metric["kind"] == "score":
        return f"{gap:+.1f}".replace("-", MINUS)
    return "equal" if gap == 1 else f"{gap:.3g} times {'better' if metric['ahead'] else 'worse'}"


def _unit(metric: Metric) -> str:
    return _UNITS.get(str(metric["unit"]), str(metric["unit"]))


def _table(models: Sequence[str], metrics: Sequence[Metric]) -> Table:
    names = [Column(name, "right") for name in models]
    columns = (Column("Metric"), *names, Column("Best"), Column("Gap", "right"))
    rows = [
        [
            f"{metric['name']}, {_unit(metric)}", *(_written(_value(metric, name), str(metric["unit"])) for name in models),
            ", ".join(metric["winners"]) or UNKNOWN, _gap(metric),
        ]
        for metric in metrics
    ]  # fmt: skip
    return Table(columns, rows)


def _shared(models: Sequence[str], metrics: Sequence[Metric]) -> list[Metric]:
    """Metrics that every model has above zero, so that a radar has no holes."""
    return [metric for metric in metrics if all((_value(metric, name) or 0) > 0 for name in models)][:MAX_SPOKES]


def _radar(models: Sequence[str], spokes: Sequence[Metric]) -> Section:
    shares: dict[str, list[float]] = {name: [] for name in models}
    for metric in spokes:
        values = {name: _value(metric, name) or 0.0 for name in models}
        best = max(values.values()) if metric["higher_is_better"] else min(values.values())
        for name, value in values.items():
            shares[name].append(value / best if metric["higher_is_better"] else best / value)
    titles = [str(metric["name"]) for metric in spokes]
    rows = [[name, *(f"{share * 100:.0f}%" for share in found)] for name, found in shares.items()]
    table = Table((Column("Model"), *(Column(title, "right") for title in titles)), rows, "Share of the best")
    caption = (
        "The rim is the best of these models; where less is better (price, time to first token) the share is best divided by "
        "value. Only metrics that all of them have are drawn."
    )
    return Section("All together", [Chart("How near each comes to the best", caption, radar(titles, shares), table, small=True)])


def _bars(models: Sequence[str], kind: str, metrics: Sequence[Metric]) -> Section:
    """One chart for each unit and direction within one kind of metric."""
    charts = []
    for unit, higher in dict.fromkeys((str(metric["unit"]), bool(metric["higher_is_better"])) for metric in metrics):
        chosen = [metric for metric in metrics if metric["unit"] == unit and bool(metric["higher_is_better"]) == higher]
        rows = [
            Bar(str(metric["name"]), name, value, _written(value, unit))
            for metric in chosen
            for name in models
            if (value := _value(metric, name)) is not None
        ]
        title = joined([str(metric["name"]) for metric in chosen], 6)
        caption = "More is better." if higher else "Less is better."
        charts.append(Chart(title, caption, bars(rows, Axis(_unit(chosen[0]), "~r"), models), _table(models, chosen)))
    return Section(_KINDS.get(kind, kind.capitalize()), charts)
