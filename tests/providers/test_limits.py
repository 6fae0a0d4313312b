"""The brakes of an endpoint, on a clock that the test holds."""

import math
from itertools import pairwise
from random import Random

import pytest

from jc.providers.headers import Told
from jc.providers.limits import Breaker, Limits, Pass, Window, backoff_s
from jc.providers.meters import Bucket, Meter, Remainder


def admit(limits: Limits, now: float, most: int = 10_000) -> list[Pass]:
    """Start as many requests as the limits allow at this moment."""
    out: list[Pass] = []
    while len(out) < most and limits.wait("m", 1, now) <= 0:
        out.append(limits.start("m", 1, now))
    return out


def answer(limits: Limits, given: Pass, now: float, *, overloaded: bool = False, down: bool = False) -> str:
    """End a request."""
    return limits.finish(given, now, overloaded=overloaded, down=down)


def test_the_window_starts_at_the_cap_when_it_is_small() -> None:
    """`--concurrency 32` means 32 in flight from the first moment."""
    assert len(admit(Limits(Window(32)), 0)) == 32


def test_a_large_window_ramps_up_within_a_round() -> None:
    """It begins with 128 and every answer adds one until the cap."""
    limits = Limits(Window(512))
    flying = admit(limits, 0)
    assert len(flying) == 128
    for given in flying:
        answer(limits, given, 0.1)
    assert len(admit(limits, 0.1)) == 256


def test_a_hard_limit_is_found_from_the_first_round() -> None:
    """A server that takes five at a time and turns the others away brings the window to five at once."""
    limits = Limits(Window(32))
    flying = admit(limits, 0)
    for given in flying[5:]:
        answer(limits, given, 0.01, overloaded=True)
    for given in flying[:5]:
        answer(limits, given, 0.1)
    assert len(admit(limits, 0.2)) == 5


def test_the_window_grows_again_one_at_a_time() -> None:
    """After clean rounds one more is tried; when it is turned away the window goes back and waits longer."""
    window = Window(32)
    window.overloaded(6)
    assert window.size == 5
    tries = []
    for answers in range(200):
        if window.size == 6:
            tries.append(answers)
            window.overloaded(6)
        window.answered(5)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert len(tries) >= 3
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 3 * gaps[0] / 2
    assert window.size == 5


def test_random_429s_do_not_close_the_window() -> None:
    """One in ten turned away at any level says nothing about the level: the window stays wide."""
    random = Random(1)
    limits = Limits(Window(32))
    now = 0.0
    sizes = []
    for _ in range(300):
        for given in admit(limits, now):
            answer(limits, given, now, overloaded=random.random() < 0.1)
        sizes.append(limits.window.size)
        now += 0.1
    assert sum(sizes) / len(sizes) > 24


def test_a_round_of_refusals_halves_the_window() -> None:
    """When most are turned away whatever the level, fewer are sent."""
    window = Window(32)
    for _ in range(40):
        window.answered(32)
    for _ in range(100):
        window.overloaded(32)
    assert window.size <= 16


def test_the_window_never_leaves_its_bounds() -> None:
    """Never below one, never above the cap."""
    window = Window(4)
    for _ in range(200):
        window.overloaded(1)
    assert window.size == 1
    for _ in range(2000):
        window.answered(int(window.size))
    assert window.size == 4


def test_a_pause_holds_in_full_and_the_longest_counts() -> None:
    """A second Retry-After can lengthen the pause, not shorten it; only news is told."""
    limits = Limits(Window(4))
    assert limits.pause(60, now=100)
    assert not limits.pause(5, now=101)
    assert not limits.pause(60, now=100.2)
    assert limits.wait("m", 1, 130) == pytest.approx(30.2)
    assert limits.wait("m", 1, 160.2) == 0


def test_the_breaker_lets_one_probe_a_second_through() -> None:
    """Six failures in a row open it; then at most one request a second starts until one is answered."""
    limits = Limits(Window(32))
    for given in admit(limits, 0, most=6):
        change = answer(limits, given, 0, down=True)
    assert change == "down"
    starts = []
    for tick in range(100):
        now = tick / 10
        for given in admit(limits, now):
            starts.append(now)
            answer(limits, given, now, down=True)
    assert len(starts) <= 10
    assert all(later - earlier >= 1 for earlier, later in pairwise(starts))


