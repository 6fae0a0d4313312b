"""What to pick for which job."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from jc.catalog.load import load_catalog
from jc.catalog.model import Job, Lifecycle, Offer, Speed
from jc.catalog.pick import Pick, job, pick_branch, pick_job, pick_needs
from jc.errors import InputError
from tests.strategies import AT, HERE, catalog, offer

TODAY = datetime(2026, 11, 20, tzinfo=UTC)


def first(found: Pick) -> str | None:
    return found.proposals[0].offer.id if found.proposals else None


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("rag", "llama-3.3-70b-instruct"),
        ("multilingual", "qwen2.5-72b"),
        ("classification", "mixtral-8x22b"),
        ("embeddings", "openai/text-embedding-3-small"),
        ("chat", "deepseek/deepseek-v3.2"),
        ("agents", "moonshotai/kimi-k2-5"),
        ("vision", "meta-llama/llama-4-scout"),
        ("image-final", "flux-dev"),
    ],
)
def test_jobs_of_the_documents(name: str, model: str) -> None:
    """Their tables, as far as the models can be had."""
    shipped = load_catalog()

    assert first(pick_job(shipped, job(shipped, name), {}, TODAY)) == model


@pytest.mark.parametrize(
    ("needs", "model"),
    [
        ({"vision": True}, "meta-llama/llama-4-scout"),
        ({"reasoning": True}, "deepseek/deepseek-reasoner"),
        ({"tools": True}, "moonshotai/kimi-k2-5"),
        ({"code": True}, "qwen/qwen3-coder"),
        ({"output": "embedding"}, "baai/bge-large"),
        ({"max_latency": Decimal("0.2")}, "meta-llama/llama-3.1-8b-instruct"),
        ({"long_context": 200_000}, "minimax/minimax-m2.5"),
        ({"multilingual": True}, "qwen2.5-72b"),
        ({}, "deepseek/deepseek-v3.2"),
    ],
)
def test_the_decision_tree_of_the_guide(needs: dict[str, Any], model: str) -> None:
    """The first question that the needs answer with yes."""
    assert first(pick_needs(load_catalog(), needs, TODAY)) == model


def test_an_unknown_job_is_suggested() -> None:
    """Never guessed."""
    with pytest.raises(InputError) as caught:
        job(load_catalog(), "embedings")

    assert caught.value.hint == "did you mean `embeddings`?"


def small(*offers: Offer, jobs: tuple[Job, ...] = (), tree: tuple[Job, ...] = ()) -> Any:
    return catalog(list(offers), jobs=jobs, tree=tree)


SEES = Job("images", "", ("p/sees",), HERE, {"vision": True}, "Images?")
SEEING = ("text", "image")


def test_a_branch_that_misses_another_need_is_passed_over_and_says_why() -> None:
    """The question is answered, but its model holds too little; the cheapest that holds enough is picked."""
    world = small(
        offer("p/sees", "0.10", input=SEEING, context=32_000),
        offer("p/dear", "9.00", input=SEEING),
        offer("p/fair", "2.00", input=SEEING),
        tree=(SEES,),
    )
    found = pick_needs(world, {"vision": True, "long_context": 100_000}, AT)

    assert [one.offer.id for one in found.proposals] == ["p/fair", "p/dear"]
    assert [(one.id, one.why) for one in found.excluded if one.proposed] == [
        ("p/sees", "holds 32,000 tokens of context, not 100,000")
    ]


def test_an_unknown_fact_does_not_meet_a_need() -> None:
    """Context, speed and tools that nobody stated are not assumed."""
    world = small(offer("p/a", tools=None, context=None))

    assert pick_needs(world, {"tools": True}, AT).excluded[0].why == "is not known to have tools"
    assert pick_needs(world, {"long_context": 10}, AT).excluded[0].why == "has an unknown context"
    assert pick_needs(world, {"max_latency": Decimal(1)}, AT).excluded[0].why == "has an unknown time to the first token"


def test_a_latency_is_met_at_its_bound() -> None:
    """0.2 s is within 0.2 s, and not within 0.1 s; a branch for 0.2 s does not answer a wish for 1 s."""
    quick = Job("quick", "", ("p/slow",), HERE, {"max_latency": Decimal("0.2")}, "Quick?")
    world = small(
        offer("p/quick", "3.00", speed=Speed(Decimal("0.2"), None)),
        offer("p/slow", speed=Speed(Decimal("0.9"), None)),
        tree=(quick,),
    )

    assert first(pick_needs(world, {"max_latency": Decimal("0.2")}, AT)) == "p/quick"
    assert first(pick_needs(world, {"max_latency": Decimal("0.1")}, AT)) is None
    assert pick_needs(world, {"max_latency": Decimal(1)}, AT).proposals[0].why == "meets the needs"


def test_a_removed_model_is_not_picked() -> None:
    """Also when a document names it; its replacement is told."""
    gone = Lifecycle(removal=date(2026, 7, 1), replacement="p/new")
    world = small(offer("p/old", lifecycle=gone), offer("p/new"), jobs=(Job("chat", "Chat", ("p/old", "p/new"), HERE),))
    found = pick_job(world, world.jobs[0], {}, AT)

    assert first(found) == "p/new"
    assert found.excluded[0].why == "was removed on 2026-07-01; its replacement is p/new"


def test_demo_and_local_models_are_not_offered_by_themselves() -> None:
    """They would always be the cheapest."""
    world = small(offer("demo/a", kind="demo"), offer("local/a", kind="local"), offer("p/a"))

    assert [one.offer.id for one in pick_needs(world, {"tools": True}, AT).proposals] == ["p/a"]


def test_a_model_without_a_price_comes_last() -> None:
    """It meets the needs, and says that its price is not known."""
    world = small(offer("p/a", None, None), offer("p/b"))
    found = pick_needs(world, {"tools": True}, AT).proposals

    assert [one.offer.id for one in found] == ["p/b", "p/a"]
    assert found[1].why == "meets the needs; its price is not known"


def test_needs_added_to_a_job_hold_too() -> None:
    """The job's pick must meet them, or another offer is proposed."""
    world = small(offer("p/sees", input=SEEING), offer("p/a"), jobs=(Job("chat", "Chat", ("p/a",), HERE),))

    assert first(pick_job(world, world.jobs[0], {}, AT)) == "p/a"
    assert first(pick_job(world, world.jobs[0], {"vision": True}, AT)) == "p/sees"


def test_a_branch_answers_for_itself() -> None:
    """When the questions were asked one by one."""
    world = small(offer("p/sees", input=SEEING), tree=(SEES, Job("default", "", ("p/sees",), HERE)))

    assert first(pick_branch(world, world.tree[0], AT)) == "p/sees"
    assert pick_branch(world, world.tree[1], AT).proposals[0].why == "the default of the decision tree"
