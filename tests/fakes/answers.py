"""The bytes of a scripted provider's answers: completions, streams, errors, and each fault's own bytes."""

import gzip
import json
import re
import zlib
from functools import cache
from typing import Any

from tests.fakes.script import Fault, Request, Script, prompt_text

_NONCE = re.compile(r"(VERDICT|RATING)-([0-9A-Za-z]+)")
_VERDICTS = ("A>>B", "A>B", "A=B", "B>A", "B>>A")


def head(status: int, headers: tuple[tuple[str, str], ...], length: int | None, content_type: str = "application/json") -> bytes:
    """Status line and headers; without a length the body is chunked."""
    lines = [f"HTTP/1.1 {status} Scripted", f"content-type: {content_type}"]
    lines.append(f"content-length: {length}" if length is not None else "transfer-encoding: chunked")
    lines.extend(f"{name}: {value}" for name, value in headers)
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def whole(status: int, headers: tuple[tuple[str, str], ...], body: bytes, content_type: str = "application/json") -> bytes:
    """A complete answer with its length."""
    return head(status, headers, len(body), content_type) + body


def error(fault: Fault) -> bytes:
    """An error in the form that OpenAI's API uses."""
    headers = fault.headers
    if fault.retry_after is not None:
        headers = (*headers, ("retry-after", str(fault.retry_after)))
    body = {"error": {"message": fault.message, "type": fault.code or "server_error", "code": fault.code}}
    return whole(fault.status, headers, json.dumps(body).encode())


def text_of(script: Script, request: Request) -> str:
    """The answer's text: scripted, a verdict or rating when the prompt asks for one, else words made from the hash."""
    for part, answer in script.answers.items():
        if part.encode() in request.raw:
            return answer
    draw = script.draw(request.unit, 0, "answer")
    if asked := _NONCE.search(prompt_text(request.body)):
        word, nonce = asked.groups()
        value = _VERDICTS[int(draw * 5)] if word == "VERDICT" else str(1 + int(draw * 10))
        return f"Because of scripted reasons.\n{word}-{nonce}: {value}"
    words = [f"{request.model}:{request.unit[:8]}", *(f"word{number}" for number in range(1, script.answer_words))]
    limit = request.body.get("max_tokens") or request.body.get("max_completion_tokens")
    return " ".join(words[:limit] if isinstance(limit, int) else words)


def completion(request: Request, text: str | None, fault: Fault | None = None) -> dict[str, Any]:
    """A chat completion, bent as the fault asks."""
    kind = fault.kind if fault else ""
    message: dict[str, Any] = {"role": "assistant", "content": None if kind == "null" else "" if kind == "empty" else text}
    reason = {"filtered": "content_filter", "truncated": "length", "tools": "tool_calls"}.get(kind, "stop")
    if kind == "refusal":
        message |= {"content": None, "refusal": "I cannot help with that."}
    if kind == "tools":
        function = {"name": "look_up", "arguments": '{"q": "tea"}'}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    answer: dict[str, Any] = {
        "id": f"chatcmpl-{request.unit[:12]}",
        "object": "chat.completion",
        "created": 0,
        "model": request.model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
    }
    if kind != "no_usage":
        answer["usage"] = usage(request)
    return answer


def usage(request: Request) -> dict[str, int]:
    """The tokens that the server charges for."""
    total = request.input_tokens + request.output_tokens
    return {"prompt_tokens": request.input_tokens, "completion_tokens": request.output_tokens, "total_tokens": total}


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def events(request: Request, text: str) -> list[bytes]:
    """A stream as server-sent events: role, words, end, usage if asked, `[DONE]`."""

    def event(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _data({"object": "chat.completion.chunk", "model": request.model, "choices": [choice]})

    out = [event({"role": "assistant", "content": ""})]
    out += [event({"content": part}) for part in re.findall(r"\S+\s*", text)]
    out.append(event({}, "stop"))
    options = request.body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        out.append(_data({"object": "chat.completion.chunk", "model": request.model, "choices": [], "usage": usage(request)}))
    return [*out, b"data: [DONE]\n\n"]


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


@cache
def bomb() -> bytes:
    """256 MiB of spaces, gzipped, a quarter of a megabyte on the wire."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * 2**20
    return b"".join(packer.compress(block) for _ in range(256)) + packer.flush()


@cache
def double_bomb() -> bytes:
    """The bomb gzipped again: a few KB on the wire."""
    return gzip.compress(bomb())
