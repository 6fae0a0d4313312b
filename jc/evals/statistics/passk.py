"""Several tries at one prompt: the chance that one of k is right, and that all k are."""

from collections.abc import Mapping, Sequence

import numpy as np

from jc.evals.statistics.intervals import SHARE, clustered_mean
from jc.evals.statistics.units import Ints
from jc.evals.statistics.values import Mark, PassK


def pass_at_k(tries: int, right: int, k: int) -> float:
    """Unbiased estimate of the chance that at least one of k tries is right: 1 − C(n−c, k)/C(n, k).

    As a product that cannot overflow (Chen et al., arXiv 2107.03374, section 2.1 and figure 3). ValueError unless
    0 ≤ right ≤ tries and 1 ≤ k ≤ tries.
    """
    _check(tries, right, k)
    if tries - right < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(tries - right + 1, tries + 1)))


def pass_all_k(tries: int, right: int, k: int) -> float:
    """Unbiased estimate of the chance that all of k tries are right, pass^k = C(c, k)/C(n, k).

    τ-bench (Yao et al., arXiv 2406.12045, section 3). ValueError as `pass_at_k`.
    """
    _check(tries, right, k)
    steps = np.arange(k)
    return float(np.prod((right - steps) / (tries - steps))) if right >= k else 0.0


def _check(tries: int, right: int, k: int) -> None:
    if not 0 <= right <= tries or not 1 <= k <= tries:
        raise ValueError(f"need 0 <= right <= tries and 1 <= k <= tries, not right={right}, tries={tries}, k={k}")


def pass_k(counts: Sequence[tuple[int, int]], clusters: Ints, k: int, alpha: float = 0.05) -> PassK:
    """pass@k and pass^k over prompts, each given as (tries, right)."""
    keep = [index for index, (tries, _) in enumerate(counts) if tries >= k]
    at = np.array([pass_at_k(*counts[index], k) for index in keep])
    every = np.array([pass_all_k(*counts[index], k) for index in keep])
    of = clusters[np.array(keep, dtype=np.int64)]
    return PassK(k, clustered_mean(at, of, alpha, SHARE), clustered_mean(every, of, alpha, SHARE), len(counts) - len(keep))


def pass_k_by_candidate(
    marks: Sequence[Mark], cluster_of: Mapping[str, int], alpha: float = 0.05
) -> dict[str, tuple[PassK, ...]]:
    """pass@k and pass^k of each candidate for k = 1 to its most tries, from marks that are 0 or 1; unread marks are no tries.

    Empty when some mark is neither, or when nobody has two tries.
    """
    tries: dict[str, dict[str, list[float]]] = {}
    for mark in marks:
        if mark.score is None:
            continue
        if mark.score not in {0, 1}:
            return {}
        tries.setdefault(mark.candidate, {}).setdefault(mark.prompt, []).append(mark.score)
    if max((len(one) for by_prompt in tries.values() for one in by_prompt.values()), default=0) < 2:
        return {}
    out = {}
    for candidate, by_prompt in tries.items():
        prompts = sorted(by_prompt)
        counts = [(len(by_prompt[prompt]), int(sum(by_prompt[prompt]))) for prompt in prompts]
        clusters = np.array([cluster_of[prompt] for prompt in prompts], dtype=np.int64)
        most = max(number for number, _ in counts)
        out[candidate] = tuple(pass_k(counts, clusters, k, alpha) for k in range(1, most + 1))
    return out
