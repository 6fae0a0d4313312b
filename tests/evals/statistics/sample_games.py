"""Games with known strengths, for the tests of the statistics."""

from collections.abc import Sequence

import numpy as np

from jc.evals.statistics.values import Game


def round_robin(seed: int, prompts: int, strengths: Sequence[float], lean: float = 0.0, per_cluster: int = 1) -> list[Game]:
    """Every pair in both orders on every prompt. `lean` is the judge's pull to the first place, in log-odds.

    Prompts of one cluster share a shock of unit size, so their outcomes hang together.
    """
    rng = np.random.default_rng(seed)
    shocks = rng.normal(size=(prompts // per_cluster + 1, len(strengths))) if per_cluster > 1 else None
    games = []
    for prompt in range(prompts):
        cluster = prompt // per_cluster
        for i in range(len(strengths)):
            for j in range(i + 1, len(strengths)):
                gap = strengths[i] - strengths[j] + (shocks[cluster, i] - shocks[cluster, j] if shocks is not None else 0.0)
                for order, pull in (("ab", lean), ("ba", -lean)):
                    chance = 1 / (1 + np.exp(-(gap + pull)))
                    tie = rng.random() < 0.1
                    score = 0.5 if tie else float(rng.random() < chance)
                    games.append(
                        Game(
                            prompt=f"p{prompt}",
                            a=f"c{i}",
                            b=f"c{j}",
                            score_a=score,
                            order="ab" if order == "ab" else "ba",
                            judge="judge",
                            cluster=f"k{cluster}" if per_cluster > 1 else "",
                        )
                    )
    return games
