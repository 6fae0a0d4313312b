"""Everything a server can do wrong, on real sockets: each fault has its own status or kind, and the other calls go on."""

import time
from dataclasses import replace
from itertools import pairwise

import pytest

from jc.providers.call import Call
from jc.providers.endpoint import Endpoint
from jc.providers.settings import ClientSettings
from tests.fakes import answers
from tests.fakes.calls import Till, Watch, calls, complete, endpoint, kinds
from tests.fakes.chain import closed_port
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Script, rate_limit, storm

ONCE = ClientSettings(max_attempts=1, timeout_s=0.5)
QUICK = ClientSettings(backoff_s=0.02, timeout_s=0.5)

DEEP = b'{"a":' * 100_000
FAULTS: dict[str, tuple[Fault, str]] = {
    "hang": (Fault("hang"), "timeout"),
    "connection closed without a word": (Fault("reset"), "connection"),
    "half a JSON object": (Fault("malformed"), "malformed"),
    "body cut off": (Fault("cut"), "malformed"),
    "gzip bomb": (Fault("bomb"), "too_large"),
    "gzip in gzip": (Fault("bomb", code="gzip, gzip"), "malformed"),
    "endless body": (Fault("huge"), "too_large"),
    "endless header": (Fault("header"), "malformed"),
    "one byte at a time": (Fault("drip", interval_s=0.05), "timeout"),
    "redirect": (Fault("redirect", location="http://127.0.0.1:9/v1"), "redirect"),
    "HTML 502": (Fault("html", status=502), "server"),
    "HTML 200": (Fault("html", status=200), "malformed"),
    "empty body": (Fault("body"), "malformed"),
    "wrong content type": (Fault("body", body=b"hello", content_type="text/plain"), "malformed"),
    "invalid UTF-8": (Fault("body", body=b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'), "malformed"),
    "NaN": (Fault("body", body=b'{"choices": [{"message": {"content": "x"}}], "usage": NaN}'), "malformed"),
    "deep JSON": (Fault("body", body=DEEP), "malformed"),
    "error object in a 200": (Fault("body", body=b'{"error": {"message": "boom", "code": 502}}'), "server"),
    "length of 100 MB": (Fault("body", headers=(("content-length", "100000000"),)), "malformed"),
    "unknown encoding": (Fault("body", body=b"x", headers=(("content-encoding", "br"),)), "malformed"),
    "no gzip": (Fault("body", body=b"{}", headers=(("content-encoding", "gzip"),)), "malformed"),
    "500": (Fault("status", status=500), "server"),
    "503": (Fault("status", status=503), "overloaded"),
    "429": (Fault("status", status=429), "rate_limited"),
    "400": (Fault("status", status=400), "bad_request"),
    "content null": (Fault("null"), "empty"),
    "empty text": (Fault("empty"), "empty"),
    "refusal": (Fault("refusal"), "refused"),
    "filter": (Fault("filtered"), "filtered"),
    "length": (Fault("truncated"), "truncated"),
    "no usage": (Fault("no_usage"), "ok"),
    "tool calls": (Fault("tools"), "ok"),
    "filter by status": (Fault("status", status=400, code="content_filter"), "bad_request"),
}


def test_each_fault_has_its_own_status_and_harms_no_other_call() -> None:
    """All faults at once, with good calls among them: every reply is what its own call deserves, within the deadline."""
    faults = tuple(
        Fault(**{**{name: getattr(fault, name) for name in Fault.__slots__}, "contains": f"prompt {index};"})
        for index, (fault, _) in enumerate(FAULTS.values())
    )
    answers.double_bomb()  # made once, so that the server does not stand still while it packs
    with FakeProvider(Script(faults=faults)) as server:
        began = time.monotonic()
        replies = complete(calls(endpoint(server.url), len(FAULTS) + 20), ClientSettings(64, max_attempts=1, timeout_s=1.5))
        took = time.monotonic() - began
    found = dict(zip(FAULTS, kinds(replies), strict=False))
    assert found == {name: kind for name, (_, kind) in FAULTS.items()}
    assert kinds(replies[len(FAULTS) :]) == ["ok"] * 20
    assert took < 4
    assert all(reply.attempts == 1 for reply in replies)


def test_details_of_answers_that_are_not_plain_text() -> None:
    """Without usage tokens are unknown, not zero; a refusal keeps its words; tool calls are JSON; a cut keeps its text."""
    names = {"prompt 0;": "no_usage", "prompt 1;": "refusal", "prompt 2;": "tools", "prompt 3;": "truncated"}
    faults = tuple(Fault(kind, contains=prompt) for prompt, kind in names.items())  # type: ignore[arg-type]
    with FakeProvider(Script(faults=faults)) as server:
        no_usage, refusal, tools, truncated = complete(calls(endpoint(server.url), 4), ONCE)
    assert no_usage.usage is None
    assert refusal.text == "I cannot help with that."
    assert tools.tool_calls is not None
    assert "look_up" in tools.tool_calls
    assert truncated.text.startswith("m:")
    assert truncated.finish_reason == "length"


@pytest.mark.parametrize(("kind", "expected"), [("cut", "malformed"), ("hang", "timeout"), ("reset", "connection")])
def test_a_stream_that_breaks_is_no_answer(kind: str, expected: str) -> None:
    """Cut in the middle, never begun, or closed: an error, not half an answer."""
    with FakeProvider(Script(faults=(Fault(kind),))) as server:  # type: ignore[arg-type]
        where = endpoint(server.url)
        (reply,) = complete([Call(where, calls(where, 1)[0].body, stream=True)], ONCE)
    assert kinds([reply]) == [expected]
    assert reply.text == ""


def test_the_key_never_follows_a_redirect() -> None:
    """The other host sees no request at all."""
    with FakeProvider() as other, FakeProvider(Script(faults=(Fault("redirect", location=other.url),))) as server:
        (reply,) = complete(calls(endpoint(server.url), 1), QUICK)
        assert other.requests == []
    assert (kinds([reply]), reply.attempts) == (["redirect"], 1)


def test_a_call_that_always_fails_gets_exactly_its_attempts() -> None:
    """Not one request more: there is one retry layer."""
    with FakeProvider(Script(faults=(Fault("malformed"),))) as server:
        (reply,) = complete(calls(endpoint(server.url), 1), ClientSettings(backoff_s=0.01, max_attempts=4))
        assert len(server.requests) == reply.attempts == 4


def test_the_same_500_on_one_call_while_others_are_answered_is_permanent() -> None:
    """Four attempts, then it is given up; everyone else is answered."""
    with FakeProvider(Script(latency_s=0.02, faults=(Fault("status", contains="prompt 3;"),))) as server:
        replies = complete(calls(endpoint(server.url), 60), ClientSettings(concurrency=4, backoff_s=0.02))
    assert replies[3].attempts == 4
    assert replies[3].failure is not None
    assert "4 times" in replies[3].failure.message
    assert kinds(replies[:3] + replies[4:]) == ["ok"] * 59


def test_no_retry_comes_before_its_retry_after() -> None:
    """A 429 with Retry-After: 1 silences the whole endpoint for a full second, and every attempt is counted."""
    with FakeProvider(Script(faults=(Fault("status", times=1, status=429, retry_after=1, contains="prompt 0;"),))) as server:
        watch = Watch()
        replies = complete(calls(endpoint(server.url), 6), ClientSettings(concurrency=1), observer=watch)
        refused, *later = server.requests
        assert refused.answered_at is not None
        assert min(seen.at for seen in later) - refused.answered_at >= 1.0
    assert kinds(replies) == ["ok"] * 6
    assert [reply.attempts for reply in replies] == [2, 1, 1, 1, 1, 1]
    assert replies[0].queue_ms >= 1000
    (waiting,) = [notice for notice in watch.notices if notice.event == "waiting"]
    assert (waiting.endpoint, waiting.wait_s) == ("fake", 1.0)


def test_one_endpoints_pause_does_not_hold_the_others() -> None:
    """While one waits for its Retry-After the other answers everything; so does the same server under another key."""
    with FakeProvider(Script(faults=(rate_limit(retry_after=1, times=1),))) as slow, FakeProvider() as fast:
        asked = [*calls(endpoint(slow.url), 1), *calls(endpoint(fast.url), 20)]
        replies = complete(asked)
    assert kinds(replies) == ["ok"] * 21
    assert replies[0].queue_ms >= 1000
    assert all(reply.queue_ms < 900 for reply in replies[1:])


def test_a_wait_longer_than_allowed_stops_the_endpoint_and_says_so() -> None:
    """Retry-After: 3600 with `max_wait_s` 600: one request, a clear reason, the rest is `stopped` at once."""
    with FakeProvider(Script(faults=(rate_limit(retry_after=3600),))) as server:
        replies = complete(calls(endpoint(server.url), 5), ClientSettings(concurrency=1))
        assert len(server.requests) == 1
    assert kinds(replies) == ["rate_limited"] + ["stopped"] * 4
    assert replies[0].failure is not None
    assert "3600 s" in replies[0].failure.message
    assert replies[0].failure.retryable


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("status", status=401, code="invalid_api_key"), "auth"),
        (Fault("status", status=403), "auth"),
        (Fault("status", status=402), "quota"),
        (Fault("status", status=429, code="insufficient_quota"), "quota"),
        (Fault("status", status=429, code="budget_exceeded", retry_after=60), "quota"),
    ],
)
def test_a_dead_key_or_an_empty_purse_costs_one_request(fault: Fault, kind: str) -> None:
    """The endpoint is given up with its reason, all later calls answer at once; another endpoint goes on."""
    with FakeProvider(Script(faults=(fault,))) as server, FakeProvider() as other:
        watch = Watch()
        asked = [*calls(endpoint(server.url), 9), *calls(endpoint(other.url), 3)]
        replies = complete(asked, ClientSettings(concurrency=1), observer=watch)
        assert len(server.requests) == 1
    assert kinds(replies) == [kind] + ["stopped"] * 8 + ["ok"] * 3
    assert watch.events() == ["stopped"]
    assert replies[1].failure is not None
    assert "scripted fault" in replies[1].failure.message


