"""Windows of the day in UTC: how they are written, and when two of them overlap."""

import re

_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))\Z")
DAY = 24 * 60


def span(text: str) -> tuple[int, int]:
    """`01:00-04:00` as minutes since midnight; `22:00-02:00` goes over midnight, `24:00` ends the day. ValueError otherwise."""
    match = _WINDOW.match(text)
    if match is None:
        raise ValueError(f"`{text}` is no window")
    start = int(match[1]) * 60 + int(match[2])
    end = int(match[3] or match[5]) * 60 + int(match[4] or match[6])
    if start == end:
        raise ValueError(f"`{text}` has no length")
    return start, end
