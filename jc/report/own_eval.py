"""What a run taught about each model, for people and machines."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jc.evals.own_eval import WORDS, Lesson, OwnEval
from jc.report.document import Document
from jc.report.numbers import UNKNOWN, count, seconds, usd_request
from jc.report.table import Column, Table

SCHEMA = "jc.own-eval/1"
_HEADS = ("Answers", "Judged", "Quality", "95% interval", "Output tokens", "p50", "$/answer")


def own_eval_document(found: OwnEval, path: Path) -> Document:
    """The lessons as a table by model and class, and where they were written."""
    columns = (Column("Model"), Column("Class"), *(Column(name, "right") for name in _HEADS))
    table = Table(columns, [_cells(one) for one in found.lessons], f"{found.benchmark}, run {found.run} of {found.day}")
    records = [_record(one) for one in found.lessons]
    payload = {
        "file": str(path), "benchmark": found.benchmark, "run": found.run, "basis": found.basis, "date": found.day,
        "lessons": records, "unknown": list(found.unknown),
    }  # fmt: skip
    text = f"{table.text()}\n\nQuality is the {WORDS[found.basis]}.\nWrote {path}"
    return Document(SCHEMA, payload, records, [table], text=text)


def _cells(one: Lesson) -> list[str]:
    return [
        one.model,
        one.route_class or "all",
        count(one.answers),
        count(one.judged),
        UNKNOWN if one.quality is None else f"{one.quality:.1f}%",
        UNKNOWN if one.interval is None else f"{one.interval[0]:.1f} – {one.interval[1]:.1f}",
        f"{one.output_tokens:,.0f}",
        seconds(None if one.latency_s is None else float(one.latency_s)),
        usd_request(one.usd_per_answer),
    ]


def _record(one: Lesson) -> Mapping[str, Any]:
    return {
        "model": one.model, "route_class": one.route_class, "answers": one.answers, "judged_prompts": one.judged,
        "quality": one.quality, "interval": one.interval,
        "output_tokens": one.output_tokens, "latency_s": one.latency_s, "ttft_s": one.ttft_s,
        "usd_per_answer": one.usd_per_answer,
    }  # fmt: skip