def test_a_missing_model_is_given_up_and_the_others_go_on() -> None:
    """404 for one model of a gateway: one request for it, everything else is answered."""
    with FakeProvider(Script(models=frozenset({"m"}))) as server:
        where = endpoint(server.url)
        replies = complete([*calls(where, 4, model="typo"), *calls(where, 4)], ClientSettings(concurrency=1))
        assert [seen.model for seen in server.requests].count("typo") == 1
    assert kinds(replies) == ["not_found"] + ["stopped"] * 3 + ["ok"] * 4


def test_a_wrong_key_at_a_server_that_checks() -> None:
    """The fake's own key check gives the same end."""
    with FakeProvider(Script(keys=frozenset({"another"}))) as server:
        assert kinds(complete(calls(endpoint(server.url), 2), ClientSettings(concurrency=1))) == ["auth", "stopped"]


def test_a_budget_is_waited_for_when_parking_is_asked_for() -> None:
    """With `park` the reset is waited out, and every call is answered."""
    fault = Fault("status", times=1, status=429, code="budget_exceeded", retry_after=1)
    with FakeProvider(Script(faults=(fault,))) as server:
        watch = Watch()
        settings = ClientSettings(concurrency=1, park=True, max_wait_s=0.1)
        replies = complete(calls(endpoint(server.url), 1), settings, observer=watch)
        assert server.requests[1].at - server.requests[0].at >= 1.0
    assert kinds(replies) == ["ok"]
    assert watch.events() == ["parked"]


