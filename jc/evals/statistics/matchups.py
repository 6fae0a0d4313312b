"""Games between candidates in the compact form that ratings are fitted on, and their bootstrap.

A cluster contributes wins and games per pair. Clusters that contribute the same are one pattern with a count, so a set of 50,000
prompts with one verdict each is a few dozen patterns, and a bootstrap draw is a multinomial over patterns instead of a walk over
prompts. That is what makes 2,000 draws of 100,000 verdicts a matter of a second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from jc.evals.statistics.units import Bouts, Floats, Ints

_AT_ONCE = 2_000_000
"""Numbers in one block of draws: 16 MB."""


@dataclass(frozen=True, slots=True)
class Matchups:
    """Wins (ties as one half) and games of every played pair, by pattern of clusters."""

    candidates: int
    i: Ints
    j: Ints
    wins: Any
    """Sparse, patterns × pairs: wins of `i`."""
    games: Any
    count: Ints
    """Clusters of each pattern."""
    pattern: Ints
    """Pattern of each cluster, sorted."""

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.count.sum())

    def totals(self) -> tuple[Floats, Floats]:
        """Wins and games of each pair over all clusters."""
        weights = self.count.astype(np.float64)
        return self.wins.T @ weights, self.games.T @ weights

    def components(self) -> list[list[int]]:
        """Groups of candidates that games connect, each sorted; candidates without a game stand alone."""
        group = list(range(self.candidates))
        for i, j in zip(self.i.tolist(), self.j.tolist(), strict=True):
            old, new = group[j], group[i]
            if old != new:
                group = [new if value == old else value for value in group]
        return sorted([k for k, value in enumerate(group) if value == label] for label in sorted(set(group)))

    def resampled(self, rng: np.random.Generator, draws: int) -> Iterator[tuple[Floats, Floats]]:
        """Blocks of bootstrap draws: wins and games, draws × pairs; whole clusters drawn with replacement."""
        patterns = self.count.size
        widest = max(self.clusters if self._by_index else patterns, self.candidates**2, self.i.size)
        step = max(1, _AT_ONCE // widest)
        for start in range(0, draws, step):
            weights = self._weights(rng, min(step, draws - start))
            yield np.ascontiguousarray((self.wins.T @ weights).T), np.ascontiguousarray((self.games.T @ weights).T)

    @property
    def _by_index(self) -> bool:
        """Drawing cluster by cluster is faster when hardly any two are alike."""
        return self.count.size * 8 > self.clusters

    def _weights(self, rng: np.random.Generator, rows: int) -> Floats:
        """How often each pattern is drawn: patterns × rows."""
        number, patterns = self.clusters, self.count.size
        if not self._by_index:
            return np.ascontiguousarray(rng.multinomial(number, self.count / number, size=rows).T, dtype=np.float64)
        drawn = self.pattern[rng.integers(0, number, size=(rows, number), dtype=np.int32)]
        drawn += np.arange(rows)[:, None] * patterns
        counted = np.bincount(drawn.ravel(), minlength=rows * patterns).reshape(rows, patterns)
        return np.ascontiguousarray(counted.T, dtype=np.float64)


def matchups(rows: Bouts) -> Matchups:
    """The compact form of some bouts. Patterns are sorted by content, so the names of prompts have no influence on a draw."""
    candidates = len(rows.names.candidates)
    pairs, pair = np.unique(rows.i * candidates + rows.j, return_inverse=True)
    entry, where = np.unique(rows.cluster * pairs.size + pair, return_inverse=True)
    of_cluster, of_pair = entry // pairs.size, entry % pairs.size
    wins = np.round(np.bincount(where, weights=rows.score, minlength=entry.size), 12)
    games = np.bincount(where, minlength=entry.size).astype(np.float64)
    edges = np.flatnonzero(np.diff(of_cluster, prepend=-1, append=of_cluster[-1] + 1 if entry.size else 0))
    known: dict[bytes, list[int]] = {}
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        content = of_pair[start:end].tobytes() + wins[start:end].tobytes() + games[start:end].tobytes()
        known.setdefault(content, [start, end, 0])[2] += 1
    patterns = [known[content] for content in sorted(known)]
    spans = [np.arange(start, end) for start, end, _ in patterns]
    chosen = np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)
    pointers = np.cumsum([0, *(span.size for span in spans)])
    shape = (len(patterns), pairs.size)
    count = np.array([number for _, _, number in patterns], dtype=np.int64)
    return Matchups(
        candidates=candidates,
        i=pairs // max(1, candidates),
        j=pairs % max(1, candidates),
        wins=csr_matrix((wins[chosen], of_pair[chosen], pointers), shape=shape),
        games=csr_matrix((games[chosen], of_pair[chosen], pointers), shape=shape),
        count=count,
        pattern=np.repeat(np.arange(count.size), count),
    )
