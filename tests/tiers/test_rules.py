"""The check rules that weigh scores, each with a bad and a good example."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.assemble import assemble
from jc.catalog.check import Book, Finding, check
from jc.catalog.documents import read_folder
from jc.tiers.assign import assign
from jc.tiers.lock import text
from jc.tiers.rules import RULES
from tests.strategies import DAY

FILES = {
    "catalog.yaml": "schema_version: 1\n",
    "models/lab.yaml": """\
schema_version: 1
lab: lab
models:
  - id: lab/a
    modalities: {input: [text, image], output: [text]}
  - id: lab/b
""",
    "offers/p.yaml": """\
schema_version: 1
provider: p
kind: first_party
offers:
  - id: p/a
    model: lab/a
    wire_id: a
    capabilities: {input: [text, image], output: [text]}
    prices:
      - {from: 2026-07-01, status: confirmed, usd_per_mtok: {input: 2, output: 4}, checked: 2026-07-01}
  - id: p/b
    model: lab/b
    wire_id: b
    prices:
      - {from: 2026-07-01, status: confirmed, usd_per_mtok: {input: 1, output: 2}, checked: 2026-07-01}
""",
    "benchmarks/registry.yaml": """\
schema_version: 1
benchmarks:
  - {id: mmlu, name: MMLU, unit: percent, range: [0, 100]}
  - {id: code, name: Code, unit: percent, range: [0, 100]}
""",
    "benchmarks/scores.yaml": """\
schema_version: 1
scores:
  - {model: lab/a, benchmark: mmlu, value: 90, by: vendor}
  - {model: lab/a, benchmark: code, value: 90, by: vendor}
  - {model: lab/b, benchmark: mmlu, value: 85, by: vendor}
  - {model: lab/b, benchmark: code, value: 85, by: vendor}
""",
    "tiers/policy.yaml": """\
schema_version: 1
tiers:
  - id: top
    purpose: the best
    criteria:
      - {name: knowledge, benchmarks: [mmlu], band: 5, anchors: {mmlu: 88}}
      - {name: code, benchmarks: [code], band: 5, anchors: {code: 88}}
    cheapest: {global: p/b, global/vision: p/a}
""",
    "tiers/overrides.yaml": "schema_version: 1\noverrides: []\n",
    "routes/r.yaml": """\
name: r
schema_version: 1
routes:
  general: {model: p/a}
swap: {mode: all, region: same}
""",
}
HAND = """\
schema_version: 1
overrides:
  - {model: p/b, tier: top, reason: we know it, by: us, on: 2026-07-01, review_by: 2026-12-31}
