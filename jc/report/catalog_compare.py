"""Models side by side in the terminal, as rows, and as a page: the answer of `jc catalog compare`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from jc.catalog.compare import Metric, shares
from jc.report.document import Document
from jc.report.numbers import MINUS, UNKNOWN, bar
from jc.report.table import Column, Table

_MONEY = "usd_per_mtok"
_UNITS = {"percent": "%", "fraction": "", "points": "", "elo": "", "tokens/s": " t/s", "s": " s"}


def compare_document(names: Sequence[str], metrics: Sequence[Metric], as_of: date, catalog: str) -> Document:
    """The comparison in every format, `html` among them; the first name is compared with the best of the others."""
    payload = {"as_of": as_of, "models": list(names), "metrics": [_metric(metric) for metric in metrics]}
    rows = [_row(metric, name) for metric in metrics for name in names]
    table = _table(names, metrics)
    remark = [] if len(names) < 2 else ["", f"Gap: {_short(names[0])} against the best of the others."]
    text = "\n".join([table.text(), *remark, *_bars(metrics)]) if metrics else "No metric is known for these models."

    def page() -> str:
        from jc.report.compare_html import compare_page

        command = f"jc catalog compare {' '.join(names)} --as-of {as_of} --format html"
        return compare_page(payload, {"command": command, "catalog": catalog, "prices as of": str(as_of)})

    return Document("jc.catalog-comparison/1", payload, rows, [table], text, extra={"text": lambda: text, "html": page})


def _metric(metric: Metric) -> dict[str, Any]:
    said = asdict(metric)
    return {**said, "metric": metric.name, "winner": metric.winners[0] if len(metric.winners) == 1 else None}


def _row(metric: Metric, name: str) -> dict[str, Any]:
    return {
        "metric": metric.name,
        "id": metric.id,
        "kind": metric.kind,
        "unit": metric.unit,
        "model": name,
        "value": metric.values[name],
        "winner": name in metric.winners,
        "gap": metric.gap if name == next(iter(metric.values)) else None,
    }


def written(metric: Metric, value: Decimal | None) -> str:
    """A value with its unit; the cost of a quality point has three decimals, as in the benchmark post."""
    if value is None:
        return UNKNOWN
    if metric.unit == _MONEY:
        return f"${value:,.2f}" if value >= 1 else f"${value:f}"
    return f"${_small(value)}" if metric.unit.startswith(_MONEY) else f"{value:f}{_UNITS.get(metric.unit, '')}"


def _small(usd: Decimal) -> str:
    """An amount with three decimals, with more where those would leave nothing of it."""
    places = max(3, -usd.adjusted()) if usd else 3
    return f"{usd.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):f}"


def gap_text(metric: Metric) -> str:
    """The gap of the first model to the best of the others: `−0.7 pts`, `1.1x faster`, `4.6x cheaper`."""
    if metric.gap is None:
        return UNKNOWN
    if metric.kind == "score":
        sign = "+" if metric.gap > 0 else MINUS if metric.gap < 0 else ""
        return f"{sign}{abs(metric.gap):f} pts"
    words = {"speed": ("faster", "slower"), "price": ("cheaper", "dearer")}[metric.kind]
    if metric.gap == 1:
        return "the same"
    return f"{metric.gap:.1f}x {words[0] if metric.ahead else words[1]}"


def _short(name: str) -> str:
    return name.rpartition("/")[2]


def _table(names: Sequence[str], metrics: Sequence[Metric]) -> Table:
    columns = (Column("Metric"), Column("Winner"), *(Column(_short(name), "right") for name in names))
    gap = () if len(names) < 2 else (Column("Gap", "right"),)
    rows = []
    for metric in metrics:
        winner = ", ".join(_short(name) for name in metric.winners)
        cells = [metric.name, winner, *(written(metric, metric.values[name]) for name in names)]
        rows.append([*cells, gap_text(metric)] if gap else cells)
    return Table((*columns, *gap), rows)


def _bars(metrics: Sequence[Metric]) -> Iterator[str]:
    """One block per metric, the best first."""
    for metric in metrics:
        found = shares(metric)
        known = [(name, value) for name, value in metric.values.items() if value is not None]
        ranked = sorted(known, key=lambda pair: pair[1], reverse=metric.higher_is_better)
        rows = [[f"  {_short(name)}", written(metric, value), bar(found[name], 30)] for name, value in ranked]
        yield ""
        yield f"{metric.name}{'' if metric.higher_is_better else ', less is better'}"
        yield from Table((Column(""), Column("", "right"), Column("")), rows).text().splitlines()[1:]
