"""A key in use is in no file and on no stream, whatever the server, the answers and the options do."""

import io
import os
import tempfile
from contextlib import redirect_stderr
from pathlib import Path

from jc.cli.main import _bug
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Script
from tests.soak.forks import Done, Forks, environment
from tests.soak.runs import JUDGED, KEY, command, write_set

OTHER = "sk-other-9876543210fedcba"


def echoing(key: str) -> Script:
    """A server that repeats the key that it was sent: in answers, in headers, in errors that pass and in one that stays."""
    words = f"Here is what you sent me: {key} and Bearer {key}, x-api-key={key}"
    passing = Fault("status", 1.0, 1, status=429, retry_after=0.05, message=words)
    lasting = Fault("status", contains="Question 2?", status=400, message=words)
    return Script(
        answers={"Question 1?": words, **JUDGED.answers}, headers=(("x-echo", key), ("x-ratelimit-reset", key)),
        faults=(passing, lasting),
    )  # fmt: skip


def scanned(place: Path, ends: list[Done], *keys: str) -> list[str]:
    """Where a key is found: files below the folder, and both streams of every command."""
    found = [
        f"{path.relative_to(place)}: {key}"
        for path in place.rglob("*")
        if path.is_file() and path.name != "keys.env"
        for key in keys
        if key.encode() in path.read_bytes()
    ]
    return found + [f"streams of command {n}: {key}" for n, done in enumerate(ends) for key in keys if key in done.out + done.err]


def test_no_file_and_no_stream_holds_a_key(tmp_path: Path, forks: Forks) -> None:
    """Errors, answers and headers that echo the key; HTML, CSV, JSON, recording, `--verbose`, `--env-file`, reports, resumes."""
    write_set(tmp_path, 3)
    (tmp_path / "keys.env").write_text(f"MY_KEY={OTHER}\n", "utf-8")
    small = environment(tmp_path, JC_API_KEY=KEY, OPENAI_API_KEY=OTHER, TMPDIR=str(tmp_path))
    pages = [word for suffix in ("html", "md", "json", "jsonl", "xml") for word in ("-o", f"page.{suffix}")]
    with FakeProvider(echoing(KEY)) as server:
        line = [word for word in command(server.url, "--verbose", "--record", "tape.jsonl", *pages) if word != "--quiet"]
        ends = [forks.run(tmp_path, line, small)]
        ends.append(forks.run(tmp_path, ["evals", "resume", "run", "-v"], small))
        ends += [forks.run(tmp_path, ["evals", what, "run", "-v"], small) for what in ("show", "report")]
        ends.append(forks.run(tmp_path, ["route", "hi", "--send", "--base-url", server.url, "--log", "audit.jsonl", "-v"], small))
        server.use(echoing(OTHER))
        ends.append(forks.run(tmp_path, [*line, "--run-dir", "two", "--api-key-env", "MY_KEY", "--env-file", "keys.env"], small))
        used = {request.key for request in server.requests}

    assert {KEY, OTHER} <= used
    assert [done.code for done in ends[:2]] == [3, 3], ends[0].err
    assert (tmp_path / "page.html").exists()
    assert (tmp_path / "tape.jsonl").exists()
    assert scanned(tmp_path, ends, KEY, OTHER) == []


def test_modes_keep_others_out(tmp_path: Path, forks: Forks) -> None:
    """Run folders are 0700, their files and recordings 0600, whatever the umask."""
    write_set(tmp_path, 2)
    with FakeProvider(JUDGED) as server:
        line = command(server.url, "--record", "tape.jsonl", "--controls", "2")
        done = forks.run(tmp_path, line, environment(tmp_path, JC_API_KEY=KEY))
    run = tmp_path / "run"

    assert done.code == 0, done.err
    assert run.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in run.iterdir()} == {0o600}
    assert (tmp_path / "tape.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_crash_file_is_private_and_holds_no_key() -> None:
    """What goes wrong inside may quote anything; values of variables that are named like keys are taken out of it."""
    os.environ["SOME_API_KEY"] = KEY
    told = io.StringIO()
    with redirect_stderr(told):
        code = _bug(ValueError(f"unexpected header: Bearer {KEY}"))
    del os.environ["SOME_API_KEY"]
    path = Path(told.getvalue().split("`")[-2])
    text, mode = path.read_text("utf-8"), path.stat().st_mode & 0o777
    path.unlink()

    assert code == 70
    assert path.parent == Path(tempfile.gettempdir())
    assert "unexpected header" in text
    assert KEY not in text + told.getvalue()
    assert mode == 0o600
