"""The figures of the model card, made from the evaluation that the weights carry, so that the two cannot part."""

from collections.abc import Mapping, Sequence
from typing import Any

from jc.report.numbers import percent
from jc.report.table import Column, Table
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.weights import Weights, load_weights

Fields = Mapping[str, Any]


def card(weights: Weights | None = None) -> str:
    """The tables of the card as Markdown, for the shipped weights or others that were made by `jc classifier train`."""
    found = weights or load_weights()
    figures = found.info["evaluation"]
    writers = figures["writers"]
    parts = [
        _head(found, figures),
        "### Classes, on writers that were left out",
        _classes(writers).markdown(),
        _confusion(writers).markdown(),
        "### Confidence, on writers that were left out",
        _curve(writers).markdown(),
        _thresholds(found, writers),
        "### Each source by weights that never saw it",
        _sources(figures["by_source"]).markdown(),
        "### The same class in a wrapper, on writers that were left out",
        _wrappers(figures["robustness"]).markdown(),
    ]
    return "\n\n".join(parts)


def _head(weights: Weights, figures: Fields) -> str:
    writers, licensed, same = figures["writers"], figures["licensed"], figures["robustness"]
    listed = [share for name, share in same.items() if not name.startswith("unlisted")]
    rows = [
        ["accuracy, writers left out", percent(writers["accuracy"])],
        ["macro-F1, writers left out", f"{writers['macro_f1']:.3f}"],
        ["ECE, writers left out", f"{writers['ece']:.3f}"],
        ["right when sure", f"{percent(writers['sure']['accuracy'])} of {percent(writers['sure']['share'])}"],
        ["reasoning, code or agent taken for simple", percent(writers["hard_to_simple"])],
        ["the same after thresholds (what is routed)", percent(writers["routed"]["hard_to_simple"])],
        ["right after thresholds, unsure ones as general", percent(writers["routed"]["accuracy"])],
        ["accuracy, licensed sources left out: rows / mean of sources",
         f"{percent(licensed['accuracy'])} / {percent(licensed['mean_of_sources'])}"],
        ["same class in a wrapper: mean / worst", f"{percent(sum(listed) / len(listed))} / {percent(min(listed))}"],
    ]  # fmt: skip
    table = Table((Column("Figure"), Column("Value", "right")), rows)
    made = f"Trained on {weights.info['rows']:,} rows of {weights.info['sources']} sources (data `{weights.info['data']}`)."
    return f"{made}\n\n{table.markdown()}"


def _classes(writers: Fields) -> Table:
    columns = (Column("Class"), *(Column(name, "right") for name in ("Prompts", "Found", "Right of those found", "F1")))
    rows = [
        [name, f"{one['n']:,}", percent(one["recall"]), percent(one["precision"]), f"{one['f1']:.3f}"]
        for name, one in ((name, writers["per_class"][name]) for name in ROUTE_CLASSES)
    ]
    return Table(columns, rows)


def _confusion(writers: Fields) -> Table:
    columns = (Column("Label / taken for"), *(Column(name, "right") for name in ROUTE_CLASSES))
    rows = writers["confusion"]
    return Table(columns, [[name, *(f"{rows[name][one]:,}" for one in ROUTE_CLASSES)] for name in ROUTE_CLASSES])


def _curve(writers: Fields) -> Table:
    columns = (Column("Surest", "right"), Column("Right", "right"), Column("Least confidence", "right"))
    rows = [
        [percent(one["coverage"], 0), percent(one["accuracy"]), f"{one['confidence']:.2f}"] for one in writers["risk_coverage"]
    ]
    return Table(columns, rows)


def _thresholds(weights: Weights, writers: Fields) -> str:
    listed = ", ".join(f"{name} {low:g}" for name, low in zip(ROUTE_CLASSES, weights.thresholds, strict=True))
    return f"Own thresholds: {listed}; they keep {percent(writers['sure']['share'])} of the prompts."


def _sources(by_source: Mapping[str, Fields]) -> Table:
    names = ("Rows", "Right", "ECE", "Sure", "Right of those", "Hard → simple")
    columns = (Column("Source"), *(Column(name, "right") for name in names))
    return Table(columns, [[name, *_source(one)] for name, one in sorted(by_source.items(), key=_written_first)])


def _source(one: Fields) -> Sequence[str]:
    shares = (one["sure_share"], one["sure_accuracy"], one["hard_to_simple"])
    return [f"{one['n']:,}", percent(one["accuracy"]), f"{one['ece']:.3f}", *(percent(share) for share in shares)]


def _written_first(item: tuple[str, Fields]) -> tuple[bool, str]:
    return not item[0].startswith("original/"), item[0]


def _wrappers(same: Mapping[str, float]) -> Table:
    return Table((Column("Wrapper"), Column("Same class", "right")), [[name, percent(share)] for name, share in same.items()])
