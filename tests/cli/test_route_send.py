"""`jc route --send` against servers that fail, on real sockets, in processes of their own."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.chain import DEAD, KEY, placed
from tests.fakes.provider import FakeProvider
from tests.fakes.script import Fault, Script, rate_limit

GOOD = Script(answers={"haiku": "Rain on the tin roof, a clock that forgot the hour"})


def failing(fault: Fault) -> Script:
    return Script(faults=(fault,))


@pytest.mark.parametrize(
    ("first", "why", "cooling"),
    [
        (DEAD, "one/model: connection, ", "connection"),
        (failing(Fault("status", status=503)), "one/model: HTTP 503, ", "overloaded"),
        (failing(Fault("status", status=402)), "one/model: HTTP 402, ", "quota"),
        (failing(rate_limit(retry_after=120)), "one/model: HTTP 429, ", "rate limited"),
        (failing(Fault("hang")), "one/model: timeout, no complete answer within 1 s", "timeout"),
        (Script(keys=frozenset({"another"})), "one/model: HTTP 401, ", "auth"),
        (failing(Fault("malformed")), "one/model: malformed, ", "malformed"),
    ],
    ids=["refused", "503", "402", "429", "timeout", "401", "malformed"],
)
def test_the_next_model_answers_and_the_failed_one_is_remembered(
    tmp_path: Path, first: Script | str, why: str, cooling: str
) -> None:
    """A second process does not ask the failed model again while it cools down."""
    with placed(tmp_path, first, GOOD, GOOD) as place:
        done = place.send("--timeout", "1")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "Rain on the tin roof, a clock that forgot the hour\n"
        assert "auto → two/model" in done.stderr
        assert "2 attempts" in done.stderr
        assert why in done.stderr
        assert (place.seen(0), place.seen(1)) == (0 if first is DEAD else 1, 1)

        again = place.send("--explain")
        assert again.stdout == done.stdout
        assert f"is out of service: {cooling}, cooling down" in " ".join(again.stderr.split())
        assert "1 attempt," in again.stderr
        assert (place.seen(0), place.seen(1)) == (0 if first is DEAD else 1, 2)


def test_a_cool_down_is_as_long_as_the_server_asked_for(tmp_path: Path) -> None:
    """Retry-After counts, not the usual minute."""
    with placed(tmp_path, failing(rate_limit(retry_after=1234)), GOOD) as place:
        place.send()
    ((name, (until, _)),) = json.loads((tmp_path / ".cache/jc/health.json").read_text("utf-8")).items()

    assert name == "one/model"
    assert 1200 < until - time.time() <= 1234


def test_a_short_wait_is_waited_for_when_the_whole_chain_failed(tmp_path: Path) -> None:
    """Once, and only when the server named it."""
    busy = Script(faults=(rate_limit(retry_after=0.1, times=1),), answers=GOOD.answers)
    with placed(tmp_path, busy, DEAD, DEAD) as place:
        done = place.send()

        assert (done.returncode, place.seen(0)) == (0, 2), done.stderr
        assert "4 attempts" in done.stderr


def test_a_stream_that_breaks_off_is_not_started_over(tmp_path: Path) -> None:
    """Once a token was shown nothing else answers: half an answer of one model and half of another is no answer."""
    with placed(tmp_path, failing(Fault("cut")), GOOD) as place:
        done = place.send()

        assert done.returncode == 3
        assert done.stdout.endswith("\n")
        assert done.stdout.strip()
        assert "the answer broke off" in done.stderr
        assert place.seen(1) == 0


def test_a_request_that_is_wrong_is_wrong_everywhere(tmp_path: Path) -> None:
    """400 stops; the next model would refuse it too."""
    with placed(tmp_path, failing(Fault("status", status=400, message="bad temperature")), GOOD) as place:
        done = place.send()

        assert (done.returncode, done.stdout, place.seen(1)) == (2, "", 0)
        assert "bad temperature" in done.stderr


def test_when_nobody_answers_it_stops_early_and_then_says_who_is_back_when(tmp_path: Path) -> None:
    """Exit 3 both times; the second call asks nobody."""
    with placed(tmp_path, failing(Fault("status", status=500)), DEAD, DEAD) as place:
        first, second = place.send(), place.send()

        assert (first.returncode, second.returncode, place.seen(0)) == (3, 3, 1)
        assert "no model of the chain answered" in first.stderr
        assert "`one/model` is out of service: server, cooling down" in second.stderr
        assert re.search(r"may be asked again in \d+ s", second.stderr)


def test_a_missing_key_is_told_by_the_name_of_its_variable(tmp_path: Path) -> None:
    """And the chain goes on."""
    with placed(tmp_path, GOOD, GOOD) as place:
        environment = {name: value for name, value in place.environment.items() if name != "ONE_KEY"}
        done = subprocess.run(
            place.command("haiku", "--send"), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert done.returncode == 0
    assert "one/model: no key: `ONE_KEY` is not set" in done.stderr


def test_a_server_that_tells_the_key_is_not_repeated(tmp_path: Path) -> None:
    """An error message with the key in it is shown without."""
    with placed(tmp_path, failing(Fault("status", status=400, message=f"the key {KEY} is odd"))) as place:
        done = place.send()  # `send` looks for the key in all that was written

    assert "the key [key] is odd" in done.stderr


def test_the_answer_is_shown_as_it_comes(tmp_path: Path) -> None:
    """The first words are on stdout while the server is still holding back the rest."""
    words = Script(latency_s=0.0, answers={"haiku": "one " * 400})
    with (
        placed(tmp_path, words) as place,
        subprocess.Popen(
            place.command("haiku", "--send"), cwd=tmp_path, env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        first = os.read(process.stdout.fileno(), 65536)
        rest, story = process.stdout.read(), process.stderr.read()

    assert first.startswith(b"one ")
    assert len(rest) > 100
    assert b"first token" in story


def test_a_gateway_is_asked_for_everything_and_its_failures_are_its_own(tmp_path: Path) -> None:
    """`--base-url` sends the offer's id there; a model that fails behind it is not called down at its provider."""
    with placed(tmp_path, GOOD, GOOD) as place, FakeProvider(failing(Fault("status", status=500))) as gateway:
        done = place.send("--base-url", gateway.url)

        assert done.returncode == 3
        assert [request.model for request in gateway.requests] == ["one/model", "two/model", "three/model"]
        assert place.send().returncode == 0
        assert place.seen(0) == 1


