"""`jc simulate`: replay a traffic log against route tables."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jc.cli.amounts import duration_s, moment, share, shares
from jc.cli.options import command, split_list
from jc.cli.output import Out, problem, terminal_width
from jc.cli.simulate_setup import check_given, check_windows, classes_of, confusion_of, dimensions, split_by, terms_of, wants_page
from jc.errors import AnswerIsNo, InputError, StoppedEarly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jc.catalog.model import Catalog, RouteTable
    from jc.simulate.compare import Limits, Verdict
    from jc.simulate.simulation import Question, Simulation

Tables = Annotated[
    list[str] | None,
    typer.Option("--routes", "-r", metavar="TABLE", help="A route table: a file, a shipped name, or pin:MODEL. Repeatable."),
]


def simulate(
    out: Out,
    traffic: Annotated[str, typer.Argument(metavar="TRAFFIC", help="A log (file, folder, glob, - or URL) or a .cube.")],
    routes: Tables = None,
    baseline: Annotated[str, typer.Option(metavar="NAME", help="What changes are told against: logged, or a table.")] = "logged",
    by: Annotated[list[str] | None, typer.Option(metavar="DIM", help="Break down by class, model, key, org, day, hour.")] = None,
    slo: Annotated[str | None, typer.Option(metavar="TIME", help="Also the share of requests over this, as 2s.")] = None,
    tokens: Annotated[str, typer.Option(metavar="HOW", help="scaled by verbosity, or as-logged.")] = "scaled",
    cache: Annotated[str, typer.Option(metavar="HOW", help="Prompt cache: aware of moved sessions, or as-logged.")] = "aware",
    classify: Annotated[str, typer.Option(metavar="HOW", help="Prompts of a log without classes: sample, or all.")] = "sample",
    mix: Annotated[str | None, typer.Option(metavar="SHARES", help="Class mix of a log without classes: simple=0.6,…")] = None,
    at: Annotated[str | None, typer.Option(metavar="DATE", help="Price every row as of then, not at its own time.")] = None,
    log_format: Annotated[str | None, typer.Option("--from", metavar="NAME", help="Format of the log, if not detected.")] = None,
    rejects: Annotated[Path | None, typer.Option(metavar="FILE", help="Write bad rows with line and reason.")] = None,
    max_bad: Annotated[str | None, typer.Option(metavar="SHARE", help="Exit 2 when more rows than this are bad, as 1%.")] = None,
    allow_unpriced: Annotated[bool, typer.Option(help="Leave models without a price out of the sum.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the HTML page.")] = None,
    confusion: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What the classifier mistakes, from `jc classifier score -o FILE.json`.")
    ] = None,
    grid: Annotated[
        float | None,
        typer.Option("--grid-gco2e-per-kwh", metavar="G", min=0, help="Also the CO₂e of the energy, in grams."),
    ] = None,
    backtest: Annotated[bool, typer.Option("--backtest", help="How far the latency fit is off on unseen sessions.")] = False,
    overload: Annotated[bool, typer.Option("--overload", help="Fit a batching server to an overloaded log.")] = False,
    fit_output: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the fitted speeds as YAML.")] = None,
    speeds: Annotated[Path | None, typer.Option(metavar="FILE", help="Speeds kept with --fit-output, before all others.")] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="USD", help="Cap per key and window; over it a request is refused.")
    ] = None,
    window: Annotated[
        str | None, typer.Option(metavar="TIME", help="Length of a budget window, with its unit. [default: 5h]")
    ] = None,
    window_kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="Windows begin at first-use, or are fixed. [default: first-use]")
    ] = None,
    below: Annotated[str | None, typer.Option(metavar="USD", help="With less than this left, --low-model answers.")] = None,
    low_model: Annotated[str | None, typer.Option(metavar="MODEL", help="The cheaper model below the threshold.")] = None,
    park: Annotated[bool, typer.Option("--park", help="Park requests over the cap until the window's reset.")] = False,
    on_plan: Annotated[
        list[str] | None,
        typer.Option(metavar="PLAN=KEYS", help="Keys on a flat plan, as pro=coding,bot-*: no cap by the token. Repeatable."),
    ] = None,
    find_budget: Annotated[bool, typer.Option("--find-budget", help="The smallest budget with under 1% stalls.")] = False,
    outage: Annotated[list[str] | None, typer.Option(metavar="SPAN", help="As openai/gpt-4o:14:00-15:30. Repeatable.")] = None,
    slowdown: Annotated[list[str] | None, typer.Option(metavar="SPAN", help="As openai:14:00-15:30:x3. Repeatable.")] = None,
    limits: Annotated[bool, typer.Option("--limits", help="Rate limits, concurrency and queues of the catalog.")] = False,
    on_limit: Annotated[
        str, typer.Option(metavar="HOW", help="After a 429: retry in the next minute, fallback, or reject.")
    ] = "retry",
    timeout: Annotated[str | None, typer.Option(metavar="TIME", help="Give up after this; the fallback answers, as 30s.")] = None,
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help="Other prices, longer answers, a worse classifier.")] = False,
    plans: Annotated[bool, typer.Option("--plans", help="Flat plans against paying by the token, with the break-even.")] = False,
    engine: Annotated[str, typer.Option(metavar="ENGINE", help="local, or dask for many files on a cluster.")] = "local",
    scheduler: Annotated[str | None, typer.Option(metavar="URL", help="The cluster's scheduler, tcp://…")] = None,
    explain_delta: Annotated[bool, typer.Option("--explain-delta", help="Which cells make the difference, as a tree.")] = False,
    compare_to: Annotated[Path | None, typer.Option(metavar="FILE", help="An earlier JSON result to stand beside.")] = None,
    max_cost_increase: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Exit 1 when a table costs more than this above the earlier result.")
    ] = None,
    max_p95: Annotated[str | None, typer.Option("--max-p95", metavar="TIME", help="Exit 1 when a table's p95 is above.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of intervals and of an assumed mix.")] = 0,
) -> None:
    """Replay a traffic log against route tables: what would it have cost, how fast, at what energy and quality.

    Without --routes the log stands next to every shipped table. Costs are exact for the tokens; what is estimated is said below
    the table. Rows that cannot be read are counted by reason and never stop a replay.

    \b
    Examples:
      jc simulate traffic.jsonl
      jc simulate traffic.jsonl -r five-way -r pin:llama-3.3-70b-instruct --by class
      jc simulate traffic.jsonl -r mine.yaml --compare-to last.json --max-cost-increase 5%
      jc simulate traffic.cube -r mine.yaml --format json
    """
    from jc.files import write_atomically
    from jc.report.simulation import simulation_document
    from jc.simulate.breakdown import by_rows
    from jc.simulate.compare import Limits, read_result
    from jc.simulate.plans import plan_rows
    from jc.simulate.result import payload
    from jc.simulate.run import simulate as replay
    from jc.simulate.sensitivity import sensitivity_rows
    from jc.simulate.speedfile import read_speeds, write_speeds

    shown = dimensions(by)
    check_given(report, grid, max_bad)
    limit = Limits(share("--max-cost-increase", max_cost_increase), duration_s("--max-p95", max_p95))
    earlier = read_result(compare_to) if compare_to is not None else None
    catalog = open_catalog(out)
    question = _question(catalog, traffic, routes, baseline, tokens, cache)
    check_windows(question.tables, window=window, kind=window_kind, budget=budget, find=find_budget)
    spans = [("--outage", one) for one in outage or []] + [("--slowdown", one) for one in slowdown or []]
    terms = terms_of(
        catalog, budget=budget, window=window, kind=window_kind, below=below, low_model=low_model, park=park, find=find_budget,
        spans=spans, limits=limits, on_limit=on_limit, timeout=timeout, on_plan=on_plan or (),
    )  # fmt: skip
    question = _detailed(
        question, by=split_by(shown, traffic, delta=explain_delta, page=wants_page(out, report), plans=plans),
        mix=shares("--mix", mix, classes_of(question.tables)), at=moment("--at", at), format=log_format, rejects=rejects,
        allow_unpriced=allow_unpriced, seed=seed, backtest=backtest, overload=overload, classify_all=_all_of(classify),
        speeds=read_speeds(speeds) if speeds else {}, find_budget=find_budget, terms=terms,
        engine=_engine_of(engine, scheduler), scheduler=scheduler, confusion=confusion_of(confusion),
    )  # fmt: skip
    simulation = replay(question, catalog)
    check_bad(simulation.counts.total, simulation.counts.rejected, max_bad)
    values = payload(simulation, by=shown, slo_s=duration_s("--slo", slo), gco2e_per_kwh=grid)
    named_by_themselves(values, question)
    verdict = _compared(out, values, (compare_to, earlier), limit)
    if plans:
        values["plans"] = {one.name: plan_rows(simulation, catalog, one) for one in simulation.estimates if one.cost}
    page = wants_page(out, report)
    if page and "hour" in question.by and simulation.timed:
        values["day_curve"] = by_rows(simulation, "hour")
    if sensitivity or page:
        values["sensitivity"] = sensitivity_rows(simulation)
    if explain_delta:
        values["delta"] = _delta(simulation, named=baseline != "logged")
    if baseline == "logged" and values["tables"][0]["cost_known"] == 0 and len(values["tables"]) > 2:
        out.hint(f"tell changes against a table: --baseline {values['tables'][1]['name']}")
    document = simulation_document(values, _reproduce(catalog, question), terminal_width(), parts=bool(by))
    tell(out, simulation)
    out.emit(document)
    if fit_output is not None:
        write_speeds(fit_output, simulation.fitted)
    if report is not None:
        write_atomically(report, document.extra["html"]())
    stop_if_truncated(simulation.truncated)
    if verdict.unchecked:
        raise InputError.of(verdict.unchecked)
    if verdict.passed:
        raise AnswerIsNo("; ".join(verdict.passed))


def named_by_themselves(values: "dict[str, Any]", question: "Question") -> None:
    """Write beside each table's name as it was typed the one that it has itself, which no path changes."""
    own = {name: table.name for name, table in question.tables}
    for row in values["tables"]:
        row["table_name"] = own.get(row["name"])


