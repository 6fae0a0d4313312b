"""Calls, their keys, and replies as JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from jc.providers.call import Call, Failure, Reply, body_key, call_key
from jc.providers.endpoint import Endpoint, Secret
from jc.quantities import Usage


def test_the_key_of_a_call_ignores_the_order_of_fields_and_the_secret() -> None:
    """The same request has the same key, whoever pays for it."""
    one = Call(Endpoint("http://h/v1/", Secret("a")), {"model": "m", "messages": []})
    two = Call(Endpoint("http://h/v1", Secret("b")), {"messages": [], "model": "m"}, "judge", stream=True)
    assert call_key(one) == call_key(two)


def test_another_body_or_address_is_another_call() -> None:
    """Model, prompt, parameters and server are all part of the key; the body's key knows no server."""
    base = Call(Endpoint("http://h/v1"), {"model": "m", "messages": []})
    elsewhere = Call(Endpoint("http://g/v1"), base.body)
    assert call_key(Call(base.endpoint, {**base.body, "temperature": 0})) != call_key(base)
    assert call_key(elsewhere) != call_key(base)
    assert body_key(elsewhere) == body_key(base)


def test_lone_surrogates_have_a_key() -> None:
    """A prompt that is not valid Unicode is still a prompt."""
    assert len(call_key(Call(Endpoint("http://h"), {"model": "\ud800"}))) == 64


_TEXT = st.text(max_size=20)
_MAYBE = st.none() | _TEXT.filter(bool)
_NUMBER = st.none() | st.floats(0, 1e6)


@given(
    st.builds(
        Reply,
        st.sampled_from(["ok", "refused", "truncated", "empty", "filtered", "error"]),
        _TEXT,
        _MAYBE,
        st.none() | st.builds(Usage, st.integers(0, 10**9), st.integers(0, 10**9)),
        _MAYBE,
        st.none() | st.integers(100, 599),
        _NUMBER,
        _NUMBER,
        st.floats(0, 1e6),
        st.integers(0, 9),
        _NUMBER,
        st.none() | st.builds(Failure, st.just("server"), _TEXT, st.none() | st.integers(400, 599), st.booleans()),
        _MAYBE,
        _MAYBE,
        _MAYBE,
    )
)
def test_a_reply_survives_json(reply: Reply) -> None:
    """What `to_json` writes, `from_json` reads back unchanged."""
    assert Reply.from_json(json.loads(json.dumps(reply.to_json()))) == reply


def test_unknown_fields_of_a_newer_version_are_ignored() -> None:
    """A recording of a later version can be read."""
    assert Reply.from_json({"status": "ok", "text": "x", "later": 1}) == Reply("ok", "x")
