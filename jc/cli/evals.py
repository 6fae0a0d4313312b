"""`jc evals`: compare candidate models on your own prompts."""

import inspect
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jc.cli.evals_stats import register as register_stats
from jc.cli.options import command, new_app, split_list
from jc.cli.output import Out, problem
from jc.errors import InputError, JcError, Problem, StoppedEarly
from jc.files import write_atomically

if TYPE_CHECKING:
    from jc.evals.run import Finished, Prepared, Request
    from jc.evals.runfolder import RunFolder

app = new_app(
    """Compare candidate models on your own prompts.

\b
Examples:
  jc evals run -c demo/strong,demo/hasty -p demo -j demo/judge
  jc evals run -c llama-3.3-70b,deepseek-v3 -p my-eval-set.jsonl -j gpt-oss-120b -o results.csv
  jc evals list
"""
)

Names = list[str] | None
_ROWS = {".csv", ".jsonl", ".ndjson", ".parquet"}


@command(app, "run")
def run(
    out: Out,
    candidates: Annotated[Names, typer.Option("--candidates", "-c", metavar="MODELS", help="Models to compare: a,b,c.")] = None,
    prompts: Annotated[
        str | None, typer.Option("--prompts", "-p", metavar="FILE", help="JSONL or CSV, or a shipped set.")
    ] = None,
    judge: Annotated[Names, typer.Option("--judge", "-j", metavar="MODELS", help="Who judges; several are a jury.")] = None,
    judge_mode: Annotated[str | None, typer.Option(metavar="MODE", help="pairwise, pointwise or both.")] = None,
    baseline: Annotated[str | None, typer.Option(metavar="MODEL", help="Compare all others with this candidate only.")] = None,
    pairs_per_prompt: Annotated[int | None, typer.Option(metavar="N", min=1, help="Pairs judged per prompt.")] = None,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="Answers per prompt and candidate.")] = 1,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only the first N prompts.")] = None,
    template: Annotated[str | None, typer.Option(metavar="FILE", help="Jinja template that makes prompts of `vars`.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Seed of the statistics.")] = None,
    max_tokens: Annotated[int, typer.Option(metavar="N", min=1, help="Longest answer in tokens.")] = 4096,
    temperature: Annotated[float | None, typer.Option(metavar="T", min=0, help="Sampling temperature of the candidates.")] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Send every call to this server. [JC_BASE_URL]")] = None,
    api_key_env: Annotated[str | None, typer.Option(metavar="NAME", help="Variable with its key. [default: JC_API_KEY]")] = None,
    env_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Read variables from this file too.")] = None,
    concurrency: Annotated[int | None, typer.Option(metavar="N", min=1, help="Most requests in flight per endpoint.")] = None,
    timeout: Annotated[float | None, typer.Option(metavar="S", min=0.1, help="Seconds for one attempt.")] = None,
    max_attempts: Annotated[int | None, typer.Option(metavar="N", min=1, help="Attempts per call.")] = None,
    max_wait: Annotated[float | None, typer.Option(metavar="S", min=0, help="Seconds a call may wait for retries.")] = None,
    park: Annotated[bool, typer.Option("--park", help="Wait for the reset when a budget is used up.")] = False,
    max_cost: Annotated[str | None, typer.Option(metavar="USD", help="Hard cap for the whole run.")] = None,
    allow_unpriced: Annotated[
        bool, typer.Option("--allow-unpriced", help="Let models without a price run under --max-cost.")
    ] = False,
    judge_template: Annotated[Path | None, typer.Option(metavar="FILE", help="Your own judge prompt (Jinja).")] = None,
    verdict_regex: Annotated[str | None, typer.Option(metavar="RE", help="Finds the verdict in its reply.")] = None,
    verdict_map: Annotated[str | None, typer.Option(metavar="JSON", help='What matches mean: {"Output (a)": "A"}.')] = None,
    rating_regex: Annotated[str | None, typer.Option(metavar="RE", help="Finds the rating in its reply.")] = None,
    scale: Annotated[str, typer.Option(metavar="LOW-HIGH", help="Scale of ratings.")] = "1-10",
    on_refusal: Annotated[
        str, typer.Option(metavar="HOW", help="loss, tie or exclude: refused, cut, empty answers.")
    ] = "exclude",
    margin: Annotated[float, typer.Option(metavar="X", min=0, max=1, help="Differences below it do not matter.")] = 0.02,
    ttft: Annotated[bool, typer.Option("--ttft", help="Stream, and measure the time to first token.")] = False,
    resume: Annotated[bool, typer.Option("--resume/--fresh", help="Continue the run of this command, or start anew.")] = True,
    run_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of this run. [default: runs/<id>]")] = None,
    record: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep every reply in FILE.")] = None,
    replay: Annotated[Path | None, typer.Option(metavar="FILE", help="Answer from FILE, with no network.")] = None,
    raw_csv: Annotated[bool, typer.Option("--raw-csv", help="Do not escape cells that a spreadsheet would run.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, call nobody.")] = False,
) -> None:
    """Ask every candidate every prompt, judge the answers, and say who is better.

    \b
    Examples:
      jc evals run -c demo/strong,demo/solid,demo/hasty -p demo -j demo/judge
      jc evals run -c llama-3.3-70b,deepseek-v3 -p my-eval-set.jsonl -j gpt-oss-120b -o results.csv
      jc evals run -c a,b -p set.jsonl -j m --base-url http://127.0.0.1:8000/v1 --max-cost 2.50

    The same command continues a run that was stopped; no finished call is paid for twice.
    """
    from jc.evals.plan import Settings
    from jc.evals.run import Request

    get = out.config.get
    environment = _environment(env_file)
    names = split_list(candidates)
    judges = split_list(judge) or split_list([get("judge")] if get("judge") else None)
    if not names:
        raise problem("no candidates", hint="name them with `--candidates a,b`; list the models with `jc catalog list`")
    if prompts is None:
        raise problem("no prompts", hint="name a file with `--prompts set.jsonl`, or try the shipped set `--prompts demo`")
    settings = Settings(
        mode=_one_of(
            "--judge-mode", judge_mode or ("pairwise" if len(names) > 1 else "pointwise"), ("pairwise", "pointwise", "both")
        ),
        baseline=baseline,
        pairs_per_prompt=pairs_per_prompt,
        epochs=epochs,
        seed=get("seed", seed),
        max_tokens=max_tokens,
        temperature=temperature,
        on_refusal=_one_of("--on-refusal", on_refusal, ("loss", "tie", "exclude")),
        stream=ttft,
        margin=margin,
    )
    request = Request(
        prompts=prompts,
        candidates=names,
        judges=judges,
        base_url=get("base_url", base_url),
        key_env=get("api_key_env", api_key_env),
        settings=settings,
        scale=_scale(scale),
        template=template,
        judge_template=_judge_template(judge_template, verdict_regex, verdict_map, rating_regex),
        limit=limit,
    )
    how = _How(
        out, environment, run_dir=run_dir, fresh=not resume, record=record, replay=replay, max_cost=get("max_cost", max_cost),
        allow_unpriced=allow_unpriced, concurrency=get("concurrency", concurrency), timeout=get("timeout", timeout),
        max_attempts=get("max_attempts", max_attempts), max_wait=get("max_wait", max_wait), park=park, raw_csv=raw_csv,
        dry_run=dry_run,
    )  # fmt: skip
    how.go(request)


