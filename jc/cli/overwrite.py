"""No output of a command may be a file that it reads, or the file of another of its outputs: asked before anything is written."""

import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from inspect import Parameter
from pathlib import Path
from typing import Any

from jc.errors import InputError, Problem

OUTPUTS = {"output": "--output", "report": "--report", "rejects": "--rejects", "fit_output": "--fit-output", "log": "--log"}
"""The parameters that name a file to write, with their flags. An argument is an input, however it is called."""
_IN_PLACE = "write"
"""`--write TABLE` changes a file on purpose."""
_LOGS = ("traffic", "log")
"""The parameters that may also be a folder or a pattern."""

Node = tuple[int, int]
"""Device and inode: one file, by whatever path."""


def refuse_overwriting(parameters: Sequence[Parameter], values: Mapping[str, Any], files: Sequence[Path]) -> None:
    """InputError with every output that is an input of the call, or another output; links and other paths do not hide it.

    `files` are those of the shared `--output`; `parameters` and `values` are what the command has of its own.
    """
    arguments = {one.name for one in parameters if _is_argument(one)}
    written = [("--output", path) for path in files]
    for name, flag in OUTPUTS.items():
        value = values.get(name)
        if value is not None and name not in arguments and str(value) != "-":
            written.append((flag, Path(value)))
    problems = [*_doubled(written), *_read_too(written, arguments, values)]
    if problems:
        raise InputError.of(problems)


def _is_argument(parameter: Parameter) -> bool:
    return any(type(one).__name__ == "ArgumentInfo" for one in getattr(parameter.annotation, "__metadata__", ()))


def _doubled(written: Sequence[tuple[str, Path]]) -> Iterator[Problem]:
    """Two flags that name one file; the same flag twice is no loss."""
    seen: dict[object, str] = {}
    for flag, path in written:
        with suppress(OSError, ValueError, RuntimeError):
            special = path.exists() and not path.is_file()
            first = seen.setdefault(_node(path) or path.resolve(), flag)
            if first != flag and not special:
                yield Problem(f"`{first}` and `{flag} {path}` are one file", hint="give each a file of its own")


def _read_too(written: Sequence[tuple[str, Path]], arguments: set[str], values: Mapping[str, Any]) -> Iterator[Problem]:
    """The outputs that are read by the same call; what the shell has opened for standard output counts too."""
    targets = {node: f"{flag} {path}" for flag, path in written if (node := _node(path)) is not None}
    with suppress(OSError, ValueError):
        here = _regular(os.fstat(sys.stdout.fileno()))
        if here is not None:
            targets.setdefault(here, "")
    if not targets:
        return
    for name, value in values.items():
        if name == _IN_PLACE or (name in OUTPUTS and name not in arguments):
            continue
        for one in value if isinstance(value, (list, tuple)) else (value,):
            spreads = name in _LOGS and (name in arguments or name == "traffic")
            yield from _hits(str(one), spreads, targets) if isinstance(one, (str, Path)) else ()


def _hits(spec: str, spreads: bool, targets: Mapping[Node, str]) -> Iterator[Problem]:
    found = [(spec, _input_node(spec))]
    if spreads and found[0][1] is None and spec != "-":
        found = [(str(path), _node(path)) for path in _members(spec)]
    for name, node in found:
        if node is not None and node in targets:
            what = f"`{targets[node]}`" if targets[node] else "standard output"
            whole = "" if name == spec else f", one of the files of `{spec}`"
            read = "standard input" if name == "-" else f"`{name}`{whole}"
            yield Problem(f"{what} would overwrite {read}, which this command reads", hint="name another file to write")


def _members(spec: str) -> list[Path]:
    from jc.traffic.sources import local_files

    try:
        return local_files(spec)
    except InputError:  # the command says it better
        return []


def _input_node(spec: str) -> Node | None:
    if spec == "-":
        with suppress(OSError, ValueError, AttributeError):
            return _regular(os.fstat(sys.stdin.fileno()))
        return None
    return _node(Path(spec.removeprefix("file://")))


def _node(path: Path) -> Node | None:
    with suppress(OSError, ValueError):
        return _regular(path.stat())
    return None


def _regular(found: os.stat_result) -> Node | None:
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
