"""Endpoints and secrets."""

import pickle

import pytest

from jc.providers.endpoint import Endpoint, Secret, mask


def test_a_secret_does_not_show() -> None:
    """Neither repr, str, format nor an endpoint that holds it shows the key."""
    secret = Secret("sk-very-secret")
    endpoint = Endpoint("http://localhost/v1", secret)
    for text in (repr(secret), str(secret), f"{secret}", repr(endpoint), str([secret])):
        assert "very" not in text


def test_a_secret_cannot_be_pickled() -> None:
    """Pickling, which would write the key into a cache, is an error."""
    with pytest.raises(TypeError):
        pickle.dumps(Secret("sk-very-secret"))


def test_white_space_around_a_key_is_dropped() -> None:
    """A newline at the end of a variable is no part of the key."""
    assert Secret(" sk-1\n").reveal() == "sk-1"


def test_url_and_key_are_the_identity() -> None:
    """A slash at the end, label and limits make no other endpoint; another key does."""
    one = Endpoint("http://host/v1/", Secret("a"), "one", rpm=3)
    assert one.identity == Endpoint("http://host/v1", Secret("a"), "two").identity
    assert one.identity != Endpoint("http://host/v1", Secret("b")).identity


def test_the_alias_stands_for_the_url() -> None:
    """An endpoint whose port changes keeps its address."""
    assert Endpoint("http://127.0.0.1:1/v1", alias="demo").address == Endpoint("http://127.0.0.1:2/v1", alias="demo").address


def test_mask_replaces_every_key() -> None:
    """All keys go, empty and missing ones do no harm."""
    assert mask("a sk-1 b sk-2 c", [Secret("sk-1"), None, Secret(""), Secret("sk-2")]) == "a [key] b [key] c"
