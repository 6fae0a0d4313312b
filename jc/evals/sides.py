"""A finished run, or only its CSV, as one side of a comparison."""

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from jc.errors import InputError, Problem, Where
from jc.evals import runfolder
from jc.evals.evalset import load_evalset
from jc.evals.runfolder import RunFolder
from jc.evals.statistics.against import Sentinel, Side
from jc.evals.statistics.values import Mark

_NEEDED = ("prompt_id", "candidate", "score")
Rows = Sequence[Mapping[str, str]]


def read_side(name: str, runs: Path) -> Side:
    """A results CSV by its path, else a run by its folder or name; InputError when it is neither or a row cannot be read."""
    path = Path(name)
    if path.is_file():
        rows = _rows(path)
        return _side(path.name, path, rows, "games" if _judged_in_pairs(rows) else "scores")
    folder = runfolder.find(runs, name)
    results = folder.path / "results.csv"
    if not results.is_file():
        raise InputError(f"the run `{folder.id}` has no results yet", hint=f"jc evals resume {folder.path}")
    return _with_manifest(folder, results)


def comparable(run: Side, base: Side) -> tuple[Side, Side]:
    """Both sides; when one is a bare CSV, nobody knows its judge, and the other's is left out of the question too."""
    if run.judge_digest and base.judge_digest:
        return run, base
    return _unknown_judge(run), _unknown_judge(base)


def _unknown_judge(side: Side) -> Side:
    return replace(side, judges=(), judge_digest="", sentinels={})


def _with_manifest(folder: RunFolder, results: Path) -> Side:
    manifest = folder.read_manifest()
    request = manifest["request"]
    rows = _rows(results)
    pairwise = bool(manifest["judges"]) and request["settings"]["mode"] != "pointwise"
    scale = None if pairwise or not manifest["judges"] else tuple(request["scale"])
    side = _side(folder.id, results, rows, "games" if pairwise else "scores", scale)
    rules = json.dumps([request["settings"]["mode"], request["scale"], request["judge_template"]], sort_keys=True)
    digests = _prompt_digests(folder, request.get("limit"))
    return replace(
        side,
        judges=tuple(party["name"] for party in manifest["judges"]),
        judge_digest=hashlib.sha256(rules.encode()).hexdigest(),
        prompt_digest=digests,
        **_watched(folder, rows, digests),
    )


def _watched(folder: RunFolder, rows: Rows, planned: Collection[str]) -> dict[str, Any]:
    """What the summary says of frozen pairs, control items and an early stop; nothing where there is no summary."""
    try:
        summary = json.loads(folder.summary.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    verdicts = (summary.get("sentinel") or {}).get("verdicts") or {}
    sentinels = {judge: Sentinel(_said(found), dict.fromkeys(found, 1.0)) for judge, found in verdicts.items()}
    early: dict[str, Any] = {}
    if summary.get("stopping"):
        early = {"coverage": _coverage_of_asked(rows), "spared": _spared(rows, planned)}
    return {"sentinels": sentinels, "unreliable": bool(summary.get("unreliable")), **early}


def _coverage_of_asked(rows: Rows) -> dict[str, float]:
    """The share of each candidate's own rows with a score: a run that stopped early asked some candidates less."""
    asked: dict[str, int] = defaultdict(int)
    scored: dict[str, int] = defaultdict(int)
    for row in rows:
        asked[row["candidate"]] += 1
        scored[row["candidate"]] += bool(row.get("score"))
    return {name: scored[name] / number for name, number in asked.items()}


def _spared(rows: Rows, planned: Collection[str]) -> dict[str, frozenset[str]]:
    """The prompts of the set that a run which stopped early has no row of, by candidate."""
    asked: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        asked[row["candidate"]].add(row["prompt_id"])
    return {name: frozenset(planned) - found for name, found in asked.items()}


def _said(shares: Mapping[str, float]) -> dict[str, float]:
    """What the better answer of each frozen pair got over both orders, as a win, a tie or a loss."""
    return {key: 0.5 + ((share > 0.5) - (share < 0.5)) / 2 for key, share in shares.items()}


def _prompt_digests(folder: RunFolder, limit: int | None) -> dict[str, str]:
    copies = sorted(folder.path.glob("evalset.*"))
    if not copies:
        return {}
    cases = load_evalset(copies[0], limit=limit).cases
    return {case.id: hashlib.sha256(repr((case.messages, case.reference, case.rubric)).encode()).hexdigest() for case in cases}


def _rows(path: Path) -> Rows:
    csv.field_size_limit(2**30)
    with path.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.DictReader(source)
        missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"`{path}` has no column `{missing[0]}`", hint="name a run, or a results CSV of `jc evals run`")
        return list(reader)


def _judged_in_pairs(rows: Rows) -> bool:
    return any((row.get("wins") or "0", row.get("ties") or "0", row.get("losses") or "0") != ("0", "0", "0") for row in rows)


def _side(name: str, path: Path, rows: Rows, basis: Literal["games", "scores"], scale: tuple[float, float] | None = None) -> Side:
    problems: list[Problem] = []
    marks: list[Mark] = []
    costs: dict[str, list[Decimal | None]] = defaultdict(list)
    latencies: dict[str, list[float]] = defaultdict(list)
    scored: dict[str, set[str]] = defaultdict(set)
    for line, row in enumerate(rows, 2):
        where = Where(str(path), line)
        candidate = row["candidate"]
        score = _number(row, "score", where, problems)
        if score is not None:
            low, high = scale or (0.0, 1.0)
            marks.append(Mark(row["prompt_id"], candidate, (score - low) / (high - low), "", row.get("cluster") or ""))
            scored[candidate].add(row["prompt_id"])
        if row.get("status", "ok") != "error":
            costs[candidate].append(_money(row.get("cost_usd")))
            latency = _number(row, "latency_ms", where, problems)
            latencies[candidate] += [latency / 1e3] if latency is not None else []
    if problems:
        raise InputError.of(problems)
    prompts = {row["prompt_id"] for row in rows}
    return Side(
        name,
        marks,
        basis,
        usd_per_answer={name: _mean(values) for name, values in costs.items()},
        p95_s={name: _p95(values) for name, values in latencies.items()},
        coverage={name: len(found) / len(prompts) for name, found in scored.items()},
    )


def _number(row: Mapping[str, Any], name: str, where: Where, problems: list[Problem]) -> float | None:
    text = row.get(name)
    if text in {None, ""}:
        return None
    try:
        return float(str(text).lstrip("'"))
    except ValueError:
        problems.append(Problem(f"`{name}` is not a number: {text!r}", where))
        return None


def _money(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _mean(values: Sequence[Decimal | None]) -> Decimal | None:
    """The mean cost of an answer; None as soon as one is unknown."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) / len(known) if known and len(known) == len(values) else None


def _p95(values: Sequence[float]) -> float | None:
    import numpy as np

    return float(np.percentile(np.asarray(values), 95)) if values else None
