"""What a judge said, read strictly: only a line or an object that carries this game's nonce counts.

The nonce is derived from a secret of the run, so a candidate that writes "VERDICT: A" into its answer changes nothing. A reply
that cannot be read is `unparsed`: never a zero, never a loss. The last verdict with the right nonce counts, because judges think
aloud; two different verdicts after the reasons are a conflict.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

Parse = Literal["line", "json", "repaired", "regex", "identical", "unparsed", "conflict", "off_menu", "error"]
MENU = ("A>>B", "A>B", "A=B", "B>A", "B>>A")
_SCORES = {"A>>B": 1.0, "A>B": 1.0, "A=B": 0.5, "B>A": 0.0, "B>>A": 0.0}
_MIRROR = {"A>>B": "B>>A", "A>B": "B>A", "A=B": "A=B", "B>A": "A>B", "B>>A": "A>>B"}
# How much of a judge's reply is looked at; a reply beyond it is cut in front, because the verdict stands at the end.
MAX_TEXT = 200_000
_THINK = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_OPEN_THINK = re.compile(r"^.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was read from one reply: a verdict of the menu or a rating, how it was read, and the reasons before it."""

    verdict: str | None
    rating: float | None
    parse: Parse
    reason: str

    @property
    def readable(self) -> bool:
        """Whether there is a verdict or a rating."""
        return self.verdict is not None or self.rating is not None


def score_of(verdict: str) -> float:
    """The share of the win that the first answer gets: 1, ½ or 0."""
    return _SCORES[verdict]


def mirrored(verdict: str) -> str:
    """The same verdict with the answers' names exchanged."""
    return _MIRROR[verdict]


def without_thoughts(text: str) -> str:
    """The reply without `<think>` blocks; a block that was opened in the prompt and only closed here is cut too."""
    text = _THINK.sub("", text[-MAX_TEXT:])
    return _OPEN_THINK.sub("", text) if re.search(r"</think(?:ing)?>", text, re.IGNORECASE) else text


def read_verdict(text: str, nonce: str) -> Ruling:
    """The verdict of a pairwise reply: JSON with `verdict`, else the last line `VERDICT-<nonce>: …`."""
    body = without_thoughts(text)
    data = _json_object(body)
    if data is not None and "verdict" in data:
        choice = _menu(str(data["verdict"]))
        reason = _reason(str(data.get("reasons", data.get("reason", ""))))
        return Ruling(choice, None, "json" if choice else "off_menu", reason)
    found = _claims(body, f"VERDICT-{nonce}")
    reason = _reason(body.split(f"VERDICT-{nonce}")[0])
    if not found:
        return Ruling(None, None, "unparsed", reason)
    choices = [_menu(item) for item in found]
    if choices[-1] is None:
        return Ruling(None, None, "off_menu", reason)
    tail = _closing_block(body, nonce)
    if len({choice for choice in tail if choice}) > 1:
        return Ruling(None, None, "conflict", reason)
    return Ruling(choices[-1], None, "line", reason)


def _closing_block(body: str, nonce: str) -> list[str | None]:
    """The verdicts of the last paragraph: two different ones there are a conflict, an earlier one was thinking aloud."""
    last = re.split(r"\n\s*\n", body.strip())[-1]
    return [_menu(item) for item in _claims(last, f"VERDICT-{nonce}")]


def _claims(body: str, mark: str) -> list[str]:
    """What stands behind each `mark:` up to the end of its line.

    Split, not matched: a pattern with the nonce in it would be compiled anew for every game.
    """
    found = []
    for part in body.split(mark)[1:]:
        line = part.splitlines()[0].lstrip() if part else ""
        if line[:1] in {":", "="}:
            found.append(line[1:].lstrip(" \t*"))
    return found


def _menu(text: str) -> str | None:
    """The text as an item of the menu; blanks, brackets, emphasis and a full stop around it do not matter."""
    cleaned = re.sub(r"[\s\[\]`*\"'.<]+$|^[\s\[\]`*\"'.]+", "", text.strip())
    cleaned = re.sub(r"\s+", "", cleaned.replace("≫", ">>")).upper()
    cleaned = {"B<A": "A>B", "B<<A": "A>>B", "A<B": "B>A", "A<<B": "B>>A", "B=A": "A=B"}.get(cleaned, cleaned)
    return cleaned if cleaned in _SCORES else None


def read_rating(text: str, nonce: str, low: float, high: float) -> Ruling:
    """The rating of a pointwise reply: JSON with `rating`, else the last line `RATING-<nonce>: 7`; off the scale is off menu."""
    body = without_thoughts(text)
    data = _json_object(body)
    if data is not None and "rating" in data:
        return _rated(str(data["rating"]), "json", _reason(str(data.get("reasons", ""))), low, high)
    found = _claims(body, f"RATING-{nonce}")
    reason = _reason(body.split(f"RATING-{nonce}")[0])
    if not found:
        return Ruling(None, None, "unparsed", reason)
    return _rated(found[-1], "line", reason, low, high)


def _rated(text: str, parse: Parse, reason: str, low: float, high: float) -> Ruling:
    match = re.match(r"[\s\[]*(-?\d+(?:\.\d+)?)\s*(?:/\s*(\d+(?:\.\d+)?))?\s*[\]*.`]*\s*$", text)
    if not match or (match.group(2) is not None and float(match.group(2)) != high):
        return Ruling(None, None, "off_menu", reason)
    value = float(match.group(1))
    return Ruling(None, value, parse, reason) if low <= value <= high else Ruling(None, None, "off_menu", reason)


def read_with_regex(text: str, pattern: re.Pattern[str], menu: dict[str, str]) -> Ruling:
    """The verdict of the user's own template: the last match of the pattern, looked up in the verdict map."""
    body = without_thoughts(text)
    found = [match.group(match.lastindex or 0) for match in pattern.finditer(body)]
    if not found:
        return Ruling(None, None, "unparsed", _reason(body))
    named = menu.get(found[-1].strip(), found[-1].strip())
    choice = {"A": "A>B", "B": "B>A", "TIE": "A=B", "C": "A=B"}.get(named.upper(), _menu(named))
    return Ruling(choice, None, "regex" if choice else "off_menu", _reason(body))


def read_rating_with_regex(text: str, pattern: re.Pattern[str], low: float, high: float) -> Ruling:
    """The rating of the user's own template: the last match of the pattern."""
    body = without_thoughts(text)
    found = [match.group(match.lastindex or 0) for match in pattern.finditer(body)]
    return _rated(found[-1], "regex", _reason(body), low, high) if found else Ruling(None, None, "unparsed", _reason(body))


def _json_object(text: str) -> dict[str, Any] | None:
    """The reply as one JSON object, bare or in a code fence; prose around it is not JSON."""
    stripped = text.strip()
    if stripped.startswith("```"):
        stripped = re.sub(r"^```\w*\n|\n?```$", "", stripped).strip()
    if not (stripped.startswith("{") and stripped.endswith("}")):
        return None
    try:
        data = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def reasons(text: str) -> str:
    """The reasons of a judge's reply, without thoughts, verdict line or JSON around them."""
    body = without_thoughts(text)
    data = _json_object(body)
    if data is not None and ("reasons" in data or "reason" in data):
        return _reason(str(data.get("reasons", data.get("reason", ""))))
    return _reason(re.split(r"(?:VERDICT|RATING)-[0-9a-f]{8}", body)[0])


def _reason(text: str) -> str:
    """The reasons on one line, at most 2,000 characters."""
    return " ".join(text[:4_000].split())[:2_000]
