"""`jc catalog export` as a user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml


def export(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One call off a terminal."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(place / ".cache"), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "jc", "catalog", "export", *arguments]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)


def test_the_configuration_is_on_stdout_and_what_it_cannot_say_on_stderr(tmp_path: Path) -> None:
    """The same list stands as comments on top of the file."""
    done = export(tmp_path, "five-way", "--to", "litellm")
    config = yaml.safe_load(done.stdout)

    assert done.returncode == 0
    assert {entry["model_name"] for entry in config["model_list"]} >= {"five-way", "five-way-code", "qwen/qwen3-coder"}
    assert "LiteLLM cannot say:" in done.stderr
    for line in done.stderr.splitlines()[1:]:
        assert line.split()[0] in done.stdout


def test_a_file_gets_the_format_of_its_suffix(tmp_path: Path) -> None:
    """YAML for the proxy, JSON with the list of what is left out."""
    assert export(tmp_path, "auto", "-o", "config.yaml", "-o", "config.json", "-q").returncode == 0

    found = json.loads((tmp_path / "config.json").read_text("utf-8"))
    assert found["schema"] == "jc.export/1"
    assert found["not_expressed"]
    assert yaml.safe_load((tmp_path / "config.yaml").read_text("utf-8"))["model_list"]


def test_the_plain_export_is_json_in_itself(tmp_path: Path) -> None:
    """Chains, rules and models for any other gateway."""
    found = json.loads(export(tmp_path, "support", "--to", "json").stdout)

    assert found["routes"]["code"]["model"] == "qwen/qwen3-coder"
    assert found["rules"][0]["when"] == {"vision": True}


@pytest.mark.parametrize(
    ("arguments", "words"), [(("five-wya",), "did you mean `five-way`"), (("auto", "--to", "nginx"), "litellm or json")]
)
def test_a_mistake_is_exit_2_with_one_hint(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """Wrong usage says what and one hint."""
    done = export(tmp_path, *arguments)

    assert done.returncode == 2
    assert words in done.stderr
