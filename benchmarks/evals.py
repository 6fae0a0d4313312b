"""`jc evals run` as a whole process against the ideal: calls × latency / concurrency on a loopback server.

Work: prompts × 3 candidates and one pointwise judge call per answer; the server answers after 100 ms. The wall time counts start,
templates, journal with group sync, statistics and CSV; CPU and memory are the operating system's account of the process.

The last rows have lognormal latencies (median 1 s, sigma 0.6), drawn by the server from the hash of each request. Their ideal is
the work bound: the sum of the latencies drawn / concurrency, and no less than the longest chain (an answer and then its rating).
Nobody who does not know the latencies beforehand reaches it: while the last calls run, places stay empty. Simulated without the
cost of a client, 3,000 calls end at 1.13 of it when answers are issued first and ratings fill up (the order of `jc`), at 1.17
when ratings go first (medians of 60 draws, 1.07 to 1.29), and 12,000 calls at 1.03.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.fakes.script import Script

LATENCY_S = 0.1
REPEATS = 5
UNEVEN = Script(latency_s=1.0, sigma=0.6)


class Taken(NamedTuple):
    """One run: wall and CPU seconds, peak memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def served(latency_s: float = LATENCY_S, sigma: float = 0.0, seed: int = 0) -> tuple[subprocess.Popen[str], str]:
    """A scripted server in a process of its own, and its address."""
    numbers = ["--port", "0", "--latency", str(latency_s), "--sigma", str(sigma), "--seed", str(seed)]
    command = [sys.executable, "-m", "tests.fakes.provider", *numbers]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().split()[-1]


def run(folder: Path, url: str, concurrency: int) -> Taken:
    """One run of the command in a folder."""
    command = [
        sys.executable, "-m", "jc", "evals", "run", "-c", "ant,bee,cat", "-p", str(folder / "set.jsonl"), "-j", "judge",
        "--judge-mode", "pointwise", "--base-url", url, "--concurrency", str(concurrency), "--run-dir", str(folder / "run"),
        "-o", str(folder / "results.csv"), "--quiet", "--max-tokens", "64",
    ]  # fmt: skip
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _pid, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"jc ended with {status}: {process.stderr.read() if process.stderr else ''}")
    return Taken(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measure(prompts: int, concurrency: int, repeats: int) -> tuple[list[Taken], Taken]:
    """So many runs from nothing, and one more on the finished journal."""
    taken = []
    server, url = served()
    try:
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as name:
                folder = with_set(Path(name), prompts)
                taken.append(run(folder, url, concurrency))
                again = run(folder, url, concurrency)
    finally:
        server.terminate()
        server.wait()
    return taken, again


def with_set(folder: Path, prompts: int) -> Path:
    """The folder with a set of so many prompts."""
    lines = (json.dumps({"id": f"p{n}", "prompt": f"Question {n}: why is the sky blue?"}) for n in range(prompts))
    (folder / "set.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def measure_uneven(prompts: int, concurrency: int, repeats: int) -> list[tuple[Taken, float]]:
    """So many runs with lognormal latencies, each from nothing with draws of its own, and the work bound of each in seconds."""
    out = []
    for seed in range(repeats):
        server, url = served(UNEVEN.latency_s, UNEVEN.sigma, seed)
        try:
            with tempfile.TemporaryDirectory() as name:
                folder = with_set(Path(name), prompts)
                taken = run(folder, url, concurrency)
                out.append((taken, max(drawn_s(url, seed) / concurrency, longest_chain_s(folder / "run"))))
        finally:
            server.terminate()
            server.wait()
    return out


def drawn_s(url: str, seed: int) -> float:
    """The sum of the latencies that the server drew, by its own ledger."""
    with urllib.request.urlopen(f"{url}/_ledger".replace("/v1", "")) as answer:
        attempts: dict[str, int] = json.load(answer)["units"]
    script = replace(UNEVEN, seed=seed)
    return sum(script.latency(unit, number) for unit, count in attempts.items() for number in range(1, count + 1))


def longest_chain_s(run_dir: Path) -> float:
    """The longest time that an answer and then its rating took."""
    with (run_dir / "results.csv").open(newline="") as rows:
        answers = {(row["prompt_id"], row["candidate"]): float(row["latency_ms"]) for row in csv.DictReader(rows)}
    with (run_dir / "comparisons.csv").open(newline="") as rows:
        chains = [answers[row["prompt_id"], row["a"]] + float(row["latency_ms"]) for row in csv.DictReader(rows)]
    return max(chains) / 1000


def main() -> None:
    """Print the table."""
    print("| calls | concurrency | wall ÷ ideal (median, min–max) | goal | CPU ms a call | peak MiB | finished run again, s |")
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: |")
    for prompts, concurrency, goal, repeats in ((500, 32, 1.12, REPEATS), (500, 128, 1.35, REPEATS), (2000, 128, 1.12, 3)):
        calls = prompts * 6
        taken, again = measure(prompts, concurrency, repeats)
        ideal = calls * LATENCY_S / concurrency
        ratios = sorted(run.wall_s / ideal for run in taken)
        print(
            f"| {calls:,} | {concurrency} | {median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) | {goal} "
            f"| {median(run.cpu_s for run in taken) / calls * 1e3:.2f} | {median(run.peak_mib for run in taken):.0f} "
            f"| {again.wall_s:.2f} |",
            flush=True,
        )
    for prompts, repeats in ((500, REPEATS), (2000, 1)):
        calls = prompts * 6
        found = measure_uneven(prompts, 128, repeats)
        ratios = sorted(taken.wall_s / bound for taken, bound in found)
        print(
            f"| {calls:,}, lognormal | 128 | {median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) of the work bound | 1.15 "
            f"| {median(taken.cpu_s for taken, _ in found) / calls * 1e3:.2f} "
            f"| {median(taken.peak_mib for taken, _ in found):.0f} | |",
            flush=True,
        )


if __name__ == "__main__":
    main()
