"""The charts of the reports as Vega-Lite specifications: plain data out of plain data (the pieces are in `chart_parts`)."""

import math
from collections.abc import Mapping, Sequence

from jc.report.chart_parts import (
    INK,
    LINE,
    MUTED,
    Axis,
    Bar,
    Point,
    Spec,
    color,
    dash,
    labels,
    quantity,
    rows_of,
    shape,
    spec,
    told,
)


def plane(points: Sequence[Point], x: Axis, y: Axis, frontier: Sequence[str] = ()) -> Spec:
    """Points with intervals and names, and the frontier (names, cheapest first) as a dashed step line."""
    short = labels(point.name for point in points)
    right = {point.name: _stands_right(point, points, x) for point in points}
    values = [{**point._asdict(), "name": short[point.name], "right": right[point.name]} for point in points]
    names = list(short.values())
    encoding = {"x": quantity("x", x), "y": quantity("y", y), "color": color(names)}
    tooltip = [{"field": "name", "title": "name"}, told("x", x), told("y", y)]
    layers: list[Spec] = [
        {"mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.55},
         "encoding": {**encoding, "y": {**encoding["y"], "field": "low"}, "y2": {"field": "high"}}},
        {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
         "encoding": {**encoding, "shape": shape(names), "tooltip": tooltip}},
        *(_names(side, encoding) for side in sorted(set(right.values()))),
    ]  # fmt: skip
    at = {point.name: point for point in points}
    steps = [{"x": at[name].x, "y": at[name].y} for name in frontier if name in at]
    if len(steps) > 1:
        line = {"type": "line", "interpolate": "step-after", "stroke": MUTED, "strokeDash": [5, 4]}
        layers.insert(0, {"data": {"values": steps}, "mark": line, "encoding": {axis: encoding[axis] for axis in ("x", "y")}})
    return spec(values, {"layer": layers, "height": 320})


def _stands_right(point: Point, points: Sequence[Point], x: Axis) -> bool:
    """Whether the point lies so far to the right that its name must stand on its left."""

    def place(value: float) -> float:
        return math.log(value) if x.kind == "log" else value

    low, high = (place(pick(one.x for one in points)) for pick in (min, max))
    return high > low and (place(point.x) - low) / (high - low) > 0.55


def _names(right: bool, encoding: Spec) -> Spec:
    mark = {"type": "text", "align": "right" if right else "left", "dx": -10 if right else 10, "dy": -9,
            "limit": {"expr": "max(60, width * 0.5)"}}  # fmt: skip
    wanted = {"filter": {"field": "right", "equal": right}}
    return {"transform": [wanted], "mark": mark, "encoding": {"x": encoding["x"], "y": encoding["y"], "text": {"field": "name"}}}


_BELOW, _EVEN, _ABOVE = (0xD5, 0x5E, 0x00), (0xF4, 0xF4, 0xF4), (0x00, 0x72, 0xB2)


def heat_map(names: Sequence[str], cells: Mapping[tuple[str, str], tuple[float, str] | None]) -> Spec:
    """Shares of row against column: orange below one half, blue above, the number in each cell."""
    short = labels(names)
    values = []
    for row in names:
        for column in names:
            share, written = cells.get((row, column)) or (None, "·" if row == column else "–")
            ink = MUTED if share is None else _ink_on(share)
            values.append({"row": short[row], "column": short[column], "share": share, "written": written, "ink": ink})
    order = list(short.values())
    across = rows_of("column", order, gap=0.02)
    across["axis"] = {**across["axis"], "orient": "top", "labelAngle": 0 if len(names) <= 3 else -35, "labelLimit": 130}
    encoding = {"x": across, "y": rows_of("row", order, gap=0.04)}
    shade = {"domain": [0, 0.5, 1], "range": [_hex(_BELOW), _hex(_EVEN), _hex(_ABOVE)], "interpolate": "rgb"}
    fill = {"field": "share", "type": "quantitative", "scale": shade, "legend": None}
    titles = {"row": "win rate of", "column": "against", "written": "is"}
    tooltip = [{"field": field, "title": title} for field, title in titles.items()]
    layers = [
        {"transform": [{"filter": {"field": "share", "valid": True}}], "mark": {"type": "rect", "cornerRadius": 2},
         "encoding": {**encoding, "color": fill, "tooltip": tooltip}},
        {"mark": {"type": "text", "fontSize": 13},
         "encoding": {**encoding, "text": {"field": "written"}, "color": {"field": "ink", "type": "nominal", "scale": None}}},
    ]  # fmt: skip
    body = {"layer": layers, "resolve": {"scale": {"color": "independent"}}, "height": max(90, 46 * len(names))}
    return spec(values, body)


