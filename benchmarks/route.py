"""How fast `jc` starts and decides: ratios to bare imports of the same run, microseconds a decision, prompts a second of a file.

Start-up is CPU time of whole processes, user and system, because another program on the machine then counts less; a case and its
unit are run in turn, the figure is the ratio of their medians. The first call of each, which makes the snapshot and the compiled
files, is not counted.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jc.errors import Problem

RUNS = 15
_CHUNK = 5_000
_TYPER, _YAML = "import typer", "import typer, yaml"
_JC = "import sys; sys.argv = ['jc', {words}]\nfrom jc.cli.main import main; main()"
STARTS: tuple[tuple[str, tuple[str, ...], str, float], ...] = (
    ("jc --help", ("--help",), _TYPER, 1.4),
    ('jc route "…"', ("route", "Prove that sqrt(2) is irrational"), _YAML, 1.6),
    ('jc route -r auto "…"', ("route", "-r", "auto", "Prove that sqrt(2) is irrational"), _YAML, 1.6),
    ("jc tiers show", ("tiers", "show"), _YAML, 2.0),
)
PROMPTS = (
    "hi", "Prove that sqrt(2) is irrational", "write a regex for emails", "Summarise this contract in five bullet points",
    "Book me a flight to Lisbon and add it to my calendar", "wie spät ist es in Tokio?", "证明根号2是无理数",
    "def f(x):\n    return x+1\n\nWhy does this fail with None?", "What is the capital of Peru?",
    "Draft a polite reply to a customer",
)  # fmt: skip


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["XDG_CACHE_HOME"] = cache
        print(f"Start-up, CPU time of whole processes, medians of {RUNS} runs in turn:\n")
        print("| command | ms | unit | ms | ratio | goal |\n| --- | ---: | --- | ---: | ---: | ---: |")
        for name, words, unit, goal in STARTS:
            mine, theirs = paired(_JC.format(words=", ".join(map(repr, words))), unit, environment)
            print(f"| `{name}` | {mine:.0f} | `{unit}` | {theirs:.0f} | {mine / theirs:.2f} | {goal} |")
    print("\nIn process, one core:\n\n| what | figure | goal |\n| --- | ---: | ---: |")
    for what, figure, goal in in_process():
        print(f"| {what} | {figure} | {goal} |")


def paired(code: str, unit: str, environment: dict[str, str]) -> tuple[float, float]:
    """Median CPU milliseconds of a program and of its unit, run in turn."""
    cpu_ms(code, environment)
    pairs = [(cpu_ms(code, environment), cpu_ms(unit, environment)) for _ in range(RUNS)]
    return statistics.median(mine for mine, _ in pairs), statistics.median(theirs for _, theirs in pairs)


def cpu_ms(code: str, environment: dict[str, str]) -> float:
    """User and system milliseconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def in_process() -> list[tuple[str, str, str]]:
    """Decisions and files, as name, figure and goal."""
    from jc.catalog.load import load_catalog
    from jc.routing.classify import classifier
    from jc.routing.decide import Router, _Deciding
    from jc.routing.incoming import Flags, request_of
    from jc.routing.prepared import prepare
    from jc.routing.request import Health
    from jc.routing.table import load_table

    catalog, at, known = load_catalog(), datetime.now(UTC), classifier()
    out: list[tuple[str, str, str]] = []
    for name in ("five-way", "auto", "tier-swap"):
        prepared = prepare(load_table(name, catalog), catalog, at)
        bodies = [{"prompt": prompt, "model": "openai/gpt-4o" if name == "tier-swap" else "auto"} for prompt in PROMPTS]
        asked = [request_of(body, Flags(), known, languages=True) for body in bodies]
        first = per_item_us(lambda one, ready=prepared: _Deciding(ready, one, Health()).made(), asked)
        goal = "≤ 50 µs" if name == "five-way" else "–"
        out.append((f"`decide`, {name}, a request never seen", f"{first:.0f} µs", goal))
        out.append((f"`decide`, {name}, a request seen before", f"{per_item_us(Router(prepared).decide, asked):.1f} µs", "–"))
    short = per_item_us(known.classify, PROMPTS)
    out.append(("classify, short prompts", f"{short:.0f} µs", "≤ 100 µs"))
    return [*out, *batches()]


def per_item_us(run: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Microseconds of CPU time for each item, the best of many repeats."""
    best = float("inf")
    for _ in range(50):
        started = time.process_time()
        for _ in range(20):
            for item in items:
                run(item)
        best = min(best, time.process_time() - started)
    return best / 20 / len(items) * 1e6


def batches(lines: int = 100_000) -> list[tuple[str, str, str]]:
    """Prompts a second of a file, all different, from bytes to JSON text."""
    from jc.catalog.load import load_catalog
    from jc.routing.batch import Batch, read_lines
    from jc.routing.classify import classifier
    from jc.routing.decide import Router
    from jc.routing.incoming import Flags
    from jc.routing.prepared import prepare
    from jc.routing.request import Health
    from jc.routing.table import load_table

    catalog = load_catalog()
    raw = [json.dumps({"id": n, "prompt": f"{PROMPTS[n % len(PROMPTS)]} {n}"}).encode() for n in range(lines)]
    router = Router(prepare(load_table("five-way", catalog), catalog, datetime.now(UTC)))
    deciding = Batch(router, Flags(), classifier(), Health())
    problems: list[Problem] = []
    best = float("inf")
    with Path(os.devnull).open("w", encoding="utf-8") as sink:
        for start in range(0, lines, _CHUNK):
            started = time.process_time()
            found = read_lines(raw[start : start + _CHUNK], "prompts.jsonl", problems)
            sink.writelines(deciding.line(incoming, number, "prompts.jsonl", problems) for number, incoming in found)
            best = min(best, time.process_time() - started)
    return [(f"a file of {lines:,} different prompts, the best {_CHUNK:,} lines", f"{_CHUNK / best:,.0f} prompts/s", "≥ 20,000")]


if __name__ == "__main__":
    main()
