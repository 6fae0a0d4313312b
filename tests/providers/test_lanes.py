"""Who goes next."""

from collections import Counter
from dataclasses import dataclass

from jc.providers.call import Lane
from jc.providers.lanes import Lanes


@dataclass
class Waiting:
    """A call that waits."""

    lane: Lane
    order: int
    attempts: int = 0


def serve(lanes: Lanes[Waiting], number: int) -> list[Waiting]:
    """Let some go."""
    out = []
    for _ in range(number):
        waiter = lanes.peek(probing=False)
        assert waiter is not None
        lanes.remove(waiter)
        lanes.pay(waiter.lane)
        out.append(waiter)
    return out


def filled(candidates: int, judges: int) -> Lanes[Waiting]:
    """Lanes with this many calls."""
    lanes: Lanes[Waiting] = Lanes()
    for order in range(candidates):
        lanes.add(Waiting("candidate", order))
    for order in range(judges):
        lanes.add(Waiting("judge", candidates + order))
    return lanes


def test_candidates_get_three_starts_to_the_judges_one() -> None:
    """While both wait, neither starves."""
    served = Counter(waiter.lane for waiter in serve(filled(100, 100), 100))
    assert served == {"candidate": 75, "judge": 25}


def test_a_lane_alone_gets_everything() -> None:
    """Shares bind only when both have work."""
    assert {waiter.lane for waiter in serve(filled(0, 10), 10)} == {"judge"}
    assert filled(0, 0).peek(probing=False) is None


def test_a_lane_saves_nothing_up_while_it_is_empty() -> None:
    """Judges that come late are served from then on, not first for all the time before."""
    lanes = filled(200, 0)
    serve(lanes, 100)
    for order in range(50):
        lanes.add(Waiting("judge", 1000 + order))
    served = Counter(waiter.lane for waiter in serve(lanes, 40))
    assert 9 <= served["judge"] <= 11


def test_the_oldest_call_of_a_lane_goes_first() -> None:
    """A retry keeps its place in front of calls that came later."""
    lanes = filled(3, 0)
    first = serve(lanes, 1)[0]
    lanes.add(first)
    assert [waiter.order for waiter in serve(lanes, 3)] == [0, 1, 2]
    assert len(lanes) == 0


def test_probes_are_spread_over_the_calls() -> None:
    """While the endpoint is down the call with the fewest attempts probes."""
    lanes: Lanes[Waiting] = Lanes()
    tired, fresh = Waiting("candidate", 1, attempts=3), Waiting("judge", 2, attempts=1)
    lanes.add(tired)
    lanes.add(fresh)
    assert lanes.peek(probing=True) is fresh
    assert lanes.peek(probing=False) is tired
