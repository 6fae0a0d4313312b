"""The document of a finished run with all its formats: text, Markdown, JSON, and lazily HTML and JUnit from the run's folder."""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from jc.errors import InputError
from jc.evals.results import GAME_COLUMNS, RESULT_COLUMNS
from jc.evals.runfolder import RunFolder
from jc.report.document import Document
from jc.report.evals import WIDTH, evals_document
from jc.report.github import evals_summary
from jc.report.html import without_credentials
from jc.report.run_rows import read_rows

Row = dict[str, Any]


def run_document(folder: RunFolder, summary: Mapping[str, Any], width: int = WIDTH) -> Document:
    """The result of a run; HTML and JUnit are made from results.csv and comparisons.csv of its folder when they are asked for."""

    def answers() -> Iterator[Row]:
        return read_rows(folder.path / "results.csv", RESULT_COLUMNS)

    def html() -> str:
        from jc.report.evals_html import evals_page

        games = read_rows(folder.path / "comparisons.csv", GAME_COLUMNS)
        return evals_page(summary, answers(), games, reproduce(folder), prompt_texts(folder))

    def junit() -> str:
        from jc.report.junit import junit as xml

        return xml(summary, answers())

    document = evals_document(summary, width)
    return replace(document, markdown=evals_summary(summary), extra={**document.extra, "html": html, "junit": junit})


def missing_rows(folder: RunFolder) -> list[Row]:
    """The rows of answers that did not come."""
    return [row for row in read_rows(folder.path / "results.csv", RESULT_COLUMNS) if row["status"] == "error"]


def rows_document(path: Path) -> Document:
    """The same from a file of results alone, without its run: scores instead of games, no judge's words."""
    summary = summary_of_rows(read_rows(path, RESULT_COLUMNS), path.stem)

    def html() -> str:
        from jc.report.evals_html import evals_page

        return evals_page(summary, read_rows(path, RESULT_COLUMNS), (), {"made from": path.name})

    def junit() -> str:
        from jc.report.junit import junit as xml

        return xml(summary, read_rows(path, RESULT_COLUMNS))

    document = evals_document(summary)
    return replace(document, markdown=evals_summary(summary), extra={**document.extra, "html": html, "junit": junit})


def run_of_rows(path: Path, runs: Path) -> RunFolder | None:
    """The folder of the run that wrote this file of results, when it is still there and says the same."""
    first = next(read_rows(path, RESULT_COLUMNS), None)
    if first is None:
        raise InputError(f"`{path}` has no rows", hint="name a run, or a file that `jc evals run -o` wrote")
    name = Path(str(first["run_id"])).name
    for folder in (runs / name, path.parent / name):
        derived = folder / "results.csv"
        if (folder / "manifest.json").is_file() and derived.is_file() and derived.read_bytes() == path.read_bytes():
            return RunFolder(folder)
    return None


def summary_of_rows(rows: Iterator[Row], name: str) -> dict[str, Any]:
    """The summary of a run as far as its rows tell it; scores stand where there were games."""
    from jc.evals.statistics.standings import standings
    from jc.evals.statistics.values import Evidence, Mark, Rules
    from jc.evals.summary import Totals, totalled

    totals: dict[str, Totals] = defaultdict(Totals)
    marks: list[Mark] = []
    prompts: dict[str, None] = {}
    epochs = 1
    for row in rows:
        totals[row["candidate"]].add(row)
        prompts[row["prompt_id"]] = None
        epochs = max(epochs, (row["epoch"] or 0) + 1)
        if row["score"] is not None:
            marks.append(Mark(row["prompt_id"], row["candidate"], row["score"], "", row["cluster"] or "", row["epoch"] or 0))
    found = standings(Evidence(marks=marks, prompts=list(prompts)), Rules()) if marks else None
    order = [row.candidate for row in found.standings] if found else []
    names = [*order, *(name for name in totals if name not in order)]
    return {
        "run_id": name,
        "demo": any(name.startswith("demo/") for name in names),
        "prompts": len(prompts),
        "epochs": epochs,
        "evalset": {"name": name, "sha256": ""},
        "judge_mode": "from the rows",
        "judges": [],
        "answers": sum(sum(total.statuses.values()) for total in totals.values()),
        "missing": sum(total.statuses["error"] for total in totals.values()),
        "spent_usd": sum((total.cost_usd + total.judge_cost_usd for total in totals.values()), Decimal(0)),
        "judge_usd": sum((total.judge_cost_usd for total in totals.values()), Decimal(0)),
        "candidates": [totalled(name, None, totals[name]) for name in names],
        "standings": asdict(found) if found else None,
    }


def prompt_texts(folder: RunFolder) -> dict[str, str]:
    """The texts of the prompts by id, from the folder's copy of the set; empty when a template made them and has gone."""
    from jc.evals.evalset import load_evalset

    template = folder.read_manifest()["request"].get("template")
    try:
        text = Path(template).read_text("utf-8") if template else None
        copies = sorted(folder.path.glob("evalset.*"))
        return {case.id: case.question for case in load_evalset(copies[0], template=text).cases} if copies else {}
    except (OSError, UnicodeDecodeError, InputError):
        return {}


def reproduce(folder: RunFolder) -> dict[str, object]:
    """How to get the run again: command, versions, seed, hashes, parties, date; nothing secret."""
    manifest = folder.read_manifest()
    request = manifest["request"]
    return {
        "command": run_command(request),
        "run": folder.id,
        "started": manifest["created"],
        "run by jc": manifest["jc_version"],
        "python": manifest["python"],
        "seed": request["settings"]["seed"],
        "evalset sha256": manifest["evalset_sha256"],
        "catalog sha256": manifest["catalog_sha256"],
        "candidates": "; ".join(_party(party) for party in manifest["candidates"]),
        "judges": "; ".join(_party(party) for party in manifest["judges"]),
    }


def _party(party: Mapping[str, Any]) -> str:
    return f"{party['name']} = {party['wire_id']} at {without_credentials(str(party['endpoint']))}"


def run_command(request: Mapping[str, Any]) -> str:
    """The command line that asks for the same run."""
    settings = request["settings"]
    parts: list[str] = ["jc", "evals", "run", "--candidates", _listed(request["candidates"]), "--prompts", request["prompts"]]
    if request["judges"]:
        parts += ["--judge", _listed(request["judges"]), "--judge-mode", settings["mode"]]
    if request["base_url"]:
        parts += ["--base-url", without_credentials(request["base_url"])]
    for name in ("baseline", "pairs_per_prompt", "temperature"):
        parts += _flag(name, settings[name], None)
    for name, usual in (("epochs", 1), ("seed", 0), ("max_tokens", 4096), ("on_refusal", "exclude"), ("margin", 0.02)):
        parts += _flag(name, settings[name], usual)
    parts += [*_flag("template", request["template"], None), *_flag("limit", request["limit"], None)]
    parts += [*_flag("controls", request.get("controls", 0), 0), *_flag("sentinel", request.get("sentinel"), None)]
    switches = [("--stop-when-decided", settings.get("stop_when_decided")), ("--ttft", settings["stream"])]
    return shlex.join([*parts, *(name for name, on in switches if on)])


def _listed(names: Sequence[str]) -> str:
    return ",".join(without_credentials(name) for name in names)


def _flag(name: str, value: object, usual: object) -> Sequence[str]:
    return () if value == usual else (f"--{name.replace('_', '-')}", str(value))
