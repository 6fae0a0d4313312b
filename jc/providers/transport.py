"""An httpx transport that scales: httpx's values and errors above, connections of our own below.

httpx's own pool looks at every connection for every request, which costs 18 times the ideal at 128 connections; aiohttp scales,
but costs nearly twice the processor time of this, and eight more packages (docs/decisions/0003).

Never: redirects, cookies, `.netrc`, decompression. Proxies come from the environment, but never for loopback. The errors tell a
connection that was never made from one that broke after the request had gone out, because the second may have cost money.
"""

import asyncio
import base64
import ipaddress
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httpx

from jc.providers.connection import Connection, Tunnel

_CONNECT_S = 30.0
_IDLE_S = 30.0
_HAPPY_EYEBALLS_S = 0.25

Origin = tuple[str, str, int]


class TlsError(httpx.ConnectError):
    """The server's certificate is not valid for it; trying again changes nothing."""


class HttpTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests over connections that it keeps; how many are open at a time is the caller's business."""

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[Connection]] = {}
        self._busy: set[Connection] = set()
        self._tls: ssl.SSLContext | None = None
        self._proxies: dict[Origin, httpx.URL | None] = {}
        self._buffer = Connection.shared_buffer()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response as soon as its head is there; httpx errors for what goes wrong before."""
        origin = _origin(request.url)
        proxy = self._proxy(origin, request.url)
        data = _bytes_of(request, await request.aread(), proxy if origin[0] == "http" else None)
        connection = self._take(origin) or await self._connect(origin, proxy)
        self._busy.add(connection)
        answered = False
        try:
            status, headers = await connection.send(data)
            answered = True
        finally:
            if not answered:
                self._busy.discard(connection)
                connection.abort()
        return httpx.Response(status, headers=headers, stream=_Stream(self, origin, connection))

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in (*self._busy, *(one for idle in self._idle.values() for one in idle)):
            connection.abort()
        self._busy.clear()
        self._idle.clear()
        await asyncio.sleep(0)

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection whose response has ended; close one whose response has not."""
        self._busy.discard(connection)
        if connection.reusable:
            connection.idle_since = time.monotonic()
            self._idle.setdefault(origin, deque()).append(connection)
        else:
            connection.abort()

    def _take(self, origin: Origin) -> Connection | None:
        """The connection that was used last; those that idle too long are closed by the way."""
        idle = self._idle.get(origin)
        if not idle:
            return None
        oldest = time.monotonic() - _IDLE_S
        while idle and (idle[0].closed or idle[0].idle_since < oldest):
            idle.popleft().abort()
        while idle:
            connection = idle.pop()
            if not connection.closed:
                return connection
        return None

    def _proxy(self, origin: Origin, url: httpx.URL) -> httpx.URL | None:
        if origin not in self._proxies:
            name = proxy_of(url)
            self._proxies[origin] = httpx.URL(name) if name else None
        return self._proxies[origin]

    async def _connect(self, origin: Origin, proxy: httpx.URL | None) -> Connection:
        try:
            async with asyncio.timeout(_CONNECT_S):
                if proxy is None:
                    return await self._open(origin[1], origin[2], self._context() if origin[0] == "https" else None)
                return await self._through(proxy, origin)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"no connection within {_CONNECT_S:g} s") from error
        except (ssl.SSLError, ssl.CertificateError) as error:
            raise TlsError(str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(error.strerror or str(error)) from error
        except (ValueError, OverflowError) as error:  # a host name or port that cannot be
            raise httpx.UnsupportedProtocol(f"cannot connect to `{origin[1]}`: {error}") from error

    async def _open(self, host: str, port: int, context: ssl.SSLContext | None) -> Connection:
        options: dict[str, Any] = {"ssl": context, "server_hostname": host} if context is not None else {}
        if not _is_address(host):
            options["happy_eyeballs_delay"] = _HAPPY_EYEBALLS_S
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self._buffer), host, port, **options)
        return connection

    async def _through(self, proxy: httpx.URL, origin: Origin) -> Connection:
        """A connection by way of a proxy: as it is for http, a tunnel with TLS inside for https."""
        if proxy.scheme != "http":
            raise httpx.ProxyError(f"proxies of the kind `{proxy.scheme}:` are not supported, only `http:`")
        if origin[0] == "http":
            return await self._open(proxy.host, proxy.port or 80, None)
        loop = asyncio.get_running_loop()
        transport, tunnel = await loop.create_connection(Tunnel, proxy.host, proxy.port or 80)
        connection = Connection(self._buffer)
        secured: asyncio.Transport | None = None
        try:
            await tunnel.open(f"{origin[1]}:{origin[2]}", _proxy_key(proxy))
            secured = await loop.start_tls(transport, connection, self._context(), server_hostname=origin[1])
        finally:
            if secured is None:
                transport.abort()
        assert secured is not None
        connection.connection_made(secured)
        return connection

    def _context(self) -> ssl.SSLContext:
        """Certificates are always verified; SSL_CERT_FILE and SSL_CERT_DIR are obeyed."""
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls


class _Stream(httpx.AsyncByteStream):
    """The body as it comes; closing it early closes the connection, so that nothing more is received."""

    def __init__(self, transport: HttpTransport, origin: Origin, connection: Connection) -> None:
        self._transport = transport
        self._origin = origin
        self._connection: Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert self._connection is not None
        while (chunk := await self._connection.read()) is not None:
            yield chunk

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.give_back(self._origin, connection)


def _origin(url: httpx.URL) -> Origin:
    scheme = url.scheme
    if scheme not in {"http", "https"}:
        raise httpx.UnsupportedProtocol(f"cannot call a `{scheme}:` address")
    return scheme, url.host, url.port or (443 if scheme == "https" else 80)


def _bytes_of(request: httpx.Request, content: bytes, proxy: httpx.URL | None) -> bytes:
    """The whole request in one piece; a plain proxy is told the whole URL. LocalProtocolError when a header cannot be sent."""
    target = request.url.raw_path if proxy is None else str(request.url).encode("ascii")
    lines = [b"%b %b HTTP/1.1\r\nhost: %b\r\n" % (request.method.encode("ascii"), target, request.url.netloc)]
    for name, value in request.headers.raw:
        if b"\n" in value or b"\r" in value or b"\0" in value:
            raise httpx.LocalProtocolError(f"the header `{name.decode('latin-1')}` cannot be sent")
        if name.lower() not in {b"host", b"content-length", b"transfer-encoding"}:
            lines.append(b"%b: %b\r\n" % (name, value))
    if proxy is not None:
        lines.append(_proxy_key(proxy).encode("latin-1"))
    return b"".join((*lines, b"content-length: %d\r\n\r\n" % len(content), content))


def _proxy_key(proxy: httpx.URL) -> str:
    """The line with the proxy's own user and password, when its URL has them."""
    if not proxy.userinfo:
        return ""
    user = unquote(proxy.userinfo.decode("ascii"))
    return f"proxy-authorization: Basic {base64.b64encode(user.encode()).decode('ascii')}\r\n"


def proxy_of(url: httpx.URL) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for a URL; none for loopback."""
    if _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
