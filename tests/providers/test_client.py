"""A client against a server that behaves."""

import asyncio
import os

import pytest

from jc.providers.call import Call
from jc.providers.client import Client
from jc.providers.endpoint import Endpoint, Secret
from jc.providers.settings import ClientSettings
from jc.quantities import Usage
from tests.fakes.calls import KEY, Till, Watch, calls, complete, endpoint, kinds
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Script


def test_an_answer_comes_with_everything_it_was_worth() -> None:
    """Text, usage, model, status, times, attempts, energy and the gateway's swap are in the reply."""
    headers = (("x-energy-joules", "2.5"), ("x-gateway-routed-from", "big"))
    with FakeProvider(Script(latency_s=0.05, answers={"prompt 0;": "forty two"}, headers=headers)) as server:
        (reply,) = complete(calls(endpoint(server.url), 1))
    assert (reply.status, reply.text, reply.finish_reason, reply.model) == ("ok", "forty two", "stop", "m")
    assert (reply.http_status, reply.attempts, reply.usage, reply.failure) == (200, 1, Usage(2, 2), None)
    assert (reply.energy_j, reply.routed_from) == (2.5, "big")
    assert reply.latency_ms is not None
    assert reply.latency_ms >= 50
    assert reply.queue_ms < 1000
    assert reply.ttft_ms is None
    assert reply.started_at is not None


def test_the_request_carries_key_and_body_and_asks_for_no_swap() -> None:
    """The body goes out as it is; the key only in its header; gateways are told to use the model that is named."""
    with FakeProvider() as server:
        complete([Call(endpoint(server.url), {"model": "m", "messages": [], "tools": [], "temperature": 0.5})])
        (seen,) = server.requests
    assert seen.body == {"model": "m", "messages": [], "tools": [], "temperature": 0.5}
    assert seen.key == KEY
    assert seen.headers["x-gateway-routing"] == "explicit"
    assert seen.headers["accept-encoding"] == "gzip"
    assert seen.headers["user-agent"].startswith("jc/")
    assert "cookie" not in seen.headers


def test_without_a_key_no_authorization_is_sent() -> None:
    """Local servers need none, and no `.netrc` supplies one."""
    with FakeProvider() as server:
        complete(calls(Endpoint(server.url), 1))
        assert "authorization" not in server.requests[0].headers


def test_a_stream_has_a_time_to_the_first_token() -> None:
    """The answer is the same, with its usage and the time to the first token."""
    with FakeProvider(Script(latency_s=0.02)) as server:
        where = endpoint(server.url)
        body = calls(where, 1)[0].body
        whole, streamed = complete([Call(where, body), Call(where, body, stream=True)])
        assert server.requests[1].body["stream_options"] == {"include_usage": True}
    assert streamed.status == "ok"
    assert streamed.text.split()[1:] == whole.text.split()[1:]
    assert streamed.usage is not None
    assert streamed.ttft_ms is not None
    assert streamed.latency_ms is not None
    assert 20 <= streamed.ttft_ms < streamed.latency_ms


def test_concurrency_is_a_cap_per_endpoint() -> None:
    """Never more in flight than asked for, whatever is waiting; each server has its own window."""
    with FakeProvider(Script(latency_s=0.03)) as one, FakeProvider(Script(latency_s=0.03)) as two:
        replies = complete([*calls(endpoint(one.url), 30), *calls(endpoint(two.url), 30)], ClientSettings(concurrency=5))
        assert kinds(replies) == ["ok"] * 60
        assert (one.book.most_in_flight, two.book.most_in_flight) == (5, 5)
        assert one.book.connections <= 5


def test_judges_do_not_wait_for_all_candidates_nor_the_other_way_round() -> None:
    """With both lanes full, judges get a quarter of the starts."""
    with FakeProvider(Script(latency_s=0.01)) as server:
        where = endpoint(server.url)
        asked = [*calls(where, 60), *calls(where, 60, model="judge", lane="judge")]
        complete(asked, ClientSettings(concurrency=4))
        first = [seen.model for seen in server.requests[4:44]]
    assert 8 <= first.count("judge") <= 12


def test_the_ledger_is_asked_before_and_told_after_every_attempt() -> None:
    """Two attempts that failed and one that was answered are three tickets; a refusal cannot have been charged."""
    script = Script(faults=(Fault("status", times=1, status=500), Fault("status", times=2, status=429)))
    with FakeProvider(script) as server:
        till = Till()
        (reply,) = complete(calls(endpoint(server.url), 1), ClientSettings(backoff_s=0.01), ledger=till)
    assert reply.attempts == till.opened == 3
    assert till.closed == [(None, True), (None, False), (reply.usage, True)]


def test_a_ledger_without_money_ends_the_call() -> None:
    """Nothing is sent; the failure says so, and later money may help."""
    with FakeProvider() as server:
        replies = complete(calls(endpoint(server.url), 5), ClientSettings(concurrency=1), ledger=Till(most=2))
        assert len(server.requests) == 2
    assert kinds(replies) == ["ok", "ok", "budget", "budget", "budget"]


