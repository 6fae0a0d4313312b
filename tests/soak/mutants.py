"""Faults planted in a copy of the code, one at a time: does the suite catch them? `python -m tests.soak.mutants [NAME…]`.

Each fault names the tests that should notice. A fault that no test notices is printed as SURVIVED, and the program leaves with 1
when more than one in twenty survives. It works on a copy in a temporary folder; the tree that it is called from stays as it is.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = (
    "jc",
    "tests",
    "catalogs",
    "evalsets",
    "docs",
    "pyproject.toml",
    "README.md",
    "CONTRIBUTING.md",
    "Makefile",
    "CHANGELOG.md",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A planted fault: what is wrong, texts to replace in a file, and the tests that should see it."""

    name: str
    path: str
    texts: Sequence[tuple[str, str]]
    tests: str


_RUN = "tests/evals/test_run.py"
_WIRE = "tests/providers/test_client_faults.py tests/providers/test_body.py tests/providers/test_client_memory.py"
_FLUSH = """
    def _flush(self) -> None:
        for line, at in self.__dict__.pop("late", ()):
            os.pwrite(self._file, line, at)

    def sync(self)"""

FAULTS: tuple[Fault, ...] = (
    Fault("no lock", "jc/evals/runfolder.py", [("fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)", "fcntl")],
          f"tests/soak/test_files.py {_RUN}"),
    Fault("no CRC", "jc/evals/journal.py", [('line[:8] != b"%08x" % zlib.crc32(body) or ', "")],
          "tests/evals/test_journal.py tests/soak/test_damage.py"),
    Fault("buffered writes", "jc/evals/journal.py", [
        ("written = os.pwrite(self._file, line, self._end)",
         'self.__dict__.setdefault("late", []).append((line, self._end))\n            written = len(line)'),
        ("\n    def sync(self)", _FLUSH),
        ("        if self._last[0] != span:", "        self._flush()\n        if self._last[0] != span:"),
        ("        if self.dirty:\n", "        self._flush()\n        if self.dirty:\n")],
          "tests/evals/test_journal.py tests/soak/test_damage.py tests/cli/test_evals_run.py"),
    Fault("the torn tail stays", "jc/evals/journal.py", [("os.ftruncate(self._file, self._end)\n\n    def __enter__", "pass\n\n    def __enter__"),
          ("self._end = self._index()", "self._end = self._index() + self.torn")], "tests/evals/test_journal.py"),
    Fault("a short write counts", "jc/evals/journal.py", [("if written != len(line):", "if False:")],
          "tests/evals/test_journal.py tests/soak/test_files.py"),
    Fault("no sync before the rename", "jc/files.py", [("            os.fsync(out.fileno())\n", "")], "tests/soak/test_every_write.py"),
    Fault("files are written in place", "jc/files.py", [
        ("            with os.fdopen(handle, \"wb\") as out:",
         "            os.close(handle)\n            temporary = path\n            with path.open(\"wb\", buffering=0) as out:"),
        ("                out.write(raw)\n                out.flush()",
         "                out.write(raw[:100])\n                out.write(raw[100:])\n                out.flush()")],
          "tests/soak/test_every_write.py"),
    Fault("failed calls count as finished", "jc/evals/asking.py", [(' or asked.reply.status == "error"', "")],
          "tests/soak/test_outage.py"),
    Fault("finished calls are made again", "jc/evals/pipeline.py",
          [("asked = self._asker.known(call, repeat) or await self._asker.ask(", "asked = await self._asker.ask(")], _RUN),
    Fault("retry twice", "jc/providers/client.py", [(
        "result = work.last = await self._wire.attempt(work.request)",
        "result = work.last = await self._wire.attempt(work.request)\n"
        "            if result.fault is not None:\n"
        "                result = work.last = await self._wire.attempt(work.request)")], "tests/providers/test_client_faults.py"),
    Fault("one attempt too many", "jc/providers/retries.py", [("if history.attempts >= settings.max_attempts:", "if history.attempts > settings.max_attempts:")],
          "tests/providers/test_retries.py tests/providers/test_client_faults.py"),
    Fault("follow redirects", "jc/providers/exchange.py", [(
        "            if status != 200:\n",
        '            if status in {301, 302, 307, 308} and "location" in headers:\n'
        '                target = httpx.URL(headers["location"])\n'
        "                await self._exchange(Outgoing(target, request.headers, request.content), result)\n"
        "                return\n"
        "            if status != 200:\n")], "tests/providers/test_client_faults.py"),
    Fault("trust usage", "jc/providers/answer.py", [(" and 0 <= value <= _MOST_TOKENS", "")],
          "tests/providers/test_answer.py"),
    Fault("NaN in JSON", "jc/providers/answer.py", [("parse_constant=_no_constant", "parse_constant=float")],
          "tests/providers/test_answer.py tests/providers/test_client_faults.py"),
    Fault("no pause after Retry-After", "jc/providers/client.py", [("            gate.pause(fault.wait_s, reason)\n", "            pass\n")],
          "tests/providers/test_client_faults.py"),
    Fault("no deadline", "jc/providers/exchange.py", [("asyncio.timeout(self._settings.timeout_s)", "asyncio.timeout(None)")], _WIRE),
    Fault("no limit of a body", "jc/providers/body.py", [("if max(self._raw, self.taken) > self.limit:", "if False:")], _WIRE),
    Fault("no limit of a header", "jc/providers/connection.py",
          [("self._head is not None and self._head_bytes > _MOST_HEAD", "False")], _WIRE),
    Fault("probes without a pause", "jc/providers/limits.py", [("_PROBE_EVERY_S = 1.0", "_PROBE_EVERY_S = 0.05")],
          "tests/providers/test_client_faults.py tests/soak/test_outage.py"),
    Fault("the wall clock", "jc/providers/client.py", [("Callable[[], float] = time.monotonic", "Callable[[], float] = time.time")],
          "tests/soak/test_clock.py"),
    Fault("failed attempts are free", "jc/evals/purse.py", [("elif sent and ticket.usd:", "elif False:")], "tests/soak/test_money.py"),
    Fault("nothing is reserved", "jc/evals/purse.py", [("self.spent + self.reserved + bound > self.cap", "self.spent > self.cap")],
          "tests/soak/test_money.py tests/evals/test_run.py"),
    Fault("keys in messages", "jc/providers/client.py", [("return mask(message, self._secrets)", "return message")],
          "tests/soak/test_secrets.py tests/evals/test_run.py"),
    Fault("keys in answers", "jc/providers/client.py",
          [("return mask(text, (secret for secret in self._secrets if len(secret.reveal()) >= 8))", "return text")],
          "tests/soak/test_secrets.py"),
    Fault("folders for everybody", "jc/evals/runfolder.py", [("path.mkdir(mode=0o700", "path.mkdir(mode=0o755")], "tests/soak/test_secrets.py"),
    Fault("a verdict without its nonce", "jc/evals/verdict.py", [('_claims(body, f"VERDICT-{nonce}")', '_claims(re.sub(r"VERDICT-?\\w*", "VERDICT", body), "VERDICT")')],
          "tests/evals/test_verdict.py tests/evals/test_verdict_laws.py"),
    Fault("control characters are sent", "jc/sanitise.py", [('unicodedata.category(char) in {"Cc", "Cs"}', "False")],
          "tests/fuzz/test_targets.py tests/cli/test_catalog.py"),
    Fault("formulas in CSV", "jc/sanitise.py", [('f"\'{cell}" if cell[:1]', 'cell if cell[:1]')], "tests/evals/test_judges.py"),
    Fault("no escaping in HTML", "jc/report/html.py", [("autoescape=True", "autoescape=False")], "tests/report/test_html.py tests/report/test_html_laws.py"),
    Fault("the last duplicate key wins", "jc/catalog/syntax.py", [("        if text in level.lines:", "        if False:")], "tests/catalog/test_syntax.py"),
    Fault("negative tokens count", "jc/traffic/rows.py", [("        raise BadRow(Reason.NEGATIVE_TOKENS)", "        pass")],
          "tests/traffic/test_rows.py tests/traffic/test_read.py"),
    Fault("templates out of the sandbox", "jc/evals/templates.py",
          [("from jinja2.sandbox import ImmutableSandboxedEnvironment", "from jinja2 import Environment as ImmutableSandboxedEnvironment")],
          "tests/evals/test_evalset.py tests/evals/test_templates.py"),
)  # fmt: skip


