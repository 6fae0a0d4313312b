"""One replay: log → cube → decisions → estimates, for any number of route tables."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from jc.catalog.model import Catalog, RouteTable
from jc.errors import InputError, Problem
from jc.files import write_atomically
from jc.simulate.backtest import Backtest, backtest, timed_rows
from jc.simulate.book import Book
from jc.simulate.choices import Choice, Chooser
from jc.simulate.edges import Edges, edges, grid_of
from jc.simulate.engines import Look, Work, client_of, distributed_partials, files_of, joined, looked, without_files
from jc.simulate.estimate import Estimate, Estimator, offers_of
from jc.simulate.fit import fit, speeds_of
from jc.simulate.intervals import Draws, Interval
from jc.simulate.outcome import allowance_of, applied, smallest_budget
from jc.simulate.overload import load_of, overload_test
from jc.simulate.prompts import Classing, classify_log
from jc.simulate.quality import Qualities, answering, fill, widen
from jc.simulate.ratios import Ratios
from jc.simulate.rows import Rows
from jc.simulate.simulation import LOGGED, Question, Simulation
from jc.simulate.span import span_of
from jc.simulate.speeds import Speed, Speeds
from jc.simulate.state import Walker
from jc.simulate.terms import NO_CAP
from jc.simulate.told import GUIDE_MIX, explain, say_classes, say_mix, say_order
from jc.simulate.uncertainty import fill_intervals
from jc.simulate.warmth import ordered
from jc.traffic.cube import Cube
from jc.traffic.cube_sql import Thinning
from jc.traffic.cubefile import is_cube, load
from jc.traffic.frames import frame_file
from jc.traffic.grid import Grid, Split, wanted_columns
from jc.traffic.parts import ROW_BYTES
from jc.traffic.read import Counts, Log, ReadOptions, open_log
from jc.traffic.shrink import shrunk

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_ROWS = 20_000
_SIZED_BYTES = 150_000_000


def simulate(question: Question, catalog: Catalog, rows: "pd.DataFrame | None" = None) -> Simulation:
    """Replay a log, or price a cube, under route tables; `rows` are a log that lies in a DataFrame already.

    InputError for what is wrong with either, or without a known price.
    """
    if rows is not None:
        with frame_file(rows) as path:
            simulation = simulate(replace(question, traffic=path), catalog)
            simulation.traffic = question.traffic or "DataFrame"
            return simulation
    if is_cube(Path(question.traffic)):
        return _from_cube(question, catalog)
    if question.engine == "dask":
        return _from_cluster(question, catalog)
    tables = [table for _, table in question.tables]
    found = edges(catalog, tables)
    with open_log(question.traffic, read_options(question)) as log:
        classing = _classing(log, question, tables)
        grid, thinning = _grid(question, found, log, classing), thinning_of(log, whole=question.row_by_row)
        cube = shrunk(log, grid, thinning)
        true_span = span_of(cube)
        if found.between(*true_span) != grid.periods:
            grid = replace(grid, periods=found.between(*true_span))
            cube = shrunk(log, grid, thinning)
    simulation = _estimated(question, catalog, cube, log.counts)  # what the log took of memory is free again
    simulation.notes[:0] = list(log.notes)
    simulation.truncated = log.truncated
    simulation.timed = log.holds("ts")
    say_order(simulation)
    say_classes(simulation, log.holds("route_class"), question, classing.said if classing else "")
    return simulation


def _from_cluster(question: Question, catalog: Catalog) -> Simulation:
    """The same answer from partials of many workers."""
    tables = [table for _, table in question.tables]
    found = edges(catalog, tables)
    options = without_files(read_options(question))
    with client_of(question.scheduler) as client:
        files, log, notes = looked(files_of(question.traffic), options, client)
        if not log.holds("route_class") and not question.mix and (log.holds("prompt") or log.holds("messages")):
            raise InputError(
                "prompts are classified by --engine local only", hint="convert the log with its classes, or give a --mix"
            )
        grid = _grid(question, found, log, None)
        thinning = thinning_of(log, whole=question.row_by_row)
        work = Work(grid, thinning, options, question.rejects is not None)
        partials = distributed_partials(files, work, client)
        cube, counts = joined(partials)
        periods = found.between(*span_of(cube))
        if periods != grid.periods:
            partials = distributed_partials(files, replace(work, grid=replace(grid, periods=periods)), client)
            cube, counts = joined(partials)
    if question.rejects is not None:
        write_atomically(question.rejects, "".join(one.rejects for one in partials))
    simulation = _estimated(question, catalog, cube, counts)
    simulation.notes[:0] = [*notes, *(note for one in partials for note in one.notes)]
    simulation.truncated = tuple(name for one in partials for name in one.truncated)
    simulation.timed = log.holds("ts")
    say_order(simulation)
    say_classes(simulation, log.holds("route_class"), question, "")
    return simulation


def _grid(question: Question, found: Edges, log: Log | Look, classing: Classing | None) -> Grid:
    """The grid for a question over a log."""
    return grid_of(
        found,
        [table for _, table in question.tables],
        log.sampled_span if isinstance(log, Log) else log.span,
        classified=classing is not None,
        confidence_edges=classing.confidence_edges if classing else (),
        facts=classing.facts if classing else (),
        split=by_name(question.by),
        clustered="session" if log.holds("session") else "key" if log.holds("key") else "row",
        mix=() if log.holds("route_class") or classing else question.mix or GUIDE_MIX,
        seed=question.seed,
    )


def _classing(log: Log, question: Question, tables: Sequence[RouteTable]) -> Classing | None:
    """Classify the prompts of a log that has no classes; None when it has classes, no prompts, or a mix was given."""
    if log.holds("route_class") or question.mix or not (log.holds("prompt") or log.holds("messages")):
        return None
    plain = Grid(clustered="session", keys=("*",), orgs=("*",))
    wanted = [*wanted_columns(plain), "key", "org", "session_hash"]
    return classify_log(log, tables, wanted, everything=question.classify_all, seed=question.seed)


def read_options(question: Question) -> ReadOptions:
    """How the log of a question is read; relative times begin on the day that is asked about."""
    start = datetime.combine((question.at or question.now).date(), time(), UTC)
    return ReadOptions(question.format, int(start.timestamp()) * 1_000_000, question.rejects, question.stdin)


def thinning_of(log: Log | Look, *, whole: bool = False) -> Thinning:
    """How much of a log is kept row by row, by its size; `whole` keeps every row with its key."""
    rows = max(1, log.size // ROW_BYTES)
    return Thinning(
        clusters=1 if whole else max(1, rows // SAMPLE_ROWS),
        latencies=max(1, rows // 2_000_000),
        sized=log.holds("latency_ms") and log.size < _SIZED_BYTES,
        whole=whole,
    )


def _from_cube(question: Question, catalog: Catalog) -> Simulation:
    cube, about = load(Path(question.traffic))
    found = edges(catalog, [table for _, table in question.tables])
    missing = [edge for edge in found.inputs if edge not in cube.grid.input_edges]
    within = [edge for edge in missing if ((cube.groups["least_input"] <= edge) & (edge < cube.groups["most_input"])).any()]
    if within or not set(found.windows) <= set(cube.grid.windows):
        raise InputError(
            f"`{question.traffic}` was made for another catalog or other tables: it is not cut where prices change now",
            hint="make it again from the log with `jc traffic cube`",
        )
    wanted = {name for name in question.by if name in {"key", "org", "day", "hour"} - set(cube.grid.split)}
    if wanted:
        raise InputError(f"a cube cannot tell {', '.join(sorted(wanted))} apart", hint="ask the log itself")
    counts = Counts(total=int(about.get("total", cube.total("n"))), used=cube.total("n"))
    for reason, count in dict(about.get("by_reason", {})).items():
        counts.by_reason[reason] = int(count)
    simulation = _estimated(question, catalog, cube, counts)
    simulation.traffic = question.traffic
    if cube.total("cached"):
        told = "a cube holds no sessions, so cached tokens are priced as logged, also where a table moves a session"
        simulation.warnings.append(f"{told}: the log itself tells what the cache loses")
    if cube.grid.mix:
        say_mix(simulation, cube.grid.mix, "the log of this cube had no classes")
    return simulation


def _estimated(question: Question, catalog: Catalog, cube: Cube, counts: Counts) -> Simulation:
    tables = [table for _, table in question.tables]
    book = Book(cube, catalog, edges(catalog, tables), question.now, question.at)
    fitted, tested = _fitted(question, cube, book)
    speeds = Speeds(catalog, {**fitted, **question.speeds})
    ratios = Ratios(catalog, book.logged(), book.part("route_class"))
    sample = cube.sample
    draws = Draws.of(sample.columns["cluster"], sample.share, question.seed) if sample is not None else None
    order = ordered(sample) if sample is not None and cube.total("cached") else None
    estimator = Estimator(book, speeds, ratios, question.assumed, draws, order)
    logged = estimator.as_logged(LOGGED)
    estimates = [logged]
    chooser = Chooser(book, question.health)
    simulation = Simulation(question.traffic, counts, cube, book, estimates, logged, speeds, estimator, chooser)
    simulation.fitted, simulation.backtest, simulation.shipped = fitted, tested, question.shipped
    if question.backtest and tested is None:
        simulation.warnings.append("no backtest: the log has too few latencies, or too few sessions with them")
    if question.overload:
        found = load_of(cube)
        simulation.overload = overload_test(*found) if found is not None else None
        if simulation.overload is None:
            simulation.warnings.append("no overload test: it needs latency and time to first token of at least 80 requests")
    rows: Rows | None = None
    for name, table in question.tables:
        choice = chooser.choose(table)
        estimate = estimator.of(name, choice, logged)
        if estimate.unpriced and question.shipped:
            simulation.passed_over[name] = "; ".join(estimate.unpriced.values())
            continue
        estimates.append(estimate)
        if question.row_by_row and not estimate.unpriced:
            walker = Walker(estimator, chooser, rows or (rows := Rows.of(book)))
            _walked(question, walker, table, choice, estimate, logged)
    _refuse_unpriced(question, estimates)
    mostly = answering(book, estimates[1:] or estimates) if question.confusion is None else {}
    simulation.qualities = Qualities(catalog, offers_of(estimates[1:] or estimates), mostly, offers_of(estimates))
    fill(book, estimates, simulation.qualities, question.confusion)
    simulation.baseline = _baseline(question, estimates)
    fill_intervals(estimates, simulation.baseline, estimator)
    for estimate in estimates:
        _with_fees(estimate, simulation)
    simulation.measured = widen(book, estimates, simulation.qualities)
    explain(simulation, ratios, question)
    return simulation


def _walked(question: Question, walker: Walker, table: RouteTable, choice: Choice, estimate: Estimate, logged: Estimate) -> None:
    """Walk the rows under a table; its own budget counts where the question brings none."""
    terms = question.terms
    if terms.allowance is None or (table.budget is not None and terms.allowance.cap == NO_CAP):
        terms = replace(terms, allowance=allowance_of(table, walker.estimator.book))
    if not terms.any:
        return
    applied(estimate, walker.walk(table, choice, terms), walker.estimator, logged)
    if question.find_budget and terms.allowance is not None:
        estimate.least_budget = smallest_budget(walker, table, choice, terms)


def _fitted(question: Question, cube: Cube, book: Book) -> tuple[dict[str, Speed], Backtest | None]:
    """The speeds of the log's own models, and how well such a fit predicts sessions that it has not seen."""
    found = timed_rows(cube)
    if found is None:
        return {}, None
    rows, names = found
    made = fit(rows, calibrated=False)
    if made is None:
        return {}, None
    speeds: dict[str, Speed] = {}
    for name, speed in speeds_of(made, names).items():
        offer = book.names.get(name) if name else None
        speeds[offer.id if offer is not None else name] = speed
    return speeds, backtest(rows) if question.backtest else None


