"""The same evals in promptfoo and inspect_ai, and the same price look-ups in genai-prices, side by side in one run.

Peers are installed apart: `JC_BENCH_PEERS` names a folder with a virtual environment (`bin/python`, with inspect_ai, openai and
genai-prices) and `node_modules/.bin/promptfoo`. A peer that is not there has a row that says so. Work as in `evals`: 500 prompts,
three candidates, one judge call per answer, 100 ms a call; the wall time of the whole process, by turns.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.evals import LATENCY_S, Taken, run, served

PROMPTS = int(os.environ.get("JC_BENCH_PROMPTS", "500"))
REPEATS = int(os.environ.get("JC_BENCH_REPEATS", "3"))
CONCURRENCY = 32
CANDIDATES = ("ant", "bee", "cat")
PEERS = Path(os.environ.get("JC_BENCH_PEERS", "peers"))
_INSPECT = """
import sys
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.scorer import model_graded_qa
url, prompts, width, place = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
samples = [Sample(id=str(n), input=f"Question {n}: why is the sky blue?", target="scattering") for n in range(prompts)]
models = [f"openai-api/local/{name}" for name in ("ant", "bee", "cat")]
task = Task(dataset=samples, scorer=model_graded_qa(model="openai-api/local/judge"))
eval(task, model=models, max_connections=width, max_samples=width, max_tasks=3, log_dir=place, display="none", max_tokens=64)
"""
_PRICES = """
import json, sys, time
from genai_prices import Usage, calc_price
count = 20000
usage = Usage(input_tokens=1200, output_tokens=300)
calc_price(usage, model_ref="gpt-4o", provider_id="openai")
started = time.perf_counter()
for _ in range(count):
    calc_price(usage, model_ref="gpt-4o", provider_id="openai")
print((time.perf_counter() - started) / count * 1e6)
"""


def waited(command: list[str], place: Path, environment: dict[str, str]) -> Taken:
    """Run a peer to its end; wall and CPU seconds with those of its children, peak memory of the largest."""
    started = time.perf_counter()
    with (place / "peer.log").open("wb") as log:
        child = subprocess.Popen(command, cwd=place, env={**os.environ, **environment}, stdout=log, stderr=log)
        _pid, status, used = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in {0, 100}:  # promptfoo leaves with 100 when an assertion failed
        raise SystemExit(f"{command[0]} failed: {(place / 'peer.log').read_text('utf-8', 'replace')[-2000:]}")
    return Taken(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def jc(url: str, place: Path) -> Taken:
    """The work in `jc evals run`."""
    lines = (json.dumps({"id": f"p{n}", "prompt": f"Question {n}: why is the sky blue?"}) for n in range(PROMPTS))
    (place / "set.jsonl").write_text("\n".join(lines), "utf-8")
    return run(place, url, CONCURRENCY)


def inspect(url: str, place: Path) -> Taken:
    """The work in inspect_ai."""
    (place / "work.py").write_text(_INSPECT, "utf-8")
    command = [str(PEERS / "bin/python"), "work.py", url, str(PROMPTS), str(CONCURRENCY), str(place / "logs")]
    return waited(command, place, {"LOCAL_API_KEY": "none", "LOCAL_BASE_URL": url})


def promptfoo(url: str, place: Path) -> Taken:
    """The work in promptfoo."""
    said = {"apiBaseUrl": url, "apiKey": "none", "max_tokens": 64}
    judge = {"id": "openai:chat:judge", "config": said}
    setting = {
        "prompts": ["{{question}}"],
        "providers": [{"id": f"openai:chat:{name}", "config": said} for name in CANDIDATES],
        "defaultTest": {"assert": [{"type": "llm-rubric", "value": "names scattering", "provider": judge}]},
        "tests": [{"vars": {"question": f"Question {n}: why is the sky blue?"}} for n in range(PROMPTS)],
    }
    (place / "promptfooconfig.json").write_text(json.dumps(setting), "utf-8")
    command = [str(PEERS / "node_modules/.bin/promptfoo"), "eval", "-c", "promptfooconfig.json", "--no-cache", "--no-table"]
    command += ["--no-progress-bar", "--no-write", "--max-concurrency", str(CONCURRENCY), "-o", "out.json"]
    quiet = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_CONFIG_DIR": str(place / "home")}
    return waited(command, place, quiet)


def price_us() -> float:
    """Microseconds of one exact price in `jc`."""
    from datetime import UTC, datetime

    from jc.catalog.load import cached_catalog
    from jc.catalog.names import resolve
    from jc.catalog.price import price
    from jc.quantities import Usage

    offer, at, count = resolve(cached_catalog(), "openai/gpt-4o"), datetime(2026, 11, 20, tzinfo=UTC), 20_000
    usage = Usage(input_tokens=1200, output_tokens=300)
    started = time.perf_counter()
    for _ in range(count):
        price(offer, usage, at)
    return (time.perf_counter() - started) / count * 1e6


def evals_table() -> None:
    """Print the same evals in each tool, by turns."""
    tools: dict[str, tuple[Callable[[str, Path], Taken], Path | None]] = {
        "jc": (jc, None),
        "promptfoo": (promptfoo, PEERS / "node_modules/.bin/promptfoo"),
        "inspect_ai": (inspect, PEERS / "bin/inspect"),
    }
    calls = PROMPTS * len(CANDIDATES) * 2
    found: dict[str, list[Taken]] = {name: [] for name, (_, needed) in tools.items() if needed is None or needed.exists()}
    server, url = served()
    try:
        for _ in range(REPEATS):
            for name, taken in found.items():
                with tempfile.TemporaryDirectory() as place:
                    taken.append(tools[name][0](url, Path(place)))
    finally:
        server.terminate()
        server.wait()
    print(f"{calls:,} calls of {LATENCY_S * 1000:.0f} ms, {CONCURRENCY} in flight, median of {REPEATS}\n")
    print("| tool | wall ÷ ideal | ÷ jc | CPU ms a call | peak MiB |\n| --- | ---: | ---: | ---: | ---: |")
    ideal = calls * LATENCY_S / CONCURRENCY
    ours = median(one.wall_s for one in found["jc"])
    for name in tools:
        if name not in found:
            print(f"| {name} | not installed | – | – | – |")
            continue
        wall = median(one.wall_s for one in found[name])
        cpu, peak = median(one.cpu_s for one in found[name]), median(one.peak_mib for one in found[name])
        print(f"| {name} | {wall / ideal:.2f} | {wall / ours:.1f} | {cpu / calls * 1e3:.2f} | {peak:.0f} |")


def prices_table() -> None:
    """Print the time of one price in `jc` and in genai-prices."""
    print("\n| one price | µs |\n| --- | ---: |")
    print(f"| jc (exact, dated, with conditions) | {price_us():.1f} |")
    if (PEERS / "bin/python").exists():
        done = subprocess.run([str(PEERS / "bin/python"), "-c", _PRICES], capture_output=True, text=True, check=False)
        if not done.returncode:
            print(f"| genai-prices | {float(done.stdout):.1f} |")
            return
        print(done.stderr[-300:], file=sys.stderr)
    print("| genai-prices | not installed |")


if __name__ == "__main__":
    evals_table()
    prices_table()