def _without(function: Callable[..., None], name: str, value: Any, doc: str) -> Callable[..., None]:
    """The same command with one option fixed."""
    own = inspect.signature(function)

    def fixed(out: Out, **values: Any) -> None:
        function(out, **values, **{name: value})

    fixed.__doc__ = doc
    fixed.__signature__ = own.replace(parameters=[p for p in own.parameters.values() if p.name != name])  # type: ignore[attr-defined]
    return fixed


command(app, "plan")(
    _without(
        run, "dry_run", True, "Print what `jc evals run` would do, what it would cost, and what it could show. Calls nobody."
    )
)


class _How:
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
        for name in ("record", "replay"):
            if flag[name] is not None and name == "replay" and not flag[name].is_file():
                raise InputError(f"`--replay {flag[name]}`: there is no such file", hint="make one with `--record FILE`")
        where = Where(Path(self.out.config.get("runs")), flag["run_dir"], flag["fresh"], flag["record"], flag["replay"])
        spending = Spending(_usd(flag["max_cost"]), flag["allow_unpriced"])
        catalog = cached_catalog(self.out.catalog)
        return prepare(request, catalog, self.environment, where, spending, now=datetime.now(UTC))

    def go(self, request: "Request") -> None:
        """Prepare, tell the plan, carry it out, write, tell the end."""
        prepared = self.prepare(request)
        _tell_plan(self.out, prepared, self.flags["concurrency"])
        if self.flags["dry_run"]:
            self.out.emit(_plan_document(prepared, self.flags["concurrency"]))
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
        with RunProgress(self.out, plan.answers, plan.games + plan.ratings, tty=sys.stderr.isatty()) as progress:
            carried = carry_out(prepared, client, progress, progress)
            with carried as finished:
                progress.__exit__(None, None, None)
                summary = _write(self.out, finished, raw_csv=flag["raw_csv"])
                _tell_end(self.out, finished, summary, prepared.unpriced)
        _leave(finished, summary, prepared)


