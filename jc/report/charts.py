"""Charts as Vega-Lite specifications: plain data, each with the table that says the same in figures.

The specifications hold numbers, names and labels, never code and never a model's text. Field names are ours, so a candidate named
`datum.x` or `a[0]` is a value like any other. Colours are variables of the style sheet (Okabe and Ito's palette), so that dark mode
and print need no new drawing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from jc.report.table import Table
from jc.sanitise import clip

Spec = dict[str, Any]
Values = list[dict[str, Any]]
_INK, _MUTED, _LINE = "var(--ink)", "var(--muted)", "var(--line)"
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [10, 2], [1, 3], [12, 4, 4, 4])
_LABEL = 34
"""Longest label in a chart, in characters; the table beside it has the whole name."""

CONFIG: Spec = {
    "background": "transparent",
    "font": 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
    "view": {"stroke": None},
    "axis": {
        "labelColor": _MUTED, "titleColor": _INK, "gridColor": _LINE, "domainColor": _MUTED, "tickColor": _MUTED, "labelFontSize": 12,
        "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 8, "labelLimit": 190,
    },
    "legend": {
        "labelColor": _INK, "titleColor": _INK, "labelFontSize": 12, "labelLimit": 220, "orient": "top", "direction": "horizontal",
        "columns": 3, "title": None, "symbolSize": 90,
    },
    "text": {"color": _INK, "fontSize": 12},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chart:
    """A specification for Vega-Lite with its title, what it shows in a sentence, and the same figures as a table."""

    block: ClassVar[str] = "chart"
    title: str
    caption: str
    spec: Spec
    table: Table
    small: bool = False


class Point(NamedTuple):
    """One point of a plane; `low` and `high` bound `y`, None where there is no interval."""

    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None


class Bar(NamedTuple):
    """One bar: what it is about, which series, how long, and how its length is written."""

    label: str
    series: str
    value: float
    written: str
    low: float | None = None
    high: float | None = None


class Axis(NamedTuple):
    """The title of an axis, the d3 format of its labels, and its scale."""

    title: str
    format: str
    kind: Literal["linear", "log"] = "linear"


def labels(names: Iterable[str]) -> dict[str, str]:
    """A short label for each name, all different."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name in found:
            continue
        label = clip(name, _LABEL)
        number = 2
        while label in taken:
            label = f"{clip(name, _LABEL - 4)} ({number})"
            number += 1
        taken.add(label)
        found[name] = label
    return found


def colors(names: Iterable[str]) -> dict[str, int]:
    """The number of the colour (1 to 8) that each name has on the whole page."""
    return {name: number % 8 + 1 for number, name in enumerate(dict.fromkeys(names))}


def scale_for(values: Iterable[float]) -> Literal["linear", "log"]:
    """Logarithmic when all are above zero and the largest is at least ten times the smallest."""
    found = [value for value in values if value is not None]
    positive = bool(found) and min(found) > 0
    return "log" if positive and max(found) / min(found) >= 10 else "linear"


def plane(points: Sequence[Point], x: Axis, y: Axis, frontier: Sequence[str] = ()) -> Spec:
    """Points with intervals and names, and the frontier (names, cheapest first) as a dashed step line."""
    short = labels(point.name for point in points)
    values = [
        {"name": short[point.name], "x": point.x, "y": point.y, "low": point.low, "high": point.high, "right": _right(point, points, x)}
        for point in points
    ]
    at = {point.name: point for point in points}
    steps = [{"x": at[name].x, "y": at[name].y} for name in frontier if name in at]
    names = list(short.values())
    encoding = {"x": _quantity("x", x), "y": _quantity("y", y), "color": _color(names)}
    tooltip = [
        {"field": "name", "title": "name"},
        {"field": "x", "title": x.title, "format": x.format},
        {"field": "y", "title": y.title, "format": y.format},
    ]
    layers: list[Spec] = [
        {"mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55},
         "encoding": {**encoding, "y": {**encoding["y"], "field": "low"}, "y2": {"field": "high"}}},
        {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
         "encoding": {**encoding, "shape": _shape(names), "tooltip": tooltip}},
        *(_names(side, encoding) for side in (False, True)),
    ]  # fmt: skip
    if len(steps) > 1:
        line = {"type": "line", "interpolate": "step-after", "stroke": _MUTED, "strokeDash": [5, 4]}
        layers.insert(0, {"data": {"values": steps}, "mark": line, "encoding": {axis: encoding[axis] for axis in ("x", "y")}})
    return _spec(values, {"layer": layers, "height": 320})


