"""The model card says what the evaluation in the shipped weights says."""

import re
from pathlib import Path

from jc.report.classifier_card import card
from jc.routing.rows import shipped_rows
from jc.routing.train import digest
from jc.routing.weights import load_weights

CARD = Path(__file__).parents[2] / "docs" / "classifier.md"


def test_the_card_equals_the_evaluation_in_the_weights() -> None:
    """Every table of docs/classifier.md is the one that the weights' own evaluation gives."""
    block = re.search(r"\]\]\] -->\n(.*?)\n<!-- \[\[\[end\]\]\]", CARD.read_text("utf-8"), re.DOTALL)

    assert block is not None
    assert block.group(1).strip() == card().strip()


def test_the_weights_were_made_from_the_rows_beside_them() -> None:
    """The hash in the weights is that of the shipped rows: whoever trains again gets these."""
    assert load_weights().info["data"] == digest(shipped_rows())


def test_the_figures_of_the_card_keep_what_was_reached() -> None:
    """On writers that were left out: not below what the card of this version told first."""
    writers = load_weights().info["evaluation"]["writers"]

    assert writers["accuracy"] >= 0.86
    assert writers["macro_f1"] >= 0.86
    assert writers["ece"] <= 0.04
    assert writers["sure"]["share"] >= 0.85
    assert writers["sure"]["accuracy"] >= 0.92
    assert writers["routed"]["hard_to_simple"] <= 0.01