def _write(out: Out, finished: "Finished", *, raw_csv: bool) -> dict[str, Any]:
    """The derived files of the run folder, the files of `--output`, and the result on stdout."""
    from jc.evals.finish import derive
    from jc.evals.outputs import write_rows
    from jc.evals.results import RESULT_COLUMNS
    from jc.report.evals import evals_document

    summary = derive(finished, raw=raw_csv)
    document = evals_document(summary)
    for path in out.files:
        if path.suffix.lower() == ".csv":
            # The rows are in the run folder already, in this very form.
            write_atomically(path, (finished.folder.path / "results.csv").read_bytes())
            out.say(f"Wrote {finished.results.plan.answers:,} rows to `{path}`.")
        elif path.suffix.lower() in _ROWS:
            rows = write_rows(path, RESULT_COLUMNS, finished.results.answers(), raw=raw_csv)
            out.say(f"Wrote {rows:,} rows to `{path}`.")
        else:
            out.write_file(document, path)
            out.say(f"Wrote `{path}`.")
    out.show(document)
    return summary


def _tell_plan(out: Out, prepared: "Prepared", concurrency: int) -> None:
    for line in _plan_lines(prepared, concurrency):
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
    from jc.report.numbers import usd_amount

    plan = prepared.plan
    cases, epochs = len(plan.evalset.cases), plan.settings.epochs
    times = f" × {epochs} epochs" if epochs > 1 else ""
    lines = [f"Plan      {len(plan.candidates)} candidates × {cases} prompts{times} = {plan.answers:,} answers"]
    judges = ", ".join(party.name for party in plan.judges)
    if plan.games:
        lines.append(f"          {plan.games // 2:,} pairs × both orders = {plan.games:,} verdicts by {judges}")
    if plan.ratings:
        lines.append(f"          {plan.ratings:,} ratings by {judges}")
    cost = money(plan, datetime.now(UTC))
    price = (
        "no price known"
        if cost.unpriced and not cost.at_most
        else f"about {usd_amount(cost.about)} (at most {usd_amount(cost.at_most)})"
    )
    free = all(party.offer and party.offer.free for party in (*plan.candidates, *plan.judges))
    minutes = duration_s(plan, concurrency) / 60
    time = f"about {minutes:.0f} min" if minutes >= 1.5 else "about a minute"
    lines.append(f"          {'free' if free else price}, {time}; at most {concurrency} requests in flight per endpoint")
    smallest = smallest_difference(plan)
    if smallest is not None:
        lines.append(f"          {cases} prompts can show a difference of about {smallest * 100:.0f} points (power 80 %)")
    return lines


def _plan_document(prepared: "Prepared", concurrency: int) -> Any:
    from jc.evals.finish import smallest_difference
    from jc.evals.plan import duration_s, money
    from jc.report.document import Document

    plan, cost = prepared.plan, money(prepared.plan, datetime.now(UTC))
    payload = {
        "prompts": len(plan.evalset.cases),
        "candidates": [party.name for party in plan.candidates],
        "judges": [party.name for party in plan.judges],
        "answers": plan.answers,
        "verdicts": plan.games,
        "ratings": plan.ratings,
        "calls": plan.answers + plan.games + plan.ratings,
        "about_usd": cost.about,
        "at_most_usd": cost.at_most,
        "unpriced": list(cost.unpriced),
        "seconds": duration_s(plan, concurrency),
        "smallest_difference": smallest_difference(plan),
        "run_dir": str(prepared.path),
    }
    return Document("jc.evals-plan/1", payload, [payload], text="")