def _hex(channels: tuple[int, int, int]) -> str:
    return "#" + "".join(f"{value:02x}" for value in channels)


def _ink_on(share: float) -> str:
    """Black or white, whichever stands out more on the colour of that share (relative luminance after WCAG 2.2)."""
    end, way = (_ABOVE if share >= 0.5 else _BELOW), abs(share - 0.5) * 2
    channels = [(even + (far - even) * way) / 255 for even, far in zip(_EVEN, end, strict=True)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#111111" if luminance > 0.18 else "#ffffff"


def curves(series: Mapping[str, Sequence[tuple[float | str, float]]], x: Axis, y: Axis) -> Spec:
    """One line per name through its points, told apart by colour and dash."""
    short = labels(series)
    values = [{"name": short[name], "x": at, "y": value} for name, points in series.items() for at, value in points]
    names = list(short.values())
    tooltip = [{"field": "name", "title": "name"}, told("x", x), told("y", y)]
    encoding = {
        "x": quantity("x", x), "y": quantity("y", y), "color": color(names, legend=True), "strokeDash": dash(names),
        "tooltip": tooltip,
    }  # fmt: skip
    return spec(values, {"mark": {"type": "line", "strokeWidth": 2.2}, "encoding": encoding, "height": 280}, legend=names)


def bars(rows: Sequence[Bar], axis: Axis, series: Sequence[str] = ()) -> Spec:
    """Bars lying down, grouped by label, one colour per series, each with its figure at the end and its interval.

    Where label and series are the same each bar stands alone in its own colour. `series` fixes the order of the colours, so that
    a series has the same one in every chart of a page.
    """
    places = labels(row.label for row in rows)
    short = labels((*series, *(row.series for row in rows)))
    intervals = any(row.low is not None for row in rows)
    values = [
        {
            "label": places[row.label], "series": short[row.series], "value": row.value, "written": row.written,
            "low": row.value if row.low is None else row.low, "high": row.value if row.high is None else row.high,
        }
        for row in rows
    ]  # fmt: skip
    names = list(short.values())
    own = all(row.label == row.series for row in rows)
    grouped = len(names) > 1 and not own
    length = {**quantity("value", axis), "scale": {"zero": True, "nice": True}}
    encoding: Spec = {"y": rows_of("label", list(places.values())), "x": length}
    if grouped:
        encoding["yOffset"] = {"field": "series", "type": "nominal", "sort": names}
    titles = {"label": "about", **({"series": "of"} if grouped else {}), "written": axis.title}
    tooltip = [{"field": field, "title": title} for field, title in titles.items()]
    end = {**encoding, "x": {**length, "field": "high" if intervals else "value"}, "text": {"field": "written"}}
    layers: list[Spec] = [
        {"mark": {"type": "bar", "cornerRadiusEnd": 2},
         "encoding": {**encoding, "color": color(names, legend=grouped, field="series"), "tooltip": tooltip}},
        {"mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11}, "encoding": end},
    ]  # fmt: skip
    if intervals:
        ends = {**encoding, "x": {**length, "field": "low"}, "x2": {"field": "high"}}
        layers.insert(1, {"mark": {"type": "rule", "strokeWidth": 1.5, "color": INK}, "encoding": ends})
    slots = len(places) * (len(names) if grouped else 1)
    return spec(
        values, {"layer": layers, "height": max(60, slots * (15 if grouped else 30) + len(places) * 10)}, room=70, legend=names
    )


def ranges(rows: Mapping[str, Sequence[tuple[str, float]]], axis: Axis) -> Spec:
    """A line per name from its least to its greatest mark, with each mark (`p50`, `p95` …) as a shape."""
    short = labels(rows)
    marks = list(dict.fromkeys(mark for found in rows.values() for mark, _ in found))
    values = [{"name": short[name], "mark": mark, "value": value} for name, found in rows.items() for mark, value in found]
    place, length = rows_of("name", list(short.values())), quantity("value", axis)
    tooltip = [{"field": "name"}, {"field": "mark", "title": "quantile"}, told("value", axis)]
    point = {"y": place, "x": length, "shape": shape(marks, legend=True, field="mark"), "tooltip": tooltip}
    layers = [
        {"mark": {"type": "line", "color": MUTED, "strokeWidth": 2},
         "encoding": {"y": place, "x": length, "detail": {"field": "name"}}},
        {"mark": {"type": "point", "filled": True, "size": 100, "opacity": 1},
         "encoding": {**point, "color": color(marks, legend=True, field="mark")}},
    ]  # fmt: skip
    return spec(values, {"layer": layers, "height": max(80, 40 * len(rows))}, legend=marks)


def radar(axes: Sequence[str], series: Mapping[str, Sequence[float]]) -> Spec:
    """A polygon per name over axes from 0 in the middle to 1 at the rim, the first axis pointing up."""
    short, spokes = labels(series), labels(axes)
    turns = [number % len(axes) for number in range(len(axes) + 1)]
    values = [
        {
            "name": short[name],
            "axis": spokes[axes[turn]],
            "order": at,
            "share": shares[turn],
            **_on(turn, len(axes), shares[turn]),
        }
        for name, shares in series.items()
        for at, turn in enumerate(turns)
    ]
    levels = (0.25, 0.5, 0.75, 1.0)
    rings = [
        {"ring": str(level), "order": at, **_on(turn, len(axes), level)} for level in levels for at, turn in enumerate(turns)
    ]
    tips = [{"axis": spokes[name], **_on(turn, len(axes), 1.16)} for turn, name in enumerate(axes)]
    x, y = (
        {"field": field, "type": "quantitative", "axis": None, "scale": {"domain": [-edge, edge], "nice": False, "zero": False}}
        for field, edge in (("x", 1.55), ("y", 1.3))
    )
    names = list(short.values())
    encoding = {"x": x, "y": y, "order": {"field": "order"}}
    tooltip = [{"field": "name"}, {"field": "axis"}, {"field": "share", "title": "share of the best", "format": ".0%"}]
    layers = [
        {"data": {"values": rings}, "mark": {"type": "line", "color": LINE, "strokeWidth": 1},
         "encoding": {**encoding, "detail": {"field": "ring"}}},
        {"mark": {"type": "line", "strokeWidth": 2.2},
         "encoding": {**encoding, "color": color(names, legend=True), "strokeDash": dash(names)}},
        {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
         "encoding": {**encoding, "color": color(names, legend=True), "tooltip": tooltip}},
        {"data": {"values": tips}, "mark": {"type": "text"}, "encoding": {"x": x, "y": y, "text": {"field": "axis"}}},
    ]  # fmt: skip
    return spec(values, {"layer": layers, "height": 400}, legend=names)


def _on(turn: int, axes: int, share: float) -> dict[str, float]:
    """Where a share lies on an axis, clockwise from the one that points up."""
    angle = math.tau * turn / axes
    return {"x": round(share * math.sin(angle), 6), "y": round(share * math.cos(angle), 6)}