def test_a_probe_that_hangs_does_not_block_the_next_for_ever() -> None:
    """After ten seconds without an answer another probe goes."""
    breaker = Breaker(down_since=0, _last_probe=0)
    breaker.started(1)
    assert breaker.wait(2) == pytest.approx(9)
    assert breaker.wait(11) == 0


def test_any_answer_closes_the_breaker_and_the_window_restarts_small() -> None:
    """A recovered endpoint is not hit by everyone at once."""
    limits = Limits(Window(128))
    for given in admit(limits, 0, most=6):
        answer(limits, given, 0, down=True)
    (probe,) = admit(limits, 1)
    assert answer(limits, probe, 1.1) == "recovered"
    assert len(admit(limits, 1.2)) == 8


def test_failures_between_answers_do_not_open_the_breaker() -> None:
    """Only an unbroken row counts."""
    breaker = Breaker()
    for _ in range(20):
        assert breaker.finished(0, down=True) == "none"
        assert breaker.finished(0, down=False) == "none"


def test_a_large_request_leaves_a_debt() -> None:
    """A request above the burst goes when the bucket is full, and the next one waits for it."""
    bucket = Bucket(600, 0)
    assert bucket.wait(300, 0) == 0
    bucket.take(300, 0)
    assert bucket.wait(1, 0) == pytest.approx((300 - 60 + 1) / 9)


def test_the_remainder_stops_at_zero_until_the_reset() -> None:
    """With nothing left the next request waits for the reset; then the server is asked again."""
    left = Remainder()
    left.learn(Told(2, 10), in_flight=0, now=0)
    left.take(1)
    left.take(1)
    assert left.wait(1, 4) == pytest.approx(6)
    assert left.wait(1, 10) == 0
    assert left.wait(1, 10) == 0


def test_a_header_older_than_our_count_does_not_raise_it() -> None:
    """Of the calls in flight the server may have counted none: the estimate stays between the extremes."""
    left = Remainder()
    left.learn(Told(10, 60), in_flight=0, now=0)
    for _ in range(8):
        left.take(1)
    left.learn(Told(9, 60), in_flight=7, now=1)
    assert left.wait(2, 1) == 0
    assert left.wait(3, 1) > 0
    left.learn(Told(50, 60), in_flight=7, now=2)
    assert left.wait(43, 2) == 0


def test_a_cancelled_request_leaves_nothing_behind() -> None:
    """What was taken for it is given back."""
    limits = Limits(Window(1), meters={"m": Meter(Bucket(60, 0), Bucket(6000, 0))})
    given = limits.start("m", 500, 0)
    assert math.isinf(limits.wait("m", 1, 0))
    limits.cancel(given, 0)
    assert limits.wait("m", 500, 0) == 0
    assert limits.in_flight == limits.meter("m").in_flight == 0
    assert limits.meter("m").tokens_in_flight == 0


def test_the_estimate_of_tokens_is_put_right() -> None:
    """Fewer tokens than thought are given back to the bucket."""
    limits = Limits(Window(9), meters={"m": Meter(tpm=Bucket(6000, 0))})
    given = limits.start("m", 600, 0)
    assert limits.wait("m", 600, 0) > 0
    limits.finish(given, 0, overloaded=False, down=False, tokens=10)
    assert limits.wait("m", 590, 0) == 0


def test_each_model_has_its_own_meter() -> None:
    """A model whose requests are used up does not hold another one back."""
    limits = Limits(Window(9), meters={"slow": Meter(Bucket(1, 0))})
    limits.start("slow", 1, 0)
    assert limits.wait("slow", 1, 0) > 0
    assert limits.wait("fast", 1, 0) == 0


def test_six_attempts_outlast_an_outage_of_thirty_seconds() -> None:
    """The backoffs after five failures add up to at least 31 s, and none is longer than 37.5 s."""
    for seed in range(50):
        random = Random(seed)
        waits = [backoff_s(attempt, 1.0, random) for attempt in range(1, 6)]
        assert sum(waits) >= 31
        assert backoff_s(50, 1.0, random) <= 37.5
