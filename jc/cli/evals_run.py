"""Carry an eval run out on the command line: tell the plan, show progress, write the files, tell the end, leave with its code."""

import errno
import sys
from collections.abc import Mapping, Sized
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jc.cli.evals_doubts import tell_doubts, unread_share
from jc.cli.evals_options import usd_of
from jc.cli.output import Out, terminal_width
from jc.errors import InputError, IoFailure, StoppedEarly
from jc.files import write_atomically
from jc.report.document import BASE_FORMATS

if TYPE_CHECKING:
    from jc.evals.plan import Plan
    from jc.evals.run import Finished, Prepared, Request

# What `jc evals resume` takes over from the run: a cap that a resume forgot would be no cap.
KEPT = ("max_cost", "allow_unpriced", "concurrency", "timeout", "max_attempts", "max_wait")
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_ROWS = {".csv", ".jsonl", ".ndjson", ".parquet"}


class Carrying:
    """How a request is carried out: everything of the command line that cannot change a result."""

    def __init__(self, out: Out, environment: Mapping[str, str], **flags: Any) -> None:
        self.out = out
        self.environment = environment
        self.flags = flags

    def prepare(self, request: "Request") -> "Prepared":
        """The plan with everything checked."""
        from jc.catalog.load import cached_catalog
        from jc.evals.run import Spending, Where, prepare

        flag = self.flags
        if flag["replay"] is not None and not flag["replay"].is_file():
            raise InputError(f"`--replay {flag['replay']}`: there is no such file", hint="make one with `--record FILE`")
        if self.out.format not in (*BASE_FORMATS, "html", "junit"):
            raise InputError(f"no format `{self.out.format}` here", hint=f"formats: {', '.join(BASE_FORMATS)}, html, junit")
        where = Where(Path(self.out.config.get("runs")), flag["run_dir"], flag["fresh"], flag["record"], flag["replay"])
        spending = Spending(usd_of(flag["max_cost"]), flag["allow_unpriced"])
        catalog = cached_catalog(self.out.catalog)
        prepared = prepare(request, catalog, self.environment, where, spending, now=datetime.now(UTC))
        how = {name: flag[name] for name in KEPT}
        return replace(prepared, how=how, generate=flag.get("generate", True))

    def go(self, request: "Request") -> None:
        """Prepare, tell the plan, carry it out, write, tell the end."""
        prepared = self.prepare(request)
        _tell_changes(self.out, prepared)
        dry = self.flags["dry_run"]
        if dry:
            self.out.emit(_plan_document(prepared, self.flags["concurrency"]))
        _tell_plan(self.out, prepared, self.flags["concurrency"], shown=dry)
        if dry:
            return
        self.carry_out(prepared)

    def carry_out(self, prepared: "Prepared") -> None:
        """Run it; the exit code tells whether something is missing."""
        from jc.cli.progress import RunProgress
        from jc.evals.run import carry_out
        from jc.providers.settings import ClientSettings

        flag, plan = self.flags, prepared.plan
        client = ClientSettings(
            concurrency=flag["concurrency"], timeout_s=flag["timeout"], max_attempts=flag["max_attempts"],
            max_wait_s=flag["max_wait"], park=flag["park"], seed=plan.settings.seed,
        )  # fmt: skip
        verdicts = plan.games + plan.ratings + len(plan.looks())
        with RunProgress(self.out, plan.answers, verdicts, tty=sys.stderr.isatty()) as progress:
            carried = carry_out(prepared, client, progress, progress)
            with carried as finished:
                progress.__exit__(None, None, None)
                summary = _write(self.out, finished, raw_csv=flag["raw_csv"])
                _tell_end(self.out, finished, summary, progress.known)
                tell_doubts(self.out, finished, summary, prepared.unpriced)
        _leave(finished, summary, prepared)


def _write(out: Out, finished: "Finished", *, raw_csv: bool) -> dict[str, Any]:
    """The derived files of the run folder, the files of `--output`, and the result on stdout."""
    from jc.evals.outputs import write_rows
    from jc.evals.results import RESULT_COLUMNS
    from jc.report.run_document import run_document

    summary = _derived(finished, raw=raw_csv)
    document = run_document(finished.folder, summary, terminal_width(98))
    if not any(row["answered"] for row in summary["candidates"]) and out.files:
        out.warn("no answer came: the files of `--output` are left as they were")
        out.show(document)
        return summary
    for path in out.files:
        if path.suffix.lower() == ".csv":
            # The rows are in the run folder already, in this very form.
            write_atomically(path, (finished.folder.path / "results.csv").read_bytes())
            out.say(f"Wrote {finished.results.pipeline.expected:,} rows to `{path}`.")
        elif path.suffix.lower() in _ROWS:
            rows = write_rows(path, RESULT_COLUMNS, finished.results.answers(), raw=raw_csv)
            out.say(f"Wrote {rows:,} rows to `{path}`.")
        else:
            out.write_file(document, path)
            out.say(f"Wrote `{path}`.")
    out.show(document)
    return summary


