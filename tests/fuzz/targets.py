"""One function per reader: it takes any bytes and returns, or something is wrong with the reader.

A reader may refuse with its documented error and nothing else; what must hold of an accepted input is asserted.
"""

import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from jc.catalog.assemble import assemble
from jc.catalog.documents import documents
from jc.errors import InputError
from jc.evals.evalset import load_evalset
from jc.evals.journal import Journal
from jc.evals.verdict import read_rating, read_verdict
from jc.providers.answer import ErrorInAnswer, parse_completion
from jc.providers.body import BodyError
from jc.providers.headers import requests_left, reset_s, retry_after_s
from jc.report.table import Column, Table
from jc.sanitise import plain
from jc.traffic.lines import decode
from jc.traffic.rows import BadRow, canonical

NONCE = "k3v9"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def catalog(data: bytes) -> None:
    """A file of a catalog: flaws with positions inside the file, never an exception."""
    for name in ("catalog.yaml", "offers/acme.yaml", "routes/a.yaml"):
        read = documents("c", [(name, data)])
        assembled = assemble(read)
        lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xe2\x80") + data.count(b"\xc2\x85") + 2
        assert all(0 <= item.flaw.line <= lines for item in assembled.flaws)


def verdict(data: bytes) -> None:
    """A judge's reply: only one that knows the nonce, or the JSON form, gives a verdict."""
    text = data.decode("utf-8", "replace")
    ruling = read_verdict(text, NONCE)
    assert not ruling.readable or f"VERDICT-{NONCE}" in text or "verdict" in text or "\\u" in text
    rated = read_rating(text, NONCE, 1, 10)
    assert rated.rating is None or 1 <= rated.rating <= 10


def log_line(data: bytes) -> None:
    """A line of a traffic log: a canonical row whose tokens are counts, or a reason."""
    with suppress(BadRow):
        row = canonical(decode(data), timed=True)
        assert isinstance(row["input_tokens"], int)
        assert 0 <= row["input_tokens"] <= 10**12
        assert row.get("cached_input_tokens", 0) >= 0


def evalset(data: bytes) -> None:
    """An evalset: cases with distinct ids, or an error that names the file."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(data)
        file.flush()
        with suppress(InputError):
            found = load_evalset(Path(file.name))
            assert len({case.id for case in found.cases}) == len(found.cases)


def answer(data: bytes) -> None:
    """A server's body: an answer, or the error that says why it is none."""
    with suppress(BodyError, ErrorInAnswer):
        parse_completion(data).text.encode("utf-8")


def headers(data: bytes) -> None:
    """Headers about limits: a bounded number of seconds, or nothing."""
    text = data.decode("latin-1")
    now = datetime(2026, 10, 1, tzinfo=UTC)
    for name in ("retry-after", "retry-after-ms", "x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"):
        for span in (retry_after_s({name: text}, now), reset_s({name: text}, now)):
            assert span is None or 0 <= span <= 10**9
        requests_left({name: text, "x-ratelimit-reset-requests": "1s"}, now)


def journal(data: bytes) -> None:
    """A journal: sound records are found, everything else is counted, and opening it again finds the same."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "journal.jsonl"
        path.write_bytes(data)
        with Journal(path) as first:
            found = list(first.spans)
        with Journal(path) as again:
            assert list(again.spans) == found
            assert again.torn == 0


def terminal(data: bytes) -> None:
    """Any text of a model: no control character reaches the terminal, alone or in a table."""
    text = data.decode("utf-8", "surrogateescape")
    assert not _CONTROL.search(plain(text))
    assert not _CONTROL.search(Table((Column("a"),), [[text]]).text())


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (catalog, verdict, log_line, evalset, answer, headers, journal, terminal)
}
