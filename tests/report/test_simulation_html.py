"""The page of a simulation: cost, quality and latency of each table, and what was assumed."""

import re
from typing import Any

from jc.report.simulation_html import signed_share, simulation_page
from jc.report.simulation_parts import MAX_GROUPS, Group, groups_of, sorted_times
from tests.fakes.simulation import sample_simulation


def page_of(payload: dict[str, Any]) -> str:
    """The page without its scripts and styles."""
    text = simulation_page(payload, {"command": "jc simulate traffic.jsonl"})
    return re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)


def headings(text: str) -> list[str]:
    """The sections in order."""
    return re.findall(r"<h2>(.*?)</h2>", text)


def test_the_page_tells_cost_quality_latency_days_and_assumptions() -> None:
    """Every part of the payload has its section, after the conclusion."""
    text = page_of(sample_simulation())

    assert "<h1>cheapest.yaml costs $1,904.77 instead of $4,218.40 (−54.8%)" in text
    assert headings(text) == [
        "Cost", "By class", "Quality against cost", "Latency", "Prompt cache", "Over the days",
        "Which models answer", "What is assumed, and what was left out", "How to reproduce",
    ]  # fmt: skip
    assert "traffic.jsonl: 48,212 requests replayed, 2026-10-01 to 2026-10-31; 112 of 48,324 rows rejected." in text


def test_the_first_table_is_what_the_others_are_compared_with() -> None:
    """It has no change, and savings are told against it."""
    text = page_of(sample_simulation())

    assert '<td class="right">–</td>' in text
    assert '<td class="right">−36.7%</td>' in text
    assert "Saved by routes.yaml" in text
    assert '<td class="right">$991.66</td>' in text
    assert "What is saved is told against as logged." in text


def test_an_assumption_of_all_tables_stands_once_and_others_name_theirs() -> None:
    """What only one table assumes names that table."""
    text = page_of(sample_simulation())

    assert text.count("9 of 12 models use their tier&#39;s median speed") == 1
    assert "quality of routes.yaml from 2 runs (routes.yaml)" in text
    assert "112 rows were rejected, by reason" in text


def test_what_is_missing_is_left_out_and_never_zero() -> None:
    """Without qualities, latencies and groups there are no charts of them, and an unknown cost is a dash."""
    found = sample_simulation()
    found["by"] = {}
    found["rows"]["by_reason"] = {}
    for table in found["tables"]:
        table.update(dict.fromkeys(("quality", "p50_s", "p90_s", "p95_s", "p99_s", "energy_j", "cache_blind_usd", "over_slo")))
        table.update(assumptions=[], models=[])
    found["tables"][1]["cost_usd"] = None
    text = page_of(found)

    assert headings(text) == ["Cost", "What is assumed, and what was left out", "How to reproduce"]
    assert (
        '<td class="left name"><span class="swatch c2" aria-hidden="true"></span>routes.yaml</td><td class="right">–</td>' in text
    )
    assert "nothing else was assumed" in text
    assert "$0.00" not in text


def test_only_the_most_costly_groups_are_drawn_and_the_table_has_the_others() -> None:
    """Of forty models fifteen are drawn, and the caption says so."""
    found = sample_simulation()
    found["baseline"] = None
    found["by"] = {"model": {f"m{at:02}": {"as logged": {"requests": at, "cost_usd": str(at)}} for at in range(1, 41)}}
    text = page_of(found)

    assert f"The {MAX_GROUPS} most costly of 40 are drawn." in text
    assert text.index("m40") < text.index("m39")
    assert '<td class="left name">m01</td>' in text


def test_groups_are_read_as_rows_and_as_mappings() -> None:
    """A list of rows and value → table → figures say the same."""
    rows = [{"class": "chat", "table": "a", "cost_usd": "1"}]
    assert list(groups_of("class", rows)) == [Group("chat", "a", rows[0])]
    assert list(groups_of("class", {"chat": {"a": {"cost_usd": "1"}}})) == [Group("chat", "a", {"cost_usd": "1"})]
    assert list(groups_of("class", None)) == []


def test_hours_of_the_day_are_in_order_of_number() -> None:
    """Hour 10 comes after hour 9."""
    found = sample_simulation()
    found["by"] = {"hour": [{"hour": hour, "table": "as logged", "cost_usd": "1"} for hour in (10, 9, 0)]}
    text = page_of(found)

    assert "Over the hours" in headings(text)
    assert re.findall(r'<td class="left name">(\d+)</td>', text) == ["0", "9", "10"]


