"""Many runs of `jc` in a short time: a program that has imported everything forks a fresh process for each command line.

`python -m tests.soak.forks` reads one JSON object a line and answers with one; `Forks` is the other end. A command may be told
to die: by SIGKILL just before its n-th call that writes, syncs, renames or makes a file. No code of ours is touched for that:
the interpreter's own profiling hook sees every call into `os` and into file objects.
"""

import contextlib
import gc
import json
import os
import pkgutil
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent
_OS = frozenset({
    "write", "pwrite", "fsync", "fdatasync", "rename", "replace", "ftruncate", "truncate", "mkdir", "unlink", "remove", "chmod",
    "open",
})  # fmt: skip
_FILE = frozenset({"write", "writelines", "flush", "truncate", "close"})


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended: its exit code (negative: the signal), both streams, how many calls touched files, what network it
    reached for, its time, the peak of its memory with what it shares with the program, and the names of the calls that touched
    files."""

    code: int
    out: str
    err: str
    touched: int
    network: tuple[str, ...]
    seconds: float
    peak_mib: float
    calls: tuple[str, ...]


class Forks:
    """The program, for the time of a `with` block."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.soak.forks"]
        self._program = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.close()
        self._program.wait(30)
        self._program.stdout.close()

    def run(self, place: Path, arguments: Sequence[str], environment: Mapping[str, str], **how: Any) -> Done:
        """One command in a folder with exactly this environment.

        `die_at` its n-th file call, `most_bytes` a file may have, `user` to run as when this is root, `timeout` in seconds.
        """
        asked = {"place": str(place), "arguments": list(arguments), "environment": dict(environment), **how}
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(asked) + "\n")
        self._program.stdin.flush()
        answer = json.loads(self._program.stdout.readline())
        return Done(**{**answer, "network": tuple(answer["network"]), "calls": tuple(answer["calls"])})


def environment(place: Path, **more: str) -> dict[str, str]:
    """A small environment with a cache of its own."""
    small = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "100", "HOME": str(place)}
    return {**small, "XDG_CACHE_HOME": str(place / ".cache"), "XDG_CONFIG_HOME": str(place / ".config"), **more}


class _Watch:
    """What the hooks of a child see; kept in a small file that outlives a SIGKILL."""

    def __init__(self, note: Path, die_at: int) -> None:
        self._note = os.open(note, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._die_at = die_at
        self._inside = threading.local()
        self.touched = 0
        self.names: list[str] = []

    def profile(self, _frame: FrameType, event: str, call: Any) -> None:
        """The profiling hook: counts calls that touch files, and dies when it is time."""
        if event != "c_call" or not _touches(call):
            return
        self.touched += 1
        self.names.append(call.__name__)
        if self.touched == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, details: tuple[Any, ...]) -> None:
        """The audit hook: names what reaches for the network."""
        if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
            os.write(self._note, f"{event} {details[1:] if event == 'socket.connect' else details[:2]}\n".encode())

    def end(self) -> None:
        """Write down how many calls there were."""
        os.write(self._note, f"touched {self.touched}\ncalls {' '.join(self.names)}\n".encode())


def _touches(call: Any) -> bool:
    name = getattr(call, "__name__", "")
    owner = getattr(call, "__self__", None)
    if getattr(owner, "__name__", "") == "posix":
        return name in _OS
    return name in _FILE and type(owner).__module__ == "_io" and owner not in {sys.stdout, sys.stderr, sys.stdin}


def _child(asked: Mapping[str, Any], files: Path) -> None:
    """Become the command; never returns."""
    for number, name in enumerate(("in", "out", "err")):
        source = os.open(files / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(source, number)
    sys.stdin, sys.stdout, sys.stderr = (open(n, "r" if n == 0 else "w", encoding="utf-8", closefd=False) for n in range(3))  # noqa: SIM115
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["place"])
    os.umask(0o022)
    tempfile.tempdir = None
    sys.argv = ["jc", *asked["arguments"]]
    if asked.get("most_bytes") is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most_bytes"], asked["most_bytes"]))
    watch = _Watch(files / "note", asked.get("die_at", 0))
    if asked.get("user") is not None and os.getuid() == 0:
        os.setgroups([])
        os.setgid(asked["user"])
        os.setuid(asked["user"])
    sys.addaudithook(watch.audit)
    code = 70
    from jc.cli.main import main

    if "die_at" in asked:
        sys.setprofile(watch.profile)
        threading.setprofile(watch.profile)
    try:
        main()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    except BaseException as error:
        sys.stderr.write(f"Traceback: {error!r}\n")
        code = 1
    finally:
        sys.setprofile(None)
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
            watch.end()
        os._exit(code)


def _answer(asked: Mapping[str, Any], files: Path) -> dict[str, Any]:
    for name in ("out", "err", "note"):
        (files / name).unlink(missing_ok=True)
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(asked, files)
    limit = began + asked.get("timeout", 60)
    while True:
        ended, status, used = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > limit:
            os.kill(child, signal.SIGKILL)
            _, status, used = os.wait4(child, 0)
            break
        time.sleep(0.002)
    notes = (files / "note").read_text("utf-8").splitlines() if (files / "note").exists() else []
    touched = [int(line.split()[1]) for line in notes if line.startswith("touched ")]
    texts = {name: (files / name).read_text("utf-8", "replace") if (files / name).exists() else "" for name in ("out", "err")}
    return {
        "code": os.waitstatus_to_exitcode(status), **texts, "touched": touched[0] if touched else 0,
        "network": [line for line in notes if line.startswith("socket.")], "seconds": time.monotonic() - began,
        "peak_mib": used.ru_maxrss / 1024,
        "calls": [name for line in notes if line.startswith("calls ") for name in line.split()[1:]],
    }  # fmt: skip


def _preload() -> None:
    """Import all that commands import late, so that a fork has it."""
    import jc

    for module in pkgutil.walk_packages(jc.__path__, "jc."):
        if module.name != "jc.__main__" and not module.name.startswith("jc.data"):
            with contextlib.suppress(ImportError):
                __import__(module.name)
    for name in (
        "pandas",
        "scipy.stats",
        "duckdb",
        "yaml",
        "jsonschema",
        "rich.live",
        "asyncio",
        "httptools",
        "encodings.utf_8_sig",
        "encodings.idna",
    ):
        __import__(name)


def serve() -> None:
    """Answer until the standard input ends."""
    source, answers = os.dup(0), os.dup(1)
    _preload()
    gc.collect()
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder, open(source, encoding="utf-8") as lines:  # noqa: PTH123  a descriptor
        for line in lines:
            answer = json.dumps(_answer(json.loads(line), Path(folder)))
            os.write(answers, answer.encode("ascii") + b"\n")
    os._exit(0)  # the libraries' own leavings would be told on the terminal


if __name__ == "__main__":
    serve()