def _compared(
    out: Out, values: "dict[str, Any]", earlier: "tuple[Path | None, Mapping[str, Any] | None]", limits: "Limits"
) -> "Verdict":
    """Write the comparison with an earlier result into the payload, and what the limits say of it."""
    from jc.simulate.compare import compared, judged, other_log

    path, before = earlier
    if before is not None:
        values["compared_to"], values["compared"] = str(path), compared(values, before)
        if differs := other_log(values, before):
            out.warn(f"{differs}; a change says little")
    verdict = judged(values, before, limits)
    values["limits_passed"] = list(verdict.passed)
    values["limits_unchecked"] = [one.message for one in verdict.unchecked]
    return verdict


def _delta(simulation: "Simulation", *, named: bool) -> "dict[str, Any]":
    """The tree between two estimates: from the baseline that was named, the first of several tables, or the log; to the last."""
    from jc.simulate.explain import explained

    tables = simulation.estimates[1:]
    before = simulation.baseline if named or len(tables) < 2 else tables[0]
    others = [table for table in tables if table is not before]
    if not others:
        raise problem("`--explain-delta` needs a route table besides the baseline", hint="name one with --routes")
    return explained(simulation, before, others[-1]).to_json()


def add_to(root: typer.Typer) -> None:
    """Hang the command under the root."""
    command(root, "simulate", short_help="Replay a traffic log against route tables.")(simulate)


