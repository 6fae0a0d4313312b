"""A scripted OpenAI-compatible server on loopback: in a thread (`with FakeProvider(script) as server`) or as a program.

It is a bare asyncio protocol so that one core answers several thousand requests a second: benchmarks measure the client,
not the fake. `GET /_ledger` gives what it saw as JSON, so that a test in another process can count paid calls.
"""

import argparse
import asyncio
import hashlib
import json
import ssl
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fakes import answers
from tests.fakes.script import Fault, Request, Script, prompt_text, storm

_TOO_MANY = Fault("status", status=429, code="rate_limit_exceeded", message="too many requests at a time")
_NO_KEY = Fault("status", status=401, code="invalid_api_key", message="Incorrect API key provided")


CERTIFICATE = Path(__file__).with_name("models.example.pem")
"""Key and self-signed certificate for `models.example` and `localhost`, for tests only."""


class Book:
    """What the server saw and what it would charge; the truth that tests hold against the client's own account."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.started = time.monotonic()
        self.requests: list[Request] = []
        self.attempts: Counter[str] = Counter()
        self.in_flight = 0
        self.most_in_flight = 0
        self.connections = 0
        self.connected: set[_Connection] = set()
        self.recent: deque[float] = deque()

    def enter(self, head: str, raw: bytes) -> Request:
        """Note a request; its unit is the hash of its body."""
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])}
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = {}
        unit = hashlib.sha256(raw).hexdigest()
        self.attempts[unit] += 1
        key = headers.get("authorization", "").removeprefix("Bearer ")
        model = str(body.get("model", ""))
        request = Request(time.monotonic(), unit, self.attempts[unit], model, key, headers, raw, body)
        request.input_tokens = max(1, len(prompt_text(body)) // 4)
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return request

    def leave(self, request: Request, outcome: str, *, charge: bool = False) -> None:
        """The request is answered, or its connection is gone; answers of models are charged."""
        if request.answered_at is not None:
            return
        request.answered_at = time.monotonic()
        request.outcome = outcome
        self.in_flight -= 1
        if charge:
            rates = self.script.usd_per_mtok
            into, out = rates.get(request.model) or rates.get("*") or (Decimal(0), Decimal(0))
            request.usd = (into * request.input_tokens + out * request.output_tokens) / 10**6

    def refusal(self, request: Request) -> Fault | None:
        """401, 404 or 429 by the server's own rules."""
        script = self.script
        if script.keys is not None and request.key not in script.keys:
            return _NO_KEY
        if script.models is not None and request.model not in script.models:
            message = f"The model `{request.model}` does not exist"
            return Fault("status", status=404, code="model_not_found", message=message)
        if script.most_in_flight is not None and self.in_flight > script.most_in_flight:
            return _TOO_MANY
        return self._rate(request) if script.requests_a_minute else None

    def _rate(self, request: Request) -> Fault | None:
        while self.recent and self.recent[0] <= request.at - 60:
            self.recent.popleft()
        if len(self.recent) >= (self.script.requests_a_minute or 0):
            wait = 60 - (request.at - self.recent[0])
            return Fault("status", status=429, code="rate_limit_exceeded", retry_after=f"{wait:.3f}")
        self.recent.append(request.at)
        return None

    def summary(self) -> dict[str, Any]:
        """Counts for a test in another process."""
        return {
            "requests": len(self.requests),
            "units": dict(self.attempts),
            "answered": dict(Counter(seen.unit for seen in self.requests if seen.outcome == "answered")),
            "outcomes": dict(Counter(seen.outcome for seen in self.requests)),
            "usd": str(sum((seen.usd for seen in self.requests), Decimal(0))),
            "most_in_flight": self.most_in_flight,
            "connections": self.connections,
            "in_flight": self.in_flight,
        }


