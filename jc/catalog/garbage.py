"""Reading makes hundreds of thousands of objects and no cycle; looking for cycles meanwhile costs a fifth of the time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Leave the cyclic garbage collector off for a while, as it was found afterwards."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
