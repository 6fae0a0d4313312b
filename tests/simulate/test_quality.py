"""Expected quality: what was measured, and what a wrong class costs."""

import json
import shutil
from pathlib import Path

import pytest

from jc.catalog.folder import find_catalog
from jc.catalog.load import cached_catalog, load_catalog
from jc.errors import InputError
from jc.routing.table import load_table
from jc.simulate.quality import Confusion, even_confusion, read_confusion
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from tests.simulate.worlds import NOW, written

CONFUSION = {"simple": {"simple": 80, "code": 20}, "code": {"simple": 10, "code": 90}}


def qualities(path: Path, confusion: Confusion | None = None) -> list[float]:
    """The quality of a table with a strong and a weak model, and of a pin, on two classes."""
    catalog = cached_catalog(None)
    rows = [
        {"ts": "2026-10-05T10:00:00Z", "request_id": f"r{number}", "route_class": ("simple", "code")[number % 2],
         "input_tokens": 100, "output_tokens": 10}
        for number in range(100)
    ]  # fmt: skip
    table = path / "two.yaml"
    table.write_text(
        "name: two\nschema_version: 1\nclassifier: local\ndefault: simple\nroutes:\n"
        '  simple: {model: "openai/gpt-4o-mini"}\n  code: {model: "openai/gpt-4o"}\n'
    )
    tables = [(name, load_table(name, catalog)) for name in (str(table), "pin:openai/gpt-4o")]
    found = simulate(Question(str(written(path / "log.jsonl", rows)), tables, NOW, confusion=confusion), catalog)
    return [estimate.quality or 0.0 for estimate in found.estimates[1:]]


def test_requests_of_a_wrong_class_cost_quality(tmp_path: Path) -> None:
    """Code that is taken for something simple goes to the weak model; a pin has no classes to mistake."""
    right, pinned = qualities(tmp_path)
    path = tmp_path / "score.json"
    path.write_text(json.dumps({"confusion": CONFUSION}))
    wrong, pinned_too = qualities(tmp_path, read_confusion(path))
    worse, _ = qualities(tmp_path, {"code": {"simple": 1.0}})

    assert pinned_too == pytest.approx(pinned)
    assert worse < right
    assert right != wrong


def test_shares_of_a_confusion_sum_to_one(tmp_path: Path) -> None:
    """Counts become shares by true class; an even one is right with its probability."""
    path = tmp_path / "score.json"
    path.write_text(json.dumps({"confusion": CONFUSION}))

    assert read_confusion(path)["simple"] == {"simple": 0.8, "code": 0.2}
    assert even_confusion(["a", "b", "c"], 0.9)["b"] == pytest.approx({"a": 0.05, "b": 0.9, "c": 0.05})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"confusion": {"a": {"b": "x"}}}', '{"confusion": {"a": {"b": -1}}}'])
def test_a_file_without_a_confusion_is_refused(tmp_path: Path, text: str) -> None:
    """Also one that is not there."""
    path = tmp_path / "score.json"
    path.write_text(text)

    with pytest.raises(InputError):
        read_confusion(path)
    with pytest.raises(InputError):
        read_confusion(tmp_path / "none.json")


OWN = """schema_version: 1
scores:
  - {model: "openai/gpt-4o", benchmark: own_eval/mine, value: 90, interval: [80, 96], n: 40, by: own_eval, date: 2026-10-01}
  - {model: "openai/gpt-4o-mini", benchmark: own_eval/mine, value: 70, interval: [50, 90], n: 20, by: own_eval, date: 2026-10-01}
"""


def test_the_interval_of_quality_holds_how_well_models_were_measured(tmp_path: Path) -> None:
    """A pin is as uncertain as its model's score, and the log's own model has its quality beside it."""
    root = tmp_path / "catalogs"
    shutil.copytree(find_catalog(None), root)
    (root / "benchmarks" / "mine.yaml").write_text(OWN)
    catalog = load_catalog(root)
    rows = [{"request_id": f"r{at}", "model": "openai/gpt-4o", "input_tokens": 100, "output_tokens": 10} for at in range(50)]
    tables = [("pin", load_table("pin:openai/gpt-4o-mini", catalog))]
    found = simulate(Question(str(written(tmp_path / "log.jsonl", rows)), tables, NOW, mix=(("general", 1.0),)), catalog)
    logged, pinned = found.estimates

    assert logged.quality == pytest.approx(0.9)
    assert (pinned.spreads["quality"].low, pinned.spreads["quality"].high) == pytest.approx((0.5, 0.9))
    assert "the interval of quality also holds how well the models were measured" in found.assumptions


def test_scores_without_intervals_are_told(tmp_path: Path) -> None:
    """Benchmarks come without an interval, so the interval of quality is that of the traffic alone, and the foot says so."""
    catalog = cached_catalog(None)
    rows = [{"request_id": f"r{at}", "route_class": "general", "input_tokens": 100, "output_tokens": 10} for at in range(50)]
    tables = [("pin", load_table("pin:openai/gpt-4o", catalog))]
    found = simulate(Question(str(written(tmp_path / "log.jsonl", rows)), tables, NOW), catalog)

    assert any(line.startswith("the interval of quality does not hold") for line in found.assumptions)
