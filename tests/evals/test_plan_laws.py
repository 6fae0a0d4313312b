"""Laws of the design of pairs."""

from hypothesis import given
from hypothesis import strategies as st

from jc.evals.plan import pairs_of


def connected(count: int, pairs: set[tuple[int, int]]) -> bool:
    """Whether the pairs connect all candidates."""
    reached = {0}
    for _ in range(count):
        reached |= {b for a, b in pairs if a in reached} | {a for a, b in pairs if b in reached}
    return len(reached) == count


@given(candidates=st.integers(2, 4), case=st.integers(0, 50))
def test_up_to_four_candidates_every_pair_is_compared(candidates: int, case: int) -> None:
    """With two to four candidates a prompt compares all pairs once."""
    pairs = pairs_of(candidates, case, None, None)

    assert len(set(pairs)) == len(pairs) == candidates * (candidates - 1) // 2


@given(candidates=st.integers(5, 12), per_prompt=st.none() | st.integers(1, 20))
def test_more_candidates_are_connected_over_the_prompts(candidates: int, per_prompt: int | None) -> None:
    """With five and more, each prompt compares the wanted number of pairs, and together they connect all."""
    designs = [pairs_of(candidates, case, None, per_prompt) for case in range(candidates * candidates)]
    wanted = min(per_prompt or candidates, candidates * (candidates - 1) // 2)

    assert all(len(set(pairs)) == wanted for pairs in designs)
    assert all(a < b for pairs in designs for a, b in pairs)
    assert connected(candidates, {pair for pairs in designs for pair in pairs})


@given(candidates=st.integers(2, 10), case=st.integers(0, 9), data=st.data())
def test_a_baseline_meets_every_other_candidate(candidates: int, case: int, data: st.DataObject) -> None:
    """With a baseline all pairs hold it."""
    baseline = data.draw(st.integers(0, candidates - 1))
    pairs = pairs_of(candidates, case, baseline, None)

    assert len(pairs) == candidates - 1
    assert all(baseline in pair for pair in pairs)
