"""What `jc route` says is what `jc simulate` counts."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.load import cached_catalog
from jc.catalog.model import Catalog
from jc.routing.classify import classifier
from jc.routing.decide import decide
from jc.routing.incoming import Flags, request_of
from jc.routing.table import load_table, needs_language
from jc.simulate.run import simulate
from jc.simulate.simulation import Question

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABLES = ("five-way", "support", "auto", "tier-swap", "local-first", "pin:openai/gpt-4o-mini")
WORDS = (
    "prove that the sum of two odd numbers is even",
    "hi",
    "thanks, that is all",
    "write a python function that sorts a list",
    "summarise this contract in five bullet points",
    "你好，请介绍一下北京",
    "what is the capital of Peru?",
    "fix the bug in main.rs",
    "book me a flight to Lisbon and add it to my calendar",
    "explain the difference between TCP and UDP",
    "translate this to German",
    "solve x^2 - 5x + 6 = 0 step by step",
    "draft a polite reply to an angry customer",
    "what time is it",
    "日本の首都はどこですか",
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The shipped catalog."""
    return cached_catalog(None)


def bodies(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Random requests as a gateway gets them."""
    chance = random.Random(seed)
    for number in range(count):
        text = " ".join(chance.sample(WORDS, chance.choice([1, 1, 2])))
        yield {
            "prompt": text,
            "model": chance.choice(
                ["auto", "openai/gpt-4o", "anthropic/claude-sonnet-4-6", "deepseek/deepseek-chat", "xai/grok-4"]
            ),
            "input_tokens": chance.choice([20, 300, 5000, 120_000, 260_000]),
            "tools": chance.random() < 0.2,
            "vision": chance.random() < 0.15,
            "structured_output": chance.random() < 0.1,
            "routing": "explicit" if chance.random() < 0.15 else "auto",
            "key": f"k{number % 7}",
        }


def routed(catalog: Catalog, body: dict[str, Any], name: str) -> str | None:
    """The offer that `jc route` chooses for a body."""
    table = load_table(name, catalog)
    flags = Flags(tools=body["tools"], images=int(body["vision"]), structured_output=body["structured_output"])
    sent = {key: value for key, value in body.items() if key not in {"tools", "vision", "structured_output"}}
    request = request_of(sent, flags, classifier(), languages=needs_language(table))
    made = decide(request, table, catalog, AT)
    return made.offer.id if made.offer else None


def logged(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The bodies as rows of a log, without a class: the prompt is classified."""
    lines = [{"ts": AT.isoformat(), "request_id": f"r{number}", "output_tokens": 10, **row} for number, row in enumerate(rows)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def simulated(path: Path, catalog: Catalog, name: str, rows: list[dict[str, Any]]) -> list[str | None]:
    """The offers that a simulation of the log chooses, by request (keys are the requests' own)."""
    table = load_table(name, catalog)
    question = Question(str(logged(path, rows)), [(name, table)], AT, by=("key",), allow_unpriced=True)
    simulation = simulate(question, catalog)
    estimate = simulation.estimates[1]
    chosen = dict(zip(simulation.book.part("key"), estimate.chosen.tolist(), strict=True))
    return [estimate.offers[chosen[row["key"]]].id if chosen[row["key"]] >= 0 else None for row in rows]


@pytest.mark.parametrize("name", TABLES)
def test_a_one_line_log_goes_where_route_sends_the_prompt(tmp_path: Path, catalog: Catalog, name: str) -> None:
    """The same prompt, the same facts, the same moment: the same model, for every shipped table and a pin."""
    for number, body in enumerate(bodies(len(name), 12)):
        assert simulated(tmp_path / f"{number}.jsonl", catalog, name, [body]) == [routed(catalog, body, name)]


@pytest.mark.parametrize("name", ["five-way", "support", "local-first", "pin:openai/gpt-4o-mini", "tier-swap"])
def test_thousands_of_requests_in_one_log_go_where_route_sends_each(tmp_path: Path, catalog: Catalog, name: str) -> None:
    """Grouping, limits of context and confidence, rules and swaps change nothing about any single request."""
    rows = [{**body, "key": f"k{number}"} for number, body in enumerate(bodies(7, 1000))]

    found = simulated(tmp_path / "log.jsonl", catalog, name, rows)

    assert found == [routed(catalog, row, name) for row in rows]
