"""The page of an eval run: verdict first, every figure beside its chart, bounded however long the run is."""

import re
from decimal import Decimal
from typing import Any

from jc.report.evals_cases import MAX_CASES, MAX_DISPUTED, MAX_FAILURES, Reading, find_dispute
from jc.report.evals_html import evals_page
from tests.fakes.eval_run import SampleRun, sample_run


def page_of(run: SampleRun, **more: Any) -> str:
    """The page of a made-up run, without its scripts and styles."""
    text = evals_page(run.summary, iter(run.answers), iter(run.games), {"command": "jc evals run"}, run.prompts, **more)
    return re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)


def headings(text: str) -> list[str]:
    """The sections in order."""
    return re.findall(r"<h2>(.*?)</h2>", text)


def game(order: str, score: float | None, judge: str = "j", prompt: str = "p") -> dict[str, Any]:
    """One judge game of a against b."""
    return {"prompt_id": prompt, "a": "x", "b": "y", "order": order, "judge": judge, "score_a": score}


def test_the_verdict_comes_first_and_the_sections_follow_the_story() -> None:
    """The heading is the conclusion; then standings, cost, pairs, latency, categories, judges, cases."""
    text = page_of(sample_run())

    assert re.search(r"<h1>(.*?)</h1>", text)[1].startswith("acme/strong-1 is better than")  # type: ignore[index]
    assert headings(text) == [
        "Standings", "Quality against cost", "Head to head", "Latency", "By category", "Judge health",
        "Where judges or orders disagree", "Answers side by side", "Answers that failed", "How to reproduce",
    ]  # fmt: skip


def test_the_frontier_is_told_in_words_and_in_the_table() -> None:
    """Every candidate of this run costs more and wins more than the next, so all three are on the frontier."""
    text = page_of(sample_run())

    assert text.count('<td class="left">yes</td>') == 3
    assert "Nothing else matches or beats both of cargo/hasty-mini, bravo/solid-2 and acme/strong-1." in text


def test_free_candidates_get_a_chart_without_a_cost_axis() -> None:
    """Where nothing costs anything there is nothing to set the quality against."""
    assert "Every candidate is free here" in page_of(sample_run(cells={"cost_usd": Decimal(0)}))


def test_an_unknown_cost_is_named_and_not_drawn_as_zero() -> None:
    """A candidate without a price stays out of the plane, and is named."""
    text = page_of(sample_run(cells={"cost_usd": None}))

    assert "Quality against cost" not in headings(text)
    run = sample_run()
    for row in run.summary["candidates"][:1]:
        row["usd_per_1k_answers"] = None
    assert "Not drawn, as cost or score is unknown: acme/strong-1." in page_of(run)


def test_a_run_that_scored_nothing_still_has_a_page() -> None:
    """Without games there are costs, latencies and answers to look at."""
    text = page_of(sample_run(judges=()))

    assert "Nothing could be scored" in text
    assert headings(text) == ["Standings", "Latency", "Answers side by side", "Answers that failed", "How to reproduce"]


def test_disputes_are_found_by_order_and_by_judge() -> None:
    """Two orders with different scores disagree, two judges on different sides disagree; a tie beside a win only by order."""
    orders = find_dispute([game("ab", 1.0), game("ba", 0.5)])
    judges = find_dispute([game("ab", 1.0), game("ba", 1.0), game("ab", 0.0, "k"), game("ba", 0.0, "k")])

    assert orders is not None
    assert (orders.orders, orders.judges) == (["x : y"], [])
    assert judges is not None
    assert (judges.orders, judges.judges) == ([], ["x : y"])
    assert find_dispute([game("ab", 1.0), game("ba", 1.0), game("ab", 0.5, "k"), game("ba", 0.5, "k")]) is None
    assert find_dispute([game("ab", 1.0), game("ba", None)]) is None


