"""What a route table, or a router learned from outcomes, reaches on prompts whose outcome is known; for people and machines."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jc.report.document import Document
from jc.report.numbers import UNKNOWN, percent, usd_request
from jc.report.table import Column, Table
from jc.routing.outcomes import Measured, Spot

if TYPE_CHECKING:
    from jc.routing.learn_outcomes import Learned


def measured_document(found: Measured, table: str) -> Document:
    """A table next to every single model, the best one, random and the oracle."""
    best = found.singles[found.best_single]
    named: list[tuple[str, Spot]] = [
        (table, found.chosen),
        *((f"{name} (best single)" if name == found.best_single else name, spot) for name, spot in found.singles.items()),
        ("random", found.random),
        ("oracle", found.oracle),
    ]
    columns = (Column("Way to choose"), *(Column(name, "right") for name in ("Quality", "of best", "USD/request", "Saves")))
    rows = [
        [name, f"{spot.quality:.4f}", _of(spot.quality, best.quality), usd_request(spot.usd), _saved(spot.usd, best.usd)]
        for name, spot in named
    ]
    spots = Table(columns, rows)
    savings = Table(
        (Column("Quality of best single"), Column("Saving", "right"), Column("Mixing without looking", "right")),
        [
            [percent(float(level), 0), _share(share), _share(found.saving_mixed[level])]
            for level, share in found.saving_at.items()
        ],
    )
    shares = ", ".join(f"CPT({level}) {_share(share)}" for level, share in found.cpt.items())
    lines = [
        f"AIQ {found.aiq['chosen']:.4f} (single models {found.aiq['single_models']:.4f}, oracle {found.aiq['oracle']:.4f})",
        (
            f"APGR {UNKNOWN if found.apgr is None else f'{found.apgr:.3f}'} (random 0.5); {shares}"
            " of the calls go to the best single model; random needs as many percent as are named"
        ),
    ]
    head = f"{found.prompts:,} prompts, {len(found.singles)} models: {table} reaches {_of(found.chosen.quality, best.quality)} "
    head += f"of the quality of {found.best_single} and saves {_saved(found.chosen.usd, best.usd)}"
    payload: dict[str, Any] = {
        "prompts": found.prompts,
        "left_out": found.left_out,
        "routes": table,
        "quality": found.chosen.quality,
        "usd": found.chosen.usd,
        "saving_at": dict(found.saving_at),
        "saving_mixed": dict(found.saving_mixed),
        "aiq": dict(found.aiq),
        "apgr": found.apgr,
        "cpt": dict(found.cpt),
        "random": found.random._asdict(),
        "oracle": found.oracle._asdict(),
        "best_single": {"model": found.best_single, **best._asdict()},
        "cheapest": found.cheapest,
        "singles": {name: spot._asdict() for name, spot in found.singles.items()},
    }
    records = [{"way": name, **spot._asdict()} for name, spot in named]
    text = "\n\n".join([head, spots.text(), savings.text(), "\n".join(lines)])
    markdown = "\n\n".join([head, spots.markdown(), savings.markdown(), "\n".join(f"- {line}" for line in lines)])
    return Document("jc.classifier-outcomes/1", payload, records, [spots, savings], text=text, markdown=markdown)


def learned_document(found: "Learned") -> Document:
    """The held-out savings of a learned router."""
    columns = (Column("Quality of best single"), Column("Saving, held out", "right"), Column("95% interval", "right"))
    rows = [[percent(one.level, 0), _share(one.share), _interval(one.low, one.high)] for one in found.savings]
    table = Table(columns, rows)
    head = f"Learned from {found.prompts:,} prompts and {len(found.models)} models; the best single one is {found.best_single}"
    payload: Mapping[str, Any] = {
        "prompts": found.prompts,
        "models": list(found.models),
        "best_single": found.best_single,
        "savings": [one._asdict() for one in found.savings],
        "penalty": found.penalty,
    }
    text = f"{head}\n\n{table.text()}"
    return Document("jc.classifier-learned/1", payload, payload["savings"], [table], text=text,
                    markdown=f"{head}\n\n{table.markdown()}")  # fmt: skip


def _of(quality: float, best: float) -> str:
    return percent(quality / best) if best > 0 else UNKNOWN


def _saved(usd: float, best: float) -> str:
    return percent(1 - usd / best).replace("-", "−") if best > 0 else UNKNOWN


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else percent(share).replace("-", "−")


def _interval(low: float | None, high: float | None) -> str:
    return UNKNOWN if low is None or high is None else f"{low * 100:.1f} – {high * 100:.1f}".replace("-", "−")