def _refuse_unpriced(question: Question, estimates: Sequence[Estimate]) -> None:
    """Unknown is never zero: an offer without a price is an error, unless it was allowed."""
    if question.allow_unpriced:
        return
    problems = [
        Problem(f"{estimate.name}: {why}", hint="add its price to the catalog, or leave it out of the sum with --allow-unpriced")
        for estimate in estimates[1:]
        for why in estimate.unpriced.values()
    ]
    if problems:
        raise InputError.of(list(dict.fromkeys(problems)))


def _baseline(question: Question, estimates: Sequence[Estimate]) -> Estimate:
    wanted = LOGGED if question.baseline == "logged" else question.baseline
    for estimate in estimates:
        if estimate.name == wanted:
            return estimate
    names = ", ".join(f"`{estimate.name}`" for estimate in estimates)
    raise InputError(f"no estimate is called `{question.baseline}`", hint=f"`logged`, or one of {names}")


def change(estimate: Estimate, simulation: Simulation) -> float | None:
    """The relative change of cost against the baseline, over what both answer at a known cost; None when there is nothing."""
    return None if estimate is simulation.baseline else simulation.pair_of(estimate).change


def _with_fees(estimate: Estimate, simulation: Simulation) -> None:
    """Move the interval of a change by what flat plans cost: their fees are certain."""
    baseline = simulation.baseline
    if estimate.saving is None or not (estimate.fees or baseline.fees):
        return
    before = float(simulation.pair_of(estimate).sums()[0])
    low, high = (
        ((1 + bound) * before + float(estimate.fees)) / (before + float(baseline.fees)) - 1
        for bound in (estimate.saving.low, estimate.saving.high)
    )
    estimate.saving = Interval(low, high)


def by_name(split: Sequence[str]) -> tuple[Split, ...]:
    """The parts of `--by` that need their own column in the cube."""
    known: dict[str, Split] = {"key": "key", "org": "org", "day": "day", "hour": "hour"}
    return tuple(known[name] for name in split if name in known)


def days(span: tuple[int | None, int | None]) -> tuple[date, date] | None:
    """The first and last day of a span, None without times."""
    first, last = span
    if first is None or last is None:
        return None
    return datetime.fromtimestamp(first / 1e6, UTC).date(), datetime.fromtimestamp(last / 1e6, UTC).date()
