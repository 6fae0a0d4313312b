"""Where a difference comes from: a tree whose parts add up exactly, and how it is drawn."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from jc.catalog.load import cached_catalog
from jc.report.simulation_more import delta_text
from jc.routing.table import load_table
from jc.simulate.explain import explained
from jc.simulate.run import simulate
from jc.simulate.simulation import Question
from tests.simulate.worlds import NOW, written


def tree(path: Path) -> dict[str, Any]:
    """The difference between two tables over three keys and two classes."""
    catalog = cached_catalog(None)
    rows = [
        {"ts": "2026-10-05T10:00:00Z", "request_id": f"r{number}", "model": "openai/gpt-4o", "key": f"k{number % 3}",
         "route_class": ("simple", "code")[number % 2], "input_tokens": 1000 + number, "output_tokens": 10 * number}
        for number in range(60)
    ]  # fmt: skip
    tables = [(name, load_table(name, catalog)) for name in ("pin:openai/gpt-4o-mini", "five-way")]
    found = simulate(Question(str(written(path / "log.jsonl", rows)), tables, NOW, by=("key",)), catalog)
    return explained(found, *found.estimates[1:]).to_json()


def nodes(branch: dict[str, Any]) -> list[dict[str, Any]]:
    """All nodes of a tree."""
    return [branch, *(one for child in branch["children"] for one in nodes(child))]


def test_the_parts_of_every_node_add_up_to_it(tmp_path: Path) -> None:
    """Money to the last digit, and requests."""
    found = nodes(tree(tmp_path))

    assert max(len(branch["children"]) for branch in found) == 3
    for branch in found:
        assert Decimal(branch["usd"]) == Decimal(branch["after_usd"]) - Decimal(branch["before_usd"])
        if branch["children"]:
            for name in ("usd", "before_usd", "after_usd"):
                assert sum(Decimal(child[name]) for child in branch["children"]) == Decimal(branch[name])
            assert sum(child["requests"] for child in branch["children"]) == branch["requests"]


def test_the_tree_names_class_models_and_key(tmp_path: Path) -> None:
    """In that order, the largest difference first."""
    found = tree(tmp_path)

    assert [branch["name"] for branch in found["children"]] == ["code", "simple"]
    assert found["children"][0]["children"][0]["name"] == "openai/gpt-4o-mini → qwen/qwen3-coder"
    assert {one["name"] for one in found["children"][0]["children"][0]["children"]} == {"k0", "k1", "k2"}


def test_amounts_are_drawn_as_in_the_specification() -> None:
    """`+$561 ($743 → $1,303)`, with what makes no difference left out."""
    leaf = {"name": "k1", "usd": "561.00", "before_usd": "743.00", "after_usd": "1304.00", "children": []}
    still = {**leaf, "name": "k2", "usd": "0"}
    root = {**leaf, "name": "a → b", "children": [{**leaf, "name": "code", "children": [leaf, still]}]}

    assert delta_text(root).splitlines() == [
        "Where the difference comes from: a → b",
        "",
        "+$561.00 ($743.00 → $1,304.00)",
        "└─ code  +$561.00 ($743.00 → $1,304.00)",
        "   └─ k1  +$561.00 ($743.00 → $1,304.00)",
    ]
