"""Certain lines of a large file, found by their ordinal among the non-blank ones, without parsing any other line."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jc.traffic.lines import blank, compression, lines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.integer[Any]]

_STEP = 1 << 20
"""Bytes of a block: what is made of it should stay in the processor's cache."""
_LAST_SPACE = 32


class Picked(NamedTuple):
    """One line: its ordinal among the non-blank lines from 0, its number from 1, its bytes without the line end."""

    ordinal: int
    number: int
    raw: bytes


def pick(path: Path, ordinals: "Numbers", step: int = _STEP) -> Iterator[Picked]:
    """The lines with these ordinals (ascending); plain files are searched block by block, compressed ones line by line."""
    if len(ordinals) and compression(path) == "none":
        yield from _from_blocks(path, ordinals, step)
        return
    wanted = iter(ordinals.tolist())
    following = next(wanted, None)
    ordinal = 0
    for number, raw in lines(path):
        if following is None:
            return
        if blank(raw):
            continue
        if ordinal == following:
            yield Picked(ordinal, number, raw or b"")
            following = next(wanted, None)
        ordinal += 1


def _from_blocks(path: Path, ordinals: "Numbers", step: int) -> Iterator[Picked]:
    import numpy as np

    rest, ordinal, number, position = b"", 0, 1, 0
    with path.open("rb", buffering=0) as stream:
        while position < len(ordinals):
            read = stream.read(step)
            block = rest + (read or b"")
            if not block:
                return
            cut = block.rfind(b"\n") + 1 if read else len(block)
            rest = block[cut:]
            ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8, count=cut) == 10)
            if not read and not block.endswith(b"\n"):
                ends = np.append(ends, len(block))
            starts = np.zeros(len(ends), dtype=ends.dtype)
            starts[1:] = ends[:-1] + 1
            numbers = _filled(block, starts, ends)
            upto = position + int(np.searchsorted(ordinals[position:], ordinal + len(numbers)))
            for index in ordinals[position:upto].tolist():
                line = int(numbers[index - ordinal])
                yield Picked(index, number + line, block[starts[line] : ends[line]])
            position = upto
            ordinal += len(numbers)
            number += len(ends)


def _filled(block: bytes, starts: "Numbers", ends: "Numbers") -> "Numbers":
    """Which lines of a block hold anything; only those that begin with a space or a control character can be blank."""
    import numpy as np

    keep = np.ones(len(starts), dtype=bool)
    for index in np.flatnonzero(np.frombuffer(block, dtype=np.uint8)[starts] <= _LAST_SPACE).tolist():
        keep[index] = not blank(block[starts[index] : ends[index]])
    return np.flatnonzero(keep)