class _Connection(asyncio.Protocol):
    """One client connection; requests are taken one at a time, as HTTP/1.1 clients send them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.buffer = bytearray()
        self.request: Request | None = None
        self.drips: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.loop = asyncio.get_running_loop()
        self.book.connections += 1
        self.book.connected.add(self)
        transport.set_write_buffer_limits(high=2**20)

    def connection_lost(self, _error: Exception | None) -> None:
        self.book.connected.discard(self)
        if self.drips:
            self.drips.cancel()
        if self.request:
            self.book.leave(self.request, "gone")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.buffer[0] not in b"PG":  # a TLS greeting, for example
            self.transport.write(answers.whole(400, (), b"not HTTP"))
            self.transport.close()
            return
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].decode("latin-1")
        at = head.lower().find("content-length:")
        length = int(head[at + 15 :].split("\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < end + 4 + length:
            return
        raw = bytes(self.buffer[end + 4 : end + 4 + length])
        del self.buffer[: end + 4 + length]
        if head.startswith("GET"):
            self._get(head)
        else:
            self._post(head, raw)

    def _get(self, head: str) -> None:
        path = head.split(" ", 2)[1]
        if path == "/_ledger":
            self.transport.write(answers.whole(200, (), json.dumps(self.book.summary()).encode()))
        else:
            models = [{"id": name, "object": "model"} for name in sorted(self.book.script.models or ())]
            self.transport.write(answers.whole(200, (), json.dumps({"object": "list", "data": models}).encode()))

    def _post(self, head: str, raw: bytes) -> None:
        book = self.book
        request = self.request = book.enter(head, raw)
        fault = book.refusal(request) or book.script.fault(request, request.at - book.started)
        delay = book.script.latency(request.unit, request.attempt)
        if fault is not None and fault.kind == "status":
            self._send(request, answers.error(fault), f"status {fault.status}", charge=False)
        elif delay:
            self.loop.call_later(delay, self._answer, request, fault)
        else:
            self._answer(request, fault)

    def _send(self, request: Request, data: bytes, outcome: str, *, charge: bool) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)
            self.book.leave(request, outcome, charge=charge)

    def _answer(self, request: Request, fault: Fault | None) -> None:
        if self.transport.is_closing():
            return
        special = _SPECIAL.get(fault.kind) if fault else None
        if special and fault:
            special(self, request, fault)
            return
        script = self.book.script
        text = answers.text_of(script, request)
        request.output_tokens = max(1, len(text.split()))
        if request.body.get("stream"):
            self._stream(request, answers.events(request, text), cut=bool(fault and fault.kind == "cut"))
            return
        body = json.dumps(answers.completion(request, text, fault)).encode()
        data = answers.whole(200, script.headers, body)
        if fault and fault.kind == "cut":
            self._send(request, data[: -len(body) // 2], "cut", charge=True)
            self.transport.close()
        else:
            self._send(request, data, "answered", charge=True)

    def _stream(self, request: Request, events: list[bytes], *, cut: bool) -> None:
        """The first half at once, the rest 20 ms later, so that the time to the first token is not the latency."""
        half = max(1, len(events) // 2)
        self.transport.write(answers.head(200, self.book.script.headers, None, "text/event-stream"))
        self.transport.write(b"".join(answers.chunk(event) for event in events[:half]))

        def rest() -> None:
            if cut:
                self.book.leave(request, "cut", charge=True)
                self.transport.close()
                return
            self._send(request, b"".join(map(answers.chunk, events[half:])) + b"0\r\n\r\n", "answered", charge=True)

        self.loop.call_later(0.02, rest)

    def repeat(self, data: bytes, interval_s: float = 0.002) -> None:
        """Send the same bytes until the client has had enough."""
        if not self.transport.is_closing():
            if self.transport.get_write_buffer_size() < 2**22:
                self.transport.write(data)
            self.drips = self.loop.call_later(interval_s, self.repeat, data, interval_s)


def _hang(_connection: _Connection, _request: Request, _fault: Fault) -> None:
    """Nothing is sent; the client's deadline ends it."""


def _reset(connection: _Connection, request: Request, _fault: Fault) -> None:
    connection.book.leave(request, "reset")
    connection.transport.abort()


def _malformed(connection: _Connection, request: Request, _fault: Fault) -> None:
    connection._send(request, answers.whole(200, (), b'{"choices": [{"mess'), "malformed", charge=True)


def _bomb(connection: _Connection, request: Request, fault: Fault) -> None:
    encoding = fault.code or "gzip"
    body = answers.double_bomb() if "," in encoding else answers.bomb()
    connection._send(request, answers.whole(200, (("content-encoding", encoding),), body), "bomb", charge=True)


