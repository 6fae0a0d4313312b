"""What every chart is made of: values for points, bars and axes, the look, and the pieces of a Vega-Lite specification.

Specifications hold numbers, names and labels, never code and never a model's text. Field names are ours, so a candidate that is
called `datum.x` or `a[0]` is a value like any other. Colours are variables of the style sheet (Okabe and Ito's palette), so dark
mode and print need no new drawing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from jc.report.table import Table
from jc.sanitise import clip

Spec = dict[str, Any]
Values = list[dict[str, Any]]
INK, MUTED, LINE = "var(--ink)", "var(--muted)", "var(--line)"
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [10, 2], [1, 3], [12, 4, 4, 4])
COLORS = 8
"""How many colours the style sheet has, `--c1` to `--c8`."""
_LABEL = 34
"""Longest label in a chart, in characters; the table beside it has the whole name."""

CONFIG: Spec = {
    "background": "transparent",
    "font": 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": INK, "gridColor": LINE, "domainColor": MUTED, "tickColor": MUTED, "labelFontSize": 12,
        "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 8, "labelLimit": 190,
    },
    "axisYBand": {"labelLimit": 150},
    "legend": {
        "labelColor": INK, "titleColor": INK, "labelFontSize": 12, "labelLimit": 220, "orient": "top", "direction": "horizontal",
        "title": None, "symbolSize": 90,
    },
    "text": {"color": INK, "fontSize": 12},
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
    kind: Literal["linear", "log", "time"] = "linear"
    """With `time` the values are ISO 8601 texts, told in UTC."""
    zero: bool = False
    """Whether the axis must begin at zero."""


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
    return {name: number % COLORS + 1 for number, name in enumerate(dict.fromkeys(names))}


def scale_for(values: Iterable[float]) -> Literal["linear", "log"]:
    """Logarithmic when all are above zero and the largest is at least ten times the smallest."""
    found = list(values)
    positive = bool(found) and min(found) > 0
    return "log" if positive and max(found) / min(found) >= 10 else "linear"


def spec(values: Values, body: Spec, *, room: int = 12, legend: Sequence[str] = ()) -> Spec:
    """A whole specification as wide as its place.

    `room` is what labels need to the right of the plot, in pixels; `legend` are the names in the legend, whose longest decides
    how many stand side by side (`page.js` knows the width).
    """
    padding = {"left": 4, "right": room, "top": 6, "bottom": 4}
    fit = {"type": "fit-x", "contains": "padding"}
    widest = min(220, max((len(name) for name in legend), default=0) * 7) + 40
    frame = {"width": "container", "autosize": fit, "padding": padding, "config": CONFIG, "usermeta": {"legend": widest}}
    return {"data": {"values": values}, **frame, **body}


def quantity(field: str, axis: Axis) -> Spec:
    """A field on a scale of numbers or of time."""
    if axis.kind == "time":
        ticks: Spec = {"labelOverlap": True, "tickCount": 8, "format": axis.format}
        return {"field": field, "type": "temporal", "title": axis.title, "scale": {"type": "utc"}, "axis": ticks}
    scale: Spec = {"zero": axis.zero, "nice": True, **({} if axis.zero else {"padding": 12})}
    if axis.kind == "log":
        scale = {"type": "log", "nice": False, "padding": 24}
        form = axis.format
    else:
        # `r` counts significant digits by the longest tick, one too few where 0.12 - 0.02 is a little below 0.1; `f` goes by the
        # step, and all ticks have the same digits.
        form = f"{axis.format.removesuffix('~r')}f" if axis.format.endswith("~r") else axis.format
    ticks = {"format": form, "tickCount": 6, "labelOverlap": True}
    return {"field": field, "type": "quantitative", "title": axis.title, "scale": scale, "axis": ticks}


def rows_of(field: str, order: Sequence[str], *, gap: float = 0.25) -> Spec:
    """A field as the names of rows, in the order given; `gap` between bands is a share of their step."""
    look = {"domain": False, "ticks": False, "labelPadding": 8}
    return {
        "field": field,
        "type": "nominal",
        "sort": list(order),
        "title": None,
        "axis": look,
        "scale": {"type": "band", "paddingInner": gap},
    }


def told(field: str, axis: Axis) -> Spec:
    """A field as a line of the tooltip."""
    kind = "temporal" if axis.kind == "time" else "quantitative"
    return {"field": field, "type": kind, "title": axis.title, "format": axis.format}


def color(names: Sequence[str], *, legend: bool = False, field: str = "name") -> Spec:
    """One colour per name, as everywhere on the page."""
    found = _ranged(field, names, [f"var(--c{number + 1})" for number in range(COLORS)])
    return found if legend else {**found, "legend": None}


def shape(names: Sequence[str], *, legend: bool = False, field: str = "name") -> Spec:
    """One shape per name."""
    found = _ranged(field, names, SHAPES)
    return found if legend else {**found, "legend": None}


def dash(names: Sequence[str]) -> Spec:
    """One kind of dashes per name."""
    return _ranged("name", names, DASHES)


def _ranged(field: str, names: Sequence[str], choices: Sequence[Any]) -> Spec:
    chosen = [choices[number % len(choices)] for number in range(len(names))]
    return {"field": field, "type": "nominal", "scale": {"domain": list(names), "range": chosen}}
