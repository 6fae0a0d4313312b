"""`jc route` as a user and a script call it."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def jc(place: Path, *arguments: str, stdin: bytes = b"", columns: int = 98) -> subprocess.CompletedProcess[bytes]:
    """One call of `jc` without a terminal."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(place / ".cache"), "NO_COLOR": "1", "COLUMNS": str(columns)}
    return subprocess.run(
        [sys.executable, "-m", "jc", *arguments], cwd=place, env=environment, input=stdin, capture_output=True, check=False
    )


def decided(place: Path, *arguments: str, stdin: bytes = b"") -> dict[str, object]:
    """The decision as JSON."""
    done = jc(place, "route", *arguments, "-f", "json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_stdout_is_the_models_id_alone(tmp_path: Path) -> None:
    """`model=$(jc route "$PROMPT")` works: the id and a line end on stdout, nothing on stderr off a terminal."""
    done = jc(tmp_path, "route", "Prove that sqrt(2) is irrational")

    assert (done.returncode, done.stdout, done.stderr) == (0, b"deepseek/deepseek-reasoner\n", b"")


def test_the_json_has_the_shape_of_the_contract(tmp_path: Path) -> None:
    """`jc.decision/1` carries model, class, reasons, who was left out, fallbacks and the estimate."""
    found = decided(tmp_path, "write a regex for emails")

    assert found["schema"] == "jc.decision/1"
    assert found["route_class"] == "code"
    assert {"model", "offer", "requested", "confidence", "reasons", "excluded", "fallbacks", "estimate"} <= set(found)
    estimate = found["estimate"]
    assert isinstance(estimate, dict)
    assert {"usd", "latency_s", "energy_j"} <= set(estimate)


def test_facts_are_read_off_an_openai_body(tmp_path: Path) -> None:
    """Tools and images of the body outrank its text: a greeting with tools is an agent request, an image finds a model."""
    tools = {"messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function", "function": {"name": "f"}}]}
    image = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]}

    assert decided(tmp_path, "--body", "-", stdin=json.dumps(tools).encode())["route_class"] == "agent"
    shown = decided(tmp_path, "--body", "-", "--routes", "auto", stdin=json.dumps(image).encode())
    assert shown["model"] is not None


def test_a_pin_and_explicit_routing_win(tmp_path: Path) -> None:
    """`pin:MODEL` sends everything to it, and with explicit routing the asked model answers."""
    assert decided(tmp_path, "hi", "-r", "pin:openai/gpt-4o")["model"] == "openai/gpt-4o"
    assert decided(tmp_path, "hi", "--model", "openai/gpt-4o", "--routing", "explicit")["model"] == "openai/gpt-4o"


