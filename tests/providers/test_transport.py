"""The transport: httpx above, aiohttp below."""

import asyncio

import httpx
import pytest

from jc.providers.settings import ClientSettings
from jc.providers.transport import AiohttpTransport, proxy_of
from tests.fakes.calls import Watch, calls, complete, endpoint, kinds
from tests.fakes.provider import FakeProvider


def test_it_serves_an_ordinary_httpx_client() -> None:
    """Anything that takes an httpx transport can use it."""

    async def main(url: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=AiohttpTransport()) as client:
            return await client.post(f"{url}/chat/completions", json={"model": "m", "messages": []})

    with FakeProvider() as server:
        response = asyncio.run(main(server.url))
    assert response.status_code == 200
    assert response.json()["model"] == "m"


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
        transport = AiohttpTransport()
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
