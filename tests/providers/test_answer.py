"""A completion's bytes become an answer, or say why not."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.providers.answer import Answer, ErrorInAnswer, parse_completion, parse_usage, sound
from jc.providers.body import BodyError
from jc.quantities import Usage


def completion(message: Any, reason: str | None = "stop", **more: Any) -> bytes:
    """A chat completion with this message."""
    return json.dumps({"model": "m", "choices": [{"message": message, "finish_reason": reason}], **more}).encode()


def test_a_plain_answer() -> None:
    """Text, reason, model and usage are taken over."""
    raw = completion({"content": "hi"}, usage={"prompt_tokens": 3, "completion_tokens": 1})
    assert parse_completion(raw) == Answer("ok", "hi", "stop", Usage(3, 1), "m")


@pytest.mark.parametrize(
    ("message", "reason", "status"),
    [
        ({"content": None}, "stop", "empty"),
        ({"content": ""}, "stop", "empty"),
        ({"content": " \n"}, "stop", "empty"),
        ({}, "stop", "empty"),
        ({"content": None, "refusal": "no"}, "stop", "refused"),
        ({"content": "half a"}, "length", "truncated"),
        ({"content": ""}, "length", "truncated"),
        ({"content": ""}, "content_filter", "filtered"),
        ({"content": [{"type": "text", "text": "parts"}]}, "stop", "ok"),
        ({"content": None, "tool_calls": [{"id": "1"}]}, "tool_calls", "ok"),
        ({"content": 7}, "stop", "empty"),
    ],
)
def test_every_outcome_has_its_own_status(message: Any, reason: str, status: str) -> None:
    """Refusal, cut, filter, silence and tool calls are not one another."""
    assert parse_completion(completion(message, reason)).status == status


def test_tool_calls_come_as_json() -> None:
    """Tool calls are an answer and can be compared as text."""
    answer = parse_completion(completion({"tool_calls": [{"id": "1", "function": {"name": "f"}}]}, "tool_calls"))
    assert answer.tool_calls == '[{"function": {"name": "f"}, "id": "1"}]'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"null",
        b'{"choices": []}',
        b'{"choices": {}}',
        b'{"choices": [7]}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": "\xff"}}]}',
        b'{"choices": [{"message": {"content": "x"}, "score": NaN}]}',
        b'{"choices": [{"message": {"content": "x"}, "score": -Infinity}]}',
        b'{"a":' * 200_000,
        b"[" * 1_000_000,
        b'{"n": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_completion_is_malformed(raw: bytes) -> None:
    """Half objects, wrong shapes, NaN, invalid UTF-8, endless nesting and digits give one kind of error."""
    with pytest.raises(BodyError) as caught:
        parse_completion(raw)
    assert caught.value.kind == "malformed"


def test_an_error_object_in_a_200_is_an_error() -> None:
    """Both at the top and inside the choice (OpenRouter)."""
    for raw in (b'{"error": {"message": "x"}}', b'{"choices": [{"error": {"code": 502}}]}'):
        with pytest.raises(ErrorInAnswer):
            parse_completion(raw)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "many",
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": 1.5, "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": 1},
        {"prompt_tokens": "3", "completion_tokens": 1},
        {"prompt_tokens": 10**18, "completion_tokens": 1},
        {"prompt_tokens": 3},
    ],
)
def test_usage_that_cannot_be_true_is_none(usage: Any) -> None:
    """Negative, fractional, boolean, text, astronomical and missing counts are not believed."""
    assert parse_usage(usage) is None


def test_cached_and_reasoning_tokens_are_parts_of_the_whole() -> None:
    """They never exceed input and output."""
    details = {"prompt_tokens_details": {"cached_tokens": 90}, "completion_tokens_details": {"reasoning_tokens": 4}}
    usage = parse_usage({"prompt_tokens": 50, "completion_tokens": 7, **details})
    assert usage == Usage(50, 7, cached_input_tokens=50, reasoning_tokens=4)


@given(st.text(st.characters(), max_size=30))
def test_text_can_always_be_written(text: str) -> None:
    """Lone surrogates are replaced, everything else stays."""
    out = sound(text)
    out.encode("utf-8")
    if all(not 0xD800 <= ord(char) <= 0xDFFF for char in text):
        assert out == text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "error", "usage", "refusal", "tool_calls"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_any_json_is_an_answer_or_a_named_error(value: Any) -> None:
    """No shape of JSON gets past the two errors."""
    with contextlib.suppress(BodyError, ErrorInAnswer):
        assert isinstance(parse_completion(json.dumps(value).encode()), Answer)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_a_named_error(raw: bytes) -> None:
    """No bytes do either."""
    with contextlib.suppress(BodyError, ErrorInAnswer):
        assert isinstance(parse_completion(raw), Answer)