def test_draining_lets_calls_in_flight_finish_and_sends_no_more() -> None:
    """Those that wait for a place or for a retry answer at once with `stopped`."""

    async def main(url: str) -> tuple[list[str], list[str]]:
        async with Client(ClientSettings(concurrency=4, backoff_s=30)) as client:
            asked = calls(endpoint(url), 10)
            flying = [asyncio.create_task(client.complete(call)) for call in asked]
            await asyncio.sleep(0.1)
            client.drain("interrupted")
            replies = await asyncio.wait_for(asyncio.gather(*flying), 5)
            late = await client.complete(asked[0])
            elsewhere = await client.complete(calls(Endpoint("http://127.0.0.1:9/v1"), 1)[0])
            return kinds(replies), kinds([late, elsewhere])

    with FakeProvider(Script(latency_s=0.3, faults=(Fault("status", contains="prompt 0;"),))) as server:
        first, late = asyncio.run(main(server.url))
        assert len(server.requests) == 5
    assert sorted(first) == ["ok"] * 4 + ["stopped"] * 6
    assert late == ["stopped", "stopped"]


def test_a_cancelled_call_frees_its_place_and_closes_its_ticket() -> None:
    """After a cancellation the window is whole, and the ledger knows that money may have gone."""

    async def main(url: str, till: Till) -> str:
        async with Client(ClientSettings(concurrency=1), ledger=till) as client:
            hanging, asked = calls(endpoint(url), 2)
            task = asyncio.create_task(client.complete(hanging))
            await asyncio.sleep(0.1)
            waiting = asyncio.create_task(client.complete(asked))
            await asyncio.sleep(0.02)
            task.cancel()
            return kinds([await asyncio.wait_for(waiting, 5)])[0]

    with FakeProvider(Script(faults=(Fault("hang", contains="prompt 0;"),))) as server:
        till = Till()
        assert asyncio.run(main(server.url, till)) == "ok"
    assert till.closed[0] == (None, True)
    assert len(till.closed) == till.opened == 2


def test_requests_a_minute_are_kept() -> None:
    """With `rpm: 60` a burst of six goes at once and the seventh waits for its turn, without one 429."""
    with FakeProvider(Script(requests_a_minute=60)) as server:
        replies = complete(calls(endpoint(server.url, rpm=60), 8))
        times = [seen.at for seen in server.requests]
    assert kinds(replies) == ["ok"] * 8
    assert {reply.attempts for reply in replies} == {1}
    assert times[5] - times[0] < 0.5
    assert times[7] - times[0] >= 1.9


def test_the_headers_of_an_answer_hold_the_next_calls_back() -> None:
    """`x-ratelimit-remaining-requests: 0` on a 200: the answer is kept, the next call waits for the reset."""
    headers = (("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "400ms"))
    with FakeProvider(Script(headers=headers)) as server:
        replies = complete(calls(endpoint(server.url), 2), ClientSettings(concurrency=1))
        gap = server.requests[1].at - server.requests[0].at
    assert kinds(replies) == ["ok", "ok"]
    assert gap >= 0.4


def test_a_key_that_no_header_can_carry_stops_the_endpoint() -> None:
    """Nothing is sent, and the message does not show the key."""
    with FakeProvider() as server:
        where = Endpoint(server.url, Secret("bad\r\nx-evil: 1"))
        replies = complete(calls(where, 2))
        assert server.requests == []
    assert kinds(replies) == ["auth", "auth"]
    assert all("evil" not in str(reply) for reply in replies)


@pytest.mark.parametrize("url", ["ftp://host/v1", "http://", "not a url", "http://[::1", "http://host:99999/v1"])
def test_a_url_that_cannot_be_called_is_a_connection_failure(url: str) -> None:
    """Whatever is typed as a base URL ends as a reply."""
    (reply,) = complete(calls(Endpoint(url), 1))
    assert reply.failure is not None
    assert reply.failure.kind == "connection"
    assert not reply.failure.retryable


def test_a_server_that_echoes_the_key_gets_it_into_no_reply() -> None:
    """Neither into an answer nor into an error message nor into a notice."""
    script = Script(
        answers={"prompt 0;": f"your key is {KEY}"},
        faults=(Fault("status", contains="prompt 1;", status=401, message=f"Incorrect API key: {KEY}"),),
    )
    with FakeProvider(script) as server:
        watch = Watch()
        replies = complete(calls(endpoint(server.url), 2), ClientSettings(concurrency=1), observer=watch)
    assert replies[0].text == "your key is [key]"
    assert KEY not in str(replies)
    assert KEY not in str(watch.notices)


def test_the_proxy_of_the_environment_is_not_used_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy variable does not break local servers and the demo endpoint."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with FakeProvider() as server:
        assert kinds(complete(calls(endpoint(server.url), 1))) == ["ok"]


def test_another_host_goes_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy receives the request for the whole URL."""
    with FakeProvider() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        (reply,) = complete(calls(endpoint("http://models.example/v1"), 1))
    assert reply.status == "ok"
    assert len(proxy.requests) == 1


def test_many_calls_over_few_connections_leave_nothing_open() -> None:
    """Connections are reused, and closed with the client."""
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208
    with FakeProvider() as server:
        assert kinds(complete(calls(endpoint(server.url), 400), ClientSettings(concurrency=16))) == ["ok"] * 400
        assert server.book.connections <= 16
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208
    assert after <= before
