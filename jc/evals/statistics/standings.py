"""All figures of a set of games or scores at once."""

from jc.evals.statistics.values import Evidence, Rules, Standings


def standings(evidence: Evidence, rules: Rules | None = None) -> Standings:
    """The standings of `evidence`; rows may come in any order, the result is the same to the last bit."""
    raise NotImplementedError
