"""The journal of a run: append-only JSON lines, one finished call each, with a CRC.

A call is found again by its key, the sha256 of its canonical request. So the run is a function of the plan over this cache of
calls: resuming, judging again, or editing the evalset is the same code with more or fewer hits, and no finished call is paid
for twice. One `os.write` per record puts it beyond a crash of the process; `fdatasync` in groups puts it beyond a crash of the
machine. A torn last line is cut on opening; a damaged line in the middle is counted, and its call runs again.
"""

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jc.errors import IoFailure, StoppedEarly
from jc.evals.spans import Span, Spans

# A line is `crc,record`: eight hexadecimal digits over the bytes of the record.
_HEAD = 9
# The record begins with its key: `{"key":"` and 64 hexadecimal digits.
_KEY_AT = _HEAD + 8
_KEY_DIGITS = 64


class Journal:
    """Finished calls by key. Open it once per run folder, under the folder's lock.

    `damaged` holds the line numbers of records that failed their CRC; `torn` is how many bytes were cut from the end.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.spans = Spans()
        self._last = Span(-1, 0), b""
        self.damaged: list[int] = []
        self.torn = 0
        self.dirty = False
        flags = os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT
        try:
            self._file = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as error:
            raise IoFailure(f"cannot open `{path}`: {error.strerror}", hint="name another `--run-dir`") from error
        self._end = self._index()
        if not read_only and self.torn:
            os.ftruncate(self._file, self._end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.sync()
        os.close(self._file)

    def __len__(self) -> int:
        return len(self.spans)

    def _index(self) -> int:
        """Find the records; return where the next one goes. The last record of a key wins."""
        with open(os.dup(self._file), "rb") as source:  # noqa: PTH123  a descriptor, not a path
            source.seek(0)
            offset = 0
            for number, line in enumerate(source, 1):
                if not line.endswith(b"\n"):
                    self.torn = len(line)
                    break
                key = _sound_key(line)
                if key is None:
                    self.damaged.append(number)
                else:
                    self._add(key, Span(offset, len(line)))
                offset += len(line)
        return offset

    def _add(self, key: bytes, span: Span) -> int:
        return self.spans.add(key, span, lambda other: self._key_at(other) == key)

    def _key_at(self, span: Span) -> bytes:
        return bytes.fromhex(self._line(span)[_KEY_AT : _KEY_AT + _KEY_DIGITS].decode("ascii"))

    def _line(self, span: Span) -> bytes:
        """The line at a span; the last one is kept, because who finds a record reads it next."""
        if self._last[0] != span:
            self._last = span, os.pread(self._file, span.length, span.offset)
        return self._last[1]

    def find(self, key: str) -> int | None:
        """The number of the finished call with this key; None when there is none."""
        raw = bytes.fromhex(key)
        return self.spans.find(raw, lambda span: self._key_at(span) == raw)

    def has(self, key: str) -> bool:
        """Whether a finished call with this key is in the journal."""
        return self.find(key) is not None

    def get(self, key: str) -> dict[str, Any] | None:
        """The record of a call, read from the file; None when there is none."""
        number = self.find(key)
        return None if number is None else self.read(number)

    def read(self, number: int) -> dict[str, Any]:
        """The record with this number; when its call was made again, the later one."""
        return self._read(self.spans.span(number))

    def replaced(self, number: int) -> bool:
        """Whether the call of this record was made again."""
        return self.spans.moved(number)

    def _read(self, span: Span) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self._line(span)[_HEAD:].decode("ascii"))
        return record

    def lines(self) -> Iterator[bytes]:
        """The bytes of every record, also of those that a later one replaced; a line that stands twice comes once."""
        for span, later in self.spans.all():
            line = self._line(span)
            if later is None or self._line(later) != line:
                yield line

    def records(self) -> Iterator[dict[str, Any]]:
        """Every record that counts, in the order of the file."""
        return map(self._read, self.spans)

    def append(self, key: str, record: Mapping[str, Any]) -> int:
        """Keep a finished call and return its number; StoppedEarly when the disk takes no more, complete lines still sound."""
        body = json.dumps({"key": key, **record}, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        line = b"%08x,%s\n" % (zlib.crc32(body), body)
        try:
            written = os.pwrite(self._file, line, self._end)
        except OSError as error:
            self._stop(error.strerror or str(error))
        if written != len(line):
            # A full disk shows as a short write without an error.
            os.ftruncate(self._file, self._end)
            self._stop("the disk is full")
        number = self._add(bytes.fromhex(key), Span(self._end, len(line)))
        self._end += len(line)
        self.dirty = True
        return number

    def _stop(self, why: str) -> None:
        raise StoppedEarly(
            f"cannot write the journal `{self.path}`: {why}",
            hint="free some space, then the same command continues; nothing is lost",
        )

    def sync(self) -> None:
        """Put what was written beyond a crash of the machine."""
        if self.dirty:
            self.dirty = False
            getattr(os, "fdatasync", os.fsync)(self._file)


def _sound_key(line: bytes) -> bytes | None:
    """The key of a record whose CRC holds, else None; the key stands first, so the record needs no parsing."""
    if len(line) < _HEAD + 76 or line[8:9] != b",":
        return None
    body = line[_HEAD:-1]
    try:
        if line[:8] != b"%08x" % zlib.crc32(body) or not body.startswith(b'{"key":"'):
            return None
        return bytes.fromhex(body[8:72].decode("ascii"))
    except ValueError:
        return None
