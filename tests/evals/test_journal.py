"""The journal keeps every finished call, whatever happens to the file's end or middle."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jc.errors import StoppedEarly
from jc.evals.journal import Journal


def key(number: int) -> str:
    """The key of the n-th call."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def filled(path: Path, count: int) -> bytes:
    """A journal with `count` records; its bytes."""
    with Journal(path) as journal:
        for number in range(count):
            journal.append(key(number), {"reply": {"text": f"answer {number} ü"}})
    return path.read_bytes()


def test_what_was_appended_is_found_after_opening_again(tmp_path: Path) -> None:
    """A record is found by its key in the same and in a later opening; the last record of a key wins."""
    path = tmp_path / "journal.jsonl"
    filled(path, 3)
    with Journal(path) as journal:
        journal.append(key(1), {"reply": {"text": "new"}})
    with Journal(path) as journal:
        assert len(journal) == 3
        assert journal.get(key(1)) == {"key": key(1), "reply": {"text": "new"}}
        assert journal.get(key(9)) is None


def test_a_journal_cut_at_any_byte_keeps_its_complete_lines(tmp_path: Path) -> None:
    """The torn tail is cut on opening, whatever byte the cut falls on, and appending goes on."""
    path = tmp_path / "journal.jsonl"
    whole = filled(path, 4)
    lines = whole.splitlines(keepends=True)
    for cut in range(len(whole) - len(lines[-1]) - len(lines[-2]), len(whole)):
        path.write_bytes(whole[:cut])
        complete = whole[:cut].count(b"\n")
        with Journal(path) as journal:
            assert len(journal) == complete
            journal.append(key(99), {"reply": {}})
        with Journal(path) as journal:
            assert (len(journal), journal.torn, journal.damaged) == (complete + 1, 0, [])


@settings(max_examples=300)
@given(position=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_and_only_its_record_is_lost(
    tmp_path_factory: pytest.TempPathFactory, position: int, bit: int
) -> None:
    """One flipped bit anywhere damages one record, or two when it makes or breaks a line end; the others stay."""
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    raw = bytearray(filled(path, 5))
    raw[position % len(raw)] ^= 1 << bit
    path.write_bytes(raw)
    with Journal(path) as journal:
        left = {number for number in range(5) if journal.get(key(number)) is not None}
        texts = [journal.get(key(number)) for number in left]

        assert len(left) >= 3
        assert journal.damaged or journal.torn
        assert all(text is not None and text["reply"]["text"] == f"answer {n} ü" for n, text in zip(left, texts, strict=True))


def test_a_full_disk_stops_the_run_and_leaves_the_journal_sound(tmp_path: Path) -> None:
    """When the file may not grow, the record is refused with exit 3 and the complete lines stay."""
    import resource

    path = tmp_path / "journal.jsonl"
    size = len(filled(path, 2))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(path) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, hard))
        try:
            with pytest.raises(StoppedEarly, match="cannot write the journal"):
                journal.append(key(5), {"reply": {"text": "x" * 100}})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with Journal(path) as journal:
        assert (len(journal), journal.torn) == (2, 0)
