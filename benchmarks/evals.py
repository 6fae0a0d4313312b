"""`jc evals run` as a whole process against the ideal: calls × latency / concurrency on a loopback server.

Work: prompts × 3 candidates and one pointwise judge call per answer; the server answers after 100 ms. The wall time counts start,
templates, journal with group sync, statistics and CSV; CPU and memory are the operating system's account of the process.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

LATENCY_S = 0.1
REPEATS = 5


class Taken(NamedTuple):
    """One run: wall and CPU seconds, peak memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def served() -> tuple[subprocess.Popen[str], str]:
    """A scripted server in a process of its own, and its address."""
    command = [sys.executable, "-m", "tests.fakes.provider", "--port", "0", "--latency", str(LATENCY_S)]
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
                folder = Path(name)
                lines = (json.dumps({"id": f"p{n}", "prompt": f"Question {n}: why is the sky blue?"}) for n in range(prompts))
                (folder / "set.jsonl").write_text("\n".join(lines), "utf-8")
                taken.append(run(folder, url, concurrency))
                again = run(folder, url, concurrency)
    finally:
        server.terminate()
        server.wait()
    return taken, again


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


if __name__ == "__main__":
    main()
