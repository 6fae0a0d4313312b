"""Tables as text within the width of a terminal: long names are cut in the middle, then spare columns go, then parts move down.

Files and machine formats keep everything.
"""

from collections.abc import Sequence

from jc.report.table import Column, Table
from jc.sanitise import display_width

SHORTEST_NAME = 14
"""A name is cut no shorter: its ends must still tell it from others."""


def narrow(table: Table, width: int, spare: Sequence[str] = ()) -> str:
    """The table as text no wider than `width`, where its columns can be that narrow; `spare` columns go in the order given.

    A name that is cut keeps its beginning and its end, `krutrim/…ta-Llama-3-8B`; two names never become one.
    """
    found = table
    for upto in range(len(spare) + 1):
        found = _without(table, spare[:upto])
        if _width(found) <= width:
            return found.text()
        shorter = _shortened(found, _width(found) - width)
        if shorter is not None and _width(shorter) <= width:
            return shorter.text()
    return _in_parts(_shortened(found, _width(found)) or found, width)


def _width(table: Table) -> int:
    body = Table(table.columns, table.rows)
    return max(display_width(line) for line in body.text().splitlines())


def _without(table: Table, names: Sequence[str]) -> Table:
    keep = [at for at, column in enumerate(table.columns) if column.name not in names]
    return Table(tuple(table.columns[at] for at in keep), [[row[at] for at in keep] for row in table.rows], table.title)


def _shortened(table: Table, excess: int) -> Table | None:
    """The table with names shorter by `excess` together in its first column, and in the headings where they are the same names.

    None when two names would become one.
    """
    names = [row[0] for row in table.rows]
    longest = max((display_width(name) for name in names), default=0)
    heads = [column.name for column in table.columns[1:]]
    of_names = [head for head in heads if head in names]
    room = max(SHORTEST_NAME, longest - -(-excess // (1 + len(of_names))))
    short = {name: " : ".join(shorten(part, room, name.count(" : ")) for part in name.split(" : ")) for name in names}
    if len(set(short.values())) < len(set(names)):
        return None
    columns = tuple(Column(short.get(column.name, column.name), column.align) for column in table.columns)
    return Table(columns, [[short[row[0]], *row[1:]] for row in table.rows], table.title)


def shorten(name: str, room: int, joints: int = 0) -> str:
    """A name in at most `room` columns (shared by the two of a pair), cut in the middle; more is kept of its end."""
    most = max(SHORTEST_NAME, room if not joints else (room - 3) // 2)
    if display_width(name) <= most:
        return name
    end = (most - 1) * 2 // 3
    return f"{name[: most - 1 - end]}…{name[-end:]}"


def _in_parts(table: Table, width: int) -> str:
    """The table as several, each with the first column, one under the other."""
    parts, at = [], 1
    while at < len(table.columns):
        upto = len(table.columns)
        while upto > at + 1 and _width(_slice(table, at, upto)) > width:
            upto -= 1
        part = _slice(table, at, upto)
        parts.append(Table(part.columns, part.rows, table.title if at == 1 else "").text())
        at = upto
    return "\n\n".join(parts) if parts else table.text()


def _slice(table: Table, start: int, stop: int) -> Table:
    rows = [[row[0], *row[start:stop]] for row in table.rows]
    return Table((table.columns[0], *table.columns[start:stop]), rows)
