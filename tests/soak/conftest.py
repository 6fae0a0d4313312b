"""What the reliability programme shares: the program that forks commands, started when it is first needed."""

from collections.abc import Iterator

import pytest

from tests.soak.forks import Forks


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """One program for all tests of a worker."""
    with Forks() as program:
        yield program