def plant(copy: Path, fault: Fault) -> str:
    """Put the fault into the copy; the text that stood there. A text that is not found is a mistake of this list."""
    path = copy / fault.path
    before = text = path.read_text("utf-8")
    for old, new in fault.texts:
        assert old in text, f"{fault.name}: `{old}` is not in {fault.path}"
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return before


def caught(copy: Path, tests: str) -> str:
    """The first of the tests that fails; empty when none does."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    line = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no", *tests.split()]
    try:
        done = subprocess.run(line, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=240)
    except subprocess.TimeoutExpired:
        return "the tests do not end"
    # Without its parameters, which may hold blanks.
    failed = [word.split(" ")[1].split("[")[0] for word in done.stdout.splitlines() if word.startswith(("FAILED ", "ERROR "))]
    if done.returncode == 1:
        return failed[0] if failed else "a test"
    return "" if done.returncode == 0 else f"pytest left with {done.returncode}"


def main(names: Sequence[str]) -> int:
    """Plant every fault (or those whose name holds one of the words) and tell what happened."""
    chosen = [fault for fault in FAULTS if not names or any(name in fault.name for name in names)]
    survived = 0
    with tempfile.TemporaryDirectory(prefix="jc-mutants-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, copy / name)
        for fault in chosen:
            began = time.monotonic()
            before = plant(copy, fault)
            found = caught(copy, fault.tests)
            (copy / fault.path).write_text(before, "utf-8")
            if "::" in found and caught(copy, found):
                found = ""  # the test fails without the fault too, so it proves nothing
            survived += not found
            print(f"{found or 'SURVIVED':110s} {fault.name} ({time.monotonic() - began:.0f} s)", flush=True)  # noqa: T201
    print(f"{len(chosen) - survived} of {len(chosen)} faults caught")  # noqa: T201
    return int(survived > len(chosen) / 20)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