def _tell_end(out: Out, finished: "Finished", summary: Mapping[str, Any], unpriced: tuple[str, ...]) -> None:
    from jc.report.evals import judge_lines
    from jc.report.numbers import usd_amount

    out.say()
    if finished.known:
        out.say(f"{finished.known:,} finished calls were in the journal already and were not made again.")
    for number in finished.damaged[:5]:
        out.warn(f"line {number} of `{finished.folder.journal}` is damaged; its call was made again")
    spent, judged = usd_amount(summary["spent_usd"]), usd_amount(summary["judge_usd"])
    money = f"Spent {spent}, of which the judge {judged}"
    if unpriced:
        money = f"{money}, and what {', '.join(f'`{name}`' for name in unpriced)} cost, which nobody knows here"
    out.say(f"{money}; all files in `{finished.folder.path}`.")
    for line in judge_lines(summary):
        out.say(line)
    for note in summary["standings"]["notes"] if summary["standings"] else ():
        out.say(f"note: {note}")
    for name, why in finished.given_up.items():
        out.warn(f"{name} was given up: {why}")
    for text in _failures(finished):
        out.warn(text)


def _failures(finished: "Finished") -> list[str]:
    """The first failed answers by name, then how many more."""
    pipeline, plan = finished.results.pipeline, finished.results.plan
    failed = [(slot, note.failure) for slot, note in sorted(pipeline.answers.items()) if note.failure]
    lines = [
        f"no answer of {plan.candidates[slot.candidate].name} to prompt `{plan.evalset.cases[slot.case].id}`: {failure.message}"
        for slot, failure in failed[:5]
    ]
    if len(failed) > 5:
        lines.append(f"and {len(failed) - 5:,} more answers failed; they are in the results with their `error_type`")
    unjudged = sum(1 for note in pipeline.games.values() if note.failure)
    if unjudged:
        message = next(note.failure.message for note in pipeline.games.values() if note.failure)
        lines.append(f"{unjudged:,} verdicts failed, the first: {message}")
    return lines


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
    unjudged = sum(1 for note in finished.results.pipeline.games.values() if note.failure)
    if summary["missing"] or unjudged:
        raise StoppedEarly(f"{summary['missing']:,} answers and {unjudged:,} verdicts are missing", hint=again)


@command(app, "list")
def list_runs(out: Out) -> None:
    """List the runs under `runs/`, the latest last."""
    from jc.evals.finish import overview
    from jc.evals.runfolder import listed
    from jc.report.document import Document
    from jc.report.numbers import UNKNOWN, count, usd_amount
    from jc.report.table import Column, Table

    rows = [overview(folder) for folder in listed(Path(out.config.get("runs")))]
    texts, numbers = ("Run", "Created", "Candidates", "Judge"), ("Prompts", "Missing", "Spent")
    columns = (*(Column(name) for name in texts), *(Column(name, "right") for name in numbers))
    cells = [
        [
            row["run_id"], row["created"], ", ".join(row["candidates"]), ", ".join(row["judges"]) or UNKNOWN,
            count(row["prompts"]), count(row["missing"]), usd_amount(row["spent_usd"]),
        ]
        for row in rows
    ]  # fmt: skip
    text = Table(columns, cells).text() if rows else f"no runs in `{out.config.get('runs')}`"
    out.emit(Document("jc.runs/1", {"runs": rows}, rows, [Table(columns, cells)], text=text))


