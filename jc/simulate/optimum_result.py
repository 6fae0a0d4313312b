"""The answer of `jc optimize` as plain values: the payload of `jc.optimum/1`. Money is exact decimal text."""

from collections.abc import Mapping
from typing import Any

from jc.simulate.breakdown import money_text
from jc.simulate.optimize import Optimum, Shown, Wanted
from jc.simulate.result import QUANTILES, interval_usd
from jc.simulate.run import change
from jc.simulate.simulation import Simulation

MOST_COMMANDS = 3
"""Models that one command measures: the cheapest of those that nobody has."""


FEW_ANSWERS = 10
"""With fewer answers of an own eval a class is decided on thin evidence."""
_ALIKE = 1e-9
_WHOLE = 0.995


def optimum_payload(found: Optimum, simulation: Simulation, wanted: Wanted) -> dict[str, Any]:
    """Everything that the machine formats carry."""
    rows = [_row(one, found, simulation) for one in found.shown]
    logged = simulation.baseline
    return {
        "traffic": simulation.traffic,
        "requests": found.requests,
        "wanted": {"min_quality": wanted.min_quality, "max_p95_s": wanted.max_p95_s, "region": wanted.region},
        "considered": found.considered,
        "best_quality": found.best_quality,
        "logged_usd": money_text(logged.cost) if logged.known.all() else None,
        "chosen": next((row["name"] for row in rows if row["chosen"]), None),
        "proven": found.proven,
        "tried": found.tried,
        "frontier_size": len(found.frontier),
        "frontier": [row for row, one in zip(rows, found.shown, strict=True) if one.why == "frontier"],
        "nearest": [{"gives_up": one.why, **row} for row, one in zip(rows, found.shown, strict=True) if one.why != "frontier"],
        "missing": {name: [model for _, model in models] for name, models in found.missing.items()},
        "evidence": _evidence(found),
        "thin": _thin(found),
        "left_out": found.left_out,
        "measures": found.qualities.measures() if found.qualities is not None else "",
        "simulated": None if found.alone is None else {"quality": found.alone.quality, "measures": found.alone.measures},
    }


def same_quality(payload: Mapping[str, Any]) -> bool:
    """Whether `jc simulate` tells the chosen table's quality as it stands on the frontier."""
    told = payload["simulated"] and payload["simulated"]["quality"]
    row = next((row for row in payload["frontier"] if row["chosen"]), None)
    if row is None or told is None or row["quality"] is None:
        return row is not None and told is row["quality"]
    return bool(abs(told - row["quality"]) < _ALIKE)


def yaml_comments(payload: Mapping[str, Any], asked: str, simulated: str) -> dict[str, str]:
    """What the file of the chosen table says of itself: the command that chose it (`asked`), the one that simulates it."""
    row = next(row for row in payload["frontier"] if row["chosen"])
    same, told = same_quality(payload), payload["simulated"]
    known = row["quality_known"]
    covers = "" if known > _WHOLE else f" over the {known:.0%} of the requests whose models were measured"
    quality = "not known" if row["quality"] is None else f"{row['quality']:.3f}{covers}"
    lines = {
        "from": f"Chosen by `{asked}`; `{simulated} -r` this file confirms {'it' if same else 'its cost and speed'}.",
        "figures": f"Cost ${row['cost_usd']}, quality {quality}.",
    }
    if not same and told is not None:
        value = "not told" if told["quality"] is None else f"{told['quality']:.3f}"
        how = f" ({told['measures']})" if told["measures"] else ""
        lines["measured"] = f"Its quality there is {value}{how}, as most models are measured; here: {payload['measures']}."
    return lines


def _row(one: Shown, found: Optimum, simulation: Simulation) -> dict[str, Any]:
    estimate, point = one.estimate, one.point
    latency = estimate.latency
    quantiles = latency.quantiles([at for _, at in QUANTILES]) if latency is not None else [None] * len(QUANTILES)
    quality = point.share if point.judged else None
    return {
        "name": estimate.name,
        "chosen": point is found.chosen,
        "cost_usd": money_text(estimate.cost),
        "cost_interval_usd": interval_usd(estimate),
        "change": change(estimate, simulation),
        "change_interval": None if estimate.saving is None else [estimate.saving.low, estimate.saving.high],
        "quality": quality,
        "quality_known": estimate.quality_known,
        "share_of_best": quality / found.best_quality if quality is not None and found.best_quality else None,
        "intervals": {name: [spread.low, spread.high] for name, spread in estimate.spreads.items()},
        **{name: value for (name, _), value in zip(QUANTILES, quantiles, strict=True)},
        "mean_s": estimate.mean_s,
        "lost_cache": estimate.lost_cache,
        "threshold": point.threshold,
        "routes": dict(zip(found.classes, point.models, strict=True)),
    }


def _thin(found: Optimum) -> list[dict[str, Any]]:
    """The classes whose model was chosen on few answers of an own eval."""
    if found.chosen is None or found.qualities is None:
        return []
    out = []
    for name, model in zip(found.classes, found.chosen.models, strict=True):
        answers = found.qualities.of(name).answers.get(model)
        if answers is not None and answers < FEW_ANSWERS:
            offer = found.qualities.catalog.offers[model]
            share, doubt = found.qualities.share(offer, name), found.qualities.doubt(offer, name)
            interval = None if share is None or doubt is None else [share - doubt[0], share + doubt[1]]
            out.append({"class": name, "model": model, "answers": answers, "interval": interval})
    return out


def _evidence(found: Optimum) -> list[dict[str, Any]]:
    """For each class the models that would be cheaper than the chosen one if they were good enough, and how to find out."""
    out = []
    for number, name in enumerate(found.classes):
        cells = {cell.model: cell.cost for cell in found.cells[number]}
        limit = cells.get(found.chosen.models[number]) if found.chosen is not None else None
        cheaper = [model for cost, model in found.missing.get(name, []) if limit is None or cost < limit]
        if cheaper:
            models = ",".join(cheaper[:MOST_COMMANDS])
            command = f"jc evals run -c {models} -p PROMPTS-OF-{name}.jsonl -j JUDGE"
            out.append({"class": name, "cheaper": len(cheaper), "models": cheaper, "command": command})
    return out
