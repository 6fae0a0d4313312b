"""The difference of two catalogs in words: as text for a terminal, as Markdown for a pull request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from jc.catalog.diff_values import Change, ChangeKind, Delta, Figure
from jc.report.numbers import MINUS, UNKNOWN, change, usd_per_mtok, usd_total
from jc.report.table import Column, Table, markdown_cell

HEADS: Mapping[ChangeKind, str] = {
    "repriced": "Re-priced",
    "new": "New",
    "removed": "Removed",
    "lifecycle": "Lifecycle",
    "capability": "Capabilities",
    "limit": "Limits",
    "tier": "Tier moves",
    "policy": "Tier policy",
    "cheapest": "Cheapest equals",
    "route": "Routes whose target changed",
    "score": "Scores",
    "fact": "Other facts",
}
_SIGNS: Mapping[str, str] = {"new": "+", "removed": "-"}


@dataclass(frozen=True, slots=True)
class EffectOnCost:
    """The monthly cost of some traffic before and after (USD), its three parts, and the exact figures of the log itself."""

    name: str
    before: Decimal
    after: Decimal
    price: Decimal
    swap_target: Decimal
    removal: Decimal
    days: int | None
    requests: int
    exact: Mapping[str, Decimal]
    left_out: Mapping[str, int]
    unknown: Mapping[str, int]
    by_model: Mapping[str, Decimal]
    swaps: str

    @property
    def total(self) -> Decimal:
        """After minus before, the sum of the three parts."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class DiffReport:
    """Everything that `jc catalog diff` says."""

    base: str
    head: str
    commit: str
    as_of: date
    changes: Sequence[Change]
    tiers: Mapping[str, str]
    """The tier of an offer, by id, for those that are in one."""
    swaps: tuple[int, int] | None
    """Of how many members of a tier the swap changes, and how many there are; None when they are too many to ask."""
    cost: EffectOnCost | None = None
    tripped: Sequence[str] = field(default=())

    def stopped(self, why: Sequence[str]) -> "DiffReport":
        """The same report with the conditions that say no."""
        return replace(self, tripped=tuple(why))


