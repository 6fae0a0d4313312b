"""Certain lines of a file, found without parsing the others."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.traffic.pick import pick


@given(
    texts=st.lists(st.sampled_from([b"a", b"bb", b"", b"  ", b"\r", b"\x0b", b"\x0c ", b" c", b"\t", b"dddd"]), max_size=30),
    ended=st.booleans(),
    step=st.integers(1, 40),
    seed=st.integers(0, 2**16),
)
def test_picked_lines_are_the_non_blank_ones_at_their_ordinals(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes], ended: bool, step: int, seed: int
) -> None:
    """For any mixture of blank lines, block sizes and line ends, ordinal, number and bytes agree."""
    path = tmp_path_factory.mktemp("pick") / "log"
    path.write_bytes(b"\n".join(texts) + (b"\n" if ended and texts else b""))
    filled = [(number, raw) for number, raw in enumerate(texts, 1) if raw.strip()]
    chosen = np.flatnonzero(np.random.default_rng(seed).random(len(filled)) < 0.5).astype(np.int64)

    found = list(pick(path, chosen, step))

    assert [(p.ordinal, p.number, p.raw) for p in found] == [(int(i), *filled[i]) for i in chosen]


def test_compressed_files_are_picked_from_too(tmp_path: Path) -> None:
    """The same answer from a gzip, line by line."""
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(b"a\n\nb\nc\n"))

    assert [(p.ordinal, p.number, p.raw) for p in pick(path, np.array([1, 2]))] == [(1, 3, b"b"), (2, 4, b"c")]
