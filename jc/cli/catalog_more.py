"""`jc catalog`: models side by side, days to come, what to pick."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from jc.cli.catalog_days import day_of, moment_of
from jc.cli.options import command, split_list
from jc.cli.output import Out, problem, terminal_width
from jc.errors import AnswerIsNo

if TYPE_CHECKING:
    from jc.catalog.model import Catalog, Job
    from jc.catalog.pick import Pick

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="As of that day (UTC). [default: today]")]


def register(app: typer.Typer) -> None:
    """Hang the commands of this file under `jc catalog`."""
    from jc.cli.catalog_diff import diff
    from jc.cli.catalog_export import export
    from jc.cli.catalog_import import drift, import_

    command(app, "diff")(diff)
    command(app, "compare")(compare)
    command(app, "pick")(pick)
    command(app, "import")(import_)
    command(app, "drift")(drift)
    command(app, "calendar")(calendar)
    command(app, "export")(export)


def compare(
    out: Out,
    models: Annotated[list[str], typer.Argument(metavar="A B …", help="Ids, aliases or unique endings; the first is compared.")],
    per: Annotated[
        str, typer.Option("--per", metavar="BENCHMARK", help="Whose points the cost per quality point divides by.")
    ] = "mmlu-pro",
    as_of: AsOf = None,
) -> None:
    """Models side by side: scores, speed, price and cost per quality point, with the winner and the gap for each metric.

    Scores stand beside each other only with the same benchmark and variant. The cost per quality point is the input price per
    million tokens, divided by the points of a benchmark. Formats: table, json, jsonl, csv, markdown, html (bars and a radar).

    \b
    Examples:
      jc catalog compare qwen3.5-397b-a17b gpt-5.4 claude-opus-4-6
      jc catalog compare gpt-5.4,claude-opus-4-6 -o comparison.html
    """
    from jc.catalog.compare import compare as side_by_side
    from jc.catalog.load import load_catalog
    from jc.catalog.names import resolve_all
    from jc.report.catalog_compare import compare_document

    catalog, at = load_catalog(out.catalog), moment_of(as_of)
    names = split_list(models)
    if not names:
        raise problem("no model is named", hint="jc catalog compare gpt-5.4 claude-opus-4-6")
    offers = {offer.id: offer for offer in resolve_all(catalog, names, f"jc catalog compare {' '.join(names)}")}
    if per not in catalog.benchmarks:
        from jc.catalog.suggest import suggest

        raise problem(f"there is no benchmark `{per}`", hint=suggest(per, catalog.benchmarks) or "see benchmarks/registry.yaml")
    metrics = side_by_side(catalog, list(offers.values()), at, per)
    out.emit(compare_document(list(offers), metrics, at.date(), catalog.digest[:12]))


def calendar(
    out: Out,
    ics: Annotated[bool, typer.Option("--ics", help="An iCalendar file, as --format ics.")] = False,
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day. [default: today]")] = None,
    days: Annotated[int, typer.Option("--days", metavar="N", min=0, help="How many days ahead.")] = 365,
    stamp: Annotated[
        str | None, typer.Option("--stamp", metavar="TIME", help="DTSTAMP of the iCalendar file, for equal files. [default: now]")
    ] = None,
) -> None:
    """What is to come: removals, new prices, ends of free use, hand placements to review.

    \b
    Examples:
      jc catalog calendar --days 90
      jc catalog calendar --ics > catalog.ics
      jc catalog calendar --from 2026-11-01 --stamp 2026-11-01T00:00Z -o catalog.ics
    """
    from jc.catalog.calendar import events
    from jc.catalog.load import load_catalog
    from jc.report.catalog_answers import calendar_document

    first, written = day_of(start, "--from"), _stamp(stamp)
    found = events(load_catalog(out.catalog), first, days)
    if ics:
        out.format = "ics"
    out.emit(calendar_document(found, first, days, written, terminal_width()))


def _stamp(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise problem(f"`--stamp {text}`: not a moment", hint="moments are written 2026-08-21T14:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


class _Wish(NamedTuple):
    """What `jc catalog pick` was asked for."""

    job: str | None
    needs: Mapping[str, Any]


def pick(
    out: Out,
    job: Annotated[str | None, typer.Option("--job", metavar="JOB", help="A job of jobs.yaml, as rag or code.")] = None,
    vision: Annotated[bool, typer.Option("--vision", help="Takes images.")] = False,
    tools: Annotated[bool, typer.Option("--tools", help="Calls tools.")] = False,
    structured_output: Annotated[bool, typer.Option("--structured-output", help="Gives JSON by a schema.")] = False,
    reasoning: Annotated[bool, typer.Option("--reasoning", help="Thinks step by step.")] = False,
    code: Annotated[bool, typer.Option("--code", help="Writes code.")] = False,
    multilingual: Annotated[bool, typer.Option("--multilingual", help="Several languages.")] = False,
    long_context: Annotated[
        int | None, typer.Option("--long-context", metavar="TOKENS", min=1, help="Holds so many tokens.")
    ] = None,
    max_latency: Annotated[
        str | None, typer.Option("--max-latency", metavar="SECONDS", help="First token within so many seconds.")
    ] = None,
    embeddings: Annotated[bool, typer.Option("--embeddings", help="Gives embeddings.")] = False,
    images: Annotated[bool, typer.Option("--images", help="Gives images.")] = False,
    as_of: AsOf = None,
) -> None:
    """What to pick for a job, by the pick-by-job tables and the decision tree of jobs.yaml.

    By --job, by needs as flags, or, on a terminal and without either, by questions asked one by one. The first line is the pick;
    then why, what else would do, and what was passed over. Exit 1 when nothing meets the needs.

    \b
    Examples:
      jc catalog pick --job rag
      jc catalog pick --vision --long-context 200000
      jc catalog pick --max-latency 0.2 --format json
    """
    from jc.catalog.load import load_catalog
    from jc.report.catalog_answers import needs_text, pick_document

    flags = {
        "vision": vision, "tools": tools, "structured_output": structured_output, "reasoning": reasoning, "code": code,
        "multilingual": multilingual, "long_context": long_context, "max_latency": _seconds(max_latency),
        "output": _output(embeddings, images),
    }  # fmt: skip
    needs = {key: value for key, value in flags.items() if value}
    catalog, at = load_catalog(out.catalog), moment_of(as_of)
    found = _picked(out, catalog, _Wish(job, needs), at)
    out.emit(pick_document(found, job))
    others = sum(not one.proposed for one in found.excluded)
    if found.needs:
        out.say(f"Needs: {needs_text(found.needs)}. {len(found.proposals)} offers meet them, {others} others do not.")
    if not found.proposals:
        raise AnswerIsNo("")


def _picked(out: Out, catalog: "Catalog", wish: _Wish, at: datetime) -> "Pick":
    from jc.catalog.pick import job as job_of
    from jc.catalog.pick import pick_branch, pick_job, pick_needs

    if wish.job is not None:
        return pick_job(catalog, job_of(catalog, wish.job), wish.needs, at)
    if wish.needs:
        return pick_needs(catalog, wish.needs, at)
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        jobs = ", ".join(one.id for one in catalog.jobs)
        raise problem("nothing to pick for", hint=f"name a need (`--vision`, `--tools` …) or a `--job`: {jobs}")
    return pick_branch(catalog, _asked(out, catalog), at)


def _asked(out: Out, catalog: "Catalog") -> "Job":
    """The branch of the decision tree whose question is the first to be answered with yes."""
    for branch in catalog.tree:
        if branch.question is None or out.ask(branch.question):
            return branch
    raise problem("the decision tree has no last branch", hint="pick by needs or by `--job`")


def _seconds(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(text.strip().removesuffix("s").strip())
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise problem(f"`--max-latency {text}`: not a time", hint="seconds, as 0.2")
    return value


def _output(embeddings: bool, images: bool) -> str | None:
    if embeddings and images:
        raise problem("`--embeddings` and `--images` exclude each other", hint="ask for one kind of output")
    return "embedding" if embeddings else "image" if images else None
