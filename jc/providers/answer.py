"""A chat completion's bytes → an answer. Everything in it is checked before it is believed: JSON, shape, token counts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from jc.providers.body import BodyError
from jc.providers.call import Status
from jc.quantities import Usage

_MOST_TOKENS = 10**9
_REASONS: Mapping[str, Status] = {
    "length": "truncated",
    "max_tokens": "truncated",
    "content_filter": "filtered",
    "refusal": "refused",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered and what the server says it consumed."""

    status: Status
    text: str
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    tool_calls: str | None = None


class ErrorInAnswer(Exception):  # noqa: N818  the server's error, not ours
    """A 200 whose body is an error object; `error` is that object."""

    def __init__(self, error: object) -> None:
        super().__init__("the answer is an error object")
        self.error = error


def strict_json(raw: bytes | str) -> Any:
    """The JSON value; BodyError for what is not JSON: NaN, invalid UTF-8, nesting too deep, half an object."""
    try:
        return _DECODER.decode(raw.decode("utf-8") if isinstance(raw, bytes) else raw)
    except UnicodeDecodeError as error:
        raise BodyError("malformed", "the answer is not valid UTF-8") from error
    except RecursionError as error:
        raise BodyError("malformed", "the answer is nested too deeply") from error
    except ValueError as error:
        raise BodyError("malformed", f"the answer is not JSON: {_reason(error)}") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _reason(error: ValueError) -> str:
    return f"{error.msg} at character {error.pos}" if isinstance(error, json.JSONDecodeError) else str(error)[:80]


def parse_completion(raw: bytes) -> Answer:
    """The answer in a whole body; BodyError when it is none, ErrorInAnswer when the server tells an error in a 200."""
    data = strict_json(raw)
    if not isinstance(data, dict):
        raise BodyError("malformed", "the answer is not a JSON object")
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices:
        if data.get("error") is not None:
            raise ErrorInAnswer(data["error"])
        raise BodyError("malformed", "the answer has no choices")
    choice = choices[0]
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        if isinstance(choice, dict) and choice.get("error") is not None:
            raise ErrorInAnswer(choice["error"])
        raise BodyError("malformed", "the answer's first choice has no message")
    return answer_of(choice["message"], choice.get("finish_reason"), parse_usage(data.get("usage")), data.get("model"))


def answer_of(message: Mapping[str, Any], finish_reason: object, usage: Usage | None, model: object) -> Answer:
    """The answer in a message: refusals, filters and cuts are told apart from answers; tool calls are an answer."""
    reason = finish_reason if isinstance(finish_reason, str) else None
    text = sound(_text(message.get("content")))
    refusal = message.get("refusal")
    tools = message.get("tool_calls")
    status: Status = _REASONS.get(reason or "", "ok")
    calls = None
    if isinstance(refusal, str) and refusal:
        status, text = "refused", text or sound(refusal)
    elif isinstance(tools, list) and tools:
        calls = json.dumps(tools, sort_keys=True)
    elif not text.strip() and status == "ok":
        status = "empty"
    return Answer(status, text, reason, usage, sound(model)[:200] if isinstance(model, str) else None, calls)


def _text(content: object) -> str:
    """Content as text; some servers send a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return ""


def sound(text: str) -> str:
    """The text with lone surrogates replaced, so that it can be written as UTF-8 everywhere."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def parse_usage(data: object) -> Usage | None:
    """Token counts, or None when the server told none or none that can be true (negative, fractional, above 10^9)."""
    if not isinstance(data, dict):
        return None
    into, out = _tokens(data.get("prompt_tokens")), _tokens(data.get("completion_tokens"))
    if into is None or out is None:
        return None
    cached = _tokens(_inner(data, "prompt_tokens_details", "cached_tokens")) or 0
    reasoning = _tokens(_inner(data, "completion_tokens_details", "reasoning_tokens")) or 0
    return Usage(
        input_tokens=into, output_tokens=out, cached_input_tokens=min(cached, into), reasoning_tokens=min(reasoning, out)
    )


def _inner(data: Mapping[str, Any], outer: str, inner: str) -> object:
    details = data.get(outer)
    return details.get(inner) if isinstance(details, dict) else None


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS else None
