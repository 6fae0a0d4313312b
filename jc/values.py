"""`dataclass(frozen=True, slots=True)` that costs a fifth of the standard one to define, for modules with many values.

The standard decorator writes and compiles six methods for each class: half a millisecond each, 16 ms for the catalog, at every
start of `jc route`. Here the classes share one plain function for each method. They are dataclasses all the same: `fields`,
`replace`, `asdict`, `match` and pickling work, and a type checker is shown the standard decorator.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def dataclass(*, frozen: bool, slots: bool) -> Callable[[type[T]], type[T]]:
    """As `dataclasses.dataclass`; only frozen classes with slots, whose fields are all set by `__init__`, are made."""
    if not (frozen and slots):
        raise TypeError("only frozen=True, slots=True")
    return _made


def _made(cls: type[T]) -> type[T]:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    fields = dataclasses.fields(made)
    names = tuple(field.name for field in fields)
    every = attrgetter(*names) if len(names) > 1 else lambda self: (getattr(self, names[0]),)
    made.__init__ = _initialiser(made, fields)
    made.__eq__ = lambda self, other: every(self) == every(other) if other.__class__ is self.__class__ else NotImplemented
    made.__hash__ = lambda self: hash(every(self))
    made.__reduce__ = lambda self: (made, every(self))
    made.__repr__, made.__setattr__, made.__delattr__ = _shown, _refused, _refused
    return made  # type: ignore[no-any-return]


def _initialiser(made: Any, fields: tuple["dataclasses.Field[Any]", ...]) -> Callable[..., None]:
    """The `__init__` of a class: positions and names as the standard one takes them."""
    missing = dataclasses.MISSING
    names = [field.name for field in fields]
    puts = [getattr(made, name).__set__ for name in names]  # slots, which no `__setattr__` guards
    pairs = list(zip(names, puts, strict=True))
    defaults = {field.name: field.default for field in fields if field.default is not missing}
    factories = [(field.name, field.default_factory) for field in fields if field.default_factory is not missing]
    count = len(names)

    def init(self: Any, *args: Any, **named: Any) -> None:
        if len(args) == count and not named:
            for put, value in zip(puts, args, strict=True):
                put(self, value)
            return
        values = {**defaults, **dict(zip(names, args, strict=False)), **named}
        for name, make in factories:
            if name not in values:
                values[name] = make()
        if len(args) > count or len(values) != count or not named.keys().isdisjoint(names[: len(args)]):
            raise TypeError(_complaint(made.__name__, names, args, named, values))
        try:
            for name, put in pairs:
                put(self, values[name])
        except KeyError:
            raise TypeError(_complaint(made.__name__, names, args, named, values)) from None

    return init


def _complaint(cls: str, names: list[str], args: tuple[Any, ...], named: dict[str, Any], values: dict[str, Any]) -> str:
    """What is wrong with the arguments of a call."""
    unknown = [name for name in named if name not in names]
    twice = [name for name in names[: len(args)] if name in named]
    absent = [name for name in names if name not in values]
    if len(args) > len(names):
        return f"{cls}() takes {len(names)} values, and {len(args)} were given"
    if unknown or twice:
        return f"{cls}() got {'an unexpected' if unknown else 'twice the'} argument {(unknown or twice)[0]!r}"
    return f"{cls}() misses {', '.join(map(repr, absent))}"


def _shown(self: Any) -> str:
    listed = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self))
    return f"{self.__class__.__qualname__}({listed})"


def _refused(_self: Any, name: str, *_value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
