"""Completion as a real bash asks for it: commands, options, and the values that the catalog holds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def completed(words: str, place: Path, **more: str) -> list[str]:
    """What bash offers after these words (the last one is still being typed)."""
    script = 'eval "$(jc completion bash)"; COMP_WORDS=($WORDS); [ "${WORDS: -1}" = " " ] && COMP_WORDS+=(""); '
    script += 'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _jc_completion jc; printf "%s\\n" "${COMPREPLY[@]}"'
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JC_")}
    environment |= {"WORDS": words, "XDG_CACHE_HOME": str(place / ".cache"), **more}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=place, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("jc eva", "evals"),
        ("jc route --rou", "--routes"),
        ("jc tiers explain openai/gpt-4", "openai/gpt-4o"),
        ("jc tiers explain gpt-4o-m", "gpt-4o-mini"),
        ("jc evals run --judge-mode po", "pointwise"),
        ("jc evals run -p de", "demo"),
        ("jc catalog import open", "openrouter"),
        ("jc tiers show che", "cheap-fast"),
        ("jc route -r ", "five-way"),
        ("jc evals run -c gpt-4o-mini,claude-s", "gpt-4o-mini,claude-sonnet-4-5"),
        ("jc help e", "exit-codes"),
        ("jc catalog pick --job b", "budget"),
        ("jc tiers swap gpt-4o --region i", "in"),
        ("jc completion f", "fish"),
    ],
)
def test_bash_offers_what_could_follow(words: str, offered: str, tmp_path: Path) -> None:
    """After the words stands the command, the option or the value of the catalog that begins so."""
    assert offered in completed(words, tmp_path)


def test_runs_are_offered_by_their_folders(tmp_path: Path) -> None:
    """A run is completed from the run folders that are here."""
    (tmp_path / "runs" / "cosy-otter").mkdir(parents=True)

    assert completed("jc evals show co", tmp_path) == ["cosy-otter"]


def test_a_broken_catalog_offers_nothing_and_is_silent(tmp_path: Path) -> None:
    """Completion never prints an error into the line that is being typed."""
    (tmp_path / "catalog.yaml").write_text("schema_version: [", "utf-8")

    assert completed("jc tiers explain openai/", tmp_path, JC_CATALOG=str(tmp_path)) == []
