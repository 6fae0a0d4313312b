"""One attempt: a request out, a bounded answer in, before a deadline; the result is an answer or a fault, never an exception."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from jc.providers import failures
from jc.providers.answer import Answer, ErrorInAnswer, parse_completion, strict_json
from jc.providers.body import BodyError, Inflater, refuse_length
from jc.providers.call import Call
from jc.providers.endpoint import Endpoint
from jc.providers.failures import Fault
from jc.providers.settings import ClientSettings
from jc.providers.stream import EventReader
from jc.providers.transport import HttpTransport, TlsError

_ERROR_BYTES = 2**16
"""Of an error's body no more than this is read: a message fits, a trap does not."""
_LARGE = 2**18
_LARGE_AT_ONCE = 2
_ENCODER = json.JSONEncoder(default=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call made ready to send, once for all its attempts."""

    url: httpx.URL
    headers: httpx.Headers
    content: bytes
    on_text: Callable[[str], None] | None = None


@dataclass(slots=True)
class Attempt:
    """What one attempt came to: exactly one of `answer` and `fault` is set. Times in milliseconds."""

    answer: Answer | None = None
    fault: Fault | None = None
    http_status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    latency_ms: float = 0.0
    ttft_ms: float | None = None


def _target(base: str) -> httpx.URL:
    try:
        url = httpx.URL(base.rstrip("/") + "/chat/completions")
    except httpx.InvalidURL as error:
        raise ValueError(f"the base URL cannot be called: {error}") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("the base URL cannot be called: it begins with http:// or https:// and names a host")
    if url.userinfo:
        raise ValueError("the base URL holds a user or password: name the key by its variable instead")
    if (url.port or 1) > 65535:
        raise ValueError("the base URL cannot be called: its port is above 65535")
    return url


def sendable(key: str) -> str:
    """The key, or ValueError when no header can carry it."""
    if not key.isascii() or not key.isprintable():
        raise ValueError("the key holds characters that no header can carry")
    return key


class Wire:
    """Sends requests over a transport and reads what comes within the settings' bounds.

    However many calls are in flight, only two answers at a time may grow beyond 256 KiB: the others wait with their bytes
    still in the socket, so that a hundred bombs at once take no more memory than two.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, settings: ClientSettings) -> None:
        self._transport = transport
        self._settings = settings
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._routes: dict[tuple[Endpoint, bool], tuple[httpx.URL, httpx.Headers]] = {}

    def outgoing(self, call: Call) -> Outgoing:
        """The request of a call; ValueError when URL or key cannot be sent."""
        body: Mapping[str, Any] = call.body
        if call.stream:
            body = {**body, "stream": True, "stream_options": {"include_usage": True}}
        route = self._routes.get((call.endpoint, call.stream))
        if route is None:
            route = self._routes[call.endpoint, call.stream] = (_target(call.endpoint.url), self._headers(call))
        return Outgoing(*route, _ENCODER.encode(body).encode("ascii"), call.on_text)

    def _headers(self, call: Call) -> httpx.Headers:
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if call.stream else "application/json",
            "accept-encoding": "gzip",
            "user-agent": self._settings.user_agent,
            # An eval measures the model it names: gateways that swap models must not.
            "x-gateway-routing": "explicit",
        }
        if call.endpoint.key is not None:
            headers["authorization"] = f"Bearer {sendable(call.endpoint.key.reveal())}"
        return httpx.Headers(headers)

    async def attempt(self, request: Outgoing) -> Attempt:
        """Send once and read what comes, at most `max_bytes` and `timeout_s`."""
        result = Attempt()
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                await self._exchange(request, result)
        except TimeoutError:
            result.fault = failures.timed_out(self._settings.timeout_s)
        except BodyError as error:
            result.fault = failures.broken(error.kind, error.message, result.http_status)
        except ErrorInAnswer as error:
            result.fault = failures.fault_in_answer(error.error, result.headers)
        except httpx.TransportError as error:
            result.fault = _connection_fault(error, result.http_status)
        ended = time.monotonic()
        result.latency_ms = (ended - started) * 1000
        if result.ttft_ms is not None:
            result.ttft_ms -= started * 1000
        return result

    async def _exchange(self, request: Outgoing, result: Attempt) -> None:
        sent = httpx.Request("POST", request.url, headers=request.headers, stream=httpx.ByteStream(request.content))
        response = await self._transport.handle_async_request(sent)
        body = _Body(response, self._large)
        try:
            status = result.http_status = response.status_code
            headers = result.headers = {
                name.decode("latin-1").lower(): text.decode("latin-1") for name, text in response.headers.raw
            }
            if status != 200:
                result.fault = await _read_error(body, status, headers)
                return
            limit = self._settings.max_bytes
            refuse_length(headers.get("content-length"), limit)
            inflater = Inflater(headers.get("content-encoding", ""), limit)
            if headers.get("content-type", "").startswith("text/event-stream"):
                result.answer = await _read_stream(body, inflater, result, request.on_text)
            else:
                result.answer = await _read_whole(body, inflater, headers)
        finally:
            body.close()
            await response.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()