def _derived(finished: "Finished", *, raw: bool) -> dict[str, Any]:
    """The derived files and their summary; a disk that is full by now is a stop that can be resumed: the journal is whole."""
    from jc.evals.finish import derive

    try:
        return derive(finished, raw=raw)
    except IoFailure as error:
        full = isinstance(error.__cause__, OSError) and error.__cause__.errno in _FULL
        if not full:
            raise
        raise StoppedEarly(
            error.message, hint="free some space, then the same command continues; what is finished is in the journal"
        ) from error


def _tell_changes(out: Out, prepared: "Prepared") -> None:
    """What this start asks for otherwise than the last one in the same folder: its result takes the place of that one's."""
    from jc.evals.finish import changed_settings

    changes = [] if prepared.where.fresh else changed_settings(prepared)
    if changes:
        out.say(f"note: `{prepared.path}` was last started with {', '.join(changes)}; its finished calls are used where they fit")


def _tell_plan(out: Out, prepared: "Prepared", concurrency: int, *, shown: bool) -> None:
    # The smallest difference needs SciPy, a third of a second: nobody waits for it who does not read it.
    for line in () if out.quiet or shown else _plan_lines(prepared, concurrency):
        out.say(line)
    if prepared.unpriced:
        names = ", ".join(f"`{name}`" for name in prepared.unpriced)
        out.say(f"note: no price is known for {names}: their cost is left out, not zero")
    labs = {party.lab for party in prepared.plan.candidates if party.lab}
    for party in prepared.plan.judges:
        if party.lab in labs and not party.demo:
            out.warn(f"judge `{party.name}` and a candidate come from one lab ({party.lab}); judges favour their own family")
    out.say()


def _plan_lines(prepared: "Prepared", concurrency: int) -> list[str]:
    from jc.evals.finish import smallest_difference
    from jc.evals.plan import duration_s, money
    from jc.quantities import counted
    from jc.report.numbers import usd_amount

    plan = prepared.plan
    cases, epochs = len(plan.evalset.cases), plan.settings.epochs
    times = f" × {epochs} epochs" if epochs > 1 else ""
    who = f"{counted(len(plan.candidates), 'candidate')} × {counted(cases, 'prompt')}"
    lines = [f"Plan      {who}{times} = {counted(plan.answers, 'answer')}"]
    judges = ", ".join(party.name for party in plan.judges)
    if plan.games:
        lines.append(f"          {counted(plan.games // 2, 'pair')} × both orders = {plan.games:,} verdicts by {judges}")
    if plan.ratings:
        lines.append(f"          {plan.ratings:,} ratings by {judges}")
    if looks := plan.looks():
        kinds = [f"{len(pairs):,} {name}" for name, pairs in _probed(plan) if pairs]
        lines.append(f"          {' and '.join(kinds)} = {len(looks):,} more verdicts")
    cost = money(plan, datetime.now(UTC))
    price = (
        "no price known"
        if cost.unpriced and not cost.at_most
        else f"about {usd_amount(cost.about)} (at most {usd_amount(cost.at_most)})"
    )
    free = all(party.offer and party.offer.free for party in (*plan.candidates, *plan.judges))
    expected = duration_s(plan, concurrency)
    time = f"about {expected / 60:.0f} min" if expected >= 90 else f"about {max(1, round(expected))} s"
    cap = f", capped at {usd_amount(prepared.spending.max_usd)}" if prepared.spending.max_usd is not None else ""
    lines.append(f"          {'free' if free else price}{cap}, {time}; at most {concurrency} requests in flight per endpoint")
    if plan.settings.stop_when_decided:
        lines.append("          at most; it stops when every pair is decided (looks with alpha spending)")
    smallest = smallest_difference(plan)
    if smallest is not None:
        lines.append(f"          {cases} prompts can show a difference of about {smallest * 100:.0f} points (power 80 %)")
    return lines


