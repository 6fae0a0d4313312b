"""How large a nightly test is: `make soak` sets JC_SOAK=1, and what is a sample in `make test` becomes the whole."""

import os

FULL = bool(os.environ.get("JC_SOAK"))


def scaled(everyday: int, nightly: int) -> int:
    """The size for every day, or the one of `make soak`."""
    return nightly if FULL else everyday