def open_wire(settings: ClientSettings) -> Wire:
    """A wire over the transport that was measured to scale (docs/decisions/0003)."""
    return Wire(HttpTransport(), settings)


class _Body:
    """The raw chunks of a response as plain ones; holds one of the places for large answers once it needs it."""

    def __init__(self, response: httpx.Response, large: asyncio.Semaphore) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        self._stream = response.stream
        self._large = large
        self._holds = False

    async def plain(self, inflater: Inflater) -> AsyncIterator[bytes]:
        async for raw in self._stream:
            for piece in inflater.feed(raw):
                if not self._holds and inflater.taken > _LARGE:
                    await self._large.acquire()
                    self._holds = True
                yield piece
        inflater.end()

    def close(self) -> None:
        if self._holds:
            self._large.release()


async def _read_whole(body: _Body, inflater: Inflater, headers: Mapping[str, str]) -> Answer:
    chunks = [plain async for plain in body.plain(inflater)]
    text = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    if not text.strip():
        raise BodyError("malformed", "the answer has an empty body")
    if "html" in headers.get("content-type", "") or text.lstrip()[:1] == b"<":
        raise BodyError("malformed", "the answer is a page of HTML, not JSON")
    return parse_completion(text)


async def _read_stream(body: _Body, inflater: Inflater, result: Attempt, on_text: Callable[[str], None] | None) -> Answer:
    events = EventReader(on_text)
    async for plain in body.plain(inflater):
        events.feed(plain)
        if events.first_at is not None and result.ttft_ms is None:
            result.ttft_ms = events.first_at * 1000
    return events.answer()


async def _read_error(body: _Body, status: int, headers: Mapping[str, str]) -> Fault:
    """The fault of an error status; a body that cannot be read costs only the message."""
    told = failures.Told()
    try:
        inflater = Inflater(headers.get("content-encoding", ""), _ERROR_BYTES)
        text = b"".join([plain async for plain in body.plain(inflater)])
        if "html" not in headers.get("content-type", ""):
            data = strict_json(text)
            told = failures.told_by(data.get("error", data) if isinstance(data, dict) else data)
    except (BodyError, httpx.TransportError):
        pass
    return failures.fault_of_status(status, headers, told, datetime.now(UTC))


def _connection_fault(error: httpx.TransportError, status: int | None) -> Fault:
    """An answer that broke off is malformed; before an answer it is a connection fault, which may or may not have been sent."""
    text = str(error)
    if isinstance(error, httpx.RemoteProtocolError):
        return failures.broken("malformed", text, status)
    permanent = isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError | TlsError)
    sent = not permanent and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError)
    return failures.unconnected(text, sent=sent, permanent=permanent)
