"""Every command with arguments that work, and the values that no option should stumble over."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.main import get_command

from jc.cli.main import app, register

ROOT = Path(__file__).parents[2]

# Arguments with which a command does its work quickly; none of them leaves the machine.
_RUN = "-c demo/strong,demo/hasty -p set.jsonl -j demo/judge"
BASE: dict[str, str] = {
    "route": "hello",
    "simulate": "traffic.jsonl -r five-way",
    "optimize": "traffic.jsonl",
    "demo": "--folder /proc/self/nowhere",
    "help": "exit-codes",
    "completion": "bash",
    "evals run": f"{_RUN} --dry-run",
    "evals plan": _RUN,
    "evals label": "run",
    "evals list": "",
    "evals show": "run",
    "evals resume": "run",
    "evals rejudge": "run --judge demo/judge",
    "evals compare": "run run",
    "evals gate": "run --baseline run",
    "evals judge-test": "--judge demo/judge --limit 1",
    "evals report": "run",
    "evals stats": "verdicts.csv",
    "tiers show": "",
    "tiers assign": "",
    "tiers explain": "gpt-4o",
    "tiers swap": "gpt-4o",
    "tiers drift": "",
    "catalog check": "catalogs",
    "catalog list": "",
    "catalog show": "gpt-4o",
    "catalog price": "gpt-4o",
    "catalog schema": "offers",
    "catalog diff": "main",
    "catalog export": "five-way",
    "catalog compare": "gpt-4o,gpt-4o-mini",
    "catalog pick": "--job budget",
    "catalog import": "litellm list.json -o imported",
    "catalog drift": "--against list.json",
    "catalog calendar": "",
    "classifier score": "labels.jsonl",
    "classifier test": "labels.jsonl",
    "classifier calibrate": "labels.jsonl --target-accuracy 0.9",
    "classifier train": "labels.jsonl",
    "traffic profile": "traffic.jsonl",
    "traffic convert": "canonical traffic.jsonl",
    "traffic cube": "traffic.jsonl -o cube.parquet",
    "traffic synth": "week.yaml",
}
VALUES: dict[str, str] = {
    "empty": "",
    "huge number": "9" * 400,
    "negative": "-1",
    "beyond a double": "1e309",
    "not a number": "nan",
    "words": "no such thing",
    "not UTF-8": "caf\udce9\udcff",
    "a path": "../nowhere/x",
    "a folder": ".",
    "a path of the system": "/proc/self/nowhere",
    "escapes": "\x1b]0;title\x07[/red]{{7*7}}%s",
    "a long text": "x" * 100_000,
    "a zero": "0",
    "tiny": "1e-320",
    "separators": ",=:@|;",
}


def leaves() -> Iterator[tuple[str, Any]]:
    """Every command by its words."""
    register()

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        inner_ones: dict[str, Any] | None = getattr(command, "commands", None)
        if inner_ones is not None:
            for name, inner in inner_ones.items():
                yield from walk(inner, (*words, name))
        else:
            yield " ".join(words), command

    return walk(get_command(app), ())


def without(words: list[str], option: Any) -> list[str]:
    """The arguments without an option that is going to be given another value."""
    out, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in option.opts:
            skip = not option.is_flag
        else:
            out.append(word)
    return out


def attempts() -> Iterator[tuple[str, str, list[str]]]:
    """What is varied, the kind of value, and the command line: every option and every argument with every value."""
    for name, command in leaves():
        base = BASE.get(name, "").split()
        arguments = [word for word in base if not word.startswith("-")]
        for parameter in command.params:
            # The tour takes a minute in every folder that it can make.
            if parameter.name == "help" or (name, parameter.name) == ("demo", "folder"):
                continue
            for kind, value in VALUES.items():
                if parameter.param_type_name == "argument":
                    place = next((base.index(word) for word in arguments[:1]), 0)
                    line = [*base[:place], value, *base[place + 1 :]] if base and not base[0].startswith("-") else [value, *base]
                    line = ["--", *line] if value.startswith("-") and "-" not in "".join(word[:1] for word in base) else line
                else:
                    option = max(parameter.opts, key=len)
                    line = [*without(base, parameter), f"{option}={value}"]
                yield f"{name} {max(parameter.opts, key=len)}", kind, [*name.split(), *line]


def world(place: Path) -> None:
    """The files that the base arguments name, and a catalog of its own, so that nothing outside can be written."""
    shutil.copytree(ROOT / "catalogs", place / "catalogs")
    shutil.copy(ROOT / "evalsets" / "tour" / "week.yaml", place / "week.yaml")
    start = datetime(2026, 10, 5, 10, tzinfo=UTC)
    log = [
        {"ts": (start + timedelta(minutes=n)).isoformat(), "request_id": f"r{n}", "model": "openai/gpt-4o", "key": f"k{n % 3}",
         "route_class": "general", "session": f"s{n % 5}", "input_tokens": 500, "output_tokens": 200, "latency_ms": 900}
        for n in range(60)
    ]  # fmt: skip
    labels = [{"prompt": "What is the capital of France?", "label": "simple"}, {"prompt": "Prove it", "label": "reasoning"}]
    prompts = [{"id": f"p{n}", "prompt": f"Question {n}?"} for n in range(2)]
    files: dict[str, list[dict[str, Any]]] = {"traffic": log, "labels": [*labels], "set": [*prompts]}
    for name, rows in files.items():
        (place / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    verdicts = [
        "prompt_id,a,b,order,judge,score_a",
        *(f"p{n},one,two,{order},j,{n % 2}" for n in range(9) for order in ("ab", "ba")),
    ]
    (place / "verdicts.csv").write_text("\n".join(verdicts) + "\n", "utf-8")
    entry = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2e-06, "output_cost_per_token": 1e-05}
    (place / "list.json").write_text(json.dumps({"gpt-4o": entry}), "utf-8")
    for words in ("init -q -b main", "add catalogs", "-c user.name=a -c user.email=a@example.com commit -q -m x"):
        subprocess.run(["git", "-c", "commit.gpgsign=false", *words.split()], cwd=place, check=True)
