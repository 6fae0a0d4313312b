"""A traffic log, ready to be asked: every row used or counted with its reason, at the speed of the machine's best reader.

Two ways lead to the same rows. The clean way groups the file while DuckDB reads it. As soon as one row is not surely clean (or an
id comes twice) the settled way is taken: rows go into a table in the order of the file, so that the ordinal of each suspect row
gives its line, the careful reader judges exactly those lines, and what is good is added. Rows in = used + rejected, always.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jc.errors import InputError, JcError
from jc.traffic.careful import Tally
from jc.traffic.parts import ONE_LINE, Part, Plan, plan_parts
from jc.traffic.rows import Reason
from jc.traffic.scan import select_rows
from jc.traffic.schema import NAMES
from jc.traffic.settle import Settled, settle
from jc.traffic.sources import located

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

Arrays = Mapping[str, "NDArray[Any]"]
THREADS = 4
"""More readers than this only cost memory: each holds two blocks of 32 MB."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read: the format when it is known, where relative times begin, where rejected lines go, where `-` reads from."""

    format: str | None = None
    start_us: int = 0
    rejects: Path | None = None
    stdin: IO[bytes] | None = None


@dataclass(slots=True)
class Counts:
    """Rows in = used + rejected. `skipped` are records that are no model call at all (a span of another kind)."""

    total: int = 0
    used: int = 0
    by_reason: Counter[Reason] = field(default_factory=Counter)
    skipped: int = 0

    @property
    def rejected(self) -> int:
        """Rows that do not count."""
        return sum(self.by_reason.values())


