"""What is derived at the end of a run, and read again later: results.csv, comparisons.csv, summary.json in the run folder."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jc
from jc.errors import InputError
from jc.evals import probing, runfolder
from jc.evals.journal import Journal
from jc.evals.judge import JudgeTemplate
from jc.evals.labels import labels_of
from jc.evals.missing import missing_verdicts
from jc.evals.outputs import csv_rows, write_csv
from jc.evals.plan import Plan, Settings
from jc.evals.results import GAME_COLUMNS, RESULT_COLUMNS, UNASKED, Results
from jc.evals.run import Finished, Prepared, Request
from jc.evals.runfolder import RunFolder
from jc.evals.statistics.values import Evidence, Rules, Standings
from jc.evals.statistics.values import Game as ScoredGame
from jc.evals.stopping import Referee, Saved
from jc.evals.summary import SCHEMA, Totals, summarise


def derive(finished: Finished, *, raw: bool = False) -> dict[str, Any]:
    """Write the derived files and return the summary."""
    results, folder = finished.results, finished.folder
    totals: dict[str, Totals] = defaultdict(Totals)

    with (
        csv_rows(folder.path / "results.csv", RESULT_COLUMNS, raw=raw, mode=0o600) as put_answer,
        csv_rows(folder.path / "comparisons.csv", GAME_COLUMNS, raw=raw, mode=0o600) as put_game,
    ):
        for case in range(len(results.plan.evalset.cases)):
            looks = results.looks(case)
            for row in results.games_of(case, looks):
                put_game(row)
            for row in results.answers_of(case, looks):
                totals[row["candidate"]].add(row)
                put_answer(row)
    _write_probes(results, folder, raw)
    summary = summarise(results.plan, results.run_id, totals, _standings(finished), finished.spent_usd)
    summary = {
        **summary,
        "answers": results.pipeline.expected,
        "missing_verdicts": missing_verdicts(finished),
        "judge_usd": summary["judge_usd"] + probing.cost_usd(results),
        **probing.summary(results),
        "stopping": _stopping(finished, summary),
    }
    write_summary(folder, summary)
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
    people = labels_of(finished.folder.path, finished.results.games())
    evidence = replace(evidence, label_games=people.games, label_weights=people.weights)
    found = standings(evidence, Rules(margin=settings.margin, seed=settings.seed))
    if finished.referee is not None:
        found = _on_common_prompts(finished.referee.worded(found), evidence, finished.referee)
    return replace(found, judges=tuple(card for card in found.judges if not card.judge.endswith(UNASKED)))


def _on_common_prompts(found: Standings, evidence: Evidence, referee: Referee) -> Standings:
    """Win rates on the prompts on which every pair was judged: where pairs stopped apart, the rest has other opponents."""
    from jc.evals.statistics.standings import standings

    if not evidence.games or referee.common in {0, max(pair.taken for pair in referee.pairs)}:
        return found
    shared = referee.common_prompts()
    games = [game for game in evidence.games if game.prompt in shared]
    even = standings(replace(evidence, games=games, marks=(), prompts=sorted(shared)), replace(found.rules, draws=0))
    scores = {row.candidate: row for row in even.standings}
    rows = sorted(
        (replace(row, score=scores[row.candidate].score) for row in found.standings if row.candidate in scores),
        key=lambda row: (-(row.score.value if row.score else -1.0), row.candidate),
    )
    note = f"Win rates rest on the {referee.common:,} prompts on which every pair was judged; ratings and pairs rest on all."
    return replace(found, standings=tuple(rows), notes=(*found.notes, note))


def _stopping(finished: Finished, summary: Mapping[str, Any]) -> dict[str, Any] | None:
    """How the looks went and what stopping saved; None for a run that was planned to the end."""
    if finished.referee is None:
        return None
    return {**finished.referee.payload(), **_saved(finished, summary).payload()}


def _saved(finished: Finished, summary: Mapping[str, Any]) -> Saved:
    """The calls of the plan that nobody asked for, and their money at the mean cost of those that were."""
    plan, pipeline = finished.results.plan, finished.results.pipeline
    epochs, judges = plan.settings.epochs, len(plan.judges)
    asked = Counter(plan.candidates[slot.candidate].name for slot in pipeline.scheduled or ())
    unasked = {party.name: len(plan.evalset.cases) * epochs - asked[party.name] for party in plan.candidates}
    games = plan.games - 2 * judges * epochs * len(pipeline.bouts or ()) if plan.pairwise else 0
    ratings = plan.ratings - judges * len(pipeline.scheduled or ())
    each = {row["candidate"]: row["usd_per_1k_answers"] for row in summary["candidates"]}
    known = all(each[name] is not None for name, number in unasked.items() if number)
    usd = sum(float(each[name] or 0) / 1000 * number for name, number in unasked.items())
    done = len(pipeline.games)
    verdicts = games + (max(0, ratings) if plan.pointwise else 0)
    usd += float(summary["judge_usd"]) / done * verdicts if done else 0.0
    planned = plan.answers + plan.games + plan.ratings + len(plan.looks())
    return Saved(planned, sum(unasked.values()) + verdicts, usd if known else None)


def relabel(folder: RunFolder, games: Sequence[Mapping[str, Any]], clusters: Mapping[str, str]) -> dict[str, Any]:
    """Put what the labels say about the judges into the summary of a finished run, from the rows of its comparisons.csv.

    `clusters` names the family of each prompt that has one.

    Nothing is asked and the journal is not read: the cards of the judges change, and nothing else.
    """
    from jc.evals.statistics.standings import standings

    summary = read_summary(folder)
    if summary["standings"] is None:
        return summary
    people = labels_of(folder.path, games)

    def of(row: Mapping[str, Any]) -> str:
        return clusters.get(row["prompt_id"], "")

    asked = [row for row in games if row["b"] and row["parse"] != "identical"]
    read = [
        ScoredGame(row["prompt_id"], row["a"], row["b"], row["score_a"], row["order"], row["judge"], of(row)) for row in asked
    ]
    rules = Rules(draws=0, flips=1)
    found = standings(Evidence(read, label_games=people.games, label_weights=people.weights), rules) if read else None
    agreements = {card.judge: card.agreement for card in found.judges} if found else {}
    for card in summary["standings"]["judges"]:
        agreement = agreements.get(card["judge"])
        card["agreement"] = asdict(agreement) if agreement else None
    write_summary(folder, summary)
    return summary


def write_summary(folder: RunFolder, summary: Mapping[str, Any]) -> None:
    """Write summary.json in one step."""
    body = {"schema": SCHEMA, "jc_version": jc.__version__, **summary}
    folder.write("summary.json", json.dumps(body, default=str, indent=2, ensure_ascii=False) + "\n")


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
    rows = summary.get("candidates", ())
    return {
        "run_id": folder.id,
        "path": str(folder.path),
        "created": manifest["created"],
        "candidates": [party["name"] for party in manifest["candidates"]],
        "judges": [party["name"] for party in manifest["judges"]],
        "prompts": summary.get("prompts"),
        "missing": summary.get("missing"),
        "spent_usd": summary.get("spent_usd"),
        "unpriced": any(row["unpriced_answers"] for row in rows),
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


def changed_settings(prepared: Prepared) -> list[str]:
    """The settings of the last start in this folder that this one has otherwise, as `--limit 6`; empty for a new folder."""
    folder = RunFolder(prepared.path)
    if not folder.manifest.is_file():
        return []
    before = folder.read_manifest()["request"]
    now = json.loads(json.dumps(asdict(prepared.request), default=str))
    old = {**before["settings"], "limit": before["limit"], "controls": before.get("controls", 0)}
    new = {**now["settings"], "limit": now["limit"], "controls": now["controls"]}
    return [
        f"--{_FLAGS.get(name, name.replace('_', '-'))} {old[name]}" if old[name] is not None else f"no --{name.replace('_', '-')}"
        for name in new
        if name in old and old[name] != new[name]
    ]


_FLAGS = {"mode": "judge-mode", "stream": "ttft"}


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