def test_changes_carry_their_sign() -> None:
    """A real minus, a plus, and a dash for the unknown."""
    assert [signed_share(share) for share in (-0.1, 0.05, None)] == ["−10.0%", "+5.0%", "–"]


def test_intervals_gaps_and_shares_are_told_beside_the_figures() -> None:
    """A change has its interval, a partial figure says of what, kept requests are a share, an unpriced model is named."""
    found = sample_simulation()
    found["tables"][1].update(unpriced={"lab/x": "no output price"}, unpriced_tokens=0.031)
    text = page_of(found)

    assert "<li>routes.yaml: −36.7%, 95% interval −40.7% to −31.7%</li>" in text
    assert '<td class="right">86.2% (of 80%)</td>' in text
    assert '<td class="right">3.1%</td>' in text
    assert "<li>routes.yaml leaves out 3.1% of the tokens, as no price is known for lab/x</li>" in text
    assert '<th scope="col" class="right">Over SLO</th>' in text
    assert "Rejected</th>" not in text
    assert '<th scope="col" class="right">Requests</th><th scope="col" class="right">Cost</th>' not in text


def test_requests_and_rejections_are_told_where_they_differ() -> None:
    """A table that turns requests away says how many, and how many are left."""
    found = sample_simulation()
    found["tables"][1].update(requests=48_000, rejected=212)
    text = page_of(found)

    assert '<th scope="col" class="right">Requests</th><th scope="col" class="right">Cost</th>' in text
    assert '<td class="right">212</td>' in text


def test_the_cache_blind_bill_stands_beside_the_true_one() -> None:
    """Both are drawn, with the share of cached tokens that a table loses."""
    text = page_of(sample_simulation())

    assert '>routes.yaml</td><td class="right">$2,671.12</td><td class="right">$5,075.13</td><td class="right">10.3%</td>' in text


def test_any_table_can_be_the_baseline() -> None:
    """The named baseline has no change, wherever it stands, and savings are told against it."""
    found = sample_simulation()
    found["baseline"] = "routes.yaml"
    text = page_of(found)

    assert "<h1>cheapest.yaml costs $1,904.77 instead of $2,671.12" in text
    assert "Saved by as logged" in text
    assert "What is saved is told against routes.yaml." in text


def test_tables_that_were_passed_over_notes_and_warnings_are_told() -> None:
    """Nothing that a reader must know stays in the payload."""
    found = sample_simulation()
    found.update(passed_over={"shipped.yaml": "no price for x"}, notes=["quality from 2 runs"], warnings=["clocks differ"])
    text = page_of(found)

    assert "<li>shipped.yaml was passed over: no price for x</li>" in text
    assert "<li>quality from 2 runs</li>" in text
    assert '<p class="note">clocks differ</p>' in text


def test_times_are_numbers_when_all_are() -> None:
    """Hours sort by number, days by text."""
    assert sorted_times(["10", "9"]) == [("9", 9.0), ("10", 10.0)]
    assert sorted_times(["2026-10-02", "2026-10-01"]) == [("2026-10-01", "2026-10-01"), ("2026-10-02", "2026-10-02")]


def test_a_span_that_is_unknown_is_in_the_table_and_not_on_the_axis() -> None:
    """Requests without a time cost money too."""
    found = sample_simulation()
    found["by"] = {"day": [{"day": day, "table": "as logged", "cost_usd": "1"} for day in ("2026-10-01", "–")]}
    text = simulation_page(found, {})

    assert '<td class="left name">–</td><td class="right">$1.00</td>' in text
    assert '"x":"2026-10-01"' in text
    assert '"x":"\\u2013"' not in text


def test_what_was_logged_keeps_nothing_and_says_no_share() -> None:
    """Requests are kept from a table; the log has none, so its row has no figure, as on a terminal."""
    found = sample_simulation()
    rows = re.findall(r"<tr>.*?</tr>", page_of(found), flags=re.DOTALL)
    head = next(row for row in rows if "Kept</th>" in row)
    at = [re.sub("<.*?>", "", cell) for cell in re.findall(r"<th.*?</th>", head)].index("Kept")
    logged = next(row for row in rows if "as logged" in row and "$4,218.40" in row)

    assert re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", logged)[at] == "–"
    assert found["tables"][0]["name"] == "as logged"
