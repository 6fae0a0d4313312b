"""Which conditions contain others, held against what conditions really do."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jc.routing.implied import contradiction, implies
from jc.routing.request import Request
from jc.routing.table import compiled

NUMBERS = st.sampled_from([0, 1, 100, 31_999, 32_000, 32_001, 90_000])
WORDS = st.sampled_from(["a", "ab", "a*", "b"])
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "vision": st.booleans(),
        "tools": st.booleans(),
        "long_context": st.booleans(),
        "input_tokens_gt": NUMBERS,
        "input_tokens_lt": NUMBERS,
        "key": st.one_of(WORDS, st.lists(WORDS, min_size=1, max_size=2).map(tuple)),
    },
)
REQUESTS = st.builds(
    Request,
    images=st.integers(0, 1),
    tools=st.booleans(),
    input_tokens=st.sampled_from([0, 1, 2, 99, 100, 101, 31_999, 32_000, 32_001, 89_999, 90_001]),
    key=st.sampled_from([None, "a", "ab", "b"]),
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two conditions, the second often a part of the first, so that one implies the other now and then."""
    narrow = draw(CONDITIONS)
    part = {key: value for key, value in narrow.items() if draw(st.booleans())}
    return narrow, draw(st.one_of(st.just(part), CONDITIONS))


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # few pairs imply each other
@given(pairs(), REQUESTS)
def test_what_implies_holds_for_no_request_that_the_other_refuses(pair: tuple[Any, Any], request: Request) -> None:
    """If the narrow conditions hold and imply the wide ones, these hold too."""
    narrow, wide = pair
    assume(implies(narrow, wide) and compiled(narrow)(request))

    assert compiled(wide)(request)


@given(CONDITIONS, REQUESTS)
def test_a_contradiction_is_met_by_nobody(when: Any, request: Request) -> None:
    """What is called impossible is."""
    assume(contradiction(when))

    assert not compiled(when)(request)


@pytest.mark.parametrize(
    ("narrow", "wide", "expected"),
    [
        ({"vision": True, "tools": True}, {"vision": True}, True),
        ({"vision": True}, {"vision": True, "tools": True}, False),
        ({"language": "ja"}, {"language": ("zh", "ja")}, True),
        ({"key": "agent-7"}, {"key": "agent-*"}, True),
        ({"key": "*"}, {"key": "agent-*"}, False),
        ({"input_tokens_gt": 200}, {"input_tokens_gt": 100}, True),
        ({"input_tokens_gt": 32_000}, {"long_context": True}, True),
        ({"long_context": True}, {"input_tokens_gt": 32_000}, True),
        ({"vision": True}, {}, True),
    ],
)
def test_what_contains_what(narrow: Any, wide: Any, expected: bool) -> None:
    """By hand."""
    assert implies(narrow, wide) is expected
