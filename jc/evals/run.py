"""`jc evals run` without its command line: prepare everything that can go wrong for free, then carry the plan out.

`prepare` reads prompts, catalog, keys and folders and raises before a cent is spent; `carry_out` locks the folder, runs the
pipeline over journal and client, and writes what is derived, also when it was stopped.
"""

import asyncio
import hashlib
import math
import os
import platform
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jc
from jc.catalog.model import Catalog
from jc.catalog.price import Unpriced, price
from jc.errors import InputError, JcError
from jc.evals import runfolder
from jc.evals.asking import Asker, spent_usd
from jc.evals.evalset import load_evalset
from jc.evals.gold import Probes, controls, load_gold
from jc.evals.journal import Journal
from jc.evals.judge import JudgeTemplate, Protocol
from jc.evals.parties import DEMO, Gateway, Party, at_demo, resolve_parties
from jc.evals.pipeline import Pipeline, Watcher
from jc.evals.plan import Plan, Settings, loads, make_plan, money
from jc.evals.purse import Purse
from jc.evals.results import Results
from jc.evals.runfolder import RunFolder
from jc.evals.stopping import Referee
from jc.evals.work import Slot
from jc.files import shipped
from jc.providers.client import Client
from jc.providers.replay import Recorder, Replayer, secret_on
from jc.providers.settings import ClientSettings, Observer

SYNC_EVERY_S = 0.1
WORKERS_PER_REQUEST = 1.5
SENTINEL_COPY = "sentinel.jsonl"
"""The run's copy of its frozen pairs, so that the folder stands alone."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, as it goes into the manifest; no keys."""

    prompts: str
    candidates: tuple[str, ...]
    judges: tuple[str, ...] = ()
    base_url: str | None = None
    key_env: str = "JC_API_KEY"
    settings: Settings = field(default_factory=Settings)
    scale: tuple[float, float] = (1.0, 10.0)
    template: str | None = None
    judge_template: JudgeTemplate | None = None
    judge_max_tokens: int = 1024
    limit: int | None = None
    controls: int = 0
    """Control items that each judge looks at beside the answers."""
    sentinel: str | None = None
    """A file of frozen gold pairs that is judged in each run."""


@dataclass(frozen=True, slots=True)
class Spending:
    """The hard cap in USD and what is allowed under it."""

    max_usd: Decimal | None = None
    allow_unpriced: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """Folders and files of a run: the folder of runs, an own run folder, whether to start afresh, recordings."""

    runs: Path
    run_dir: Path | None = None
    fresh: bool = False
    record: Path | None = None
    replay: Path | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and its folder, all checked."""

    request: Request
    plan: Plan
    path: Path
    where: Where
    spending: Spending
    prompts: Path
    catalog_digest: str
    unpriced: tuple[str, ...] = ()
    given: Mapping[Slot, str] = field(default_factory=dict)
    """Answers that exist already and are only judged."""
    how: Mapping[str, Any] = field(default_factory=dict)
    """Flags that cannot change a result, kept so that `resume` goes on under the same cap and limits."""
    generate: bool = True
    """False judges the answers that are there and asks no candidate."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a run: results to read while the journal is open, why it stopped, and money."""

    results: Results
    folder: RunFolder
    stopped: str | None
    error: JcError | None
    spent_usd: Decimal
    known: int
    """Finished calls that the journal had already."""
    damaged: tuple[int, ...]
    given_up: Mapping[str, str]
    not_recorded: int = 0
    referee: Referee | None = None
    """Who looked at the pairs in between, when the run could stop early."""
    set_aside: Path | None = None
    """Where a fresh start put the run that was in its folder."""


def prepare(
    request: Request, catalog: Catalog, environment: Mapping[str, str], where: Where, spending: Spending, *, now: datetime
) -> Prepared:
    """Everything that can be wrong, found before the first call; InputError with all of it."""
    prompts = find_prompts(request.prompts)
    template = _read(request.template) if request.template else None
    evalset = load_evalset(prompts, template=template, limit=request.limit, template_file=request.template or "")
    gateway = Gateway(request.base_url, request.key_env)
    names = {"--candidates": request.candidates, "--judge": request.judges}
    # A replay needs no key: a placeholder stands where the catalog names a variable.
    known = _AnyKey(environment) if where.replay else environment
    parties = resolve_parties(names, catalog, gateway, known)
    path = where.run_dir or where.runs / run_name(request, prompts)
    low, high = request.scale
    protocol = Protocol(secret_of(path, where), low, high, request.judge_template, request.judge_max_tokens)
    probes = _probes(request, path)
    plan = make_plan(evalset, parties["--candidates"], parties["--judge"], request.settings, protocol, probes)
    unpriced = money(plan, now).unpriced
    if spending.max_usd is not None and unpriced and not spending.allow_unpriced:
        shown = ", ".join(f"`{name}`" for name in unpriced)
        raise InputError(
            f"`--max-cost` cannot hold: no price is known for {shown}", hint="add it to the catalog, or --allow-unpriced"
        )
    if spending.max_usd is not None:
        _refuse_small_cap(plan, spending.max_usd, now)
    return Prepared(request, plan, path, where, spending, prompts, catalog.digest, unpriced)