def _right(point: Point, points: Sequence[Point], x: Axis) -> bool:
    """Whether the point lies so far to the right that its name must stand on its left."""
    def place(value: float) -> float:
        return math.log(value) if x.kind == "log" else value

    low, high = (place(pick(one.x for one in points)) for pick in (min, max))
    return high > low and (place(point.x) - low) / (high - low) > 0.55


def _names(right: bool, encoding: Spec) -> Spec:
    mark = {"type": "text", "align": "right" if right else "left", "dx": -10 if right else 10, "dy": -9}
    wanted = {"filter": {"field": "right", "equal": right}}
    return {"transform": [wanted], "mark": mark, "encoding": {"x": encoding["x"], "y": encoding["y"], "text": {"field": "name"}}}


def heat_map(names: Sequence[str], cells: Mapping[tuple[str, str], tuple[float, str] | None]) -> Spec:
    """Shares of row against column: orange below one half, blue above, the number in each cell."""
    short = labels(names)
    values = []
    for row in names:
        for column in names:
            share, written = cells.get((row, column)) or (None, "·" if row == column else "–")
            far = share is not None and (share > 0.83 or share < 0.08)
            ink = _MUTED if share is None else "#ffffff" if far else "#111111"
            values.append({"row": short[row], "column": short[column], "share": share, "written": written, "ink": ink})
    order = list(short.values())
    axis = {"labelAngle": 0 if len(names) <= 3 else -35, "orient": "top", "title": None, "domain": False, "ticks": False, "labelLimit": 130}
    encoding = {
        "x": {"field": "column", "type": "nominal", "sort": order, "axis": axis},
        "y": {"field": "row", "type": "nominal", "sort": order,
              "axis": {"title": None, "domain": False, "ticks": False, "labelLimit": 150}},
    }  # fmt: skip
    shade = {"domain": [0, 0.5, 1], "range": ["#d55e00", "#f4f4f4", "#0072b2"], "interpolate": "rgb"}
    fill = {"field": "share", "type": "quantitative", "scale": shade, "legend": None}
    tooltip = [{"field": "row", "title": "win rate of"}, {"field": "column", "title": "against"}, {"field": "written", "title": "is"}]
    layers = [
        {"transform": [{"filter": {"field": "share", "valid": True}}], "mark": {"type": "rect", "cornerRadius": 2},
         "encoding": {**encoding, "color": fill, "tooltip": tooltip}},
        {"mark": {"type": "text", "fontSize": 13},
         "encoding": {**encoding, "text": {"field": "written"}, "color": {"field": "ink", "type": "nominal", "scale": None}}},
    ]  # fmt: skip
    return _spec(values, {"layer": layers, "height": max(90, 46 * len(names))})


def curves(series: Mapping[str, Sequence[tuple[float, float]]], x: Axis, y: Axis) -> Spec:
    """One line per name through its points, told apart by colour and dash."""
    short = labels(series)
    values = [{"name": short[name], "x": at, "y": value} for name, points in series.items() for at, value in points]
    names = list(short.values())
    dash = {"field": "name", "type": "nominal", "scale": {"domain": names, "range": _cycle(_DASHES, len(names))}}
    encoding = {
        "x": _quantity("x", x), "y": _quantity("y", y), "color": _color(names, legend=True), "strokeDash": dash,
        "tooltip": [
            {"field": "name", "title": "name"}, {"field": "x", "title": x.title, "format": x.format},
            {"field": "y", "title": y.title, "format": y.format},
        ],
    }  # fmt: skip
    return _spec(values, {"mark": {"type": "line", "strokeWidth": 2.2}, "encoding": encoding, "height": 280})