def test_a_file_of_prompts_streams_through(tmp_path: Path) -> None:
    """Each good line is decided, each bad line is named, and the file is written."""
    (tmp_path / "in.jsonl").write_text('{"id": "a", "prompt": "hi"}\n"Prove that 2 is prime"\nbroken\n', "utf-8")
    done = jc(tmp_path, "route", "--input", "in.jsonl", "--output", "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]

    assert done.returncode == 2
    assert b"in.jsonl:3: not JSON" in done.stderr
    assert [(row["id"], row["route_class"]) for row in rows] == [("a", "simple"), (2, "reasoning")]


@pytest.mark.parametrize(
    "prompt",
    [b"", b"\x00\xff\xfe", b"x" * 2_000_000, "🙂".encode() * 5000, b"\n\n\n"],
    ids=["nothing", "binary", "long", "smileys", "blank lines"],
)
def test_any_bytes_get_an_answer(tmp_path: Path, prompt: bytes) -> None:
    """Empty, binary, very long and odd prompts are routed without a traceback."""
    done = jc(tmp_path, "route", "-", stdin=prompt)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no prompt"),
        (("hi", "--routes", "five-wya"), "five-way"),
        (("hi", "--routing", "maybe"), "auto or explicit"),
        (("--body", "-"), "is not JSON"),
        (("--input", "-", "-f", "markdown"), "jsonl (the default), csv or json"),
        (("hi", "-r", "pin:gpt-9o"), "did you mean"),
        (("hi", "--max-usd", "much"), "not an amount"),
    ],
)
def test_a_mistake_is_exit_2_with_one_hint(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """Wrong usage says what and one hint."""
    done = jc(tmp_path, "route", *arguments, stdin=b"{")

    assert done.returncode == 2
    assert words in done.stderr.decode()


@pytest.mark.parametrize("width", [80, 120])
def test_the_explanation_keeps_to_the_width_of_the_terminal(tmp_path: Path, width: int) -> None:
    """Long reasons are broken into lines."""
    body = json.dumps({"prompt": "hi", "tools": [{}], "response_format": {"type": "json_object"}, "max_tokens": 300_000})
    for table in ("five-way", "auto", "tier-swap", "local-first"):
        done = jc(tmp_path, "route", "--explain", "--body", "-", "-r", table, stdin=body.encode(), columns=width)
        assert max(map(len, done.stdout.decode().splitlines())) <= width
    assert b"Left out" in done.stdout


def test_an_explanation_shows_steps_candidates_and_what_to_expect(tmp_path: Path) -> None:
    """Scores are explicit; tokens, price, time and energy are told for the one that answers."""
    shown = jc(tmp_path, "route", "--explain", "-r", "auto", "Summarise this contract in five bullet points").stdout.decode()

    for heading in ("Step", "Candidate", "Quality", "Left out", "If it fails", "Expected"):
        assert heading in shown


@pytest.mark.parametrize("body", ["{}", '{"messages": 5}', '{"prompt": null}'])
def test_a_body_that_asks_nothing_is_an_error(tmp_path: Path, body: str) -> None:
    """Neither messages nor a prompt is a mistake, not an empty prompt."""
    done = jc(tmp_path, "route", "--body", "-", stdin=body.encode())

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"neither `messages` nor `prompt`" in done.stderr


ROWS = (
    b'{"id": "a", "prompt": "hi"}\n'
    b'{"prompt": "x", "model": "nosuch", "routing": "explicit"}\n'
    b'{"id": "=1+1", "prompt": "\\ud800", "model": "\\u001b[31m\\ud800"}\n'
    b"\xff\xfe\n"
)


@pytest.mark.parametrize("fmt", ["jsonl", "csv", "json"])
def test_bad_rows_stop_nothing_in_any_format(tmp_path: Path, fmt: str) -> None:
    """An unknown explicit model and bytes that are no text are named by line; the others are decided, by suffix."""
    (tmp_path / "in.jsonl").write_bytes(ROWS)
    done = jc(tmp_path, "route", "--input", "in.jsonl", "--output", f"out.{fmt}")
    text = (tmp_path / f"out.{fmt}").read_text("utf-8")

    assert done.returncode == 2
    assert b"in.jsonl:2: no model `nosuch`" in done.stderr
    assert b"in.jsonl:4: not UTF-8 text" in done.stderr
    if fmt == "csv":
        found = [row["id"] for row in csv.DictReader(io.StringIO(text))]
        assert found == ["a", "'=1+1"]
    else:
        rows = json.loads(text)["decisions"] if fmt == "json" else [json.loads(line) for line in text.splitlines()]
        assert [row["id"] for row in rows] == ["a", "=1+1"]
    assert "\x1b" not in text


def test_a_table_as_input_is_told_what_a_line_is(tmp_path: Path) -> None:
    """A CSV has no line that could be decided; the hint shows one that could."""
    (tmp_path / "p.csv").write_text("prompt\nhello\n")
    done = jc(tmp_path, "route", "--input", "p.csv")

    assert done.returncode == 2
    assert 'hint: JSON lines, one request a line: {"prompt": "…"}' in done.stderr.decode()
