"""Where each record of a journal stands, by its key, in about 30 bytes a record.

A dict of keys and spans takes 300 bytes a call, 3 MiB per 10,000 calls, and a long run must not grow. So the columns lie in
arrays, and an open-addressing table of record numbers finds them by the first eight bytes of the key. Whether it is the key, and
not another with the same eight bytes, the file itself says: each record carries its key.
"""

from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple

_FIRST_SIZE = 1024
_MARK_BYTES = 8

Same = Callable[["Span"], bool]
"""Whether the record at a span has the key that is looked for."""


class Span(NamedTuple):
    """Where a record stands in the file: offset and length in bytes."""

    offset: int
    length: int


class Spans:
    """Spans by record number, in the order of the file, and record numbers by key; `len` counts the keys."""

    def __init__(self) -> None:
        self._marks = array("Q")
        self._offsets = array("Q")
        self._lengths = array("I")
        self._table = array("I", [0]) * _FIRST_SIZE
        """Record numbers plus one, 0 where there is none; its size is a power of two, at most two thirds are taken."""
        self._later: dict[int, int] = {}
        """By number of a record, that of the record of the same key which took its place."""

    def __len__(self) -> int:
        return len(self._marks) - len(self._later)

    def __iter__(self) -> Iterator[Span]:
        """The spans that count, in the order of the file."""
        return (self._span(number) for number in range(len(self._marks)) if number not in self._later)

    def all(self) -> Iterator[tuple[Span, Span | None]]:
        """Every span in the order of the file, and with it the one that took its place."""
        for number in range(len(self._marks)):
            yield self._span(number), self.span(number) if number in self._later else None

    def span(self, number: int) -> Span:
        """The span of a record, or of the one that took its place."""
        while number in self._later:
            number = self._later[number]
        return self._span(number)

    def _span(self, number: int) -> Span:
        return Span(self._offsets[number], self._lengths[number])

    def moved(self, number: int) -> bool:
        """Whether a later record took the place of this one."""
        return number in self._later

    def find(self, key: bytes, same: Same) -> int | None:
        """The number of the record with this key; None when there is none."""
        number = self._table[self._place(_mark(key), same)]
        return number - 1 if number else None

    def add(self, key: bytes, span: Span, same: Same) -> int:
        """Take a record in and return its number; a record of the same key that came before it no longer counts."""
        mark = _mark(key)
        place = self._place(mark, same)
        before, number = self._table[place], len(self._marks)
        if before:
            self._later[before - 1] = number
        self._marks.append(mark)
        self._offsets.append(span.offset)
        self._lengths.append(span.length)
        self._table[place] = number + 1
        if 3 * len(self) > 2 * len(self._table):
            self._grow()
        return number

    def _place(self, mark: int, same: Same) -> int:
        """Where the key stands in the table, or where it would go."""
        table, marks, last = self._table, self._marks, len(self._table) - 1
        place = mark & last
        while number := table[place]:
            if marks[number - 1] == mark and same(self._span(number - 1)):
                break
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        last = 2 * len(self._table) - 1
        table = array("I", [0]) * (last + 1)
        for number, mark in enumerate(self._marks):
            if number not in self._later:
                place = mark & last
                while table[place]:
                    place = (place + 1) & last
                table[place] = number + 1
        self._table = table


def _mark(key: bytes) -> int:
    return int.from_bytes(key[:_MARK_BYTES], "little")