def open_catalog(out: Out) -> "Catalog":
    """The catalog of the call."""
    from jc.catalog.load import cached_catalog

    return cached_catalog(out.catalog)


def named_tables(catalog: "Catalog", routes: list[str] | None) -> "tuple[tuple[tuple[str, RouteTable], ...], bool]":
    """The tables by the names as typed, and whether they are just the shipped ones; all wrong names in one error."""
    from jc.routing.table import load_table
    from jc.routing.weights import own_weights

    wanted = split_list(routes) or tuple(sorted(catalog.routes))
    found, wrong = [], []
    for name in wanted:
        try:
            table, own = own_weights(load_table(name, catalog))
            if own is not None:
                why = f"`{name}` classifies by weights of its own (`{own}`), and a replay by the shipped ones"
                raise problem(why, hint="write `classifier: local` for the replay, or log each row's `route_class`")
            found.append((name, table))
        except InputError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        from jc.errors import Problem

        raise InputError.of([one for error in wrong for one in (error.problems or [Problem(error.message, hint=error.hint)])])
    return tuple(found), not routes


def _question(catalog: "Catalog", traffic: str, routes: list[str] | None, baseline: str, tokens: str, cache: str) -> "Question":
    from jc.simulate.estimate import Assumed
    from jc.simulate.simulation import Question

    if tokens not in {"scaled", "as-logged"}:
        raise problem(f"`--tokens {tokens}`: no such choice", hint="scaled or as-logged")
    if cache not in {"aware", "as-logged"}:
        raise problem(f"`--cache {cache}`: no such choice", hint="aware or as-logged")
    tables, shipped = named_tables(catalog, routes)
    assumed = Assumed(tokens=tokens, cache=cache)  # type: ignore[arg-type]
    return Question(traffic, tables, datetime.now(UTC), shipped, baseline, assumed=assumed, stdin=sys.stdin.buffer)


