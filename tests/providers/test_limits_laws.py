"""Laws of the brakes, whatever happens."""

from hypothesis import given, settings
from hypothesis import strategies as st

from jc.providers.limits import Limits, Pass, Window
from jc.providers.meters import Bucket, Meter


@given(st.integers(1, 5000), st.lists(st.floats(0, 30), max_size=200))
@settings(max_examples=60)
def test_no_minute_holds_more_than_the_limit(per_minute: int, gaps: list[float]) -> None:
    """However calls come, any window of 60 s admits at most `rpm` of them (two at a limit of one, at its very edges)."""
    bucket = Bucket(per_minute, 0)
    now = 0.0
    admitted: list[float] = []
    for gap in gaps:
        now += gap
        for _ in range(50):
            if bucket.wait(1, now) > 0:
                break
            bucket.take(1, now)
            admitted.append(now)
    for start in admitted:
        assert sum(start <= at < start + 60 for at in admitted) <= max(per_minute, 1)


@given(st.integers(1, 1000), st.floats(0.1, 200), st.floats(0, 100))
def test_waiting_as_told_is_enough(per_minute: int, amount: float, later: float) -> None:
    """After the seconds that `wait` gives, the amount may be taken."""
    bucket = Bucket(per_minute, 0)
    bucket.take(amount, later)
    wait = bucket.wait(amount, later)
    assert bucket.wait(amount, later + wait + 1e-6) <= 1e-6


_EVENTS = st.lists(
    st.tuples(st.sampled_from(["start", "ok", "overloaded", "down", "cancel", "pause"]), st.floats(0, 5), st.integers(0, 63)),
    max_size=150,
)


@given(st.integers(1, 64), _EVENTS)
def test_the_limits_stay_sound_through_any_history(cap: int, events: list[tuple[str, float, int]]) -> None:
    """Never more in flight than the cap, never a start in a pause, counts return to zero when everything has ended."""
    limits = Limits(Window(cap), meters={"m": Meter(Bucket(600, 0))})
    flying: list[Pass] = []
    now = paused_until = 0.0
    for event, gap, pick in events:
        now += gap
        if event == "start":
            while limits.wait("m", 1, now) <= 0:
                assert now >= paused_until
                flying.append(limits.start("m", 1, now))
                assert len(flying) <= cap
        elif event == "pause":
            limits.pause(gap, now)
            paused_until = max(paused_until, now + gap)
        elif flying:
            given_pass = flying.pop(pick % len(flying))
            if event == "cancel":
                limits.cancel(given_pass, now)
            else:
                limits.finish(given_pass, now, overloaded=event == "overloaded", down=event == "down")
        assert 1 <= limits.window.size <= cap
        assert limits.in_flight == len(flying)
    for given_pass in flying:
        limits.finish(given_pass, now, overloaded=False, down=False)
    assert limits.in_flight == 0
    assert limits.meter("m").tokens_in_flight == 0
    # Nothing blocks for ever: after pauses, probes and buckets a request may start.
    now += 120
    assert limits.wait("m", 1, now) == 0
