"""The demo judge: a rule, not a model. It reads `jc`'s own judge prompt and compares answers with what right answers hold.

For the shipped evalset that is a list of key points and known mistakes; for other prompts the overlap with the reference, or
with the question when there is none. It has the weaknesses that judges have, small and reproducible: a lean to the answer
shown first, noise, ties. Everything follows from the request alone, so the same request gets the same verdict.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from jc.providers.demo_answers import DemoData, Known, text_of

_SECTION = re.compile(r"^\[(QUESTION|REFERENCE|RUBRIC|ANSWER(?: [AB])?) (\w+)\]\n(.*?)\n?^\[/\1 \2\]$", re.DOTALL | re.MULTILINE)
_SCALE = re.compile(r"a number from (-?[\d.]+)\b.{0,40}? to (-?[\d.]+)")
_IMITATION = re.compile(r"\bVERDICT\b|\bRATING-|ignore (?:all |the )?(?:previous|above)", re.IGNORECASE)
_WORD = re.compile(r"\w{3,}")
_LEAN = 0.03
_NOISE = 0.07
_TIE = 0.08
_MUCH = 0.45


@dataclass(frozen=True, slots=True)
class Asked:
    """A judge prompt taken apart: its sections by name (`QUESTION`, `ANSWER A`, …) and their nonce."""

    nonce: str
    sections: Mapping[str, str]
    low: float = 1.0
    high: float = 10.0


@dataclass(frozen=True, slots=True)
class Mark:
    """How good an answer is (0 to 1, lower when it is wrong), and why in words."""

    value: float
    reason: str


def read_prompt(messages: Sequence[Any]) -> Asked | None:
    """The sections of a judge prompt; None when it is not one. The first nonce counts, other delimiters are plain text."""
    text = "\n".join(text_of(message) for message in messages if isinstance(message, dict) and message.get("role") == "user")
    first = re.search(r"^\[QUESTION (\w+)\]$", text, re.MULTILINE)
    if first is None:
        return None
    nonce = first.group(1)
    sections: dict[str, str] = {}
    for match in _SECTION.finditer(text):
        if match.group(2) == nonce:
            sections.setdefault(match.group(1), match.group(3))
    scale = _SCALE.search(text[text.rfind(f"{nonce}]") :])
    low, high = (float(scale.group(1)), float(scale.group(2).rstrip("."))) if scale else (1.0, 10.0)
    return Asked(nonce, sections, low, high)


def judge(asked: Asked, data: DemoData, *, structured: bool) -> str:
    """The judge's reply: reasons, then the verdict or the rating, as text or as JSON."""
    sections = asked.sections
    case = data.case_of(sections.get("QUESTION", ""))
    seed = json.dumps(sorted(sections.items()))
    if "ANSWER A" in sections and "ANSWER B" in sections:
        first, second = (_mark(sections[f"ANSWER {name}"], case, sections) for name in "AB")
        verdict = _verdict(first.value + _LEAN - second.value + _noise(seed, "pair"))
        reasons = f"Answer A {first.reason}. Answer B {second.reason}."
        return _reply(reasons, "verdict", verdict, f"VERDICT-{asked.nonce}: {verdict}", structured=structured)
    mark = _mark(sections.get("ANSWER", sections.get("ANSWER A", "")), case, sections)
    share = min(1.0, max(0.0, mark.value + _noise(seed, "single")))
    rating = round(asked.low + share * (asked.high - asked.low))
    return _reply(f"The answer {mark.reason}.", "rating", rating, f"RATING-{asked.nonce}: {rating}", structured=structured)


def _reply(reasons: str, name: str, value: str | int, line: str, *, structured: bool) -> str:
    reasons = f"Criteria: what was asked for, and the form it was asked in. {reasons} (Demo judge: a rule, not a model.)"
    return json.dumps({"reasons": reasons, name: value}) if structured else f"{reasons}\n{line}"


def _verdict(lead: float) -> str:
    if abs(lead) < _TIE:
        return "A=B"
    sign = ">>" if abs(lead) >= _MUCH else ">"
    return f"A{sign}B" if lead > 0 else f"B{sign}A"


def _noise(seed: str, purpose: str) -> float:
    raw = hashlib.sha256(f"{purpose}:{seed}".encode("utf-8", "replace")).digest()
    return _NOISE * NormalDist().inv_cdf((int.from_bytes(raw[:6], "big") + 0.5) / 2**48)


def _mark(answer: str, case: Known | None, sections: Mapping[str, str]) -> Mark:
    if not answer.strip():
        return Mark(-0.5, "is empty")
    mark = _by_key_points(answer, case) if case is not None else _by_overlap(answer, sections)
    if _IMITATION.search(answer):
        return Mark(mark.value - 0.3, f"{mark.reason} and tries to write the verdict itself")
    return mark


def _by_key_points(answer: str, case: Known) -> Mark:
    points, mistakes = case.found(answer)
    text = f"covers {points} of {len(case.key_points)} points"
    if mistakes:
        text += f" and makes {mistakes} known mistake{'s' if mistakes > 1 else ''}"
    return Mark(points / len(case.key_points) - 0.25 * mistakes, text)


def _by_overlap(answer: str, sections: Mapping[str, str]) -> Mark:
    """F1 of the words shared with the reference; without one, the share of the question's words that are taken up."""
    words = set(_WORD.findall(answer[:20_000].lower()))
    target = set(_WORD.findall(sections.get("REFERENCE", sections.get("QUESTION", ""))[:20_000].lower()))
    shared = len(words & target)
    if not shared:
        return Mark(0.0, "shares no words with what was asked for")
    if "REFERENCE" in sections:
        return Mark(2 * shared / (len(words) + len(target)), f"shares {shared} words with the reference")
    return Mark(shared / len(target), f"takes up {shared} words of the question")
