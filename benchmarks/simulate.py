"""`jc simulate` beside DuckDB's plain read of the same file: ratios of medians, measured by turns in one run.

`JC_BENCH_ROWS` (default 1,000,000) sets the size, `JC_BENCH_REPEATS` (default 5) the repeats. Start-up is the same command on a
log of one line and is taken off, as the goals say.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._simulate_logs import LITELLM, MODELS, PANDAS, READ, as_parquet, without_bad, written
from benchmarks.peers import PEERS

ROWS = int(os.environ.get("JC_BENCH_ROWS", "1000000"))
REPEATS = int(os.environ.get("JC_BENCH_REPEATS", "5"))
TABLES = ("five-way", "support", "auto", "tier-swap", "pin:llama-3.3-70b-instruct")
FIXTURES = Path(__file__).parents[1] / "tests" / "traffic" / "fixtures"
PROMPT_WORDS = 300
LITELLM_ROWS = 5_000


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds of a process and its peak in MiB."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def simulated(log: Path, tables: tuple[str, ...] = TABLES, *more: str) -> list[str]:
    """The command over a log and some tables."""
    return [sys.executable, "-m", "jc", "simulate", str(log), "-q", *more, *(part for name in tables for part in ("-r", name))]


def by_turns(commands: Mapping[str, list[str]]) -> dict[str, tuple[float, float]]:
    """Median seconds and largest peak of each command, run by turns so that the machine's moods are shared."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(REPEATS):
        for name, command in commands.items():
            found[name].append(timed(command))
    return {name: (statistics.median(one for one, _ in runs), max(peak for _, peak in runs)) for name, runs in found.items()}


def answer(command: list[str]) -> dict[str, Any]:
    """What a simulation says, as JSON."""
    found: dict[str, Any] = json.loads(subprocess.run([*command, "-f", "json"], check=True, capture_output=True).stdout)
    return found


def line(what: str, measured: str, goal: str = "") -> None:
    """One row of the table."""
    print(f"| {what} | {measured} | {goal} |", flush=True)


