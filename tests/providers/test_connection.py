"""One connection: the grammar of HTTP/1.1 responses, cut anywhere, and what is not a response."""

import asyncio
import contextlib
from collections.abc import Sequence

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.providers.connection import Connection
from jc.providers.transport import HttpTransport

ASKED = b"POST / HTTP/1.1\r\n\r\n"


class Wire(asyncio.Transport):
    """The far end in memory: notes what the connection does to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.aborted = False
        self.paused = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def abort(self) -> None:
        self.aborted = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


def feed(connection: Connection, data: bytes) -> None:
    """Hand bytes over as the event loop does."""
    while data and not connection.closed:
        view = connection.get_buffer(-1)
        size = min(len(view), len(data))
        view[:size] = data[:size]
        connection.buffer_updated(size)
        data = data[size:]


async def exchange(pieces: Sequence[bytes], *, end: bool = False) -> tuple[int, bytes, Connection]:
    """Ask once, receive these pieces, read the whole answer."""
    connection = Connection(Connection.shared_buffer())
    connection.connection_made(Wire())
    asked = asyncio.ensure_future(connection.send(ASKED))
    await asyncio.sleep(0)
    for piece in pieces:
        feed(connection, piece)
    if end:
        connection.connection_lost(None)
    status, _ = await asked
    body = b""
    while (chunk := await asyncio.wait_for(connection.read(), 1)) is not None:
        body += chunk
    return status, body, connection


def receive(pieces: Sequence[bytes], *, end: bool = False) -> tuple[int, bytes, bool]:
    """Status, body, and whether the connection can be used again."""
    status, body, connection = asyncio.run(exchange(pieces, end=end))
    return status, body, connection.reusable


LENGTH = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\ntrailer: 1\r\n\r\n"


@given(st.sampled_from([LENGTH, CHUNKED]), st.lists(st.integers(1, 60), max_size=12))
def test_a_response_may_come_in_any_pieces(raw: bytes, cuts: list[int]) -> None:
    """With a length or in chunks, cut anywhere: the same body, and the connection can be used again."""
    pieces, rest = [], raw
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    assert receive([*filter(None, pieces), rest] if rest else pieces) == (200, b"hello", True)


def test_announcements_are_passed_over() -> None:
    """100 Continue and 103 Early Hints come before the response."""
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
    assert receive([early + LENGTH]) == (200, b"hello", True)
    assert receive([early, LENGTH]) == (200, b"hello", True)


def test_a_body_without_length_ends_with_the_connection() -> None:
    """As HTTP/1.0 has it; the connection is not used again."""
    assert receive([b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo"], end=True) == (200, b"hello", False)
    assert receive([b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello"]) == (200, b"hello", False)
    assert receive([b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello"]) == (200, b"hello", False)
    assert receive([b"HTTP/1.1 204 No Content\r\n\r\n"]) == (204, b"", True)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"],
        [b"SSH-2.0-server\r\n"],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello"],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nhello"],
        [b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello"],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nhello\r\n"],
        [b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nbytes"],
        [b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000],
        [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000],
    ],
)
def test_what_is_cut_or_no_http_is_a_protocol_error(pieces: list[bytes]) -> None:
    """Cut bodies, two lengths, bad chunks, upgrades, endless heads."""
    with pytest.raises(httpx.RemoteProtocolError):
        asyncio.run(exchange(pieces, end=True))


def test_a_connection_that_closes_without_an_answer_is_a_read_error() -> None:
    """The request may have arrived: this is not a connection that was never made."""
    for pieces in ([], [b"HTTP/1.1 200"]):
        with pytest.raises(httpx.ReadError):
            asyncio.run(exchange(pieces, end=True))


@given(st.binary(max_size=200))
def test_any_bytes_end_in_an_answer_or_a_named_error(raw: bytes) -> None:
    """Nothing a server sends gets past httpx's errors."""
    with contextlib.suppress(httpx.TransportError):
        asyncio.run(exchange([b"HTTP/1.1 200 OK\r\n" + raw], end=True))


def test_bytes_that_nobody_asked_for_close_the_connection() -> None:
    """A second response behind the first would be taken for the answer to the next request."""

    async def main() -> tuple[bool, bool]:
        _, _, connection = await exchange([LENGTH])
        feed(connection, LENGTH)
        _, _, doubled = await exchange([LENGTH + LENGTH])
        return connection.reusable, doubled.reusable

    assert asyncio.run(main()) == (False, False)


def test_a_body_is_not_read_faster_than_it_is_consumed() -> None:
    """With 64 KiB unread the socket is left alone; reading on resumes it."""

    async def main() -> None:
        connection = Connection(Connection.shared_buffer())
        wire = Wire()
        connection.connection_made(wire)
        asked = asyncio.ensure_future(connection.send(ASKED))
        await asyncio.sleep(0)
        feed(connection, b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n" + b"x" * 200_000)
        await asked
        assert wire.paused
        for _ in range(4):
            await connection.read()
        assert not wire.paused

    asyncio.run(main())


def test_a_header_cannot_smuggle_another() -> None:
    """A line break in a value is refused before anything is sent."""

    async def main() -> None:
        transport = HttpTransport()
        request = httpx.Request("POST", "http://127.0.0.1:9/", headers={"x": "a\r\ny: b"}, content=b"")
        try:
            await transport.handle_async_request(request)
        finally:
            await transport.aclose()

    with pytest.raises(httpx.LocalProtocolError):
        asyncio.run(main())
