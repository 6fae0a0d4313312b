"""The lock file: what a machine writes and people review."""

import unicodedata
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from jc.catalog.load import load_catalog
from jc.catalog.model import Catalog, Lock
from jc.catalog.syntax import read
from jc.errors import Where
from jc.tiers.assign import assign
from jc.tiers.lock import inputs, stale_inputs, text
from tests.strategies import DAY, catalog, catalogs, hand, offer, score

ROWS = (score("p/a", "mmlu-pro", 80), score("p/a", "livecodebench", 60))


def test_the_lock_holds_members_with_their_evidence() -> None:
    """One entry for each member: tier, state, since, and the scores it rests on with their floors."""
    world = catalog([offer("p/a"), offer("p/b")], scores=ROWS)
    tree = read(text(world, assign(world, DAY), DAY).encode()).tree

    assert tree["as_of"] == "2026-07-15"
    assert tree["placements"] == [
        {
            "model": "p/a",
            "tier": "top",
            "state": "partial",
            "since": "2026-07-15",
            "evidence": {
                "by": "scores",
                "scores": [
                    {"criterion": "knowledge", "benchmark": "mmlu-pro", "value": 80, "floor": 77, "by": "vendor", "within": True},
                    {"criterion": "code", "benchmark": "livecodebench", "value": 60, "floor": 55, "by": "vendor", "within": True},
                ],
            },
        }
    ]


def test_a_lock_of_nobody_is_an_empty_list() -> None:
    """A catalog without members has a lock that can be read."""
    world = catalog([offer("p/a")])

    assert read(text(world, assign(world, DAY), DAY).encode()).tree["placements"] == []


@given(catalogs())
def test_the_lock_is_stable_and_free_of_order(world: Catalog) -> None:
    """The same facts give the same bytes, whatever the order in which they were written down."""
    shuffled = replace(
        world,
        offers=dict(reversed(list(world.offers.items()))),
        scores=tuple(reversed(world.scores)),
        tier_overrides=tuple(reversed(world.tier_overrides)),
    )

    assert text(world, assign(world, DAY), DAY) == text(shuffled, assign(shuffled, DAY), DAY)


NAMES = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")), min_size=1, max_size=30)


@given(NAMES.map(lambda name: unicodedata.normalize("NFC", name)))
def test_any_name_survives_writing_and_reading(name: str) -> None:
    """Whatever an id holds, the lock file gives it back."""
    made = replace(offer("p/a"), id=name)
    world = catalog([made], hands=[hand(name, "top")])
    reading = read(text(world, assign(world, DAY), DAY).encode())

    assert reading.flaws == []
    assert reading.tree["placements"][0]["model"] == name


def test_the_inputs_are_what_is_said_and_not_where() -> None:
    """82 and 82.0, another line, another file: the same input. Another value, band or placement: another one."""
    world = catalog([offer("p/a")], scores=ROWS)
    moved = replace(
        world, scores=tuple(replace(row, where=Where("else.yaml", 9), value=Decimal(f"{row.value}.0")) for row in ROWS)
    )
    other = replace(world, scores=(replace(ROWS[0], value=Decimal(81)), ROWS[1]))
    tier = world.policy.tiers[0]
    looser = replace(tier, criteria=(replace(tier.criteria[0], band=Decimal(9)), *tier.criteria[1:]))
    banded = replace(world, policy=replace(world.policy, tiers=(looser, world.policy.tiers[1])))
    placed = replace(world, tier_overrides=(hand("p/a", "low"),))

    assert inputs(world) == inputs(moved)
    assert [name for name in inputs(world) if inputs(world)[name] != inputs(other)[name]] == ["scores"]
    assert [name for name in inputs(world) if inputs(world)[name] != inputs(banded)[name]] == ["policy"]
    assert [name for name in inputs(world) if inputs(world)[name] != inputs(placed)[name]] == ["overrides"]


def test_a_lock_knows_when_it_is_older_than_its_inputs() -> None:
    """A lock that names other digests is stale by those names; a catalog without a lock is never stale."""
    world = catalog([offer("p/a")], scores=ROWS)
    locked = replace(world, lock=Lock(DAY, {**inputs(world), "scores": "0"}, Where("lock")))

    assert stale_inputs(world) == ()
    assert stale_inputs(replace(world, lock=Lock(DAY, inputs(world), Where("lock")))) == ()
    assert stale_inputs(locked) == ("scores",)


def test_scores_that_move_no_tier_leave_the_lock_as_it_is() -> None:
    """Own evals by class, and of demo models, are no input of placements; one of the whole set is."""
    world = catalog([offer("p/a"), offer("demo/x", kind="demo")], scores=ROWS)
    own = score("p/a", "own_eval/mine", 80, by="own_eval")
    by_class = replace(own, variant=(("class", "code"),))
    demo = replace(own, model="demo/x")

    assert inputs(replace(world, scores=(*ROWS, by_class, demo))) == inputs(world)
    assert inputs(replace(world, scores=(*ROWS, own)))["scores"] != inputs(world)["scores"]


def test_the_shipped_lock_is_what_assign_would_write() -> None:
    """Nobody edited it, and nothing it rests on has changed since."""
    shipped = load_catalog()
    assert shipped.lock is not None
    path = Path(__file__).parents[2] / "catalogs" / "tiers" / "placements.lock.yaml"

    assert path.read_text("utf-8") == text(shipped, assign(shipped, shipped.lock.as_of), shipped.lock.as_of)
    assert shipped.lock.as_of >= date(2026, 11, 20)
