"""`jc optimize`: find the route table on the cost–quality–latency frontier."""

import math
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jc.cli.amounts import duration_s, moment, share, shares
from jc.cli.options import command, split_list
from jc.cli.output import Out, problem, terminal_width
from jc.cli.simulate import check_bad, open_catalog, stop_if_truncated, tell
from jc.errors import AnswerIsNo

if TYPE_CHECKING:
    from jc.catalog.model import Catalog, Offer


def optimize(
    out: Out,
    traffic: Annotated[str, typer.Argument(metavar="TRAFFIC", help="A log (file, folder, glob, - or URL) or a .cube.")],
    pool: Annotated[
        list[str] | None, typer.Option(metavar="MODELS", help="Models to choose from: a,b,c. [default: all that chat]")
    ] = None,
    min_quality: Annotated[str, typer.Option(metavar="SHARE", help="Of the best quality that the pool can give.")] = "0.95",
    max_p95: Annotated[str | None, typer.Option("--max-p95", metavar="TIME", help="Longest p95, as 3s.")] = None,
    region: Annotated[str | None, typer.Option(metavar="REGION", help="Only models in this region.")] = None,
    mix: Annotated[str | None, typer.Option(metavar="SHARES", help="Class mix of a log without classes: simple=0.6,…")] = None,
    at: Annotated[str | None, typer.Option(metavar="DATE", help="Price every row as of then, not at its own time.")] = None,
    log_format: Annotated[str | None, typer.Option("--from", metavar="NAME", help="Format of the log, if not detected.")] = None,
    rejects: Annotated[Path | None, typer.Option(metavar="FILE", help="Write bad rows with line and reason.")] = None,
    max_bad: Annotated[str | None, typer.Option(metavar="SHARE", help="Exit 2 when more rows than this are bad, as 1%.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of intervals and of an assumed mix.")] = 0,
) -> None:
    """Choose a model for each class, and the threshold of unsure ones: the cheapest table that keeps quality and time.

    Exact: every combination that is left out is beaten by one that is shown. Models that nobody has measured for a class are
    listed, not guessed. `-o table.yaml` writes the chosen table; `jc simulate -r table.yaml` confirms its figures.

    \b
    Examples:
      jc optimize traffic.jsonl --min-quality 0.95 -o table.yaml
      jc optimize traffic.jsonl --pool gpt-4o-mini,deepseek-v3,llama-3.3-70b --max-p95 8s
    """
    from jc.report.optimum import optimum_document, thin_note
    from jc.simulate.optimize import Wanted, confirmed, optimise, skeleton, table_yaml
    from jc.simulate.optimum_result import optimum_payload, yaml_comments
    from jc.simulate.run import simulate
    from jc.simulate.settled import settle
    from jc.simulate.simulation import Question

    catalog = open_catalog(out)
    quality = share("--min-quality", min_quality) or 0.0
    if not 0 <= quality <= 1:
        percent = 1 < quality <= 100
        hint = f"write --min-quality {quality / 100:g} or --min-quality {quality:g}%" if percent else "write 0.95 or 95%"
        raise problem(f"`--min-quality {min_quality}`: a share lies between 0 and 1", hint=hint)
    wanted = Wanted(quality, duration_s("--max-p95", max_p95), region)
    question = Question(traffic, (), datetime.now(UTC), at=moment("--at", at), mix=shares("--mix", mix), seed=seed,
                        rejects=rejects, format=log_format, stdin=sys.stdin.buffer)  # fmt: skip
    simulation = simulate(question, catalog)
    check_bad(simulation.counts.total, simulation.counts.rejected, max_bad)
    offers = pool_of(catalog, pool, region, question.at or simulation.book.times[-1])
    bench = (simulation.estimator, simulation.chooser)
    base = skeleton(offers, simulation.book.times[-1])
    found = optimise(*bench, offers, wanted, simulation.baseline)
    settle(found, *bench, base, wanted, simulation.baseline)
    confirmed(found, *bench, base, simulation.baseline)
    values = optimum_payload(found, simulation, wanted)
    chosen = next((one for one in found.shown if one.point is found.chosen), None)
    with_it = f"jc simulate {traffic}" + _with({"--mix": mix, "--at": at, "--from": log_format, "--seed": str(seed or "")})
    said = yaml_comments(values, f"jc optimize {traffic}", with_it) if chosen is not None else {}
    yaml = table_yaml(chosen.table, said) if chosen is not None else None
    tell(out, simulation)
    document = optimum_document(
        values, yaml, {"command": "jc " + " ".join(sys.argv[1:]), "catalog": catalog.digest[:12]}, terminal_width()
    )
    if yaml is None and any(path.suffix.lower() in {".yaml", ".yml"} for path in out.files):
        out.show(document)
        raise AnswerIsNo("no table keeps what was asked for, so none was written", hint=_nearest(values))
    out.emit(document)
    for one in values["thin"]:
        out.warn(thin_note(one))
    stop_if_truncated(simulation.truncated)
    if yaml is None:
        raise AnswerIsNo("no table keeps what was asked for", hint=_nearest(values))


def _nearest(values: "dict[str, Any]") -> str:
    """What to ask for instead: the options that the nearest tables keep."""
    asked = []
    for row in values["nearest"]:
        if row["gives_up"] == "p95" and row["p95_s"] is not None:
            asked.append(f"--max-p95 {math.ceil(row['p95_s'] * 10) / 10:g}s")
        if row["gives_up"] == "quality" and row["share_of_best"] is not None:
            asked.append(f"--min-quality {math.floor(row['share_of_best'] * 1000) / 1000:g}")
    return f"it can be kept with {' or '.join(asked)}" if asked else "ask for less quality, or for more time"


def add_to(root: typer.Typer) -> None:
    """Hang the command under the root."""
    command(root, "optimize", short_help="Find the cheapest route table that keeps quality.")(optimize)


def pool_of(catalog: "Catalog", names: list[str] | None, region: str | None, at: datetime) -> "list[Offer]":
    """The offers to choose from: those named, else all that chat and are for sale; in the region that was asked for."""
    from jc.catalog.names import resolve_all
    from jc.catalog.price import Unpriced, rates
    from jc.simulate.book import effective

    def sold(offer: "Offer") -> bool:
        try:
            priced = {"input", "output"} <= rates(offer, effective(offer, at)[0]).keys()
        except Unpriced:
            return False
        removal = offer.lifecycle.removal
        return priced and (removal is None or removal > at.date())

    wanted = split_list(names)
    if wanted:
        named = resolve_all(catalog, wanted, quoted=f"--pool {','.join(wanted)}")
        found = list({offer.id: offer for offer in named}.values())
    else:
        everyone = (offer for offer in catalog.offers.values() if offer.kind not in {"demo", "local"})
        found = [offer for offer in everyone if "text" in offer.input and "text" in offer.output and sold(offer)]
    found = [offer for offer in found if region in {None, "any", offer.region}]
    if not found:
        raise problem("no model is left to choose from", hint="name others with --pool, or another --region")
    return found


def _with(options: dict[str, str | None]) -> str:
    """The options that were given and that a simulation needs too, for the file to be confirmed."""
    return "".join(f" {name} {value}" for name, value in options.items() if value)
