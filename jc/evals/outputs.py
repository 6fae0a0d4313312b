"""Results as files: CSV, JSON lines, Parquet; streamed, written beside and renamed."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from jc.files import replacing
from jc.sanitise import plain, spreadsheet

Row = Mapping[str, Any]


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row], *, raw: bool = False, mode: int | None = None) -> int:
    """Write the rows and return how many; cells that a spreadsheet would run are escaped unless `raw`."""
    count = 0
    with csv_rows(path, columns, raw=raw, mode=mode) as put:
        for row in rows:
            put(row)
            count += 1
    return count


@contextmanager
def csv_rows(
    path: Path, columns: Sequence[str], *, raw: bool = False, mode: int | None = None
) -> Iterator[Callable[[Row], object]]:
    """A CSV file that takes rows one by one, and takes the place of `path` when the block ends well."""
    with replacing(path, mode) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)

        def put(row: Row) -> None:
            # The writer itself makes nothing of None and digits of numbers, and that faster.
            cells = (row[name] for name in columns)
            writer.writerow([_cell(cell, raw) if isinstance(cell, (str, bool)) else cell for cell in cells])

        yield put


def _cell(value: str | bool, raw: bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # A NUL ends a C string: several readers of CSV stop there. Other control characters would act on a terminal.
    return value.replace("\x00", "\\x00") if raw else spreadsheet(plain(value))


def write_jsonl(path: Path, columns: Sequence[str], rows: Iterable[Row], *, mode: int | None = None) -> int:
    """Write the rows as JSON lines and return how many; money as decimal strings."""
    count = 0
    with replacing(path, mode) as out:
        for row in rows:
            out.write(json.dumps({name: row[name] for name in columns}, default=str, ensure_ascii=False) + "\n")
            count += 1
    return count


def write_parquet(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write the rows as Parquet through DuckDB and return how many; money as DOUBLE, for reading in notebooks."""
    import tempfile

    import duckdb

    from jc.errors import IoFailure

    plain = [{name: float(row[name]) if isinstance(row[name], Decimal) else row[name] for name in columns} for row in rows]
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".jc-") as folder:
        source, target = Path(folder) / "rows.jsonl", Path(folder) / "rows.parquet"
        write_jsonl(source, columns, plain)
        try:
            with duckdb.connect() as database:
                database.read_json(str(source), format="newline_delimited").write_parquet(str(target))
        except duckdb.Error as error:
            raise IoFailure(f"cannot write `{path}`: {error}") from error
        target.replace(path)
    return len(plain)


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Row], *, raw: bool = False) -> int:
    """Write the rows in the format of the suffix: `.csv`, `.jsonl` or `.parquet`."""
    suffix = path.suffix.lower()
    if suffix in {".jsonl", ".ndjson"}:
        return write_jsonl(path, columns, rows)
    if suffix == ".parquet":
        return write_parquet(path, columns, rows)
    return write_csv(path, columns, rows, raw=raw)
