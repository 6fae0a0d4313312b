"""`jc tiers` as a user runs it: what is written, what machines read, and the exit codes."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped catalog in an empty place."""
    shutil.copytree(ROOT / "catalogs", tmp_path / "catalogs")
    return tmp_path


def jc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `jc` in a folder, on the catalog that lies there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JC_")}
    environment |= {"XDG_CACHE_HOME": str(folder / ".cache"), "NO_COLOR": "1", "JC_CATALOG": "catalogs"}
    return subprocess.run(
        [sys.executable, "-m", "jc", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file of the catalog."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "catalogs").rglob("*"))
        if path.is_file()
    }


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Change a file of the catalog at one place."""
    path = folder / "catalogs" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_show_for_machines(folder: Path) -> None:
    """The schema, the day, and for each member what the specification lists."""
    body: dict[str, Any] = json.loads(jc(folder, "tiers", "show", "--as-of", "2026-07-15", "--format", "json").stdout)
    first = body["tiers"][0]["members"][0]

    assert (body["schema"], body["as_of"]) == ("jc.tiers/1", "2026-07-15")
    assert [tier["tier"] for tier in body["tiers"]] == ["flagship", "cheap-fast", "reasoning"]
    assert {name: first[name] for name in ("id", "provider", "region", "vision", "evidence", "cheapest", "removal")} == {
        "id": "deepseek/deepseek-v4-flash",
        "provider": "deepseek",
        "region": "global",
        "vision": False,
        "evidence": "provisional",
        "cheapest": True,
        "removal": None,
    }
    assert (first["input_usd_per_mtok"], first["output_usd_per_mtok"], first["blend_usd_per_mtok"]) == (0.09, 0.18, 0.126)


def test_swap_prints_only_the_id(folder: Path) -> None:
    """`model=$(jc tiers swap …)` works; the reasons are on stderr, and `--format json` holds everything."""
    asked = [
        "tiers",
        "swap",
        "anthropic/claude-sonnet-4-6",
        "--vision",
        "--tokens-in",
        "900",
        "--tokens-out",
        "300",
        "--as-of",
        "2026-11-20",
    ]
    plain, machine = jc(folder, *asked), jc(folder, *asked, "--format", "json")
    body = json.loads(machine.stdout)

    assert plain.stdout == "google/gemini-2.5-pro\n"
    assert "−43%" in plain.stderr
    assert (body["schema"], body["model"], body["swapped"], body["before_usd"], body["after_usd"]) == (
        "jc.tiers-swap/1",
        "google/gemini-2.5-pro",
        True,
        0.0072,
        0.004125,
    )
    assert {one["model"]: one["rule"] for one in body["passed_over"]}["deepseek/deepseek-v4-flash"] == "vision"


def test_assign_without_write_changes_nothing(folder: Path) -> None:
    """Showing is not writing."""
    before = digests(folder)

    assert jc(folder, "tiers", "assign", "--as-of", "2026-11-20").returncode == 0
    assert digests(folder) == before


def test_assign_write_rewrites_only_the_lock_file(folder: Path) -> None:
    """A new score moves a model; the lock file is the one file that differs afterwards."""
    edit(
        folder,
        "benchmarks/scores.yaml",
        "qwen/qwen3.5-397b-a17b, benchmark: gpqa-diamond, value: 88.4",
        "qwen/qwen3.5-397b-a17b, benchmark: gpqa-diamond, value: 80",
    )
    before = digests(folder)
    done = jc(folder, "tiers", "assign", "--write", "--as-of", "2026-11-20", "--format", "json")
    body, after = json.loads(done.stdout), digests(folder)

    assert [name for name in after if after[name] != before.get(name)] == ["catalogs/tiers/placements.lock.yaml"]
    assert [(move["model"], move["from"], move["to"]) for move in body["moves"]] == [
        ("qwen/qwen3.5-397b-a17b", "reasoning", "flagship")
    ]


def test_drift_exits_1_when_a_member_fell(folder: Path) -> None:
    """A nightly job sees the fall; without one it is quiet."""
    quiet = jc(folder, "tiers", "drift", "--as-of", "2026-11-20")
    edit(
        folder,
        "benchmarks/scores.yaml",
        "openai/gpt-4o-mini, benchmark: mmlu, value: 82",
        "openai/gpt-4o-mini, benchmark: mmlu, value: 60",
    )
    fallen = jc(folder, "tiers", "drift", "--as-of", "2026-11-20")

    assert quiet.returncode == 0
    assert fallen.returncode == 1
    assert "openai/gpt-4o-mini" in fallen.stdout
    assert "1 member fell out of the band since 2026-11-20" in fallen.stderr


def test_drift_hears_own_evals(folder: Path) -> None:
    """Results of last night in which one flagship is far below the others."""
    rows = ["prompt_id,candidate,score"]
    rows += [
        f"{n},{name},{score}" for n in range(4) for name, score in (("gpt-4o", 0.9), ("gemini-2.5-pro", 0.9), ("grok-4", 0.2))
    ]
    (folder / "night.csv").write_text("\n".join(rows), "utf-8")
    done = jc(folder, "tiers", "drift", "--evals", "night.csv", "--as-of", "2026-11-20", "--format", "json")

    assert done.returncode == 1
    assert [(one["model"], one["kind"]) for one in json.loads(done.stdout)["drift"]] == [("xai/grok-4", "fallen")]


def test_drift_without_a_lock_is_an_error(folder: Path) -> None:
    """There is nothing to compare with, and the hint says how to make it."""
    (folder / "catalogs/tiers/placements.lock.yaml").unlink()
    done = jc(folder, "tiers", "drift")

    assert done.returncode == 2
    assert "jc tiers assign --write" in done.stderr


def test_a_forbidden_pair_in_the_policy(folder: Path) -> None:
    """What the page cannot do: gpt-4o stays a flagship and is never answered by DeepSeek."""
    edit(folder, "tiers/policy.yaml", "never: []", "never: [{from: openai/gpt-4o, to: deepseek/*, reason: our contract}]")
    done = jc(folder, "tiers", "swap", "openai/gpt-4o", "--as-of", "2026-11-20")

    assert done.stdout == "xai/grok-4-3\n"
    assert "`deepseek/deepseek-v4-flash` is cheaper, but must never answer for `openai/gpt-4o`: our contract." in done.stderr


def test_a_catalog_without_tiers(tmp_path: Path) -> None:
    """A folder that holds offers only has no tiers to show, and every model is kept."""
    (tmp_path / "catalogs/offers").mkdir(parents=True)
    (tmp_path / "catalogs/catalog.yaml").write_text("schema_version: 1\n")
    offer = "{id: p/a, model: lab/a, wire_id: a}"
    (tmp_path / "catalogs/offers/p.yaml").write_text(f"schema_version: 1\nprovider: p\nkind: first_party\noffers: [{offer}]\n")
    shown, swapped = jc(tmp_path, "tiers", "show", "--format", "json"), jc(tmp_path, "tiers", "swap", "p/a")

    assert json.loads(shown.stdout)["tiers"] == []
    assert (swapped.stdout, swapped.returncode) == ("p/a\n", 0)
    assert "it is in no tier" in swapped.stderr


def test_a_catalog_without_tiers_says_where_they_would_be(folder: Path) -> None:
    """Nothing to show is no error, and not silent either."""
    shutil.rmtree(folder / "catalogs" / "tiers")
    shutil.rmtree(folder / "catalogs" / "routes")
    done = jc(folder, "tiers", "show")

    assert (done.returncode, done.stdout.strip()) == (0, "")
    assert done.stderr == "warning: the catalog has no tiers: `tiers/policy.yaml` says which there are\n"