def test_the_audit_line_takes_the_gateways_joules(tmp_path: Path) -> None:
    """What the response header says counts; else it is about what the catalog says."""
    told = Script(headers=(("x-energy-joules", "7.25"),), answers=GOOD.answers)
    with placed(tmp_path, told, GOOD) as place:
        audit = place.send().stderr.splitlines()[-1]

    assert re.fullmatch(
        r"auto → one/model, \w+ \(\d\.\d\d\), 1 attempt, first token \S+ m?s, \S+ m?s, \d+ \+ \d+ tokens, \$\S+, (about )?\S+ J",
        audit,
    )


def test_what_was_sent_is_replayed_with_the_same_decision(tmp_path: Path) -> None:
    """`--log` appends a line that `jc simulate` decides as `jc route` did, and keys and texts are not in it."""
    with placed(tmp_path, GOOD, GOOD, GOOD) as place:
        asks = ("haiku", "Prove that the haiku has 17 syllables", "Write a Python function that counts a haiku's syllables")
        for ask in asks:
            assert place.send("--log", "log.jsonl", "--key", "team-a", "--max-output-tokens", "300", ask=ask).returncode == 0
        rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
        assert "syllables" not in (tmp_path / "log.jsonl").read_text("utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "jc", "simulate", "log.jsonl", "-r", "chain", "-C", "catalogs", "-f", "json"],
            cwd=tmp_path, env=place.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["rows"]["used"] == len(asks)
    assert [table["moved"] for table in found["tables"]] == [None, 0.0]
    assert [row["served_model"] for row in rows] == ["one/model"] * 3
    assert {row["key"] for row in rows} == {"team-a"}
    logged = sum(float(row["cost_usd"]) for row in rows)
    assert all(float(table["cost_usd"]) == pytest.approx(logged) for table in found["tables"])
