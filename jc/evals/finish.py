"""What is derived at the end of a run, and read again later: results.csv, comparisons.csv, summary.json in the run folder."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jc
from jc.errors import InputError
from jc.evals import probing, runfolder
from jc.evals.journal import Journal
from jc.evals.judge import JudgeTemplate
from jc.evals.outputs import write_csv
from jc.evals.plan import Plan, Settings
from jc.evals.results import GAME_COLUMNS, RESULT_COLUMNS, UNASKED, Results
from jc.evals.run import Finished, Request
from jc.evals.runfolder import RunFolder
from jc.evals.statistics.values import Rules, Standings
from jc.evals.summary import SCHEMA, Totals, summarise


def derive(finished: Finished, *, raw: bool = False) -> dict[str, Any]:
    """Write the derived files and return the summary."""
    results, folder = finished.results, finished.folder
    totals: dict[str, Totals] = defaultdict(Totals)

    def counted() -> Iterator[Mapping[str, Any]]:
        for row in results.answers():
            totals[row["candidate"]].add(row)
            yield row

    write_csv(folder.path / "results.csv", RESULT_COLUMNS, counted(), raw=raw, mode=0o600)
    write_csv(folder.path / "comparisons.csv", GAME_COLUMNS, results.games(), raw=raw, mode=0o600)
    _write_probes(results, folder, raw)
    summary = summarise(results.plan, results.run_id, totals, _standings(finished), finished.spent_usd)
    summary = {**summary, "judge_usd": summary["judge_usd"] + probing.cost_usd(results), **probing.summary(results)}
    body = {"schema": SCHEMA, "jc_version": jc.__version__, **summary}
    folder.write("summary.json", json.dumps(body, default=str, indent=2, ensure_ascii=False) + "\n")
    return summary


def _write_probes(results: Results, folder: RunFolder, raw: bool) -> None:
    """controls.csv, when there are control items or frozen pairs; one of an earlier start is no longer true."""
    path = folder.path / "controls.csv"
    if results.plan.probes:
        write_csv(path, probing.PROBE_COLUMNS, probing.rows(results), raw=raw, mode=0o600)
    else:
        path.unlink(missing_ok=True)


def _standings(finished: Finished) -> Standings | None:
    from jc.evals.statistics.standings import standings

    evidence = finished.results.evidence()
    if not evidence.games and not evidence.marks:
        return None
    settings = finished.results.plan.settings
    found = standings(evidence, Rules(margin=settings.margin, seed=settings.seed))
    return replace(found, judges=tuple(card for card in found.judges if not card.judge.endswith(UNASKED)))


def smallest_difference(plan: Plan) -> float | None:
    """The smallest difference of two candidates (0 to 1) that the set can show with power 0.8; None with one candidate."""
    from jc.evals.statistics.power import PRIOR_SD
    from jc.evals.statistics.power import smallest_difference as smallest

    if len(plan.candidates) < 2 or not plan.judges:
        return None
    prompts = len({case.cluster or case.id for case in plan.evalset.cases})
    pairs = len(plan.candidates) * (len(plan.candidates) - 1) // 2
    found = smallest(prompts, PRIOR_SD["games" if plan.pairwise else "scores"], comparisons=pairs)
    return found if found is not None and found <= 1 else None


def read_summary(folder: RunFolder) -> dict[str, Any]:
    """The summary of a run, money as Decimal; InputError when the run has none yet."""
    try:
        data: dict[str, Any] = json.loads(folder.summary.read_text("utf-8"), object_hook=_money)
    except FileNotFoundError as error:
        raise InputError(f"the run `{folder.id}` has no summary yet", hint=f"jc evals resume {folder.path}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read `{folder.summary}`: {error}", hint=f"jc evals resume {folder.path}") from error
    return {name: value for name, value in data.items() if name not in {"schema", "jc_version"}}


def _money(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Decimal(value) if isinstance(value, str) and (name.endswith("_usd") or name.startswith("usd_")) else value
        for name, value in data.items()
    }


def overview(folder: RunFolder) -> dict[str, Any]:
    """One line about a run: from its manifest, and its summary when there is one."""
    manifest = folder.read_manifest()
    try:
        summary = read_summary(folder)
    except InputError:
        summary = {}
    return {
        "run_id": folder.id,
        "path": str(folder.path),
        "created": manifest["created"],
        "candidates": [party["name"] for party in manifest["candidates"]],
        "judges": [party["name"] for party in manifest["judges"]],
        "prompts": summary.get("prompts"),
        "missing": summary.get("missing"),
        "spent_usd": summary.get("spent_usd"),
    }


def request_of(folder: RunFolder, judges: Sequence[str] | None = None) -> Request:
    """The request that a run was started with, from its manifest; with the folder's copy of the prompts when theirs is gone."""
    data = folder.read_manifest()["request"]
    settings = Settings(**data.pop("settings"))
    template = data.pop("judge_template")
    prompts = data["prompts"]
    if not Path(prompts).exists() and not _shipped(prompts):
        copies = sorted(folder.path.glob("evalset.*"))
        prompts = str(copies[0]) if copies else prompts
    data.update(prompts=prompts, candidates=tuple(data["candidates"]), judges=tuple(data["judges"]), scale=tuple(data["scale"]))
    request = Request(**data, settings=settings, judge_template=JudgeTemplate(**template) if template else None)
    return request if judges is None else replace(request, judges=tuple(judges))


def how_of(folder: RunFolder) -> dict[str, Any]:
    """The cap and limits that a run was last started with."""
    how = folder.read_manifest().get("how", {})
    return dict(how) if isinstance(how, dict) else {}


def _shipped(name: str) -> bool:
    from jc.evals.run import find_prompts

    try:
        find_prompts(name)
    except InputError:
        return False
    return True


def copy_answers(source: RunFolder, target: Path) -> int:
    """Copy the candidates' calls of a run into the journal of a new one; return how many."""
    folder = runfolder.create(target)
    count = 0
    with runfolder.locked(folder), Journal(source.journal, read_only=True) as old, Journal(folder.journal) as new:
        for record in old.records():
            key = record.pop("key")
            if record.get("lane") == "candidate" and not new.has(key):
                new.append(key, {**record, "copied": True})
                count += 1
    return count
