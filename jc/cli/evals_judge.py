"""`jc evals judge-test`: how good is a judge, and how easily is it fooled?"""

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jc.cli.evals_options import environment_of, usd_of
from jc.cli.options import command, split_list
from jc.cli.output import Out, problem
from jc.errors import AnswerIsNo, StoppedEarly

if TYPE_CHECKING:
    from jc.evals.gold import GoldPair
    from jc.evals.judge_test import JudgeReport
    from jc.evals.run import Prepared


def register(app: typer.Typer) -> None:
    """Hang `judge-test` under `jc evals`."""
    command(app, "judge-test")(judge_test)


def judge_test(
    out: Out,
    judge: Annotated[list[str] | None, typer.Option("--judge", "-j", metavar="MODELS", help="Judges to test.")] = None,
    gold: Annotated[Path | None, typer.Option(metavar="FILE", help="Own gold pairs (JSONL) instead of the bundled ones.")] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only N gold pairs, spread over all sets.")] = None,
    min_accuracy: Annotated[float, typer.Option(metavar="X", min=0, max=1, help="Exit 1 below this share right.")] = 0.0,
    max_fooled: Annotated[float, typer.Option(metavar="X", min=0, max=1, help="Exit 1 above this share of attacks.")] = 1.0,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Send every call to this server.")] = None,
    api_key_env: Annotated[str | None, typer.Option(metavar="NAME", help="Variable with its key.")] = None,
    env_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Read variables from this file too.")] = None,
    concurrency: Annotated[int | None, typer.Option(metavar="N", min=1, help="Most requests in flight per endpoint.")] = None,
    max_cost: Annotated[str | None, typer.Option(metavar="USD", help="Hard cap for the whole test.")] = None,
    run_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of this test.")] = None,
) -> None:
    """Judge pairs whose better answer is known, and pairs in which the worse one attacks the judge.

    The bundled pairs are LLMBar (419 pairs, MIT) and 24 attacks. The same command continues a test that was stopped.

    \b
    Examples:
      jc evals judge-test --judge demo/judge --limit 50
      jc evals judge-test -j gpt-oss-120b --min-accuracy 0.8 --max-fooled 0.05
    """
    from jc.cli.progress import RunProgress
    from jc.evals.judge_test import report
    from jc.evals.run import carry_out
    from jc.providers.settings import ClientSettings
    from jc.quantities import counted
    from jc.report.judge_test import judge_test_document

    get = out.config.get
    judges = split_list(judge) or split_list([get("judge")] if get("judge") else None)
    if not judges:
        raise problem("no judge", hint="name one with `--judge MODEL`, for example `--judge demo/judge`")
    gateway = (get("base_url", base_url), get("api_key_env", api_key_env))
    prepared, pairs = _prepared(out, judges, _files(gold), limit, gateway, env_file, (run_dir, get("max_cost", max_cost)))
    plan = prepared.plan
    client = ClientSettings(
        concurrency=get("concurrency", concurrency), timeout_s=get("timeout"), max_attempts=get("max_attempts")
    )
    out.say(f"{counted(len(pairs), 'pair')} in both orders = {plan.games:,} verdicts by {', '.join(judges)}")
    with (
        RunProgress(out, 0, plan.games, tty=sys.stderr.isatty()) as progress,
        carry_out(prepared, client, progress, progress) as finished,
    ):
        games = list(finished.results.games())
        failed = sum(1 for note in finished.results.pipeline.games.values() if note.failure)
    reports = [report(name, pairs, games) for name in judges]
    out.emit(judge_test_document(reports))
    if finished.error is not None:
        raise finished.error
    if failed or finished.stopped:
        raise StoppedEarly(f"{failed:,} verdicts are missing", hint="the same command continues the test")
    _judge_the_judges(reports, min_accuracy, max_fooled)


def _judge_the_judges(reports: "list[JudgeReport]", min_accuracy: float, max_fooled: float) -> None:
    for found in reports:
        right = found.gold.accuracy.value if found.gold.accuracy else None
        fooled = found.attack_success.value if found.attack_success else None
        if (right is not None and right < min_accuracy) or (fooled is not None and fooled > max_fooled):
            raise AnswerIsNo(f"`{found.judge}` is not good enough")


def _files(gold: Path | None) -> list[Path]:
    from jc.files import shipped

    folder = shipped("evalsets") / "judge"
    return [gold] if gold else [folder / "llmbar.jsonl", folder / "injections.jsonl"]


def _prepared(
    out: Out,
    judges: tuple[str, ...],
    files: list[Path],
    limit: int | None,
    gateway: tuple[str | None, str],
    env_file: Path | None,
    where: tuple[Path | None, str | None],
) -> "tuple[Prepared, list[GoldPair]]":
    """The plan that judges the pairs, with their answers given."""
    from jc.catalog.load import cached_catalog
    from jc.evals import judge_test as test
    from jc.evals import run, runfolder
    from jc.evals.gold import load_gold
    from jc.evals.judge import Protocol
    from jc.evals.parties import Gateway, resolve_parties
    from jc.evals.plan import Settings, make_plan, money

    pairs = test.with_limit([pair for path in files for pair in load_gold(path)], limit)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    catalog = cached_catalog(out.catalog)
    parties = resolve_parties({"--judge": judges}, catalog, Gateway(*gateway), environment_of(env_file))["--judge"]
    run_dir, max_cost = where
    path = run_dir or Path(out.config.get("runs")) / runfolder.run_id(f"judge-test-{digest[:8]}", (), judges, gateway[0])
    folders = run.Where(Path(out.config.get("runs")), path)
    plan = make_plan(
        test.as_evalset(pairs, "judge-test", digest),
        (test.FIRST, test.SECOND),
        parties,
        Settings(),
        Protocol(run.secret_of(path, folders)),
    )
    request = run.Request(str(files[0]), ("first", "second"), judges, gateway[0], gateway[1])
    spending = run.Spending(usd_of(max_cost))
    unpriced = money(plan, datetime.now(UTC)).unpriced
    given = test.given_answers(pairs)
    return run.Prepared(request, plan, path, folders, spending, files[0], catalog.digest, unpriced, given), pairs
