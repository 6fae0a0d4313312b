"""`jc optimize`: find the route table on the cost–quality–latency frontier."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jc.cli.amounts import duration_s, moment, share, shares
from jc.cli.options import command, split_list
from jc.cli.output import Out, problem
from jc.cli.simulate import check_bad, open_catalog, stop_if_truncated, tell
from jc.errors import AnswerIsNo

if TYPE_CHECKING:
    from jc.catalog.model import Catalog, Offer
    from jc.simulate.optimize import Optimum
    from jc.simulate.simulation import Simulation


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
    """Choose a model for each class: the cheapest table that keeps quality and time, and the whole frontier.

    Exact: every combination that is left out is beaten by one that is shown. Models that nobody has measured for a class are
    listed, not guessed. `-o table.yaml` writes the chosen table; `jc simulate -r table.yaml` confirms its figures.

    \b
    Examples:
      jc optimize traffic.jsonl --min-quality 0.95 -o table.yaml
      jc optimize traffic.jsonl --pool gpt-4o-mini,deepseek-v3,llama-3.3-70b --max-p95 8s
    """
    from jc.report.optimum import optimum_document
    from jc.simulate.optimize import Wanted, confirmed, optimise, skeleton, table_yaml
    from jc.simulate.run import simulate
    from jc.simulate.simulation import Question

    catalog = open_catalog(out)
    quality = share("--min-quality", min_quality) or 0.0
    if not 0 <= quality <= 1:
        raise problem(f"`--min-quality {min_quality}`: a share lies between 0 and 1")
    wanted = Wanted(quality, duration_s("--max-p95", max_p95), region)
    question = Question(traffic, (), datetime.now(UTC), at=moment("--at", at), mix=shares("--mix", mix), seed=seed,
                        rejects=rejects, format=log_format, stdin=sys.stdin.buffer)  # fmt: skip
    simulation = simulate(question, catalog)
    check_bad(simulation.counts.total, simulation.counts.rejected, max_bad)
    offers = pool_of(catalog, pool, region, question.at or simulation.book.times[-1])
    found = optimise(simulation.estimator, simulation.chooser, offers, wanted, simulation.baseline)
    confirmed(found, simulation.estimator, simulation.chooser, skeleton(offers), simulation.baseline)
    payload = _payload(found, simulation, wanted, offers)
    yaml = next((table_yaml(table, _comments(traffic, row)) for (point, _, table), row in
                 zip(found.estimates, payload["frontier"], strict=True) if point is found.chosen), None)  # fmt: skip
    tell(out, simulation)
    if yaml is None and any(path.suffix.lower() in {".yaml", ".yml"} for path in out.files):
        raise AnswerIsNo(optimum_document(payload, None).text or "", hint="ask for less quality, or for more time")
    out.emit(optimum_document(payload, yaml))
    stop_if_truncated(simulation.truncated)
    if yaml is None:
        raise AnswerIsNo("no table keeps what was asked for", hint="ask for less quality, or for more time")


def add_to(root: typer.Typer) -> None:
    """Hang the command under the root."""
    command(root, "optimize")(optimize)


def pool_of(catalog: "Catalog", names: list[str] | None, region: str | None, at: datetime) -> "list[Offer]":
    """The offers to choose from: those named, else all that chat and are for sale; in the region that was asked for."""
    from jc.catalog.names import resolve_all
    from jc.catalog.price import Unpriced, rates

    def sold(offer: "Offer") -> bool:
        try:
            priced = {"input", "output"} <= rates(offer, at).keys()
        except Unpriced:
            return False
        removal = offer.lifecycle.removal
        return priced and (removal is None or removal > at.date())

    wanted = split_list(names)
    if wanted:
        found = resolve_all(catalog, wanted, quoted=f"--pool {','.join(wanted)}")
    else:
        everyone = (offer for offer in catalog.offers.values() if offer.kind not in {"demo", "local"})
        found = [offer for offer in everyone if "text" in offer.input and "text" in offer.output and sold(offer)]
    found = [offer for offer in found if region in {None, "any", offer.region}]
    if not found:
        raise problem("no model is left to choose from", hint="name others with --pool, or another --region")
    return found


def _payload(found: "Optimum", simulation: "Simulation", wanted: Any, offers: "list[Offer]") -> dict[str, Any]:
    from jc.simulate.quality import Qualities
    from jc.simulate.breakdown import money_text
    from jc.simulate.result import QUANTILES, interval_usd
    from jc.simulate.run import change

    qualities = Qualities(simulation.book.catalog, offers)
    for name in found.classes:
        qualities.of(name)
    rows = []
    for point, estimate, _ in found.estimates:
        latency = estimate.latency
        quantiles = latency.quantiles([at for _, at in QUANTILES]) if latency is not None else [None] * len(QUANTILES)
        rows.append(
            {
                "name": estimate.name,
                "chosen": point is found.chosen,
                "cost_usd": money_text(estimate.cost),
                "cost_interval_usd": interval_usd(estimate),
                "change": change(estimate, simulation.baseline),
                "quality": point.quality / max(1, found.requests),
                **{name: value for (name, _), value in zip(QUANTILES, quantiles, strict=True)},
                "routes": dict(zip(found.classes, point.models, strict=True)),
            }
        )
    logged = simulation.baseline
    return {
        "traffic": simulation.traffic,
        "requests": found.requests,
        "wanted": {"min_quality": wanted.min_quality, "max_p95_s": wanted.max_p95_s, "region": wanted.region},
        "considered": found.considered,
        "best_quality": found.best_quality,
        "logged_usd": money_text(logged.cost) if logged.known.all() else None,
        "chosen": next((row["name"] for row in rows if row["chosen"]), None),
        "frontier_size": len(found.frontier),
        "frontier": rows,
        "missing": found.missing,
        "measures": qualities.measures(),
    }


def _comments(traffic: str, row: dict[str, Any]) -> dict[str, str]:
    return {
        "from": f"Chosen by `jc optimize {traffic}`; `jc simulate {traffic} -r` this file confirms it.",
        "figures": f"Cost ${row['cost_usd']}, quality {row['quality']:.3f}.",
    }