"""


def _folder(folder: Path, **changes: str) -> Path:
    """A sound catalog with its lock written, then changed."""
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    world = assemble(read_folder(folder)).catalog
    (folder / "tiers/placements.lock.yaml").write_text(text(world, assign(world, DAY), DAY))
    for name, content in changes.items():
        (folder / name).write_text(content)
    return folder


def _findings(folder: Path, on: date = DAY) -> list[Finding]:
    read = assemble(read_folder(folder))
    assert read.flaws == []
    return check(Book.of(read), on, RULES)


def _found(folder: Path, on: date = DAY) -> list[tuple[str, str, int, int]]:
    return [(one.rule, Path(one.where.file).name, one.where.line, one.where.column) for one in _findings(folder, on)]


def _changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {name: FILES[name].replace(old, new)}


def test_a_sound_catalog_has_no_finding(tmp_path: Path) -> None:
    """The example that each rule passes."""
    assert _findings(_folder(tmp_path)) == []


def test_a_member_outside_its_band_without_a_hand_placement(tmp_path: Path) -> None:
    """JC811 and JC812: the score fell after the lock was written."""
    found = _findings(_folder(tmp_path, **_changed("benchmarks/scores.yaml", "code, value: 85", "code, value: 70")))

    assert [one.rule for one in found] == ["JC812", "JC811"]
    assert "`p/b` is outside the band of top: below the floor: code 70 against 83" in found[1].message


def test_a_member_outside_its_band_with_a_hand_placement(tmp_path: Path) -> None:
    """A hand placement that says why holds the member; only the lock has to be written again."""
    changes = _changed("benchmarks/scores.yaml", "code, value: 85", "code, value: 70") | {"tiers/overrides.yaml": HAND}
    folder = _folder(tmp_path, **changes)

    assert {one.rule for one in _findings(folder)} == {"JC812"}


def test_one_point_below_the_floor_is_still_inside(tmp_path: Path) -> None:
    """A member leaves one point below the floor: JC811 keeps the hysteresis."""
    folder = _folder(tmp_path, **_changed("benchmarks/scores.yaml", "code, value: 85", "code, value: 82"))

    assert [one.rule for one in _findings(folder)] == ["JC812"]


def test_a_lock_edited_by_hand(tmp_path: Path) -> None:
    """JC811: the lock says another tier than the hand placement, at the line of the tier."""
    folder = _folder(tmp_path, **{"tiers/overrides.yaml": HAND})
    world = assemble(read_folder(folder)).catalog
    lock = folder / "tiers/placements.lock.yaml"
    lock.write_text(text(world, assign(world, DAY), DAY).replace("model: p/b\n    tier: top", "model: p/b\n    tier: unplaced"))
    (found,) = _findings(folder)

    assert (found.rule, found.where.line) == ("JC811", 20)
    assert "placed in top by hand, and in unplaced here" in found.message


@pytest.mark.parametrize(
    ("name", "old", "new", "input_"),
    [
        ("benchmarks/scores.yaml", "mmlu, value: 90", "mmlu, value: 91", "scores"),
        ("tiers/policy.yaml", "mmlu: 88", "mmlu: 87", "policy"),
    ],
)
def test_a_lock_older_than_its_inputs(tmp_path: Path, name: str, old: str, new: str, input_: str) -> None:
    """JC812 names the input, at its digest in the lock file."""
    (found,) = _findings(_folder(tmp_path, **_changed(name, old, new)))

    assert found.rule == "JC812"
    assert found.message == f"the {input_} say something else than when the lock was written"


def test_a_lock_is_not_outdated_by_a_comment(tmp_path: Path) -> None:
    """JC812 goes by what the files say: comments, order and spelling of numbers do not matter."""
    rows = FILES["benchmarks/scores.yaml"].replace("value: 85", "value: 85.0").replace("scores:\n", "# a comment\nscores:\n")

    assert _findings(_folder(tmp_path, **{"benchmarks/scores.yaml": rows})) == []


def test_a_stated_cheapest_that_is_not(tmp_path: Path) -> None:
    """JC813: the price of the stated one rose, at the line and column of the statement."""
    folder = _folder(tmp_path, **_changed("offers/p.yaml", "{input: 1, output: 2}", "{input: 9, output: 9}"))

    assert _found(folder) == [("JC813", "policy.yaml", 8, 24)]


def test_a_stated_cheapest_that_leaves_within_thirty_days(tmp_path: Path) -> None:
    """JC813: removals make another one the cheapest, before anybody edits a price."""
    folder = _folder(tmp_path, **_changed("offers/p.yaml", "wire_id: b\n", "wire_id: b\n    lifecycle: {removal: 2026-08-20}\n"))

    assert _findings(folder) == []
    assert [one.rule for one in _findings(folder, date(2026, 7, 21))] == ["JC813"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("global/vision: p/a", "global/vision: p/b", "a swap never loses vision"),
        ("global: p/b", "eu: p/b", "a swap never leaves the region policy"),
    ],
)
def test_a_stated_swap_that_is_unsafe(tmp_path: Path, old: str, new: str, reason: str) -> None:
    """JC814: a stated pick that is text only, or of another region."""
    (found,) = _findings(_folder(tmp_path, **_changed("tiers/policy.yaml", old, new)))

    assert (found.rule, found.where.line) == ("JC814", 8)
    assert reason in found.message


def test_a_stated_swap_across_tiers(tmp_path: Path) -> None:
    """JC814: the stated pick was moved out of the tier by hand."""
    (_, found) = _findings(_folder(tmp_path, **{"tiers/overrides.yaml": HAND.replace("tier: top", "tier: unplaced")}))[:2]
    rules = {one.rule for one in _findings(tmp_path)}

    assert "JC814" in rules
    assert found.rule in rules


def test_a_route_table_wider_than_the_policy(tmp_path: Path) -> None:
    """JC814: a route table may not let swaps leave the region policy; a policy of `any` lets it."""
    wide = _changed("routes/r.yaml", "region: same", "region: any")
    off = _changed("routes/r.yaml", "mode: all, region: same", "mode: off, region: any")
    policy: dict[str, Any] = {"tiers/policy.yaml": FILES["tiers/policy.yaml"] + "swap: {region: any}\n"}

    assert _found(_folder(tmp_path, **wide)) == [("JC814", "r.yaml", 5, 27)]
    assert _findings(_folder(tmp_path, **off)) == []
    assert _findings(_folder(tmp_path, **wide, **policy)) == []


def test_a_placement_that_rests_on_own_evals_is_left_to_drift(tmp_path: Path) -> None:
    """JC811 does not judge evidence that the catalog does not hold."""
    folder = _folder(tmp_path)
    lock = folder / "tiers/placements.lock.yaml"
    lock.write_text(lock.read_text().replace("by: vendor", "by: own_eval"))
    (folder / "benchmarks/scores.yaml").write_text("schema_version: 1\nscores: []\n")

    assert "JC811" not in {one.rule for one in _findings(folder)}


def test_rules_are_named_once_and_say_what_must_hold() -> None:
    """Stable ids in the group of the tiers."""
    assert [rule.id for rule in RULES] == ["JC811", "JC812", "JC813", "JC814"]
    assert {rule.group for rule in RULES} == {"tiers"}
    assert all(replace(rule).what.endswith(".") for rule in RULES)
