"""The gate in front of an endpoint, with calls that wait at it."""

import asyncio
import time

import pytest

from jc.providers.gate import Gate, GateClosed, WaitedTooLong, Waiter
from jc.providers.limits import Limits, Window
from tests.fakes.calls import Watch


def gate(cap: int = 1, watch: Watch | None = None) -> Gate:
    """A gate that lets so many in at a time."""
    return Gate("there", Limits(Window(cap)), time.monotonic, (watch or Watch()).notice)


def waiter(order: int, model: str = "m", give_up_at: float | None = None) -> Waiter:
    """A call that wants in."""
    return Waiter("candidate", order, model, 1.0, give_up_at=give_up_at)


def test_a_call_that_is_cancelled_at_the_moment_of_its_admission_gives_its_place_back() -> None:
    """Else every such moment would make the window one smaller for ever."""

    async def main() -> int:
        door = gate()
        first = await door.enter(waiter(1))
        second = asyncio.create_task(door.enter(waiter(2)))
        third = asyncio.create_task(door.enter(waiter(3)))
        await asyncio.sleep(0)
        door.leave(first)  # admits the second, which has not run yet
        second.cancel()
        await asyncio.wait_for(third, 1)
        return door.limits.in_flight

    assert asyncio.run(main()) == 1


def test_a_pause_is_waited_out_and_told_once() -> None:
    """All who wait share it."""

    async def main(watch: Watch) -> float:
        door = gate(4, watch)
        began = time.monotonic()
        door.pause(0.15, "slow down")
        door.pause(0.15, "slow down")
        await asyncio.gather(*(door.enter(waiter(number)) for number in range(3)))
        return time.monotonic() - began

    watch = Watch()
    assert asyncio.run(main(watch)) >= 0.15
    assert watch.events() == ["waiting"]


def test_patience_ends_at_the_gate_but_not_while_it_is_parked() -> None:
    """A known reset is waited for; an unknown one only so long."""

    async def main() -> None:
        door = gate(4)
        door.pause(0.3, "slow down")
        with pytest.raises(WaitedTooLong):
            await door.enter(waiter(1, give_up_at=time.monotonic() + 0.05))
        door.pause(0.3, "budget", "parked")
        await door.enter(waiter(2, give_up_at=time.monotonic() + 0.05))

    asyncio.run(main())


def test_a_closed_model_turns_away_its_own_calls_only() -> None:
    """Those that wait and those that come later."""

    async def main() -> None:
        door = gate()
        given = await door.enter(waiter(1))
        bad, good = (asyncio.create_task(door.enter(waiter(number, model))) for number, model in ((2, "bad"), (3, "good")))
        await asyncio.sleep(0)
        door.close_model("bad", "no such model")
        with pytest.raises(GateClosed, match="no such model"):
            await bad
        with pytest.raises(GateClosed):
            await door.enter(waiter(4, "bad"))
        door.leave(given)
        await asyncio.wait_for(good, 1)

    asyncio.run(main())


def test_closing_ends_backoffs_and_waits() -> None:
    """Nobody sleeps on for an endpoint that is given up."""

    async def main() -> float:
        door = gate()
        await door.enter(waiter(1))
        waiting = asyncio.create_task(door.enter(waiter(2)))
        sleeping = asyncio.create_task(door.sleep(30))
        await asyncio.sleep(0.01)
        began = time.monotonic()
        door.close("quota")
        with pytest.raises(GateClosed, match="quota"):
            await waiting
        await sleeping
        await door.sleep(30)
        return time.monotonic() - began

    assert asyncio.run(main()) < 1