class Log:
    """An open log. `group` and `table` give numbers; `counts` is complete after either."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", plan: Plan, tally: Tally) -> None:
        self._connection = connection
        self._plan = plan
        self._tally = tally
        self._settled: Settled | None = None
        self._clean_ids: NDArray[np.uint64] | None = None
        self.keeps_ids = False
        """Whether `ids` will be asked for: set before `group`, it saves another read."""
        self.good = _GOOD
        """After `table`: the relation of the rows that count."""
        self.empty: frozenset[str] = frozenset()
        """Columns that hold nothing in the relation that a query of `group` gets: all that no row had, on the clean way."""
        self.counts = Counts(skipped=tally.skipped)

    @property
    def format(self) -> str:
        """The format of the log, by name; several are joined by ` + `."""
        return " + ".join(dict.fromkeys(part.format.name for part in self._plan.parts))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was detected and normalised, in words."""
        return self._plan.notes

    @property
    def truncated(self) -> tuple[str, ...]:
        """Files whose compressed stream ended too early; their whole lines were used."""
        return self._plan.truncated

    @property
    def sampled_span(self) -> tuple[int | None, int | None]:
        """The first and last moment that samples showed (µs since 1970), None without times; rows may lie outside."""
        return self._plan.span.first_us, self._plan.span.last_us

    @property
    def size(self) -> int:
        """About how many bytes of JSON lines the log holds."""
        return sum(part.size for part in self._plan.parts)

    @property
    def relative_time(self) -> bool:
        """Whether the log's times count from its own start."""
        return any(part.format.relative_us is not None for part in self._plan.parts)

    def holds(self, column: str) -> bool:
        """Whether any part of the log has this canonical column."""
        return any(column in part.layout for part in self._plan.parts)

    def group(self, wanted: Sequence[str], query: Callable[[str], str]) -> Arrays:
        """The answer of `query(relation)`, whose relation has the wanted canonical columns, `us` and only rows that count.

        The query must hold `/*checks*/` at the end of its SELECT list, where the clean way adds its own columns.
        """
        columns = [*wanted, "id_hash"] if self.holds("request_id") else list(wanted)
        if self._settled is None and not self._plan.doubtful:
            self.empty = frozenset(name for name in NAMES if not self.holds(name))
            answer = self._clean(columns, query)
            if answer is not None:
                return answer
        self.empty = frozenset()
        self.table(columns)
        return self.ask(query(self.good))

    def table(self, wanted: Sequence[str], text_of: int = 1) -> None:
        """Make the table `log_rows` with these columns (once; a later call with more columns reads again).

        `text_of`: prompts and messages are kept of one row in so many.
        """
        columns = [*wanted, "id_hash"] if self.holds("request_id") else list(wanted)
        if self._settled is not None and set(columns) <= self._settled.columns:
            return
        fresh = Tally(Counter(self._plan.tally), self._tally.skipped, self._tally.rejects if self._settled is None else None)
        self._connection.execute("SET preserve_insertion_order = true")
        self._settled = settle(self._connection, self._plan, columns, fresh, text_of)
        self._count(self._settled.total, self._settled.used, fresh)

    def enrich(self, rows: Iterable[str], columns: str, replaced: Sequence[str]) -> None:
        """Join further columns to the table by row id: `rows` are lines of CSV whose first column is the id.

        `columns` names them with their SQL types; those `replaced` take the place of what the table has.
        """
        target = self._plan.folder / "joined.csv"
        with target.open("w", encoding="utf-8") as out:
            out.writelines(rows)
        types = ", ".join(f"'{part.split()[0]}': '{part.split()[1]}'" for part in columns.split(", "))
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE joined AS SELECT * FROM read_csv('{target}', header=false, columns={{{types}}})"
        )
        names = ", ".join(replaced)
        self.good = (
            f"(SELECT r.* EXCLUDE ({names}), j.* EXCLUDE (id) FROM (SELECT rowid AS id, * FROM log_rows WHERE NOT suspect) r"
            " JOIN joined j USING (id))"
        )

    def ids(self) -> "NDArray[np.uint64]":
        """The hashes of the ids of all requests that count, ascending; none in a log without ids."""
        import numpy as np

        if not self.holds("request_id"):
            return np.empty(0, dtype=np.uint64)
        if self._settled is None and self._clean_ids is not None:
            return self._clean_ids
        self.table([])
        found = self.ask("SELECT id_hash FROM log_rows WHERE NOT suspect AND id_hash IS NOT NULL")["id_hash"]
        return np.sort(found.astype(np.uint64))

    def leave_out(self, known: "NDArray[np.uint64]", wanted: Sequence[str]) -> None:
        """Count the requests with these hashes of ids as duplicates; `wanted` are the columns that will be asked for."""
        self.table(wanted)
        self._connection.execute("CREATE OR REPLACE TEMP TABLE known AS SELECT unnest(?::UBIGINT[]) AS id_hash", [known.tolist()])
        doubled = "NOT suspect AND id_hash IN (SELECT id_hash FROM known)"
        count = int(self.ask(f"SELECT count(*)::BIGINT AS n FROM log_rows WHERE {doubled}")["n"][0])
        self._connection.execute(f"UPDATE log_held SET suspect = true WHERE {doubled}")
        self.counts.used -= count
        self.counts.by_reason[Reason.DUPLICATE_ID] += count

    def ask(self, sql: str) -> Arrays:
        """The columns of an SQL answer as arrays; after `table` there is `log_rows`, whose rows that count are not suspect."""
        import duckdb

        try:
            return _arrays(self._connection, sql)
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise InputError(
                "the costs, energies or latencies of the log are too large to add up",
                hint="cost_usd is in US dollars, energy_j in joules, latency_ms in milliseconds",
            ) from error

    def each(self, sql: str, batch: int) -> Iterator[tuple[Any, ...]]:
        """The rows of an SQL answer, a batch at a time."""
        cursor = self._connection.execute(sql)
        while found := cursor.fetchmany(batch):
            yield from found

    def _clean(self, columns: Sequence[str], query: Callable[[str], str]) -> Arrays | None:
        """The answer when every row is surely clean, else None."""
        import duckdb

        parts = (select_rows([part.source], part.layout, columns, trusted=part.rewritten) for part in self._plan.parts)
        relation = f"({' UNION ALL BY NAME '.join(parts)})"
        doubles = ", list(id_hash) FILTER (id_hash IS NOT NULL) AS jc_ids" if "id_hash" in columns else ""
        checks = f"count(*)::BIGINT AS jc_rows, count({_STOP}) AS jc_suspects{doubles}"
        try:
            self._connection.execute("SET preserve_insertion_order = false")
            sql = query(relation).replace("/*checks*/", f", {checks}")
            answer = dict(_arrays(self._connection, sql))
        except duckdb.Error:
            return None
        rows = int(answer.pop("jc_rows").sum())
        del answer["jc_suspects"]
        if "jc_ids" in answer:
            ids = _sorted(answer.pop("jc_ids"))
            if (ids[1:] == ids[:-1]).any():
                return None
            self._clean_ids = ids if self.keeps_ids else None
        self._count(rows + sum(self._plan.tally.values()), rows, Tally(Counter(self._plan.tally)))
        return answer

    def _count(self, total: int, used: int, tally: Tally) -> None:
        self.counts.total, self.counts.used, self.counts.by_reason = total, used, tally.rejected
        if not used:
            raise _nothing(self.counts, self._plan)


