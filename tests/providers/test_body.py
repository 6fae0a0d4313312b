"""Bodies with an end."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.providers.body import BodyError, Inflater, refuse_length

MIB = 2**20


def inflate(chunks: list[bytes], encoding: str = "gzip", limit: int = MIB) -> bytes:
    """All plain bytes of the chunks."""
    inflater = Inflater(encoding, limit)
    out = b"".join(piece for chunk in chunks for piece in inflater.feed(chunk))
    inflater.end()
    return out


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_gzip_comes_out_as_it_went_in(data: bytes, step: int) -> None:
    """However the network cuts it."""
    packed = gzip.compress(data)
    assert inflate([packed[at : at + step] for at in range(0, len(packed), step)]) == data


def test_a_bomb_is_refused_at_the_limit() -> None:
    """64 MiB in 64 KB of gzip stop at one piece beyond the limit."""
    inflater = Inflater("gzip", MIB)
    pieces = inflater.feed(gzip.compress(bytes(64 * MIB)))
    with pytest.raises(BodyError) as caught:
        list(pieces)
    assert caught.value.kind == "too_large"
    assert inflater.taken <= MIB + 2**16


def test_bytes_after_the_end_of_gzip_count_too() -> None:
    """An endless tail behind a complete gzip stream is refused like any other."""
    inflater = Inflater("gzip", MIB)
    list(inflater.feed(gzip.compress(b"{}")))
    for _ in range(15):
        list(inflater.feed(bytes(MIB // 16)))
    with pytest.raises(BodyError):
        list(inflater.feed(bytes(MIB // 16)))


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd", "deflate"])
def test_encodings_that_were_not_asked_for_are_refused(encoding: str) -> None:
    """Only one layer of gzip is ever undone."""
    with pytest.raises(BodyError):
        Inflater(encoding, MIB)


def test_broken_and_cut_gzip_are_malformed() -> None:
    """A stream that is no gzip, or ends too early, is not taken for an answer."""
    for chunks in ([b"not gzip at all"], [gzip.compress(b"some text")[:-9]]):
        with pytest.raises(BodyError) as caught:
            inflate(chunks)
        assert caught.value.kind == "malformed"


def test_an_announced_length_over_the_limit_is_refused_unread() -> None:
    """Lengths are compared, nonsense lengths are left to the reader."""
    with pytest.raises(BodyError):
        refuse_length(str(17 * MIB), 16 * MIB)
    for fine in (None, "100", "abc", "-5", str(16 * MIB)):
        refuse_length(fine, 16 * MIB)
