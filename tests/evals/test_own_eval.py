"""What a run teaches: quality on the strongest basis, by class, and what is observed besides."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.assemble import assemble
from jc.catalog.documents import documents
from jc.catalog.model import Catalog
from jc.evals.own_eval import OwnEval, class_namer, learn, scores_file

SUMMARY: Mapping[str, Any] = {
    "run_id": "night",
    "evalset": {"name": "my set"},
    "candidates": [
        {"candidate": "big", "offer": "acme/big"},
        {"candidate": "small", "offer": "acme/small"},
        {"candidate": "local"},
    ],
}
FILES = {
    "catalog.yaml": "schema_version: 1\n",
    "models/acme.yaml": "schema_version: 1\nlab: acme\nmodels:\n"
    + "".join(f"  - {{id: acme/{one}, name: A}}\n" for one in ("big", "small")),
}


def row(candidate: str, prompt: str, **more: Any) -> dict[str, Any]:
    """A row of results.csv, as far as it matters here."""
    plain = {
        "candidate": candidate, "prompt_id": prompt, "cluster": "",
        "category": "code", "status": "ok", "score": 0.5, "score_pointwise": None,
        "checks_passed": None, "checks_total": None, "output_tokens": 100, "latency_ms": 800.0, "ttft_ms": None,
        "cost_usd": Decimal("0.001"), "started_at": "2026-11-20T10:00:00Z",
    }  # fmt: skip
    return {**plain, **more}


def learned(*rows: Mapping[str, Any]) -> OwnEval:
    """What these rows teach; a prompt is of the class of its category."""
    return learn(SUMMARY, rows, lambda _prompt, category: category, (1.0, 10.0))


def loaded(found: OwnEval) -> Catalog:
    """The catalog with the file that the lessons make."""
    files = [(name, text.encode()) for name, text in FILES.items()]
    read = assemble(documents("c", [*files, (f"benchmarks/own-eval-{found.name}.yaml", scores_file(found).encode())]))
    assert read.flaws == []
    return read.catalog


def test_ratings_come_before_checks_and_checks_before_wins() -> None:
    """A rating of 7 on a scale of 1 to 10 is two thirds; without ratings checks count; without those the games."""
    rated = learned(row("big", "p", score_pointwise=7.0, checks_passed=1, checks_total=4))
    checked = learned(row("big", "p", checks_passed=1, checks_total=4))
    played = learned(row("big", "p"))

    assert [(one.basis, one.lessons[0].quality) for one in (rated, checked, played)] == [
        ("rating", Decimal("66.67")),
        ("checks", Decimal("25.00")),
        ("wins", Decimal("50.00")),
    ]


def test_a_basis_must_hold_for_the_whole_run() -> None:
    """One answer without checks, and the share of checks is no basis: candidates would be measured on different prompts."""
    found = learned(row("big", "p", checks_passed=1, checks_total=1), row("big", "q"))

    assert found.basis == "wins"


def test_lessons_stand_by_class_and_at_large() -> None:
    """Each class has its own mean, and all prompts together have theirs."""
    found = learned(row("big", "p", score=1.0), row("big", "q", category="general", score=0.0, output_tokens=300))

    assert [(one.route_class, one.quality, one.output_tokens) for one in found.lessons] == [
        (None, Decimal("50.00"), Decimal("200.0")),
        ("general", Decimal("0.00"), Decimal("300.0")),
        ("code", Decimal("100.00"), Decimal("100.0")),
    ]


def width(*rows: Mapping[str, Any]) -> Decimal:
    """How wide the interval of these rows' quality is."""
    interval = learned(*rows).lessons[0].interval
    assert interval is not None
    return interval[1] - interval[0]


def test_quality_has_its_interval_over_clusters() -> None:
    """Twelve prompts of which pairs share a source are six observations, so their interval is wider; one prompt has none."""
    scores = [1.0] * 6 + [0.5] * 4 + [0.0] * 2
    alone = [row("big", f"p{at}", score=score) for at, score in enumerate(scores)]
    paired = [{**one, "cluster": f"source-{at // 2}"} for at, one in enumerate(alone)]

    assert width(*paired) > width(*alone) > 0
    assert learned(row("big", "p")).lessons[0].interval is None


def test_failed_answers_and_strangers_teach_nothing() -> None:
    """An error is no answer of low quality, and a candidate outside the catalog is named instead of written."""
    found = learned(row("big", "p"), row("small", "p", status="error"), row("local", "p"))

    assert {one.model for one in found.lessons} == {"acme/big"}
    assert found.unknown == ["local"]


def test_an_unpriced_answer_leaves_the_price_unknown() -> None:
    """Unknown money is not zero: one answer without a cost, and the mean is not told."""
    found = learned(row("big", "p"), row("big", "q", cost_usd=None))

    assert found.lessons[0].usd_per_answer is None


def test_n_counts_the_prompts_that_were_judged() -> None:
    """Of three answers, two of one prompt, one was never judged: the quality rests on one prompt, and the catalog says so."""
    found = learned(row("big", "p", score=1.0), row("big", "p", score=0.0), row("big", "q", score=None))

    assert (found.lessons[0].answers, found.lessons[0].judged) == (3, 1)
    assert [score.n for score in loaded(found).scores] == [1, 1]


def test_the_file_is_a_sound_part_of_the_catalog() -> None:
    """What is written is read again as scores by class with their basis, and as observations."""
    catalog = loaded(learned(row("big", "p", score=1.0), row("small", "p", score=0.0, output_tokens=50)))

    assert [(one.model, one.value, dict(one.variant), one.by) for one in catalog.scores] == [
        ("acme/big", Decimal("100.00"), {"basis": "wins"}, "own_eval"),
        ("acme/big", Decimal("100.00"), {"basis": "wins", "class": "code"}, "own_eval"),
        ("acme/small", Decimal("0.00"), {"basis": "wins"}, "own_eval"),
        ("acme/small", Decimal("0.00"), {"basis": "wins", "class": "code"}, "own_eval"),
    ]
    assert [(one.model, one.route_class, one.output_tokens) for one in catalog.observations] == [
        ("acme/big", None, Decimal("100.0")),
        ("acme/big", "code", Decimal("100.0")),
        ("acme/small", None, Decimal("50.0")),
        ("acme/small", "code", Decimal("50.0")),
    ]


@pytest.mark.parametrize(("category", "expected"), [("reasoning", "reasoning"), ("support", "code"), ("", "code")])
def test_a_category_that_is_a_class_names_it_and_the_text_decides_otherwise(category: str, expected: str) -> None:
    """`category: reasoning` is believed; another category says nothing of the class, so the prompt is classified."""
    class_of = class_namer({"p": "Write a function"}, lambda _text: "code")

    assert class_of("p", category) == expected


def test_a_prompt_without_text_is_general() -> None:
    """A run whose prompts have gone still teaches something, under the class that is taken when nothing is known."""
    assert class_namer({}, lambda _text: "code")("p", "") == "general"


def test_names_of_sets_make_names_of_files() -> None:
    """A set's name with spaces or slashes becomes a plain part of a file name."""
    assert learned(row("big", "p")).name == Path(learned(row("big", "p")).name).name == "my-set"
