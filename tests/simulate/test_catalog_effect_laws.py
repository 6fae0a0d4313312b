"""Laws of the split: the parts sum to the total exactly, equal catalogs cost the same, and traffic adds up."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from jc.catalog.model import Catalog
from jc.simulate.catalog_effect import Profile, Swaps, effect, sum_exact
from jc.simulate.catalog_traffic import monthly
from tests.strategies import AT, catalogs

profiles = st.lists(
    st.builds(
        Profile,
        model=st.sampled_from(["p/a", "q/b", "p/c", "r/d", "nobody/x"]),
        input_tokens=st.integers(0, 300_000),
        output_tokens=st.integers(0, 9_999),
        tools=st.booleans(),
        vision=st.booleans(),
        opted_in=st.booleans(),
        requests=st.integers(1, 1_000_000_007),
    ),
    max_size=6,
)
swaps: st.SearchStrategy[Swaps] = st.sampled_from(["log", "all", "off"])


@settings(max_examples=40)
@given(profiles, catalogs(), catalogs(), swaps)
def test_the_three_effects_sum_to_the_total(log: Sequence[Profile], before: Catalog, after: Catalog, who: Swaps) -> None:
    """To the last digit, for the log, for a month of it, and model by model."""
    found = effect(log, before, after, AT, who)

    assert sum_exact([found.price, found.swap_target, found.removal]) == found.total
    assert sum_exact(found.by_model.values()) == found.total
    for days in (None, 1, 7, 30, 31, 365):
        month = monthly(found, days)
        assert sum_exact([month.price, month.swap_target, month.removal]) == sum_exact([month.after, -month.before])
        assert month.after - month.before == month.total


@settings(max_examples=40)
@given(profiles, catalogs(), swaps)
def test_equal_catalogs_have_no_effect(log: Sequence[Profile], world: Catalog, who: Swaps) -> None:
    """Whatever the traffic."""
    found = effect(log, world, world, AT, who)

    assert not any((found.price, found.swap_target, found.removal))
    assert found.before == found.after


@settings(max_examples=40)
@given(profiles, catalogs(), catalogs(), swaps)
def test_every_request_is_priced_or_left_out(log: Sequence[Profile], before: Catalog, after: Catalog, who: Swaps) -> None:
    """Rows in = used + left out."""
    found = effect(log, before, after, AT, who)

    assert found.requests + sum(found.left_out.values()) == sum(profile.requests for profile in log)


@settings(max_examples=40)
@given(profiles, catalogs(), catalogs(), swaps)
def test_traffic_adds_up(log: Sequence[Profile], before: Catalog, after: Catalog, who: Swaps) -> None:
    """The effect of a log is the sum of the effects of its profiles, in any order and however they are counted."""
    whole = effect(log, before, after, AT, who)
    single = [effect([profile], before, after, AT, who) for profile in reversed(log)]
    doubled = effect([replace(profile, requests=2 * profile.requests) for profile in log], before, after, AT, who)

    assert sum_exact(one.total for one in single) == whole.total
    assert doubled.total == sum_exact([whole.total, whole.total])