def bars(rows: Sequence[Bar], axis: Axis, *, zero: bool = True) -> Spec:
    """Bars lying down, grouped by label, one colour per series, each with its figure at the end and its interval."""
    places = labels(row.label for row in rows)
    short = labels(row.series for row in rows)
    values = [
        {"label": places[row.label], "series": short[row.series], "value": row.value, "written": row.written, "low": row.low, "high": row.high}
        for row in rows
    ]  # fmt: skip
    names = list(short.values())
    grouped = len(names) > 1
    place = {
        "field": "label", "type": "nominal", "sort": list(places.values()), "title": None,
        "axis": {"domain": False, "ticks": False, "labelLimit": 150, "labelPadding": 6}, "scale": {"paddingInner": 0.25},
    }  # fmt: skip
    quantity = _quantity("value", axis)
    quantity["scale"] = {"zero": zero, "nice": True}
    encoding: Spec = {"y": place, "x": quantity}
    if grouped:
        encoding["yOffset"] = {"field": "series", "type": "nominal", "sort": names}
    tooltip = [{"field": name, "title": title} for name, title in (("label", "about"), ("series", "of"), ("written", axis.title))]
    layers: list[Spec] = [
        {"mark": {"type": "bar", "cornerRadiusEnd": 2},
         "encoding": {**encoding, "color": _color(names, legend=grouped, field="series"), "tooltip": tooltip}},
        {"mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11}, "encoding": {**encoding, "text": {"field": "written"}}},
    ]  # fmt: skip
    if any(row.low is not None for row in rows):
        ends = {**encoding, "x": {**quantity, "field": "low"}, "x2": {"field": "high"}}
        layers.insert(1, {"mark": {"type": "rule", "strokeWidth": 1.5, "color": _INK}, "encoding": ends})
        layers[-1]["encoding"] = {**encoding, "x": {**quantity, "field": "high"}, "text": {"field": "written"}}
        for value in values:
            value["low"] = value["value"] if value["low"] is None else value["low"]
            value["high"] = value["value"] if value["high"] is None else value["high"]
    step = 20 if grouped else 30
    return _spec(values, {"layer": layers, "height": max(60, len(values) * step + len(places) * 8)}, room=70)


def ranges(rows: Mapping[str, Sequence[tuple[str, float]]], axis: Axis) -> Spec:
    """A line per name from its least to its greatest mark, with each mark (`p50`, `p95` …) as a shape."""
    short = labels(rows)
    marks = list(dict.fromkeys(mark for found in rows.values() for mark, _ in found))
    values = [{"name": short[name], "mark": mark, "value": value} for name, found in rows.items() for mark, value in found]
    place = {
        "field": "name", "type": "nominal", "sort": list(short.values()), "title": None,
        "axis": {"domain": False, "ticks": False, "labelLimit": 150, "labelPadding": 6},
    }  # fmt: skip
    quantity = _quantity("value", axis)
    shape = {"field": "mark", "type": "nominal", "scale": {"domain": marks, "range": _cycle(_SHAPES, len(marks))}}
    tooltip = [{"field": "name"}, {"field": "mark", "title": "quantile"}, {"field": "value", "title": axis.title, "format": axis.format}]
    layers = [
        {"mark": {"type": "line", "color": _MUTED, "strokeWidth": 2},
         "encoding": {"y": place, "x": quantity, "detail": {"field": "name"}}},
        {"mark": {"type": "point", "filled": True, "size": 100, "opacity": 1},
         "encoding": {"y": place, "x": quantity, "shape": shape, "color": _color(marks, legend=True, field="mark"), "tooltip": tooltip}},
    ]  # fmt: skip
    return _spec(values, {"layer": layers, "height": max(80, 40 * len(rows))})


def radar(axes: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Spec:
    """A polygon per name over axes of 0 to 1, the best at the rim; a missing value breaks the line."""
    short, spokes = labels(series), labels(axes)
    angles = [math.tau * number / len(axes) for number in range(len(axes))]
    values = [
        {"name": short[name], "axis": spokes[axes[at % len(axes)]], "order": at, "share": shares[at % len(axes)],
         **_polar(angles[at % len(axes)], shares[at % len(axes)])}
        for name, shares in series.items()
        for at in range(len(axes) + 1)
    ]  # fmt: skip
    rings = [
        {"ring": f"{level}", "order": at, **_polar(angles[at % len(axes)], level)}
        for level in (0.25, 0.5, 0.75, 1.0)
        for at in range(len(axes) + 1)
    ]
    tips = [{"axis": spokes[name], **_polar(angle, 1.16)} for name, angle in zip(axes, angles, strict=True)]
    plain_axis = {"type": "quantitative", "axis": None, "scale": {"domain": [-1.55, 1.55], "nice": False, "zero": False}}
    x, y = {"field": "x", **plain_axis}, {"field": "y", **plain_axis, "scale": {"domain": [-1.3, 1.3], "nice": False, "zero": False}}
    names = list(short.values())
    encoding = {"x": x, "y": y, "order": {"field": "order"}}
    tooltip = [{"field": "name"}, {"field": "axis"}, {"field": "share", "title": "share of the best", "format": ".0%"}]
    dash = {"field": "name", "type": "nominal", "scale": {"domain": names, "range": _cycle(_DASHES, len(names))}}
    layers = [
        {"data": {"values": rings}, "mark": {"type": "line", "color": _LINE, "strokeWidth": 1},
         "encoding": {**encoding, "detail": {"field": "ring"}}},
        {"mark": {"type": "line", "strokeWidth": 2.2},
         "encoding": {**encoding, "color": _color(names, legend=True), "strokeDash": dash}},
        {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
         "encoding": {**encoding, "color": _color(names, legend=True), "tooltip": tooltip}},
        {"data": {"values": tips}, "mark": {"type": "text"}, "encoding": {"x": x, "y": y, "text": {"field": "axis"}}},
    ]  # fmt: skip
    return _spec(values, {"layer": layers, "height": 400})


def _polar(angle: float, share: float | None) -> dict[str, float | None]:
    """The first axis points up, the others follow clockwise."""
    if share is None:
        return {"x": None, "y": None}
    return {"x": round(share * math.sin(angle), 6), "y": round(share * math.cos(angle), 6)}


def _spec(values: Values, body: Spec, *, room: int = 12) -> Spec:
    """A whole specification as wide as its place; `room` is what labels need to the right of the plot, in pixels."""
    padding = {"left": 4, "right": room, "top": 6, "bottom": 4}
    fit = {"type": "fit-x", "contains": "padding"}
    return {"data": {"values": values}, "width": "container", "autosize": fit, "padding": padding, "config": CONFIG, **body}


def _quantity(field: str, axis: Axis) -> Spec:
    scale = {"type": "log", "nice": False, "padding": 24} if axis.kind == "log" else {"zero": False, "nice": True, "padding": 12}
    return {
        "field": field, "type": "quantitative", "title": axis.title, "scale": scale,
        "axis": {"format": axis.format, "tickCount": 6, "labelOverlap": True},
    }  # fmt: skip


def _color(names: Sequence[str], *, legend: bool = False, field: str = "name") -> Spec:
    paint = [f"var(--c{number % 8 + 1})" for number in range(len(names))]
    found: Spec = {"field": field, "type": "nominal", "scale": {"domain": list(names), "range": paint}}
    return found if legend else {**found, "legend": None}


def _shape(names: Sequence[str]) -> Spec:
    return {"field": "name", "type": "nominal", "legend": None, "scale": {"domain": list(names), "range": _cycle(_SHAPES, len(names))}}


def _cycle(choices: Sequence[Any], count: int) -> list[Any]:
    return [choices[number % len(choices)] for number in range(count)]