@command(app, "show")
def show(out: Out, name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")]) -> None:
    """Show the result of a run again."""
    from jc.evals.finish import read_summary
    from jc.report.evals import evals_document, judge_lines

    summary = read_summary(_find(out, name))
    out.emit(evals_document(summary))
    for line in judge_lines(summary):
        out.say(line)


@command(app, "resume")
def resume_run(
    out: Out,
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    concurrency: Annotated[int | None, typer.Option(metavar="N", min=1, help="Most requests in flight per endpoint.")] = None,
    max_cost: Annotated[
        str | None, typer.Option(metavar="USD", help="Hard cap for the whole run, with what it has spent.")
    ] = None,
    allow_unpriced: Annotated[
        bool, typer.Option("--allow-unpriced", help="Let models without a price run under --max-cost.")
    ] = False,
    env_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Read variables from this file too.")] = None,
) -> None:
    """Continue a run that was stopped; no finished call is paid for twice."""
    from jc.evals.finish import request_of

    folder = _find(out, name)
    _again(out, folder.path, concurrency, max_cost, allow_unpriced, env_file).go(request_of(folder))


@command(app, "rejudge")
def rejudge(
    out: Out,
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    judge: Annotated[Names, typer.Option("--judge", "-j", metavar="MODELS", help="Who judges now.")] = None,
    run_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the new run.")] = None,
    concurrency: Annotated[int | None, typer.Option(metavar="N", min=1, help="Most requests in flight per endpoint.")] = None,
    max_cost: Annotated[str | None, typer.Option(metavar="USD", help="Hard cap for the new run.")] = None,
    env_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Read variables from this file too.")] = None,
) -> None:
    """Judge the answers of a run again, by another judge; nothing is generated again."""
    from jc.evals.finish import copy_answers, request_of

    folder = _find(out, name)
    judges = split_list(judge)
    if not judges:
        raise problem("no judge", hint="name one with `--judge MODEL`")
    label = "-".join(name.replace("/", "-").split("@")[0] for name in judges)
    path = run_dir or folder.path.with_name(f"{folder.id}-{label}")
    request = request_of(folder, judges)
    how = _again(out, path, concurrency, max_cost, False, env_file)
    how.prepare(request)
    copied = copy_answers(folder, path)
    out.say(f"{copied:,} answers taken from `{folder.path}`.")
    how.go(request)


def _again(
    out: Out, path: Path, concurrency: int | None, max_cost: str | None, allow_unpriced: bool, env_file: Path | None
) -> _How:
    get = out.config.get
    return _How(
        out, _environment(env_file), run_dir=path, fresh=False, record=None, replay=None, max_cost=get("max_cost", max_cost),
        allow_unpriced=allow_unpriced, concurrency=get("concurrency", concurrency), timeout=get("timeout"),
        max_attempts=get("max_attempts"), max_wait=get("max_wait"), park=False, raw_csv=False, dry_run=False,
    )  # fmt: skip


def _find(out: Out, name: str) -> "RunFolder":
    from jc.evals.runfolder import find

    return find(Path(out.config.get("runs")), name)


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> Any:
    if value not in choices:
        raise problem(f"`{option} {value}`: no such choice", hint=f"one of {', '.join(choices)}")
    return value


def _scale(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split("-"))
    except ValueError:
        raise problem(f"`--scale {text}`: not a scale", hint="for example 1-10") from None
    if low >= high:
        raise problem(f"`--scale {text}`: the low end is not below the high end", hint="for example 1-10")
    return low, high


def _usd(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(str(text).lstrip("$"))
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value <= 0:
        raise problem(f"`--max-cost {text}`: not an amount of USD", hint="for example `--max-cost 2.50`")
    return value


def _judge_template(path: Path | None, verdict_regex: str | None, verdict_map: str | None, rating_regex: str | None) -> Any:
    from jc.evals.judge import load_template

    if path is None:
        if verdict_regex or verdict_map or rating_regex:
            raise problem("`--verdict-regex`, `--verdict-map` and `--rating-regex` belong to `--judge-template`", hint="add it")
        return None
    return load_template(path, verdict_regex, verdict_map, rating_regex)


def _environment(env_file: Path | None) -> dict[str, str]:
    """The environment, with what `--env-file` adds; a variable that is set already wins."""
    found: dict[str, str] = {}
    if env_file is not None:
        try:
            lines = env_file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read `{env_file}`: {error}") from error
        problems = []
        for number, line in enumerate(lines, 1):
            text = line.strip().removeprefix("export ")
            name, found_sign, value = text.partition("=")
            if not text or text.startswith("#"):
                continue
            if not found_sign or not name.strip().isidentifier():
                problems.append(Problem(f"`{env_file}` line {number} is not NAME=value"))
                continue
            found[name.strip()] = value.strip().strip("'\"")
        if problems:
            raise InputError.of(problems)
    return {**found, **os.environ}


register_stats(app)

__all__ = ["JcError", "app"]