def _huge(connection: _Connection, request: Request, _fault: Fault) -> None:
    connection._send(request, answers.head(200, (), None), "huge", charge=True)
    connection.repeat(answers.chunk(b" " * 2**18))


def _header(connection: _Connection, request: Request, _fault: Fault) -> None:
    connection._send(request, b"HTTP/1.1 200 OK\r\nx-long: ", "header", charge=True)
    connection.repeat(b"a" * 2**16)


def _drip(connection: _Connection, request: Request, fault: Fault) -> None:
    connection._send(request, answers.head(200, (), None), "drip", charge=True)
    connection.repeat(answers.chunk(b" "), fault.interval_s)


def _redirect(connection: _Connection, request: Request, fault: Fault) -> None:
    connection._send(request, answers.whole(307, (("location", fault.location),), b""), "redirect", charge=False)


def _html(connection: _Connection, request: Request, fault: Fault) -> None:
    page = b"<html><body><h1>Bad gateway</h1></body></html>"
    connection._send(request, answers.whole(fault.status, fault.headers, page, "text/html"), "html", charge=False)


def _body(connection: _Connection, request: Request, fault: Fault) -> None:
    connection._send(request, answers.whole(200, fault.headers, fault.body, fault.content_type), "body", charge=True)


_SPECIAL: dict[str, Callable[[_Connection, Request, Fault], None]] = {
    "hang": _hang,
    "reset": _reset,
    "malformed": _malformed,
    "bomb": _bomb,
    "huge": _huge,
    "header": _header,
    "drip": _drip,
    "redirect": _redirect,
    "html": _html,
    "body": _body,
}


class FakeProvider:
    """The server in a thread of its own, on an ephemeral port of loopback, for the time of a `with` block."""

    def __init__(self, script: Script | None = None, *, port: int = 0, tls: bool = False) -> None:
        self.book = Book(script or Script())
        self._port = port
        self._tls = tls
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        context = None
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
        server = await self._loop.create_server(
            lambda: _Connection(self.book), "127.0.0.1", self._port, backlog=1024, ssl=context
        )
        self.port = server.sockets[0].getsockname()[1]
        self.book.started = time.monotonic()
        self._ready.set()
        await self._stop.wait()
        server.close()
        for connection in list(self.book.connected):
            connection.transport.abort()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """The base URL to give to an endpoint."""
        return f"https://localhost:{self.port}/v1" if self._tls else f"http://127.0.0.1:{self.port}/v1"

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in order of arrival."""
        return self.book.requests

    @property
    def usd(self) -> Decimal:
        """What the server would charge so far."""
        return sum((seen.usd for seen in self.requests), Decimal(0))

    def use(self, script: Script) -> None:
        """Follow another script from now on."""
        self.book.script = script


def main(arguments: Iterable[str]) -> None:
    """Serve until the standard input is closed or the program is ended; the first line of output is the base URL."""
    parser = argparse.ArgumentParser(description="A scripted OpenAI-compatible server on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--sigma", type=float, default=0.0, help="sigma of a lognormal latency")
    parser.add_argument("--storm", action="store_true", help="10 %% 429, 5 %% 500, 1 %% hang, 1 %% malformed")
    parser.add_argument("--retry-after", type=float, default=1.0, help="seconds, with --storm")
    parser.add_argument("--key", action="append", help="a key that is let in; several may be given")
    parser.add_argument("--price", help="USD per million input and output tokens, `0.5,1.5`")
    parser.add_argument("--words", type=int, default=12, help="words of an answer")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(list(arguments))
    prices = {}
    if given.price:
        into, out = given.price.split(",")
        prices = {"*": (Decimal(into), Decimal(out))}
    script = Script(
        latency_s=given.latency,
        sigma=given.sigma,
        faults=storm(retry_after=given.retry_after) if given.storm else (),
        keys=frozenset(given.key) if given.key else None,
        usd_per_mtok=prices,
        answer_words=given.words,
        seed=given.seed,
    )
    with FakeProvider(script, port=given.port) as server:
        sys.stdout.write(server.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
