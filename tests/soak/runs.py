"""A small run of `jc evals run` against a scripted server, and what must hold of its files at any moment."""

import csv
import io
import json
import zlib
from pathlib import Path
from typing import Any

from tests.fakes.script import Script

KEY = "sk-secret-0123456789abcdef"
OLD = "old\n"
TIMES = frozenset({"run_id", "latency_ms", "ttft_ms", "queue_ms", "attempts", "started_at", "endpoint"})
VERDICT = json.dumps({"reasoning": "scripted", "verdict": "A>B"})
JUDGED = Script(answers={'"model":"gpt-oss': VERDICT, '"model": "gpt-oss': VERDICT}, keys=frozenset({KEY}))
"""A server whose judge says the same whatever the nonce, so that two runs can be compared."""


def write_set(place: Path, prompts: int) -> None:
    """An evalset of so many prompts."""
    lines = (json.dumps({"id": f"p{number}", "prompt": f"Question {number}?"}) for number in range(prompts))
    (place / "set.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def command(url: str, *more: str) -> list[str]:
    """The command line: two candidates, one judge, the results in `results.csv`."""
    return [
        "evals", "run", "--candidates", "llama-3.3-70b,deepseek-v3", "--prompts", "set.jsonl", "--judge", "gpt-oss-120b",
        "--base-url", url, "--run-dir", "run", "--output", "results.csv", "--quiet", *more,
    ]  # fmt: skip


def table(text: str) -> list[dict[str, Any]]:
    """The rows of a CSV file without what may differ from run to run."""
    rows = csv.DictReader(io.StringIO(text), strict=True)
    return [{name: cell for name, cell in row.items() if name not in TIMES} for row in rows]


def unsound_lines(raw: bytes) -> int:
    """How many complete lines of a journal fail their CRC."""
    lines = raw.split(b"\n")[:-1]
    return sum(line[:8] != b"%08x" % zlib.crc32(line[9:]) for line in lines)


def partial(place: Path, rows: int, games: int) -> list[str]:
    """The files of a run that are neither absent, nor old, nor whole."""
    run = place / "run"
    found = []
    whole = {place / "results.csv": rows, run / "results.csv": rows, run / "comparisons.csv": games}
    for path, count in whole.items():
        text = path.read_text("utf-8") if path.exists() else OLD
        if text != OLD and (len(table(text)) != count or not text.endswith("\n")):
            found.append(path.name)
    for name in ("manifest.json", "summary.json"):
        try:
            json.loads((run / name).read_text("utf-8"))
        except FileNotFoundError:
            continue
        except ValueError:
            found.append(name)
    copy = run / "evalset.jsonl"
    if copy.exists() and copy.read_bytes() != (place / "set.jsonl").read_bytes():
        found.append(copy.name)
    journal = run / "journal.jsonl"
    if journal.exists() and unsound_lines(journal.read_bytes()):
        found.append(journal.name)
    return found
