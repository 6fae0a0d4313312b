"""`jc traffic`: look at a log, read other tools' logs, shrink one to a mergeable cube, make one."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jc.cli.amounts import moment
from jc.cli.options import command, new_app
from jc.cli.output import Out, problem
from jc.cli.simulate import check_bad, named_tables, open_catalog, stop_if_truncated, tell_counts
from jc.errors import InputError

if TYPE_CHECKING:
    from jc.traffic.read import ReadOptions

app = new_app(
    """Look at a traffic log, read other tools' logs, shrink one to a mergeable cube, make one.

\b
Examples:
  jc traffic profile traffic.jsonl             who asks what, how long, when, and what is sent again
  jc traffic convert litellm spend.jsonl -o traffic.jsonl
  jc traffic cube traffic.jsonl -o traffic.cube
  jc traffic synth scenario.yaml -o traffic.jsonl
"""
)

LogFormat = Annotated[str | None, typer.Option("--from", metavar="NAME", help="Format of the log, if not detected.")]
Rejects = Annotated[Path | None, typer.Option("--rejects", metavar="FILE", help="Write bad rows with line and reason.")]
MaxBad = Annotated[str | None, typer.Option("--max-bad", metavar="SHARE", help="Exit 2 when more rows than this are bad, as 1%.")]
At = Annotated[str | None, typer.Option("--at", metavar="DATE", help="Where relative times begin. [default: today]")]
Target = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE; - is stdout.")]


def add_to(root: typer.Typer) -> None:
    """Hang the commands under the root."""
    root.add_typer(app, name="traffic", short_help="Look at, convert, shrink or make a traffic log.")


def reading(at: str | None, log_format: str | None, rejects: Path | None) -> "ReadOptions":
    """How a log of the command line is read."""
    from jc.traffic.read import ReadOptions

    begins = moment("--at", at) or datetime.now(UTC)
    start = datetime.combine(begins.date(), time(), UTC)
    return ReadOptions(log_format, int(start.timestamp()) * 1_000_000, rejects, sys.stdin.buffer)


@command(app, "profile")
def profile(
    out: Out,
    log: Annotated[str, typer.Argument(metavar="LOG", help="File, folder, glob, - or URL.")],
    log_format: LogFormat = None,
    at: At = None,
    rejects: Rejects = None,
    max_bad: MaxBad = None,
) -> None:
    """Show what is in a log: classes, models, keys, hours, token sizes, cache, tools, what is sent again, bad rows.

    \b
    Examples:
      jc traffic profile traffic.jsonl
      jc traffic profile logs/ --rejects bad.jsonl
      zcat traffic.gz | jc traffic profile - --format json
    """
    from jc.report.traffic import profile_document
    from jc.traffic.profile import profile as profiled
    from jc.traffic.read import open_log

    with open_log(log, reading(at, log_format, rejects)) as opened:
        found = profiled(opened)
        for note in opened.notes:
            out.say(note)
        tell_counts(out, opened.counts)
        check_bad(opened.counts.total, opened.counts.rejected, max_bad)
        out.emit(profile_document(log, found))
        stop_if_truncated(opened.truncated)


@command(app, "convert")
def convert(
    out: Out,
    source: Annotated[str, typer.Argument(metavar="FROM", help="Format of the log: litellm, azure, …; auto detects it.")],
    log: Annotated[str, typer.Argument(metavar="FILE", help="File, folder, glob, - or URL.")],
    output: Target = None,
    at: At = None,
    rejects: Rejects = None,
    max_bad: MaxBad = None,
) -> None:
    """Write any log as canonical JSON lines.

    Formats: litellm, helicone, langfuse, openrouter, otel-genai, azure, burstgpt, mooncake, sharegpt, vllm, vidur, agent,
    canonical. Where a tool's input tokens exclude cached ones they are added: canonical input tokens include them.

    \b
    Examples:
      jc traffic convert litellm spend.jsonl -o traffic.jsonl
      jc traffic convert auto trace.csv.gz | head
    """
    from jc.traffic.careful import Tally
    from jc.traffic.convert import Cut, converted, detected
    from jc.traffic.formats.known import FORMATS
    from jc.traffic.read import Counts, rejects_file
    from jc.traffic.sources import located

    if source != "auto" and source not in FORMATS:
        raise problem(f"no format `{source}`", hint=f"formats: auto, {', '.join(FORMATS)}")
    check_lines(out, output)
    options = reading(at, None, rejects)
    truncated: tuple[str, ...] = ()
    written = 0

    def lines() -> Iterable[str]:
        nonlocal written, truncated
        try:
            for line in converted(sources, None if source == "auto" else source, options.start_us, tally):
                written += 1
                yield line
        except Cut:
            truncated = (log,)

    with located(log, options.stdin) as sources, rejects_file(rejects) as to:
        tally = Tally(rejects=to)
        if source == "auto":
            for line in detected(sources):
                out.say(line)
        write_lines(output, lines())
    counts = Counts(written + sum(tally.rejected.values()), written, tally.rejected, tally.skipped)
    tell_counts(out, counts)
    if not written:
        raise InputError(f"`{log}` holds no requests", hint="see why with --rejects FILE")
    check_bad(counts.total, counts.rejected, max_bad)
    stop_if_truncated(truncated)


def check_lines(out: Out, output: str | None) -> None:
    """Refuse a format or a suffix of anything but JSON lines, which is what these commands write."""
    if out.format not in {"table", "jsonl"}:
        raise problem(f"no format `{out.format}` here: a log is written as JSON lines", hint="formats: jsonl")
    suffix = Path(output or "-").suffix.lower()
    if suffix not in {"", ".jsonl", ".ndjson", ".json", ".log"}:
        raise problem(f"`--output {output}`: a log is written as JSON lines, and `{suffix}` is none", hint="name it FILE.jsonl")


def write_lines(output: str | None, lines: Iterable[str]) -> None:
    """Lines to stdout or, as one step, to a file."""
    if output in {None, "-"}:
        for line in lines:
            sys.stdout.write(line)
        sys.stdout.flush()
        return
    from jc.files import check_writable

    target = Path(str(output))
    check_writable(target)
    beside = target.with_name(f".{target.name}.part")
    try:
        with beside.open("w", encoding="utf-8", errors="surrogatepass") as stream:
            stream.writelines(lines)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@command(app, "cube")
def cube(
    out: Out,
    log: Annotated[str, typer.Argument(metavar="LOG", help="File, folder, glob, - or URL; or several .cube files as a glob.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The cube to write.")],
    routes: Annotated[
        list[str] | None,
        typer.Option("--routes", "-r", metavar="TABLE", help="Tables that it will be asked about. [default: the shipped ones]"),
    ] = None,
    log_format: LogFormat = None,
    at: At = None,
    mix: Annotated[str | None, typer.Option(metavar="SHARES", help="Class mix of a log without classes: simple=0.6,…")] = None,
    rejects: Rejects = None,
    max_bad: MaxBad = None,
) -> None:
    """Shrink a log to a cube: integer sums that price exactly, merge by adding, and hold no prompts and no keys.

    A cube answers `jc simulate` and `jc catalog diff --traffic` without the log, a day being its smallest span of time.

    \b
    Examples:
      jc traffic cube traffic.jsonl -o traffic.cube
      jc traffic cube 'october/*.cube' -o october.cube
    """
    from jc.cli.amounts import shares
    from jc.quantities import counted
    from jc.simulate.cubes import cube_of_log, merged_files
    from jc.simulate.told import mix_said
    from jc.traffic.cubefile import save
    from jc.traffic.read import open_log

    files = merged_files(log)
    if files is not None:
        made, about = files
        save(made, output, about)
        out.say(f"{counted(made.total('n'), 'request')} in {counted(len(made.keys), 'group')}, {output.stat().st_size:,} bytes")
        return
    tables, _ = named_tables(open_catalog(out), routes)
    with open_log(log, reading(at, log_format, rejects)) as opened:
        made = cube_of_log(opened, open_catalog(out), [table for _, table in tables], shares("--mix", mix))
        counts = opened.counts
        for note in opened.notes:
            out.say(note)
        if made.grid.mix:
            out.say(mix_said(made.grid.mix, "the log has no classes"))
        tell_counts(out, counts)
        check_bad(counts.total, counts.rejected, max_bad)
        reasons = {reason.value: count for reason, count in sorted(counts.by_reason.items())}
        save(made, output, {"total": counts.total, "by_reason": reasons, "format": opened.format})
        out.say(f"{counted(made.total('n'), 'request')} in {counted(len(made.keys), 'group')}, {output.stat().st_size:,} bytes")
        stop_if_truncated(opened.truncated)


@command(app, "synth")
def synth(
    out: Out,
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario in YAML.")],
    output: Target = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Another seed than the scenario's.")] = None,
) -> None:
    """Make a log from a scenario: class mix, token sizes, arrivals, keys, agents that send their context again and again.

    \b
    Examples:
      jc traffic synth docs/scenarios/support-day.yaml -o traffic.jsonl
      jc traffic synth docs/scenarios/agent-task.yaml | jc simulate -
    """
    import json

    from jc.quantities import counted
    from jc.traffic.scenario import read_scenario
    from jc.traffic.synth import synthesised

    check_lines(out, output)
    made = read_scenario(scenario)
    rows = synthesised(made, seed)
    write_lines(output, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    tokens = sum(row["input_tokens"] for row in rows), sum(row["output_tokens"] for row in rows)
    out.say(f"{made.name}: {counted(len(rows), 'request')}, {tokens[0]:,} input and {tokens[1]:,} output tokens")
