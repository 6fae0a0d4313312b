"""The loop: what a run measures is what tiers, routes, simulations and optima then rest on."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.script import Script

ROOT = Path(__file__).parent.parent.parent
MINI, FLASH = "openai/gpt-4o-mini", "google/gemini-2.5-flash"
PROMPT = "Write a Python function that sorts a list of integers and fix the bug in it."
AT = ("--as-of", "2026-11-20")
Jc = Callable[..., str]


def measured(folder: Path, good: str, other: str) -> Jc:
    """A catalog that has learned from a run in which `good` is always right in one word and `other` is long and wrong."""
    folder.mkdir()
    shutil.copytree(ROOT / "catalogs", folder / "catalogs")
    check = [{"type": "contains", "value": "right"}]
    rows = [{"id": f"p{n}", "prompt": f"{n}. {PROMPT}", "category": "code", "checks": check} for n in range(12)]
    (folder / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    table = {"code": {"pool": [MINI, FLASH], "preference": "quality"}, "general": {"model": MINI}}
    head = {"schema_version": 1, "name": "mine", "default": "general", "routes": table}
    (folder / "mine.yaml").write_text(json.dumps(head, indent=1), "utf-8")
    log = {"ts": "2026-11-01T00:00:00Z", "model": MINI, "input_tokens": 100, "output_tokens": 60, "route_class": "code"}
    (folder / "log.jsonl").write_text((json.dumps(log) + "\n") * 50, "utf-8")
    env = {**os.environ, "JC_API_KEY": "k", "XDG_CACHE_HOME": str(folder / "cache"), "NO_COLOR": "1", "COLUMNS": "140"}

    def jc(*arguments: str) -> str:
        command = [sys.executable, "-m", "jc", *arguments, "-C", "catalogs"]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    with FakeProvider(Script(answers={f'"{good}"': "right " * 10, f'"{other}"': "wrong " * 60})) as server:
        jc("evals", "run", "-c", f"{MINI},{FLASH}", "-p", "set.jsonl", "--base-url", server.url, "--run-dir", "runs/one", "-q")
    jc("catalog", "import", "evals", "one")
    return jc


@pytest.mark.parametrize(("good", "other"), [(MINI, FLASH), (FLASH, MINI)])
def test_the_model_that_answers_better_is_the_one_that_is_chosen(tmp_path: Path, good: str, other: str) -> None:
    """Two runs with opposite outcomes give opposite routes, qualities, token counts and optima; nothing else differs."""
    jc = measured(tmp_path / "place", good, other)
    explained = jc("tiers", "explain", good, *AT)
    routed = json.loads(jc("route", PROMPT, "-r", "mine.yaml", *AT, "--format", "json"))
    simulated = json.loads(jc("simulate", "log.jsonl", "-r", f"pin:{FLASH}", "--format", "json"))
    best = json.loads(jc("optimize", "log.jsonl", "--pool", f"{MINI},{FLASH}", "--min-quality", "1", "--format", "json"))
    tables: dict[str, Any] = {table["name"]: table for table in simulated["tables"]}
    quality = {name: figure(table["quality"]) for name, table in tables.items()}

    assert "own_eval/set" in explained
    assert routed["model"] == good
    assert quality["as logged"] == (1.0 if good == MINI else 0.0)
    assert quality[f"pin:{FLASH}"] == (1.0 if good == FLASH else 0.0)
    # 60 tokens of the log's own model are 360 or 10 of the other, as the run measured; prices are $0.30 and $2.50 a million.
    tokens = 360 if good == MINI else 10
    assert figure(tables[f"pin:{FLASH}"]["cost_usd"]) == pytest.approx(50 * (100 * 0.30 + tokens * 2.50) / 1e6)
    assert [row["routes"]["code"] for row in best["frontier"] if row["chosen"]] == [good]


def figure(value: Any) -> float:
    """A figure that stands alone or with its interval."""
    return float(value["value"] if isinstance(value, dict) else value)


def test_lessons_go_only_where_the_user_said(tmp_path: Path) -> None:
    """Without a catalog of one's own an import is refused and nothing is written; a file that is named takes the lessons."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("JC_")}
    env |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "NO_COLOR": "1"}

    def jc(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "jc", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    ran = jc(
        "evals", "run", "-c", "demo/strong,demo/hasty", "-p", "demo", "-j", "demo/judge", "--limit", "4", "--run-dir", "one", "-q"
    )
    assert ran.returncode == 0, ran.stderr
    refused = jc("catalog", "import", "evals", "one")
    summary = json.loads((tmp_path / "one/summary.json").read_text("utf-8"))
    (tmp_path / "one/summary.json").write_text(json.dumps({**summary, "missing": 2, "missing_verdicts": 6}), "utf-8")
    named = jc("catalog", "import", "evals", "one", "-o", "mine.yaml")

    assert refused.returncode == 2
    assert "`-o FILE.yaml`" in refused.stderr
    assert "`-C FOLDER`" in refused.stderr
    assert not (ROOT / "catalogs/benchmarks/own-eval-demo.yaml").exists()
    assert named.returncode == 0, named.stderr
    assert "warning: the run `one` was stopped: 2 answers and 6 verdicts are missing" in named.stderr
    assert "own_eval/demo" in (tmp_path / "mine.yaml").read_text("utf-8")
