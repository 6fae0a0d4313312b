"""No command writes over a file that it reads, by whatever path it is named."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROW = {
    "ts": "2026-10-05T10:00:00Z",
    "model": "openai/gpt-4o",
    "route_class": "general",
    "input_tokens": 500,
    "output_tokens": 200,
}


def jc(line: str, cwd: Path, **more: object) -> "subprocess.CompletedProcess[bytes]":
    """One call of the command."""
    return subprocess.run([sys.executable, "-m", "jc", *line.split()], cwd=cwd, capture_output=True, check=False, **more)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A log, the same file by two links, and the log again in a folder."""
    text = "".join(json.dumps({**ROW, "request_id": f"r{number}"}) + "\n" for number in range(20))
    (tmp_path / "logs").mkdir()
    for name in ("v.jsonl", "logs/a.jsonl", "logs/b.jsonl"):
        (tmp_path / name).write_text(text)
    (tmp_path / "soft.html").symlink_to("v.jsonl")
    os.link(tmp_path / "v.jsonl", tmp_path / "hard.jsonl")
    (tmp_path / "set.jsonl").write_text('{"id": "p", "prompt": "Question?"}\n')
    (tmp_path / "verdicts.csv").write_text("prompt_id,a,b,order,judge,score_a\np,one,two,ab,j,1\np,one,two,ba,j,0\n")
    (tmp_path / "last.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "simulate v.jsonl -r five-way --rejects v.jsonl", "simulate v.jsonl -r five-way -o v.jsonl",
        "simulate v.jsonl -r five-way --report v.jsonl", "simulate v.jsonl -r five-way --fit-output v.jsonl",
        "simulate v.jsonl -r five-way --rejects logs/../v.jsonl", "simulate v.jsonl -r five-way --rejects hard.jsonl",
        "simulate v.jsonl -r five-way --report soft.html", "simulate logs -r five-way --rejects logs/b.jsonl",
        "simulate logs/*.jsonl -r five-way -o logs/a.jsonl", "simulate v.jsonl -r five-way -o last.json --compare-to last.json",
        "traffic profile v.jsonl --rejects v.jsonl", "traffic profile logs -o logs/a.jsonl",
        "traffic convert auto v.jsonl -o v.jsonl", "traffic convert auto logs --rejects logs/a.jsonl",
        "traffic cube v.jsonl -o v.jsonl", "optimize v.jsonl -o v.jsonl", "optimize v.jsonl --rejects hard.jsonl",
        "catalog diff HEAD --traffic v.jsonl -o v.jsonl", "evals stats verdicts.csv -o verdicts.csv",
        "evals run -c demo/strong,demo/hasty -p set.jsonl -j demo/judge -o set.jsonl",
    ],
)  # fmt: skip
def test_an_output_that_is_read_is_refused_before_anything_is_written(place: Path, line: str) -> None:
    """Exit 2, both are named, and every file is what it was; a link, another path, a folder or a pattern do not hide it."""
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    done = jc(line, place)

    assert done.returncode == 2, done.stderr
    assert b"which this command reads" in done.stderr
    assert b"hint: name another file" in done.stderr
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_what_the_shell_opened_counts_too(place: Path) -> None:
    """With `>> v.jsonl` a log would grow while it is read, with `- < v.jsonl -o v.jsonl` it would be lost."""
    log = place / "v.jsonl"
    with log.open("ab") as out:
        words = [sys.executable, "-m", "jc", "traffic", "convert", "auto", "v.jsonl"]
        added = subprocess.run(words, cwd=place, stdout=out, stderr=subprocess.PIPE, check=False)
    with log.open("rb") as stream:
        piped = jc("traffic convert auto - -o v.jsonl", place, stdin=stream)

    assert (added.returncode, piped.returncode) == (2, 2)
    assert b"standard output would overwrite `v.jsonl`" in added.stderr
    assert b"would overwrite standard input" in piped.stderr
    assert len(log.read_text().splitlines()) == 20


def test_two_outputs_are_two_files(place: Path) -> None:
    """The later one would take the place of the earlier."""
    one = jc("simulate v.jsonl -r five-way --rejects x.jsonl -o x.jsonl", place)

    assert one.returncode == 2
    assert b"are one file" in one.stderr
    assert not (place / "x.jsonl").exists()


@pytest.mark.parametrize("line", ["traffic profile v.jsonl --rejects pipe", "traffic convert auto v.jsonl -o pipe"])
def test_a_pipe_or_device_is_not_replaced_by_a_file(place: Path, line: str) -> None:
    """A file is written beside its place and renamed: over a device that would take it away from every program."""
    os.mkfifo(place / "pipe")
    done = jc(line, place)

    assert done.returncode == 74
    assert b"it is a device or a pipe" in done.stderr
    assert (place / "pipe").is_fifo()
