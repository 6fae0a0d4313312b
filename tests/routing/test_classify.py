"""The local classifier as it is shipped: facts, wrappers, bounds, calibration."""

import json
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.routing.classes import ROUTE_CLASSES
from jc.routing.classify import Facts, classifier, classify
from jc.routing.robustness import WRAPPERS
from jc.routing.rows import ORIGINAL, find_training_data

UNKNOWN = {"unlisted: hurry at the end"}
"""In words that no list knows, to see how far the lists carry: told in the model card, held to less."""


def prompts(count: int) -> list[str]:
    """A fixed sample of the prompts written for this project."""
    lines = (find_training_data() / ORIGINAL).read_text("utf-8").splitlines()
    return [json.loads(line)["prompt"] for line in random.Random(7).sample(lines, count)]


def test_facts_of_the_request_outrank_its_text() -> None:
    """A greeting with tools is an agent's request, surely, and the answer says that facts decided."""
    found = classify("hello!", facts=Facts(tools=True))

    assert (found.route_class, found.confidence, found.by_facts, found.abstained) == ("agent", 1.0, True, False)


@given(st.text(max_size=400))
def test_any_text_gets_a_class_and_probabilities_that_sum_to_one(text: str) -> None:
    """Whatever is sent, there is an answer, the same twice, and its confidence is the largest probability."""
    found = classify(text)

    assert found.route_class in ROUTE_CLASSES
    assert sum(found.probabilities) == pytest.approx(1)
    assert found.confidence == pytest.approx(max(found.probabilities), abs=1e-6)
    assert found == classify(text)


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x01", "x" * 2_000_000, "🙂" * 10_000, "((((" * 50_000, "\ud800"])
def test_odd_texts_are_answered_within_bounds(text: str) -> None:
    """Empty, binary, huge and half surrogate pairs are classified; only a bounded part of a text is looked at."""
    assert classify(text).route_class in ROUTE_CLASSES


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_harmless_wrapper_leaves_the_class_alone(name: str) -> None:
    """What people put around an ask changes nothing for at least 94 % of prompts, in every wrapper."""
    asked = prompts(400)
    same = sum(classify(prompt).route_class == classify(WRAPPERS[name](prompt)).route_class for prompt in asked)

    assert same / len(asked) >= (0.80 if name in UNKNOWN else 0.94)


def test_wrappers_leave_the_class_alone_on_average() -> None:
    """Over all wrappers at least 98 % of prompts keep their class."""
    asked = prompts(150)
    plain = [classify(prompt).route_class for prompt in asked]
    same = [
        classify(wrap(prompt)).route_class == name
        for wrap in WRAPPERS.values()
        for prompt, name in zip(asked, plain, strict=True)
    ]

    assert sum(same) / len(same) >= 0.98


def test_classifying_needs_only_the_standard_library() -> None:
    """A fresh interpreter that classifies has loaded neither numpy nor anything that trains."""
    import subprocess

    script = (
        "import sys; from jc.routing.classify import classify; classify('hi'); "
        "print(sorted({'numpy','scipy','sklearn','pandas','yaml','typer'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )

    assert done.stdout.strip() == "[]"


def test_the_weights_stay_small() -> None:
    """At most one megabyte in the package."""
    assert len(classifier().weights.to_bytes()) <= 1_000_000
