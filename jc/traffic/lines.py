"""Lines of a log, one after the other, in bounded memory: the careful reader for whatever the fast one cannot vouch for."""

import io
import json
import math
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from jc.traffic.rows import BadRow, Reason
from jc.traffic.schema import MAX_LINE_BYTES

_BOM = b"\xef\xbb\xbf"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_GZIP_STEP, _ZSTD_STEP = 1 << 16, 1 << 11
_OUT_STEP = 1 << 20
_HEAD = 1 << 16
_DELIMITERS = (",", "\t", ";")


class Line(NamedTuple):
    """One line without its end; `raw` is None when it is longer than the limit."""

    number: int
    raw: bytes | None


class Cut(Exception):  # noqa: N818  what was read before it counts
    """The file ends in the middle of its compressed stream; every whole line before that was given."""


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """The bytes of a file, decompressed by what its first bytes say; reading raises Cut where a compressed stream is torn."""
    kind = compression(path)
    with path.open("rb", buffering=0) as raw:
        yield io.BufferedReader(raw if kind == "none" else _Inflated(raw, kind), _OUT_STEP)


def compression(path: Path) -> str:
    """`gzip`, `zstd` or `none`, by the first bytes, whatever the name says."""
    with path.open("rb") as raw:
        magic = raw.read(4)
    return "gzip" if magic[:2] == _GZIP else "zstd" if magic == _ZSTD else "none"


class _Inflated(io.RawIOBase):
    """A compressed file as its content: several members or frames in a row, bounded memory, Cut at a torn end."""

    def __init__(self, raw: io.RawIOBase, kind: str) -> None:
        import zstandard

        self._raw = raw
        self._gzip = kind == "gzip"
        self._step = _GZIP_STEP if self._gzip else _ZSTD_STEP
        self._broken: type[Exception] = zlib.error if self._gzip else zstandard.ZstdError
        self._engine = self._new()
        self._waiting = b""
        self._fresh = True
        self._faulty = False
        self._out = memoryview(b"")

    def _new(self) -> Any:
        if self._gzip:
            return zlib.decompressobj(31)
        import zstandard

        return zstandard.ZstdDecompressor().decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._out:
            more = self._more()
            if more is None:
                return 0
            self._out = memoryview(more)
        size = min(len(target), len(self._out))
        target[:size] = self._out[:size]
        self._out = self._out[size:]
        return size

    def _more(self) -> bytes | None:
        """The next piece of content, which may be empty; None at a proper end."""
        if self._engine.eof:
            self._waiting = self._engine.unused_data.lstrip(b"\0")
            self._engine, self._fresh = self._new(), True
        data = self._waiting or self._raw.read(self._step)
        self._waiting = b""
        if not data:
            if self._fresh:
                return None
            raise Cut
        self._fresh = False
        if not self._gzip:
            try:
                return bytes(self._engine.decompress(data))
            except self._broken as error:
                raise Cut from error
        return self._inflated(data)

    def _inflated(self, data: bytes) -> bytes:
        """What a piece of a gzip holds; where it is faulty what stands before the fault, and Cut when that was given."""
        if self._faulty:
            raise Cut
        before = self._engine.copy()
        try:
            out: bytes = self._engine.decompress(data, _OUT_STEP)
        except zlib.error:
            self._faulty, self._waiting = True, data
            return _salvaged(before, data)
        self._waiting = self._engine.unconsumed_tail
        return out


def _salvaged(engine: Any, data: bytes) -> bytes:
    """What can be inflated before a fault, byte by byte."""
    out = []
    with suppress(zlib.error):
        for at in range(len(data)):
            out.append(engine.decompress(data[at : at + 1]))  # noqa: PERF401  what came before the fault stays
    return b"".join(out)


def lines(path: Path, limit: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """The lines of a file with their numbers from 1; raises Cut after the last whole line of a truncated compressed file."""
    with opened(path) as buffered:
        number = 0
        while True:
            raw = buffered.readline(limit + 1)
            if not raw:
                return
            number += 1
            if raw.endswith(b"\n"):
                yield Line(number, raw[:-1])
            elif len(raw) > limit:
                _skip(buffered)
                yield Line(number, None)
            else:
                yield Line(number, raw)


def delimiter(path: Path) -> str:
    """What stands between the cells of a table: the one of `,`, tab and `;` that its first line has most of."""
    with suppress(Cut), opened(path) as stream:
        head = stream.readline(_HEAD).decode("utf-8", "replace")
        return max(_DELIMITERS, key=head.count)
    return ","


def _skip(buffered: io.BufferedReader) -> None:
    """Read to the end of the line in small steps: the rest of a long one takes no memory."""
    while True:
        rest = buffered.readline(_OUT_STEP)
        if not rest or rest.endswith(b"\n"):
            return


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A repeated key keeps its first value, as in the fast reader."""
    return dict(reversed(pairs)) if len(pairs) != len(dict(pairs)) else dict(pairs)


def _constant(_text: str) -> float:
    """NaN and infinity are no numbers of JSON; which row they spoil is a question of where they stand."""
    return math.nan


_decoder = json.JSONDecoder(object_pairs_hook=_first_wins, parse_constant=_constant)
_COMMAS = re.compile(r"""("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])""")


def decode(raw: bytes | None) -> Any:
    """The JSON value of a line; BadRow with its reason when it has none."""
    if raw is None:
        raise BadRow(Reason.OVERSIZE_LINE)
    if b"\0" in raw:
        raise BadRow(Reason.NUL)
    try:
        text = raw.removeprefix(_BOM).strip().decode("utf-8")  # vertical tabs too, as the fast reader does
    except UnicodeDecodeError:
        raise BadRow(Reason.BAD_UTF8) from None
    try:
        return _decoder.decode(text)
    except ValueError:
        return _lenient(text)
    except RecursionError:
        raise BadRow(Reason.TRUNCATED_JSON) from None


def _lenient(text: str) -> Any:
    """As the fast reader, which lets a comma stand before a closing bracket."""
    try:
        return _decoder.decode(_COMMAS.sub(lambda found: found[1] or "", text))
    except (ValueError, RecursionError):
        raise BadRow(Reason.TRUNCATED_JSON) from None


def blank(raw: bytes | None) -> bool:
    """Whether a line holds nothing but ASCII white space; such lines are no rows."""
    return raw is not None and not raw.strip()
