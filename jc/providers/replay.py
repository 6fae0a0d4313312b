"""Answers on file: `--record` appends each reply under the key of its call, `--replay` answers from them with no network.

One JSON object a line: `key` (address and body), `body_key` (body alone), `model`, `address`, `reply`. A replay looks for the
exact request first, then for the same body at another address when the recording knows only one, so that answers recorded
at one base URL replay under another. Several replies to one request (epochs) come in the order in which they were recorded.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jc.errors import InputError, IoFailure, Problem, Where
from jc.providers.call import Call, Reply, body_key, call_key


class Recorder:
    """Appends one JSON line per finished call to a file; IoFailure when it cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1

    def __enter__(self) -> Self:
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            _cut_torn_tail(self._file)
        except OSError as error:
            raise IoFailure(f"cannot write `{self.path}`: {error.strerror}", hint="name another `--record` file") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._file)
        self._file = -1

    def remember(self, secret: str) -> None:
        """Keep the secret that the run's nonces come from: without it a replay would ask the judge other questions."""
        if not os.fstat(self._file).st_size:
            self._write({"secret": secret})

    def record(self, call: Call, reply: Reply) -> None:
        """Keep the reply; error replies are not kept, so that a replay asks for them again."""
        if reply.status == "error":
            return
        entry = {
            "key": call_key(call),
            "body_key": body_key(call),
            "model": call.model,
            "address": call.endpoint.address,
            "reply": reply.to_json(),
        }
        self._write(entry)

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise IoFailure(f"cannot write `{self.path}`: {error.strerror}", hint="free some space, then run again") from error
        if written < len(line):
            raise IoFailure(f"cannot write `{self.path}`: the disk is full", hint="free some space, then run again")


def _cut_torn_tail(file: int) -> None:
    """Drop a last line without its end, which a killed run leaves behind."""
    size = os.fstat(file).st_size
    end = size
    while end:
        start = max(0, end - 65536)
        at = os.pread(file, end - start, start).rfind(b"\n")
        if at >= 0:
            end = start + at + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)


def secret_on(path: Path) -> str | None:
    """The secret of the run that a recording was made in; None when the file has none."""
    try:
        with path.open("rb") as lines:
            entry = json.loads(lines.readline())
    except (OSError, ValueError, RecursionError):
        return None
    secret = entry.get("secret") if isinstance(entry, dict) else None
    return secret if isinstance(secret, str) and len(secret) % 2 == 0 and all(c in "0123456789abcdef" for c in secret) else None


class Replayer:
    """Answers from a file that `Recorder` wrote; InputError with all bad lines when it is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.missing = 0
        """How many calls were asked for and are not in the file."""
        self._replies: dict[str, list[Reply]] = {}
        self._next: dict[str, int] = {}
        self._bodies: dict[str, set[str]] = {}
        self._load()

    def find(self, call: Call) -> Reply | None:
        """The recorded reply; None, and counted in `missing`, when there is none."""
        key = call_key(call)
        if key not in self._replies:
            elsewhere = self._bodies.get(body_key(call), set())
            if len(elsewhere) != 1:
                self.missing += 1
                return None
            (key,) = elsewhere
        replies, turn = self._replies[key], self._next.get(key, 0)
        self._next[key] = turn + 1
        return replies[min(turn, len(replies) - 1)]

    def _load(self) -> None:
        problems: list[Problem] = []
        try:
            with self.path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    if line.endswith(b"\n") and line.strip():
                        self._take(line, number, problems)
        except OSError as error:
            raise InputError(f"cannot read `{self.path}`: {error.strerror}", hint="record it first with `--record`") from error
        if problems:
            raise InputError.of(problems)

    def _take(self, line: bytes, number: int, problems: list[Problem]) -> None:
        try:
            entry: Mapping[str, Any] = json.loads(line)
            if "secret" in entry and "reply" not in entry:
                return
            reply = Reply.from_json(entry["reply"])
            key, body = str(entry["key"]), str(entry["body_key"])
        except (ValueError, KeyError, TypeError, RecursionError):
            hint = "a recording is a JSONL file written by `--record`"
            problems.append(Problem("not a recorded answer", Where(str(self.path), number), hint=hint))
            return
        self._replies.setdefault(key, []).append(reply)
        self._bodies.setdefault(body, set()).add(key)
