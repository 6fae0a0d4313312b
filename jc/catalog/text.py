"""The bytes of a file as text: UTF-8 in normal form C, without tabs and characters that cannot be seen."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from jc.catalog.tree import MAX_FLAWS, Flaw

_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]")


def clean_text(raw: bytes, flaws: list[Flaw]) -> str | None:
    """The text of the file with odd characters blanked out, so that the columns after them stay right; None if not UTF-8."""
    if not raw.translate(None, _PRINTABLE):
        return raw.decode("ascii")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        message = f"not UTF-8: byte 0x{raw[error.start]:02x}"
        flaws.append(Flaw("encoding", line, column, message, "save the file as UTF-8"))
        return None
    if text.startswith("\ufeff"):
        flaws.append(Flaw("encoding", 1, 1, "the file begins with a byte order mark", "save it as UTF-8 without BOM"))
        text = text[1:]
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _ODD.search(text):
        text = _without_odd(text, flaws)
    if not unicodedata.is_normalized("NFC", text):
        flaws.extend(_not_normal(text))
    return text


def _without_odd(text: str, flaws: list[Flaw]) -> str:
    """Note the odd characters (one tab a line) and blank them out; the place is kept while walking, so long lines stay cheap."""
    line, start, seen, tab_line = 1, 0, 0, 0
    for match in islice(_ODD.finditer(text), 10 * MAX_FLAWS):
        at = match.start()
        breaks = text.count("\n", seen, at)
        if breaks:
            line += breaks
            start = text.rfind("\n", seen, at) + 1
        seen = at
        if text[at] != "\t":
            name = f"U+{ord(text[at]):04X}"
            flaws.append(Flaw("control", line, at - start + 1, f"the character {name}, which cannot be seen", "delete it"))
        elif line != tab_line:
            flaws.append(Flaw("tab", line, at - start + 1, "a tab", "use spaces"))
            tab_line = line
        if len(flaws) >= MAX_FLAWS:
            break
    return _ODD.sub(" ", text)


def _not_normal(text: str) -> Iterator[Flaw]:
    for number, line in enumerate(text.split("\n"), 1):
        if not unicodedata.is_normalized("NFC", line):
            normal = unicodedata.normalize("NFC", line)
            column = next((i for i, (a, b) in enumerate(zip(line, normal, strict=False)) if a != b), len(normal)) + 1
            yield Flaw("encoding", line=number, column=column, message="not in Unicode normal form C", hint="normalise it (NFC)")
