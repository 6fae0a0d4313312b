"""Server-sent events become an answer."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.providers.answer import ErrorInAnswer
from jc.providers.body import BodyError
from jc.providers.stream import EventReader
from jc.quantities import Usage


def event(delta: Any, reason: str | None = None, **more: Any) -> bytes:
    """One event with one choice."""
    return (
        b"data: " + json.dumps({"model": "m", "choices": [{"delta": delta, "finish_reason": reason}], **more}).encode() + b"\n\n"
    )


def read(raw: bytes, step: int = 10**6) -> EventReader:
    """A reader that got these bytes in pieces."""
    reader = EventReader()
    for at in range(0, len(raw), step):
        reader.feed(raw[at : at + step])
    return reader


WHOLE = (
    b": a comment\n\n"
    + event({"role": "assistant", "content": ""})
    + event({"content": "Hé"})
    + event({"content": "llo"})
    + event({}, "stop")
    + b'data: {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}}\r\n\r\n'
    + b"data: [DONE]\n\n"
)


@given(st.integers(1, 400))
def test_the_cuts_of_the_network_do_not_matter(step: int) -> None:
    """Even inside a character the stream gives the same answer."""
    answer = read(WHOLE, step).answer()
    assert (answer.status, answer.text, answer.finish_reason, answer.usage) == ("ok", "Héllo", "stop", Usage(4, 2))


def test_the_first_token_has_a_time() -> None:
    """An empty delta is no token; text, reasoning and tool calls are."""
    assert read(event({"role": "assistant", "content": ""})).first_at is None
    for delta in ({"content": "x"}, {"reasoning_content": "x"}, {"tool_calls": [{"index": 0}]}, {"refusal": "no"}):
        assert read(event(delta)).first_at is not None


def test_a_stream_without_its_end_is_malformed() -> None:
    """Text that stops in the middle is not an answer."""
    with pytest.raises(BodyError):
        read(event({"content": "half"})).answer()


def test_a_finish_reason_is_an_end_too() -> None:
    """Some servers send no [DONE], and no newline after the last event."""
    assert read((event({"content": "x"}) + event({}, "length")).rstrip()).answer().status == "truncated"


def test_tool_calls_are_put_together() -> None:
    """Name first, then the arguments piece by piece, by index."""
    raw = event({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": '{"a"'}}]})
    raw += event({"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]}, "tool_calls")
    tools = read(raw).answer().tool_calls
    assert tools is not None
    assert json.loads(tools) == [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]


def test_an_error_event_is_an_error() -> None:
    """A provider that fails in mid-stream says so."""
    with pytest.raises(ErrorInAnswer):
        read(event({"content": "x"}) + b'data: {"error": {"message": "overloaded"}}\n\n')


@pytest.mark.parametrize(
    "data", [b"data: {nope}\n\n", b"data: 7\n\n", b'data: {"choices": [{"delta": {"content": "\xff"}}]}\n\n']
)
def test_an_event_that_is_no_object_is_malformed(data: bytes) -> None:
    """Broken events do not pass silently."""
    with pytest.raises(BodyError):
        read(data)


def test_a_long_line_in_small_pieces_takes_linear_time() -> None:
    """4 MB in pieces of 100 bytes are joined once, not once a piece."""
    assert len(read(event({"content": "x" * 4_000_000}, "stop"), 100).answer().text) == 4_000_000


@given(st.binary(max_size=300))
def test_any_bytes_give_an_answer_or_a_named_error(raw: bytes) -> None:
    """No stream of bytes gets past the two errors."""
    with contextlib.suppress(BodyError, ErrorInAnswer):
        read(b"data: " + raw).answer()
