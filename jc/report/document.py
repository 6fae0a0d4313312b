"""A result that can be told in every format: text for people, JSON, JSON lines, CSV, Markdown, and whatever a command adds."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jc
from jc.errors import InputError
from jc.report.table import Table
from jc.sanitise import spreadsheet

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from jc.values import dataclass

BASE_FORMATS = ("table", "json", "jsonl", "csv", "markdown")


@dataclass(frozen=True, slots=True)
class Document:
    """One result of a command.

    `payload` is the JSON object without `schema` and `jc_version`; `records` are the rows of the machine formats `jsonl` and
    `csv`; `text` is what a person reads, by default the tables one after the other. `extra` adds formats by name.
    """

    schema: str
    payload: Mapping[str, Any]
    records: Sequence[Mapping[str, Any]] = ()
    tables: Sequence[Table] = ()
    text: str | None = None
    markdown: str | None = None
    extra: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that this document knows."""
        return (*BASE_FORMATS, *self.extra)


def jsonable(value: object) -> object:
    """What `json` cannot say by itself: Decimal as a string (money is never a float), dates as ISO text, sets sorted."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def render(document: Document, fmt: str) -> str:
    """The document in one format, ending in a line end; InputError when it does not know the format."""
    if fmt in document.extra:
        return _ended(document.extra[fmt]())
    if fmt == "table":
        text = document.text if document.text is not None else "\n\n".join(table.text() for table in document.tables)
        return _ended(text)
    if fmt == "json":
        body = {"schema": document.schema, "jc_version": jc.__version__, **document.payload}
        return _ended(json.dumps(body, default=jsonable, ensure_ascii=False, indent=2, allow_nan=False))
    if fmt == "jsonl":
        return "".join(json.dumps(row, default=jsonable, ensure_ascii=False) + "\n" for row in document.records)
    if fmt == "csv":
        return _csv(document.records)
    if fmt == "markdown":
        joined = "\n\n".join(table.markdown() for table in document.tables)
        return _ended(joined if document.markdown is None else document.markdown)
    raise InputError(f"no format `{fmt}` here", hint=f"formats: {', '.join(document.formats)}")


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _csv(records: Sequence[Mapping[str, Any]]) -> str:
    if not records:
        return ""
    import csv
    import io

    names = list(dict.fromkeys(name for row in records for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in records:
        writer.writerow([_cell(row.get(name)) for name in names])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return spreadsheet(value)
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, (list, tuple, dict, set, frozenset, Mapping)):
        return json.dumps(value, default=jsonable, ensure_ascii=False)
    return str(jsonable(value))