def test_many_disputes_are_told_in_short() -> None:
    """At most four pairs are named in a case's line."""
    found = find_dispute([game(order, score) | {"b": f"y{at}"} for at in range(5) for order, score in (("ab", 1.0), ("ba", 0.0))])

    assert found is not None
    assert found.badges == ["orders disagree on x : y0", "orders disagree on x : y1", "and 3 more"]


def test_a_long_run_gives_a_bounded_page_that_says_what_is_left_out() -> None:
    """Of 400 prompts a bounded number is shown, with the number of the others and where they are."""
    text = page_of(sample_run(prompts=400, judges=("j",)))
    shown = text.count('<details class="case">')
    left = re.search(r"(\d+) more prompts are left out of this page; results.csv of the run has them", text)

    assert shown == MAX_CASES + MAX_DISPUTED
    assert left is not None
    assert int(left[1]) == 400 - shown
    assert f"The first {MAX_DISPUTED} are here; comparisons.csv of the run has all" in text


def test_many_candidates_show_fewer_cases() -> None:
    """The number of answers in a section is bounded, whatever the number of candidates."""
    names = {f"c{at}": float(at) for at in range(30)}
    text = page_of(sample_run(prompts=50, skills=names, judges=()))

    assert text.count('<details class="case">') == 8


def test_reading_keeps_nothing_of_the_prompts_that_are_not_shown() -> None:
    """What is kept of a run does not grow with it."""
    run = sample_run(prompts=300, judges=("j",))
    reading = Reading({row["candidate"]: 1 for row in run.summary["candidates"]})
    reading.read_games(iter(run.games))
    reading.read_answers(iter(run.answers))

    assert len(reading.answers) == MAX_CASES + len(reading.disputes)
    assert len(reading.games) <= MAX_CASES + 2 * MAX_DISPUTED
    assert reading.prompts == 300


def test_failures_are_listed_and_counted() -> None:
    """Each failed answer is named with its message; beyond a bound they are counted."""
    text = page_of(sample_run(prompts=60, cells={"status": "error", "error_message": "HTTP 500", "error_type": "server_error"}))

    assert f"180 answers (the first {MAX_FAILURES})" in text
    assert text.count('<td class="left">HTTP 500</td>') == MAX_FAILURES


def test_refused_answers_say_so_in_their_case() -> None:
    """A status stands where the score would stand."""
    text = page_of(sample_run(prompts=2, cells={"status": "refused", "error_message": None, "finish_reason": "content_filter"}))

    assert "refused: content_filter" in text
    assert "3 of 3 without an answer" in text


def test_epochs_are_told_apart() -> None:
    """Several answers of one candidate to one prompt have their number."""
    run = sample_run(prompts=2, judges=())
    twice = [row | {"epoch": epoch} for row in run.answers for epoch in (0, 1)]
    text = page_of(SampleRun(run.summary | {"epochs": 2}, twice, [], {}))

    assert "acme/strong-1, epoch 2" in text


def test_ratings_on_a_scale_are_told_as_they_are() -> None:
    """A pointwise score of 7 is 7, not 700 percent."""
    text = page_of(sample_run(prompts=2, cells={"score": 7.0, "score_pointwise": 7.0}))

    assert "score 7 " in text
    assert "700%" not in text


def test_a_verdict_is_told_with_the_places_it_was_given_in() -> None:
    """The judge speaks of A and B as shown, so the page says who stood where."""
    text = page_of(sample_run(prompts=3))

    assert "A was bravo/solid-2, B was acme/strong-1; judged by judge/one" in text
    assert "A was acme/strong-1, B was bravo/solid-2; judged by judge/one" in text


def test_an_unread_verdict_says_how_it_failed() -> None:
    """Unparsed is not a tie."""
    run = sample_run(prompts=2)
    for row in run.games:
        row.update(verdict=None, score_a=None, parse="unparsed")

    assert "not read (unparsed)" in page_of(run)
