"""Who goes next: candidate and judge calls wait in lanes of their own, served three to one while both have work.

Answers are needed before they can be judged, and judge calls then fill the gaps, so candidates get the larger share; neither
can starve the other. Stride scheduling: each lane pays for a start by the inverse of its share, the poorest-served goes next.
Within a lane the older call goes first, so that a retry is not overtaken for ever; while the endpoint is down the call with
the fewest attempts goes, so that no call spends all its attempts on probes.
"""

import heapq
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from jc.providers.call import Lane

_PRICE: dict[Lane, float] = {"candidate": 1 / 3, "judge": 1.0}


class Waits(Protocol):
    """What waits in a lane."""

    @property
    def lane(self) -> Lane: ...
    @property
    def order(self) -> int: ...
    @property
    def attempts(self) -> int: ...


W = TypeVar("W", bound=Waits)


class Lanes(Generic[W]):
    """Waiting calls in two lanes."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, dict[int, W]] = {"candidate": {}, "judge": {}}
        self._orders: dict[Lane, list[int]] = {"candidate": [], "judge": []}  # heaps; may hold orders that left
        self._paid: dict[Lane, float] = {"candidate": 0.0, "judge": 0.0}

    def __len__(self) -> int:
        return len(self._waiting["candidate"]) + len(self._waiting["judge"])

    def __iter__(self) -> Iterator[W]:
        for lane in self._waiting.values():
            yield from lane.values()

    def add(self, waiter: W) -> None:
        """Wait; a lane that was empty starts level with the other, it has saved nothing up."""
        lane = self._waiting[waiter.lane]
        if not lane:
            self._paid[waiter.lane] = max(self._paid.values())
            self._orders[waiter.lane].clear()
        lane[waiter.order] = waiter
        heapq.heappush(self._orders[waiter.lane], waiter.order)

    def remove(self, waiter: W) -> None:
        """Wait no longer."""
        self._waiting[waiter.lane].pop(waiter.order, None)

    def pay(self, lane: Lane) -> None:
        """Count a start in the lane."""
        self._paid[lane] += _PRICE[lane]

    def peek(self, *, probing: bool) -> W | None:
        """The call that goes next; in an outage the one with the fewest attempts of either lane."""
        if probing:
            return min(self, key=lambda waiter: (waiter.attempts, waiter.order), default=None)
        lanes = [lane for lane, waiting in self._waiting.items() if waiting]
        return self._oldest(min(lanes, key=self._paid.__getitem__)) if lanes else None

    def _oldest(self, lane: Lane) -> W:
        orders, waiting = self._orders[lane], self._waiting[lane]
        while orders[0] not in waiting:
            heapq.heappop(orders)
        return waiting[orders[0]]
