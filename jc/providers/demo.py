"""The embedded endpoint: a small real HTTP server on loopback with recorded and rule-made answers, labelled as demo data.

`jc evals run` with `demo/…` models starts it for the run, so that the whole path (HTTP, limits, journal, judge, statistics) works
with no key and no network. It speaks chat completions, whole and streamed, and `/v1/models`.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from jc.providers.demo_answers import DEMO_MODELS, DemoData, load_demo
from jc.providers.demo_judge import judge, read_prompt
from jc.providers.endpoint import Endpoint

DEMO_JUDGE = "demo/judge"
_MOST_BYTES = 16 * 2**20
_SPEED_MS: Mapping[str, tuple[int, int]] = {
    "demo/strong": (60, 120),
    "demo/solid": (40, 90),
    "demo/hasty": (20, 50),
    DEMO_JUDGE: (30, 80),
}
"""The least and the most that an answer takes."""


@asynccontextmanager
async def demo_server() -> AsyncIterator[Endpoint]:
    """Serve the demo models on an ephemeral port of loopback for the time of the block; yields the endpoint to call."""
    served = _Served(load_demo())
    server = await asyncio.start_server(served.connection, "127.0.0.1", 0, limit=2**17, backlog=1024)
    try:
        port = server.sockets[0].getsockname()[1]
        yield Endpoint(f"http://127.0.0.1:{port}/v1", label="demo", alias="demo")
    finally:
        server.close()
        for task in list(served.tasks):
            task.cancel()
        await asyncio.gather(*served.tasks, return_exceptions=True)


class _Refused(Exception):  # noqa: N818  an answer with an error status
    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "code": code}}


@dataclass(frozen=True, slots=True)
class _Completion:
    model: str
    text: str
    reason: str
    usage: Mapping[str, int]
    latency_s: float
    stream: bool
    usage_asked: bool


class _Served:
    """Answers connections; each is one task, closed with the server."""

    def __init__(self, data: DemoData) -> None:
        self.data = data
        self.tasks: set[asyncio.Task[None]] = set()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other until the client leaves."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while await self._request(reader, writer):
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            pass  # the client left, or did not speak HTTP
        except asyncio.CancelledError:
            pass  # the server stops; a stream's task that ends cancelled is logged as an error by asyncio of Python 3.11
        finally:
            self.tasks.discard(task)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        start, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= _MOST_BYTES:
            writer.write(_answer(413, _Refused(413, "the request is too large", "too_large").body))
            return False
        raw = await reader.readexactly(length)
        method, path, _ = start.split(" ", 2)
        try:
            await self._route(method, path, raw, writer)
        except _Refused as refused:
            writer.write(_answer(refused.status, refused.body))
        return headers.get("connection", "").lower() != "close"

    async def _route(self, method: str, path: str, raw: bytes, writer: asyncio.StreamWriter) -> None:
        if (method, path) == ("GET", "/v1/models"):
            names = (*DEMO_MODELS, DEMO_JUDGE)
            writer.write(_answer(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}))
        elif (method, path) == ("POST", "/v1/chat/completions"):
            completion = self._complete(raw)
            if completion.stream:
                await _stream(completion, writer)
            else:
                await asyncio.sleep(completion.latency_s)
                writer.write(_answer(200, _whole(completion)))
        else:
            raise _Refused(404, f"there is no `{path}` here", "not_found")

    def _complete(self, raw: bytes) -> _Completion:
        body = _body(raw)
        model, messages = str(body.get("model", "")), body.get("messages")
        if model not in _SPEED_MS:
            raise _Refused(404, f"there is no model `{model}` here; there are {', '.join(_SPEED_MS)}", "model_not_found")
        if not isinstance(messages, list) or not messages:
            raise _Refused(400, "`messages` must be a list with at least one message", "invalid_messages")
        text, reason = _cut(self._text(model, messages, body), body)
        options = body.get("stream_options")
        least, most = _SPEED_MS[model]
        share = int.from_bytes(hashlib.sha256(raw).digest()[:4], "big") / 2**32
        return _Completion(
            model,
            text,
            reason,
            _usage(json.dumps(messages), text),
            (least + share * (most - least)) / 1000,
            bool(body.get("stream")),
            isinstance(options, dict) and bool(options.get("include_usage")),
        )

    def _text(self, model: str, messages: list[Any], body: Mapping[str, Any]) -> str:
        if model != DEMO_JUDGE:
            return self.data.answer(model, messages)
        asked = read_prompt(messages)
        if asked is None:
            return "The demo judge is a rule and reads only the judge prompt of jc; this is another one."
        form = body.get("response_format")
        return judge(asked, self.data, structured=isinstance(form, dict) and form.get("type") == "json_schema")


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise _Refused(400, "the request is not a JSON object", "invalid_json")
    return body


def _tokens(text: str) -> int:
    """About as many as a tokenizer would count: four characters each, at least one a word."""
    return max(1, len(text) // 4, len(text.split()))


def _usage(prompt: str, text: str) -> Mapping[str, int]:
    into, out = _tokens(prompt), _tokens(text)
    return {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}


def _cut(text: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """The text within `max_tokens`, and why it ended."""
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    if not isinstance(limit, int) or limit <= 0 or _tokens(text) <= limit:
        return text, "stop"
    return text[: limit * 4], "length"


def _whole(completion: _Completion) -> dict[str, Any]:
    message = {"role": "assistant", "content": completion.text}
    return {
        "object": "chat.completion",
        "created": 0,
        "model": completion.model,
        "choices": [{"index": 0, "message": message, "finish_reason": completion.reason}],
        "usage": completion.usage,
    }


def _answer(status: int, body: Mapping[str, Any]) -> bytes:
    data = json.dumps(body).encode("ascii")
    return b"HTTP/1.1 %d Demo\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (status, len(data), data)


async def _stream(completion: _Completion, writer: asyncio.StreamWriter) -> None:
    """Server-sent events: the first words after a third of the time, the others evenly over the rest."""
    writer.write(b"HTTP/1.1 200 Demo\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    pieces = re.findall(r"\S+\s*|\s+", completion.text) or [""]
    groups = ["".join(pieces[start : start + 8]) for start in range(0, len(pieces), 8)]
    first = completion.latency_s / 3
    for number, group in enumerate(groups):
        await asyncio.sleep(first if number == 0 else (completion.latency_s - first) / len(groups))
        writer.write(_event(completion, [{"index": 0, "delta": {"content": group}, "finish_reason": None}]))
    writer.write(_event(completion, [{"index": 0, "delta": {}, "finish_reason": completion.reason}]))
    if completion.usage_asked:
        writer.write(_event(completion, [], completion.usage))
    writer.write(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


def _event(completion: _Completion, choices: list[Any], usage: Mapping[str, int] | None = None) -> bytes:
    event: dict[str, Any] = {"object": "chat.completion.chunk", "model": completion.model, "choices": choices}
    if usage is not None:
        event["usage"] = usage
    return _chunk(b"data: " + json.dumps(event).encode("ascii") + b"\n\n")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
