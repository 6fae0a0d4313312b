"""The cheap dataclass behaves as the standard one, held against it."""

import copy
import dataclasses
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc import values

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from jc.values import dataclass


@dataclass(frozen=True, slots=True)
class Cheap:
    """Two that are needed, one with a default, one that is made."""

    a: int
    b: str
    c: int = 7
    d: list[int] = dataclasses.field(default_factory=list)

    @property
    def double(self) -> int:
        """Twice the first."""
        return self.a * 2


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """The same by the standard library."""

    a: int
    b: str
    c: int = 7
    d: list[int] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Single:
    """One field."""

    only: str


ARGUMENTS = st.tuples(
    st.lists(st.integers(0, 3), max_size=5),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]), st.integers(0, 3), max_size=5),
)


def outcome(cls: Any, args: list[int], named: dict[str, int]) -> Any:
    """The fields that a call makes, or that it is refused."""
    try:
        made = cls(*args, **named)
    except TypeError:
        return "refused"
    return [getattr(made, field.name) for field in dataclasses.fields(cls)]


@given(ARGUMENTS)
def test_calls_are_taken_and_refused_alike(given_: tuple[list[int], dict[str, int]]) -> None:
    """Positions, names, defaults, too many, too few, twice, unknown."""
    assert outcome(Cheap, *given_) == outcome(Standard, *given_)


def test_it_is_a_dataclass() -> None:
    """`fields`, `replace`, `asdict`, `match`, `copy` and `pickle` work; two are equal by their fields, and hash alike."""
    one = Cheap(1, "x", d=[2])

    assert dataclasses.is_dataclass(one)
    assert [field.name for field in dataclasses.fields(one)] == ["a", "b", "c", "d"]
    assert dataclasses.replace(one, a=5) == Cheap(5, "x", 7, [2])
    assert dataclasses.asdict(one) == {"a": 1, "b": "x", "c": 7, "d": [2]}
    assert copy.deepcopy(one) == one == pickle.loads(pickle.dumps(one))
    assert one != Cheap(2, "x", d=[2])
    other: object = Standard(1, "x", d=[2])
    assert one != other
    assert hash(Single("x")) == hash(Single("x"))
    assert repr(one) == "Cheap(a=1, b='x', c=7, d=[2])"
    assert one.double == 2
    match one:
        case Cheap(1, text):
            assert text == "x"


def test_nothing_can_be_changed() -> None:
    """Neither set, nor deleted, nor added."""
    one: Any = Cheap(1, "x")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.a = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.z = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.a

    assert not hasattr(one, "__dict__")


def test_what_is_made_is_made_anew() -> None:
    """Two values share no list."""
    assert Cheap(1, "x").d is not Cheap(1, "x").d


def test_only_frozen_values_with_slots() -> None:
    """Anything else is the standard library's."""
    with pytest.raises(TypeError, match="only frozen"):
        values.dataclass(frozen=False, slots=True)
