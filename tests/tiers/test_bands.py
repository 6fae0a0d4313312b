"""What two scores can say of each other."""

from dataclasses import replace
from decimal import Decimal

from jc.tiers.bands import Evidence, own_medians, plain_variant, variant_text
from tests.strategies import LOW, TOP, benchmark, catalog, criterion, offer, score

A, B = offer("p/a"), offer("q/b")


def test_a_null_or_false_key_says_nothing() -> None:
    """`tools: false` and a variant without `tools` are the same variant, and `shots: 0` is another."""
    assert plain_variant([("tools", False), ("effort", None)]) == ()
    assert plain_variant([("shots", 0)]) == (("shots", 0),)


def test_a_variant_in_words() -> None:
    """A variant is told by its keys."""
    assert variant_text((("shots", 5), ("tools", True))) == "5 shots, tools"


def test_a_criterion_is_measured_on_its_newest_benchmark() -> None:
    """MMLU-Pro counts before MMLU when both were measured."""
    found = Evidence(catalog([A], scores=[score("p/a", "mmlu", 60), score("p/a", "mmlu-pro", 79)])).measure(
        A, TOP.criteria[0], {}
    )

    assert found is not None
    assert (found.benchmark, found.value, found.floor, found.within) == ("mmlu-pro", Decimal(79), Decimal(77), True)


def test_a_benchmark_without_an_anchor_is_passed_over() -> None:
    """A score that no floor is written down for does not measure the criterion; the next benchmark does."""
    rule = criterion("knowledge", ["mmlu-pro", "mmlu"], 3, mmlu="80")
    found = Evidence(catalog([A], scores=[score("p/a", "mmlu", 70), score("p/a", "mmlu-pro", 99)])).measure(A, rule, {})

    assert found is not None
    assert (found.benchmark, found.within) == ("mmlu", False)


def test_what_was_not_measured_is_not_imputed() -> None:
    """Without a score there is no measurement, whatever the other criteria say."""
    evidence = Evidence(catalog([A], scores=[score("p/a", "mmlu", 99)]))

    assert evidence.measure(A, TOP.criteria[2], {}) is None


def test_the_floor_itself_is_within() -> None:
    """Anchor minus band is reached at exactly that score."""
    rule = TOP.criteria[0]
    at_floor = Evidence(catalog([A], scores=[score("p/a", "mmlu-pro", 77)])).measure(A, rule, {})
    below = Evidence(catalog([A], scores=[score("p/a", "mmlu-pro", "76.9")])).measure(A, rule, {})

    assert at_floor is not None
    assert at_floor.within
    assert below is not None
    assert not below.within


def test_a_lower_is_better_benchmark_has_its_floor_above() -> None:
    """Where less is better, the limit is anchor plus band."""
    world = catalog([A], scores=[score("p/a", "errors", 12)], benchmarks={"errors": benchmark("errors", higher=False)})
    found = Evidence(world).measure(A, criterion("errors", ["errors"], 5, errors="10"), {})

    assert found is not None
    assert (found.floor, found.within) == (Decimal(15), True)


def test_a_band_in_points_is_hundredths_of_a_fraction() -> None:
    """Five points of a benchmark in fractions are 0.05."""
    world = catalog([A], scores=[score("p/a", "share", "0.76")], benchmarks={"share": benchmark("share", unit="fraction")})
    found = Evidence(world).measure(A, criterion("share", ["share"], 5, share="0.80"), {})

    assert found is not None
    assert (found.floor, found.within) == (Decimal("0.75"), True)


def test_a_criterion_that_counts_no_tools_ignores_scores_with_tools() -> None:
    """HLE with tools is another measurement than HLE without."""
    rule = replace(criterion("exam", ["hle"], 5, hle="40"), variant={"tools": False})
    world = catalog([A], scores=[score("p/a", "hle", 60, variant=(("tools", True),))], benchmarks={"hle": benchmark("hle")})

    assert Evidence(world).measure(A, rule, {}) is None


def test_own_evals_come_before_other_sources_of_one_variant() -> None:
    """Of two scores of the same benchmark and variant the own one counts."""
    rows = [score("p/a", "mmlu-pro", 90), score("p/a", "mmlu-pro", 70, by="own_eval")]
    found = Evidence(catalog([A], scores=rows)).measure(A, TOP.criteria[0], {})

    assert found is not None
    assert (found.value, found.by) == (Decimal(70), "own_eval")


def test_a_score_of_one_offer_counts_for_that_offer_only() -> None:
    """A row may name an offer instead of its model; its sisters do not inherit it."""
    first, second = offer("p/a", model="lab/m"), offer("q/a", model="lab/m")
    evidence = Evidence(catalog([first, second], scores=[score("p/a", "mmlu", 80), score("lab/m", "livecodebench", 50)]))

    assert {one.benchmark for one in evidence.of(first)} == {"mmlu", "livecodebench"}
    assert {one.benchmark for one in evidence.of(second)} == {"livecodebench"}


def test_pairs_need_the_same_variant() -> None:
    """Five shots against no shots is no comparison."""
    rows = [score("p/a", "mmlu", 80, variant=(("shots", 5),)), score("q/b", "mmlu", 80, variant=(("shots", 0),))]

    assert Evidence(catalog([A, B], scores=rows)).compare(A, B, LOW) == ()


def test_pairs_are_one_sided() -> None:
    """The one that is better by far may stand in; the other way round it may not."""
    evidence = Evidence(catalog([A, B], scores=[score("p/a", "mmlu", 70), score("q/b", "mmlu", 95)]))

    assert [pair.within for pair in evidence.compare(A, B, LOW)] == [True]
    assert [pair.within for pair in evidence.compare(B, A, LOW)] == [False]


def test_pairs_use_the_newest_benchmark_that_both_have() -> None:
    """One has MMLU-Pro and MMLU, the other MMLU only: they are compared on MMLU."""
    rows = [score("p/a", "mmlu-pro", 90), score("p/a", "mmlu", 80), score("q/b", "mmlu", 78)]
    (pair,) = Evidence(catalog([A, B], scores=rows)).compare(A, B, LOW)

    assert (pair.benchmark, pair.asked, pair.offered) == ("mmlu", Decimal(80), Decimal(78))


def test_of_several_shared_variants_the_worst_counts() -> None:
    """A model that keeps up with five shots but not without them does not keep up."""
    rows = [
        score("p/a", "mmlu", 80),
        score("q/b", "mmlu", 60),
        score("p/a", "mmlu", 80, variant=(("shots", 5),)),
        score("q/b", "mmlu", 80, variant=(("shots", 5),)),
    ]
    (pair,) = Evidence(catalog([A, B], scores=rows)).compare(A, B, LOW)

    assert not pair.within


def test_the_anchor_of_an_own_eval_is_the_median_of_the_tier() -> None:
    """Three members at 40, 60 and 62 percent of one set have their anchor at 60; one member alone has none."""
    members = [offer(f"p/{letter}") for letter in "abc"]
    rows = [score(f"p/{letter}", "own_eval/support", value) for letter, value in zip("abc", (40, 60, 62), strict=True)]
    rows.append(score("p/a", "own_eval/alone", 10))

    assert own_medians(Evidence(catalog(members, scores=rows)), members) == {"own_eval/support": Decimal(60)}
