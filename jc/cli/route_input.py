"""`jc route --input`: a file decided line by line, as JSON lines, CSV rows or one JSON document."""

import csv
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import jc
from jc.cli.output import SUFFIXES, problem
from jc.cli.route_setup import Setup
from jc.errors import InputError, IoFailure, Problem

_SHOWN = 20
_MANY = "jc.decisions/1"


class Sink:
    """Takes decisions as JSON lines and writes them in one format."""

    def __init__(self, file: TextIO, fmt: str) -> None:
        self.file, self.write = file, self._writer(file, fmt)
        self._count = 0
        self._ends = fmt == "json"

    def _writer(self, file: TextIO, fmt: str) -> Callable[[str], Any]:
        if fmt == "csv":
            return self._csv
        if fmt == "json":
            head = json.dumps({"schema": _MANY, "jc_version": jc.__version__})
            file.write(f'{head[:-1]}, "decisions": [')
            return self._item
        return file.write

    def _csv(self, line: str) -> None:
        from jc.report.decision import flat

        row = flat(json.loads(line))
        writer = csv.writer(self.file, lineterminator="\n")
        if not self._count:
            writer.writerow(row)
        writer.writerow(row.values())
        self._count += 1

    def _item(self, line: str) -> None:
        self.file.write(f"{',' if self._count else ''}\n{line.rstrip()}")
        self._count += 1

    def end(self) -> None:
        """Close what the format opened."""
        if self._ends:
            self.file.write("\n]}\n")


def batch(setup: Setup, name: str) -> None:
    """Decide a file line by line; bad lines are named at the end, the good ones are decided."""
    from jc.routing.batch import Batch, read_lines

    formats = _formats(setup)
    out, router = setup.out, setup.router()
    if router.prepared.table.classifier != "local":
        raise problem("a model as classifier takes one prompt at a time", hint="add `--classifier local`, or leave --input out")
    deciding = Batch(router, setup.flags, setup.classifier(), setup.health())
    problems: list[Problem] = []
    count = 0
    with ExitStack() as stack:
        source: Iterable[bytes] = sys.stdin.buffer if name == "-" else stack.enter_context(_opened(Path(name)))
        sinks = _sinks(setup, formats, stack)
        for number, incoming in read_lines(source, name, problems):
            text = deciding.line(incoming, number, name, problems)
            if text:
                count += 1
                for sink in sinks:
                    sink.write(text)
        for sink in sinks:
            sink.end()
    said = f"{len(problems):,} line{'' if len(problems) == 1 else 's'} of `{name}` could not be decided"
    out.say(f"{count:,} decided")
    if problems:
        wrong = InputError.of(problems[:_SHOWN], said)
        if not count and not wrong.hint:
            wrong.hint = 'JSON lines, one request a line: {"prompt": "…"}'
        raise wrong


def _formats(setup: Setup) -> list[str]:
    """The format of each output: by suffix, or as asked; a table of a million rows is none."""
    wanted = [SUFFIXES[path.suffix.lower()] for path in setup.out.files] or [setup.out.format]
    for fmt in wanted:
        if fmt not in {"table", "json", "jsonl", "csv"}:
            raise problem(f"no format `{fmt}` for many decisions", hint="jsonl (the default), csv or json")
    return wanted


def _sinks(setup: Setup, formats: list[str], stack: ExitStack) -> list[Sink]:
    from jc.files import replacing

    files = [stack.enter_context(replacing(path)) for path in setup.out.files] or [sys.stdout]
    return [Sink(file, fmt) for file, fmt in zip(files, formats, strict=True)]


def _opened(path: Path) -> Any:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"there is no file `{path}`", hint="name a file of JSON lines, or `-` for stdin") from error
    except OSError as error:
        raise IoFailure(f"cannot read `{path}`: {error.strerror}") from error