def test_an_outage_is_probed_once_a_second_and_survived() -> None:
    """Two seconds of 503: the calls wait, at most one probe a second goes out, all complete afterwards."""
    with FakeProvider(Script(faults=(Fault("status", status=503, end_s=2.2),))) as server:
        watch = Watch()
        replies = complete(calls(endpoint(server.url), 40), ClientSettings(concurrency=8, backoff_s=0.2), observer=watch)
        started = server.book.started
        probes = [seen.at for seen in server.requests if 0.5 < seen.at - started < 2.2]
    assert kinds(replies) == ["ok"] * 40
    assert len(probes) <= 2
    assert max(reply.attempts for reply in replies) <= 6
    assert watch.events().count("probing") == 1
    assert watch.events().count("recovered") == 1


def test_an_outage_for_ever_ends_after_the_patience_and_the_others_keep_their_pace() -> None:
    """The dead endpoint is given up after `max_wait_s`; the other two answer everything without waiting for it."""
    with FakeProvider() as one, FakeProvider() as two:
        dead = Endpoint("http://127.0.0.1:9/v1", label="dead")
        asked = [*calls(dead, 20), *calls(endpoint(one.url), 20), *calls(endpoint(two.url), 20)]
        began = time.monotonic()
        replies = complete(asked, ClientSettings(concurrency=8, max_wait_s=1.2, backoff_s=0.05))
    assert time.monotonic() - began < 6
    assert kinds(replies[20:]) == ["ok"] * 40
    assert all(reply.queue_ms < 900 for reply in replies[20:])
    assert set(kinds(replies[:20])) <= {"connection", "stopped"}
    assert all(reply.failure is not None and reply.failure.retryable for reply in replies[:20])


