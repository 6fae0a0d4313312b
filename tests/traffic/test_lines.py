"""Lines in bounded memory, also from torn files."""

import gzip
from pathlib import Path

import pytest
import zstandard

from jc.traffic.lines import Cut, Line, blank, decode, lines
from jc.traffic.rows import BadRow, Reason


def test_lines_have_numbers_from_one(tmp_path: Path) -> None:
    """A last line without a line end is a line too."""
    path = tmp_path / "log"
    path.write_bytes(b"a\n\nb")

    assert list(lines(path)) == [Line(1, b"a"), Line(2, b""), Line(3, b"b")]


def _collected(path: Path, into: list[bytes | None]) -> list[bytes | None]:
    for line in lines(path):
        into += [line.raw]
    return []


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_several_compressed_members_are_one_file(tmp_path: Path, pack: object) -> None:
    """Logs that were appended to as compressed members are read whole."""
    path = tmp_path / "log"
    path.write_bytes(pack(b"a\nb\n") + pack(b"c\n"))  # type: ignore[operator]

    assert [line.raw for line in lines(path)] == [b"a", b"b", b"c"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_torn_stream_gives_its_whole_lines_and_then_says_so(tmp_path: Path, pack: object) -> None:
    """Every line before the tear is given; then Cut."""
    path = tmp_path / "log"
    whole = b"".join(b'{"n": %d}\n' % (n * 7919 % 100_003) for n in range(50_000))
    data = pack(whole)  # type: ignore[operator]
    path.write_bytes(data[: len(data) // 2])

    found: list[bytes | None] = []
    with pytest.raises(Cut):
        found += _collected(path, found)

    assert len(found) > 10_000
    assert found == whole.split(b"\n")[: len(found)]


def test_an_oversize_line_is_skipped_without_being_held(tmp_path: Path) -> None:
    """A line over the limit has no bytes, and the next one is whole."""
    path = tmp_path / "log"
    path.write_bytes(b"x" * 100 + b"\nshort\n" + b"y" * 17)

    assert list(lines(path, limit=16)) == [Line(1, None), Line(2, b"short"), Line(3, None)]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, Reason.OVERSIZE_LINE),
        (b'{"a": "\x00"}', Reason.NUL),
        (b'{"a": "\xff"}', Reason.BAD_UTF8),
        (b'{"a": ', Reason.TRUNCATED_JSON),
        (b'{"a": 1} {"b": 2}', Reason.TRUNCATED_JSON),
        (b"[" * 100_000, Reason.TRUNCATED_JSON),
        (b'{"a": 1, "b": }', Reason.TRUNCATED_JSON),
        (b'{"a": 01}', Reason.TRUNCATED_JSON),
    ],
)
def test_each_way_of_being_no_json_has_its_reason(raw: bytes | None, reason: Reason) -> None:
    """NUL, bad UTF-8, torn and endlessly nested lines are told apart, and none of them crashes."""
    with pytest.raises(BadRow) as caught:
        decode(raw)

    assert caught.value.reason is reason


def test_a_byte_order_mark_and_a_carriage_return_do_no_harm() -> None:
    """Files from other systems are read as they are."""
    assert decode(b'\xef\xbb\xbf{"a": 1}\r') == {"a": 1}


def test_the_first_of_two_equal_keys_wins() -> None:
    """As in the fast reader, so that both agree."""
    assert decode(b'{"a": 1, "a": 2}') == {"a": 1}


def test_blank_lines_are_no_rows() -> None:
    """Spaces, tabs and carriage returns alone are nothing; an oversize line is something."""
    assert blank(b" \t\r")
    assert not blank(b"x")
    assert not blank(None)


def test_what_the_fast_reader_lets_pass_the_careful_one_does_too() -> None:
    """A comma before a closing bracket, NaN and infinity: a row is bad for its tokens, not for a slip in another column."""
    assert decode(b'{"a": [1, 2, ], "b": ",}", }') == {"a": [1, 2], "b": ",}"}
    assert decode(b'{"a": -Infinity, "b": 1}')["b"] == 1
