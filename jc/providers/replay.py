"""Answers on file: `--record` appends each reply under the key of its call, `--replay` answers from them with no network."""

from pathlib import Path
from types import TracebackType
from typing import Self

from jc.providers.call import Call, Reply


class Recorder:
    """Appends one JSON line per finished call to a file; IoFailure when it cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def record(self, call: Call, reply: Reply) -> None:
        """Keep the reply; error replies are not kept."""
        raise NotImplementedError


class Replayer:
    """Answers from a file that `Recorder` wrote; InputError with all bad lines when it is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, call: Call) -> Reply | None:
        """The recorded reply; None, and counted in `missing`, when there is none."""
        raise NotImplementedError

    @property
    def missing(self) -> int:
        """How many calls were asked for and are not in the file."""
        raise NotImplementedError
