"""Bodies with an end: bytes are counted after decompression, so that neither a bomb nor an endless answer fills the memory.

Only identity and one layer of gzip are taken (the request asks for nothing else). A chunk is inflated by at most what is
still allowed, so the largest moment is the limit plus one network chunk.
"""

import zlib
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

    def feed(self, raw: bytes) -> bytes:
        """The plain bytes of a chunk; BodyError when they are too many or not gzip."""
        plain = raw if self._gzip is None else self._inflate(self._gzip, raw)
        self.taken += len(plain)
        self._raw += len(raw)
        if max(self.taken, self._raw) > self.limit:
            raise BodyError("too_large", f"the answer is larger than {self.limit >> 20} MiB")
        return plain

    def _inflate(self, gzip: "zlib._Decompress", raw: bytes) -> bytes:
        out = []
        allowed = self.limit - self.taken + 1
        try:
            while raw and allowed > 0:
                piece = gzip.decompress(raw, min(_PIECE, allowed))
                allowed -= len(piece)
                out.append(piece)
                raw = gzip.unconsumed_tail
        except zlib.error as error:
            raise BodyError("malformed", "the answer is not the gzip that its header says") from error
        return b"".join(out)

    def end(self) -> None:
        """The body is over; BodyError when the gzip stream is not."""
        if self._gzip is not None and self.taken and not self._gzip.eof:
            raise BodyError("malformed", "the answer was cut off inside its gzip stream")


def refuse_length(length: str | None, limit: int) -> None:
    """BodyError before a byte is read when the announced length is over the limit."""
    if length is not None and length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise BodyError("too_large", f"the answer announces {int(length[:20]) >> 20} MiB, more than {limit >> 20} MiB")
