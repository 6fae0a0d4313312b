"""`jc tiers`: place models in quality tiers; find the cheapest equal."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jc.cli.options import command, new_app, split_list
from jc.cli.output import Out, problem
from jc.errors import AnswerIsNo, InputError

if TYPE_CHECKING:
    from jc.catalog.model import Catalog, Score

app = new_app(
    """Place models in quality tiers; find the cheapest equal.

\b
Examples:
  jc tiers show                                        all tiers, the cheapest marked
  jc tiers show cheap-fast --region any
  jc tiers swap openai/gpt-4o --tokens-in 900 --tokens-out 300
  jc tiers explain anthropic/claude-sonnet-4-6
"""
)


def add_to(root: typer.Typer) -> None:
    """Hang the commands under the root."""
    root.add_typer(app, name="tiers")


AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Prices, members and removals of that day (UTC).")]
Region = Annotated[
    str | None, typer.Option("--region", metavar="REGION", help="same, any, or a list of regions. [default: the policy's]")
]
Runs = Annotated[
    list[str] | None,
    typer.Option("--evals", metavar="RUN", help="Results of `jc evals` as own_eval scores: a run folder or a file. Repeatable."),
]


@command(app, "show")
def show(
    out: Out,
    only: Annotated[list[str] | None, typer.Argument(metavar="TIER", help="Only these tiers.")] = None,
    tier: Annotated[list[str] | None, typer.Option("--tier", metavar="TIER", help="Only this tier. Repeatable.")] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", metavar="REGION", help="Members of one region, the mark within it; any: all regions."),
    ] = None,
    vision: Annotated[bool, typer.Option("--vision", help="Members that take images, the mark among them.")] = False,
    as_of: AsOf = None,
) -> None:
    """Show the tiers: members, prices, evidence, the cheapest first.

    Prices are USD per million tokens; blend is input + 0.2 x output (the catalog's cost key). Without --region the mark is
    within the catalog's default region and every member is listed.

    \b
    Examples:
      jc tiers show
      jc tiers show flagship --region in
      jc tiers show --vision --as-of 2026-07-15 --format json
    """
    from jc.report.tiers import show_document, shown
    from jc.tiers.standing import standing

    catalog, at = _catalog(out), _moment(as_of)
    view = standing(catalog, at)
    names = _known_tiers(split_list([*(only or ()), *(tier or ())]), catalog)
    if not view.rules:
        out.warn("the catalog has no tiers: `tiers/policy.yaml` says which there are")
    place = _one_region(region, catalog)
    out.emit(show_document(view, shown(view, at, names or list(view.rules), place, vision=vision), place))


@command(app, "assign")
def assign(
    out: Out,
    write: Annotated[bool, typer.Option("--write", help="Write the lock file.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written (the default).")] = False,
    evals: Runs = None,
    as_of: AsOf = None,
) -> None:
    """Place every chat model, with its evidence and every move.

    Hand placements come first, then scores; moves are told against the lock file. Only
    tiers/placements.lock.yaml is ever written, and only with --write.

    \b
    Examples:
      jc tiers assign
      jc tiers assign --write
      jc tiers assign --evals runs/2026-11-19-support --format json
    """
    from jc.catalog.load import find_catalog, load_catalog
    from jc.files import write_atomically
    from jc.report.tiers_answers import assign_document
    from jc.tiers import assign as placing
    from jc.tiers.lock import PATH, text

    if write and dry_run:
        raise problem("`--write` and `--dry-run` exclude each other", hint="leave one out")
    catalog, at = load_catalog(out.catalog), _moment(as_of)
    placed = placing.assign(catalog, at, scores=_own(evals, catalog))
    path = find_catalog(out.catalog) / PATH
    if write:
        write_atomically(path, text(catalog, placed, placing.on_day(at)))
    out.emit(assign_document(placed, placing.on_day(at), str(path) if write else None))
    moves = sum(one.moved for one in placed)
    if write:
        out.say(f"Wrote `{path}`: {moves} move{'' if moves == 1 else 's'}.")
    elif moves or catalog.lock is None:
        out.hint("write the lock file with `jc tiers assign --write`")


@command(app, "explain")
def explain(
    out: Out,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Id, alias or unique ending of an id.")],
    other: Annotated[str | None, typer.Argument(metavar="OTHER", help="Who might answer in its place.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every equal, not only the cheapest four.")] = False,
    region: Region = None,
    as_of: AsOf = None,
) -> None:
    """Say why a model is in its tier, and who is its equal.

    With OTHER: may OTHER answer in its place, and what do the scores of both say?

    \b
    Examples:
      jc tiers explain anthropic/claude-sonnet-4-6
      jc tiers explain gpt-4o --region any --all
      jc tiers explain xai/grok-4 openai/gpt-4o
    """
    from jc.catalog.names import resolve_all
    from jc.report.tiers_explain import explain_document, pair_document
    from jc.tiers import explain as telling
    from jc.tiers.assign import on_day

    catalog, at = _catalog(out), _moment(as_of)
    offers = resolve_all(catalog, [model] if other is None else [model, other])
    if other is None:
        told = telling.explain(catalog, offers[0], at, region=_regions(region, catalog))
        out.emit(explain_document(told, on_day(at), every=every))
    else:
        told = telling.explain(catalog, offers[0], at, region="any")
        out.emit(pair_document(told, offers[1], on_day(at)))


@command(app, "swap")
def swap(
    out: Out,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model that the request names.")],
    tools: Annotated[bool, typer.Option("--tools", help="The request carries tools: never swapped.")] = False,
    vision: Annotated[bool, typer.Option("--vision", help="The request carries images.")] = False,
    structured_output: Annotated[bool, typer.Option("--structured-output", help="The answer must follow a schema.")] = False,
    tokens_in: Annotated[
        int | None, typer.Option("--tokens-in", "--input-tokens", metavar="N", min=0, help="Input tokens of the request.")
    ] = None,
    tokens_out: Annotated[
        int | None, typer.Option("--tokens-out", "--output-tokens", metavar="N", min=0, help="Output tokens of the answer.")
    ] = None,
    region: Region = None,
    routing: Annotated[str, typer.Option("--routing", metavar="HOW", help="auto, or explicit: no swap.")] = "auto",
    told: Annotated[bool, typer.Option("--explain", help="Everyone passed over, with the reason.")] = False,
    as_of: AsOf = None,
) -> None:
    """Find the model that would answer in place of MODEL.

    Only its id goes to stdout, the reasons to stderr. It is the cheapest equal of the same tier and region, at the request's own
    tokens when they are given, else by the cost key. Never with tools, never from an image to a text-only model, never dearer,
    and never to a model that is removed within 30 days.

    \b
    Examples:
      jc tiers swap anthropic/claude-sonnet-4-6 --vision --input-tokens 900 --output-tokens 300
      jc tiers swap openai/gpt-4o --region any --explain
      model=$(jc tiers swap openai/gpt-4o)
    """
    from jc.catalog.names import resolve
    from jc.report.tiers_answers import passed_table, swap_document, swap_story
    from jc.tiers import swap as swapping
    from jc.tiers.assign import on_day

    if routing not in {"auto", "explicit"}:
        raise problem(f"`--routing {routing}`: no such choice", hint="auto or explicit")
    catalog, at = _catalog(out), _moment(as_of)
    request = swapping.SwapRequest(
        model=resolve(catalog, model).id,
        tools=tools,
        vision=vision,
        structured_output=structured_output,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        region=_regions(region, catalog),
        explicit=routing == "explicit",
    )
    found = swapping.swap(request, catalog, at)
    out.emit(swap_document(found, on_day(at), model))
    for line in swap_story(found):
        out.say(line)
    if told and found.passed_over:
        out.say("")
        out.say(passed_table(found.passed_over).text())


@command(app, "drift")
def drift(out: Out, evals: Runs = None, as_of: AsOf = None) -> None:
    """Tell who fell out of its band since the lock was written.

    Exits 1 when somebody has, for a nightly job; removals and moves by hand are told and do not count.

    \b
    Examples:
      jc tiers drift
      jc tiers drift --evals runs/nightly
    """
    from jc.catalog.load import load_catalog
    from jc.report.tiers_answers import drift_document
    from jc.tiers import drift as drifting
    from jc.tiers.assign import on_day

    catalog, at = load_catalog(out.catalog), _moment(as_of)
    if catalog.lock is None:
        raise InputError("there is no lock file to compare with", hint="write one with `jc tiers assign --write`")
    found = drifting.drift(catalog, at, scores=_own(evals, catalog))
    out.emit(drift_document(found, on_day(at), catalog.lock.as_of))
    fallen = sum(one.kind == "fallen" for one in found)
    if fallen:
        raise AnswerIsNo(f"{fallen} member{'' if fallen == 1 else 's'} fell out of the band since {catalog.lock.as_of}")


def _catalog(out: Out) -> "Catalog":
    from jc.catalog.load import cached_catalog

    return cached_catalog(out.catalog)


def _own(evals: list[str] | None, catalog: "Catalog") -> "tuple[Score, ...]":
    from jc.tiers.own_evals import read_scores

    return read_scores([Path(name) for name in split_list(evals)], catalog)


def _moment(as_of: str | None) -> datetime:
    """Now, or the beginning of a day (UTC), or a moment in ISO 8601."""
    if as_of is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(as_of)
    except ValueError:
        raise problem(f"`--as-of {as_of}`: no such day", hint="write it like 2026-07-15") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _known_tiers(names: tuple[str, ...], catalog: "Catalog") -> list[str]:
    known = [rule.id for rule in catalog.policy.tiers]
    _all_known(names, known, "tier")
    return [name for name in known if name in names]


def _one_region(region: str | None, catalog: "Catalog") -> str | None:
    if region not in {None, "any"}:
        _all_known((str(region),), sorted({offer.region for offer in catalog.offers.values()}), "region")
    return region


def _regions(region: str | None, catalog: "Catalog") -> str | tuple[str, ...] | None:
    if region is None or region in {"same", "any"}:
        return region
    names = split_list([region])
    _all_known(names, sorted({offer.region for offer in catalog.offers.values()}), "region")
    return names


def _all_known(names: tuple[str, ...], known: list[str], what: str) -> None:
    import difflib

    from jc.errors import Problem

    problems = []
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean `{close[0]}`?" if close else f"{what}s: {', '.join(known)}"
            problems.append(Problem(f"no {what} `{name}`", hint=hint))
    if problems:
        raise InputError.of(problems)