_STOP = "CASE WHEN suspect THEN error('suspect') END"
"""Ends a query at the first suspect row: the rest of the file need not be read for nothing."""
_GOOD = "(SELECT * FROM log_rows WHERE NOT suspect)"


def _sorted(lists: "NDArray[Any]") -> "NDArray[np.uint64]":
    """All hashes in order; sorting them is faster than a table of them."""
    import numpy as np

    filled = [np.asarray(one, dtype=np.uint64) for one in lists if one is not None and len(one)]
    hashes = np.concatenate(filled) if filled else np.empty(0, np.uint64)
    hashes.sort()
    return hashes


def _arrays(connection: "duckdb.DuckDBPyConnection", sql: str) -> Arrays:
    import numpy as np

    return {name: np.asarray(column) for name, column in connection.execute(sql).fetchnumpy().items()}


def _nothing(counts: Counts, plan: Plan) -> InputError:
    name = plan.parts[0].source.name if plan.parts else "the log"
    if not counts.total:
        return InputError(f"`{name}` holds no requests", hint=ONE_LINE)
    reasons = ", ".join(f"{count:,} {reason.value}" for reason, count in counts.by_reason.most_common())
    message = f"none of the {counts.total:,} rows of `{name}` can be used: {reasons}"
    return InputError(message, hint="see them with --rejects FILE")


@contextmanager
def open_log(spec: str, options: ReadOptions) -> Iterator[Log]:
    """Open a log; InputError when nothing in it looks like requests."""
    with ExitStack() as stack:
        sources = stack.enter_context(located(spec, options.stdin))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jc-rows-")))
        tally = Tally(rejects=stack.enter_context(rejects_file(options.rejects)))
        plan = plan_parts(sources, options.format, options.start_us, folder, tally)
        yield Log(stack.enter_context(connect(folder)), plan, tally)


@contextmanager
def rejects_file(path: Path | None) -> Iterator[IO[str] | None]:
    """A file beside the one asked for, put in its place when the work is done."""
    if path is None:
        yield None
        return
    from jc.files import check_writable

    check_writable(path)
    beside = path.with_name(f".{path.name}.part")
    kept = False
    try:
        with beside.open("w", encoding="utf-8") as out:
            yield out
        kept = True
    except JcError:  # too many rows were bad, or all of them: that is when one wants to see them
        kept = True
        raise
    finally:
        if kept:
            beside.replace(path)
        else:
            beside.unlink(missing_ok=True)


@contextmanager
def connect(spill: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A DuckDB in memory that spills into a folder, with UTC times and few threads, so that memory stays bounded."""
    import os

    import duckdb

    threads = max(1, min(THREADS, os.cpu_count() or 1))
    settings: dict[str, Any] = {"threads": threads, "temp_directory": str(spill), "preserve_insertion_order": True}
    with duckdb.connect(config=settings) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection


__all__ = ["Arrays", "Counts", "Log", "Part", "ReadOptions", "connect", "open_log"]
