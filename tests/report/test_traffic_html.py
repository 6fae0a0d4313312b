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
    """Requests, tokens and the span stand in one sentence; one day is told once, relative times not at all."""
    found = sample_profile()

    assert traffic_conclusion(found) == "48,212 requests, 31.4 M input and 9.8 M output tokens, 2026-10-01 to 2026-10-31"
    found["span"]["last"] = "2026-10-01T23:00:00Z"
    assert traffic_conclusion(found).endswith("tokens, 2026-10-01")
    found["span"]["relative"] = True
    assert traffic_conclusion(found).endswith("output tokens")


def test_every_part_of_a_profile_has_its_section() -> None:
    """Traits, sizes, groups, hours, sessions, latency and rows, with the notes on top; one unnamed key is no group."""
    text = page_of(sample_profile())

    assert headings(text) == [
        "What the requests are", "Sizes", "By class", "By model", "Over the day", "Sessions", "Latency", "Rows",
        "How to reproduce",
    ]  # fmt: skip
    assert "traffic.jsonl: 15 models, 9 keys, 9,211 sessions, 25.0% of the input tokens came from a cache." in text
    assert '<p class="note">classes are assumed from --mix</p>' in text
    assert "48,212 of 48,324 rows were used, 112 rejected." in text
    assert "<li>negative: 100</li>" in text
    assert "12.9 M tokens (41.0% of their input) are context that the request before had sent already" in text


def test_groups_have_their_share_and_their_tokens() -> None:
    """A row says how many requests, what share, and how much of the input was cached."""
    text = page_of(sample_profile())

    assert (
        '<td class="left name">extract</td><td class="right">18,204</td><td class="right">37.8%</td><td class="right">11.8 M</td>'
        '<td class="right">20.0%</td><td class="right">3.7 M</td>'
    ) in text
    assert "The 12 with most requests of 15; tokens and shares are in the table." in text
    assert '<td class="left name">lab-12/model-12</td><td class="right">12,000</td><td class="right">24.9%</td>' in text


def test_a_quantile_of_zero_is_in_the_table_and_not_on_a_logarithmic_axis() -> None:
    """A logarithm has no zero, and zero is not left out of the figures."""
    text = traffic_page(sample_profile(), {})
    row = re.search(r"cached input tokens, where any</td>(.*?)</tr>", text)

    assert row is not None
    assert '<td class="right">0</td><td class="right">800</td>' in row[1]
    assert '"name":"cached input tokens, where any","mark":"p50"' not in text
    assert '"name":"cached input tokens, where any","mark":"p90"' in text


def test_latencies_are_told_in_seconds() -> None:
    """The log has milliseconds; a latency that it does not have has no row."""
    text = page_of(sample_profile())

    assert '<td class="left name">latency</td><td class="right">48,212</td><td class="right">1.83 s</td>' in text
    assert "time to first token" not in text


def test_a_bare_log_has_a_bare_page() -> None:
    """What is not known has no section."""
    found = sample_profile()
    found.update(classes=[], models=[], hours=[{"hour": 3, "requests": 1}], sessions=None, latency_ms=None, distinct={}, notes=[])
    found["shares"] = dict.fromkeys(found["shares"])
    found["tokens"] = dict.fromkeys(found["tokens"])
    found["rows"].update(total=3, used=3, rejected=0, by_reason={})
    text = page_of(found)

    assert headings(text) == ["Rows", "How to reproduce"]
    assert "3 of 3 rows were used, none rejected." in text
