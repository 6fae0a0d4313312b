"""The rows of a log one by one, in the order of time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jc.errors import InputError
from jc.simulate.book import Book

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Rows:
    """All rows of a log in the order of time, with the codes of their keys and sessions."""

    order: Ints
    us: Ints
    group: Ints
    key: Ints
    keys: list[str]
    session: Ints
    sessions: int
    luck: NDArray[np.float64]
    """Where in the spread of its predicted time each row lies, 0 to 1; the same under every table."""

    @classmethod
    def of(cls, book: Book) -> "Rows":
        """The rows of a book whose cube kept them all; rows of one moment stand in a fixed order of their own."""
        sample = book.cube.sample
        if sample is None or sample.share < 1:
            raise InputError("this question needs every row: ask the log itself, not a cube")
        order = np.argsort(sample.columns["us"], kind="stable")
        group = sample.group[order]
        hashes = sample.columns.get("key", np.zeros(len(order), dtype=np.uint64))[order]
        known, key = np.unique(hashes, return_inverse=True)
        keys = [book.cube.key_names.get(one, "all") or "–" for one in known.tolist()]
        _, session = np.unique(sample.columns["cluster"][order], return_inverse=True)
        if book.cube.grid.clustered != "session":
            session = np.arange(len(order))
        return cls(
            order,
            sample.columns["us"][order],
            group,
            key.astype(np.int64),
            keys,
            session.astype(np.int64),
            int(session.max(initial=0)) + 1,
            np.random.default_rng(0).random(len(order)),
        )
