"""The order of ids in a file: which rows to move, and moving them without touching anything else in the text."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from jc.catalog.documents import Document
from jc.catalog.syntax import read
from jc.catalog.tree import Map


def moves(ids: Sequence[str]) -> list[tuple[int, str | None]]:
    """The fewest rows to move so that the ids are sorted: index of the row, and the id it belongs after (None: the top)."""
    if all(a <= b for a, b in pairwise(ids)):
        return []
    stay = _longest_rising(ids)
    ordered = sorted(range(len(ids)), key=lambda index: (ids[index], index))
    out = []
    for position, index in enumerate(ordered):
        if index not in stay:
            out.append((index, ids[ordered[position - 1]] if position else None))
    return sorted(out)


def _longest_rising(ids: Sequence[str]) -> set[int]:
    """The indexes of a longest rising subsequence (patience sorting, n log n)."""
    tops: list[tuple[str, int]] = []
    before: list[int] = []
    for index, key in enumerate(ids):
        pile = bisect_left(tops, (key, index))
        before.append(tops[pile - 1][1] if pile else -1)
        tops[pile : pile + 1] = [(key, index)]
    out: set[int] = set()
    index = tops[-1][1]
    while index >= 0:
        out.add(index)
        index = before[index]
    return out


def in_order(document: Document) -> str | None:
    """The text of a file with its rows sorted by id, comments above a row moving with it; None when nothing is to be done.

    Only rows of a block list that begin on a line of their own can be moved; the result is read again and must say the same.
    """
    kind = document.kind
    if kind not in {"models", "offers"} or document.flaws or type(document.tree) is not Map:
        return None
    rows = document.tree.get(kind)
    if not isinstance(rows, list) or not all(type(row) is Map and isinstance(row.get("id"), str) for row in rows):
        return None
    if not moves([row["id"] for row in rows]):
        return None
    text = _rearranged(document.raw.decode("utf-8"), rows)
    again = read(text.encode(), marks=False)
    wanted = sorted(rows, key=lambda row: row["id"])
    same = not again.flaws and again.tree == {**document.tree, kind: wanted}
    return text if same else None


def _rearranged(text: str, rows: Sequence[Map]) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    starts = [_with_comments(lines, row.line - 1, row.column - 3) for row in rows]
    last = _end_of_list(lines, rows[-1].line, rows[-1].column - 3)
    blocks = [lines[start:end] for start, end in zip(starts, [*starts[1:], last], strict=True)]
    order = sorted(range(len(rows)), key=lambda index: rows[index]["id"])
    return "".join([*lines[: starts[0]], *(line for index in order for line in blocks[index]), *lines[last:]])


def _with_comments(lines: Sequence[str], start: int, dash: int) -> int:
    """The first line of a row, with the comment lines directly above it at the depth of its dash."""
    while start > 0 and lines[start - 1].startswith(" " * dash + "#"):
        start -= 1
    return start


def _end_of_list(lines: Sequence[str], start: int, dash: int) -> int:
    """The line after the last row: the first one that is less deep than the row's content, comments and blanks aside."""
    end = start
    for number in range(start, len(lines)):
        line = lines[number]
        if line.strip() and not line.startswith(" " * (dash + 1)):
            break
        if line.strip():
            end = number + 1
    return end
