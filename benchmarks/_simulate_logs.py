"""Logs to measure with, and the programs that stand beside `jc simulate`: DuckDB's read, pandas, a loop over LiteLLM."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

MODELS = (
    "openai/gpt-4o",
    "openai/gpt-4o-mini",
    "anthropic/claude-sonnet-4-6",
    "deepseek/deepseek-chat",
    "google/gemini-2.5-flash",
)
CLASSES = ("simple", "general", "reasoning", "code", "agent")
WORDS = ("please", "summarise", "this", "contract", "and", "tell", "me", "which", "clauses", "change", "the", "price", "of", "a")
FAULTS = ("truncated_json", "negative_tokens", "wrong_type")

_COLUMNS = """{input_tokens: 'BIGINT', output_tokens: 'BIGINT', cached_input_tokens: 'BIGINT', ts: 'VARCHAR',
request_id: 'VARCHAR', model: 'VARCHAR', route_class: 'VARCHAR', session: 'VARCHAR', tools: 'BOOLEAN', vision: 'BOOLEAN',
latency_ms: 'DOUBLE'}"""
_SUMS = """sum(input_tokens), sum(output_tokens), sum(cached_input_tokens), max(ts)::VARCHAR, max(request_id), max(model),
max(route_class), max(session), count(tools), count(vision), sum(latency_ms)"""
READ = f"""
import duckdb, sys
name = sys.argv[1]
source = "read_parquet(?)" if name.endswith("parquet") else '''read_json(?, format='newline_delimited', columns={_COLUMNS})'''
duckdb.connect(config={{"threads": 4}}).execute(f'''SELECT {_SUMS} FROM ''' + source, [name]).fetchall()
"""
"""What DuckDB needs for the sums of the columns that matter: the unit of all ratios."""

PANDAS = """
import sys, pandas as pd
PRICES = pd.DataFrame(
    [("openai/gpt-4o", 2.5, 1.25, 10), ("openai/gpt-4o-mini", 0.15, 0.075, 0.6), ("anthropic/claude-sonnet-4-6", 3, 0.3, 15),
     ("deepseek/deepseek-chat", 0.27, 0.07, 1.1), ("google/gemini-2.5-flash", 0.3, 0.03, 2.5)],
    columns=["target", "price_in", "price_cached", "price_out"])
TABLES = [pd.DataFrame({"route_class": ["simple", "general", "reasoning", "code", "agent"],
                        "target": [PRICES.target[(shift + n) % 5] for n in range(5)]}) for shift in range(5)]
totals, seconds = [0.0] * 5, [[] for _ in range(5)]
for chunk in pd.read_json(sys.argv[1], lines=True, chunksize=100_000):
    for number, table in enumerate(TABLES):
        rows = chunk.merge(table, on="route_class").merge(PRICES, on="target")
        fresh = rows.input_tokens - rows.cached_input_tokens
        totals[number] += (fresh * rows.price_in + rows.cached_input_tokens * rows.price_cached
                           + rows.output_tokens * rows.price_out).sum() / 1e6
        seconds[number].append(0.5 + rows.output_tokens / 60)
for total, parts in zip(totals, seconds):
    print(total, pd.concat(parts).quantile([0.5, 0.95, 0.99]).tolist())
"""
"""The obvious program: chunks, merges, sums, quantiles of five tables."""

LITELLM = """
import json, sys
from litellm import cost_per_token
total = 0.0
for line in open(sys.argv[1]):
    row = json.loads(line)
    for model in ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "deepseek/deepseek-chat", "gemini/gemini-2.5-flash"):
        total += sum(cost_per_token(model=model, prompt_tokens=row["input_tokens"], completion_tokens=row["output_tokens"]))
print(total)
"""


def row_of(chance: random.Random, number: int, rows: int, start: datetime, words: int) -> dict[str, Any]:
    """One request of a month."""
    tokens = int(min(200_000, chance.lognormvariate(6.5, 1.3))) + 1
    output = int(min(16_000, chance.lognormvariate(5.3, 0.9))) + 1
    row: dict[str, Any] = {
        "ts": (start + timedelta(seconds=number * 30 * 86_400 / max(1, rows))).isoformat(timespec="milliseconds")[:23] + "Z",
        "request_id": f"req-{number:09d}",
        "session": f"s{chance.randrange(rows // 10 + 1):06d}",
        "key": f"key-{chance.randrange(200):03d}",
        "model": chance.choice(MODELS),
        "route_class": chance.choices(CLASSES, (50, 30, 8, 8, 4))[0],
        "input_tokens": tokens,
        "cached_input_tokens": tokens // 2 if chance.random() < 0.3 else 0,
        "output_tokens": output,
        "tools": chance.random() < 0.1,
        "vision": chance.random() < 0.03,
        "status": 200,
        "latency_ms": round(300 + output * 12.5, 1),
    }
    if words:
        row["prompt"] = " ".join(chance.choices(WORDS, k=words))
    return row


def written(path: Path, rows: int, bad: float = 0.0, words: int = 0) -> dict[str, int]:
    """Write a log of a month; a share of its lines is cut, negative or of the wrong type. Gives how many of each."""
    chance = random.Random(1)  # the same log in every run
    start = datetime(2026, 10, 1, tzinfo=UTC)
    faults = dict.fromkeys(FAULTS, 0)
    with path.open("w") as out:
        for number in range(rows):
            line = json.dumps(row_of(chance, number, rows, start, words), separators=(",", ":"))
            if chance.random() < bad:
                fault = chance.choice(FAULTS)
                faults[fault] += 1
                line = {
                    "truncated_json": line[:60],
                    "negative_tokens": line.replace('"input_tokens":', '"input_tokens":-'),
                    "wrong_type": line.replace('"output_tokens":', '"output_tokens":"x","y":'),
                }[fault]
            out.write(line + "\n")
    return faults


def without_bad(dirty: Path, clean: Path) -> None:
    """The good lines of a log with bad ones, as a log of their own."""
    with dirty.open() as lines, clean.open("w") as out:
        for line in lines:
            if line.endswith("}\n") and '"input_tokens":-' not in line and '"output_tokens":"x"' not in line:
                out.write(line)


def as_parquet(log: Path, target: Path) -> Path:
    """The same log as Parquet."""
    import duckdb

    duckdb.connect().execute(f"COPY (SELECT * FROM read_json('{log}', format='newline_delimited')) TO '{target}'")
    return target
