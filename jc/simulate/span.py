"""The time that a cube's rows lie in, and how many such spans make a month."""

from fractions import Fraction

from jc.traffic.cube import Cube

MONTH_US = 30 * 86_400_000_000
_LEAST_SPAN_US = 3_600_000_000


def span_of(cube: Cube) -> tuple[int | None, int | None]:
    """The first and last moment of a cube's rows (µs since 1970), None when they have none."""
    last = int(cube.groups["last_us"].max())
    return (int(cube.groups["first_us"].min()), last) if last > 0 else (None, None)


def spans_a_month(cube: Cube) -> Fraction:
    """How often the span of the rows goes into 30 days; 1 where they have no times or lie within an hour: they are a month."""
    first, last = span_of(cube)
    if first is None or last is None or last - first < _LEAST_SPAN_US:
        return Fraction(1)
    return Fraction(MONTH_US, last - first)