def _probed(plan: "Plan") -> tuple[tuple[str, Sized], ...]:
    return ("control items", plan.probes.controls), ("frozen pairs", plan.probes.sentinels)


def _plan_document(prepared: "Prepared", concurrency: int) -> Any:
    from jc.evals.finish import smallest_difference
    from jc.evals.plan import duration_s, money
    from jc.report.document import Document
    from jc.report.numbers import UNKNOWN
    from jc.report.table import Column, Table

    plan, cost = prepared.plan, money(prepared.plan, datetime.now(UTC))
    payload = {
        "prompts": len(plan.evalset.cases),
        "candidates": [party.name for party in plan.candidates],
        "judges": [party.name for party in plan.judges],
        "answers": plan.answers,
        "verdicts": plan.games,
        "ratings": plan.ratings,
        "controls": len(plan.probes.controls),
        "sentinel_pairs": len(plan.probes.sentinels),
        "probe_verdicts": len(plan.looks()),
        "calls": plan.answers + plan.games + plan.ratings + len(plan.looks()),
        "about_usd": cost.about,
        "at_most_usd": cost.at_most,
        "unpriced": list(cost.unpriced),
        "seconds": duration_s(plan, concurrency),
        "smallest_difference": smallest_difference(plan),
        "run_dir": str(prepared.path),
    }
    names, shown = {"at_most_usd": "at most USD", "about_usd": "about USD"}, []
    for name, value in payload.items():
        listed = ", ".join(value) if isinstance(value, list) else value
        shown.append([names.get(name, name.replace("_", " ")), UNKNOWN if listed in {None, ""} else _plan_cell(name, listed)])
    table = Table((Column("Plan"), Column("Value")), shown)
    return Document("jc.evals-plan/1", payload, [payload], [table], text="\n".join(_plan_lines(prepared, concurrency)))


def _plan_cell(name: str, value: Any) -> str:
    """A figure of the plan for people: money and seconds rounded, a difference in points."""
    from jc.report.numbers import usd_amount

    if name.endswith("_usd"):
        return usd_amount(value)
    if name == "seconds":
        return f"{value:.0f}"
    if name == "smallest_difference":
        return f"{value * 100:.0f} points (power 80 %)"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _tell_end(out: Out, finished: "Finished", summary: Mapping[str, Any], known: int) -> None:
    from jc.report.evals import judge_lines, stopping_line
    from jc.report.numbers import usd_amount

    out.say()
    if finished.set_aside is not None:
        out.say(f"The run that was here is in `{finished.set_aside}` now.")
    # Equal questions to a judge within one run are found in the journal too; that is no resume.
    if finished.known and known:
        out.say(f"{known:,} finished calls were in the journal already and were not made again.")
    for number in finished.damaged[:5]:
        out.warn(f"line {number} of `{finished.folder.journal}` is damaged; its call was made again")
    this = summary["judge_usd"] + sum((row["cost_usd"] or 0 for row in summary["candidates"]), Decimal(0))
    money = f"This result cost {usd_amount(this)}, of which the judge {usd_amount(summary['judge_usd'])}"
    if summary["spent_usd"] > this:
        money = f"{money}; its folder has spent {usd_amount(summary['spent_usd'])} with what is not in the result"
    out.say(f"{money}. All files are in `{finished.folder.path}`.")
    if line := stopping_line(summary):
        out.say(line)
    for line in judge_lines(summary):
        out.say(line)
    for note in summary["standings"]["notes"] if summary["standings"] else ():
        out.say(f"note: {note}")


def _leave(finished: "Finished", summary: Mapping[str, Any], prepared: "Prepared") -> None:
    """Exit 0 when all is there, else 3, 130 or 143 with the way on."""
    again = f"the same command continues it, or `jc evals resume {prepared.path}`"
    if finished.error is not None:
        raise finished.error
    if finished.stopped in {"SIGINT", "SIGTERM"}:
        sys.stderr.write(f"Stopped; what is finished is saved: {again}\n")
        raise typer.Exit(130 if finished.stopped == "SIGINT" else 143)
    if finished.stopped:
        raise StoppedEarly(f"stopped: {finished.stopped}", hint=again)
    unjudged = summary["missing_verdicts"]
    if summary["missing"] or unjudged:
        raise StoppedEarly(f"{summary['missing']:,} answers and {unjudged:,} verdicts are missing", hint=again)
    if unread_share(finished) == 1.0:
        raise StoppedEarly("no verdict could be read, so nothing is compared", hint="look at the replies in `comparisons.csv`")