def run_name(request: Request, prompts: Path) -> str:
    """The name of the folder of this run."""
    usual = Settings()
    of_settings = ("temperature", "max_tokens", "stream")
    changed: dict[str, Any] = {
        name: getattr(request.settings, name) for name in of_settings if getattr(request.settings, name) != getattr(usual, name)
    }
    if request.template is not None:
        changed["template"] = os.path.abspath(request.template)  # noqa: PTH100
    if request.judge_template is not None:
        changed["judge_template"] = asdict(request.judge_template)
    if request.scale != Request("", ()).scale and request.settings.mode != "pairwise":
        changed["scale"] = list(request.scale)
    return runfolder.run_id(str(prompts), request.candidates, request.judges, request.base_url, changed)


def _probes(request: Request, path: Path) -> Probes:
    """The control items and frozen pairs; a sentinel file that is gone is read from the run's own copy."""
    attacks = load_gold(shipped("evalsets") / "judge" / "injections.jsonl") if request.controls else []
    chosen = controls(attacks, request.controls) if request.controls else ()
    if request.sentinel is None:
        return Probes(chosen)
    file = Path(request.sentinel)
    copy = path / SENTINEL_COPY
    file = copy if copy.is_file() and not file.exists() else file
    pairs = tuple(load_gold(file))
    return Probes(chosen, pairs, hashlib.sha256(file.read_bytes()).hexdigest())


def _refuse_small_cap(plan: Plan, cap: Decimal, now: datetime) -> None:
    """A cap below what one call can cost would stop the run before it starts, for ever."""
    for load in loads(plan):
        if load.party.offer is not None:
            with suppress(Unpriced):
                usd = price(load.party.offer, load.largest, now).usd
                if usd > cap:
                    raise InputError(
                        f"one call of `{load.party.name}` can cost up to ${usd:.4f}, more than the cap of ${cap}",
                        hint="raise `--max-cost`, or lower `--max-tokens`",
                    )