def main() -> None:
    """Print the table of the goals."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder / "log.jsonl", ROWS)
        written(folder / "one.jsonl", 1)
        written(folder / "one-text.jsonl", 1, words=PROMPT_WORDS)
        as_parquet(folder / "one.jsonl", folder / "one.parquet")
        print(f"{ROWS:,} rows; medians of {REPEATS}, start-up taken off\n\n| what | measured | goal |\n| --- | --- | --- |")
        unit, five = _tables(folder)
        _parquet(folder)
        _corrupt(folder, five)
        _peers(folder, five)
        (folder / "log.jsonl").unlink()
        _texts(folder)
        _percentiles(folder)
    _state()
    _fits()
    print(f"\nDuckDB reads the needed columns of the log in {unit:.2f} s.")


def _tables(folder: Path) -> tuple[float, float]:
    log, one = folder / "log.jsonl", folder / "one.jsonl"
    many = tuple(f"pin:{model}" for model in MODELS) * 20
    found = by_turns(
        {
            "read": [sys.executable, "-c", READ, str(log)],
            "read nothing": [sys.executable, "-c", READ, str(one)],
            "five": simulated(log),
            "five, start": simulated(one),
            "one table": simulated(log, TABLES[:1]),
            "hundred": simulated(log, many),
        }
    )
    unit = found["read"][0] - found["read nothing"][0]
    five = found["five"][0] - found["five, start"][0]
    line("five tables ÷ DuckDB's read", f"{five / unit:.2f} ({five:.2f} s)", "≤ 1.3")
    line("peak of the process", f"{found['five'][1]:.0f} MiB", f"≤ {250 if ROWS <= 2_000_000 else 300} MiB")
    line("100 tables ÷ one", f"{found['hundred'][0] / found['one table'][0]:.2f}", "≤ 1.1")
    return unit, five


def _parquet(folder: Path) -> None:
    log, one = as_parquet(folder / "log.jsonl", folder / "log.parquet"), folder / "one.parquet"
    _ratio("Parquet ÷ its DuckDB read", log, one, "≤ 2.0")


def _ratio(what: str, log: Path, one: Path, goal: str) -> None:
    found = by_turns(
        {
            "read": [sys.executable, "-c", READ, str(log)],
            "read nothing": [sys.executable, "-c", READ, str(one)],
            "five": simulated(log),
            "five, start": simulated(one),
        }
    )
    unit = found["read"][0] - found["read nothing"][0]
    five = found["five"][0] - found["five, start"][0]
    line(what, f"{five / unit:.2f} ({five:.2f} s, {found['five'][1]:.0f} MiB)", goal)


def _corrupt(folder: Path, five: float) -> None:
    dirty, clean = folder / "dirty.jsonl", folder / "clean.jsonl"
    faults = written(dirty, ROWS, 0.01)
    found = by_turns({"dirty": simulated(dirty), "start": simulated(folder / "one.jsonl")})
    seconds = found["dirty"][0] - found["start"][0]
    line("1 % bad rows: share of the clean speed", f"{five / seconds:.0%} ({found['dirty'][1]:.0f} MiB)", "≥ 80 %")
    without_bad(dirty, clean)
    said, true = answer(simulated(dirty)), answer(simulated(clean))
    exact = said["rows"]["by_reason"] == {reason: count for reason, count in faults.items() if count}
    same = [row["cost_usd"] for row in said["tables"]] == [row["cost_usd"] for row in true["tables"]]
    counts, totals = "exact" if exact else f"WRONG: {said['rows']['by_reason']} for {faults}", "equal" if same else "DIFFERENT"
    line("the same: counts by reason, costs against those of the clean rows", f"{counts}, {totals}", "exact, equal")
    dirty.unlink()
    clean.unlink()


def _peers(folder: Path, five: float) -> None:
    if find_spec("pandas") is not None:
        seconds = timed([sys.executable, "-c", PANDAS, str(folder / "log.jsonl")])[0]
        line("the obvious pandas program ÷ jc", f"{seconds / five:.0f} × ({seconds:.1f} s, once)", "≥ 15 ×")
    python = with_litellm()
    if python is None:
        line("a loop over litellm.cost_per_token ÷ jc", "litellm is not installed here", "≥ 300 ×")
        return
    few = folder / "few.jsonl"
    written(few, LITELLM_ROWS)
    nothing = timed([python, "-c", LITELLM, str(folder / "one.jsonl")])[0]
    seconds = (timed([python, "-c", LITELLM, str(few)])[0] - nothing) * ROWS / LITELLM_ROWS
    line("a loop over litellm.cost_per_token ÷ jc", f"{seconds / five:.0f} × (from {LITELLM_ROWS:,} rows)", "≥ 300 ×")


def with_litellm() -> str | None:
    """A Python that has litellm: this one, or that of the peers; it is told to take its own price list, not the network's."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    for python in (sys.executable, str(PEERS / "bin" / "python")):
        there = Path(python).is_file()
        if there and subprocess.run([python, "-c", "import litellm"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def _texts(folder: Path) -> None:
    """A log whose rows carry their prompts; how fast prompts are classified is told apart."""
    from jc.routing.classify import classifier

    log = folder / "text.jsonl"
    written(log, ROWS // 5, words=PROMPT_WORDS)
    size = log.stat().st_size / 1e6
    _ratio(f"log with prompts ({size:,.0f} MB) ÷ its DuckDB read", log, folder / "one-text.jsonl", "≤ 1.2")
    prompts = [f"Please summarise contract {number} and tell me which clauses change the price." for number in range(20_000)]
    classes = classifier()
    classes.classify(prompts[0])
    started = time.perf_counter()
    for prompt in prompts:
        classes.classify(prompt)
    line("prompts classified a second, one core", f"{len(prompts) / (time.perf_counter() - started):,.0f}", "≥ 20,000")


def _percentiles(folder: Path) -> None:
    """The cube's and the row engine's quantiles against those of every row, with known speeds."""
    from jc.catalog.load import load_catalog
    from jc.routing.table import load_table
    from jc.simulate.run import simulate
    from jc.simulate.simulation import Question
    from jc.simulate.speeds import EXACT, Speed
    from jc.simulate.terms import Allowance, Terms

    log = folder / "quantiles.jsonl"
    written(log, min(ROWS, 200_000))
    catalog = load_catalog(None)
    table = load_table("pin:openai/gpt-4o", catalog)
    speeds = {name: Speed(0.4, 2e-4, 2e-5, 0.012, EXACT, "file") for name in catalog.offers}
    question = Question(str(log), [("pin", table)], datetime.now(UTC), speeds=speeds)
    rows = [json.loads(text) for text in log.read_text().splitlines()]
    columns = (np.array([row[name] for row in rows], float) for name in ("input_tokens", "cached_input_tokens", "output_tokens"))
    prompt, cached, output = columns
    shares = (0.5, 0.9, 0.95, 0.99)
    true = np.quantile(speeds["openai/gpt-4o"].seconds(prompt - cached, cached, output), shares)
    endless = Terms(Allowance(2**60, 10**12))
    for what, terms, goal in (("cube", Terms(), "≤ 1 %"), ("row engine", endless, "≤ 0.4 %")):
        latency = simulate(Question(**{**_fields(question), "terms": terms}), catalog).estimates[1].latency
        assert latency is not None
        off = max(abs(float(one or 0) / two - 1) for one, two in zip(latency.quantiles(shares), true, strict=True))
        line(f"latency percentiles, {what}: furthest off", f"{off:.2%}", goal)


def _fields(question: Any) -> dict[str, Any]:
    return {name: getattr(question, name) for name in question.__dataclass_fields__}


def rows_a_second(fast: bool) -> tuple[float, Callable[[], bool]]:
    """Speed of the coupled scan (cache, price, budget); the second is whether plain and compiled agree."""
    from jc.simulate.scans import coupled, run, state_of

    count = 1_000_000
    chance = np.random.default_rng(0)
    base = chance.integers(10**8, 10**10, count)
    columns = [
        np.sort(chance.integers(0, 30 * 86_400 * 10**6, count)),
        chance.integers(0, 2000, count),
        chance.integers(0, count // 10, count),
        chance.integers(0, 6, count),
        base,
        base * 6 // 10,
        base // 10,
        base // 12,
        np.full(6, 300 * 10**6),
    ]
    budgets = tuple(np.full(2000, value) for value in (5 * 3600 * 10**6, 5 * 10**10, 2 * 10**9, 0))
    terms = np.array([0, 5])

    def once(quick: bool) -> tuple[float, list[Any]]:
        state = [
            state_of(count // 10, -1),
            state_of(count // 10),
            (state_of(2000), state_of(2000, -(2**61)), state_of(2000)),
            *(np.zeros(count, dtype=np.int64) for _ in range(3)),
        ]
        started = time.perf_counter()
        run(coupled, [*columns, budgets, terms, *state], fast=quick)
        return time.perf_counter() - started, state

    seconds = min(once(fast)[0] for _ in range(4))
    return count / seconds, lambda: all(
        (one == other).all() for one, other in zip(once(True)[1][3:], once(False)[1][3:], strict=True)
    )


def _state() -> None:
    plain, agree = rows_a_second(fast=False)
    line("coupled state, plain Python", f"{plain / 1e6:.2f} M rows/s", "≥ 1 M")
    if find_spec("numba") is None:
        line("coupled state, numba", "numba is not installed here", "≥ 40 M")
        return
    fast, _ = rows_a_second(fast=True)
    line("coupled state, numba", f"{fast / 1e6:.0f} M rows/s, {'identical' if agree() else 'DIFFERENT'}", "≥ 40 M")


def _fits() -> None:
    """Errors of the latency fit and of the batching server on the real traces."""
    pin = ("pin:openai/gpt-4o",)
    tested = answer(simulated(FIXTURES / "agent_sessions.jsonl.gz", pin, "--backtest"))["backtest"]
    errors = ", ".join(f"{key} {tested['fit'][key]:+.1%}" for key in ("total", "p50", "p95", "p99"))
    line("unseen agent sessions", f"{errors}, covered {tested['coverage_90']:.1%}", "2 %, 5 %, 87–93 %")
    for log in ("vllm_rtx4090_llama-3.1-8b.jsonl", "vllm_rtxpro6000_qwen3-32b.jsonl"):
        overload = answer(simulated(FIXTURES / log, pin, "--overload"))["overload"]
        line(f"overload, {log.removesuffix('.jsonl')}", f"{overload['mean']:+.1%}", "≤ 10 %")


if __name__ == "__main__":
    main()
