"""One error class per outcome; each carries its exit code, so that no caller has to know the table.

JcError
 ├── AnswerIsNo     1   the command ran and the answer is no: findings, a failed gate, a difference
 ├── InputError     2   wrong usage, configuration or input file; may carry many problems of one pass
 ├── StoppedEarly   3   stopped by providers, budget or limits; what is finished is saved and the same command resumes
 ├── IoFailure     74   disk full, read-only, unreadable
 └── Locked        75   another process works in this run folder

70 is a bug in `jc` (anything that is not a `JcError`), 130 and 143 are interruptions; only `cli/main.py` turns errors into codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file; line and column count from 1, 0 means that the whole file is meant."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: what, where, the quoted text with carets, and one hint."""

    message: str
    where: Where | None = None
    quoted: str = ""
    caret_start: int = 0
    caret_length: int = 0
    hint: str = ""

    def lines(self) -> list[str]:
        """The problem as lines of plain text; the caret line stands under the quoted one."""
        head = f"{self.where}: {self.message}" if self.where else self.message
        out = [head]
        if self.quoted:
            out.append(f"  {self.quoted}")
            if self.caret_length:
                out.append("  " + " " * self.caret_start + "^" * self.caret_length)
        return out


class JcError(Exception):
    """The base of every error that a user can cause or meet; `message` is for people, `hint` is the next step."""

    exit_code: ClassVar[int] = 70
    meaning: ClassVar[str] = "a bug in `jc`; the log file is named"

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)


class AnswerIsNo(JcError):  # noqa: N818  the outcome is an answer, not an error
    """The command did its work and the answer is no; the message may be empty when the output says it all."""

    exit_code = 1
    meaning = "the answer is no: findings, a failed gate, a difference"


class InputError(JcError):
    """Wrong usage, configuration or input; `problems` holds everything that one pass found."""

    exit_code = 2
    meaning = "wrong usage, configuration or input file"

    @classmethod
    def of(cls, problems: Sequence[Problem], what: str = "") -> "InputError":
        """One error for all problems of a pass; a single problem speaks for itself."""
        hint = next((problem.hint for problem in problems if problem.hint), "")
        return cls(what, hint=hint, problems=problems)


class StoppedEarly(JcError):  # noqa: N818  an outcome with a way on
    """Providers, budget or limits ended the work early; what is finished is saved."""

    exit_code = 3
    meaning = "stopped early by providers, budget or limits: what is finished is saved and the same command resumes"


class IoFailure(JcError):  # noqa: N818  named after EX_IOERR of sysexits.h
    """The disk is full, read-only or unreadable."""

    exit_code = 74
    meaning = "input/output error: disk full, read-only, unreadable"


class Locked(JcError):  # noqa: N818  a state of the world
    """Another live process holds this run folder."""

    exit_code = 75
    meaning = "another process works in this run folder"
