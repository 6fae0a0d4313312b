"""Charts are data: names are values, labels are unique, colours can be read."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jc.report.chart_parts import CONFIG, Axis, Bar, Point, colors, labels, quantity, scale_for, told
from jc.report.charts import bars, curves, heat_map, plane, radar, ranges

EVIL = ["datum.x", "a[0]", "{'signal': 'x'}", "</script>", "b" * 300, "b" * 299 + "c"]
X, Y = Axis("USD", "$,~r"), Axis("score", ".0%")


def every_chart() -> dict[str, dict[str, object]]:
    """One of each kind, with awkward names."""
    return {
        "plane": plane([Point(name, at + 1.0, 0.5, 0.4, 0.6) for at, name in enumerate(EVIL)], X, Y, EVIL[:3]),
        "heat_map": heat_map(EVIL, {(EVIL[0], EVIL[1]): (0.7, "70%"), (EVIL[1], EVIL[0]): (0.3, "30%")}),
        "curves": curves({name: [(0.1, 0.0), (0.2, 1.0)] for name in EVIL}, X, Y),
        "bars": bars([Bar(name, other, 1.0, "1") for name in EVIL for other in EVIL], X),
        "ranges": ranges({name: [("p50", 1.0), ("p99", 2.0)] for name in EVIL}, X),
        "radar": radar(EVIL, {name: [1.0] * len(EVIL) for name in EVIL}),
    }


@pytest.mark.parametrize("kind", ["plane", "heat_map", "curves", "bars", "ranges", "radar"])
def test_a_specification_is_plain_data_that_fits_its_place(kind: str) -> None:
    """Each is JSON, as wide as its container, with transparent ground, and loads nothing by address."""
    spec = every_chart()[kind]
    text = json.dumps(spec, allow_nan=False)

    assert spec["width"] == "container"
    assert spec["config"] is CONFIG
    assert '"url"' not in text
    assert '"href"' not in text


@pytest.mark.parametrize("kind", ["plane", "heat_map", "curves", "bars", "ranges", "radar"])
def test_a_name_is_never_a_key_or_an_expression(kind: str) -> None:
    """Names stand as values and in the domains of scales; the one expression has nothing of theirs in it."""
    found: list[tuple[str, object]] = []
    collect(every_chart()[kind], found)

    assert not [key for key, _ in found if any(name[:20] in key for name in EVIL)]
    assert {value for key, value in found if key == "expr"} <= {"max(60, width * 0.5)"}
    assert not [key for key, _ in found if key in {"signal", "calculate", "test"}]


def collect(value: object, found: list[tuple[str, object]]) -> None:
    """All keys with their values, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            found.append((key, inner))
            collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            collect(inner, found)


@settings(deadline=None)
@given(st.lists(st.text(max_size=60)))
def test_labels_are_short_and_all_different(names: list[str]) -> None:
    """Two names never share a label, however long they are and however alike they begin."""
    found = labels(names)

    assert set(found) == set(names)
    assert len(set(found.values())) == len(found)


def test_long_names_that_begin_alike_keep_apart() -> None:
    """The second gets a number."""
    assert list(labels(EVIL[4:]).values()) == ["b" * 33 + "…", "b" * 29 + "… (2)"]


def test_a_name_has_one_colour_on_the_whole_page() -> None:
    """Colours go by the first place; the ninth begins again."""
    assert colors("abcdefghia") == {name: at % 8 + 1 for at, name in enumerate("abcdefghi")}


def test_a_scale_is_logarithmic_only_above_zero_and_over_a_decade() -> None:
    """A free model or a narrow range keeps the plain scale."""
    assert scale_for([0.1, 1.0]) == "log"
    assert scale_for([0.0, 1.0]) == "linear"
    assert scale_for([0.2, 1.0]) == "linear"
    assert scale_for([]) == "linear"


@settings(deadline=None)
@given(st.floats(0, 1))
def test_the_number_in_a_heat_map_cell_can_be_read(share: float) -> None:
    """Its contrast with the colour of the cell is at least 4 to 1 at every share."""
    spec = heat_map(["a", "b"], {("a", "b"): (share, "x")})
    row = next(row for row in spec["data"]["values"] if row["share"] is not None)
    low, even, high = ((0xD5, 0x5E, 0x00), (0xF4, 0xF4, 0xF4), (0x00, 0x72, 0xB2))
    end, way = (high if share >= 0.5 else low), abs(share - 0.5) * 2
    ground = luminance([a + (b - a) * way for a, b in zip(even, end, strict=True)])
    ink = luminance([int(row["ink"][at : at + 2], 16) for at in (1, 3, 5)])

    assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 4


def luminance(channels: list[float]) -> float:
    """Relative luminance after WCAG 2.2."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_radar_closes_and_points_up() -> None:
    """The last corner is the first again, and the first axis stands above the middle."""
    rows = radar(["n", "e", "s", "w"], {"a": [1.0, 0.5, 1.0, 0.5]})["data"]["values"]

    assert (rows[0]["x"], rows[0]["y"]) == (rows[4]["x"], rows[4]["y"]) == (0.0, 1.0)
    assert (rows[1]["x"], rows[1]["y"]) == (0.5, 0.0)


def test_bars_with_intervals_end_their_lines_at_the_interval() -> None:
    """A bar without an interval among others with one gets a line of no length."""
    values = bars([Bar("a", "a", 2.0, "2", 1.5, 2.5), Bar("b", "b", 1.0, "1")], X)["data"]["values"]

    assert [(row["low"], row["high"]) for row in values] == [(1.5, 2.5), (1.0, 1.0)]


def test_names_on_the_right_of_a_plane_stand_on_the_left_of_their_point() -> None:
    """So that no name leaves the chart."""
    values = plane([Point("left", 1.0, 0.1), Point("right", 9.0, 0.9)], X, Y)["data"]["values"]

    assert [row["right"] for row in values] == [False, True]


@pytest.mark.parametrize(("written", "ticks"), [("$,~r", "$,f"), ("~r", "f"), (".0%", ".0%")])
def test_ticks_of_an_even_scale_have_the_digits_of_their_step(written: str, ticks: str) -> None:
    """$0.08, $0.10, $0.12, and not $0.08, $0.1, $0.1; powers of ten and what a mark tells when asked stay short."""
    assert quantity("x", Axis("USD", written))["axis"]["format"] == ticks
    assert quantity("x", Axis("USD", written, "log"))["axis"]["format"] == written
    assert told("x", Axis("USD", written))["format"] == written
