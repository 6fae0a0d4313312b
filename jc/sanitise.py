"""One sanitiser in front of every output: text from models, logs and files never acts on a terminal or a spreadsheet."""

import unicodedata

_KEEP = frozenset("\n\t")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str, *, keep_newlines: bool = True) -> str:
    """Text with control characters (C0, C1, DEL, lone surrogates, bidirectional overrides) shown as escapes, not sent."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char, keep_newlines=keep_newlines) for char in text)


def _shown(char: str, *, keep_newlines: bool) -> str:
    if char in _KEEP:
        return char if keep_newlines else " "
    if char in _BIDI or unicodedata.category(char) in {"Cc", "Cs"}:
        return f"\\u{ord(char):04x}" if ord(char) > 0xFF else f"\\x{ord(char):02x}"
    return char


def spreadsheet(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: a leading `= + - @`, tab or return gets an apostrophe in front."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def display_width(text: str) -> int:
    """How many terminal columns the text takes: wide East Asian characters count two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200b\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def clip(text: str, width: int) -> str:
    """The text on one line, cut to `width` columns with an ellipsis."""
    line = plain(text, keep_newlines=False)
    if display_width(line) <= width:
        return line
    out, used = [], 0
    for char in line:
        step = _columns(char)
        if used + step > width - 1:
            break
        out.append(char)
        used += step
    return "".join(out) + "…"