def shown(value: Figure, unit: str = "") -> str:
    """A figure for people: money with its sign, counts with separators, an en dash for what is unknown."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return _usd(value) if unit.startswith("usd_per_") else f"{value:f}"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _usd(value: Decimal) -> str:
    amount = usd_per_mtok(abs(value))
    return f"{MINUS}{amount}" if value < 0 else amount


def _unit(unit: str) -> str:
    if unit == "usd_per_mtok":
        return " per 1M tokens"
    return (
        f" per {unit.removeprefix('usd_per_').replace('_', ' ')}" if unit.startswith("usd_per_") else f" {unit}" if unit else ""
    )


def _name(delta: Delta) -> str:
    words = delta.field.removeprefix("usd_per_").replace("_", " ")
    return f"{words} {delta.condition}" if delta.condition else words


def _share(delta: Delta) -> str:
    if delta.share is None or not isinstance(delta.before, Decimal) or not isinstance(delta.after, Decimal):
        return ""
    return change(delta.before, delta.after) if delta.unit.startswith("usd_per_") else ""


def _place(report: DiffReport, one: Change) -> str:
    return ", ".join(part for part in (report.tiers.get(one.subject, ""), one.region) if part)


def _when(one: Change) -> str:
    if one.kind != "repriced" or one.effective is None:
        return ""
    return f"from {one.effective}{f', {one.status}' if one.status else ''}"


def diff_text(report: DiffReport) -> Iterator[str]:
    """The lines for a terminal."""
    yield f"Catalog: {report.base} → {report.head}"
    if not report.changes:
        yield from ("", "Nothing changed.")
    for kind in HEADS:
        found = [one for one in report.changes if one.kind == kind]
        if kind == "cheapest":
            yield from _swaps(report, found)
        elif found:
            yield ""
            if kind not in {"repriced", "new", "removed"}:
                yield HEADS[kind]
            yield from _block(report, found)
    if report.cost is not None:
        yield from ("", *_cost_text(report.cost))


def _swaps(report: DiffReport, found: Sequence[Change]) -> Iterator[str]:
    """How many swaps change, and for each tier and region whose cheapest equal did: who it was, who it is, by which cost key."""
    if not found and not (report.swaps and report.swaps[0]):
        return
    yield ""
    yield f"Swaps that change: {report.swaps[0]} of {report.swaps[1]} models" if report.swaps else HEADS["cheapest"]
    rows = [[f"    {one.subject}", *(_arrow(delta) for delta in one.deltas)] for one in found]
    if rows:
        yield from Table((Column(""), Column(""), Column("")), rows).text().splitlines()[1:]


def _block(report: DiffReport, found: Sequence[Change]) -> Iterator[str]:
    name = max(len(one.subject) for one in found)
    place = max(len(_place(report, one)) for one in found)
    for one in found:
        tail = _tail(one)
        head = f"{_SIGNS.get(one.kind, '~')} {one.subject:<{name}}  {_place(report, one):<{place}}  {tail}"
        yield head.rstrip()
        if one.kind not in {"new", "removed"}:
            rows = [[f"    {_name(delta)}", _arrow(delta), _share(delta)] for delta in one.deltas]
            yield from Table((Column(""), Column(""), Column("", "right")), rows).text().splitlines()[1:]


def _arrow(delta: Delta) -> str:
    return f"{shown(delta.before, delta.unit)} → {shown(delta.after, delta.unit)}{_unit(delta.unit)}"


def _tail(one: Change) -> str:
    if one.kind == "new":
        return f"{_prices(one)}" if one.deltas else "its price is not known"
    if one.kind == "removed":
        return "; ".join(_farewell(one))
    return "  ".join(part for part in (_when(one), one.note) if part)


def _prices(one: Change) -> str:
    if any(delta.field == "free" for delta in one.deltas):
        return "free"
    short = {"input": "in", "output": "out"}
    told = [delta for delta in one.deltas if delta.field in short or delta.unit != "usd_per_mtok"]
    return ", ".join(
        f"{shown(delta.after if one.kind == 'new' else delta.before, delta.unit)} "
        f"{short.get(delta.field, _unit(delta.unit).strip())}"
        for delta in told
    )


def _farewell(one: Change) -> Iterator[str]:
    if one.replacement:
        yield f"replaced by {one.replacement}"
    if one.used_by:
        yield f"still named in {', '.join(str(where) for where in one.used_by)}"
    if not one.replacement:
        yield one.note or "nothing replaces it"


def signed(usd: Decimal) -> str:
    """A difference in dollars with its sign, `−$316.30`."""
    return usd_total(usd) if usd < 0 else f"+{usd_total(usd)}" if usd > 0 else usd_total(usd)


def _cost_text(cost: EffectOnCost) -> Iterator[str]:
    per = "a month" if cost.days is not None else "for the log, which has no times"
    yield f"Cost of {cost.name}, {cost.requests:,} request{'' if cost.requests == 1 else 's'}"
    moved = f" ({change(cost.before, cost.after)})" if cost.before else ""
    yield f"    {usd_total(cost.before)} → {usd_total(cost.after)} {per}   {signed(cost.total)}{moved}"
    rows = [[f"    {name}", signed(usd)] for name, usd in _parts(cost)]
    yield from Table((Column(""), Column("", "right")), rows).text().splitlines()[1:]


def _parts(cost: EffectOnCost) -> Sequence[tuple[str, Decimal]]:
    return ("prices", cost.price), ("swap targets", cost.swap_target), ("removals", cost.removal)


def diff_markdown(report: DiffReport) -> Iterator[str]:
    yield f"### Catalog: {_code(report.base)} → {_code(report.head)}"
    if not report.changes:
        yield from ("", "Nothing changed.")
    if report.cost is not None:
        yield from ("", *_cost_markdown(report.cost))
    for kind in HEADS:
        found = [one for one in report.changes if one.kind == kind]
        if found:
            yield from ("", f"#### {HEADS[kind]}", "", _table(report, kind, found).markdown())
    if report.tripped:
        yield from ("", "#### Stopped", "", *(f"- {markdown_cell(why)}" for why in report.tripped))


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"


def _table(report: DiffReport, kind: ChangeKind, found: Sequence[Change]) -> Table:
    if kind in {"new", "removed"}:
        last = "Price" if kind == "new" else "What now"
        rows = [[one.subject, _place(report, one), _tail(one)] for one in found]
        return Table((Column("Model"), Column("Tier, region"), Column(last)), rows)
    head = "Model" if kind not in {"cheapest", "route", "policy"} else "Where"
    columns = [Column(head), Column("What"), Column("Before", "right"), Column("After", "right"), Column("Change", "right")]
    rows = []
    for one in found:
        remark = "; ".join(part for part in (_when(one), one.note) if part)
        for at, delta in enumerate(one.deltas):
            figures = [shown(delta.before, delta.unit), shown(delta.after, delta.unit), _share(delta)]
            rows.append(["" if at else one.subject, f"{_name(delta)}{_unit(delta.unit)}", *figures, "" if at else remark])
    return Table((*columns, Column("Remark")), rows)


def _cost_markdown(cost: EffectOnCost) -> Iterator[str]:
    per = "a month" if cost.days is not None else "for the log"
    moved = f" ({change(cost.before, cost.after)})" if cost.before else ""
    yield f"**{usd_total(cost.before)} → {usd_total(cost.after)} {per}, {signed(cost.total)}{moved}** for {_code(cost.name)}"
    rows = [[name, signed(usd)] for name, usd in (*_parts(cost), ("total", cost.total))]
    yield from ("", Table((Column("Effect"), Column(f"USD {per}", "right")), rows).markdown())
