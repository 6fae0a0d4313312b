"""`jc evals`: compare candidate models on your own prompts."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jc.cli.evals_compare import register as register_compare
from jc.cli.evals_doubts import tell_missing
from jc.cli.evals_judge import register as register_judge
from jc.cli.evals_label import register as register_label
from jc.cli.evals_options import environment_of, finite, judge_template_of, one_of, scale_of, url_of
from jc.cli.evals_report import register as register_report
from jc.cli.evals_run import Carrying
from jc.cli.evals_stats import register as register_stats
from jc.cli.options import command, new_app, split_list
from jc.cli.output import Out, problem, terminal_width

if TYPE_CHECKING:
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


def add_to(root: typer.Typer) -> None:
    """Hang the commands under the root."""
    root.add_typer(app, name="evals")


Names = list[str] | None


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
    controls: Annotated[
        int, typer.Option(metavar="N", min=0, help="Known-bad answers with injections that each judge must refuse, 20.")
    ] = 0,
    sentinel: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Frozen gold pairs (JSONL) that show whether the judge moved.")
    ] = None,
    on_refusal: Annotated[
        str, typer.Option(metavar="HOW", help="loss, tie or exclude: refused, cut, empty answers.")
    ] = "exclude",
    margin: Annotated[float, typer.Option(metavar="X", min=0, max=1, help="Differences below it do not matter.")] = 0.02,
    stop_when_decided: Annotated[
        bool, typer.Option("--stop-when-decided", help="Stop asking once every pair is decided.")
    ] = False,
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
    environment = environment_of(env_file)
    names = split_list(candidates)
    judges = split_list(judge) or split_list([get("judge")] if get("judge") else None)
    if not names:
        raise problem("no candidates", hint="name them with `--candidates a,b`; list the models with `jc catalog list`")
    if prompts is None:
        raise problem("no prompts", hint="name a file with `--prompts set.jsonl`, or try the shipped set `--prompts demo`")
    if rating_regex and judge_template and judge_mode not in {"pointwise", "both"} and len(names) > 1 and not verdict_regex:
        raise problem("`--rating-regex` reads ratings, and pairs are judged", hint="add `--judge-mode pointwise`")
    settings = Settings(
        mode=one_of(
            "--judge-mode", judge_mode or ("pairwise" if len(names) > 1 else "pointwise"), ("pairwise", "pointwise", "both")
        ),
        baseline=baseline,
        pairs_per_prompt=pairs_per_prompt,
        epochs=epochs,
        seed=get("seed", seed),
        max_tokens=max_tokens,
        temperature=finite("--temperature", temperature),
        on_refusal=one_of("--on-refusal", on_refusal, ("loss", "tie", "exclude")),
        stream=ttft,
        margin=finite("--margin", margin) or 0.0,
        stop_when_decided=stop_when_decided,
    )
    request = Request(
        prompts=prompts,
        candidates=names,
        judges=judges,
        base_url=url_of(get("base_url", base_url)),
        key_env=get("api_key_env", api_key_env),
        settings=settings,
        scale=scale_of(scale),
        template=template,
        judge_template=judge_template_of(judge_template, verdict_regex, verdict_map, rating_regex),
        limit=limit,
        controls=controls,
        sentinel=str(sentinel) if sentinel else None,
    )
    how = Carrying(
        out, environment, run_dir=run_dir, fresh=not resume, record=record, replay=replay, max_cost=get("max_cost", max_cost),
        allow_unpriced=allow_unpriced, concurrency=get("concurrency", concurrency),
        timeout=finite("--timeout", get("timeout", timeout)), max_attempts=get("max_attempts", max_attempts),
        max_wait=finite("--max-wait", get("max_wait", max_wait)), park=park, raw_csv=raw_csv, dry_run=dry_run,
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


@command(app, "list")
def list_runs(out: Out) -> None:
    """List the runs under `runs/`, the latest last."""
    from jc.evals.finish import overview
    from jc.evals.runfolder import listed
    from jc.report.document import Document
    from jc.report.numbers import UNKNOWN, count
    from jc.report.table import Column, Table

    rows = [overview(folder) for folder in listed(Path(out.config.get("runs")))]
    texts, numbers = ("Run", "Created", "Candidates", "Judge"), ("Prompts", "Missing", "Spent")
    columns = (*(Column(name) for name in texts), *(Column(name, "right") for name in numbers))
    cells = [
        [
            row["run_id"], row["created"], ", ".join(row["candidates"]), ", ".join(row["judges"]) or UNKNOWN,
            count(row["prompts"]), count(row["missing"]), _spent(row),
        ]
        for row in rows
    ]  # fmt: skip
    text = Table(columns, cells).text() if rows else f"no runs in `{out.config.get('runs')}`"
    out.emit(Document("jc.runs/1", {"runs": rows}, rows, [Table(columns, cells)], text=text))


def _spent(row: Mapping[str, Any]) -> str:
    """What a run has spent; an unknown price is not zero."""
    from jc.report.numbers import UNKNOWN, usd_amount

    if not row["unpriced"]:
        return usd_amount(row["spent_usd"])
    return f"≥ {usd_amount(row['spent_usd'])}" if row["spent_usd"] else UNKNOWN


@command(app, "show")
def show(out: Out, name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")]) -> None:
    """Show the result of a run again."""
    from jc.evals.finish import read_summary
    from jc.report.evals import judge_lines
    from jc.report.run_document import run_document

    folder = _find(out, name)
    summary = read_summary(folder)
    out.emit(run_document(folder, summary, terminal_width(98)))
    for line in judge_lines(summary):
        out.say(line)
    tell_missing(out, folder, summary)


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
    from jc.evals.finish import how_of, request_of

    folder = _find(out, name)
    given = {"concurrency": concurrency, "max_cost": max_cost, "allow_unpriced": allow_unpriced or None}
    how = {**how_of(folder), **{name: value for name, value in given.items() if value is not None}}
    _again(out, folder.path, how, env_file).go(request_of(folder))


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
    how = _again(out, path, {"concurrency": concurrency, "max_cost": max_cost, "generate": False}, env_file)
    how.prepare(request)
    copied = copy_answers(folder, path)
    out.say(f"{copied:,} answers taken from `{folder.path}`.")
    how.go(request)


def _again(out: Out, path: Path, how: Mapping[str, Any], env_file: Path | None) -> Carrying:
    """Carry on in a folder, with the flags in `how` and the configuration for the rest."""
    get = out.config.get
    flags = {name: get(name, how.get(name)) for name in ("max_cost", "concurrency", "timeout", "max_attempts", "max_wait")}
    return Carrying(
        out, environment_of(env_file), run_dir=path, fresh=False, record=None, replay=None, park=False, raw_csv=False,
        dry_run=False, allow_unpriced=bool(how.get("allow_unpriced")), generate=how.get("generate", True), **flags,
    )  # fmt: skip


def _find(out: Out, name: str) -> "RunFolder":
    from jc.evals.runfolder import find

    return find(Path(out.config.get("runs")), name)


register_compare(app)
register_judge(app)
register_label(app)
register_report(app)
register_stats(app)
