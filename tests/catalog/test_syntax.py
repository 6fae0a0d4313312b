"""The strict YAML reader."""

import time
from decimal import Decimal
from typing import Any

import pytest

from jc.catalog.syntax import read
from jc.catalog.tree import MAX_BYTES, Mark


def tree(text: str) -> Any:
    """The tree of a text that is expected to be right."""
    reading = read(text.encode())
    assert reading.flaws == []
    return reading.tree


def flaws(raw: bytes | str) -> list[tuple[str, int, int]]:
    """Code, line and column of every flaw."""
    return [flaw[:3] for flaw in read(raw if isinstance(raw, bytes) else raw.encode()).flaws]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("16:30", "16:30"),
        ("2026-06-30", "2026-06-30"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12", 12),
        ("-7", -7),
        ("3e-06", Decimal("0.000003")),
        ("2.50", Decimal("2.50")),
        (".5", Decimal("0.5")),
        ('"2.50"', "2.50"),
        ("'null'", "null"),
    ],
)
def test_plain_text_is_read_by_the_rules_of_yaml_1_2(text: str, value: object) -> None:
    """Only null, true, false and decimal numbers are more than text, and numbers keep the digits they were written with."""
    found = tree(f"a: {text}\n")["a"]

    assert (found, type(found), str(found)) == (value, type(value), str(value))


def test_every_key_and_value_knows_its_place() -> None:
    """Line and column count from 1, in characters."""
    marks = read("é: 1\nlist:\n  - {a: x, b: [y]}\n".encode()).marks

    assert marks["é",] == Mark(1, 1, 1, 4)
    assert marks["list", 0] == Mark(0, 0, 3, 5)
    assert marks["list", 0, "b"] == Mark(3, 12, 3, 15)
    assert marks["list", 0, "b", 0] == Mark(0, 0, 3, 16)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\na: 2\n", [("duplicate-key", 2, 1)]),
        ("a: {b: 1, b: 2}\n", [("duplicate-key", 1, 11)]),
        ("a: &x 1\nb: *x\n", [("alias", 1, 4), ("alias", 2, 4)]),
        ("a: &x {b: 1}\nc:\n  <<: {d: 1}\n", [("alias", 1, 4), ("alias", 3, 3)]),
        ("a: !!python/object:os.system x\n", [("tag", 1, 4)]),
        ("!!map {a: 1}\n", [("tag", 1, 1)]),
        ("a: .nan\nb: -.inf\n", [("number", 1, 4), ("number", 2, 4)]),
        ("a: 1e999\nb: " + "9" * 50 + "\n", [("number", 1, 4), ("number", 2, 4)]),
        ("a: 1\n---\nb: 2\n", [("document", 2, 1)]),
        ("", [("empty", 1, 1)]),
        ("# only a comment\n", [("empty", 1, 1)]),
        ("? [a]\n: 1\n", [("key", 1, 3)]),
        ("a: 1\n\tb: 2\n", [("tab", 2, 1), ("yaml", 2, 3)]),
        ("a: b: c\n", [("yaml", 1, 5)]),
        ("a: [1, 2\n", [("yaml", 2, 1)]),
        ("\ufeffa: 1\n", [("encoding", 1, 1)]),
        ("a: \x07b\n", [("control", 1, 4)]),
        ("a: x\u202ey\n", [("control", 1, 5)]),
        ("a: cafe\u0301\n", [("encoding", 1, 7)]),
    ],
)
def test_what_is_not_plain_yaml_is_named_with_its_place(text: str, found: list[tuple[str, int, int]]) -> None:
    """Each flaw has a code, a line and a column; several of one file come in one reading."""
    assert flaws(text) == found


def test_bytes_that_are_no_utf_8_are_named_with_their_place() -> None:
    """The column counts the characters before the wrong byte."""
    assert flaws("a: é".encode() + b"\xff\n") == [("encoding", 1, 5)]


def test_of_two_equal_keys_the_first_stays() -> None:
    """The second one is refused, so nothing wins silently."""
    assert read(b"a: 1\na: {b: 2}\nc: 3\n").tree == {"a": 1, "c": 3}


def test_windows_line_ends_change_no_place() -> None:
    """CRLF is one line end."""
    assert flaws("a: 1\r\nb: .inf\r\n") == [("number", 2, 4)]


EVIL = {
    "deep lists": b"[" * 10_000,
    "deep mappings": b"{a: " * 10_000,
    "deep blocks": b"- " * 10_000,
    "deep indents": b"\n".join(b" " * n + b"a:" for n in range(2000)),
    "an alias bomb": b"a: &a [x]\n" + b"".join(b"k%d: &k%d [%s]\n" % (n, n, b", ".join([b"*a"] * 9)) for n in range(400)),
    "a merge bomb": b"a: &a {x: 1}\n" + b"".join(b"k%d: {<<: [*a, *a, *a]}\n" % n for n in range(400)),
    "tabs": b"\t" * 1_000_000,
    "tabs and letters": b"a\t" * 1_000_000,
    "nul bytes": b"\0" * 1_000_000,
    "a long key": b"a" * 1_000_000 + b": 1\n",
    "one quote": b'"' + b"a" * 1_000_000,
    "question marks": b"? " * 10_000,
    "too large": b"a" * (MAX_BYTES + 1),
    "many anchors": b"".join(b"- &a%d x\n" % n for n in range(20_000)),
}


@pytest.mark.parametrize("name", EVIL)
def test_evil_files_end_in_flaws_at_once(name: str) -> None:
    """Bombs of every kind are refused in well under a second of work."""
    start = time.process_time()
    found = read(EVIL[name], marks=False).flaws

    assert found
    assert len(found) <= 1001
    assert time.process_time() - start < 1.5


def test_a_tag_is_never_obeyed() -> None:
    """What a tag stands before is neither made nor kept."""
    reading = read(b"a: !!python/object/apply:os.system ['echo hello']\n")

    assert [flaw.code for flaw in reading.flaws] == ["tag"]
    assert "os.system" in reading.flaws[0].message