class _AnyKey(dict[str, str]):
    """An environment in which every key is set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(environment)

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name) or default or "replay"


def find_prompts(name: str) -> Path:
    """A file as named, else a shipped evalset by its name (`demo`), even beside a folder that is called so."""
    path = Path(name)
    if path.exists() and not path.is_dir():
        return path
    folder = shipped("evalsets")
    for candidate in (folder / f"{name}.jsonl", folder / name):
        if candidate.is_file() and "/" not in name:
            return candidate
    if path.is_dir():
        return path
    known = ", ".join(sorted(path.stem for path in folder.glob("*.jsonl") if "answers" not in path.stem))
    raise InputError(f"there is no file `{name}`", hint=f"name a JSONL or CSV file of prompts, or a shipped set: {known}")


def _read(name: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the template `{name}`: {error}") from error


def secret_of(path: Path, where: Where) -> bytes:
    """The secret of the recording or of the run that is already there, else a new one; a resume asks the same questions."""
    tape = where.replay or where.record
    taped = secret_on(tape) if tape is not None else None
    if taped is not None:
        return bytes.fromhex(taped)
    if not where.fresh and (path / "manifest.json").is_file():
        return bytes.fromhex(str(RunFolder(path).read_manifest()["secret"]))
    return bytes.fromhex(runfolder.new_secret())


@contextmanager
def carry_out(
    prepared: Prepared,
    client: ClientSettings,
    watcher: Watcher | None = None,
    observer: Observer | None = None,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Any:
    """Run it and yield what is `Finished`; the journal is open and the folder locked for the time of the block."""
    aside: Path | None = None
    if prepared.where.fresh:
        _refuse_locked(prepared.path)
        aside = runfolder.set_aside(prepared.path)
    folder = runfolder.create(prepared.path)
    with runfolder.locked(folder), Journal(folder.journal) as journal:
        _write_manifest(folder, prepared, now())
        folder.write(f"evalset{prepared.prompts.suffix}", prepared.prompts.read_bytes())
        sentinel = prepared.request.sentinel
        if sentinel is not None and Path(sentinel).is_file():
            folder.write(SENTINEL_COPY, Path(sentinel).read_bytes())
        finished = asyncio.run(_drive(prepared, client, journal, watcher, observer, now))
        yield replace(finished, set_aside=aside)


def _refuse_locked(path: Path) -> None:
    if path.is_dir():
        with runfolder.locked(RunFolder(path)):
            pass


def _write_manifest(folder: RunFolder, prepared: Prepared, now: datetime) -> None:
    plan = prepared.plan
    old = folder.read_manifest() if folder.manifest.exists() else {}
    manifest = {
        "schema": "jc.run/1",
        "jc_version": jc.__version__,
        "python": platform.python_version(),
        "created": old.get("created", runfolder.stamp(now)),
        "request": asdict(prepared.request),
        "how": dict(prepared.how),
        "evalset_sha256": plan.evalset.digest,
        "catalog_sha256": prepared.catalog_digest,
        "candidates": [_party(party) for party in plan.candidates],
        "judges": [_party(party) for party in plan.judges],
        "secret": plan.protocol.secret.hex(),
    }
    runfolder.write_manifest(folder, manifest)


def _party(party: Party) -> dict[str, Any]:
    return {
        "name": party.name,
        "wire_id": party.wire_id,
        "endpoint": party.endpoint.address,
        "offer": party.offer.id if party.offer else None,
    }


async def _drive(
    prepared: Prepared,
    settings: ClientSettings,
    journal: Journal,
    watcher: Watcher | None,
    observer: Observer | None,
    now: Callable[[], datetime],
) -> Finished:
    known = len(journal)
    async with AsyncExitStack() as stack:
        plan = await _with_demo(prepared.plan, stack)
        offers = {(party.endpoint.address, party.wire_id): party.offer for party in (*plan.candidates, *plan.judges)}
        purse = Purse(offers, now, prepared.spending.max_usd, spent_usd(journal) if known else Decimal(0))
        recorder = stack.enter_context(Recorder(prepared.where.record)) if prepared.where.record else None
        replayer = Replayer(prepared.where.replay) if prepared.where.replay else None
        client = await stack.enter_async_context(
            Client(settings, ledger=purse, observer=observer, recorder=recorder, replayer=replayer)
        )
        if recorder is not None:
            recorder.remember(plan.protocol.secret.hex())
        asker = Asker(journal, purse, client, recorder=recorder, generate=prepared.generate)
        pipeline, referee = _pipeline(prepared.path.name, plan, asker, watcher, settings)
        await stack.enter_async_context(_synced(journal, pipeline))
        for slot, text in prepared.given.items():
            call, repeat = pipeline.answer_call(slot)
            asker.give(call, text, repeat)
        preloaded = asyncio.get_running_loop().run_in_executor(None, _preload)
        with _interruptible(pipeline):
            await pipeline.run()
        await preloaded
        results = Results(prepared.path.name, plan, pipeline, asker)
        missing = replayer.missing if replayer else 0
        return Finished(
            results, RunFolder(prepared.path), pipeline.stopped, pipeline.error, purse.spent, known, tuple(journal.damaged),
            client.stopped(), missing, referee=referee,
        )  # fmt: skip


def _pipeline(
    run_id: str, plan: Plan, asker: Asker, watcher: Watcher | None, settings: ClientSettings
) -> tuple[Pipeline, Referee | None]:
    """The pipeline, with somebody who looks at the pairs in between when the run may stop early.

    More workers than requests in flight: a call that waits to be tried again holds a worker, and must not hold up the others.
    """
    workers = math.ceil(WORKERS_PER_REQUEST * settings.concurrency)
    if not plan.settings.stop_when_decided:
        return Pipeline(plan, asker, watcher, workers=workers), None
    found: list[Results] = []
    referee = Referee(plan, lambda: found[0].evidence(lengths=False))
    pipeline = Pipeline(plan, asker, watcher, workers=workers, stages=referee)
    found.append(Results(run_id, plan, pipeline, asker))
    return pipeline, referee


def _preload() -> None:
    """Import the statistics (NumPy, SciPy: half a second) while the first answers are on their way."""
    import jc.evals.statistics.standings  # noqa: F401


async def _with_demo(plan: Plan, stack: AsyncExitStack) -> Plan:
    """The plan with the embedded endpoint running, when somebody in it lives there."""
    if not any(party.demo for party in (*plan.candidates, *plan.judges)):
        return plan
    from jc.providers.demo import demo_server

    served = await stack.enter_async_context(demo_server())
    endpoint = replace(served, alias=DEMO.alias, label=DEMO.label)
    return replace(plan, candidates=at_demo(plan.candidates, endpoint), judges=at_demo(plan.judges, endpoint))


@asynccontextmanager
async def _synced(journal: Journal, pipeline: Pipeline) -> AsyncIterator[None]:
    """Put the journal on disk in groups while the block runs; a disk that fails stops the run."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            try:
                await asyncio.to_thread(journal.sync)
            except OSError as error:
                pipeline.stop(f"cannot sync the journal: {error.strerror}")

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


@contextmanager
def _interruptible(pipeline: Pipeline) -> Any:
    """SIGINT or SIGTERM once: finish what is in flight. Twice: leave at once; the journal has all that finished."""
    loop = asyncio.get_running_loop()
    taken: list[signal.Signals] = []

    def interrupted(which: signal.Signals) -> None:
        if pipeline.stopped == which.name:
            os._exit(128 + which)
        taken.append(which)
        sys.stderr.write("\nStopping: finishing the calls in flight; press Ctrl-C again to leave at once.\n")
        pipeline.stop(which.name)

    signals: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM)
    try:
        for which in signals:
            loop.add_signal_handler(which, interrupted, which)
    except (NotImplementedError, RuntimeError):  # Windows, or not the main thread: the default handling stays
        yield
        return
    try:
        yield
    finally:
        for which in signals:
            loop.remove_signal_handler(which)
