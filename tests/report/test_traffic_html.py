"""The page of a traffic profile: requests, sizes, groups, hours, sessions, rejected rows."""

import re
from typing import Any

from jc.report.traffic_html import traffic_conclusion, traffic_page
from tests.fakes.profile import sample_profile


def page_of(payload: dict[str, Any]) -> str:
    """The page without its scripts and styles."""
    text = traffic_page(payload, {"command": "jc traffic profile log.jsonl"})
    return re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)


def headings(text: str) -> list[str]:
    """The sections in order."""
    return re.findall(r"<h2>(.*?)</h2>", text)


def test_the_heading_says_how_much_and_when() -> None:
    """Requests, tokens and the span stand in one sentence; one day is told once."""
    found = sample_profile()

    assert traffic_conclusion(found) == "48,212 requests, 31.4 M input and 9.8 M output tokens, 2026-10-01 to 2026-10-31"
    found["span"]["last"] = "2026-10-01T23:00:00Z"
    assert traffic_conclusion(found).endswith("tokens, 2026-10-01")
    assert traffic_conclusion({"rows": {"used": 3}}) == "3 requests"


def test_every_part_of_a_profile_has_its_section() -> None:
    """Traits, sizes, groups, times, sessions and rows, with the notes on top."""
    text = page_of(sample_profile())

    assert headings(text) == [
        "What the requests are", "Sizes", "By class", "By model", "Over the hours", "Over the days", "Sessions", "Rows",
        "How to reproduce",
    ]  # fmt: skip
    assert "Cost $4,218.40; 25.0% of the input tokens came from a cache." in text
    assert "Classes are assumed: the log has neither classes nor prompts." in text
    assert "48,212 of 48,324 rows were used, 112 rejected." in text
    assert "<li>negative tokens: 100</li>" in text


def test_groups_are_ranked_and_have_their_share() -> None:
    """The class with most requests comes first; beyond a number the table has the others."""
    text = page_of(sample_profile())
    rows = re.findall(r'<td class="left name">([a-z]+)</td><td class="right">[\d,]+</td><td class="right">([\d.]+%)</td>', text)

    assert rows[:4] == [("extract", "37.8%"), ("chat", "33.5%"), ("summarise", "20.5%"), ("reason", "8.3%")]
    assert "The 15 largest of 19 are drawn." in text


def test_a_quantile_of_zero_is_in_the_table_and_not_on_a_logarithmic_axis() -> None:
    """A logarithm has no zero, and zero is not left out of the figures."""
    text = traffic_page(sample_profile(), {})
    row = re.search(r"Cached input tokens</td>(.*?)</tr>", text)

    assert row is not None
    assert '<td class="right">0</td><td class="right">800</td>' in row[1]
    assert '"name":"Cached input tokens","mark":"p50"' not in text
    assert '"name":"Cached input tokens","mark":"p90"' in text


def test_a_bare_profile_has_a_bare_page() -> None:
    """What is not known has no section."""
    text = page_of({"rows": {"total": 3, "used": 3, "rejected": 0}, "shares": {"tools": None}, "by": {"class": []}})

    assert headings(text) == ["Rows", "How to reproduce"]
    assert "3 of 3 rows were used, none rejected." in text


def test_figures_of_sessions_are_told_by_their_kind() -> None:
    """Shares as percent, counts as counts, means with two decimals, words as they are."""
    text = page_of({"sessions": {"sessions": 9_211, "mean_requests": 5.234, "resent_share": 0.41, "longest": "s-17"}})

    assert re.findall(r'<td class="right">([^<]+)</td>', text) == ["9,211", "5.23", "41.0%", "s-17"]
