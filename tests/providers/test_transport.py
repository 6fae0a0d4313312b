"""The transport: httpx above, aiohttp below."""

import asyncio
import base64

import httpx
import pytest

from jc.providers.client import Client
from jc.providers.settings import ClientSettings
from jc.providers.transport import HttpTransport, proxy_of
from tests.fakes.calls import KEY, Watch, calls, complete, endpoint, kinds
from tests.fakes.provider import CERTIFICATE, FakeProvider


def test_it_serves_an_ordinary_httpx_client() -> None:
    """Anything that takes an httpx transport can use it."""

    async def main(url: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=HttpTransport()) as client:
            return await client.post(f"{url}/chat/completions", json={"model": "m", "messages": []})

    with FakeProvider() as server:
        response = asyncio.run(main(server.url))
    assert response.status_code == 200
    assert response.json()["model"] == "m"


def test_certificates_are_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown certificate is a permanent failure before anything is sent; one that SSL_CERT_FILE names is taken."""
    with FakeProvider(tls=True) as server:
        replies = complete(calls(endpoint(server.url), 2), ClientSettings(concurrency=1))
        assert server.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        trusted = complete(calls(endpoint(server.url), 20), ClientSettings(concurrency=3))
        assert server.book.connections <= 5
    assert kinds(replies) == ["connection", "stopped"]
    assert replies[0].failure is not None
    assert "certificate" in replies[0].failure.message
    assert kinds(trusted) == ["ok"] * 20


class Proxy:
    """A proxy that opens tunnels to one port whatever is asked for, or refuses; keeps what it was asked."""

    def __init__(self, port: int, *, refuse: bool = False) -> None:
        self.port = port
        self.refuse = refuse
        self.asked: list[str] = []
        self.tasks: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if self.refuse:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            writer.close()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy bytes until one side has enough."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        pass
    writer.close()


def through(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, url: str, number: int = 3) -> list[str]:
    """What calls to a URL end in when HTTPS_PROXY names the proxy."""

    async def main() -> list[str]:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://user:pass%20word@127.0.0.1:{port}")
        async with server:
            async with Client(ClientSettings(concurrency=1, max_attempts=1)) as client:
                replies = [await client.complete(call) for call in calls(endpoint(url), number)]
            await asyncio.gather(*filter(None, proxy.tasks))
        return kinds(replies)

    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    return asyncio.run(main())


def test_https_goes_through_a_tunnel_and_is_verified_inside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy sees host and port and its own password, never the key; one tunnel serves several calls."""
    with FakeProvider(tls=True) as server:
        proxy = Proxy(server.port)
        assert through(proxy, monkeypatch, "https://models.example/v1") == ["ok"] * 3
        assert [seen.key for seen in server.requests] == [KEY] * 3
    (asked,) = proxy.asked
    assert asked.startswith("CONNECT models.example:443 HTTP/1.1\r\n")
    assert base64.b64encode(b"user:pass word").decode() in asked
    assert KEY not in asked


def test_a_tunnel_to_the_wrong_host_is_refused_by_its_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers inside the tunnel must be who was asked for."""
    with FakeProvider(tls=True) as server:
        assert through(Proxy(server.port), monkeypatch, "https://other.example/v1", 1) == ["connection"]
        assert server.requests == []


def test_a_proxy_that_refuses_is_a_connection_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing sent to the server."""
    assert through(Proxy(0, refuse=True), monkeypatch, "https://models.example/v1", 1) == ["connection"]


def test_a_server_that_speaks_no_tls_is_a_permanent_failure() -> None:
    """A certificate or protocol that does not fit is not tried again: the endpoint is given up after one attempt."""
    with FakeProvider() as server:
        watch = Watch()
        where = endpoint(server.url.replace("http:", "https:"))
        replies = complete(calls(where, 3), ClientSettings(concurrency=1), observer=watch)
    assert kinds(replies) == ["connection", "stopped", "stopped"]
    assert replies[0].attempts == 1
    assert watch.events() == ["stopped"]


def test_a_refused_connection_cannot_have_cost_anything() -> None:
    """httpx's ConnectError: the request was never sent."""

    async def main() -> None:
        transport = HttpTransport()
        try:
            await transport.handle_async_request(httpx.Request("POST", "http://127.0.0.1:9/v1", content=b"{}"))
        finally:
            await transport.aclose()

    with pytest.raises(httpx.ConnectError):
        asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://models.example/v1", "http://proxy:1"),
        ("https://models.example/v1", "http://proxy:2"),
        ("http://inside.example/v1", None),
        ("http://localhost:8000/v1", None),
        ("http://127.0.0.5/v1", None),
        ("http://[::1]/v1", None),
    ],
)
def test_proxies_come_from_the_environment(url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By scheme, but never for hosts of NO_PROXY and for loopback."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy:1")
    monkeypatch.setenv("https_proxy", "http://proxy:2")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert proxy_of(httpx.URL(url)) == proxy
