"""An httpx transport over aiohttp's connections: httpx's values and errors above, a pool that scales below.

httpx's own pool looks at every connection for every request, which costs 18 times the ideal at 128 connections
(docs/decisions/0003). The `httpx-aiohttp` package has the same idea; this one is thinner and tells a connection that was never
made from one that broke after the request had gone out, because the second may have cost money.

Never: redirects, cookies, `.netrc`, decompression. Proxies come from the environment, but never for loopback.
"""

import ipaddress
import ssl
from collections.abc import AsyncIterator
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
import yarl

_CONNECT_S = 30.0
_KEEP_ALIVE_S = 30.0


class TlsError(httpx.ConnectError):
    """The server's certificate is not valid for it; trying again changes nothing."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests over one aiohttp session; the number of connections is the caller's business."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._tls: ssl.SSLContext | None = None
        self._targets: dict[httpx.URL, tuple[yarl.URL, str | None]] = {}
        # The whole attempt has a deadline of its own; only a dead address is given up earlier.
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response as soon as its head is there; httpx errors for what goes wrong before."""
        if self._session is None:
            self._session = self._open()
        content = await request.aread()
        try:
            url, proxy = self._target(request.url)
            response = await self._session.request(
                request.method,
                url,
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                data=content,
                allow_redirects=False,
                timeout=self._timeout,
                proxy=proxy,
                ssl=self._context() if url.scheme == "https" else True,
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _mapped(error) from error
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Stream(response))

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            auto_decompress=False,
            trust_env=False,
        )

    def _target(self, url: httpx.URL) -> tuple[yarl.URL, str | None]:
        """The URL in aiohttp's form and its proxy, worked out once per endpoint."""
        if (target := self._targets.get(url)) is None:
            target = self._targets[url] = (yarl.URL(str(url)), proxy_of(url))
        return target

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls


class _Stream(httpx.AsyncByteStream):
    """The body as it comes; closing it early closes the connection, so that nothing more is received."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise _mapped(error) from error

    async def aclose(self) -> None:
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


def proxy_of(url: httpx.URL) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for a URL; none for loopback."""
    if _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# The first class that fits decides; the class tells whether the request can have arrived.
_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ClientSSLError, TlsError),
    (ssl.SSLError, TlsError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (ValueError, httpx.LocalProtocolError),
)


def _mapped(error: Exception) -> httpx.TransportError:
    kind = next((theirs for ours, theirs in _ERRORS if isinstance(error, ours)), httpx.ReadError)
    if isinstance(error, aiohttp.ClientPayloadError):
        return kind("the answer was cut off before its end")
    if isinstance(error, aiohttp.ClientResponseError):
        return kind(f"the answer is not HTTP that can be read: {error.message[:120]}")
    if isinstance(error, OSError) and error.strerror:
        return kind(error.strerror)
    return kind(str(error) or type(error).__name__)
