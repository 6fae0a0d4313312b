"""The embedded endpoint."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import jc
from jc.evals.checks import passes
from jc.evals.evalset import Case, load_evalset
from jc.providers.call import Call, Reply, call_key
from jc.providers.client import Client
from jc.providers.demo import DEMO_JUDGE, demo_server
from jc.providers.demo_answers import DEMO_MODELS, LABEL, load_demo
from jc.providers.endpoint import Endpoint
from tests.fakes.calls import kinds

EVALSET = Path(jc.__file__).parent.parent / "evalsets" / "demo.jsonl"


def ask(bodies: Sequence[dict[str, Any]], *, stream: bool = False) -> list[Reply]:
    """The replies of the demo endpoint."""

    async def main() -> list[Reply]:
        async with AsyncExitStack() as stack:
            endpoint = await stack.enter_async_context(demo_server())
            client = await stack.enter_async_context(Client())
            asked = [Call(endpoint, body, stream=stream) for body in bodies]
            return list(await asyncio.gather(*map(client.complete, asked)))

    return asyncio.run(main())


def body(model: str, case: Case) -> dict[str, Any]:
    """The request for a case."""
    return {"model": model, "messages": [dict(message) for message in case.messages]}


def prompt(model: str, text: str, **more: Any) -> dict[str, Any]:
    """A request with one message."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def test_the_evalset_is_sound_and_uses_every_kind_of_check() -> None:
    """About forty cases, each with a reference that passes its own checks."""
    cases = load_evalset(EVALSET).cases
    assert len(cases) >= 40
    assert {check.type for case in cases for check in case.checks} == {
        "exact", "contains", "not_contains", "regex", "json_schema", "numeric",
    }  # fmt: skip
    assert len({case.category for case in cases}) >= 7
    assert sum(len(case.messages) > 1 for case in cases) >= 2
    for case in cases:
        assert case.reference is not None
        assert all(passes(check, case.reference) for check in case.checks), case.id


def test_the_demo_models_differ_visibly() -> None:
    """Of all cases strong passes about nine in ten, solid two in three, hasty one in three; each answers all, in time."""
    cases = load_evalset(EVALSET).cases
    replies = ask([body(model, case) for model in DEMO_MODELS for case in cases])
    assert set(kinds(replies)) == {"ok"}
    assert all(LABEL not in reply.text for reply in replies)
    shares = []
    for number, model in enumerate(DEMO_MODELS):
        answers = replies[number * len(cases) : (number + 1) * len(cases)]
        assert {reply.model for reply in answers} == {model}
        good = [all(passes(check, reply.text) for check in case.checks) for case, reply in zip(cases, answers, strict=True)]
        shares.append(sum(good) / len(good))
    strong, solid, hasty = shares
    assert 0.8 <= strong <= 0.97
    assert 0.55 <= solid <= 0.8
    assert 0.2 <= hasty <= 0.45
    assert all(reply.latency_ms is not None and reply.latency_ms >= 20 for reply in replies)
    assert all(reply.usage is not None and reply.usage.output_tokens >= 1 for reply in replies)


def test_streams_say_the_same_as_whole_answers() -> None:
    """With the time to the first token, and the usage when it is asked for."""
    case = load_evalset(EVALSET).cases[7]
    whole, streamed = ask([body("demo/strong", case)])[0], ask([body("demo/strong", case)], stream=True)[0]
    assert (streamed.text, streamed.usage) == (whole.text, whole.usage)
    assert streamed.ttft_ms is not None
    assert streamed.latency_ms is not None
    assert streamed.ttft_ms < streamed.latency_ms


def test_other_prompts_get_an_answer_that_says_that_it_is_a_demo() -> None:
    """Better models take up more of the question; the same question has the same answer."""
    text = "Describe the migration of arctic terns between Greenland, Weddell Sea and Patagonia with distances and months"
    replies = ask([prompt(model, text) for model in (*DEMO_MODELS, "demo/strong")])
    assert all(reply.text.startswith(LABEL) for reply in replies)
    lengths = [len(reply.text) for reply in replies[:3]]
    assert lengths == sorted(lengths, reverse=True)
    assert replies[0].text == replies[3].text
    assert ask([prompt("demo/hasty", "")])[0].text == f"{LABEL} nothing to go by"


def test_max_tokens_cuts_the_answer() -> None:
    """With the finish reason that says so."""
    reply = ask([prompt("demo/strong", "one two three four five six seven eight nine ten words here", max_tokens=3)])[0]
    assert reply.status == "truncated"
    assert len(reply.text) == 12


def test_mistakes_of_the_caller_are_named() -> None:
    """An unknown model, no messages."""
    replies = ask([prompt("demo/none", "x"), {"model": "demo/strong", "messages": []}])
    assert kinds(replies) == ["not_found", "bad_request"]
    assert replies[0].failure is not None
    assert "demo/hasty" in replies[0].failure.message


def test_the_server_speaks_plain_http() -> None:
    """It lists its models, refuses other paths, bodies that are no JSON and bodies that are too large, and survives noise."""

    async def talk(request: bytes) -> bytes:
        async with demo_server() as endpoint:
            port = int(endpoint.url.split(":")[2].split("/")[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            try:
                return await asyncio.wait_for(reader.read(), 5)
            except ConnectionResetError:  # closed with bytes still unread
                return b""
            finally:
                writer.close()

    close = b"connection: close\r\n"
    models = asyncio.run(talk(b"GET /v1/models HTTP/1.1\r\n" + close + b"\r\n"))
    assert models.startswith(b"HTTP/1.1 200")
    assert DEMO_JUDGE.encode() in models
    assert asyncio.run(talk(b"GET /else HTTP/1.1\r\n" + close + b"\r\n")).startswith(b"HTTP/1.1 404")
    nonsense = b"POST /v1/chat/completions HTTP/1.1\r\n" + close + b"content-length: 3\r\n\r\n{[]"
    assert asyncio.run(talk(nonsense)).startswith(b"HTTP/1.1 400")
    large = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n"
    assert asyncio.run(talk(large)).startswith(b"HTTP/1.1 413")
    assert asyncio.run(talk(b"\x16\x03\x01 noise\r\n\r\n")) == b""
    assert asyncio.run(talk(b"x" * 300_000)) == b""


def test_the_port_changes_and_the_call_stays_the_same() -> None:
    """A resumed run finds its demo answers, although the server has another port."""
    one, two = Endpoint("http://127.0.0.1:1/v1", alias="demo"), Endpoint("http://127.0.0.1:2/v1", alias="demo")
    assert call_key(Call(one, prompt("m", "x"))) == call_key(replace(Call(one, prompt("m", "x")), endpoint=two))


def test_every_case_has_its_key_points() -> None:
    """The data of evalset and answers fit together."""
    assert len(load_demo()) == len(load_evalset(EVALSET).cases)
