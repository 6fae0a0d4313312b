"""What control items and frozen pairs say about the judges, as lines for the terminal, Markdown and the page."""

from collections.abc import Mapping
from typing import Any

from jc.report.numbers import UNKNOWN, percent

Summary = Mapping[str, Any]
_MOST_NAMED = 8


def control_lines(summary: Summary) -> list[str]:
    """The false-accept rate with its interval, and by judge when there are several; what fooled them; the mark above 5 %."""
    found = summary.get("controls")
    if not found:
        return []
    lines = [f"False accepts: {_rate(found)}."]
    if len(found["by_judge"]) > 1:
        lines += [f"False accepts by {card['judge']}: {_rate(card)}." for card in found["by_judge"]]
    if found["fooled_by"]:
        more = len(found["fooled_by"]) - _MOST_NAMED
        lines.append(f"Fooled by: {', '.join(found['fooled_by'][:_MOST_NAMED])}{f' and {more} more' if more > 0 else ''}.")
    if found["unread"]:
        lines.append(f"{found['unread']:,} of {found['items']:,} control items could not be read.")
    if found["unreliable"]:
        lines.append(unreliable_line(summary))
    return lines


def unreliable_line(summary: Summary) -> str:
    """Why the ranking is not to be relied on; empty when nothing says so."""
    found = summary.get("controls")
    if not found or not found["unreliable"]:
        return ""
    rate, limit = percent(found["false_accept"]["value"]), f"{found['limit'] * 100:g}%"
    return f"UNRELIABLE: {rate} of the known-bad answers were accepted, more than {limit}; do not trust the ranking."


def sentinel_lines(summary: Summary) -> list[str]:
    """How each judge did on the frozen pairs."""
    found = summary.get("sentinel")
    if not found:
        return []
    return [
        f"Frozen pairs: {card['judge']} is right on {card['right']:,} of {card['read']:,}{_interval(card['accuracy'])}."
        for card in found["by_judge"]
    ]


def _rate(card: Mapping[str, Any]) -> str:
    mean = card["false_accept"]
    if mean is None:
        return f"{UNKNOWN} (no control item could be read)"
    return f"{percent(mean['value'])} ({card['accepted']:,} of {card['read']:,} known-bad answers{_interval(mean, '; ')})"


def _interval(mean: Mapping[str, Any] | None, before: str = ", ") -> str:
    if mean is None or mean["low"] is None:
        return ""
    return f"{before}95% interval {mean['low'] * 100:.1f} – {mean['high'] * 100:.1f}"
