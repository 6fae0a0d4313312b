"""HTTP clients side by side against one loopback server with a fixed latency; each in a process of its own, best of the repeats.

`python -m benchmarks.evals_client` prints the table; JC_BENCH_REPEATS sets the repeats (default 3). The ideal is
calls × latency ÷ connections. CPU is user and system time of the client's process after its imports, peak its resident memory.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import NamedTuple

Post = Callable[[int], Awaitable[None]]
HEADERS = {
    "authorization": "Bearer sk-bench-0123456789",
    "content-type": "application/json",
    "accept-encoding": "gzip",
    "user-agent": "bench",
}
QUESTION = "Which of these two answers is right, and why? " * 8


class Load(NamedTuple):
    """One column of the table."""

    title: str
    latency_s: float
    connections: int
    calls: int


LOADS = (Load("32, 100 ms", 0.1, 32, 1500), Load("128, 100 ms", 0.1, 128, 3000), Load("256, 50 ms", 0.05, 256, 6000))
SLOW_CALLS = 640
"""For httpx's own pool, whose cost a call grows with the connections."""


def body(number: int) -> dict[str, object]:
    """One request of a candidate call."""
    return {"model": "m", "messages": [{"role": "user", "content": QUESTION}], "temperature": 0, "seed": number}


def content(number: int) -> bytes:
    """Its bytes."""
    return json.dumps(body(number)).encode()


def check(data: bytes) -> None:
    """Read the answer as every client has to."""
    assert json.loads(data)["choices"][0]["message"]["content"]


async def sockets(url: str, connections: int, stack: AsyncExitStack) -> Post:
    """Bare asyncio streams: what the machine can do."""
    host, port = url.split("/")[2].split(":")
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(connections):
        pair = await asyncio.open_connection(host, int(port))
        stack.callback(pair[1].close)
        idle.put_nowait(pair)
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in HEADERS.items()
    )

    async def post(number: int) -> None:
        reader, writer = pair = await idle.get()
        data = content(number)
        writer.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.split(b"content-length: ")[1].split(b"\r\n")[0])
        check(await reader.readexactly(length))
        idle.put_nowait(pair)

    return post


async def aiohttp(url: str, _connections: int, stack: AsyncExitStack) -> Post:
    """An aiohttp session."""
    import aiohttp

    session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))

    async def post(number: int) -> None:
        async with session.post(f"{url}/chat/completions", data=content(number), headers=HEADERS) as response:
            check(await response.read())

    return post


async def _httpx(url: str, transport: object, stack: AsyncExitStack) -> Post:
    import httpx

    client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, timeout=60))  # type: ignore[arg-type]

    async def post(number: int) -> None:
        response = await client.post(f"{url}/chat/completions", content=content(number), headers=HEADERS)
        check(response.content)

    return post


async def httpx_pool(url: str, connections: int, stack: AsyncExitStack) -> Post:
    """httpx with its own pool."""
    import httpx

    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return await _httpx(url, httpx.AsyncHTTPTransport(limits=limits), stack)


async def httpx_aiohttp(url: str, connections: int, stack: AsyncExitStack) -> Post:
    """httpx over the httpx-aiohttp package."""
    import httpx
    from httpx_aiohttp import AiohttpTransport

    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return await _httpx(url, AiohttpTransport(limits=limits), stack)


async def httpx_own(url: str, _connections: int, stack: AsyncExitStack) -> Post:
    """httpx's client over jc's transport."""
    from jc.providers.transport import HttpTransport

    return await _httpx(url, HttpTransport(), stack)


async def jc_client(url: str, connections: int, stack: AsyncExitStack) -> Post:
    """jc's client: httpx's values over jc's transport, with limits, retries, bounds and checks."""
    from jc.providers.call import Call
    from jc.providers.client import Client
    from jc.providers.endpoint import Endpoint, Secret
    from jc.providers.settings import ClientSettings

    client = await stack.enter_async_context(Client(ClientSettings(concurrency=connections)))
    endpoint = Endpoint(url, Secret("sk-bench-0123456789"))

    async def post(number: int) -> None:
        reply = await client.complete(Call(endpoint, body(number)))
        assert reply.text

    return post


CLIENTS = {
    "bare sockets": sockets,
    "aiohttp": aiohttp,
    "jc client (httpx values, own transport)": jc_client,
    "httpx client over own transport": httpx_own,
    "httpx over httpx-aiohttp": httpx_aiohttp,
    "httpx, its own pool": httpx_pool,
}


async def _run(name: str, url: str, connections: int, calls: int) -> tuple[float, float]:
    async with AsyncExitStack() as stack:
        post = await CLIENTS[name](url, connections, stack)
        numbers = iter(range(calls))

        async def work() -> None:
            for number in numbers:
                await post(number)

        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.gather(*(work() for _ in range(connections)))
        return time.perf_counter() - began, time.process_time() - cpu


def one(name: str, url: str, connections: int, calls: int) -> None:
    """Measure one client in this process and print wall and CPU seconds and peak MiB."""
    wall, cpu = asyncio.run(_run(name, url, connections, calls))
    print(json.dumps([wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def measure(load: Load, repeats: int) -> dict[str, tuple[float, float, float] | None]:
    """The best wall, CPU a call in ms and peak of each client; the clients take turns, so that noise falls on all."""
    out: dict[str, tuple[float, float, float] | None] = {}
    program = [sys.executable, "-m", "tests.fakes.provider", "--latency", str(load.latency_s)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        url = server.stdout.readline().strip()
        for turn in range(repeats):
            for name in CLIENTS:
                slow = name == "httpx, its own pool"
                if slow and turn:
                    continue
                calls = SLOW_CALLS if slow else load.calls
                arguments = [sys.executable, "-m", "benchmarks.evals_client", name, url, str(load.connections), str(calls)]
                done = subprocess.run(arguments, capture_output=True, text=True, check=False)
                if done.returncode:
                    out.setdefault(name, None)
                    continue
                wall, cpu, peak = json.loads(done.stdout)
                ratio = wall / (calls * load.latency_s / load.connections)
                cpu_ms = cpu / calls * 1000
                best = out.get(name) or (ratio, cpu_ms, peak)
                out[name] = (min(best[0], ratio), min(best[1], cpu_ms), min(best[2], peak))
        server.stdin.close()
    return out


def main() -> None:
    """Print the table."""
    repeats = int(os.environ.get("JC_BENCH_REPEATS", "3"))
    found = [measure(load, repeats) for load in LOADS]
    print(f"Wall ÷ ideal, CPU ms a call, peak MiB; best of {repeats} turns. Connections and latency in the heading.\n")
    print("| client | " + " | ".join(f"{load.title}: wall | CPU | MiB" for load in LOADS) + " |")
    print("| --- |" + " --- |" * 3 * len(LOADS))
    for name in CLIENTS:
        cells = []
        for table in found:
            row = table[name]
            cells += ["not installed"] * 3 if row is None else [f"{row[0]:.2f}", f"{row[1]:.2f}", f"{row[2]:.0f}"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
