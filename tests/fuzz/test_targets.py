"""Every input that once mattered, and a short random search, through each fuzz target."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
CASES = sorted(path for path in CORPUS.rglob("*") if path.is_file())


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_corpus_is_read(case: Path) -> None:
    """An input of the corpus is answered or refused in the reader's own words."""
    TARGETS[case.parent.name](case.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_pieces_of_the_corpus_are_read(name: str) -> None:
    """So is any mixture of pieces of the corpus, cut and joined with random bytes."""
    pieces = [path.read_bytes() for path in CASES if path.parent.name == name]
    assert pieces, "a target needs a corpus to begin with"
    part = st.builds(
        lambda piece, start, end: piece[start:end], st.sampled_from(pieces), st.integers(0, 200), st.integers(0, 400)
    )
    mixtures = st.lists(st.one_of(part, st.binary(max_size=12)), max_size=6).map(b"".join)

    @settings(max_examples=60)
    @given(mixtures)
    def search(data: bytes) -> None:
        TARGETS[name](data)

    search()
