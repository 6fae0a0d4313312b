"""`jc catalog diff`: what changed between two versions of the catalog, and what it costs."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, cast

import typer

from jc.cli.output import Out, problem
from jc.errors import AnswerIsNo, InputError

if TYPE_CHECKING:
    from jc.catalog.check import Book
    from jc.catalog.documents import Documents
    from jc.catalog.model import Catalog
    from jc.report.catalog_diff_text import DiffReport, EffectOnCost
    from jc.simulate.catalog_effect import Swaps
    from jc.simulate.catalog_traffic import Traffic

_SWAPS = ("log", "all", "off")


class _Version(NamedTuple):
    """One version of the catalog: how it is called, its commit (empty for the working tree), and what it says."""

    name: str
    commit: str
    book: "Book"

    @property
    def catalog(self) -> "Catalog":
        return self.book.catalog


def diff(
    out: Out,
    base: Annotated[str, typer.Argument(metavar="REF", help="Git ref to compare with: a branch, tag or commit.")],
    head: Annotated[str | None, typer.Argument(metavar="[HEAD]", help="Git ref to compare. [default: the working tree]")] = None,
    traffic: Annotated[
        str | None, typer.Option("--traffic", metavar="LOG", help="Price the change on this traffic log or .cube.")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option("--fail-on", metavar="CONDITION", help='Exit 1 when it holds: "cost>+5%", "price>+10%". Repeatable.'),
    ] = None,
    swaps: Annotated[
        str, typer.Option("--swaps", metavar="WHO", help="Who is answered by the cheapest equal: log (opted in), all, off.")
    ] = "log",
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="As of that day (UTC). [default: today]")] = None,
) -> None:
    """What changed since a git ref: prices, models, lifecycle, capabilities, limits, tiers, cheapest equals, routes.

    The ref is read from git's store, without a checkout. With --traffic the monthly cost before and after is split exactly into
    the effects of prices, of swap targets and of removals. Formats: table, json, jsonl, csv, markdown (for a pull request).

    \b
    Examples:
      jc catalog diff main
      jc catalog diff main --traffic traffic.jsonl --fail-on "cost>+5%"
      jc catalog diff v1 v2 --format markdown -o diff.md
    """
    from jc.catalog.diff_gate import Bill, gate, tripped
    from jc.catalog.load import find_catalog
    from jc.cli.catalog_days import moment_of
    from jc.report.catalog_diff import diff_document

    if swaps not in _SWAPS:
        raise problem(f"`--swaps {swaps}`: no such choice", hint="log, all or off")
    gates = [gate(text) for text in fail_on or ()]
    if traffic is None and any(one.metric == "cost" for one in gates):
        raise problem("`--fail-on cost…` needs traffic", hint="name a log with `--traffic LOG`")
    at, folder = moment_of(as_of), find_catalog(out.catalog)
    old = _at_ref(folder, base)
    new = _working_tree(folder) if head is None else _at_ref(folder, head)
    cost = None if traffic is None else _cost(out, (old.catalog, new.catalog), at, traffic, cast("Swaps", swaps))
    report = _report(old, new, at, cost)
    bill = None if cost is None else Bill(cost.before, cost.after)
    stopped = [f"{why} (`{one.text}`)" for one in gates if (why := tripped(one, report.changes, bill))]
    report = report.stopped(stopped)
    out.emit(diff_document(report))
    if stopped:
        raise AnswerIsNo("; ".join(stopped))


def _at_ref(folder: Path, ref: str) -> _Version:
    from jc.catalog.documents import documents
    from jc.catalog.git import files_at

    found = files_at(folder, ref)
    return _Version(ref, found.commit, _sound(documents(found.name, found.files), f"the catalog at `{ref}` cannot be read"))


def _working_tree(folder: Path) -> _Version:
    from jc.catalog.documents import read_folder

    return _Version("working tree", "", _sound(read_folder(folder), ""))


def _sound(read: "Documents", what: str) -> "Book":
    """The book of documents without a flaw; InputError with all of them otherwise."""
    from jc.catalog.assemble import assemble
    from jc.catalog.check import Book
    from jc.catalog.problems import problem as told

    assembled = assemble(read)
    if assembled.flaws:
        flaws = sorted(assembled.flaws, key=lambda item: (item.document.rel, item.flaw.line, item.flaw.column))
        raise InputError.of([told(flaw) for flaw in flaws], what)
    return Book.of(assembled)


def _report(old: _Version, new: _Version, at: datetime, cost: "EffectOnCost | None") -> "DiffReport":
    from jc.catalog.diff import diff as changes_between
    from jc.catalog.diff import ordered
    from jc.report.catalog_diff_text import DiffReport
    from jc.routing.changes import route_changes
    from jc.tiers.changes import swap_count, tier_changes, with_heirs
    from jc.tiers.standing import standing

    before, after = old.catalog, new.catalog
    changes = changes_between(before, after, at, lambda where, path: new.book.at(where, *path))
    changes = with_heirs(changes, before, after, at)
    changes += [*tier_changes(before, after, at), *route_changes(before, after, at)]
    members = {**standing(before, at).members, **standing(after, at).members}
    return DiffReport(
        base=old.name,
        head=new.name,
        commit=old.commit,
        as_of=at.date(),
        changes=ordered(changes, cost.by_model if cost is not None else None),
        tiers={id_: member.tier for id_, member in members.items()},
        swaps=swap_count(before, after, at),
        cost=cost,
    )


def _traffic(out: Out, pair: "tuple[Catalog, Catalog]", name: str) -> "Traffic":
    """The requests of a log, or of a cube, as profiles."""
    import sys

    from jc.simulate.catalog_effect import has_windows
    from jc.simulate.catalog_traffic import traffic
    from jc.simulate.cube_traffic import traffic_of_cube
    from jc.traffic.cubefile import is_cube
    from jc.traffic.read import ReadOptions, open_log

    if is_cube(Path(name)):
        return traffic_of_cube(Path(name), pair)
    with open_log(name, ReadOptions(stdin=sys.stdin.buffer)) as log:
        found = traffic(log, windows=has_windows(*pair))
        for note in log.notes:
            out.say(note)
        counts = log.counts
    if counts.rejected:
        reasons = ", ".join(f"{count:,} {reason.value}" for reason, count in counts.by_reason.most_common())
        out.warn(f"{counts.rejected:,} of {counts.total:,} rows of `{name}` do not count: {reasons}")
    return found


def _cost(out: Out, pair: "tuple[Catalog, Catalog]", at: datetime, log_name: str, swaps: "Swaps") -> "EffectOnCost":
    from jc.report.catalog_diff_text import EffectOnCost
    from jc.simulate.catalog_effect import effect
    from jc.simulate.catalog_traffic import monthly

    found = _traffic(out, pair, log_name)
    whole = effect(found.profiles, *pair, at, swaps)
    month = monthly(whole, found.days)
    left: dict[str, int] = {str(reason): count for reason, count in whole.left_out.items()}
    if found.unnamed:
        left["no model named"] = found.unnamed
    for reason, count in left.items():
        names = f": {', '.join(sorted(whole.unknown)[:3])}" if reason == "unknown model" else ""
        out.warn(f"{count:,} requests are left out of the cost on both sides: {reason}{names}")
    if swaps == "log" and not any(profile.opted_in for profile in found.profiles):
        out.hint("no request of the log has opted in to swaps; `--swaps all` prices it as if all had")
    exact = {
        "before": whole.before, "after": whole.after, "change": whole.total, "price": whole.price,
        "swap_target": whole.swap_target, "removal": whole.removal,
    }  # fmt: skip
    return EffectOnCost(
        name=log_name,
        before=month.before,
        after=month.after,
        price=month.price,
        swap_target=month.swap_target,
        removal=month.removal,
        days=found.days,
        requests=whole.requests,
        exact=exact,
        left_out=left,
        unknown=whole.unknown,
        by_model=whole.by_model,
        swaps=swaps,
    )
