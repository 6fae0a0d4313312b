"""The answers of `jc tiers swap | assign | drift` as documents."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from jc.report.document import Document
from jc.report.numbers import UNKNOWN, change, usd_request, usd_total
from jc.report.table import Column, Table
from jc.report.tiers import number, short
from jc.report.tiers_explain import measured_record
from jc.tiers.assign import UNPLACED, Placed
from jc.tiers.drift import Drift
from jc.tiers.swap import Cost, Kept, PassedOver, Swap


def money(cost: Cost) -> str:
    """What a swap compares, in words: `$0.0072 per request`, or `$6.00 per 1M tokens`."""
    return usd_request(cost.usd) if cost.per == "request" else usd_total(cost.usd)


def per(cost: Cost) -> str:
    """What the money is for."""
    return "per request" if cost.per == "request" else "per 1M tokens by the cost key"


def swap_document(found: Swap | Kept, on: date, requested: str) -> Document:
    """The answer of a swap: on a terminal only the id of the model that answers."""
    payload: dict[str, Any] = {
        "as_of": on.isoformat(),
        "requested": requested,
        "asked": found.asked.id if isinstance(found, Swap) else found.offer.id,
        "model": found.model,
        "swapped": isinstance(found, Swap),
        "tier": found.tier,
    }
    if isinstance(found, Swap):
        payload |= {
            "reasons": list(found.reasons),
            "per": found.before.per,
            "before_usd": number(found.before.usd),
            "after_usd": number(found.after.usd),
            "saving": found.saving,
        }
    else:
        payload |= {"reasons": [found.reason], "per": None, "before_usd": None, "after_usd": None, "saving": 0.0}
    payload["passed_over"] = [_passed(one) for one in found.passed_over]
    return Document("jc.tiers-swap/1", payload, payload["passed_over"], [passed_table(found.passed_over)], found.model)


def _passed(one: PassedOver) -> dict[str, Any]:
    return {"model": one.model, "rule": one.rule, "why": one.why, "usd": number(one.usd)}


def passed_table(passed: Iterable[PassedOver]) -> Table:
    """Everyone who does not answer, cheapest first, and why."""
    rows = [(short(one.model), UNKNOWN if one.usd is None else usd_request(one.usd), one.why) for one in passed]
    return Table((Column("Passed over"), Column("Cost", "right"), Column("Why")), rows)


def swap_story(found: Swap | Kept) -> list[str]:
    """What a person is told beside the id: what was saved, and who was cheaper and why not."""
    if isinstance(found, Kept):
        lines = [f"Kept `{found.model}`: {found.reason}."]
        return lines + _cheaper([one for one in found.passed_over if one.rule not in {"dearer", "chosen"}], "may not")
    line = (
        f"Swapped within {found.tier}: {money(found.before)} → {money(found.after)} {per(found.after)} "
        f"({change(found.before.usd, found.after.usd, 0)})."
    )
    cheaper = [one for one in found.passed_over if one.usd is not None and one.usd < found.after.usd]
    notes = [f"Note: {reason}." for reason in found.reasons[3:]]
    return [line, *_cheaper(cheaper, "are cheaper, but"), *notes]


_GROUPS = {"vision": "text only", "region": "in another region", "kind": "of another kind"}


def _cheaper(passed: Sequence[PassedOver], verb: str) -> list[str]:
    """One line for each rule that kept somebody out, in the order of the cheapest."""
    by_rule: dict[str, list[PassedOver]] = {}
    for one in passed:
        by_rule.setdefault(one.rule if one.rule in _GROUPS else f"{one.rule}: {one.why}", []).append(one)
    lines = []
    for key, group in by_rule.items():
        name = f"`{group[0].model}`"
        others = len(group) - 1
        who = name if not others else f"{name} and {others} other{'s' if others > 1 else ''}"
        single = not others
        if verb == "may not":
            lines.append(f"{who} {'is' if single else 'are'} {_GROUPS[key]}." if key in _GROUPS else f"{who} {group[0].why}.")
        else:
            cheaper = "is cheaper, but" if single else "are cheaper, but"
            lines.append(f"{who} {cheaper} {_GROUPS.get(key, group[0].why)}.")
    return lines


def assign_document(placed: Sequence[Placed], on: date, written: str | None) -> Document:
    """Every chat offer with its place, its evidence, and what moved."""
    records = [_placed(one) for one in placed]
    moves = [one for one in placed if one.moved]
    payload = {
        "as_of": on.isoformat(),
        "written": written,
        "placements": records,
        "moves": [{"model": one.offer.id, "from": one.before, "to": one.tier, "why": one.why} for one in moves],
    }
    columns = (Column("Model"), Column("Tier"), Column("Evidence"), Column("Scores"))
    rows = [(short(one.offer.id), one.tier, one.state, _scores(one)) for one in placed]
    table = Table(columns, rows)
    return Document("jc.tiers-assign/1", payload, records, [table], "\n".join([table.text(), "", *_moves(moves)]))


def _placed(one: Placed) -> dict[str, Any]:
    return {
        "model": one.offer.id,
        "tier": one.tier,
        "state": one.state,
        "since": one.since.isoformat(),
        "by": "hand" if one.hand else "scores",
        "before": one.before,
        "moved": one.moved,
        "why": one.why,
        "evidence": [measured_record(measured) for measured in one.measured],
    }


def _scores(one: Placed) -> str:
    if not one.measured:
        return one.why if one.tier == UNPLACED and not one.hand else UNKNOWN
    return ", ".join(
        f"{measured.benchmark} {measured.value:f}{'' if measured.within else ' (below)'}" for measured in one.measured
    )


def _moves(moves: Sequence[Placed]) -> list[str]:
    if not moves:
        return ["Nothing moves: the lock file says the same."]
    return ["Moves:", *(f"  {one.offer.id}  {one.before} → {one.tier}  {one.why}" for one in moves)]


def drift_document(found: Sequence[Drift], on: date, locked: date | None) -> Document:
    """Who does not stand where the lock file says."""
    records = [
        {
            "model": one.model,
            "tier": one.tier,
            "kind": one.kind,
            "why": one.why,
            "evidence": [measured_record(measured) for measured in one.measured],
        }
        for one in found
    ]
    payload = {"as_of": on.isoformat(), "locked": locked.isoformat() if locked else None, "drift": records}
    table = Table(
        (Column("Model"), Column("Tier"), Column("Drift"), Column("Why")),
        [(short(one.model), one.tier, one.kind, one.why) for one in found],
    )
    text = table.text() if found else f"Every member stands where it stood on {locked}."
    return Document("jc.tiers-drift/1", payload, records, [table], text)
