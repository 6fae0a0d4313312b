"""A judge against the labels of people, as tables: agreement, scores corrected with the labels; and how means are written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jc.report.numbers import MINUS, UNKNOWN, count, percent
from jc.report.table import Column, Table


def agreement_tables(data: Mapping[str, Any]) -> Iterator[Table]:
    """The tables for standings that hold agreements; none without labels."""
    if any(card["agreement"] for card in data["judges"]):
        yield _agreement_table(data)
    if corrected := [(card, row) for card in data["judges"] if card["agreement"] for row in card["agreement"]["corrected"]]:
        yield _corrected_table(corrected, shares_of(data), level_of(data))


def shares_of(data: Mapping[str, Any]) -> bool:
    """Whether all scores are shares of 1, so that percent is the right unit; else they are told as they are."""
    scores = [row["score"]["value"] for row in data["standings"] if row["score"]]
    ends = [end for pair in data["pairs"] if pair["difference"] for end in [abs(pair["difference"]["value"])]]
    return data["basis"] == "games" or (all(0 <= score <= 1 for score in scores) and all(end <= 1 for end in ends))


def level_of(data: Mapping[str, Any]) -> str:
    """What the column of intervals is called."""
    return f"{(1 - data['rules']['alpha']) * 100:g}% interval"


def value_of(mean: Mapping[str, Any] | None, shares: bool) -> str:
    """A mean as a share or as it is."""
    if not mean:
        return UNKNOWN
    return percent(mean["value"]) if shares else f"{mean['value']:.3f}".replace("-", MINUS)


def interval_of(mean: Mapping[str, Any] | None, shares: bool, least: float = 0.0) -> str:
    """The interval beside the value; shares are cut to where shares can be, differences (`least` −1) likewise."""
    if not mean or mean["low"] is None:
        return UNKNOWN
    low, high = mean["low"], mean["high"]
    if shares:
        low, high = max(least, low), min(1.0, high)
    text = f"{low * 100:.1f} – {high * 100:.1f}" if shares else f"{low:.3f} – {high:.3f}"
    return text.replace("-", MINUS)


def _corrected_table(rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], shares: bool, level: str) -> Table:
    columns = (
        Column("Judge"),
        Column("Candidate"),
        Column("By the judge", "right"),
        Column("By labels", "right"),
        Column("Corrected", "right"),
        Column(level, "right"),
        Column("Labelled", "right"),
    )
    cells = [
        [
            card["judge"] or UNKNOWN,
            row["candidate"],
            *(value_of(row[name], shares) for name in ("judge", "labels", "corrected")),
            interval_of(row["corrected"], shares),
            count(row["labelled"]),
        ]
        for card, row in rows
    ]
    return Table(columns, cells, "Scores corrected with the labels (PPI++)")


def _agreement_table(data: Mapping[str, Any]) -> Table:
    columns = (
        Column("Judge"),
        Column("Labels", "right"),
        Column("Right", "right"),
        Column(level_of(data), "right"),
        Column("Cohen's κ", "right"),
        Column("interval", "right"),
        Column("Krippendorff's α", "right"),
        Column("ordinal", "right"),
    )
    rows = []
    for card in data["judges"]:
        found = card["agreement"]
        if found:
            kappa = UNKNOWN if found["kappa"] is None else f"{found['kappa_low']:.2f} – {found['kappa_high']:.2f}"
            alphas = [_two(found[name]) for name in ("alpha_nominal", "alpha_ordinal")]
            cells = [card["judge"] or UNKNOWN, count(found["units"]), percent(found["accuracy"]["value"])]
            cells += [interval_of(found["accuracy"], True), _two(found["kappa"]), kappa.replace("-", MINUS), *alphas]
            rows.append(cells)
    return Table(columns, rows, "Agreement with the labels")


def _two(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f}".replace("-", MINUS)
