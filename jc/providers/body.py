"""Bodies with an end: bytes are counted after decompression, so that neither a bomb nor an endless answer fills the memory.

Only identity and one layer of gzip are taken (the request asks for nothing else). A chunk is inflated piece by piece, so the
largest moment is the limit plus one piece.
"""

import zlib
from collections.abc import Iterator
from typing import Literal

_GZIP = 31  # window bits of zlib for a gzip wrapper
_PIECE = 2**16

Refusal = Literal["too_large", "malformed"]


class BodyError(Exception):
    """The body cannot be taken; `kind` says whether it is too large or not what it claims to be."""

    def __init__(self, kind: Refusal, message: str) -> None:
        super().__init__(message)
        self.kind: Refusal = kind
        self.message = message


class Inflater:
    """Takes raw chunks, gives plain ones, and refuses what goes over `limit` plain bytes."""

    def __init__(self, encoding: str, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self._raw = 0
        encoding = encoding.strip().lower()
        if encoding in {"", "identity"}:
            self._gzip = None
        elif encoding in {"gzip", "x-gzip"}:
            self._gzip = zlib.decompressobj(_GZIP)
        else:
            raise BodyError("malformed", f"the answer is encoded as {encoding[:40]!r}, which was not asked for")

    def feed(self, raw: bytes) -> Iterator[bytes]:
        """The plain bytes of a chunk, in pieces; BodyError when they are too many or not gzip."""
        self._count(len(raw), 0)
        if self._gzip is None:
            self._count(0, len(raw))
            yield raw
            return
        while raw:
            try:
                piece = self._gzip.decompress(raw, _PIECE)
            except zlib.error as error:
                raise BodyError("malformed", "the answer is not the gzip that its header says") from error
            self._count(0, len(piece))
            yield piece
            raw = self._gzip.unconsumed_tail

    def _count(self, raw: int, plain: int) -> None:
        self._raw += raw
        self.taken += plain
        if max(self._raw, self.taken) > self.limit:
            raise BodyError("too_large", f"the answer is larger than {self.limit >> 20} MiB")

    def end(self) -> None:
        """The body is over; BodyError when the gzip stream is not."""
        if self._gzip is not None and self.taken and not self._gzip.eof:
            raise BodyError("malformed", "the answer was cut off inside its gzip stream")


def refuse_length(length: str | None, limit: int) -> None:
    """BodyError before a byte is read when the announced length is over the limit."""
    if length is not None and length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise BodyError("too_large", f"the answer announces {int(length[:20]) >> 20} MiB, more than {limit >> 20} MiB")
