"""`jc evals stats` on 100,000 verdicts with 2,000 bootstrap draws: the whole process, beside reading the file alone and beside
the obvious program (draw prompts, count wins, fit with a general optimiser), which is measured on a few draws and multiplied.
"""

import csv
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

GOAL_S = 5.0
REPEATS = 5
DRAWS = 2000
OBVIOUS_DRAWS = 3


def write_verdicts(path: Path, prompts: int, candidates: int, pairs: int | None) -> int:
    """Both orders of every pair (or of `pairs` drawn pairs) on each prompt; the number of verdicts."""
    rng = random.Random(1)
    strength = [rng.gauss(0, 0.7) for _ in range(candidates)]
    every = [(i, j) for i in range(candidates) for j in range(i + 1, candidates)]
    rows = 0
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["prompt_id", "a", "b", "score_a", "order", "judge"])
        for prompt in range(prompts):
            for i, j in every if pairs is None else rng.sample(every, pairs):
                gap = strength[i] - strength[j] + rng.gauss(0, 1)
                for order, pull in (("ab", 0.1), ("ba", -0.1)):
                    seen = gap + rng.gauss(pull, 0.5)
                    writer.writerow(
                        [f"p{prompt}", f"c{i}", f"c{j}", 1 if seen > 0.3 else 0 if seen < -0.3 else 0.5, order, "judge"]
                    )
                    rows += 1
    return rows


def timed(action: Callable[[], object]) -> float:
    """Median seconds of several repeats."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def whole_process(path: Path) -> tuple[float, float]:
    """Median seconds and peak MiB of the command as a user runs it."""
    command = [sys.executable, "-m", "jc", "evals", "stats", str(path), "--draws", str(DRAWS), "-q", "-f", "json"]
    seconds = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    probe = "import resource, runpy, sys; sys.argv = sys.argv[1:]\ntry:\n runpy.run_module('jc', run_name='__main__')\nfinally:\n"
    probe += " sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))"
    done = subprocess.run([sys.executable, "-c", probe, "jc", *command[3:]], check=False, capture_output=True, text=True)
    return seconds, int(done.stderr.split()[-1]) / 1024


def read_alone(path: Path) -> None:
    """The rows as lists, nothing else: what no program can avoid."""
    with path.open(newline="") as file:
        for _ in csv.reader(file):
            pass


def obvious(path: Path) -> float:
    """Seconds for all draws of the obvious program, from a few."""
    import numpy as np
    from scipy.optimize import minimize

    by_prompt: dict[str, list[tuple[str, str, float]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            by_prompt.setdefault(row["prompt_id"], []).append((row["a"], row["b"], float(row["score_a"])))
    prompts = list(by_prompt)
    names = sorted({name for games in by_prompt.values() for a, b, _ in games for name in (a, b)})
    place = {name: k for k, name in enumerate(names)}
    rng = np.random.default_rng(0)
    start = time.perf_counter()
    for _ in range(OBVIOUS_DRAWS):
        wins, games = np.zeros((len(names), len(names))), np.zeros((len(names), len(names)))
        for chosen in rng.integers(0, len(prompts), len(prompts)):
            for a, b, score in by_prompt[prompts[chosen]]:
                wins[place[a], place[b]] += score
                games[place[a], place[b]] += 1

        def loss(theta: np.ndarray, wins: np.ndarray = wins, games: np.ndarray = games) -> float:
            gap = theta[:, None] - theta[None, :]
            return float(np.sum(games * np.logaddexp(0, gap) - wins * gap))

        minimize(loss, np.zeros(len(names)), method="L-BFGS-B")
    return (time.perf_counter() - start) / OBVIOUS_DRAWS * DRAWS


CASES = (
    ("10 candidates, every pair on each prompt", 1111, 10, None),
    ("20 candidates, 5 pairs a prompt", 10_000, 20, 5),
    ("10 candidates, 1 pair a prompt, as an arena", 50_000, 10, 1),
)


def main() -> None:
    """Print the table."""
    print(f"{DRAWS:,} bootstrap draws, median of {REPEATS}; goal: whole process under {GOAL_S:g} s\n")
    print("| verdicts | layout | read alone s | jc evals stats s | ÷ read | peak MiB | obvious program s | ÷ jc |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, prompts, candidates, pairs in CASES:
            path = Path(folder) / "verdicts.csv"
            rows = write_verdicts(path, prompts, candidates, pairs)
            alone = timed(lambda path=path: read_alone(path))  # type: ignore[misc]
            seconds, mib = whole_process(path)
            other = obvious(path)
            slowest = max(slowest, seconds)
            print(
                f"| {rows:,} | {name} | {alone:.2f} | {seconds:.2f} | {seconds / alone:.0f} | {mib:.0f} | {other:,.0f} "
                f"| {other / seconds:.0f} |",
                flush=True,
            )
    print(f"\nslowest: {slowest:.2f} s, {'within' if slowest < GOAL_S else 'NOT within'} the goal")
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
