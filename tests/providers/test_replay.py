"""Recording and replaying."""

import asyncio
from pathlib import Path

import pytest

from jc.errors import InputError, IoFailure
from jc.providers.call import Call, Failure, Reply
from jc.providers.client import Client
from jc.providers.endpoint import Endpoint
from jc.providers.replay import Recorder, Replayer
from tests.fakes.calls import KEY, calls, endpoint, kinds
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Script

WHERE = Endpoint("http://host/v1")


def record(path: Path, asked: list[Call]) -> list[Reply]:
    """Complete the calls and record them."""

    async def main() -> list[Reply]:
        with Recorder(path) as recorder:
            async with Client(recorder=recorder) as client:
                return [await client.complete(call) for call in asked]

    return asyncio.run(main())


def replay(path: Path, asked: list[Call]) -> tuple[list[Reply], int]:
    """Complete the calls from the file."""

    async def main() -> list[Reply]:
        async with Client(replayer=replayer) as client:
            return [await client.complete(call) for call in asked]

    replayer = Replayer(path)
    return asyncio.run(main()), replayer.missing


def test_a_replay_gives_the_recorded_replies_without_a_network(tmp_path: Path) -> None:
    """Everything that was recorded comes back as it was; the server is gone."""
    path = tmp_path / "answers.jsonl"
    with FakeProvider() as server:
        asked = calls(endpoint(server.url), 5)
        recorded = record(path, asked)
    assert replay(path, asked) == (recorded, 0)


def test_the_key_is_not_in_the_file_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    """A recording can be shared without the key, and is private until it is."""
    path = tmp_path / "answers.jsonl"
    with FakeProvider(Script(answers={"prompt 0;": f"key {KEY}"})) as server:
        record(path, calls(endpoint(server.url), 1))
    assert KEY not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_not_recorded_is_counted(tmp_path: Path) -> None:
    """Each missing call is a clear failure, not a made-up answer."""
    path = tmp_path / "answers.jsonl"
    with FakeProvider() as server:
        where = endpoint(server.url)
        record(path, calls(where, 2))
        replies, missing = replay(path, calls(where, 5))
        assert len(server.requests) == 2
    assert kinds(replies) == ["ok", "ok", "not_recorded", "not_recorded", "not_recorded"]
    assert missing == 3


def test_errors_are_not_recorded(tmp_path: Path) -> None:
    """A replay must not freeze an outage."""
    path = tmp_path / "answers.jsonl"
    with FakeProvider(Script(faults=(Fault("status", status=400, contains="prompt 0;"),))) as server:
        record(path, calls(endpoint(server.url), 2))
    assert len(path.read_text().splitlines()) == 1


def test_epochs_come_back_in_their_order(tmp_path: Path) -> None:
    """The same request three times gives the recorded answers one after the other, then the last again."""
    path = tmp_path / "answers.jsonl"
    call = calls(WHERE, 1)[0]
    with Recorder(path) as recorder:
        for text in ("one", "two"):
            recorder.record(call, Reply("ok", text))
    replies, _ = replay(path, [call] * 3)
    assert [reply.text for reply in replies] == ["one", "two", "two"]


def test_another_base_url_replays_when_there_is_no_doubt(tmp_path: Path) -> None:
    """The body alone is enough while one address answered it; with two the address decides."""
    path = tmp_path / "answers.jsonl"
    here, there, nowhere = (calls(Endpoint(f"http://{host}/v1"), 1)[0] for host in ("a", "b", "c"))
    with Recorder(path) as recorder:
        recorder.record(here, Reply("ok", "a"))
    assert replay(path, [nowhere])[0][0].text == "a"
    with Recorder(path) as recorder:
        recorder.record(there, Reply("ok", "b"))
    replies, missing = replay(path, [here, there, nowhere])
    assert ([reply.text for reply in replies[:2]], missing) == (["a", "b"], 1)


def test_a_torn_last_line_is_cut_and_the_recording_goes_on(tmp_path: Path) -> None:
    """A killed run leaves half a line: a replay ignores it, the next recording cuts it off."""
    path = tmp_path / "answers.jsonl"
    one, two = calls(WHERE, 2)
    with Recorder(path) as recorder:
        recorder.record(one, Reply("ok", "one"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    assert kinds(replay(path, [one])[0]) == ["ok"]
    with Recorder(path) as recorder:
        recorder.record(two, Reply("ok", "two"))
    assert kinds(replay(path, [one, two])[0]) == ["ok", "ok"]


def test_bad_lines_are_named_all_at_once(tmp_path: Path) -> None:
    """A file that is no recording is refused with every wrong line."""
    path = tmp_path / "answers.jsonl"
    path.write_text('{"key": 1}\nnonsense\n\n[]\n')
    with pytest.raises(InputError) as caught:
        Replayer(path)
    assert [problem.where.line for problem in caught.value.problems if problem.where] == [1, 2, 4]


def test_files_that_cannot_be_opened_are_clear_errors(tmp_path: Path) -> None:
    """Before any call is made."""
    with pytest.raises(InputError):
        Replayer(tmp_path / "none.jsonl")
    with pytest.raises(IoFailure), Recorder(tmp_path / "no" / "folder.jsonl"):
        pass


def test_an_error_reply_is_refused_by_the_recorder(tmp_path: Path) -> None:
    """Whoever calls it."""
    with Recorder(tmp_path / "a.jsonl") as recorder:
        recorder.record(calls(WHERE, 1)[0], Reply("error", failure=Failure("server", "x")))
    assert (tmp_path / "a.jsonl").read_text() == ""