def _detailed(question: "Question", **more: Any) -> "Question":
    from dataclasses import replace

    return replace(question, **more)


def _engine_of(engine: str, scheduler: str | None) -> str:
    if engine not in {"local", "dask"}:
        raise problem(f"`--engine {engine}`: no such engine", hint="local or dask")
    if scheduler is not None and engine != "dask":
        raise problem("`--scheduler` needs `--engine dask`")
    return engine


def _all_of(classify: str) -> bool:
    if classify not in {"sample", "all"}:
        raise problem(f"`--classify {classify}`: no such choice", hint="sample (beyond 100,000 rows) or all")
    return classify == "all"


def check_bad(total: int, rejected: int, max_bad: str | None) -> None:
    """Exit 2 when more rows are bad than was allowed."""
    limit = share("--max-bad", max_bad, of_whole=True)
    if limit is not None and total and rejected / total > limit:
        raise problem(
            f"{rejected:,} of {total:,} rows are bad ({rejected / total:.2%}), more than --max-bad {max_bad}",
            hint="see them with --rejects FILE",
        )


def tell(out: Out, simulation: "Simulation") -> None:
    """The story: what was detected, what was left out."""
    from jc.simulate.result import unknown_models

    for note in simulation.notes:
        out.say(note)
    tell_counts(out, simulation.counts)
    for warning in simulation.warnings:
        out.warn(warning)
    _tell_unknown(out, unknown_models(simulation), simulation)


def _tell_unknown(out: Out, unknown: "Mapping[str, int]", simulation: "Simulation") -> None:
    """The names that the catalog does not know, and how to make known those that look like a dated id of an offer."""
    from jc.catalog.names import undated

    versions = {name: offer for name in unknown if (offer := undated(simulation.book.names, name)) is not None}
    if out.verbose:
        for name, requests in unknown.items():
            like = f", perhaps a version of `{versions[name].id}`" if name in versions else ""
            out.say(f"  not in the catalog: `{name}`, {requests:,} requests{like}")
    if versions:
        name, offer = next(iter(versions.items()))
        looks = f"`{name}` looks like a version of `{offer.id}`: if its price is the same, add it to the `aliases` of that offer"
        others = "" if out.verbose or len(unknown) == 1 else "; name them with --verbose"
        out.hint(f"{looks} ({offer.where}){others}")
    elif unknown and not out.verbose:
        out.hint("name them with --verbose")


def tell_counts(out: Out, counts: Any) -> None:
    """Rows in = used + rejected, always; reasons when there are any."""
    from jc.quantities import counted
    from jc.traffic.rows import WORDS

    reasons = ", ".join(f"{count:,} {WORDS[reason]}" for reason, count in counts.by_reason.most_common())
    tail = f" ({reasons})" if reasons else ""
    calls = "record is no model call" if counts.skipped == 1 else "records are no model calls"
    skipped = f"; {counts.skipped:,} {calls}" if counts.skipped else ""
    out.say(f"{counted(counts.total, 'row')} in = {counts.used:,} used + {counts.rejected:,} rejected{tail}{skipped}")


def stop_if_truncated(truncated: tuple[str, ...]) -> None:
    """Exit 3 when a compressed file ended too early; what it held was used."""
    if truncated:
        names = ", ".join(f"`{name}`" for name in truncated)
        message = f"{names} ends in the middle of its compressed stream; its whole lines were used"
        raise StoppedEarly(message, hint="copy the file again and repeat the command")


def _reproduce(catalog: "Catalog", question: "Question") -> dict[str, object]:
    return {
        "command": "jc " + " ".join(sys.argv[1:]),
        "catalog": catalog.digest[:12],
        "seed": question.seed,
        "tables": ", ".join(name for name, _ in question.tables),
    }