def test_the_storm_of_the_specification_loses_nothing() -> None:
    """10 % 429, 5 % 500, 1 % hang, 1 % malformed at once: every call is answered, every request is counted as an attempt."""
    with FakeProvider(Script(faults=storm(retry_after=0.2), seed=3)) as server:
        till = Till()
        replies = complete(calls(endpoint(server.url), 150), ClientSettings(timeout_s=0.5, backoff_s=0.05), ledger=till)
        assert sum(reply.attempts for reply in replies) == len(server.requests) == till.opened == len(till.closed)
        assert len(server.requests) > 150
        for unit in server.book.attempts:
            times = [seen for seen in server.requests if seen.unit == unit]
            for refused, again in pairwise(times):
                if refused.outcome == "status 429":
                    assert refused.answered_at is not None
                    assert again.at - refused.answered_at >= 0.2
    assert kinds(replies) == ["ok"] * 150


def test_a_server_that_takes_five_at_a_time_is_not_hammered() -> None:
    """After the first burst the window knows the limit: few requests are turned away, all are answered."""
    with FakeProvider(Script(latency_s=0.02, most_in_flight=5)) as server:
        replies = complete(calls(endpoint(server.url), 200), ClientSettings(concurrency=32, backoff_s=0.05))
        turned_away = sum(seen.outcome == "status 429" for seen in server.requests[32:])
    assert kinds(replies) == ["ok"] * 200
    assert turned_away < 80


def test_a_call_gives_up_when_its_patience_is_over() -> None:
    """Retries stop after `max_wait_s`, with the last reason and the way on."""
    with FakeProvider(Script(faults=(Fault("malformed"),))) as server:
        (reply,) = complete(calls(endpoint(server.url), 1), ClientSettings(max_wait_s=0.3, backoff_s=5, max_attempts=9))
    assert reply.failure is not None
    assert reply.failure.kind == "malformed"
    assert reply.attempts <= 2


def test_a_port_where_nobody_listens_is_given_up_after_a_few_tries() -> None:
    """Refused connections to a server that never answered end in the time set for it, with the reason, and not in an outage's."""
    settings = ClientSettings(backoff_s=0.05, refused_s=0.3, max_attempts=50)
    started = time.monotonic()
    replies = complete(calls(endpoint(f"http://127.0.0.1:{closed_port()}/v1"), 3), settings)

    assert time.monotonic() - started < 3
    assert any("nobody answers there" in (reply.failure.message if reply.failure else "") for reply in replies)
    assert max(reply.attempts for reply in replies) < 50


def test_a_stream_that_breaks_after_its_first_piece_is_not_asked_for_again() -> None:
    """Text that was passed on cannot be taken back: one attempt, and a reason. Unheard, it is tried again."""
    heard: list[str] = []
    with FakeProvider(Script(faults=(Fault("cut", times=1),))) as server:
        (call,) = calls(endpoint(server.url), 1)
        (reply,) = complete([replace(call, stream=True, on_text=heard.append)], QUICK)
        (again,) = complete([replace(call, stream=True, body={**call.body, "seed": 1})], QUICK)

    assert heard
    assert (reply.status, reply.attempts) == ("error", 1)
    assert reply.failure is not None
    assert "passed on already" in reply.failure.message
    assert (again.status, again.attempts) == ("ok", 2)
