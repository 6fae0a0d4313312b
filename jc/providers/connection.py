"""One HTTP/1.1 client connection as an asyncio protocol: bytes out, a parsed response in, never more in memory than asked for.

llhttp (Node's parser, through `httptools`) reads the grammar; here are only the bounds and the hand-over: a head of at most
64 KiB, a body that is not read from the socket faster than it is consumed, and no response that was not asked for.
"""

import asyncio
from collections import deque
from typing import Final

import httptools
import httpx

_MOST_HEAD: Final = 2**16
_MOST_AHEAD: Final = 2**16
_BUFFER: Final = 2**16

Headers = list[tuple[bytes, bytes]]


class Connection(asyncio.BufferedProtocol):
    """Sends one request at a time and hands its response over; `reusable` when the last one ended cleanly."""

    def __init__(self, buffer: bytearray) -> None:
        # One receive buffer serves all connections of a transport: its bytes are parsed before the loop turns to another.
        self._buffer = memoryview(buffer)
        self._transport: asyncio.Transport | None = None
        self._head: asyncio.Future[None] | None = None
        self._more: asyncio.Future[None] | None = None
        self._error: httpx.TransportError | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._chunks: deque[bytes] = deque()
        self._ahead = 0
        self._head_bytes = 0
        self._paused = self._asked = self._until_close = self._keep_alive = self._spoiled = False
        self.closed = False
        self.complete = True
        self.status = 0
        self.idle_since = 0.0

    @staticmethod
    def shared_buffer() -> bytearray:
        """A receive buffer for the connections of one transport."""
        return bytearray(_BUFFER)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, _size: int) -> memoryview:
        """Where the next bytes go."""
        return self._buffer

    def buffer_updated(self, size: int) -> None:
        """Bytes came: parse them, or close when they are not ours or not HTTP."""
        if not self._asked:
            self.abort()  # bytes that nobody asked for: the next response could not be trusted
            return
        if self._head is not None:
            self._head_bytes += size
        try:
            self._parser.feed_data(self._buffer[:size])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(httpx.RemoteProtocolError(f"the answer is not HTTP that can be read: {error}"))
            return
        if self._head is not None and self._head_bytes > _MOST_HEAD:
            self._fail(httpx.RemoteProtocolError("the answer's head is larger than 64 KiB"))
        elif self._ahead > _MOST_AHEAD and not self._paused and not self.complete and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone; an answer that may end with it has ended, another one was cut off."""
        self.closed = True
        if self.complete:
            return
        if self._head is not None:
            reason = str(error) if error is not None else "the server closed the connection without an answer"
            self._fail(httpx.ReadError(reason))
        elif self._until_close and error is None:
            self.complete = True
            self._wake(self._more)
        else:
            self._fail(httpx.RemoteProtocolError("the answer was cut off before its end"))

    # What the parser calls

    def on_message_begin(self) -> None:
        """A response begins; one behind the answer was not asked for, and spoils the connection."""
        self._spoiled = self._spoiled or self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line; a value of None means that it was empty."""
        if not self.complete:
            self._headers.append((name, value or b""))

    def on_headers_complete(self) -> None:
        """The head is there; one of the 1xx kind only announces the real one."""
        if self.complete or 100 <= self._parser.get_status_code() < 200:
            return
        self.status = self._parser.get_status_code()
        names = {name.lower() for name, _ in self._headers}
        self._until_close = b"content-length" not in names and b"transfer-encoding" not in names
        self._wake(self._head)
        self._head = None

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self.complete:
            return
        self._chunks.append(body)
        self._ahead += len(body)
        self._wake(self._more)

    def on_message_complete(self) -> None:
        """The response has ended, unless it was only an announcement."""
        if self._head is not None:
            self._headers = []
            return
        if self.complete:
            return
        self.complete = True
        self._asked = False
        self._keep_alive = self._parser.should_keep_alive()
        self._wake(self._more)

    # What the transport calls

    async def send(self, request: bytes) -> tuple[int, Headers]:
        """Send a whole request; status and headers as soon as they are there. httpx errors for what goes wrong before."""
        if self.closed or self._transport is None:
            raise httpx.ReadError("the connection was closed")
        self._headers, self._head_bytes, self._keep_alive = [], 0, False
        self.complete, self._asked = False, True
        head = self._head = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await head
        if self._error is not None:
            raise self._error
        return self.status, self._headers

    async def read(self) -> bytes | None:
        """The next part of the body, or None at its end; RemoteProtocolError when it was cut off."""
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self.complete:
                return None
            self._more = asyncio.get_running_loop().create_future()
            await self._more
        chunk = self._chunks.popleft()
        self._ahead -= len(chunk)
        if self._paused and self._ahead <= _MOST_AHEAD and not self.closed and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return chunk

    @property
    def reusable(self) -> bool:
        """Whether another request may follow on this connection."""
        return self.complete and self._keep_alive and not (self.closed or self._spoiled or self._chunks or self._error)

    def abort(self) -> None:
        """Close at once; nothing more is received."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def _fail(self, error: httpx.TransportError) -> None:
        self._error = self._error or error
        self._wake(self._head)
        self._wake(self._more)
        self._head = None
        self.abort()

    @staticmethod
    def _wake(future: asyncio.Future[None] | None) -> None:
        if future is not None and not future.done():
            future.set_result(None)


class Tunnel(asyncio.Protocol):
    """Asks a proxy for a tunnel; afterwards the transport belongs to TLS and to a `Connection` inside it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer = bytearray()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The proxy is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """The proxy's answer: only its status counts."""
        self._answer += data
        if self._opened.done() or (b"\r\n\r\n" not in self._answer and len(self._answer) < _MOST_HEAD):
            return
        status = bytes(self._answer[:64]).split(b" ", 2)[1:2]
        if status == [b"200"]:
            self._opened.set_result(None)
        else:
            shown = b"".join(status).decode("latin-1")
            self._opened.set_exception(httpx.ProxyError(f"the proxy refused the tunnel: {shown or 'no HTTP answer'}"))

    def connection_lost(self, _error: Exception | None) -> None:
        """The proxy left."""
        if not self._opened.done():
            self._opened.set_exception(httpx.ProxyError("the proxy closed the connection"))

    async def open(self, target: str, key: str) -> None:
        """Ask for a tunnel to `host:port`; ProxyError when there will be none. `key` is a header line or empty."""
        assert self._transport is not None
        self._transport.write(f"CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n{key}\r\n".encode("latin-1"))
        await self._opened
